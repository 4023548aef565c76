"""Collect with Sphinx the messages of each page: what there is to translate."""

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from docutils import nodes
from sphinx.builders import Builder
from sphinx.util.nodes import extract_messages

from tabbook.languages import tool
from tabbook.reading.application import build

# What is the same in all languages: formulas, code, roles, links' addresses, tags.
SAME = re.compile(
    r'\$\$.*?\$\$|\$[^$\n]+\$|\{[\w:.+-]+\}`[^`]*`|(`+)(?!`).+?(?<!`)\1(?!`)'
    r'|\]\([^)]*\)|<[^>]+>|\{\{.*?\}\}',
    re.S,
)
EXPLICIT = re.compile(r'\{[\w:.+-]+\}`([^`<]*)<[^`]*`|\{term\}`([^`]*)`')
NAMES = re.compile(
    r'PyTorch|TensorFlow|JAX|MXNet|Gluon|Keras|torchvision|ImageNet|CIFAR|'
    r'(?:Dense|Res)Net(?:-[\w-]+)?|\b[A-Z]+\b'
)
WORD = re.compile(r'[^\W\d_]{2}')


class ExtractionError(Exception):
    """A book that Sphinx warns about or cannot read; the text is what it says."""


def setup(app):
    """Register the builder with Sphinx."""
    app.add_builder(WordsBuilder)
    return {'version': '1', 'parallel_read_safe': True, 'parallel_write_safe': True}


def messages(project):
    """{page: its messages in order}, and under 'tool' those that no page holds.

    Raises ExtractionError where a page would give a warning.
    """
    os.environ.setdefault('D2L_PROFILE', 'quick')  # or words would wait for real data
    with TemporaryDirectory() as folder:
        app, said = build(project, WordsBuilder.name, Path(folder))
    if said:
        raise ExtractionError(said)
    found = {page: app.builder.found[page] for page in project.pages}
    return {**found, tool.PAGE: tool.messages(project)}


class WordsBuilder(Builder):
    """Keeps in `found` the messages of each page, before any reference is resolved."""

    name = 'tabbook-words'

    def init(self):
        self.found = {}

    def get_outdated_docs(self):
        return self.env.found_docs

    def get_target_uri(self, docname, typ=None):
        return ''

    def write(self, build_docnames, updated_docnames, method='update'):
        for docname in sorted(self.env.found_docs):
            self.found[docname] = list(found(self.env.get_doctree(docname)))


def found(tree):
    """The messages of a page's tree, each once, that a translator has to do with."""
    told = (
        message
        for node, message in extract_messages(tree)
        if not isinstance(node, nodes.math_block)
    )
    return dict.fromkeys(message for message in told if has_words(message))


def has_words(message):
    """Whether `message` says anything that is not the same in all languages."""
    kept = EXPLICIT.sub(r' \1\2 ', message)
    return bool(WORD.search(NAMES.sub(' ', SAME.sub(' ', kept))))
