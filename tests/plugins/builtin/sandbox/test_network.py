"""The network of commands in real sandboxes, with the programs people use: lists, proxies, TLS, credentials."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import tempfile
from pathlib import Path

import pytest

from gaff.hooks import Json, JsonObject, object_at, text_at
from gaff.plugins.builtin.sandbox import _carrying
from gaff.testing import Shell

from .conftest import Ask, lacking
from .servers import Server, serving, trusted_server

pytestmark = pytest.mark.skipif(
    bool(lacking("bubblewrap")) or shutil.which("curl") is None, reason="needs bubblewrap and curl"
)

#: curl through the proxy also to names it would connect to itself.
CURL = "curl -sS --noproxy '' "
SOCKS = CURL + "--proxy socks5h://127.0.0.1:3128 "


def use(shell: Shell, network: JsonObject, **settings: Json) -> None:
    """Turn the sandbox on, with this network."""
    network = {"strictAllowlist": True, **network}
    shell.workspace.settings({"sandbox": {"enabled": True, "network": network, **settings}})


def told(text: str) -> JsonObject:
    """Return what the server says that it was asked."""
    found: JsonObject = json.loads(text)
    return found


# SOCKS and HTTP.


@pytest.mark.parametrize("way", [CURL, SOCKS, CURL + "-p "])
@pytest.mark.parametrize(
    ("allowed", "host", "reached"),
    [
        (["localhost"], "localhost", True),
        (["localhost:{port}"], "localhost", True),
        (["127.0.0.1"], "127.0.0.1", True),
        (["other.test"], "localhost", False),
        (["localhost"], "127.0.0.1", False),
        (["localhost"], "2130706433", False),
        (["localhost"], "[::1]", False),
        (["localhost"], "[::ffff:127.0.0.1]", False),
        (["localhost:1"], "localhost", False),
        (["*"], "127.0.0.1", False),
    ],
)
async def test_hosts_are_judged_by_what_was_asked_for(
    shell: Shell, ask: Ask, way: str, allowed: list[str], host: str, reached: bool
) -> None:
    """However the proxy is spoken to: by name, address and port."""
    async with serving() as server:
        domains: Json = [one.format(port=server.port) for one in allowed]
        use(shell, {"allowedDomains": domains, "deniedDomains": ["denied.test"]})
        text = await ask(f"{way} http://{host}:{server.port}/page")
    assert ("/page" in text and len(server.asked) == 1) is reached
    assert reached or server.asked == []


@pytest.mark.parametrize("notation", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1"])
@pytest.mark.parametrize("way", [CURL, SOCKS])
async def test_no_notation_of_an_address_gets_past_a_denial(
    shell: Shell, ask: Ask, notation: str, way: str
) -> None:
    """A rule about an address is about all its spellings."""
    async with serving() as server:
        use(shell, {"allowedDomains": ["127.0.0.1", notation], "deniedDomains": ["127.0.0.1"]})
        await ask(f"{way} http://{notation}:{server.port}/")
    assert server.asked == []


async def test_a_server_that_speaks_first_is_heard(shell: Shell, ask: Ask) -> None:
    """Over SOCKS, as with databases and mail."""
    async with serving(greets=True) as server:
        use(shell, {"allowedDomains": ["localhost"], "tlsTerminate": {}})
        text = await ask(f"timeout 5 {SOCKS} telnet://localhost:{server.port} <<< hello")
    assert "SSH-2.0-server" in text
    assert server.greeted == [b"hello\n"]


@pytest.mark.skipif(shutil.which("ssh") is None, reason="needs ssh")
async def test_git_over_ssh_goes_through_the_proxy(shell: Shell, ask: Ask) -> None:
    """By a command for ssh that needs no further program."""
    async with serving(greets=True) as server:
        use(shell, {"allowedDomains": ["localhost"]})
        await ask(f"git ls-remote ssh://git@localhost:{server.port}/a.git")
        await ask(f"git ls-remote ssh://git@127.0.0.1:{server.port}/a.git")
    assert [line[:8] for line in server.greeted] == [b"SSH-2.0-"]


async def test_python_programs_go_through_the_proxy(shell: Shell, ask: Ask) -> None:
    """By the variables, which no library stumbles over."""
    async with serving() as server:
        use(shell, {"allowedDomains": ["localhost"]})
        shell.workspace.write(
            "get.py",
            "import os, urllib.request\n"
            "os.environ['no_proxy'] = ''\n"
            f"print(urllib.request.urlopen('http://localhost:{server.port}/a').read().decode())\n",
        )
        assert told(await ask("python3 get.py"))["target"] == "/a"


# A proxy of the user's own.


@pytest.mark.parametrize(
    ("key", "way", "handed"),
    [
        ("httpProxyPort", CURL, True),
        ("socksProxyPort", CURL, False),
        ("httpProxyPort", SOCKS, False),
    ],
)
async def test_a_proxy_of_the_users_own_judges_its_kind(
    shell: Shell, ask: Ask, key: str, way: str, handed: bool
) -> None:
    """The other kind stays with the lists."""
    async with serving() as server:
        use(shell, {key: server.port, "allowedDomains": ["nowhere.test"]})
        await ask(f"{way} http://any.test/page")
    assert [request["target"] for request in server.asked] == (["http://any.test/page"] if handed else [])


async def test_a_socks_proxy_of_the_users_own_judges(shell: Shell, ask: Ask) -> None:
    """It is handed all there is from the very first byte on."""
    async with serving(greets=True) as server:
        use(shell, {"socksProxyPort": server.port})
        await ask(f"{SOCKS} -m 1 http://any.test/")
    assert [line[:1] for line in server.greeted] == [b"\x05"]


# TLS, and credentials.

TOKEN = "real-token-of-the-user"
PYTHON = (
    'python3 -c "import os, urllib.request as u; '
    "u.urlopen(u.Request('{}/', headers={{'X-Key': os.environ['API_TOKEN']}}))\""
)
ENTRY: JsonObject = {"name": "API_TOKEN", "mode": "mask"}


async def masked(
    shell: Shell,
    ask: Ask,
    folder: Path,
    command: str,
    *,
    network: JsonObject | None = None,
    credentials: JsonObject | None = None,
) -> tuple[str, Server]:
    """Run a command with a masked token against a server with TLS; ``{}`` is where the server is."""
    context, file = trusted_server(folder)
    ending: Json = {"extraCaCertPaths": [str(file)]}
    shell.workspace.variables |= {"API_TOKEN": TOKEN}
    usual: JsonObject = {"envVars": [{**ENTRY, "injectHosts": ["localhost"]}]}
    async with serving(tls=context) as server:
        allowed: JsonObject = {"allowedDomains": ["localhost"], "tlsTerminate": ending}
        use(shell, {**allowed, **(network or {})}, credentials=credentials or usual)
        shell.workspace.write("go.sh", command.format(f"https://localhost:{server.port}"))
        return await ask("bash go.sh"), server


@pytest.mark.parametrize(
    ("command", "place", "wanted"),
    [
        ('{0}/ -H "Authorization: Bearer $API_TOKEN"', "authorization", f"Bearer {TOKEN}"),
        ('{0}/ -u "me:$API_TOKEN"', "authorization", "Basic bWU6cmVhbC10b2tlbi1vZi10aGUtdXNlcg=="),
        ('"{0}/?key=$API_TOKEN"', "target", f"/?key={TOKEN}"),
        ('{0}/ -d "secret=$API_TOKEN"', "body", f"secret={TOKEN}"),
        ('{0}/ --json "{{\\"a\\": \\"$API_TOKEN\\"}}"', "body", f'{{"a": "{TOKEN}"}}'),
        ('--http2 {0}/ -H "X-Key: $API_TOKEN"', "x-key", TOKEN),
    ],
)
async def test_a_masked_variable_is_put_in(
    shell: Shell, ask: Ask, tmp_path: Path, command: str, place: str, wanted: str
) -> None:
    """In every place of a request, by the programs' own certificates check."""
    _, server = await masked(shell, ask, tmp_path, f"{CURL} {command}")
    assert {**server.last, **object_at(server.last, "headers")}[place] == wanted


