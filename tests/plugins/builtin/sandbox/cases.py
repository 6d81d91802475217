"""What is tried in every sandbox, and what must come of it.

A case is a bash script, run in ``$B/proj`` of the scene that ``driver.py`` builds, and a look at the scene
from outside afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Scene(Protocol):
    """What a case may look at afterwards."""

    base: Path

    def text(self, name: str) -> str:
        """Return a file's text; empty where there is none."""
        ...

    def exists(self, name: str) -> bool: ...

    def typed(self) -> int:
        """Return how many bytes wait as input in the agent's own terminal."""
        ...

    def reached(self) -> int:
        """Return how many connections servers outside got."""
        ...


@dataclass(frozen=True)
class Case:
    """A script, and whether the sandbox held: judged by the scene and by what the script printed."""

    name: str
    script: str
    held: Callable[[Scene, str], bool]
    sandboxes: Sequence[str] = ("bubblewrap", "landlock")


BWRAP = ("bubblewrap",)

#: Sends one request to the proxy and prints what comes back.
FETCH = """fetch() { exec 3<>/dev/tcp/127.0.0.1/3128 || return; printf "$1" >&3; timeout 5 cat <&3; exec 3>&-; }
"""
PERL_UNIX = (
    "perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) and print $s \"hello\"' "
)


def unchanged(name: str, text: str) -> Callable[[Scene, str], bool]:
    """The file still holds this."""
    return lambda scene, _: scene.text(name) == text


def absent(*names: str) -> Callable[[Scene, str], bool]:
    """None of these was made."""
    return lambda scene, _: not any(scene.exists(name) for name in names)


def silent(canary: str) -> Callable[[Scene, str], bool]:
    """The script did not get to see this."""
    return lambda _, output: canary not in output


def unreached(scene: Scene, _: str) -> bool:
    """No server outside was reached."""
    return scene.reached() == 0


def works(scene: Scene, output: str) -> bool:
    """The script came through to its end."""
    return output.strip().endswith("WORKS")


OUTSIDE = unchanged("outside/file.txt", "outside\n")

WORKING = (
    Case("write in the project", "echo new > a.txt && mkdir -p d/e && mv a.txt d/e && echo WORKS", works),
    Case("write to the temporary folder", 'echo x > "$TMPDIR/x" && cat "$TMPDIR/x" && echo WORKS', works),
    Case("read outside", "cat ../outside/file.txt /etc/passwd >/dev/null && echo WORKS", works),
    Case("pipes and processes", "seq 9 | grep 3 | wc -l && (sleep 0 & wait) && echo WORKS", works),
    Case("devices", "echo x >/dev/null && head -c1 /dev/urandom >/dev/null && echo WORKS", works),
    Case(
        "git",
        "git add -A && git commit -qm one && git checkout -qb b && echo 2 >> kept.txt "
        "&& git stash -q && git stash pop -q && git commit -qam two && git checkout -q - && git merge -q b && "
        "git rebase -q b && git tag t && git gc -q && git worktree add -q wt && git clean -qn && "
        "git log --oneline | grep -q two && ! git ls-files | grep -q mcp && echo WORKS",
        works,
    ),
    Case("a rename of a folder", "mkdir x && mv x y && rmdir y && echo WORKS", works),
)

WRITES = (
    Case(
        "write to the system", "echo x > /etc/gaff-test", lambda scene, _: not Path("/etc/gaff-test").exists()
    ),
    Case("write to a sibling with the same prefix", "echo x > ../proj-evil/x", absent("proj-evil/x")),
    Case("write by ..", "echo x > ../outside/file.txt", OUTSIDE),
    Case("write after cd", "cd ../outside && echo x > file.txt", OUTSIDE),
    Case("write through a symbolic link", "echo x > link/file.txt", OUTSIDE),
    Case("write through a new symbolic link", "ln -s ../outside/file.txt n && echo x > n", OUTSIDE),
    Case("truncate", "truncate -s0 ../outside/file.txt; : > ../outside/file.txt", OUTSIDE),
    Case("sed in place", "sed -i s/out/in/ ../outside/file.txt", OUTSIDE),
    Case("unlink", "rm -f ../outside/file.txt", OUTSIDE),
    Case("rename outwards", "echo x > r && mv -f r ../outside/file.txt", OUTSIDE),
    Case("rename inwards", "mv ../outside/file.txt taken", OUTSIDE),
    Case("a new hard link", "ln ../outside/file.txt hard && echo x > hard", OUTSIDE),
    Case("/proc/self/root", "echo x > /proc/self/root$B/outside/file.txt", OUTSIDE),
    Case("/proc/1/root", "echo x > /proc/1/root$B/outside/file.txt", OUTSIDE),
    Case("/proc/self/cwd", "echo x > /proc/self/cwd/../outside/file.txt", OUTSIDE),
    Case("make a folder", "mkdir ../outside/d ../d", absent("outside/d", "d")),
    Case("remount", "mount -o remount,rw / ; umount ../proj; echo x > ../outside/file.txt", OUTSIDE),
    Case(
        "a nested user namespace",
        'unshare -Urm sh -c "mount --bind $B/outside $B/proj/d; echo x > $B/outside/file.txt"',
        OUTSIDE,
    ),
    Case("a device of the disk", "mknod disk b 8 0; mknod disk2 c 1 1", absent("proj/disk", "proj/disk2")),
)

