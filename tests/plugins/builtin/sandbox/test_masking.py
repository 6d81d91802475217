"""What stands in for credentials in texts, and what becomes of entries that do not fit."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import Json
from gaff.plugins.builtin.sandbox._credentials import Credential, credentials
from gaff.plugins.builtin.sandbox._hiding import Hider
from gaff.plugins.builtin.sandbox._masking import Denied, Masker, NotRun, read_token
from gaff.plugins.builtin.sandbox._rewriting import Rewriter
from gaff.plugins.builtin.sandbox._vault import Vault
from gaff.settings import Layer, MergedSettings

NETRC = "machine a.test login me password one\nmachine b.test login me password two\n"
PASSWORDS = r"password (\S+)"


def encoded(value: Json) -> str:
    """Return a part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


CLAIMS: Mapping[str, Json] = {"sub": "me", "exp": 99, "scope": ["all", 1], "admin": True}
JWT = f"{encoded({'alg': 'HS256'})}.{encoded(dict(CLAIMS))}.c2lnbmF0dXJl"


def claims(token: str) -> Mapping[str, Json]:
    """Return what a token says."""
    found = read_token(token)
    assert found is not None
    return found.payload


def masked(text: str, **entry: object) -> tuple[str, Vault]:
    """Mask a text by an entry."""
    vault = Vault()
    return Masker(Credential("X", masked=True, **entry), vault).mask(text), vault  # type: ignore[arg-type]


def put_in(text: str, vault: Vault) -> str:
    """Return the text with the real ones."""
    return (
        Rewriter(vault.secrets_for("a.test", 443, ["a.test"]))
        .body(text.encode(), b"")
        .decode("utf-8", "surrogateescape")
    )


@pytest.mark.parametrize(
    ("text", "entry", "kept"),
    [
        ("token\n", {}, ["\n"]),
        (NETRC, {"extract": PASSWORDS}, ["machine a.test login me password ", "machine b.test"]),
        (NETRC, {"extract": r"(?<p>one)"}, ["password two"]),
        ("url=postgres://u:pw@h/d", {"extract": r"//[^:]*:([^@]+)@"}, ["url=postgres://u:", "@h/d"]),
        (NETRC, {"extract": "nothing (x)"}, []),
        ("", {}, [""]),
        ("key: \udcff\udc80", {"extract": "key: (.*)"}, ["key: "]),
        (JWT, {"is_jwt": True}, [JWT.partition(".")[0]]),
        ("no token", {"is_jwt": True}, []),
        (f"a: {JWT}\nb: x", {"extract": r"\w: (\S+)", "is_jwt": True}, ["a: ", "b: "]),
    ],
)
def test_what_is_masked_comes_back(text: str, entry: dict[str, object], kept: list[str]) -> None:
    """Only by way of the vault; what is around it stays."""
    result, vault = masked(text, **entry)
    assert put_in(result, vault) == text
    assert all(part in result for part in kept)
    assert not text.strip() or result != text


@pytest.mark.parametrize(("duplicates", "left"), [(False, 1), (True, 0)])
def test_duplicates(duplicates: bool, left: int) -> None:
    """maskDuplicates masks what was found wherever else it stands."""
    result, _ = masked("key=secret # not secret", extract="key=(.*?) ", duplicates=duplicates)
    assert result.count("secret") == left


@pytest.mark.parametrize(
    ("no_match", "outcome"), [("deny", Denied), ("error", NotRun), ("warn", "all"), (None, "masked")]
)
def test_an_expression_that_finds_nothing(no_match: str | None, outcome: str | type[Exception]) -> None:
    """Only where the entry itself says so is the text passed on."""
    if isinstance(outcome, str):
        result, _ = masked("all", extract="(x)", no_match=no_match)
        assert result == outcome or (outcome == "masked" and result.startswith("masked_by_gaff_"))
        return
    with pytest.raises(outcome):
        masked("all", extract="(x)", no_match=no_match)


@pytest.mark.parametrize("pattern", ["(", "no group", "(?P<a"])
def test_an_expression_that_is_none_denies(pattern: str) -> None:
    """It might have meant anything."""
    with pytest.raises(Denied):
        masked("all", extract=pattern)