async def test_the_command_never_sees_it(shell: Shell, ask: Ask, tmp_path: Path) -> None:
    """Neither in its environment nor in that of any process; what it has is the same in each command."""
    text, _ = await masked(
        shell, ask, tmp_path, "env; cat /proc/*/environ | tr '\\0' '\\n'; cat /proc/*/cmdline"
    )
    assert TOKEN not in text
    assert "API_TOKEN=masked_by_gaff_" in text
    assert await ask("echo $API_TOKEN") == await ask("echo $API_TOKEN")


@pytest.mark.parametrize(
    "command",
    [
        '-i --compressed "{0}/?key=$API_TOKEN" -H "X-Key: $API_TOKEN" -d "$API_TOKEN"',
        '-i -u "me:$API_TOKEN" {0}/ --json "{{\\"a\\": \\"$API_TOKEN\\"}}"',
        '-i -X TRACE {0}/ -H "X-Key: $API_TOKEN"',
    ],
)
async def test_a_host_that_repeats_it_does_not_tell_it(
    shell: Shell, ask: Ask, tmp_path: Path, command: str
) -> None:
    """The answer has what stands in for it, where the request had."""
    text, _ = await masked(shell, ask, tmp_path, f"{CURL} {command}")
    assert TOKEN not in text
    assert base64.b64encode(f"me:{TOKEN}".encode()).decode() not in text
    assert "masked_by_gaff_" in text or "TRACE" in command


