"""JAX (Flax Linen, Optax) by its own defaults; see own_pytorch.py."""

import flax
import jax
import numpy as np
import optax
from flax import linen as nn
from jax import numpy as jnp

from parity.counted import counted

REFUSALS = (TypeError, ValueError, RuntimeError, IndexError)
SAME = 'SAME'
KEY = jax.random.PRNGKey(0)
array = jnp.asarray
RELU, POOL = 'nn.relu', ('nn.max_pool', 'nn.avg_pool')
NEW_ALONE = {'momentum': 0.0}
UNBIASED = KEEPS = False


def last(X):
    return array(np.moveaxis(X, 1, -1))


def first(Y):
    return np.moveaxis(np.asarray(Y), -1, 1)


def raw_conv(X, channels):
    return np.asarray(nn.Conv(channels, (1, 1)).init_with_output(KEY, array(X))[0])


def conv(X, channels, kernel_size, stride=1, **options):
    size = tuple(np.broadcast_to(kernel_size, 2).tolist())
    layer = nn.Conv(channels, size, strides=stride, **options)
    Y, variables = layer.init_with_output(KEY, last(X))
    weight, bias = variables['params']['kernel'], variables['params']['bias']
    return first(Y), np.asarray(weight), np.asarray(bias)


def kernel_gradient(X, D):
    layer = nn.Conv(64, (7, 7), strides=2, padding=3)
    _, pull = jax.vjp(
        jax.jit(lambda v: layer.apply(v, last(X))), layer.init(KEY, last(X))
    )
    gradient = pull(last(D))[0]['params']['kernel']
    return np.asarray(gradient).transpose(3, 2, 0, 1)


def dense(X, units):
    Y, variables = nn.Dense(units).init_with_output(KEY, array(X))
    return np.asarray(Y), np.asarray(variables['params']['kernel'])


def empty_chain(X):
    return np.asarray(nn.Sequential([]).apply({}, array(X)))


def max_pool(X, size, stride=None, **options):
    strides = stride and (stride, stride)
    return first(nn.max_pool(last(X), (size, size), strides, **options))


def average_pool(X, size, stride):
    padding = ((1, 1), (1, 1))
    return first(nn.avg_pool(last(X), (size, size), (stride, stride), padding))


def norm_count(channels):
    variables = nn.BatchNorm(False).init(KEY, jnp.zeros((1, channels)))
    return sum(leaf.size for leaf in jax.tree.leaves(variables['params']))


def norm(X, training=None, **options):
    use_running = None if training is None else not training
    layer = nn.BatchNorm(use_running, **options)
    variables = layer.init(KEY, last(X))
    Y, variables = layer.apply(variables, last(X), mutable=['batch_stats'])
    stats = variables['batch_stats']
    return first(Y), np.asarray(stats['mean']), np.asarray(stats['var'])


def statistics_move(X):
    layer = nn.BatchNorm(use_running_average=False)
    variables = layer.init(KEY, last(X))
    try:
        layer.apply(variables, last(X))
    except flax.errors.ModifyScopeVariableError:
        _, moved = layer.apply(variables, last(X), mutable=['batch_stats'])
        return 'none: apply returns them' if moved else 'none'


def numbers_exist():
    layer, X = nn.Conv(1, (3, 3)), jnp.zeros((1, 8, 8, 1))
    yield 'when made', any(isinstance(v, jax.Array) for v in vars(layer).values())
    variables = layer.init(KEY, X)
    yield 'by init, outside the layer', variables['params']['kernel'].size == 9


def draw(seed=None):
    if seed is None:
        return jax.random.normal()
    key = jax.random.PRNGKey(seed)
    return jax.random.normal(key).item(), jax.random.normal(key).item()


def loss(logits, labels):
    return np.asarray(
        optax.softmax_cross_entropy_with_integer_labels(array(logits), array(labels))
    )


def backward_twice():
    return [jax.grad(lambda w: w * 1)(0.0).item() for _ in range(2)]


def gradients_behind():
    def y(w, added):
        h = 2 * w + added
        return 3 * h

    return [gradient.item() for gradient in jax.grad(y, (0, 1))(1.0, 0.0)]


def second_run(X):
    layer = nn.Dense(1)

    def run(variables, X):
        return layer.apply(variables, jnp.exp(X))

    def products(run):
        gradient = jax.grad(lambda *given: run(*given).sum(), (0, 1))
        program = jax.make_jaxpr(gradient)(layer.init(KEY, X), array(X))
        return str(program).count('dot_general[')

    return 'repeated' if products(jax.checkpoint(run)) > products(run) else 'left out'


def norm_again(X):
    layer = nn.remat(nn.BatchNorm)(use_running_average=False)
    variables = layer.init(KEY, last(X))

    def total(X):
        Y, moved = layer.apply(variables, X, mutable=['batch_stats'])
        return Y.sum(), moved

    _, moved = jax.grad(total, has_aux=True)(last(X))
    return np.asarray(moved['batch_stats']['mean'])


def sgd_step(dtype, *lr):
    with jax.enable_x64(dtype == 'float64'):
        w = jnp.zeros(1, dtype)
        optimizer = optax.sgd(*lr)
        updates, _ = optimizer.update(jnp.ones(1, dtype), optimizer.init(w))
        return optax.apply_updates(w, updates).item()


def resize(row, size):
    return np.asarray(jax.image.resize(array(np.float32(row)), (size,), 'linear'))


def type_of_array(X):
    return array(X).dtype.name


def type_of_sum():
    return (jnp.zeros(1, jnp.int32) + jnp.zeros(1)).dtype.name


def tensor_float_32():
    return jax.config.jax_default_matmul_precision or 'left to the compiler'


def exact(trainer, batch):
    with trainer.scope():
        program = trainer._train.lower(trainer.state, batch).as_text()
    return 'HIGHEST' in program and 'DEFAULT' not in program


def runs_of_python(steps):
    Layer, runs = counted(nn.Dense, '__call__')
    layer, X = Layer(1), jnp.ones((1, 1))
    variables = layer.init(KEY, X)
    runs.clear()  # what the layer ran to learn its shape
    for _ in range(steps):
        jax.grad(lambda v: layer.apply(v, X).sum())(variables)
    return len(runs)


def device_of_array():
    return jnp.zeros(1).device.platform


def use_gpu(i):
    return jax.devices('gpu')[i]


def relu(decisions):
    def relu(X):
        mask = decisions.next(X.shape, 'NHWC')
        return jax.nn.relu(X) if mask is None else X * mask

    return relu


def stop_onednn():
    """Nothing: there is none."""


def impose(model):
    """Nothing: any step can be told."""