HOOK = unchanged("proj/.git/hooks/pre-commit", "#!/bin/sh\n")
CONFIG = unchanged("proj/.git/config", "[core]\n\tbare = false\n")

PROTECTED = (
    Case("git hooks", "echo evil > .git/hooks/pre-commit", HOOK),
    Case("a new git hook", "echo evil > .git/hooks/post-commit", absent("proj/.git/hooks/post-commit")),
    Case("a git hook by rename", "echo evil > h && mv -f h .git/hooks/pre-commit", HOOK),
    Case("git config", "git config core.fsmonitor evil; echo evil >> .git/config", CONFIG),
    Case("git config by rename", "echo evil > c && mv -f c .git/config", CONFIG),
    Case(
        "the rename of .git",
        "mv .git .git2; mkdir -p .git/hooks; echo evil > .git/hooks/pre-commit; echo evil > .git/config",
        lambda scene, output: HOOK(scene, output) and CONFIG(scene, output),
    ),
    Case("git's other folder", "echo ../evil > .git/commondir", absent("proj/.git/commondir")),
    Case(
        "settings that are there",
        "echo '{}' > .claude/settings.json; rm -rf .claude; mkdir .claude; echo '{}' > .claude/settings.json",
        unchanged("proj/.claude/settings.json", '{"a": 1}\n'),
    ),
    Case("settings that are not there", "mkdir .gaff; echo x > .gaff/settings.json", absent("proj/.gaff")),
    Case("servers that are not there", "echo '{}' > .mcp.json", absent("proj/.mcp.json")),
    Case(
        "the editor's settings", "mkdir -p .vscode .idea; echo x > .vscode/tasks.json", absent("proj/.vscode")
    ),
    Case("shell start files", "echo evil >> .bashrc", unchanged("proj/.bashrc", "# mine\n")),
    Case(
        "a settings link", "rm .gitconfig; echo evil > .gitconfig", unchanged("proj/.gitconfig", "# linked\n")
    ),
    Case("a work tree in the settings", "echo x > .claude/worktrees/a/f && echo WORKS", works),
)

SECRETS = (
    Case("a hidden folder", "cat ../home/.ssh/id; cat ~/.ssh/*", silent("canary-ssh")),
    Case("a hidden folder through a link", "cat keys/id; cat < keys/id", silent("canary-ssh")),
    Case("a hidden folder by /proc", "cat /proc/self/root$B/home/.ssh/id", silent("canary-ssh")),
    Case("a hidden file", "cat .env; cp .env e; cat e", silent("canary-env")),
    Case("shown inside a hidden folder", "grep -q public ../home/.ssh/id.pub && echo WORKS", works),
    Case(
        "the agent's environment",
        "cat /proc/$AGENT/environ /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'",
        silent("canary-key"),
    ),
    Case(
        "the agent's memory",
        "head -c1 /proc/$AGENT/mem && echo READ; readlink /proc/$AGENT/fd/2 && echo READ",
        silent("READ"),
    ),
    Case("the agent's files", "cat /proc/$AGENT/root/$B/home/.ssh/id", silent("canary-ssh")),
)

