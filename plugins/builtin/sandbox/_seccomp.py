"""A filter of system calls, as plain BPF: no library needed, and bubblewrap takes the same bytes.

It refuses sockets that lead out, typing into terminals, programs that run with their owner's rights, and
calls that reach into other processes or into the kernel. Source: Documentation/userspace-api/seccomp_filter.rst of Linux.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from collections.abc import Sequence
from typing import Final

from ._system import PR_SET_SECCOMP, Machine, machine, prctl

_SECCOMP_MODE_FILTER: Final = 2

_KILL: Final = 0x8000_0000
_ERRNO: Final = 0x0005_0000
_ALLOW: Final = 0x7FFF_0000

#: struct seccomp_data: the call's number, the processor, and each argument, its low half first.
_NUMBER: Final = 0
_AUDIT: Final = 4
_ARGUMENTS: Final = 16

_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_GREATER_EQUAL: Final = 0x35
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06

#: Calls of the x32 interface, which bear the numbers of other calls with this bit set.
_X32: Final = 0x4000_0000
_TIOCSTI: Final = 0x5412
_TIOCLINUX: Final = 0x541C

#: Never needed by what an agent runs, and each a way round the other walls.
_REFUSED: Final = """
    ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp move_pages migrate_pages
    bpf io_uring_setup userfaultfd perf_event_open add_key request_key keyctl
    unshare setns mount umount2 pivot_root open_tree open_tree_attr move_mount mount_setattr
    fsopen fsconfig fsmount fspick open_by_handle_at quotactl quotactl_fd swapon swapoff
    kexec_load kexec_file_load init_module finit_module delete_module reboot acct syslog settimeofday clock_settime
""".split()
#: What they are told to do cannot be looked at, and programs do without them.
_UNKNOWN: Final = ("clone3", "openat2")
#: Flags of ``clone`` that make namespaces, in one of which a process has all rights.
_NAMESPACES: Final = 0x7E02_0000
#: Which argument is a file's mode; of the last ones only where the flags before it say that a file is made.
_MODES: Final = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "fchmodat2": 2, "creat": 1, "mknod": 1, "mknodat": 2}
_OPENING: Final = {"open": 2, "openat": 3}
_MAKES_FILE: Final = os.O_CREAT | getattr(os, "O_TMPFILE", 0) & ~os.O_DIRECTORY
#: A program with these bits runs with the rights of its owner, whoever starts it.
_SET_ID: Final = 0o6000
#: What belongs to a file beside its content, and Landlock knows nothing of.
_OWNERS: Final = ("chown", "fchown", "lchown", "fchownat")
_ATTRIBUTES: Final = """
    setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
""".split()
#: A limit without effect in Linux since 2.4, by which the processes of a command are known.
MARKING_LIMIT: Final = 10


def syscall_filter(
    families: Sequence[int], processor: Machine | None = None, *, keeps_attributes: bool = False
) -> bytes:
    """Return the filter that lets only sockets of these address families be made.

    With ``keeps_attributes`` nothing changes owner, group or extended attributes of any file: root is told
    that it did, as programs expect, others that they may not.

    Raises:
        OSError: the system calls of this processor are not known.
    """
    processor = processor or machine()
    if processor is None:
        raise OSError(errno.ENOSYS, "the system calls of this processor are not known")
    program = [
        _instruction(_LOAD, _AUDIT),
        _instruction(_JUMP_EQUAL, processor.audit, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_GREATER_EQUAL, _X32, 0, 1),
        _fails(errno.EPERM),
    ]
    answers = dict.fromkeys(_REFUSED, errno.EPERM) | dict.fromkeys(_UNKNOWN, errno.ENOSYS)
    if keeps_attributes:
        answers |= dict.fromkeys(_OWNERS, errno.EPERM if os.geteuid() else 0)
        answers |= dict.fromkeys(_ATTRIBUTES, errno.EOPNOTSUPP)
    bodies = _looking_at_arguments(families) | {name: [_fails(number)] for name, number in answers.items()}
    for name, body in bodies.items():
        if name in processor.calls:
            program += [_instruction(_JUMP_EQUAL, processor.calls[name], 0, len(body)), *body]
    return b"".join([*program, _instruction(_RETURN, _ALLOW)])


def _looking_at_arguments(families: Sequence[int]) -> dict[str, list[bytes]]:
    """Return what is done about calls that may be made with some arguments and not with others."""
    typing = [part for value in (_TIOCSTI, _TIOCLINUX) for part in _if_equal(value, _fails(errno.EPERM))]
    wanted = [part for value in families for part in _if_equal(value, _PASSES)]
    bodies = {
        "ioctl": [_load(1), *typing, _PASSES],
        "socket": [_load(0), *wanted, _fails(errno.EAFNOSUPPORT)],
        "clone": [_load(0), *_if_any(_NAMESPACES, _fails(errno.EPERM)), _PASSES],
        "setrlimit": [_load(0), *_if_equal(MARKING_LIMIT, _fails(errno.EPERM)), _PASSES],
        "prlimit64": _LIMITS_OF_OTHERS,
    }
    for name, mode in _MODES.items():
        bodies[name] = [_load(mode), *_if_any(_SET_ID, _fails(errno.EPERM)), _PASSES]
    for name, mode in _OPENING.items():
        looked = [_load(mode), *_if_any(_SET_ID, _fails(errno.EPERM)), _PASSES]
        bodies[name] = [_load(mode - 1), _instruction(_JUMP_ANY_BIT, _MAKES_FILE, 1, 0), _PASSES, *looked]
    return bodies


def _load(argument: int, half: int = 0) -> bytes:
    """Load the low half of an argument, or the high one."""
    return _instruction(_LOAD, _ARGUMENTS + 8 * argument + 4 * half)


def _if_equal(value: int, then: bytes) -> list[bytes]:
    return [_instruction(_JUMP_EQUAL, value & 0xFFFF_FFFF, 0, 1), then]


def _if_any(bits: int, then: bytes) -> list[bytes]:
    return [_instruction(_JUMP_ANY_BIT, bits, 0, 1), then]


def _fails(number: int) -> bytes:
    return _instruction(_RETURN, _ERRNO | number)


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


_PASSES: Final = _instruction(_RETURN, _ALLOW)
#: Reading limits passes, and setting one's own, but for the one that marks. With those of others one ends them.
_LIMITS_OF_OTHERS: Final = [
    *(_load(2), _instruction(_JUMP_EQUAL, 0, 0, 3)),
    *(_load(2, 1), _instruction(_JUMP_EQUAL, 0, 0, 1), _PASSES),
    *(_load(0), _instruction(_JUMP_EQUAL, 0, 1, 0), _fails(errno.EPERM)),
    *(_load(1), *_if_equal(MARKING_LIMIT, _fails(errno.EPERM)), _PASSES),
]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def filter_thread(program: bytes) -> None:
    """Put a filter on this thread and what it starts; new privileges must be forbidden already.

    Raises:
        OSError: the kernel does not take it.
    """
    buffer = ctypes.create_string_buffer(program, len(program))
    loaded = _Program(len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_SECCOMP, ctypes.c_ulong(_SECCOMP_MODE_FILTER), ctypes.byref(loaded))


def families_for(*, internet: bool, unix: bool) -> tuple[int, ...]:
    """Return the address families of sockets that may be made."""
    inside = (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK) if internet else ()
    return (*inside, *((socket.AF_UNIX,) if unix else ()))
