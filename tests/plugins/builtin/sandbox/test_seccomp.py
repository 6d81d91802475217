"""The filter of system calls, read as the kernel reads it."""

from __future__ import annotations

import errno
import os
import socket
import struct

import pytest

from gaff.plugins.builtin.sandbox._seccomp import families_for, syscall_filter
from gaff.plugins.builtin.sandbox._system import Machine

NUMBERS = {
    name: number
    for number, name in enumerate(
        "read socket ioctl ptrace bpf io_uring_setup process_vm_readv process_vm_writev pidfd_getfd add_key "
        "request_key keyctl userfaultfd perf_event_open kexec_load unshare setns mount umount2 open_tree "
        "move_mount fsopen open_by_handle_at kcmp clone clone3 openat openat2 chmod prlimit64 setrlimit chown "
        "setxattr".split()
    )
}
MACHINE = Machine(0x1234, NUMBERS)
LOOKED_AT = "read socket ioctl clone clone3 openat openat2 chmod prlimit64 setrlimit chown setxattr".split()
ALLOW, KILL = "allow", "kill"


def judge(program: bytes, call: int, first: int = 0, second: int = 0, *more: int, audit: int = 0x1234) -> str:
    """Run a filter on one system call."""
    arguments = (first, second, *more, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQQQQQQQ", call, audit, 0, *arguments)
    instructions = list(struct.iter_unpack("=HBBI", program))
    at = value = 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        if code == 0x20:
            value = struct.unpack_from("=I", data, operand)[0]
        elif code == 0x06:
            found = {0x7FFF0000: ALLOW, 0x80000000: KILL, 0x00050000: "pretend"}.get(operand)
            return found or errno.errorcode[operand & 0xFFFF]
        else:
            holds = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize(("unix", "outcome"), [(True, ALLOW), (False, "EAFNOSUPPORT")])
def test_only_the_wanted_families_of_sockets_are_made(unix: bool, outcome: str) -> None:
    """Unix sockets where they are wanted; packets and the like never."""
    program = syscall_filter(families_for(internet=True, unix=unix), MACHINE)
    assert judge(program, NUMBERS["socket"], socket.AF_UNIX) == outcome
    assert judge(program, NUMBERS["socket"], socket.AF_INET6) == ALLOW
    assert judge(program, NUMBERS["socket"], 17) == "EAFNOSUPPORT"


@pytest.mark.parametrize("name", [name for name in NUMBERS if name not in LOOKED_AT])
def test_calls_that_reach_elsewhere_are_refused(name: str) -> None:
    """Each by its number, and nothing else with it."""
    program = syscall_filter((), MACHINE)
    assert judge(program, NUMBERS[name]) == "EPERM"
    assert judge(program, NUMBERS["read"]) == ALLOW


@pytest.mark.parametrize(
    ("name", "arguments", "outcome"),
    [
        ("clone", (0x11,), ALLOW),
        ("clone", (0x1000_0011,), "EPERM"),
        ("clone", (0x0002_0011,), "EPERM"),
        ("clone3", (), "ENOSYS"),
        ("openat2", (), "ENOSYS"),
        ("chmod", (1, 0o755), ALLOW),
        ("chmod", (1, 0o4755), "EPERM"),
        ("chmod", (1, 0o2755), "EPERM"),
        ("openat", (1, 1, 0o101, 0o666), ALLOW),
        ("openat", (1, 1, 0o101, 0o4755), "EPERM"),
        ("openat", (1, 1, 0, 0o4755), ALLOW),
        ("setrlimit", (7, 1), ALLOW),
        ("setrlimit", (10, 1), "EPERM"),
        ("prlimit64", (0, 7, 1), ALLOW),
        ("prlimit64", (0, 10, 1), "EPERM"),
        ("prlimit64", (99, 7, 0), ALLOW),
        ("prlimit64", (99, 7, 1), "EPERM"),
        ("prlimit64", (99, 7, 1 << 32), "EPERM"),
        ("chown", (1, 0, 0), ALLOW),
    ],
)
def test_arguments_are_looked_at(name: str, arguments: tuple[int, ...], outcome: str) -> None:
    """What makes namespaces, set-ID files and limits of others is refused, the same call otherwise not."""
    assert judge(syscall_filter((), MACHINE), NUMBERS[name], *arguments) == outcome


@pytest.mark.parametrize(("user", "outcome"), [(0, "pretend"), (1000, "EPERM")])
def test_owners_and_attributes_are_kept(monkeypatch: pytest.MonkeyPatch, user: int, outcome: str) -> None:
    """Root is told that it was done, since its programs take it for granted."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    program = syscall_filter((), MACHINE, keeps_attributes=True)
    assert judge(program, NUMBERS["chown"]) == outcome
    assert judge(program, NUMBERS["setxattr"]) == errno.errorcode[errno.EOPNOTSUPP]


def test_nothing_is_typed_into_terminals() -> None:
    """TIOCSTI and TIOCLINUX are refused, in whatever the upper half of the argument holds; others pass."""
    program = syscall_filter((), MACHINE)
    assert judge(program, NUMBERS["ioctl"], second=0x5412) == "EPERM"
    assert judge(program, NUMBERS["ioctl"], second=0xFFFF_FFFF_0000_5412) == "EPERM"
    assert judge(program, NUMBERS["ioctl"], second=0x541C) == "EPERM"
    assert judge(program, NUMBERS["ioctl"], second=0x5401) == ALLOW


def test_other_interfaces_of_the_kernel_are_closed() -> None:
    """Calls of another processor's interface kill; those of x32, which bear other numbers, are refused."""
    program = syscall_filter((), MACHINE)
    assert judge(program, NUMBERS["read"], audit=0x4321) == KILL
    assert judge(program, 0x4000_0000 | NUMBERS["read"]) == "EPERM"
