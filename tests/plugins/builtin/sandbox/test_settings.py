"""How the settings are read: which level counts, and what a repository may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaff.hooks import Json
from gaff.plugins.builtin.sandbox._credentials import Credential
from gaff.plugins.builtin.sandbox._settings import SandboxSettings, read
from gaff.settings import Layer, MergedSettings


def settings(*levels: tuple[str, bool, dict[str, Json]]) -> SandboxSettings:
    """Read levels, from high to low: name, whether it is trusted, and what it says of the sandbox."""
    layers = [
        Layer(name, f"/{name}.json", Path(f"/base/{name}"), {"sandbox": values}, trusted)
        for name, trusted, values in levels
    ]
    return read(MergedSettings(layers))


def test_defaults() -> None:
    """As documented."""
    assert settings() == SandboxSettings()


def test_the_highest_level_decides() -> None:
    """Of scalars; lists are joined."""
    found = settings(
        ("local", True, {"enabled": False, "excludedCommands": ["a"]}),
        ("user", True, {"enabled": True, "excludedCommands": ["b"]}),
    )
    assert (found.enabled, found.excluded) == (False, ("a", "b"))


@pytest.mark.parametrize(
    "loosening",
    [
        {"enabled": False},
        {"failIfUnavailable": False},
        {"allowUnsandboxedCommands": True},
        {"autoAllowBashIfSandboxed": True},
        {"excludedCommands": ["*"]},
        {"filesystem": {"allowWrite": ["/"], "allowRead": ["/"], "disabled": True}},
        {"network": {"allowedDomains": ["*"], "allowAllUnixSockets": True, "httpProxyPort": 1}},
        {"network": {"allowUnixSockets": ["/run/docker.sock"], "strictAllowlist": False}},
        {"enableWeakerNestedSandbox": True, "bwrapPath": "/tmp/bwrap", "ignoreViolations": {"*": [""]}},
    ],
)
def test_an_untrusted_folder_loosens_nothing(loosening: dict[str, Json]) -> None:
    """Whatever it says, what the user said holds."""
    strict: dict[str, Json] = {
        "enabled": True,
        "failIfUnavailable": True,
        "allowUnsandboxedCommands": False,
        "autoAllowBashIfSandboxed": False,
        "network": {"strictAllowlist": True},
    }
    assert settings(("project", False, loosening), ("user", True, strict)) == settings(("user", True, strict))


def test_an_untrusted_folder_may_tighten() -> None:
    """It may turn the sandbox on, and deny."""
    found = settings(
        (
            "project",
            False,
            {
                "enabled": True,
                "filesystem": {"denyRead": [".env"]},
                "network": {"deniedDomains": ["a.test"]},
                "credentials": {"envVars": [{"name": "TOKEN", "mode": "mask"}]},
            },
        )
    )
    assert (found.enabled, found.deny_read) == (True, ("/base/project/.env",))
    assert (found.denied_domains, found.credential_variables) == (("a.test",), (Credential("TOKEN"),))


@pytest.mark.parametrize("level", ["project", "local"])
def test_only_the_user_turns_the_guard_of_files_off(level: str) -> None:
    """And says which program is bubblewrap."""
    loose: dict[str, Json] = {"filesystem": {"disabled": True}, "bwrapPath": "/tmp/bwrap"}
    found = settings((level, True, loose))
    assert (found.guards_files, found.program) == (True, None)
    assert settings(("user", True, loose)).guards_files is False


def test_paths_start_from_the_folder_of_their_level() -> None:
    """Absolute ones, those of the user's folder, and all others."""
    found = settings(("user", True, {"filesystem": {"allowWrite": ["/a", "~/b", "./c", "d"]}}))
    assert found.allow_write == ("/a", str(Path.home() / "b"), "/base/user/c", "/base/user/d")


def test_managed_lists_can_be_the_only_ones() -> None:
    """Of hosts and of readable paths."""
    only: dict[str, Json] = {
        "filesystem": {"allowManagedReadPathsOnly": True, "allowRead": ["/m"]},
        "network": {"allowManagedDomainsOnly": True, "allowedDomains": ["m.test"]},
    }
    user: dict[str, Json] = {"filesystem": {"allowRead": ["/u"]}, "network": {"allowedDomains": ["u.test"]}}
    found = settings(("managed", True, only), ("user", True, user))
    assert (found.allow_read, found.allowed_domains, found.strict) == (("/m",), ("m.test",), True)


@pytest.mark.parametrize("value", [1, "yes", None, [], {}])
def test_values_of_another_type_are_passed_over(value: Json) -> None:
    """They neither turn anything on nor break the reading."""
    found = settings(("user", True, {"enabled": value, "excludedCommands": value, "network": value}))
    assert found == SandboxSettings()
