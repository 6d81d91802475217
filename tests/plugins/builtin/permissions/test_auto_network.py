"""Auto mode and the hosts that a command in the sandbox wants to reach."""

from __future__ import annotations

from gaff.plugins.builtin.sandbox._domains import Hosts
from gaff.testing import Shell, status

from .conftest import reviews, verdict


async def test_a_host_is_judged_once_for_each_port(auto: Shell) -> None:
    """Other commands of the session get the same verdict, without a request; another port is another question."""
    session = await auto.start()
    auto.add(verdict("allow"), verdict("block"))
    first, second = Hosts(session, "npm ci"), Hosts(session, "curl x")
    assert await first.judge("registry.example.org", 443)
    assert await second.judge("registry.example.org", 443)
    assert not await first.judge("registry.example.org", 25)
    assert not await second.judge("registry.example.org", 25)
    assert len(reviews(auto)) == 2
    assert "registry.example.org" in str(reviews(auto)[0])
    assert first.refused == {"registry.example.org:25": None}


async def test_where_there_is_no_verdict_the_user_is_asked_about_a_host(auto: Shell) -> None:
    """Unavailable means ask."""
    session = await auto.start()
    auto.add(status(400))
    auto.answer("once")
    assert await Hosts(session, "npm ci").judge("registry.example.org", 443)
    assert len(auto.questions) == 1


async def test_a_host_that_settings_deny_is_not_judged(auto: Shell) -> None:
    """Lists come first, in auto mode as in others."""
    auto.workspace.settings({"sandbox": {"network": {"deniedDomains": ["evil.example"]}}})
    session = await auto.start()
    assert not await Hosts(session, "curl x").judge("evil.example", 443)
    assert not reviews(auto)
