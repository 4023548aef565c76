"""Let nbval run generated notebooks of one framework, from outside."""

import subprocess
import sys

from d2l_shim.framework import FRAMEWORKS
from tabbook.run.environment import environment


class NoGPU(Exception):
    """A framework that sees no GPU where it should; the text says which."""


def nbval(tab, paths, device='cpu'):
    """Run nbval on the notebooks at `paths`; its exit status, 0 if all pass.

    The profile is `smoke` unless D2L_PROFILE says otherwise. Raises NoGPU as
    `check_device` does.
    """
    check_device(tab, device)
    env = {'D2L_PROFILE': 'smoke', **environment(tab, 1, device)}
    command = [sys.executable, '-m', 'pytest', '--nbval-lax', '--nbval-current-env']
    options = ['-o', 'addopts=', '-p', 'no:cacheprovider', '--tb=short', '-q']
    return subprocess.run([*command, *options, *paths], env=env).returncode


def check_device(tab, device):
    """Raise NoGPU where `device` is 'gpu' and the framework of `tab` sees none."""
    if device == 'gpu' and not sees_gpu(tab, environment(tab, 1, device)):
        label = FRAMEWORKS[tab].label
        raise NoGPU(f'{label} sees no GPU here: install its GPU build, or use the CPU')


def sees_gpu(tab, env):
    """Whether the framework's shim counts a GPU, asked in a process of its own."""
    code = f'import {FRAMEWORKS[tab].shim} as d2l; raise SystemExit(not d2l.num_gpus())'
    command = [sys.executable, '-c', code]
    return subprocess.run(command, env=env, stderr=subprocess.DEVNULL).returncode == 0
