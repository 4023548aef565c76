"""What is fetched: the files of each data set, their checksums and addresses."""

from pathlib import Path
from typing import NamedTuple


class DataSet(NamedTuple):
    """The files of a data set, {name: checksum}, and the addresses that hold them.

    A checksum is a SHA-256, or has its kind before it, as in 'md5:...'; the beginning
    of one will do where no more is known. `stand_in` tells whether there is drawn data
    to take its place. A mirror is a folder, or a pattern for the {stem} of a name.
    `own` is the folder of this repository that has the files, where there is a clone.
    """

    files: dict
    mirrors: tuple
    stand_in: bool = True
    own: Path | None = None


FASHION_MNIST = DataSet(
    files={
        'train-labels-idx1-ubyte.gz': (
            'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'
        ),
        't10k-labels-idx1-ubyte.gz': (
            '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'
        ),
        't10k-images-idx3-ubyte.gz': (
            '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'
        ),
        'train-images-idx3-ubyte.gz': (
            '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'
        ),
    },
    mirrors=(
        'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
        'https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/',
        'https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/dataset/'
        'fashion-mnist/',
        'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ),
)
HOUSE_PRICES = DataSet(  # of no licence of their own: fetched, never contained
    files={
        'kaggle_house_pred_train.csv': (
            '1e18addf81e5e4d347cc17ee6075bbe4a42b7fa26b9e5b063e8f692a5f929d41'
        ),
        'kaggle_house_pred_test.csv': (
            '8fdd3d829d4d986b58f845c9553b225e67dd8383624d90fb6ca1d4bed5798c1e'
        ),
    },
    mirrors=('http://d2l-data.s3-accelerate.amazonaws.com/',),
)
DENSENET_WEIGHTS = DataSet(  # what the section's reference run has trained
    files={
        'densenet.safetensors': (
            'd50505f8737660e6f72939f7e9de7d23b3d651ad1d61fe2dd7e8c9bc88088125'
        ),
    },
    mirrors=('https://github.com/densenet-book/densenet-book/raw/main/book/results/',),
    stand_in=False,
    own=Path(__file__).parents[2] / 'book' / 'results',
)
# Published weights of DenseNets. The first two are torchvision's in other files, of
# which the whole SHA-256 is known. Of its own two the beginning is known, which is in
# their names; no address is given here, but torchvision itself fetches them into the
# folder torch.hub.get_dir()/checkpoints, from where they can be copied.
TORCHVISION = DataSet(
    files={
        'densenet121.tv_in1k/resolve/main/model.safetensors': (
            'c894c6d9caa317a8ca1942986dee7a16a86c77734a4d691d2abe05389cfef358'
        ),
        'densenet161.tv_in1k/resolve/main/pytorch_model.bin': (
            'f9ee24e6d30ab3405d9c468040f74e2de66675126eee9ec9ec15826b5a0619d3'
        ),
        'densenet169-b2777c0a.pth': 'b2777c0a',
        'densenet201-c1103571.pth': 'c1103571',
    },
    mirrors=('https://huggingface.co/timm/',),
    stand_in=False,
)
KERAS = DataSet(  # checksums: keras/src/applications/densenet.py
    files={
        'densenet121_weights_tf_dim_ordering_tf_kernels.h5': (
            'md5:9d60b8095a5708f2dcce2bca79d332c7'
        ),
        'densenet169_weights_tf_dim_ordering_tf_kernels.h5': (
            'md5:d699b8f76981ab1b30698df4c175e90b'
        ),
        'densenet201_weights_tf_dim_ordering_tf_kernels.h5': (
            'md5:1ceb130c1ea1b78c3bf6114dbdfd8807'
        ),
    },
    mirrors=('https://storage.googleapis.com/tensorflow/keras-applications/densenet/',),
    stand_in=False,
)
GLUON = DataSet(  # checksums: mxnet/gluon/model_zoo/model_store.py; zipped on the web
    files={
        'densenet121-f27dbf2d.params': 'sha1:f27dbf2dbd5ce9a80b102d89c7483342cd33cb31',
        'densenet161-b6c8a957.params': 'sha1:b6c8a95717e3e761bd88d145f4d0a214aaa515dc',
        'densenet169-2603f878.params': 'sha1:2603f878403c6aa5a71a124c4a3307143d6820e9',
        'densenet201-1cdbc116.params': 'sha1:1cdbc116bc3a1b65832b18cf53e1cb8e7da017eb',
    },
    mirrors=(
        'https://apache-mxnet.s3-accelerate.dualstack.amazonaws.com/gluon/models/'
        '{stem}.zip',
    ),
    stand_in=False,
)
IMAGENET_NAMES = DataSet(  # checksum: keras/src/applications/imagenet_utils.py
    files={'imagenet_class_index.json': 'md5:c2c37ea517e94d9795004a39431a14cb'},
    mirrors=(
        'https://storage.googleapis.com/download.tensorflow.org/data/',
        'https://s3.amazonaws.com/deep-learning-models/image-models/',
    ),
    stand_in=False,
)
DATA_SETS = {
    'fashion-mnist': FASHION_MNIST,
    'house-prices': HOUSE_PRICES,
    'densenet-weights': DENSENET_WEIGHTS,
    'densenet-torchvision': TORCHVISION,
    'densenet-keras': KERAS,
    'densenet-gluon': GLUON,
    'imagenet-names': IMAGENET_NAMES,
}
