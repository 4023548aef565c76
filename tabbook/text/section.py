"""What a tabbed section is made of, and the errors that its text can have."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from d2l_shim.files import TextError
from tabbook.text.proof import Model, Run

SourceError = TextError  # in a section


class UnknownSection(KeyError):
    """A section's name that no file in the library's folder has."""

    def __str__(self):
        return self.args[0]


@dataclass(frozen=True)
class Output:
    """What a cell is stated to print; `tabs == ()` means all, `line` its fence."""

    tabs: tuple[str, ...]
    text: str
    line: int
    real_data: bool
    stdout: bool


@dataclass(frozen=True)
class From:
    """`%%from section import names`, at `line`."""

    section: str
    names: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Markdown:
    """Prose between code cells, verbatim; `line` is that of its first line."""

    source: str
    line: int


@dataclass(frozen=True)
class Code:
    """A code cell without its `%%tab` line; `tabs == ()` means all tabs.

    `line` is the 1-based line of the first line of `source`; `meta` what Jupyter knows
    of the cell beside it, such as its tags.
    """

    source: str
    line: int
    tabs: tuple[str, ...]
    brings: From | None
    meta: dict = field(default_factory=dict, hash=False)

    @property
    def live(self):
        """Whether it only serves the live notebook: pages and split drop it."""
        return is_live(self.source)


@dataclass(frozen=True)
class Group:
    """Adjacent cells of different tabs, or one cell for all, and its outputs."""

    cells: tuple[Code, ...]
    outputs: tuple[Output, ...]
    line: int

    def cell(self, tab):
        """The cell that `tab` shows, or None."""
        return _for_tab(self.cells, tab)

    def output(self, tab):
        """The output stated for `tab`, or None."""
        return _for_tab(self.outputs, tab)

    @property
    def live(self):
        """Whether pages and split notebooks drop this group."""
        return self.cells[0].live


@dataclass(frozen=True)
class Hidden:
    """A hidden test of an assignment: its points, and Python that the grader runs."""

    name: str
    points: float
    source: str
    line: int


@dataclass(frozen=True)
class Section:
    """One tabbed notebook: its front matter, blocks in order, and hidden tests.

    `models` are those that its proof builds, `data` the data sets that its code takes,
    `runs` its reference runs.
    """

    name: str
    path: Path | None
    front: dict
    tabs: tuple[str, ...]
    blocks: tuple[Markdown | Group, ...]
    hidden: tuple[Hidden, ...] = ()
    models: tuple[Model, ...] = ()
    data: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()

    @property
    def groups(self):
        """Its groups in order, without the live notebook's first cell."""
        return tuple(b for b in self.blocks if isinstance(b, Group) and not b.live)


def _for_tab(items, tab):
    return next((item for item in items if not item.tabs or tab in item.tabs), None)


def is_live(source):
    """Whether a cell's source is the live notebook's first cell."""
    return re.search(r'^%load_ext\s+tabbook\s*$', source, re.M) is not None