SOCKETS = (
    Case("TCP on this machine", "echo x > /dev/tcp/127.0.0.1/$PORT", unreached),
    Case("TCP to elsewhere", "timeout 2 bash -c 'echo x > /dev/tcp/192.0.2.1/80' && echo OUT", silent("OUT")),
    Case("UDP", "echo x > /dev/udp/127.0.0.1/$PORT; echo x > /dev/udp/192.0.2.1/53", unreached),
    Case("a unix socket", f"{PERL_UNIX} $B/outside/socket", unreached),
    Case(
        "an abstract socket",
        'perl -MSocket -e \'socket($s, AF_UNIX, SOCK_STREAM, 0) and connect($s, pack("S a*", 1, "\\0$ARGV[0]")) '
        'and syswrite($s, "hello")\' $ABSTRACT',
        unreached,
    ),
    Case(
        "vsock and packets",
        "perl -e 'for (40, 17, 38) { print \"OUT\" if socket(my $s, $_, 3, 0) }'",
        silent("OUT"),
    ),
    Case(
        "pairs of sockets",
        "perl -MSocket -e 'socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) and print \"WORKS\"'",
        works,
    ),
)

PROCESSES = (
    Case(
        "typing into the terminal",
        'perl -e \'for (@ARGV) { open(T, "<", $_) or next; ioctl(T, 0x5412, my $c = $_) for split //, "PWN\\n" }\' '
        "/dev/tty $TERMINAL /proc/$AGENT/fd/0",
        lambda scene, _: scene.typed() == 0,
    ),
    Case("a session of its own", "(: < /dev/tty) 2>/dev/null || echo WORKS", works),
    Case("killing the agent", "kill -9 $AGENT && echo KILLED; kill -9 -- -1", silent("KILLED")),
    Case("tracing", "perl -e 'print \"OUT\" if syscall(101, 16, $ENV{AGENT}, 0, 0) == 0'", silent("OUT")),
    Case("io_uring", 'perl -e \'print "OUT" if syscall(425, 4, "\\0" x 200) >= 0\'', silent("OUT")),
    Case("no new rights", "grep -q 'NoNewPrivs:.1' /proc/self/status && echo WORKS", works),
)

GET = "GET http://{host}/ HTTP/1.1\\r\\nHost: {header}\\r\\n\\r\\n"


def get(host: str, header: str = "x") -> str:
    """Return a script that asks the proxy for a page."""
    return FETCH + f'fetch "{GET.format(host=host, header=header)}"'


def connect(target: str) -> str:
    """Return a script that has the proxy connect it, and sends a request."""
    request = f"CONNECT {target} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.1\\r\\nHost: inner\\r\\n\\r\\n"
    return FETCH + f'fetch "{request}"'


def page(scene: Scene, output: str) -> bool:
    """The page of the server came."""
    return "a page for" in output


def no_page(scene: Scene, output: str) -> bool:
    """It did not, and nobody was asked for it."""
    return "a page for" not in output and scene.reached() == 0


NETWORK = (
    Case("an allowed host", get("allowed.test"), page, BWRAP),
    Case("an allowed host in capitals", get("ALLOWED.test."), page, BWRAP),
    Case("a host below a wildcard", get("a.wild.test"), page, BWRAP),
    Case("CONNECT to an allowed host", connect("allowed.test:443"), page, BWRAP),
    Case("another host", get("evil.test"), no_page, BWRAP),
    Case("CONNECT to another host", connect("evil.test:443"), no_page, BWRAP),
    Case("a suffix trick", get("allowed.test.evil.test"), no_page, BWRAP),
    Case("a prefix trick", get("notallowed.test"), no_page, BWRAP),
    Case("the wildcard's own name", get("wild.test"), no_page, BWRAP),
    Case("user info", get("allowed.test@evil.test"), no_page, BWRAP),
    Case("a backslash", get("evil.test\\\\\\\\@allowed.test"), no_page, BWRAP),
    Case("a literal address", get("127.0.0.1:$PORT"), no_page, BWRAP),
    Case("a decimal address", get("2130706433:$PORT"), no_page, BWRAP),
    Case("a name that leads into this machine", get("rebinding.test"), no_page, BWRAP),
    Case("another protocol", FETCH + 'fetch "GET ftp://allowed.test/ HTTP/1.1\\r\\n\\r\\n"', no_page, BWRAP),
    Case(
        "a forged Host",
        get("allowed.test", "evil.test"),
        lambda scene, output: "a page for allowed.test" in output,
        BWRAP,
    ),
    Case(
        "past the proxy",
        "echo x > /dev/tcp/127.0.0.1/$PORT; echo x > /dev/udp/127.0.0.1/$PORT",
        unreached,
        BWRAP,
    ),
    Case(
        "loopback inside",
        "perl -MIO::Socket::INET -e '$l = IO::Socket::INET->new(Listen => 1, LocalAddr => "
        '"127.0.0.1") and IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $l->sockport) and print '
        '"WORKS"\'',
        works,
        BWRAP,
    ),
)

