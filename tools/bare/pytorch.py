"""PyTorch: eager, as the Trainer is."""

import torch
from torch.nn import functional as F


def step(model, lr):
    optimizer = torch.optim.SGD(model.parameters(), lr)
    model.train()

    def take(X, y):
        loss = F.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.detach()

    return take
