"""Published weights: the library's own logits are the book's, in all frameworks."""

import numpy as np
import pytest

from d2l_shim import convert
from d2l_shim.framework import FRAMEWORKS
from parity.compare import relative
from tests.inside.foreign import TABS

MODEL = {'model': 'family.DenseNet'}
FORMS = {'torchvision': 'published', 'keras': 'published', 'gluon': 'before'}
LIMITS = {'float64': 1e-10, 'float32': 1e-4}
# in float32 one source will do: the files of all hold the same tensors
CASES = [*((source, 'float64') for source in TABS), ('keras', 'float32')]


@pytest.fixture(scope='module')
def picture():
    """One colour picture of 224 x 224, drawn."""
    return np.random.default_rng(0).random((1, 3, 224, 224), np.float32)


@pytest.fixture(scope='module')
def told(workers, picture, tmp_path_factory):
    """Return a function that asks for logits: (the library's own, {tab: logits})."""
    folder, known = tmp_path_factory.mktemp('published'), {}

    def ask(source, precision):
        if source not in known:
            path = folder / source
            known[source] = workers[TABS[source]].ask(
                'tests.inside.foreign.checkpoint',
                path=str(path),
                form=FORMS[source],
                X=picture,
            )
            convert.read(path).write(path)
        return known[source], workers.ask_all(
            'tests.inside.foreign.published',
            config=MODEL,
            X=picture,
            weights=(folder / source).read_bytes(),
            precision=precision,
        )

    return ask


@pytest.mark.parametrize(('source', 'precision'), CASES)
def test_the_books_network_computes_what_the_librarys_own_does(told, source, precision):
    own, books = told(source, precision)
    assert own.shape == (1, 1000)
    assert own.std() > 0.1
    for tab in FRAMEWORKS:
        assert books[tab].dtype == precision
        assert relative(books[tab], own) <= LIMITS[precision], tab