@pytest.mark.parametrize(
    ("network", "entry"),
    [
        ({}, {"injectHosts": ["other.test"]}),
        ({}, {"injectHosts": ["localhost:1"]}),
        ({}, {"injectHosts": ["*"]}),
        ({}, {"injectHosts": []}),
        ({"tlsTerminate": {"excludeDomains": ["localhost"]}}, {"injectHosts": ["localhost"]}),
        ({"tlsTerminate": None}, {"injectHosts": ["localhost"]}),
    ],
)
async def test_it_is_not_put_in_elsewhere(
    shell: Shell, ask: Ask, tmp_path: Path, network: JsonObject, entry: JsonObject
) -> None:
    """Other hosts, and connections that nobody looks into, get what stands in for it."""
    credentials: JsonObject = {"envVars": [{**ENTRY, **entry}]}
    command = CURL + '-k {}/ -H "X-Key: $API_TOKEN"'
    _, server = await masked(shell, ask, tmp_path, command, network=network, credentials=credentials)
    assert text_at(object_at(server.last, "headers"), "x-key").startswith("masked_by_gaff_")


async def test_it_goes_to_the_allowed_domains_where_no_host_is_named(
    shell: Shell, ask: Ask, tmp_path: Path
) -> None:
    """As documented."""
    command = CURL + '{}/ -H "X-Key: $API_TOKEN"'
    _, server = await masked(shell, ask, tmp_path, command, credentials={"envVars": [ENTRY]})
    assert object_at(server.last, "headers")["x-key"] == TOKEN


@pytest.mark.parametrize(
    "options",
    ["-H 'Host: evil.test'", "-H 'Host:'", "-H 'Transfer-Encoding: x'", "--request-target http://a/"],
)
async def test_requests_for_others_are_refused(shell: Shell, ask: Ask, tmp_path: Path, options: str) -> None:
    """Behind an allowed host no other is reached, and nothing that may be read in two ways."""
    _, server = await masked(shell, ask, tmp_path, CURL + options + ' {}/ -H "X-Key: $API_TOKEN"')
    assert server.asked == []


async def test_a_host_that_is_not_who_it_says_gets_nothing(shell: Shell, ask: Ask, tmp_path: Path) -> None:
    """The proxy checks it, even where the command would not."""
    command = CURL + '-k {}/ -H "X-Key: $API_TOKEN"'
    text, server = await masked(shell, ask, tmp_path, command, network={"tlsTerminate": {}})
    assert server.asked == []
    assert "cannot be trusted" in text


