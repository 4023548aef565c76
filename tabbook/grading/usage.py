"""What a submission's processes take: processor time, and memory wherever it lies.

A process is charged for what it has in memory; all of them for their folders in memory,
for their sockets, whose buffers are the kernel's, and for their open files.
"""

import os
from contextlib import suppress
from pathlib import Path

import psutil

MB = 2**20
INODE, OPEN, PROCESS = 1024, 8192, 65536  # bytes of the kernel's for each, at most
SOCKET, DATAGRAM = MB // 4, 3 * MB  # what the buffers of one may hold
NETWORK = ('unix', 'udp', 'udp6', 'netlink', 'raw', 'raw6', 'tcp', 'tcp6')
STREAMS = ('tcp', 'tcp6')  # whose buffers grow; four times what is in them is enough


class Usage:
    """The usage of process `pid` and its descendants; `folders` lie in memory there."""

    def __init__(self, pid, folders=()):
        self.pid, self.folders = pid, folders
        self.seconds, self.seen = 0.0, {}  # of processors; {process: its own seconds}

    def look(self):
        """Add up processor time; returns the processes."""
        family, total = self._family(), 0.0
        for process in family:
            with suppress(psutil.Error):
                times = process.cpu_times()
                own = times.user + times.system
                total += own + times.children_user + times.children_system
                self.seen[process.pid, process.create_time()] = own
        # of a child that nobody waits for, only what was seen while it lived counts
        self.seconds = max(self.seconds, total, sum(self.seen.values()))
        return family

    def memory(self, family, limit):
        """Bytes that `family` has taken; exact only where that is near the `limit`."""
        beside = _beside(family, self.folders)
        seen = beside + _memory(family, 'memory_info', 'rss')
        if seen > limit:  # look closer, which takes longer
            seen = beside + _memory(family, 'memory_full_info', 'pss')
        return seen

    def waited(self):
        """Seconds that its threads were ready to run and had no processor.

        None where the kernel does not tell.
        """
        total = None
        for process in self._family():
            for path in Path(f'/proc/{process.pid}/task').glob('*/schedstat'):
                with suppress(OSError, ValueError, IndexError):
                    total = (total or 0) + int(path.read_bytes().split()[1]) / 1e9
        return total

    def _family(self):
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.Error:
            return []


def _memory(family, call, kind):
    """Bytes in memory of processes: 'rss' is fast, 'pss' counts shared pages once."""
    total = 0
    for process in family:
        with suppress(psutil.Error):
            found = getattr(process, call)()
            total += getattr(found, kind, found.rss)  # macOS tells no 'pss'
    return total


def _beside(family, folders):
    """Bytes that are in no process: the kernel's for them, folders and sockets."""
    total = 0
    for process in family:
        total += PROCESS + _page_tables(process.pid)
        with suppress(psutil.Error):
            total += OPEN * process.num_fds()
    if folders and (inside := _inside(family)):
        total += _folders(inside, folders) + _sockets(inside)
    return total


def _inside(family):
    """The first process with another network than ours; None before there is one."""
    found = ((process.pid, _network(process.pid)) for process in family)
    ours = {None, _network('self')}
    return next((pid for pid, network in found if network not in ours), None)


def _network(pid):
    with suppress(OSError):
        return os.readlink(f'/proc/{pid}/ns/net')
    return None


def _page_tables(pid):
    with suppress(OSError, ValueError, IndexError):
        status = Path(f'/proc/{pid}/status').read_bytes()
        return 1024 * int(status.partition(b'VmPTE:')[2].split()[0])
    return 0


def _folders(pid, folders):
    """Bytes of `folders` as process `pid` sees them; 0 before they are there."""
    total = 0
    with suppress(OSError):
        for folder in folders:
            found = os.statvfs(f'/proc/{pid}/root{folder}')
            total += (found.f_blocks - found.f_bfree) * found.f_frsize
            total += (found.f_files - found.f_ffree) * INODE
    return total


def _sockets(pid):
    """Bytes that the sockets in the network of process `pid` may hold."""
    total = 0
    for name in NETWORK:
        with suppress(OSError):
            with open(
                f'/proc/{pid}/net/{name}', encoding='utf-8', errors='replace'
            ) as f:
                rows = [line.split() for line in f.readlines()[1:]]
            for row in rows:
                datagrams = name == 'unix' and row[4] == '0002'
                total += DATAGRAM if datagrams else SOCKET
                if name in STREAMS:
                    total += 4 * sum(int(part, 16) for part in row[4].split(':'))
    return total
