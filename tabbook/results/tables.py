"""The tables of reference runs: `<section>-<tab>.csv`, a row an epoch of each run."""

import csv
import io

from d2l_shim.files import read_text, write_text

COLUMNS = (
    'run', 'epoch', 'train_loss', 'train_accuracy', 'val_loss', 'val_accuracy',
    'seconds', 'examples_per_second', 'first_loss', 'parameters', 'seed', 'precision',
    'peak_memory_mb', 'device', 'hardware', 'versions', 'date', 'key',
)  # fmt: skip


def path(project, section, tab):
    """The file of the runs of a section in one framework."""
    return project.results / f'{section.replace("/", "-")}-{tab}.csv'


def confusion_path(project, section):
    """The file of what the published weights of a section took pictures for."""
    return project.results / f'{section.replace("/", "-")}-confusion.csv'


def weights_path(project, section):
    """The file of the published weights of a section."""
    return project.results / f'{section.replace("/", "-")}.safetensors'


def read(file):
    """Return the rows of a table, {column: text} each; [] where there is no file."""
    if not file.exists():
        return []
    return list(csv.DictReader(io.StringIO(read_text(file))))


def keep(file, run, rows):
    """Put `rows`, of one seed of `run`, into the table `file`.

    What it has of that seed goes, and so does what other code did under that name.
    """
    new = rows[0]
    others = [
        row
        for row in read(file)
        if row['run'] != run
        or (row['key'] == new['key'] and row['seed'] != str(new['seed']))
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator='\n')
    writer.writeheader()
    writer.writerows([*others, *rows])
    write_text(file, text.getvalue())


def keep_confusion(file, names, counts):
    """Write how often pictures of each class (rows) were taken for each (columns)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['shown', *names])
    writer.writerows([name, *row] for name, row in zip(names, counts, strict=True))
    write_text(file, text.getvalue())