@pytest.mark.parametrize(("named", "kept"), [(None, {"exp", "admin"}), (("sub",), {"exp", "scope", "admin"})])
def test_claims(named: tuple[str, ...] | None, kept: set[str]) -> None:
    """Without a list all are masked but times; with one, those it names. The signature is another."""
    result, _ = masked(JWT, is_jwt=True, claims=named)
    found = claims(result)
    assert {name for name, value in found.items() if value == CLAIMS[name]} == kept
    assert result.split(".")[2] != JWT.split(".")[2]


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "....", f"{encoded([])}.{encoded({})}.x", JWT + ".x"])
def test_what_is_no_token(text: str) -> None:
    """Anything else than three parts of which two are objects."""
    assert read_token(text) is None


@given(st.text(max_size=60), st.sampled_from([None, "(a+)", r"=(\S*)", "(.)(.)"]), st.booleans())
def test_any_text_comes_back(text: str, pattern: str | None, duplicates: bool) -> None:
    """Whatever it is, and whatever the expression finds."""
    result, vault = masked(text, extract=pattern, duplicates=duplicates)
    assert put_in(result, vault) == text


def entries(*levels: tuple[str, bool, dict[str, Json]]) -> tuple[Credential, ...]:
    """Read an entry for X of each level."""
    layers = [
        Layer(name, f"/{name}.json", Path("/"), {"all": [{"name": "X", **entry}]}, trusted)
        for name, trusted, entry in levels
    ]
    return credentials(MergedSettings(layers).by_level("all"), "name")


@pytest.mark.parametrize(
    ("level", "trusted", "entry", "is_masked"),
    [
        ("user", True, {"mode": "mask"}, True),
        ("local", True, {"mode": "mask"}, True),
        ("managed", True, {"mode": "mask"}, True),
        ("project", True, {"mode": "mask"}, False),
        ("local", False, {"mode": "mask"}, False),
        ("user", True, {"mode": "deny"}, False),
        ("user", True, {}, False),
        ("user", True, {"mode": "MASK"}, False),
        ("user", True, {"mode": "mask", "injectHost": ["a.test"]}, False),
        ("user", True, {"mode": "mask", "decode": "base64"}, False),
        ("user", True, {"mode": "mask", "extract": 1}, False),
        ("user", True, {"mode": "mask", "injectHosts": "a.test"}, False),
        ("user", True, {"mode": "mask", "maskClaims": [1]}, False),
        ("user", True, {"mode": "mask", "onExtractNoMatch": "ignore"}, False),
    ],
)
def test_only_whom_it_concerns_has_credentials_put_in(
    level: str, trusted: bool, entry: dict[str, Json], is_masked: bool
) -> None:
    """A repository has them denied, and so does what cannot be read."""
    assert [one.masked for one in entries((level, trusted, entry))] == [is_masked]


def test_a_denial_of_any_level_holds() -> None:
    """Whichever comes first."""
    one: tuple[str, bool, dict[str, Json]] = ("user", True, {"mode": "mask"})
    other: tuple[str, bool, dict[str, Json]] = ("project", False, {"mode": "deny"})
    assert entries(one, other) == entries(other, one) == (Credential("X"),)


@pytest.mark.parametrize("real", ["a\r\nX: y", "a\nb", "a\0"])
def test_no_header_is_made_up(real: str) -> None:
    """A credential with a line end is not put into a head."""
    found = Rewriter({"S": real})
    assert found.headers([(b"A", b"S")]) == [(b"A", b"S")]
    assert b"\n" not in found.target(b"/S")


@given(st.data())
def test_answers_hide_what_was_put_in(data: st.DataObject) -> None:
    """In whatever pieces they come, and nothing else is changed."""
    text = "".join(data.draw(st.lists(st.sampled_from(["real-one", "real-", "real-two", "x"]), max_size=8)))
    hider, told, rest = Hider({"<1>": "real-one", "<2>": "real-two"}), b"", text.encode()
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        told, rest = told + hider.feed(rest[:size]), rest[size:]
    assert told + hider.end() == text.replace("real-one", "<1>").replace("real-two", "<2>").encode()


def test_an_answer_is_not_held_up() -> None:
    """Only what may be the beginning of a credential waits."""
    hider = Hider({"<1>": "real-one"})
    assert (hider.feed(b"data: 1\n\n"), hider.feed(b"re"), hider.feed(b"st")) == (
        b"data: 1\n\n",
        b"",
        b"rest",
    )
