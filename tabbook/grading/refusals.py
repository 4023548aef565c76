"""The calls to the kernel that a sandbox refuses, as the program that seccomp runs.

Namespaces do not cover every object of the kernel: keys belong to a user, and memory
can lie where no process has it. What a notebook needs none of is refused here, so that
nothing outlives a submission, is shared by two of them, or goes uncounted. Calls that
are newer than this list are not there, as on an older kernel.
"""

import errno
import platform
import struct

ALLOW, ERROR, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, MACHINE, FIRST, SECOND, THIRD = 0, 4, 16, 24, 32  # places in seccomp_data
AUDIT = {'x86_64': 0xC000003E, 'aarch64': 0xC00000B7}
NEWEST = 462  # the highest number of a call that was looked at

# {call: its numbers on x86_64 and on aarch64}; None where there is no such call.
REFUSED = {
    # keys, which belong to a user or a session and not to a namespace
    'add_key': (248, 217), 'request_key': (249, 218), 'keyctl': (250, 219),
    # namespaces of its own, in which a process has rights that it lacks here
    'unshare': (272, 97), 'setns': (308, 268), 'mount': (165, 40), 'umount2': (166, 39),
    'pivot_root': (155, 41), 'chroot': (161, 51), 'open_tree': (428, 428),
    'move_mount': (429, 429), 'fsopen': (430, 430), 'fsconfig': (431, 431),
    'fsmount': (432, 432), 'fspick': (433, 433), 'mount_setattr': (442, 442),
    'name_to_handle_at': (303, 264), 'open_by_handle_at': (304, 265),
    # memory that lies in no process and in no folder
    'memfd_create': (319, 279), 'memfd_secret': (447, 447), 'shmget': (29, 194),
    'shmat': (30, 196), 'shmctl': (31, 195), 'shmdt': (67, 197), 'semget': (64, 190),
    'semop': (65, 193), 'semctl': (66, 191), 'semtimedop': (220, 192),
    'msgget': (68, 186), 'msgsnd': (69, 189), 'msgrcv': (70, 188), 'msgctl': (71, 187),
    'mq_open': (240, 180),
    # other ways to do what is refused, and ways into other processes
    'io_uring_setup': (425, 425), 'io_uring_enter': (426, 426),
    'io_uring_register': (427, 427), 'userfaultfd': (323, 282), 'ptrace': (101, 117),
    'process_vm_readv': (310, 270), 'process_vm_writev': (311, 271),
    'kcmp': (312, 272), 'pidfd_getfd': (438, 438), 'process_madvise': (440, 440),
    # news of who reads the files that all submissions see
    'inotify_init': (253, None), 'inotify_init1': (294, 26),
    'inotify_add_watch': (254, 27), 'fanotify_init': (300, 262),
    # what programs of the system do
    'bpf': (321, 280), 'perf_event_open': (298, 241),
    'quotactl': (179, 60), 'quotactl_fd': (443, 443), 'swapon': (167, 224),
    'swapoff': (168, 225), 'reboot': (169, 142), 'acct': (163, 89),
    'kexec_load': (246, 104), 'kexec_file_load': (320, 294), 'init_module': (175, 105),
    'finit_module': (313, 273), 'delete_module': (176, 106), 'syslog': (103, 116),
    'move_pages': (279, 239), 'migrate_pages': (256, 238), 'lookup_dcookie': (212, 18),
    'iopl': (172, None), 'ioperm': (173, None), 'modify_ldt': (154, None),
}  # fmt: skip
LOOKED_AT = {
    'clone': (56, 220),
    'clone3': (435, 435),
    'socket': (41, 198),
    'setsockopt': (54, 208),
    'prctl': (157, 167),
    'flock': (73, 32),
    'setsid': (112, 157),
}
NAMESPACES = 0x7E020000  # the bits of `clone` that ask for one
FAMILIES = (
    1,
    2,
    10,
    16,
)  # of sockets: Unix, IPv4, IPv6, netlink, which a namespace has
BUFFERS = (7, 8, 32, 33)  # the options of a socket that set the room of its buffers


def program(machine=None):
    """The bytes of the filter for a `machine`, this one; None for an unknown one."""
    machine = machine or platform.machine()
    if machine not in AUDIT:
        return None
    column = list(AUDIT).index(machine)
    numbers = {name: row[column] for name, row in {**REFUSED, **LOOKED_AT}.items()}
    lines = [(LOAD, 0, 0, MACHINE), (EQUAL, 1, 0, AUDIT[machine]), _end(KILL)]
    lines += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, NEWEST + 1), _error(errno.ENOSYS)]
    for name in REFUSED:
        if numbers[name] is not None:
            lines += _if(numbers[name], [_error(errno.EPERM)])
    # what it asks for lies in memory; without it, programs take `clone`
    lines += _if(numbers['clone3'], [_error(errno.ENOSYS)])
    lines += _if(
        numbers['clone'],
        [(LOAD, 0, 0, FIRST), (ANY_BIT, 0, 1, NAMESPACES), _error(errno.EPERM)],
    )
    families = [line for family in FAMILIES for line in _if(family, [_end(ALLOW)])]
    lines += _if(
        numbers['socket'], [(LOAD, 0, 0, FIRST), *families, _error(errno.EAFNOSUPPORT)]
    )
    rooms = [line for option in BUFFERS for line in _if(option, [_error(0)])]
    # as if it had been done: SOL_SOCKET is 1
    lines += _if(
        numbers['setsockopt'],
        [(LOAD, 0, 0, SECOND), (EQUAL, 1, 0, 1), _end(ALLOW), (LOAD, 0, 0, THIRD),
         *rooms],
    )  # fmt: skip
    # as if it had been done: a lock on a file that all see is a sign to others
    lines += _if(numbers['flock'], [_error(0)])
    # as if it had been done: Linux shares its processors among sessions, so that sixty
    # of them would leave one in sixty-one to the grader, which could stop nothing
    lines += _if(numbers['setsid'], [_error(0)])
    # or what it has open could not be counted: PR_SET_DUMPABLE is 4
    lines += _if(
        numbers['prctl'], [(LOAD, 0, 0, FIRST), *_if(4, [_error(errno.EPERM)])]
    )
    return b''.join(struct.pack('<HBBI', *line) for line in [*lines, _end(ALLOW)])


def _if(value, lines):
    """`lines` where what was loaded is `value`; what they let pass is allowed."""
    return [(EQUAL, 0, len(lines) + 1, value), *lines, _end(ALLOW)]


def _end(what):
    return (RETURN, 0, 0, what)


def _error(number):
    return _end(ERROR | number)
