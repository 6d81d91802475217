"""Runs every case in one sandbox as one user, and prints what came of each: ``driver.py SANDBOX UID``.

A program of its own, since it gives up root for good.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import json
import os
import pty
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from cases import CASES, MOVED, NETWORK, WORKING, Case

from gaff.hooks import Sandbox, SandboxCommand, SandboxPolicy
from gaff.plugins.builtin.sandbox._domains import matches
from gaff.plugins.builtin.sandbox._launch import launch
from gaff.plugins.builtin.sandbox._namespace import HELPER
from gaff.plugins.builtin.sandbox._protected import protected_in
from gaff.plugins.builtin.sandbox._repositories import modules_of
from gaff.plugins.builtin.sandbox.bubblewrap import Bubblewrap
from gaff.plugins.builtin.sandbox.landlock import Landlock

# Later, as another user, it could not be read.
import_module("gaff.plugins.builtin.sandbox._marks")

SANDBOXES: dict[str, Sandbox] = {"bubblewrap": Bubblewrap(), "landlock": Landlock()}
ALLOWED = ("allowed.test", "*.wild.test", "rebinding.test")
#: An address of documentation, where nobody is.
PUBLIC = "203.0.113.7"
ABSTRACT = f"gaff-test-{os.getpid()}"
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@t.test", "-c", "init.defaultBranch=main")


class Server:
    """Answers everything, TCP, UDP and unix sockets, and counts."""

    def __init__(self, base: Path) -> None:
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.unix = [self._unix(str(base / "outside/socket")), self._unix("\0" + ABSTRACT)]
        self.reached = 0
        for one in (self.tcp, *self.unix):
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()
        threading.Thread(target=self._count, daemon=True).start()

    def _unix(self, name: str) -> socket.socket:
        one = socket.socket(socket.AF_UNIX)
        one.bind(name)
        one.listen()
        return one

    def _serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            self.reached += 1
            with connection:
                host = connection.recv(4096).decode("latin-1").partition("Host: ")[2].partition("\r")[0]
                body = f"a page for {host}"
                connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    def _count(self) -> None:
        while True:
            self.udp.recv(100)
            self.reached += 1


class Scene:
    """Folders with everything that a case may try to reach."""

    def __init__(self, base: Path, terminal: int) -> None:
        self.base = base
        self.terminal = terminal
        for name in ("outside", "proj-evil", "home/.ssh", "temporary", "proj"):
            (base / name).mkdir(parents=True)
        self.server = Server(base)
        self._before = 0
        self.write("outside/file.txt", "outside\n")
        self.write("home/.ssh/id", "canary-ssh\n")
        self.write("home/.ssh/id.pub", "public\n")

    def reset(self) -> None:
        """Make the project anew."""
        shutil.rmtree(self.base / "proj")
        (self.base / "proj").mkdir()
        subprocess.run([*GIT, "init", "-q", "."], cwd=self.base / "proj", check=True)
        self.write("proj/.git/config", "[core]\n\tbare = false\n")
        shutil.rmtree(self.base / "proj/.git/hooks", ignore_errors=True)
        self.write("proj/.git/hooks/pre-commit", "#!/bin/sh\n")
        self.write("proj/.claude/settings.json", '{"a": 1}\n')
        self.write("proj/.claude/worktrees/a/f", "")
        self.write("proj/.bashrc", "# mine\n")
        self.write("proj/dotfiles", "# linked\n")
        self.write("proj/.env", "canary-env\n")
        self.write("proj/secrets/key", "canary-key\n")
        self.write("proj/kept.txt", "1\n")
        self.write("outside/file.txt", "outside\n")
        for name, target in ((".gitconfig", "dotfiles"), ("link", "../outside"), ("keys", "../home/.ssh")):
            (self.base / "proj" / name).symlink_to(target)
        termios.tcflush(self.terminal, termios.TCIFLUSH)
        self._before = self.server.reached

    def add_repositories(self) -> None:
        """Add a submodule, a work tree, and a setting by which each work tree has settings of its own."""
        self.write("proj/.git/config", "[core]\n\tbare = false\n[extensions]\n\tworktreeConfig = true\n")
        self.write("proj/.git/modules/a/b/config", "[core]\n")
        self.write("proj/.git/modules/a/b/HEAD", "ref: refs/heads/main\n")
        self.write("proj/.git/worktrees/w/commondir", "../..\n")

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def text(self, name: str) -> str:
        """Return a file's text; empty where there is none."""
        path = self.base / name
        return path.read_text() if path.is_file() else ""

    def exists(self, name: str) -> bool:
        """Whether something is there."""
        return os.path.lexists(self.base / name)

    def typed(self) -> int:
        """Return how many bytes wait as input in the terminal."""
        found = fcntl.ioctl(self.terminal, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(found, sys.byteorder)

    def reached(self) -> int:
        """Return how many connections servers got since the project was made."""
        return self.server.reached - self._before

    def policy(self, case: Case) -> SandboxPolicy:
        """Return what a case may touch; everyday work is done without a hidden file in the project."""
        project = str(self.base / "proj")
        inside = [] if case in WORKING else [f"{project}/.env", f"{project}/secrets/key"]
        hidden = [str(self.base / "home/.ssh"), *inside]
        return SandboxPolicy(
            writable=(project, str(self.base / "temporary"), f"{project}/.claude/worktrees"),
            protected=(*protected_in(project), *modules_of(f"{project}/.git")),
            hidden=tuple(hidden),
            shown=(str(self.base / "home/.ssh/id.pub"),),
            temporary=str(self.base / "temporary"),
            network="filtered" if case in NETWORK else "off",
            connect=judge,
        )

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a case; the agent's has the key, this one has not."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "B": str(self.base),
            "PORT": str(self.server.port),
            "AGENT": str(os.getpid()),
            "ABSTRACT": ABSTRACT,
            "TERMINAL": os.ttyname(self.terminal),
            "TMPDIR": str(self.base / "temporary"),
            **{
                f"GIT_{who}_{what}": "t@t.test"
                for who in ("AUTHOR", "COMMITTER")
                for what in ("NAME", "EMAIL")
            },
        }


