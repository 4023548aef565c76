"""A note of 2023: Flax in the compact style, all in one model."""
from flax import linen as nn
from jax import numpy as jnp
from d2l import jax as d2l


class DenseNet(d2l.Classifier):
    growth_rate: int = 8
    arch: tuple = (2, 2)
    lr: float = 0.1
    num_classes: int = 10
    training: bool = True

    @nn.compact
    def __call__(self, X):
        def norm(X):
            return nn.relu(nn.BatchNorm(use_running_average=not self.training)(X))

        X = norm(nn.Conv(16, (7, 7), strides=2, padding=3)(X))
        X = nn.max_pool(X, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
        for i, num_convs in enumerate(self.arch):
            if i > 0:
                X = nn.Conv(X.shape[-1] // 2, (1, 1))(norm(X))
                X = nn.avg_pool(X, (2, 2), strides=(2, 2))
            for _ in range(num_convs):
                Y = nn.Conv(self.growth_rate, (3, 3), padding=1)(norm(X))
                X = jnp.concatenate([X, Y], axis=-1)
        X = norm(X).mean(axis=(1, 2))
        return nn.Dense(self.num_classes)(X)


trainer = d2l.Trainer(max_epochs=1)
data = d2l.FashionMNIST(batch_size=8, resize=(32, 32))
model = DenseNet(arch=(1, 1), lr=0.2)
trainer.fit(model, data)
