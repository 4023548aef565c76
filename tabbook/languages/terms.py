"""The list of terms: what each language calls the words of the field."""

import re
from dataclasses import dataclass

from d2l_shim.files import TextError
from tabbook.yaml_files import read_yaml

FILE = 'terms.yml'


@dataclass(frozen=True)
class Term:
    """An English word, and how it looks in other languages, {key: [word]}."""

    english: str
    others: dict

    def is_in(self, text):
        """Whether English `text` has the word, or its plural."""
        words = r'\s+'.join(map(re.escape, self.english.split()))
        return re.search(rf'\b{words}(?:e?s)?\b', text, re.I)

    def is_kept(self, text, language):
        """Whether `text` has the word of its language; True if that has none yet."""
        words = self.others.get(language)
        return not words or any(_pattern(word).search(text) for word in words)


def _pattern(word):
    parts = (re.escape(part).replace(r'\*', r'\w*') for part in word.split())
    return re.compile(r'\s*'.join(parts), re.I)


def terms(project):
    """The `Term`s of the book; TextError where the file says something else."""
    path = project.catalogs / FILE
    if not path.is_file():
        return []
    return [_term(path, entry, project.languages) for entry in read_yaml(path)]


def _term(path, entry, languages):
    if not isinstance(entry, dict) or not entry.get('en'):
        raise TextError(path, 1, 'an entry lacks its English word, `en: dense block`')
    others = {key: words for key, words in entry.items() if key != 'en'}
    if other := ', '.join(sorted(set(others) - set(languages))):
        message = f'{entry["en"]!r} names a language that _config.yml does not: {other}'
        raise TextError(path, 1, message)
    listed = {k: w if isinstance(w, list) else [w] for k, w in others.items()}
    return Term(str(entry['en']), listed)
