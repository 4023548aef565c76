"""Outputs of a tab that nobody has run: what its text states."""

from tabbook.run import store
from tabbook.text.split import split


def stated(section, tab, library):
    """Return a list of nbformat outputs for each `SplitCell` of a tab."""
    return [_stated(cell) for cell in split(section, tab, library)]


def _stated(cell):
    if cell.output is None:
        return []
    text = cell.output.text + '\n'
    return [{'output_type': 'stream', 'name': 'stdout', 'text': text}]


def store_stated(project, tabs):
    """Keep for all sections what `tabs` state, where no output of theirs is kept."""
    library, folder = project.library, project.outputs
    pairs = [(section, tab) for section in library.values() for tab in tabs]
    for section, tab in pairs:
        key = store.key(section, tab, library)
        if store.load(key, folder) is None:
            facts = {**store.meta(section), 'section': section.name, 'tab': tab}
            store.store(key, stated(section, tab, library), facts, folder)
