"""A filter of system calls, as plain BPF: no library needed, and bubblewrap takes the same bytes.

It refuses sockets that lead out, typing into terminals, and calls that reach into other processes or into
the kernel. Source: Documentation/userspace-api/seccomp_filter.rst of Linux.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from collections.abc import Sequence
from typing import Final

from ._system import PR_SET_SECCOMP, Machine, machine, prctl

_SECCOMP_MODE_FILTER: Final = 2

_KILL: Final = 0x8000_0000
_ERRNO: Final = 0x0005_0000
_ALLOW: Final = 0x7FFF_0000

#: struct seccomp_data: the call's number, the processor, and the low half of each argument.
_NUMBER: Final = 0
_AUDIT: Final = 4
_FIRST: Final = 16
_SECOND: Final = 24

_LOAD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_GREATER_EQUAL: Final = 0x35
_RETURN: Final = 0x06

#: Calls of the x32 interface, which bear the numbers of other calls with this bit set.
_X32: Final = 0x4000_0000
_TIOCSTI: Final = 0x5412
_TIOCLINUX: Final = 0x541C

#: Never needed by what an agent runs, and each a way round the other walls.
_REFUSED: Final = (
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "pidfd_getfd",
    "bpf",
    "io_uring_setup",
    "userfaultfd",
    "perf_event_open",
    "kexec_load",
    "add_key",
    "request_key",
    "keyctl",
    "unshare",
    "setns",
    "mount",
)


def syscall_filter(families: Sequence[int], processor: Machine | None = None) -> bytes:
    """Return the filter that lets only sockets of these address families be made.

    Raises:
        OSError: the system calls of this processor are not known.
    """
    processor = processor or machine()
    if processor is None:
        raise OSError(errno.ENOSYS, "the system calls of this processor are not known")
    calls = processor.calls
    refuse = _instruction(_RETURN, _ERRNO | errno.EPERM)
    program = [
        _instruction(_LOAD, _AUDIT),
        _instruction(_JUMP_EQUAL, processor.audit, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_GREATER_EQUAL, _X32, 0, 1),
        refuse,
    ]
    for name in _REFUSED:
        program += [_instruction(_JUMP_EQUAL, calls[name], 0, 1), refuse]
    program += _checked(calls["ioctl"], _SECOND, (_TIOCSTI, _TIOCLINUX), passes=False)
    program += _checked(calls["socket"], _FIRST, families, passes=True)
    return b"".join([*program, _instruction(_RETURN, _ALLOW)])


def _checked(call: int, argument: int, values: Sequence[int], *, passes: bool) -> list[bytes]:
    """Return the part that looks at an argument of a call: these values pass, or all others do."""
    failure = errno.EAFNOSUPPORT if passes else errno.EPERM
    refuse, allow = _instruction(_RETURN, _ERRNO | failure), _instruction(_RETURN, _ALLOW)
    listed, others = (allow, refuse) if passes else (refuse, allow)
    body = [_instruction(_LOAD, argument)]
    for value in values:
        body += [_instruction(_JUMP_EQUAL, value & 0xFFFF_FFFF, 0, 1), listed]
    body.append(others)
    return [_instruction(_JUMP_EQUAL, call, 0, len(body)), *body]


def _instruction(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


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
