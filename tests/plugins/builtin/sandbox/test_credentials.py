"""Credentials in real sandboxes: files and variables that are denied or masked, and what the user is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gaff.hooks import Json, JsonObject, Notice
from gaff.testing import Shell, call, say

from .conftest import lacking

pytestmark = pytest.mark.skipif(
    bool(lacking("bubblewrap") or lacking("landlock")), reason="this machine cannot run both sandboxes"
)

Ask = Callable[..., Awaitable[str]]
BUBBLEWRAP: tuple[str, ...] = ()
LANDLOCK = ("sandbox.bubblewrap",)
CANARY = "canary-of-the-user"


@pytest.fixture
def ask(shell: Shell) -> Ask:
    """Let the model run a script; return what it reads."""

    async def ask(script: str) -> str:
        shell.workspace.write("go.sh", script)
        shell.add(call("Bash", {"command": "bash go.sh"}), say("ok"))
        await shell.submit("go")
        return str(shell.outcomes[-1].output.content)

    return ask


def use(shell: Shell, without: tuple[str, ...], sandbox: JsonObject) -> None:
    """Turn the sandbox on."""
    shell.workspace.settings({"sandbox": {"enabled": True, **sandbox}})
    shell.without(*without)


def notices(shell: Shell) -> str:
    """Return all the user was told."""
    return "\n".join(event.text for event in shell.events if isinstance(event, Notice))


def keys(folder: Path) -> Path:
    """Make files with credentials."""
    (folder / "keys").mkdir()
    (folder / "keys/netrc").write_text(f"machine a.test password {CANARY}\n")
    (folder / "link").symlink_to("keys/netrc")
    return folder / "keys/netrc"


@pytest.mark.parametrize("disabled", [True, False])
@pytest.mark.parametrize("name", ["keys/netrc", "keys", "link"])
@pytest.mark.parametrize("mode", ["deny", "mask", ""])
@pytest.mark.parametrize("without", [BUBBLEWRAP, LANDLOCK])
async def test_commands_do_not_get_a_file(
    shell: Shell, ask: Ask, without: tuple[str, ...], mode: str, name: str, disabled: bool
) -> None:
    """Denied or masked, a folder, through a link, and even where files are not guarded otherwise."""
    base = shell.workspace.folder
    keys(base)
    path = str(base / name)
    entry: Json = {"path": path, "mode": mode} if mode else path
    use(shell, without, {"credentials": {"files": [entry]}, "filesystem": {"disabled": disabled}})
    script = "cat ../keys/netrc ../link; cp ../keys/netrc x; cat x; grep -r canary .. /proc/self/root$PWD/..; echo end"
    text = await ask(script)
    assert CANARY not in text
    assert text.rstrip().endswith("end") or "end\n" in text


async def test_what_is_masked_reads_like_the_file(shell: Shell, ask: Ask) -> None:
    """What is around the credential stays; the file itself stays as it is, whatever the command tries."""
    file = keys(shell.workspace.folder)
    entry: Json = {"path": str(file), "mode": "mask", "extract": r"password (\S+)"}
    use(
        shell,
        BUBBLEWRAP,
        {"credentials": {"files": [entry]}, "filesystem": {"allowWrite": [str(file.parent)]}},
    )
    text = await ask(
        "cat ../keys/netrc; rm -f ../keys/netrc; echo x > ../keys/netrc; mv ../keys ../moved; cat ../*/netrc"
    )
    assert "machine a.test password masked_by_gaff_" in text
    assert CANARY not in text
    assert CANARY in next(shell.workspace.folder.glob("*/netrc")).read_text()


@pytest.mark.parametrize("mode", ["deny", "mask"])
async def test_what_is_around_a_file_cannot_be_moved(shell: Shell, ask: Ask, mode: str) -> None:
    """The next command would find the credential where nobody looks for it."""
    shell.workspace.write("a/b/netrc", CANARY)
    entry: Json = {"path": str(shell.workspace.project / "a/b/netrc"), "mode": mode}
    use(shell, BUBBLEWRAP, {"credentials": {"files": [entry]}})
    await ask("mv a c; mv a/b a/c; ln a/b/netrc d; cp -rl a e; echo x > a/new; mv a/new a/b/new")
    assert shell.workspace.read("a/b/new") == "x\n"
    assert CANARY not in await ask("find . -type f | xargs cat")


async def test_a_denial_beats_a_mask(shell: Shell, ask: Ask) -> None:
    """Of the settings' own lists, too."""
    file = keys(shell.workspace.folder)
    entry: Json = {"path": str(file), "mode": "mask"}
    use(shell, BUBBLEWRAP, {"credentials": {"files": [entry]}, "filesystem": {"denyRead": [str(file)]}})
    assert "masked" not in await ask("cat ../keys/netrc; cat ../link")


@pytest.mark.parametrize("kind", ["files", "envVars"])
@pytest.mark.parametrize(
    ("entry", "shown", "runs"),
    [
        ({"onExtractNoMatch": "error"}, "", False),
        ({"onExtractNoMatch": "deny"}, "", True),
        ({"onExtractNoMatch": "warn"}, CANARY, True),
        ({}, "masked_by_gaff_", True),
        ({"extract": "("}, "", True),
        ({"decode": "rot13"}, "", True),
    ],
)
async def test_an_expression_that_finds_nothing(
    shell: Shell, ask: Ask, kind: str, entry: JsonObject, shown: str, runs: bool
) -> None:
    """The credential is denied, shown or masked, or nothing is run, as the entry says; the user is told."""
    file = keys(shell.workspace.folder)
    shell.workspace.variables |= {"TOKEN": CANARY}
    what: JsonObject = {"path": str(file)} if kind == "files" else {"name": "TOKEN"}
    credentials: JsonObject = {kind: [{**what, "mode": "mask", "extract": "(nothing)", **entry}]}
    use(shell, BUBBLEWRAP, {"credentials": credentials})
    text = await ask("echo runs; cat ../keys/netrc" if kind == "files" else "echo runs; echo $TOKEN")
    assert ("runs" in text) is runs
    assert (CANARY in text) is (shown == CANARY)
    assert shown in text
    assert not runs or ("netrc" if kind == "files" else "TOKEN") in notices(shell)


