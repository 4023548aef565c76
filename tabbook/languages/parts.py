"""What a message holds that its translation must keep: formulas, roles, links, numbers.

Both are read with the book's own settings of MyST, so that what a reader would see as
a formula counts as one.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

TITLED = re.compile(r'^(?P<title>.*?)\s*<(?P<target>[^<>]*)>$', re.S)
MARKS = re.compile(r'[*`$]|(?<!\w)_(?=\w)|(?<=\w)_(?!\w)')
NUMBER = re.compile(r'(?<![A-Za-z\d.-])\d+(?:[.,]\d+)*|(?<=[ (]-)\d+(?:[.,]\d+)*')
GROUPED = re.compile('(?<=\\d)[\xa0\u202f\u2009 ](?=\\d{3}(?!\\d))')
DECIMAL = re.compile(r'(?<=\d),(?=\d)')
ENGLISH_GROUPS = re.compile(r'(?<=\d),(?=\d{3}(?!\d))')
EMPHASIS = {'em_open': 'emphasis', 'strong_open': 'strong emphasis'}


@dataclass
class Parts:
    """The parts of a message, {(kind, part): how often}, its text and its blocks."""

    kept: Counter = field(default_factory=Counter)
    numbers: Counter = field(default_factory=Counter)
    blocks: list = field(default_factory=list)
    prose: str = ''
    terms: list = field(default_factory=list)  # (shown, target)

    @property
    def loose(self):
        """The marks of Markdown that a reader would see as they are."""
        return ''.join(MARKS.findall(self.prose))


def reader(extensions, double_inline=True):
    """The parser of Markdown that reads as the pages do."""
    config = MdParserConfig(
        enable_extensions=set(extensions), dmath_double_inline=double_inline
    )
    return create_md_parser(config, RendererHTML)


def parts(text, read, language='en'):
    """The `Parts` of the text of a message in a language (a key)."""
    found, prose = Parts(), []
    tokens = read.parse(text)
    found.blocks = [t.type for t in tokens if t.level == 0 and t.nesting >= 0]
    for token in tokens:
        for part in token.children or ():
            prose.append(_take(part, found))
    found.prose = ''.join(prose)
    found.numbers = Counter(numbers(found.prose, language))
    return found


def _take(part, found):
    """Note one part of a line; what remains of it as text."""
    kind = part.type
    if kind == 'myst_role':
        return _take_role(part, found)
    if kind.startswith(('math', 'amsmath')):
        found.kept['formula', ' '.join(part.content.split())] += 1
    elif kind == 'code_inline':
        found.kept['code', part.content] += 1
    elif kind == 'link_open':
        found.kept['link', part.attrs['href']] += 1
    elif kind == 'html_inline':
        found.kept['HTML', ' '.join(part.content.split())] += 1
    elif kind.startswith('substitution'):
        found.kept['quoted number', f'{{{{ {part.content.strip()} }}}}'] += 1
    elif kind in EMPHASIS:
        found.kept[EMPHASIS[kind], ''] += 1
        return ''
    elif kind.endswith('_close'):
        return ''
    return part.content if kind == 'text' else ' '


def _take_role(role, found):
    """Note a role with its target; its title remains as text."""
    name, content = role.meta['name'], ' '.join(role.content.split())
    titled = TITLED.match(content)
    title, target = titled.group('title', 'target') if titled else ('', content)
    if name == 'term':
        found.terms.append((title or target, target))
        found.kept['role', '{term}'] += 1
        return f' {title or target} '
    found.kept['role', f'{{{name}}}`{target}`'] += 1
    return f' {title} '


def numbers(text, language='en'):
    """The numbers in a text, as English writes them, without its commas."""
    if language == 'ru':
        text = DECIMAL.sub('.', GROUPED.sub('', text))
    return NUMBER.findall(ENGLISH_GROUPS.sub('', text))
