"""A small book of two sections, with stored outputs that no framework made."""

import pytest

from tests.helpers.small_book import as_if_run, small_book


@pytest.fixture(scope='module')
def new_book(tmp_path_factory):
    """A function that makes a book, neither run nor built."""
    return lambda: small_book(tmp_path_factory.mktemp('new'))


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """A book whose four tabs have all been run, built once; not to be changed."""
    book = small_book(tmp_path_factory.mktemp('built'))
    book.store_all()
    book.build()
    return book


@pytest.fixture
def book(tmp_path):
    """A book whose four tabs have all been run, not yet built."""
    book = small_book(tmp_path)
    book.store_all()
    return book


@pytest.fixture(autouse=True, scope='module')
def profile():
    """All outputs of this book are stored under the profile `full`, as if installed."""
    with as_if_run():
        yield
