"""The registry line of a fifth framework; the entry point beside this file names it."""

LINE = {
    'label': 'Keras on JAX',
    'package': 'keras',
    'shim': 'keras_jax',
    'layout': 'NHWC',
    'needs': ('keras>=3.6', 'jax>=0.5'),
    'env': {'KERAS_BACKEND': 'jax', 'NPROC': '{threads}'},
    'no_gpu': {'JAX_PLATFORMS': 'cpu', 'JAX_PLATFORM_NAME': 'cpu'},
}
