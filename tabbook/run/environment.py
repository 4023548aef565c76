"""The environment of the processes that run notebooks: threads, quiet, no luck."""

import os

from tabbook.run import store

THREADS = (
    'OMP_NUM_THREADS',
    'MKL_NUM_THREADS',
    'OPENBLAS_NUM_THREADS',
    'TF_NUM_INTRAOP_THREADS',
    'TF_NUM_INTEROP_THREADS',
    'NPROC',
    'PJRT_NPROC',
)
QUIET = {
    'TF_CPP_MIN_LOG_LEVEL': '3',
    'TF_FORCE_GPU_ALLOW_GROWTH': 'true',  # kernels share the GPU
    'XLA_PYTHON_CLIENT_PREALLOCATE': 'false',
    'PYTHONHASHSEED': '0',
}
NO_GPU = {  # by which a framework finds none: all but JAX, AMD's, JAX by two names
    'CUDA_VISIBLE_DEVICES': '-1',
    'HIP_VISIBLE_DEVICES': '-1',
    'JAX_PLATFORMS': 'cpu',
    'JAX_PLATFORM_NAME': 'cpu',
}


def cores():
    """How many cores this process may use."""
    limited = hasattr(os, 'sched_getaffinity')
    return len(os.sched_getaffinity(0)) if limited else os.cpu_count() or 1


def environment(jobs, device=None):
    """The environment of one kernel out of `jobs`; what the user set wins.

    But on the device 'cpu' (default: `store.device()`) no framework finds a GPU.

    Data were looked for before any kernel starts, so a kernel fetches nothing: its
    run is what its key says, and a machine without a network waits only once.
    """
    threads = str(max(1, cores() // jobs))
    device = device or store.device()
    env = {**QUIET, **dict.fromkeys(THREADS, threads), **os.environ}
    env |= {'D2L_MIRRORS': '', 'D2L_DEVICE': device}
    env |= NO_GPU if device == 'cpu' else {}
    env.pop('MPLBACKEND', None)  # figures belong into the outputs
    return env
