"""Keras on another backend: one sentence, and nothing is imported by halves."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.needs('tensorflow')
TRY = """
try:
    from d2l_shim import tensorflow as d2l
except ImportError as error:
    print(error)
    print(*sorted({'keras', 'tensorflow', 'jax', 'torch', 'd2l_shim.tensorflow'}
                  & sys.modules.keys()))
"""
SHOW = """
print(d2l.keras.backend.backend(), os.environ['KERAS_BACKEND'])
print(d2l.tf.is_tensor(d2l.layers.Dense(1)(d2l.tf.ones((1, 1)))))
"""


def lines(code, tmp_path, configured='tensorflow', **env):
    """What a fresh Python prints for `code`; Keras has `configured` in its file."""
    (tmp_path / 'keras.json').write_text(json.dumps({'backend': configured}), 'utf-8')
    inherited = {
        name: value for name, value in os.environ.items() if name != 'KERAS_BACKEND'
    }
    done = subprocess.run(
        [sys.executable, '-c', f'import os, sys\n{code}'],
        capture_output=True,
        text=True,
        env={**inherited, 'KERAS_HOME': str(tmp_path), **env},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize('backend', ['jax', 'torch', 'numpy', 'nonsense'])
def test_another_backend_in_the_environment_is_named_and_nothing_imported(
    backend, tmp_path
):
    sentence, imported = lines(TRY, tmp_path, KERAS_BACKEND=backend)
    assert sentence == (
        f'KERAS_BACKEND is {backend!r}, but d2l_shim.tensorflow needs Keras on '
        'TensorFlow: set KERAS_BACKEND=tensorflow, or unset it, and import again.'
    )
    assert imported == ''


def test_the_remedy_helps_in_the_same_process(tmp_path):
    mend = "os.environ['KERAS_BACKEND'] = 'tensorflow'"
    *_, backend, works = lines(TRY + mend + TRY + SHOW, tmp_path, KERAS_BACKEND='jax')
    assert (backend, works) == ('tensorflow tensorflow', 'True')


def test_keras_that_was_imported_on_another_backend_is_an_error(tmp_path):
    for env in {'KERAS_BACKEND': 'jax'}, {'configured': 'jax'}:
        code = "import keras; os.environ['KERAS_BACKEND'] = 'tensorflow'"
        sentence, imported = lines(code + TRY, tmp_path, **env)
        assert sentence == (
            "Keras was imported on 'jax', but d2l_shim.tensorflow needs Keras on "
            'TensorFlow: set KERAS_BACKEND=tensorflow and start Python anew.'
        )
        assert 'd2l_shim' not in imported


@pytest.mark.parametrize('env', [{}, {'KERAS_BACKEND': ''}])
def test_what_is_not_set_becomes_tensorflow_whatever_the_file_says(env, tmp_path):
    backend, works = lines(TRY + SHOW, tmp_path, configured='jax', **env)
    assert (backend, works) == ('tensorflow tensorflow', 'True')
