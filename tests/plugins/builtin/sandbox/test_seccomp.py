"""The filter of system calls, read as the kernel reads it."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from gaff.plugins.builtin.sandbox._seccomp import families_for, syscall_filter
from gaff.plugins.builtin.sandbox._system import Machine

NUMBERS = {
    name: number
    for number, name in enumerate(
        "read socket ioctl ptrace bpf io_uring_setup process_vm_readv process_vm_writev pidfd_getfd add_key "
        "request_key keyctl userfaultfd perf_event_open kexec_load unshare setns mount".split()
    )
}
MACHINE = Machine(0x1234, NUMBERS)
ALLOW, KILL = "allow", "kill"


def judge(program: bytes, call: int, first: int = 0, second: int = 0, audit: int = 0x1234) -> str:
    """Run a filter on one system call."""
    data = struct.pack("=IIQQQQQQQ", call, audit, 0, first, second, 0, 0, 0, 0)
    instructions = list(struct.iter_unpack("=HBBI", program))
    at = value = 0
    while True:
        code, if_true, if_false, operand = instructions[at]
        at += 1
        if code == 0x20:
            value = struct.unpack_from("=I", data, operand)[0]
        elif code == 0x06:
            return {0x7FFF0000: ALLOW, 0x80000000: KILL}.get(operand) or errno.errorcode[operand & 0xFFFF]
        else:
            at += if_true if (value == operand if code == 0x15 else value >= operand) else if_false


@pytest.mark.parametrize(("unix", "outcome"), [(True, ALLOW), (False, "EAFNOSUPPORT")])
def test_only_the_wanted_families_of_sockets_are_made(unix: bool, outcome: str) -> None:
    """Unix sockets where they are wanted; packets and the like never."""
    program = syscall_filter(families_for(internet=True, unix=unix), MACHINE)
    assert judge(program, NUMBERS["socket"], socket.AF_UNIX) == outcome
    assert judge(program, NUMBERS["socket"], socket.AF_INET6) == ALLOW
    assert judge(program, NUMBERS["socket"], 17) == "EAFNOSUPPORT"


@pytest.mark.parametrize("name", [name for name in NUMBERS if name not in ("read", "socket", "ioctl")])
def test_calls_that_reach_elsewhere_are_refused(name: str) -> None:
    """Each by its number, and nothing else with it."""
    program = syscall_filter((), MACHINE)
    assert judge(program, NUMBERS[name]) == "EPERM"
    assert judge(program, NUMBERS["read"]) == ALLOW


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
