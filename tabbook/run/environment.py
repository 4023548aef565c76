"""The environment of the processes that run notebooks: threads, quiet, no luck."""

import os
import platform
from pathlib import Path

from d2l_shim.files import read_text
from d2l_shim.framework import FRAMEWORKS
from tabbook.run import store

THREADS = ('OMP_NUM_THREADS', 'MKL_NUM_THREADS', 'OPENBLAS_NUM_THREADS')
NO_GPU = {'CUDA_VISIBLE_DEVICES': '-1', 'HIP_VISIBLE_DEVICES': '-1'}


def cores():
    """How many cores this process may use."""
    limited = hasattr(os, 'sched_getaffinity')
    return len(os.sched_getaffinity(0)) if limited else os.cpu_count() or 1


def processor():
    """The processor and how many of its cores this process may use, in words."""
    cpuinfo, name = Path('/proc/cpuinfo'), platform.processor() or platform.machine()
    lines = read_text(cpuinfo).splitlines() if cpuinfo.exists() else []
    parts = (line.partition(': ') for line in lines)
    models = (model for field, _, model in parts if field.strip() == 'model name')
    return f'{next(models, name)}, {(n := cores())} core{"s" * (n > 1)}'


def own(tab, threads, device):
    """What the registry has the processes of framework `tab` told."""
    framework = FRAMEWORKS[tab]
    no_gpu = {**NO_GPU, **framework.no_gpu} if device == 'cpu' else {}
    return framework.told(threads) | no_gpu


def environment(tab, jobs, device=None):
    """The environment of one kernel of `tab` out of `jobs`; what the user set wins.

    The user's OMP_NUM_THREADS is for all libraries: where one takes two threads and
    another one, PyTorch is ten times as slow beside other work.

    But the registry wins over the user: Keras has its backend, and on the device 'cpu'
    (default: `store.device()`) no framework finds a GPU.

    Data were looked for before any kernel starts, so a kernel fetches nothing: its
    run is what its key says, and a machine without a network waits only once.
    """
    told = os.environ.get('OMP_NUM_THREADS', '')
    threads = told if told.isdigit() else str(max(1, cores() // jobs))
    device = device or store.device()
    env = {'PYTHONHASHSEED': '0', **dict.fromkeys(THREADS, threads), **os.environ}
    env |= {'D2L_MIRRORS': '', 'D2L_DEVICE': device, **own(tab, threads, device)}
    env.pop('MPLBACKEND', None)  # figures belong into the outputs
    return env
