"""A note of 2022: a Keras model made `with d2l.try_gpu()`, fitted by a Trainer."""
import tensorflow as tf
from d2l import tensorflow as d2l


class ConvBlock(tf.keras.layers.Layer):
    def __init__(self, num_channels):
        super().__init__()
        self.net = tf.keras.models.Sequential()
        self.net.add(tf.keras.layers.BatchNormalization())
        self.net.add(tf.keras.layers.Activation('relu'))
        self.net.add(tf.keras.layers.Conv2D(num_channels, kernel_size=3,
                                            padding='same'))

    def call(self, x):
        return tf.concat([x, self.net(x)], axis=3)


class TransitionBlock(tf.keras.layers.Layer):
    def __init__(self, num_channels):
        super().__init__()
        self.net = tf.keras.models.Sequential([
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.ReLU(),
            tf.keras.layers.Conv2D(num_channels, kernel_size=1),
            tf.keras.layers.AvgPool2D(pool_size=2, strides=2)])

    def call(self, x):
        return self.net(x)


class DenseNet(d2l.Classifier):
    def stem(self):
        return tf.keras.models.Sequential([
            tf.keras.layers.Conv2D(16, kernel_size=7, strides=2, padding='same'),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.ReLU(),
            tf.keras.layers.MaxPool2D(pool_size=3, strides=2, padding='same')])


@d2l.add_to_class(DenseNet)
def __init__(self, num_channels=16, growth_rate=8, arch=(2, 2), lr=0.1,
             num_classes=10):
    super(DenseNet, self).__init__()
    self.save_hyperparameters()
    self.net = tf.keras.models.Sequential([self.stem()])
    for i, num_convs in enumerate(arch):
        for _ in range(num_convs):
            self.net.add(ConvBlock(growth_rate))
        num_channels += num_convs * growth_rate
        if i != len(arch) - 1:
            num_channels //= 2
            self.net.add(TransitionBlock(num_channels))
    self.net.add(tf.keras.models.Sequential([
        tf.keras.layers.BatchNormalization(),
        tf.keras.layers.ReLU(),
        tf.keras.layers.GlobalAvgPool2D(),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(num_classes)]))


trainer = d2l.Trainer(max_epochs=1)
data = d2l.FashionMNIST(batch_size=8, resize=(32, 32))
with d2l.try_gpu():
    model = DenseNet(lr=0.2)
    trainer.fit(model, data)
