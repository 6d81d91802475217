"""A small process that opens a listener inside the network of a sandbox, and hands it out.

A process with threads may not enter another user namespace, so gaff itself cannot. This one has none: for
each namespace it is handed over its socket it forks, enters, listens, and sends the listener back. It ends
when gaff does.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
import sys
import time

NS_GET_USERNS = 0xB701
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWNET = 0x4000_0000
#: Seconds that a network may take to get its address.
PATIENCE = 2.0


def main(control: socket.socket, address: tuple[str, int]) -> None:
    """Serve until the other end is closed."""
    libc = ctypes.CDLL(None, use_errno=True)
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            return
        child = os.fork()
        if child == 0:
            try:
                hand_out(libc, control, descriptors[0], address)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(descriptors[0])


def hand_out(libc: ctypes.CDLL, control: socket.socket, network: int, address: tuple[str, int]) -> None:
    """Enter the namespace, listen there, and send the listener; or the number of the error."""
    try:
        enter(libc, fcntl.ioctl(network, NS_GET_USERNS), CLONE_NEWUSER)
        enter(libc, network, CLONE_NEWNET)
        listener = listen(address)
    except OSError as fault:
        control.send(str(fault.errno or 0).encode())
        return
    socket.send_fds(control, [b"ok"], [listener.fileno()])


def listen(address: tuple[str, int]) -> socket.socket:
    """Listen; the network may be so new that it has no address yet."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_server(address, backlog=64)
        except OSError as fault:
            if fault.errno != errno.EADDRNOTAVAIL or time.monotonic() > until:
                raise
        time.sleep(0.001)


def enter(libc: ctypes.CDLL, descriptor: int, kind: int) -> None:
    """Enter a namespace."""
    if libc.setns(ctypes.c_int(descriptor), ctypes.c_int(kind)) != 0:
        raise OSError(ctypes.get_errno(), "setns")


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), (sys.argv[2], int(sys.argv[3])))