async def judge(host: str, port: int) -> bool:
    """Allow what the tests allow."""
    return any(matches(pattern, host, port) for pattern in ALLOWED)


async def attempt(sandbox: Sandbox, case: Case, scene: Scene) -> tuple[bool, str]:
    """Run a case; return whether the sandbox held, and what was printed."""
    scene.reset()
    if case in MOVED:
        scene.add_repositories()
    command = SandboxCommand(("bash", "-c", case.script), scene.environ, str(scene.base / "proj"))
    with tempfile.TemporaryFile() as output:
        async with sandbox.confine(command, scene.policy(case)) as confined:
            process = await launch(confined, command.cwd, output)
            try:
                async with asyncio.timeout(20):
                    await process.wait()
            finally:
                process.kill()
        output.seek(0)
        told = output.read(20_000).decode("utf-8", "replace")
    return case.held(scene, told), told


def resolve_for_tests(port: int) -> None:
    """Give all names a public address, behind which the server is; but one leads into this machine."""
    loop, connect = asyncio.get_running_loop(), asyncio.open_connection

    async def getaddrinfo(host: str, wanted: int, **_: object) -> list[tuple[object, ...]]:
        address = "127.0.0.1" if host == "rebinding.test" else PUBLIC
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, wanted))]

    async def open_connection(
        host: str | None = None, wanted: int | None = None, **options: Any
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await (connect("127.0.0.1", port) if host == PUBLIC else connect(host, wanted, **options))

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign,assignment]
    asyncio.open_connection = open_connection  # type: ignore[assignment]


@contextmanager
def terminal_of_our_own() -> Generator[int]:
    """Make a new terminal this process's own."""
    master, slave = pty.openpty()
    if os.fork():  # who leads a process group cannot begin a session
        os.close(slave)
        os.waitpid(-1, 0)
        os._exit(0)
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    os.dup2(slave, 0)
    yield slave
    os.close(master)


def give_up_root(uid: int, base: Path, terminal: int) -> None:
    """Become an ordinary user for good."""
    if uid == os.getuid():
        return
    os.chown(base, uid, uid)
    os.fchown(terminal, uid, uid)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # as any program that was started by this user
    if not os.access(sys.executable, os.X_OK):
        HELPER.interpreter = "/usr/bin/python3"


async def main(name: str, uid: int, base: Path, terminal: int) -> None:
    """Run all cases and print the results."""
    give_up_root(uid, base, terminal)
    scene = Scene(base, terminal)
    resolve_for_tests(scene.server.port)
    results: dict[str, tuple[bool, str]] = {}
    for case in CASES:
        if name in case.sandboxes:
            try:
                results[case.name] = await attempt(SANDBOXES[name], case, scene)
            except Exception as fault:  # told as the result of the case
                results[case.name] = (False, f"{type(fault).__name__}: {fault}")
    print(json.dumps(results), flush=True)


if __name__ == "__main__":
    os.umask(0o022)
    with (
        terminal_of_our_own() as terminal,
        tempfile.TemporaryDirectory(prefix="gaff-test-", dir="/var/tmp") as folder,
    ):
        asyncio.run(main(sys.argv[1], int(sys.argv[2]), Path(folder), terminal))
        HELPER.close()
