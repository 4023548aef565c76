"""What the tool itself says on pages, in their language: from the catalog `tool`."""

from pathlib import Path

from sphinx.locale import get_translator, init

CATALOG = 'tool'
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


def _load(app, config):
    folders = [str(Path(app.srcdir, folder)) for folder in config.locale_dirs]
    init(folders, config.language, CATALOG, SPACE)


def _tell_templates(app):
    """Let `_()` in templates find these words, and then those of Sphinx."""
    if app.builder.format == 'html':
        words = get_translator(CATALOG, SPACE)
        words.add_fallback(app.translator)
        app.builder.templates.environment.install_gettext_translations(words)
