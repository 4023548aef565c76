"""The environment of the processes that run notebooks: threads, quiet, no luck."""

import os

THREADS = (
    'OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS',
    'TF_NUM_INTRAOP_THREADS', 'TF_NUM_INTEROP_THREADS', 'NPROC', 'PJRT_NPROC',
)  # fmt: skip
QUIET = {
    'TF_CPP_MIN_LOG_LEVEL': '3',
    'TF_FORCE_GPU_ALLOW_GROWTH': 'true',  # kernels share the GPU
    'XLA_PYTHON_CLIENT_PREALLOCATE': 'false',
    'PYTHONHASHSEED': '0',
}


def cores():
    """How many cores this process may use."""
    limited = hasattr(os, 'sched_getaffinity')
    return len(os.sched_getaffinity(0)) if limited else os.cpu_count() or 1


def environment(jobs):
    """The environment of one kernel out of `jobs`; what the user set wins.

    Data were looked for before any kernel starts, so a kernel fetches nothing: its
    run is what its key says, and a machine without a network waits only once.
    """
    threads = str(max(1, cores() // jobs))
    env = {**QUIET, **dict.fromkeys(THREADS, threads), **os.environ, 'D2L_MIRRORS': ''}
    env.pop('MPLBACKEND', None)  # figures belong into the outputs
    return env
