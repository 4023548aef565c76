"""A training step as one would write it by hand, a file a framework: `step(model, lr)`.

Each returns a function of a batch (X, y) that takes a step and returns the loss, which
may still be on its way. They know nothing of the Trainer but the model's start and, in
PyTorch, the order of the pictures in memory.
"""
