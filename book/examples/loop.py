"""The training loop of the book without its reports, which the section shows."""


def train(trainer, model, data):
    """Train as `Trainer.fit` does; return the mean loss of each epoch."""
    loader, losses = data.train_dataloader(), []
    state = trainer.start(model, loader[0])
    for _ in range(trainer.max_epochs):
        loss = count = 0
        for batch in loader:
            state, sums = trainer.train_step(state, trainer.place(batch))
            loss, count = loss + sums.loss, count + sums.count
        losses.append(float(loss) / count)
    trainer.finish(model, state)
    return losses
