"""What the tool itself says on pages, in their language: from the catalog `tool`."""

import re
from functools import lru_cache
from pathlib import Path

from babel.messages.extract import extract
from docutils import nodes
from sphinx.locale import get_translator, init

CATALOG = 'tool'
KINDS = {  # as what Babel reads a file, and which function has its messages
    '.py': ('python', '_'),
    '.js': ('javascript', 'say'),  # as Sphinx has a `_` there
    '.html': ('jinja2.ext:babel_extract', '_'),
}
OPTIONS = {'parse_template_string': True}  # of JavaScript
SLOT = re.compile(r'\{(\w+)\}')
SPACE = 'tabbook'  # or Sphinx would take it for the catalog of a page


def setup(app):
    """Register with Sphinx."""
    app.connect('config-inited', _load)
    app.connect('builder-inited', _tell_templates)


def _(message):
    """What is said for `message`, which is English; in English itself, that."""
    return get_translator(CATALOG, SPACE).gettext(message)


def later(message):
    """`message`, which is to be translated, by `_`, once the language is known."""
    return message


def laid(message, **slots):
    """The nodes of a message: its text, and in its `{slots}` these lists of nodes."""
    parts = enumerate(SLOT.split(message))
    found = [slots[part] if i % 2 else [nodes.Text(part)] for i, part in parts]
    return [node for part in found for node in part if node.astext()]


def spoken(path):
    """The messages `_('...')` in a file, of scripts `say('...')`, each once."""
    return _spoken(path, path.stat().st_mtime_ns)


@lru_cache
def _spoken(path, changed):
    kind, name = KINDS[path.suffix]
    with path.open('rb') as file:
        found = extract(kind, file, keywords={name: None}, options=OPTIONS)
        return tuple(dict.fromkeys(message for _, message, _, _ in found))


def words(scripts):
    """{message: translation} of what these scripts say, if it has one."""
    messages = [message for path in scripts for message in spoken(path)]
    return {message: _(message) for message in messages if _(message) != message}


def _load(app, config):
    folders = [str(Path(app.srcdir, folder)) for folder in config.locale_dirs]
    init(folders, config.language, CATALOG, SPACE)


def _tell_templates(app):
    """Let `_()` in templates find these words, and then those of Sphinx."""
    if app.builder.format == 'html':
        words = get_translator(CATALOG, SPACE)
        words.add_fallback(app.translator)
        app.builder.templates.environment.install_gettext_translations(words)
