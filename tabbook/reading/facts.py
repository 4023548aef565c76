"""The line of facts under a section's title: how long, how old, how cited, what next.

What differs between the frameworks stands below their buttons: see `ran`.
"""

import os
import platform
import posixpath
import re
import subprocess
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path

from babel.dates import format_date
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from tabbook.language import ENGLISH
from tabbook.project import SECTIONS, Project
from tabbook.reading import originals
from tabbook.reading.passages import read_in
from tabbook.reading.said import _
from tabbook.run.store import versions
from tabbook.tabs import TABS

WORDS = 200  # that are read in a minute
SIGNS = 220  # of Chinese, which sets no words apart
HAN = re.compile(r'[\u3400-\u9fff]')
SPECIAL = re.compile(r'[&%$#_]')  # to TeX
ENTRY = """@misc{{{key},
  author = {{{{{author}}}}},
  title = {{{{{title}}}}},
  howpublished = {{A section of {book}}},
  year = {{{year}}}{url}
}}"""
FACTS = """<div class="facts">
<ul><li>{minutes}</li>
<li>{what} <time datetime="{day}">{told}</time></li></ul>
<details class="cite"><summary>{cite}</summary>
<pre>{entry}</pre>
<button type="button" class="pst-js-only">{copy}</button>
<span role="status"></span>
</details>
<nav aria-label="{beside}">{neighbours}</nav>
</div>
"""


def setup(app):
    """Register with Sphinx; only HTML is changed."""
    app.add_post_transform(Facts)


class Facts(SphinxPostTransform):
    """Write the line under a section's title."""

    default_priority = 101  # after the ways into a framework, so above them
    formats = ('html',)

    def run(self, **kwargs):
        title = next(self.document.findall(nodes.title), None)
        if title and self.env.docname.startswith(f'{SECTIONS}/'):
            place = originals.below(title)
            raw = nodes.raw('', self._line(title.astext()), format='html')
            title.parent.insert(place, raw)

    def _line(self, title):
        docname = self.env.docname
        what, day = changed(Path(self.env.doc2path(docname)))
        project, language = Project(Path(self.env.srcdir)), self.config.language
        address = project.address(docname, language=self.config.tabbook_language)
        entry = bibtex(project, docname, title, day.year, address)
        text = read_in(self.env.get_doctree(docname), next(iter(TABS)))
        return FACTS.format(
            minutes=_minutes(text),
            what=_('Changed') if what == 'Changed' else _('Built'),
            cite=_('Cite this section'),
            copy=_('Copy BibTeX'),
            beside=_('Pages before and after'),
            day=day,
            told=dated(day, language),
            entry=escape(entry),
            neighbours=self._neighbours(docname),
        )

    def _neighbours(self, docname):
        """The links to the page before this one and to the one after it."""
        before, after = self.env.collect_relations()[docname][1:]
        return ' '.join(
            f'<a rel="{rel}" href="{self._address(name)}">{self._name(name, rel)}</a>'
            for rel, name in (('prev', before), ('next', after))
            if name
        )

    def _address(self, name):
        here = posixpath.dirname(self.env.docname) or '.'
        return posixpath.relpath(f'{name}.html', here)

    def _name(self, name, rel):
        title = escape(self.env.titles[name].astext())
        arrow = f'<span aria-hidden="true">{"←" if rel == "prev" else "→"}</span>'
        return f'{arrow} {title}' if rel == 'prev' else f'{title} {arrow}'


def _minutes(text):
    signs, rest = len(HAN.findall(text)), len(HAN.sub(' ', text).split())
    number = max(1, round(signs / SIGNS + rest / WORDS))
    told = _('{number} minutes to read') if number > 1 else _('{number} minute to read')
    return told.format(number=number)


def dated(day, language):
    """A day as `language`, a name of Sphinx's, writes it."""
    form = 'd MMMM y' if language == ENGLISH else 'long'
    return format_date(day, form, locale=language)


def changed(path):
    """('Changed', the day of a page's last commit), else ('Built', today).

    So it is where there is no git, where the page has changes that are not committed,
    and where a shallow clone would take each page for a new one.
    """
    if _git(path, 'rev-parse', '--is-shallow-repository') == 'false':
        day = _git(path, 'log', '-1', '--format=%cs', '--', path.name)
        if day and not _git(path, 'status', '--porcelain', '--', path.name):
            return 'Changed', date.fromisoformat(day)
    now = datetime.now(UTC).timestamp()
    seconds = int(os.environ.get('SOURCE_DATE_EPOCH', now))
    return 'Built', datetime.fromtimestamp(seconds, UTC).date()


def _git(path, *command):
    """What git says of the file at `path`; '' where it cannot."""
    try:
        said = subprocess.run(
            ['git', *command],
            cwd=path.parent,
            capture_output=True,
            encoding='utf-8',
        )
    except OSError:  # there is no git
        return ''
    return said.stdout.strip()


def bibtex(project, docname, title, year, address):
    """The entry of BibTeX with which to cite a section."""
    return ENTRY.format(
        key='-'.join([*project.title.lower().split(), docname.rpartition('/')[2]]),
        author=_tex(project.config.get('author') or project.title),
        title=_tex(title),
        book=_tex(project.title),
        year=year,
        url=f',\n  url = {{{address}}}' if address else '',
    )


def _tex(text):
    return SPECIAL.sub(r'\\\g<0>', text)


def ran(tab, stored):
    """The HTML that says how long the code of `tab` ran, and with which versions.

    It is '' where nobody measured it.
    """
    if not stored or 'seconds' not in stored.meta:
        return ''
    facts = stored.meta
    package, *_others = versions(tab)
    said = [
        _('Ran in {time} ({profile} profile, {device})').format(
            time=_duration(facts['seconds']),
            profile=facts['profile'],
            device=facts['device'].upper(),
        ),
        f'{package}, Python {platform.python_version()}',
    ]
    return f'<ul class="facts">{"".join(f"<li>{escape(s)}</li>" for s in said)}</ul>'


def _duration(seconds):
    if seconds < 100:
        return _('{number} s').format(number=max(1, round(seconds)))
    return _('{number} min').format(number=round(seconds / 60))