#: Runs a system call of x86-64 by number; the kernel's answer is printed.
CALL = "import ctypes, os; call = ctypes.CDLL(None, use_errno=True).syscall; "


def python(code: str) -> str:
    """Return a script that runs Python code, in which ``call`` is a system call by its number on x86-64."""
    return f"/usr/bin/python3 -I -S -c '{CALL}{code}' 2>&1"


def no_set_id(scene: Scene, output: str) -> bool:
    """No file runs with its owner's rights."""
    return not any(path.stat().st_mode & 0o6000 for path in (scene.base / "proj").glob("suid*"))


KERNEL = (
    Case(
        "settings of the kernel",
        "for f in kernel/core_pattern kernel/modprobe vm/overcommit_memory; do "
        "(: >> /proc/sys/$f) 2>/dev/null && echo OUT; done",
        silent("OUT"),
    ),
    Case(
        "files that run as their owner",
        "cp /bin/true suid1; chmod 4755 suid1; chmod u+s suid1; chmod g+s suid1; install -m 4755 /bin/true suid2; "
        + python('os.open("suid3", os.O_CREAT | os.O_WRONLY, 0o4755)'),
        no_set_id,
    ),
    Case(
        "a user namespace by clone", python('print("OUT", call(56, 0x10000011, 0, 0, 0, 0))'), silent("OUT 0")
    ),
    Case(
        "modes and new files as ever",
        "touch f && chmod 755 f && mkdir -m 700 d && mkfifo p && echo WORKS",
        works,
    ),
    Case(
        "the limits of the agent",
        "prlimit --pid $AGENT --core=1:1 && echo OUT; prlimit --pid $AGENT --nofile=3 && echo OUT",
        silent("OUT"),
    ),
    Case(
        "limits of its own", "ulimit -c 0 && ulimit -n 100 && bash -c 'ulimit -S -n 50' && echo WORKS", works
    ),
    Case(
        "disks and terminals",
        'for f in "$TERMINAL" /dev/vda /dev/sda; do (: < "$f") 2>/dev/null && echo OUT; done',
        silent("OUT"),
    ),
    Case(
        "owner and attributes outside",
        python('os.setxattr(os.environ["B"] + "/outside/file.txt", "user.x", b"y"); print("O" + "UT")'),
        silent("OUT"),
    ),
)

MOVED = (
    Case(
        "a folder around a hidden file, moved",
        "mv secrets moved; ls moved",
        lambda scene, _: scene.exists("proj/secrets/key") and not scene.exists("proj/moved/key"),
    ),
    Case(
        "a hidden file under another name",
        "mv .env e; ln secrets/key k; mkdir d; mv e d/e",
        lambda scene, _: (
            scene.text("proj/.env") == "canary-env\n" and not any(map(scene.exists, ("proj/d/e", "proj/k")))
        ),
    ),
    Case(
        "more settings of a repository",
        "echo evil > .git/config.worktree; echo evil > .git/modules/a/b/config; echo evil > .git/modules/a/b/hooks/post-commit; "
        "echo ../evil > .git/worktrees/w/commondir; echo evil > .git/worktrees/w/config.worktree",
        lambda scene, _: (
            scene.text("proj/.git/modules/a/b/config") == "[core]\n"
            and scene.text("proj/.git/worktrees/w/commondir") == "../..\n"
            and not any(
                scene.text(f"proj/.git/{name}")
                for name in (
                    "config.worktree",
                    "worktrees/w/config.worktree",
                    "modules/a/b/hooks/post-commit",
                )
            )
        ),
    ),
    Case(
        "git's other folder while it runs",
        "(echo ../evil > .git/commondir) 2>/dev/null; grep -q evil .git/commondir && echo OUT; git status -s >/dev/null && echo WORKS",
        lambda _, output: output.strip() == "WORKS",
        BWRAP,
    ),
)

CASES = (*WORKING, *WRITES, *PROTECTED, *SECRETS, *SOCKETS, *PROCESSES, *KERNEL, *MOVED, *NETWORK)
