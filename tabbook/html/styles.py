"""Style sheets without the rules that no page can use: themes bring ten times those."""

import re
from functools import cache
from itertools import pairwise
from zlib import crc32

import tinycss2

from d2l_shim.files import read_text, write_text

NAMED = re.compile(r'\bclass="([^"]*)"|<script\b[^>]*>(.*?)</script>', re.S)
WORD = re.compile(r'[\w-]+')
STATIC = '_static'
LINK = re.compile(r'(href="[^"?]*?([\w.-]+\.css))(?:\?[\w=]*)?"')


def purge(html, own):
    """Take out of the style sheets in the folder `html` what no page there uses.

    A class is used that a page has, or a word of one of its scripts: these set
    classes. The sheets that have their names from the folder `own` stay as they are.
    Links to the others name their content anew: browsers keep what has an old name.
    """
    found = [path for path in html.rglob('*.html') if STATIC not in path.parts]
    pages = {path: read_text(path) for path in found}
    used, names = _used(html, pages.values()), {}
    for path in html.rglob('*.css'):
        if not (own / path.name).is_file():
            css = purged(read_text(path), used)
            write_text(path, css)
            names[path.name] = f'{crc32(css.encode()):08x}'
    for path, text in pages.items():
        write_text(path, LINK.sub(lambda link: _renamed(link, names), text))


def _used(html, pages):
    used = set()
    for classes, script in NAMED.findall('\n'.join(pages)):
        used.update(classes.split() or WORD.findall(script))
    for path in html.rglob('*.js'):
        if any(path.name in page for page in pages):
            used.update(WORD.findall(read_text(path)))
    return used


def _renamed(link, names):
    whole, start, name = link.group(0, 1, 2)
    return f'{start}?v={names[name]}"' if name in names else whole


def purged(css, used):
    """The text of a style sheet, less the rules for classes that are not in `used`."""
    return '\n'.join(_kept(_rules(css), _starts(used)))


@cache
def _rules(css):
    """The rules of a style sheet; one process parses equal sheets once."""
    return tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)


def _starts(used):
    """`used`, and how classes begin that scripts make, as 'bs-tooltip' and '-end'."""
    return used, tuple(f'{word.rstrip("-")}-' for word in used if '-' in word)


def _kept(rules, used):
    for rule in rules:
        if rule.type == 'qualified-rule':
            if wanted := [s for s in _selectors(rule.prelude) if _is_used(s, used)]:
                text = ','.join(tinycss2.serialize(s).strip() for s in wanted)
                yield f'{text}{{{tinycss2.serialize(rule.content).strip()}}}'
        elif rule.type == 'at-rule' and rule.lower_at_keyword in {'media', 'supports'}:
            inner = tinycss2.parse_rule_list(
                rule.content, skip_comments=True, skip_whitespace=True
            )
            if kept := '\n'.join(_kept(inner, used)):
                head = tinycss2.serialize(rule.prelude)
                yield f'@{rule.at_keyword}{head}{{{kept}}}'
        else:
            yield rule.serialize()


def _selectors(prelude):
    """The parts of a list of selectors; a comma within brackets parts none."""
    found = [[]]
    for token in prelude:
        if token == ',':
            found.append([])
        else:
            found[-1].append(token)
    return found


def _is_used(selector, used):
    """Whether all classes are, that are not within brackets, as those of :not()."""
    words, starts = used
    return all(
        name.type != 'ident' or name.value in words or name.value.startswith(starts)
        for dot, name in pairwise(selector)
        if dot == '.'
    )
