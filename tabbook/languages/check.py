"""Find in catalogs what a translation lost, changed or lacks; one sentence each."""

import re
from dataclasses import dataclass
from functools import cached_property

from d2l_shim.files import TextError
from d2l_shim.framework import FRAMEWORKS
from tabbook.languages import catalogs, tool
from tabbook.languages.parts import parts, reader
from tabbook.languages.terms import terms
from tabbook.tabs import TABS

GLOSSARY = 'book/glossary'
PARTICLE = re.compile(
    r'\{(?:numref|eq|cite(?::\w+)?)\}`[^`]*`(?:은|는|이|가|을|를|과|와|으로|로)(?![가-힣])'
)
SLOT = re.compile(r'\{\w+\}')
ALLOWED = re.compile(r'^\s*(number|term):\s*(.+?)\s*$')


def findings(project, found=None):
    """A TextError for each fault in the catalogs that are there, sorted by place.

    `found` is what `builder.messages` returns; it is needed, and asked for as a
    function, where a language is published, which has to be complete.
    """
    checked = Checked(project)
    faults = [fault for key in checked.begun for fault in checked.language(key)]
    if project.published and found:
        messages = found()
        faults += [
            f for lang in project.published for f in _complete(project, lang, messages)
        ]
    return sorted(faults, key=lambda fault: (str(fault.path), fault.line))


@dataclass
class Checked:
    """The catalogs of a book and what they are held against."""

    project: object

    @property
    def begun(self):
        """The languages of which there is a folder, or that are listed."""
        folders = self.project.catalogs.glob('*/LC_MESSAGES')
        return sorted(folder.parent.name for folder in folders)

    @cached_property
    def read(self):
        """The parser of the book's Markdown."""
        return reader((self.project.config.get('parse') or {}).get(EXTENSIONS, ()))

    @cached_property
    def terms(self):
        return terms(self.project)

    def language(self, key):
        """Yield the faults in the catalogs of a language."""
        for page in catalogs.begun(self.project, key):
            path = self.project.catalog(key, page)
            if key not in self.project.languages:
                yield TextError(path, 1, f'_config.yml lists no language {key!r}')
            elif page not in (*self.project.pages, tool.PAGE):
                yield TextError(path, 1, f'the book has no page {page}: rename this')
            else:
                yield from self._catalog(path, key)

    def _catalog(self, path, key):
        try:
            catalog = catalogs.read(path)
        except TextError as error:
            yield error
            return
        glossary = self._glossary(key)
        for message in catalog:
            if message.id and message.string and not message.fuzzy:
                for said in self.message(message, key, glossary, path.stem):
                    yield TextError(path, message.lineno, f'{_short(message)}: {said}')

    def _glossary(self, key):
        """{English term: its translation} of the glossary's catalog, if it is begun."""
        path = self.project.catalog(key, GLOSSARY)
        if not path.is_file():
            return {}
        return {m.id: m.string for m in catalogs.read(path) if m.id and m.string}

    def message(self, message, key, glossary, page=''):
        """Yield what is wrong with one translated message of a language (a key)."""
        old = parts(message.id, self.read)
        new = parts(message.string, self.read, key)
        comments = _allowed(message)
        yield from _form(old, new)
        yield from _kept(old, new)
        yield from _numbers(old, new, comments)
        yield from _targets(old, new, glossary)
        for term in self.terms:
            known = term.english in comments or not term.is_in(old.prose)
            if not known and not term.is_kept(new.prose, key):
                words = ' or '.join(term.others[key])
                yield f'terms.yml calls {term.english!r} {words}; use that word'
        if key == 'ko' and (hit := PARTICLE.search(message.string)):
            yield f'no particle straight after a number that counts anew: {hit[0]}'
        if page == tool.PAGE and _slots(message.id) != _slots(message.string):
            yield f'keep {", ".join(_slots(message.id)) or "no slots"} as they are'


EXTENSIONS = 'myst_enable_extensions'


def _slots(text):
    return sorted(SLOT.findall(text))


def _short(message):
    text = ' '.join(message.id.split())
    return repr(text if len(text) < 40 else text[:39] + '…')


def _allowed(message):
    """What the comments of a message allow: numbers and terms, separated by commas."""
    hits = filter(None, map(ALLOWED.match, message.user_comments))
    return {part.strip() for hit in hits for part in hit[2].split(',')}


def _form(old, new):
    if old.blocks != new.blocks:
        if len(new.blocks) > len(old.blocks):
            yield 'the translation is one paragraph: Sphinx drops a second one'
        else:
            start = ' '.join(new.prose.split()[:1])
            yield f'it begins as {", ".join(new.blocks)}: put a word before {start!r}'
    if extra := [mark for mark in new.loose if mark not in old.loose]:
        marks = ' '.join(dict.fromkeys(extra))
        yield (
            f'readers would see the mark {marks}: close it, or move brackets and '
            'letters out of the emphasis'
        )


def _kept(old, new):
    for (kind, what), count in (old.kept - new.kept).items():
        yield f'{count} {kind} fewer than in English: {what}'.removesuffix(': ')
    for (kind, what), count in (new.kept - old.kept).items():
        yield f'{count} {kind} more than in English: {what}'.removesuffix(': ')


def _numbers(old, new, allowed):
    lost, added = old.numbers - new.numbers, new.numbers - old.numbers
    if said := ', '.join(number for number in lost if number not in allowed):
        yield f'the number {said} is lost'
    if said := ', '.join(number for number in added if number not in allowed):
        yield f'the number {said} is new: if it is right, say `# number: {said}` above'


def _targets(old, new, glossary):
    """Yield the terms that lead elsewhere than in English."""
    left = [target for _, target in new.terms]
    for _, target in old.terms:
        names = {target, glossary.get(target, target)}
        match = next((name for name in left if name in names), None)
        if match is None:
            yield f'no {{term}} leads to {target!r}: write {{term}}`... <{target}>`'
        else:
            left.remove(match)


def _complete(project, language, messages):
    """Yield what a published language lacks in the pages that are begun."""
    for page, wanted in messages.items():
        path = project.catalog(language.key, page)
        command = f'`make translate LANGUAGE={language.key} PAGES={page}`'
        if not path.is_file():  # such a page says that it is in English
            if page == tool.PAGE:
                yield TextError(path, 1, f'there is no such catalog: {command}')
            continue
        there = {message.id: message for message in catalogs.read(path) if message.id}
        for message in there.values():
            if message.id not in wanted:
                if set(TABS) != set(FRAMEWORKS):  # it may be of another tab
                    continue
                said = f'{_short(message)} is stale, the page has it no more: {command}'
                yield TextError(path, message.lineno, said)
            elif message.fuzzy or not message.string:
                said = 'is fuzzy' if message.fuzzy else 'is not translated'
                said = f'{_short(message)} {said}: {language.name} is published'
                yield TextError(path, message.lineno, said)
        if missing := [text for text in wanted if text not in there]:
            said = f'{len(missing)} new messages are missing: {command}'
            yield TextError(path, 1, said)
