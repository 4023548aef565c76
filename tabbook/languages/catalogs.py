"""The catalogs of translations: read, brought up to date, counted and written."""

import re
from dataclasses import dataclass
from io import BytesIO

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, denormalize, read_po, write_po

from d2l_shim.files import TextError, read_text, write_text

WIDTH = 88
HEADER = """# {title}: `{page}` in {name}.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
FORMATS = {'python-format', 'python-brace-format'}  # which prose only looks like
PLACE = re.compile(r'line (\d+)')


@dataclass(frozen=True)
class Counts:
    """How many messages of a catalog are what."""

    page: str
    messages: int
    new: int
    changed: int
    obsolete: int
    untranslated: int

    def __str__(self):
        said = ', '.join(f'{getattr(self, name)} {name}' for name in COUNTED)
        return f'{self.page}: {self.messages} messages; {said}'


COUNTED = ('new', 'changed', 'untranslated', 'obsolete')


def read(path):
    """The `Catalog` in a file; TextError where it is none."""
    text = read_text(path)
    try:
        found = read_po(BytesIO(text.encode()), abort_invalid=True)
    except PoFileError as error:
        raise TextError(path, error.lineno, f'this is no catalog: {error}') from None
    for message in found:
        message.flags -= FORMATS
        _remember(message)
    return found


def _remember(message):
    """Note which English was translated, of which Babel makes a comment."""
    before = [c.removeprefix('| ') for c in message.user_comments if c[:2] == '| ']
    message.user_comments = [c for c in message.user_comments if c[:2] != '| ']
    lines = [line.removeprefix('msgid ') for line in before]
    if lines and message.fuzzy:
        message.previous_id = [denormalize('\n'.join(lines))]


def begun(project, language):
    """The pages whose translation into `language`, a key, is begun, in order."""
    folder = project.catalogs / language / 'LC_MESSAGES'
    return sorted(
        path.relative_to(folder).with_suffix('').as_posix()
        for path in folder.rglob('*.po')
    )


def update(project, language, page, messages):
    """Bring the catalog of a page in a `Language` up to date with `messages`; Counts.

    What changed a little keeps its translation, marked as fuzzy, with the English that
    it translates; what is gone stays at the end, as obsolete.
    """
    path = project.catalog(language.key, page)
    old = read(path) if path.is_file() else Catalog()
    known = {message.id: message.previous_id for message in old if message.id}
    new = Catalog(locale=_locale(language), fuzzy=False)
    for message in [m for m in old.obsolete.values() if m.id in messages]:
        old[message.id] = old.obsolete.pop(message.id)  # it came back
    for text in messages:
        new.add(text)
    old.update(new)
    for message in old:
        message.flags -= FORMATS
        if message.fuzzy and not message.previous_id:
            message.previous_id = known.get(message.id, [])
    found = Counts(page, len(messages), **_counted(old, known))
    path.parent.mkdir(parents=True, exist_ok=True)
    head = HEADER.format(
        title=project.title, page=page, name=language.name, language=language.sphinx
    )
    write_text(path, head + _text(old))
    return found


def _locale(language):
    return Locale.parse(language.sphinx)


def _counted(catalog, known):
    messages = [message for message in catalog if message.id]
    return {
        'new': sum(m.id not in known and not m.fuzzy for m in messages),
        'changed': sum(m.fuzzy for m in messages),
        'obsolete': len(catalog.obsolete),
        'untranslated': sum(not m.string for m in messages),
    }


def _text(catalog):
    """What a catalog's file says after its head: the same for the same messages."""
    written = BytesIO()
    write_po(
        written,
        catalog,
        width=WIDTH,
        no_location=True,
        omit_header=True,
        include_previous=True,
    )
    return written.getvalue().decode().strip() + '\n'
