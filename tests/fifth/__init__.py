"""A fifth framework, Keras on JAX, which is no part of the book: a proof.

On the path this folder is a package that is installed: its entry point puts a line on
the registry. `tabs` writes its tab into a copy of the notebooks.
"""

import re
from pathlib import Path

HERE = Path(__file__).parent
# The tab is TensorFlow's, cell by cell, with Keras's own operations.
EDITS = {
    'import tensorflow as tf\nfrom keras import layers\n'
    'from d2l_shim import tensorflow as d2l': 'from keras import layers, ops\n'
    'import keras_jax as d2l',
    'tf.concat(': 'ops.concatenate(',
    'tf.constant(': 'ops.array(',
    'tf.random.normal(': 'keras.random.normal(',
    'tf.reduce_max(': 'ops.max(',
    'tf.reduce_mean(': 'ops.mean(',
    'tf.reshape(': 'ops.reshape(',
}


def tabs(source, target, *names):
    """Copy the sections `names` of the folder `source`, each with a tab `keras`."""
    for name in names:
        path = Path(target, f'{name}.md')
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(widened(Path(source, f'{name}.md').read_text('utf-8')), 'utf-8')


def widened(text):
    """Return a section with a tab `keras` behind that of TensorFlow."""
    text = re.sub(r'(?m)^tabs: \[(.*)\]', r'tabs: [\1, keras]', text)
    text = re.sub(r'(?m)^(%%tab .*tensorflow, .*)$', r'\1, keras', text)
    text = re.sub(r'(?m)^(```\{output\} .*tensorflow.*)$', r'\1, keras', text)
    cell = r'(?ms)^```\{code-cell\} ipython3\n%%tab tensorflow\n.*?^```\n'
    return re.sub(cell, lambda found: f'{found[0]}\n{keras(found[0])}', text)


def keras(cell):
    """Return a cell of TensorFlow's as that of the tab `keras`."""
    cell = cell.replace('%%tab tensorflow', '%%tab keras')
    for old, new in EDITS.items():
        cell = cell.replace(old, new)
    return cell