@pytest.mark.parametrize("without", [BUBBLEWRAP, LANDLOCK])
async def test_a_file_that_is_not_there_is_nothing(shell: Shell, ask: Ask, without: tuple[str, ...]) -> None:
    """Neither masked nor denied, it stops no command."""
    entries: Json = [{"path": "~/nowhere/a", "mode": "mask"}, {"path": "~/nowhere/b", "mode": "deny"}]
    use(shell, without, {"credentials": {"files": entries}})
    assert await ask("echo runs") == "runs"


async def test_a_token_keeps_its_form(shell: Shell, ask: Ask) -> None:
    """decode and maskClaims."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSIsImF1ZCI6Inlvb3UifQ.c2ln"
    shell.workspace.variables |= {"TOKEN": token}
    entry: Json = {"name": "TOKEN", "mode": "mask", "decode": "jwt", "maskClaims": ["sub"]}
    use(shell, BUBBLEWRAP, {"credentials": {"envVars": [entry]}})
    text = await ask(
        'IFS=.; set -- $TOKEN; echo "$1"; echo "$2=" | tr _- /+ | base64 -d 2>/dev/null; echo " $3"'
    )
    assert text.startswith("eyJhbGciOiJIUzI1NiJ9\n")
    assert '"aud":"yoou"' in text
    assert '"sub":"masked_by_gaff_' in text
    assert "c2ln" not in text


@pytest.mark.parametrize(
    ("without", "sandbox", "told"),
    [
        (
            BUBBLEWRAP,
            {"allowAppleEvents": True, "network": {"allowMachLookup": ["a"]}},
            "allowAppleEvents, network.al",
        ),
        (
            BUBBLEWRAP,
            {"enableWeakerNetworkIsolation": True},
            "sandbox.enableWeakerNetworkIsolation: for macOS only",
        ),
        (
            BUBBLEWRAP,
            {"ripgrep": {"command": "rg"}, "socatPath": "/x"},
            "sandbox.ripgrep, socatPath: not needed here",
        ),
        (
            BUBBLEWRAP,
            {"network": {"allowedDomain": ["a"]}},
            "sandbox.network.allowedDomain is not a known setting",
        ),
        (BUBBLEWRAP, {"credentials": {"awsPairs": ["A"]}}, "not signed anew"),
        (
            BUBBLEWRAP,
            {"credentials": {"envVars": [{"name": "T", "mode": "mask"}]}},
            "set sandbox.network.tlsTerminate",
        ),
        (
            BUBBLEWRAP,
            {"credentials": {"envVars": [{"name": "T", "mode": "mask", "decode": 1}]}},
            "commands do not get T: decode is not jwt",
        ),
        (
            BUBBLEWRAP,
            {"network": {"httpProxyPort": 1, "tlsTerminate": {"excludeDomains": ["a"]}}},
            "your own proxy gets TLS as it is",
        ),
        (LANDLOCK, {"credentials": {"envVars": [{"name": "T", "mode": "mask"}]}}, "landlock masks nothing"),
        (LANDLOCK, {"network": {"allowUnixSockets": ["/x"]}}, "landlock knows no list"),
        (
            BUBBLEWRAP,
            {"credentials": {"envVars": [{"nme": "T"}]}},
            "credentials.envVars: an entry has no name",
        ),
        (BUBBLEWRAP, {"credentials": {"files": {"path": "/x"}}}, "credentials.files: an entry has no path"),
        (LANDLOCK, {"network": {"socksProxyPort": 1}}, "landlock has no proxy"),
    ],
)
async def test_the_user_is_told_what_does_nothing(
    shell: Shell, without: tuple[str, ...], sandbox: JsonObject, told: str
) -> None:
    """At the start, in one line."""
    use(shell, without, sandbox)
    await shell.start()
    assert [told in line for line in notices(shell).splitlines() if line.startswith("sandbox")] == [True]


async def test_what_is_as_it_should_be_is_not_told_of(shell: Shell) -> None:
    """All keys that do what is documented, at once."""
    network: JsonObject = {
        "allowedDomains": ["a.test"],
        "deniedDomains": ["b.test"],
        "strictAllowlist": True,
        "allowUnixSockets": [],
        "allowAllUnixSockets": False,
        "allowLocalBinding": True,
        "tlsTerminate": {"excludeDomains": ["c.test"]},
    }
    credentials: JsonObject = {
        "envVars": [{"name": "T", "mode": "mask"}],
        "files": [{"path": "/x", "mode": "deny"}],
    }
    files: JsonObject = {
        "allowWrite": [],
        "denyWrite": [],
        "denyRead": [],
        "allowRead": [],
        "disabled": False,
    }
    use(shell, BUBBLEWRAP, {"network": network, "credentials": credentials, "filesystem": files})
    await shell.start()
    assert "sandbox" not in notices(shell)


async def test_missing_packages_close_tls(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was to be looked into is not let through unseen, and the user is told what to install."""
    from gaff.plugins.builtin.sandbox import _carrying

    monkeypatch.setattr(_carrying, "missing_packages", lambda: "cryptography missing: pip install ...")
    use(shell, BUBBLEWRAP, {"network": {"tlsTerminate": {}}})
    await shell.start()
    assert "TLS connections of commands are refused: cryptography missing" in notices(shell)
