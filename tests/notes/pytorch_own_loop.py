"""A note of 2022 that trains by itself, and takes only the small helpers."""
import torch
from torch import nn
from d2l import torch as d2l

device = d2l.try_gpu()
batch_size = 16
train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size=batch_size)
X, y = next(iter(train_iter))
d2l.show_images(X[:8].reshape(8, 28, 28), 2, 4,
                titles=d2l.get_fashion_mnist_labels(y[:8]))

net = nn.Sequential(nn.Conv2d(1, 8, 5, stride=2, padding=2), nn.BatchNorm2d(8),
                    nn.ReLU(), nn.Dropout(0.1), nn.Flatten(),
                    nn.Linear(8 * 14 * 14, 10))


def train(net, train_iter, test_iter, num_epochs, lr):
    net.to(device)
    optimizer = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9)
    loss = nn.CrossEntropyLoss()
    animator = d2l.Animator(xlabel='epoch', xlim=[1, num_epochs], ylim=[0, 3],
                            legend=['train loss', 'train acc', 'test acc'])
    timer, num_batches = d2l.Timer(), len(train_iter)
    for epoch in range(num_epochs):
        metric = d2l.Accumulator(3)  # loss, right ones, examples
        net.train()
        for i, (X, y) in enumerate(train_iter):
            timer.start()
            X, y = X.to(device), y.to(device)
            optimizer.zero_grad()
            y_hat = net(X)
            l = loss(y_hat, y.long())
            l.backward()
            optimizer.step()
            with torch.no_grad():
                metric.add(l * X.shape[0], d2l.accuracy(y_hat, y), X.shape[0])
            timer.stop()
            if (i + 1) % (num_batches // 5) == 0 or i == num_batches - 1:
                animator.add(epoch + (i + 1) / num_batches,
                             (metric[0] / metric[2], metric[1] / metric[2], None))
        test_acc = d2l.evaluate_accuracy_gpu(net, test_iter)
        animator.add(epoch + 1, (None, None, test_acc))
    print(f'loss {metric[0] / metric[2]:.3f}, train acc {metric[1] / metric[2]:.3f}, '
          f'test acc {test_acc:.3f}')
    print(f'{metric[2] * num_epochs / timer.sum():.1f} examples/sec on {device}')
    return animator


animator = train(net, train_iter, test_iter, num_epochs=2, lr=0.02)