async def test_tls_that_cannot_be_read_is_refused(
    shell: Shell, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a package for it is missing nothing goes by unseen."""
    monkeypatch.setattr(_carrying, "missing_packages", lambda: "something is missing")
    text, server = await masked(shell, ask, tmp_path, CURL + "-k {}/")
    assert server.asked == []
    assert "Exit code 35" in text


@pytest.mark.parametrize("plaintext", [True, False])
async def test_without_tls_it_is_put_in_only_where_the_user_wants_that(
    shell: Shell, ask: Ask, plaintext: bool
) -> None:
    """allowPlaintextInject."""
    shell.workspace.variables |= {"API_TOKEN": TOKEN}
    credentials: JsonObject = {"envVars": [ENTRY], "allowPlaintextInject": plaintext}
    async with serving() as server:
        use(shell, {"allowedDomains": ["localhost"]}, credentials=credentials)
        await ask(f'{CURL} http://localhost:{server.port}/ -H "X-Key: $API_TOKEN" -d "$API_TOKEN"')
    assert (object_at(server.last, "headers")["x-key"] == TOKEN) is plaintext
    assert (server.last["body"] == TOKEN) is plaintext


async def test_many_requests_and_large_bodies(shell: Shell, ask: Ask, tmp_path: Path) -> None:
    """One connection carries several, and what is too large to be looked through comes through whole."""
    command = (
        "head -c 3000000 /dev/zero | tr '\\0' a > big\n" + CURL + "{0}/1 {0}/2 -o /dev/null -o /dev/null\n"
    )
    _, server = await masked(shell, ask, tmp_path, command + CURL + "{0}/3 -T big -o /dev/null")
    assert [one["target"] for one in server.asked] == ["/1", "/2", "/3"]
    assert len(text_at(server.last, "body")) == 3_000_000


@pytest.mark.parametrize(
    "command",
    [
        'git -c http.extraHeader="X-Key: $API_TOKEN" ls-remote {}/a.git',
        PYTHON,
    ],
)
async def test_programs_trust_the_proxy(shell: Shell, ask: Ask, tmp_path: Path, command: str) -> None:
    """By the usual variables, without being told anything."""
    _, server = await masked(shell, ask, tmp_path, f"export no_proxy= NO_PROXY=; {command}")
    assert object_at(server.last, "headers")["x-key"] == TOKEN


# Sockets of this machine.


@pytest.mark.parametrize(
    ("network", "without", "reached"),
    [
        ({}, (), False),
        ({"allowUnixSockets": ["{}"]}, (), True),
        ({"allowAllUnixSockets": True}, (), True),
        ({}, ("sandbox.bubblewrap",), False),
        ({"allowUnixSockets": ["{}"]}, ("sandbox.bubblewrap",), False),
        ({"allowAllUnixSockets": True}, ("sandbox.bubblewrap",), True),
    ],
)
async def test_sockets_of_services(
    shell: Shell, ask: Ask, network: dict[str, Json], without: tuple[str, ...], reached: bool
) -> None:
    """None but those that the settings name, or all of them."""
    with tempfile.TemporaryDirectory(prefix="gaff-test-", dir="/var/tmp") as folder:
        path = f"{folder}/service.sock"
        shell.workspace.variables |= {"XDG_RUNTIME_DIR": folder}
        async with await asyncio.start_unix_server(Server().greet, path):
            named: JsonObject = {
                key: [path] if isinstance(value, list) else value for key, value in network.items()
            }
            use(shell, {**named, "allowedDomains": ["a.test"]})
            shell.without(*without)
            text = await ask(f"curl -sS -m 1 telnet://localhost --unix-socket {path} <<< hello")
    assert ("SSH-2.0-server" in text) is reached


async def test_a_socket_among_temporary_files(shell: Shell, ask: Ask) -> None:
    """Where agents of ssh have theirs, and commands have a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="gaff-test-", dir="/tmp") as folder:
        path = f"{folder}/agent"
        async with await asyncio.start_unix_server(Server().greet, path):
            use(shell, {"allowUnixSockets": [path]})
            text = await ask(f"curl -sS -m 1 telnet://localhost --unix-socket {path} <<< hello; ls {folder}")
    assert "SSH-2.0-server" in text


async def test_a_command_may_listen_in_a_network_of_its_own(shell: Shell, ask: Ask) -> None:
    """allowLocalBinding or not; nobody outside is reached by it, and nobody inside by others."""
    use(shell, {"allowLocalBinding": False})
    shell.workspace.write(
        "both.py",
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "print('talked')\n",
    )
    assert await ask("python3 both.py") == "talked"
