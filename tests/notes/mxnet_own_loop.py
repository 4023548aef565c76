"""A note of 2020 that trains by itself with a `gluon.Trainer`."""
from d2l import mxnet as d2l
from mxnet import autograd, gluon, init, npx
from mxnet.gluon import nn
npx.set_np()

ctx = d2l.try_gpu()
train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size=16)
net = nn.HybridSequential()
net.add(nn.Dense(64, activation='relu'), nn.Dropout(0.1), nn.Dense(10))
net.initialize(init.Xavier(), ctx=ctx)
net.hybridize()
loss = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), 'sgd', {'learning_rate': 0.1})

num_epochs, timer = 2, d2l.Timer()
animator = d2l.Animator(xlabel='epoch', xlim=[0, num_epochs], ylim=[0, 1],
                        legend=['train loss', 'train acc', 'test acc'])
for epoch in range(num_epochs):
    metric = d2l.Accumulator(3)
    for X, y in train_iter:
        timer.start()
        X, y = X.as_in_ctx(ctx), y.as_in_ctx(ctx)
        with autograd.record():
            y_hat = net(X)
            l = loss(y_hat, y)
        l.backward()
        trainer.step(X.shape[0])
        metric.add(l.sum(), d2l.accuracy(y_hat, y), X.shape[0])
        timer.stop()
    test_acc = d2l.evaluate_accuracy_gpu(net, test_iter)
    animator.add(epoch + 1, (metric[0] / metric[2], metric[1] / metric[2], test_acc))
print(f'loss {metric[0] / metric[2]:.3f}, train acc {metric[1] / metric[2]:.3f}, '
      f'test acc {test_acc:.3f}')
print(f'{metric[2] * num_epochs / timer.sum():.1f} examples/sec on {ctx}')
