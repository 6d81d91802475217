"""The few system calls of Linux that Python does not offer, by ctypes."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from dataclasses import dataclass
from functools import cache
from typing import Final

PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_SECCOMP: Final = 22
_CAPABILITY_VERSION: Final = 0x2008_0522
#: Of include/uapi/linux/capability.h: chown, dac_override, fowner, fsetid, kill, setgid, setuid, net_bind_service.
_KEPT_CAPABILITIES: Final = sum(1 << number for number in (0, 1, 3, 4, 5, 6, 7, 10))


@dataclass(frozen=True)
class Machine:
    """Numbers that differ between processors: as seccomp names the processor, and its system calls."""

    audit: int
    calls: dict[str, int]


#: Numbers of arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux.
_MACHINES: Final = {
    "x86_64": Machine(
        0xC000003E,
        {
            "socket": 41,
            "ioctl": 16,
            "ptrace": 101,
            "bpf": 321,
            "io_uring_setup": 425,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "pidfd_getfd": 438,
            "add_key": 248,
            "request_key": 249,
            "keyctl": 250,
            "userfaultfd": 323,
            "perf_event_open": 298,
            "kexec_load": 246,
            "unshare": 272,
            "setns": 308,
            "mount": 165,
            "capget": 125,
            "capset": 126,
            "clone": 56,
            "clone3": 435,
            "prlimit64": 302,
            "setrlimit": 160,
            "chmod": 90,
            "fchmod": 91,
            "fchmodat": 268,
            "fchmodat2": 452,
            "open": 2,
            "openat": 257,
            "openat2": 437,
            "creat": 85,
            "mknod": 133,
            "mknodat": 259,
            "chown": 92,
            "fchown": 93,
            "lchown": 94,
            "fchownat": 260,
            "setxattr": 188,
            "lsetxattr": 189,
            "fsetxattr": 190,
            "setxattrat": 463,
            "removexattr": 197,
            "lremovexattr": 198,
            "fremovexattr": 199,
            "removexattrat": 466,
            "open_tree": 428,
            "move_mount": 429,
            "fsopen": 430,
            "fsconfig": 431,
            "fsmount": 432,
            "fspick": 433,
            "mount_setattr": 442,
            "open_tree_attr": 467,
            "pivot_root": 155,
            "umount2": 166,
            "open_by_handle_at": 304,
            "kexec_file_load": 320,
            "quotactl": 179,
            "quotactl_fd": 443,
            "swapon": 167,
            "swapoff": 168,
            "syslog": 103,
            "acct": 163,
            "reboot": 169,
            "init_module": 175,
            "finit_module": 313,
            "delete_module": 176,
            "settimeofday": 164,
            "clock_settime": 227,
            "process_madvise": 440,
            "kcmp": 312,
            "move_pages": 279,
            "migrate_pages": 256,
        },
    ),
    "aarch64": Machine(
        0xC00000B7,
        {
            "socket": 198,
            "ioctl": 29,
            "ptrace": 117,
            "bpf": 280,
            "io_uring_setup": 425,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "pidfd_getfd": 438,
            "add_key": 217,
            "request_key": 218,
            "keyctl": 219,
            "userfaultfd": 282,
            "perf_event_open": 241,
            "kexec_load": 104,
            "unshare": 97,
            "setns": 268,
            "mount": 40,
            "capget": 90,
            "capset": 91,
            "clone": 220,
            "clone3": 435,
            "prlimit64": 261,
            "setrlimit": 164,
            "fchmod": 52,
            "fchmodat": 53,
            "fchmodat2": 452,
            "openat": 56,
            "openat2": 437,
            "mknodat": 33,
            "fchown": 55,
            "fchownat": 54,
            "setxattr": 5,
            "lsetxattr": 6,
            "fsetxattr": 7,
            "setxattrat": 463,
            "removexattr": 14,
            "lremovexattr": 15,
            "fremovexattr": 16,
            "removexattrat": 466,
            "open_tree": 428,
            "move_mount": 429,
            "fsopen": 430,
            "fsconfig": 431,
            "fsmount": 432,
            "fspick": 433,
            "mount_setattr": 442,
            "open_tree_attr": 467,
            "pivot_root": 41,
            "umount2": 39,
            "open_by_handle_at": 265,
            "kexec_file_load": 294,
            "quotactl": 60,
            "quotactl_fd": 443,
            "swapon": 224,
            "swapoff": 225,
            "syslog": 116,
            "acct": 89,
            "reboot": 142,
            "init_module": 105,
            "finit_module": 273,
            "delete_module": 106,
            "settimeofday": 170,
            "clock_settime": 112,
            "process_madvise": 440,
            "kcmp": 272,
            "move_pages": 239,
            "migrate_pages": 238,
        },
    ),
}


def machine() -> Machine | None:
    """Return the numbers of this processor; ``None`` where they are not known or this is not Linux."""
    return _MACHINES.get(platform.machine()) if sys.platform == "linux" else None


@cache
def libc() -> ctypes.CDLL:
    """Return the C library, which keeps ``errno``."""
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """Make a system call.

    Raises:
        OSError: it failed.
    """
    result: int = libc().syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise _last_error()
    return result


def prctl(option: int, *arguments: object) -> None:
    """Change something of this thread.

    Raises:
        OSError: it failed.
    """
    padded = (*arguments, *(ctypes.c_ulong(0),) * (4 - len(arguments)))
    if libc().prctl(ctypes.c_int(option), *padded) != 0:
        raise _last_error()


def forbid_new_privileges() -> None:
    """Keep this thread, and what it starts, from gaining rights by programs that grant them.

    Raises:
        OSError: it failed.
    """
    prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1))


def drop_capabilities() -> None:
    """Keep of root's rights in this thread those over files and users, and none over the machine.

    With the others a process reads the memory of any other, or makes a device of the disk itself.

    Raises:
        OSError: it failed.
    """
    known = machine()
    if known is None:
        raise OSError(errno.ENOSYS, "the system calls of this processor are not known")
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    found = ctypes.create_string_buffer(24)
    syscall(known.calls["capget"], header, found)
    effective, permitted, *_ = struct.unpack("=6I", found.raw)
    kept = struct.pack("=6I", effective & _KEPT_CAPABILITIES, permitted & _KEPT_CAPABILITIES, 0, 0, 0, 0)
    syscall(known.calls["capset"], header, kept)


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
