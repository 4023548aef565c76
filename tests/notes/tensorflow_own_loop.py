"""A note of 2021 that trains by Keras itself, under a strategy for one device."""
import tensorflow as tf
from d2l import tensorflow as d2l

train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size=16)
device_name = d2l.try_gpu()._device_name
strategy = tf.distribute.OneDeviceStrategy(device_name)
with strategy.scope():
    net = tf.keras.models.Sequential([
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(64, activation='relu'),
        tf.keras.layers.Dense(10)])
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.1)
loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

num_epochs, timer = 2, d2l.Timer()
animator = d2l.Animator('epoch', xlim=[1, num_epochs],
                        legend=['train loss', 'train acc', 'test acc'])
for epoch in range(num_epochs):
    timer.start()
    metric = d2l.Accumulator(3)
    for X, y in train_iter:
        with tf.GradientTape() as tape:
            y_hat = net(X, training=True)
            l = loss(y, y_hat)
        params = net.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(l, params), params))
        metric.add(l * len(y), d2l.accuracy(y_hat, y), len(y))
    timer.stop()
    test_acc = d2l.evaluate_accuracy_gpu(net, test_iter)
    animator.add(epoch + 1, (metric[0] / metric[2], metric[1] / metric[2], test_acc))
print(f'loss {metric[0] / metric[2]:.3f}, train acc {metric[1] / metric[2]:.3f}, '
      f'test acc {test_acc:.3f}')
print(f'{metric[2] / timer.avg():.1f} examples/sec on {device_name}')
