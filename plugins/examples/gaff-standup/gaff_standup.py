"""/standup: let the model write what you did, from the commits you made and the changes you have not committed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gaff.hooks import Command, CommandResult, Session, UsageError, hookimpl

SINCE = {"today": "midnight", "yesterday": "yesterday.midnight", "week": "1.week"}
QUIET = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "log.showSignature=false")
PROMPT = "Write what I say at the stand-up, in at most five short points, from this alone:\n\n"


class Standup(Command):
    """``/standup [today | yesterday | week]``."""

    name = "standup"
    summary = "write what you did, from your commits"
    argument_hint = "[today | yesterday | week]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        """Ask the model, or say that there is nothing to tell."""
        since = SINCE.get(arguments or "yesterday")
        if since is None:
            raise UsageError(f"/standup {arguments}: say {self.argument_hint.strip('[]')}")
        author = (await _git(session, "config", "user.email")).strip()
        commits = await _git(
            session, "log", "--all", "--format=%ar: %s", f"--since={since}", f"--author={author}"
        )
        changes = await _git(session, "status", "--short")
        if not commits and not changes:
            return CommandResult("You did nothing that git knows of.")
        return CommandResult(prompt=f"{PROMPT}Commits:\n{commits}\nNot committed:\n{changes}")

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        """Offer the spans of time."""
        return [word for word in SINCE if word.startswith(arguments)]


async def _git(session: Session, *words: str) -> str:
    """Return what git prints. What a repository configures to run along with git stays off."""
    process = await asyncio.create_subprocess_exec(
        *("git", *QUIET, *words),
        cwd=session.cwd,
        env=session.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    return out.decode("utf-8", "replace")


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Contribute the command."""
    return [Standup()]
