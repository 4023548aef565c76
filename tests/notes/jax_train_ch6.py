"""The older call on a plain Flax net, and a look at what it learned."""
from flax import linen as nn
from d2l import jax as d2l


class Net(nn.Module):
    training: bool = True

    @nn.compact
    def __call__(self, X):
        X = nn.Conv(8, kernel_size=(5, 5), strides=2)(X)
        X = nn.relu(nn.BatchNorm(not self.training)(X))
        X = nn.Dropout(0.1, deterministic=not self.training)(X)
        X = nn.avg_pool(X, (2, 2), strides=(2, 2))
        return nn.Dense(10)(X.reshape((X.shape[0], -1)))


net = Net()
lr, num_epochs, batch_size = 0.2, 10, 8
train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size)
d2l.train_ch6(net, train_iter, test_iter, num_epochs, lr, d2l.try_gpu())
print(f'again: {d2l.evaluate_accuracy_gpu(net, test_iter):.3f}')
