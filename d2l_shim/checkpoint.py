"""A run that goes on where it was: what an epoch left, in one file.

The file is NumPy's own format (.npz): the History, and what the framework's
`Steps.snapshot` tells of parameters, optimizer and random numbers.
"""

import io
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from d2l_shim.callbacks import Callback
from d2l_shim.files import write_whole


class Checkpoint(Callback):
    """Keeps a run in the file `path` after each epoch, and goes on from there.

    A run that ended early, whatever ended it, and is started again as it was, gives the
    same History to the last bit, seconds apart, on the same machine. What other
    callbacks remember is not kept. Delete the file to start anew.
    """

    def __init__(self, path):
        self.path = Path(path)

    def on_fit_begin(self, trainer, model):
        """Go on where the file was written; ValueError if it is of another run."""
        if not self.path.exists():
            return
        try:
            with np.load(self.path) as file:
                arrays = dict(file)
            trainer.resume(json.loads(arrays.pop('history').tobytes()), arrays)
        except Exception as error:  # each framework raises what it likes
            why = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ValueError(
                f'Checkpoint: {self.path} does not hold a run like this one ({why}); '
                'delete it to start anew, or name another file.'
            ) from error

    def on_epoch_end(self, trainer, row):
        told = json.dumps(asdict(trainer.report.history)).encode()
        arrays, file = trainer.snapshot(trainer.state), io.BytesIO()
        np.savez(file, history=np.frombuffer(told, np.uint8), **arrays)
        write_whole(self.path, file.getvalue())
