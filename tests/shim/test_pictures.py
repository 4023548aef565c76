"""A picture is prepared as the library does whose weights are to see it."""

import re

import numpy as np
import pytest
from PIL import Image

from d2l_shim.data import pictures
from d2l_shim.framework import FRAMEWORKS
from tests.inside.foreign import TABS

SHAPES = [(300, 401), (401, 300), (343, 256), (256, 257), (224, 224), (90, 50)]
STEP = 1 / 255 / min(pictures.STD)  # one of 256 steps of a colour
# OpenCV resizes in whole numbers of 11 bits
LIMITS = {'torchvision': 1e-6, 'keras': 1e-6, 'gluon': 1.01 * STEP}


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """Pictures of many shapes and kinds, drawn: their paths."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp('pictures')
    for i, (height, width) in enumerate(SHAPES):
        pixels = rng.integers(256, size=(height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f'{i}.png')
    return sorted(map(str, folder.iterdir()))


@pytest.mark.parametrize('source', TABS)
def test_a_picture_is_prepared_as_the_library_does_it(workers, files, source):
    told = workers[TABS[source]].ask('tests.inside.pictures.librarys', paths=files)
    for path, own, shape in zip(files, told, SHAPES, strict=True):
        X = pictures.prepared(path, source)
        assert (X.shape, X.dtype) == ((3, 224, 224), np.float32)
        assert np.abs(X - own).max() <= LIMITS[source], shape
        assert X.std() > 0.5


def test_the_three_differ(files):
    made = [pictures.prepared(files[0], source) for source in TABS]
    for i, j in (0, 1), (0, 2), (1, 2):
        assert np.abs(made[i] - made[j]).mean() > 5 * STEP


@pytest.mark.parametrize('tab', FRAMEWORKS)
def test_a_tab_gets_a_batch_of_one_in_its_layout(workers, files, tab):
    X = workers[tab].ask('tests.inside.pictures.batch', path=files[0], source='keras')
    one = pictures.prepared(files[0], 'keras')
    if FRAMEWORKS[tab].layout == 'NHWC':
        one = np.moveaxis(one, 0, -1)
    np.testing.assert_array_equal(X, one[None])


@pytest.mark.parametrize('kind', ['L', 'RGBA', 'P', 'CMYK'])
def test_a_picture_of_another_kind_is_taken_as_colours(tmp_path, kind):
    path = tmp_path / 'picture.tif'
    Image.new('RGB', (300, 300), (51, 51, 51)).convert(kind).save(path)
    X = pictures.prepared(path, 'torchvision')
    grey = (0.2 - np.array(pictures.MEAN)) / np.array(pictures.STD)
    np.testing.assert_allclose(X[:, 9, 9], grey, atol=STEP)


@pytest.mark.parametrize(
    ('name', 'source', 'says'),
    [
        ('text', 'keras', 'cannot be read (UnidentifiedImageError: cannot identify'),
        ('cut.png', 'keras', 'cannot be read ('),
        ('none.png', 'keras', 'cannot be read (No such file or directory);'),
        ('', 'keras', 'cannot be read (Is a directory);'),
        (
            'vast.ppm',
            'keras',
            'cannot be read (DecompressionBombError: Image size (400000000 pixels)',
        ),
        ('grey.png', 'keras', 'is grey in more than 8 bits (mode I;16); save it in 8'),
        ('grey.tif', 'gluon', 'is grey in more than 8 bits (mode F); save it in 8'),
        ('thin.png', 'gluon', 'is 1 x 30000 pixels, too thin to cut a square from'),
        ('a\0b', 'keras', 'cannot be read (ValueError: embedded null byte)'),
        ('0.png', ['keras'], "there is no source ['keras']; there are torchvision,"),
        ('0.png', 'caffe', "there is no source 'caffe'; there are torchvision, keras,"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path, files, name, source, says):
    (tmp_path / 'text').write_text('a thousand words', 'utf-8')
    with open(files[0], 'rb') as file:
        (tmp_path / 'cut.png').write_bytes(file.read()[:9000])
    (tmp_path / 'vast.ppm').write_bytes(b'P6 20000 20000 255 ')
    Image.new('RGB', (1, 30000)).save(tmp_path / 'thin.png')
    grey = Image.fromarray(np.full((300, 300), 30000, np.uint16))
    grey.save(tmp_path / 'grey.png')
    grey.convert('F').save(tmp_path / 'grey.tif')
    with pytest.raises(pictures.PictureError) as caught:
        pictures.prepared(tmp_path / name, source)
    assert says in str(caught.value)
    assert re.fullmatch(r'read_picture: [^\n]+\.', str(caught.value))


@pytest.mark.parametrize('path', [None, 7, np.zeros((9, 9, 3)), ['0.png']])
def test_a_picture_is_given_by_its_path(path):
    with pytest.raises(pictures.PictureError) as caught:
        pictures.prepared(path, 'keras')
    assert str(caught.value) == (
        f'read_picture: the path of a file is needed, not {type(path).__name__}; '
        'save the picture to a file first.'
    )
