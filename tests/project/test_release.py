"""`.ci/release` on a copy of this book: real wheels, a repository of its own."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from d2l_shim import __version__
from tabbook.notebooks.install import address
from tabbook.project import Project

TAG = f'v{__version__}'
RELEASED = f'## {__version__} (2026-12-24)'
FILES = ('.ci', 'd2l_shim', 'tabbook', '_config.yml', 'pyproject.toml')
FILES += ('README.md', 'LICENSE-CODE', 'CITATION.cff', 'CHANGELOG.md')


@pytest.fixture
def git(tmp_path):
    """A function that runs git in a folder of its own, `tmp_path`/book."""
    (tmp_path / 'book').mkdir()
    who = ('-c', 'user.name=a', '-c', 'user.email=a@b')
    command = ['git', '-C', tmp_path / 'book', *who]
    return lambda *arguments: subprocess.run([*command, *arguments], check=True)


@pytest.fixture
def book(root, tmp_path, git):
    """The book as it will be released: committed under its tag, in the changelog."""
    book = tmp_path / 'book'
    for name in FILES:
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, book / name)
    heading = re.compile(r'^## .*', re.M)
    edit(book / 'CHANGELOG.md', lambda text: heading.sub(RELEASED, text, count=1))
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'one')
    git('tag', TAG)
    return book


def edit(path, change):
    path.write_text(change(path.read_text('utf-8')), 'utf-8')


# Python with a network in which the zip of the tag lies at the notebooks' address.
PYTHON = """#!/usr/bin/env bash
if [[ "${{@: -1}}" == 'd2l-shim @ {address}' ]]; then
  git -C '{book}' archive --prefix=book/ --output '{zip}' {tag} || exit
  set -- "${{@:1:$#-1}}" 'd2l-shim @ file://{zip}'
fi
exec '{python}' "$@"
"""


def release(book, root, tag=TAG):
    """Run it where the address of the notebooks leads to `book`."""
    python = book.with_name('python')
    python.write_text(
        PYTHON.format(
            address=address(Project(root)),
            book=book,
            tag=TAG,
            zip=book.with_name('tag.zip'),
            python=sys.executable,
        ),
        'utf-8',
    )
    python.chmod(0o755)
    config = {
        'PIP_NO_BUILD_ISOLATION': '0',  # which is how pip spells yes
        'PYTHON': str(python),
    }
    command = [book / '.ci/release', tag]
    env = {**os.environ, **config}
    return subprocess.run(command, env=env, capture_output=True, text=True)


def test_both_wheels_of_the_tag_are_left(book, root):
    done = release(book, root)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (book / 'dist').iterdir()) == [
        f'{name}-{__version__}-py3-none-any.whl' for name in ('d2l_shim', 'tabbook')
    ]


def test_a_tag_of_another_version_is_refused(book, root):
    done = release(book, root, 'v9.9.9')
    assert done.returncode == 1
    assert 'release v9.9.9: the version is another' in done.stderr


def test_what_the_changelog_calls_unreleased_is_refused(book, root):
    edit(book / 'CHANGELOG.md', lambda text: text.replace('2026-12-24', 'not yet'))
    done = release(book, root)
    assert done.returncode == 1
    assert f"must be '## {__version__} (its date)'" in done.stderr


def test_an_address_that_leads_nowhere_is_refused(book, root, git):
    git('tag', '-d', TAG)
    done = release(book, root)
    assert done.returncode == 1
    assert f'notebooks cannot install from {address(Project(root))}.' in done.stderr
