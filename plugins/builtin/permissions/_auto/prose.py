"""The reviewer's rules in prose: built-in ones, and what the user's settings make of them.

``autoMode`` counts from managed settings, the command line and the user's own file, never from a
project's: a repository must not write the rules it is judged by. ``"$defaults"`` in a list stands for
the built-in entries; a list without it replaces them. Source: code.claude.com/docs/en/auto-mode-config.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gaff.hooks import JsonObject, Settings

DEFAULTS: Final = "$defaults"
TRUSTED_LEVELS: Final = frozenset({"managed", "command line", "user"})
SECTIONS: Final = ("environment", "allow", "soft_deny", "hard_deny")

BUILT_IN: Final[dict[str, tuple[str, ...]]] = {
    "environment": (
        "Trusted: the working directories of this session, and the git remotes that were configured when it began.",
        "Not trusted: every other host, repository, bucket, registry and account, unless an entry here names it.",
        "No production system, shared cluster or cloud account is known; treat what looks like one as shared.",
    ),
    "allow": (
        "Reading, searching and listing, except for credentials.",
        "Creating, changing, moving and deleting files of the task inside the working directories.",
        "Building, testing, formatting and checking the project with its own tools and scripts.",
        "Installing dependencies that the project's manifests already declare.",
        "Fetching public documentation and other read-only HTTP requests that carry no private data.",
        "Local git work that loses nothing: add, commit, branch, switch, stash, fetch, tag.",
        "Pushing to the branch the session works on, at the remote it began with, where the user asked for it.",
        "Starting the project's own development server on this machine, and talking to it.",
    ),
    "soft_deny": (
        "Downloading code and running it: a script piped into a shell, an installer, a package nobody declared.",
        "Destroying what existed before the session and cannot be had back: deleting, overwriting, truncating.",
        "Discarding uncommitted work: git reset --hard, checkout or restore of files, clean, stash drop or clear.",
        "Rewriting shared history: force push, deleting remote branches or tags, amending what was pushed.",
        "Pushing to main, master, production or release branches, or to a remote changed in this session.",
        "Deploying, releasing, publishing, migrating or restarting anything beyond this machine.",
        "Creating, changing or deleting cloud resources, databases or infrastructure (terraform, kubectl, cdk ...).",
        "Granting access: users, roles, keys, repository or bucket permissions, visibility.",
        "Reading, printing or moving credentials that the task does not need.",
        "Weakening a safeguard: checks in CI, git hooks, tests, certificate checks, sandboxes, permission settings.",
        "Changing what others run unseen: CI, hooks, deploy and package scripts, lock and container files.",
        "Changing things outside the working directories, or system services and packages.",
        "Acting towards other people: posting, commenting, mailing, merging, closing, inviting.",
        "Opening this machine to others: tunnels, listeners on public addresses, remote shells.",
        "Starting agents, loops or schedules that act without being watched.",
        "Going beyond the task, or around a block: another command to the same end that was refused.",
    ),
    "hard_deny": (
        "Sending credentials, keys, tokens, environment variables or private data to a place that is not trusted.",
        "Opening a shell on this machine to somebody else.",
        "Wiping disks, file systems, the home folder or the whole machine.",
        "Changing or deleting this session's own record, or hiding from the user what was done.",
    ),
}


@dataclass(frozen=True, slots=True)
class ProseRules:
    """The rules in force."""

    environment: tuple[str, ...]
    allow: tuple[str, ...]
    soft_deny: tuple[str, ...]
    hard_deny: tuple[str, ...]
    #: Whether no shell command is settled by an allow rule or without the reviewer.
    classifies_all_shell: bool = False

    @property
    def has_built_in_bans(self) -> bool:
        """Whether the built-in unconditional bans are among the rules."""
        return set(BUILT_IN["hard_deny"]) <= set(self.hard_deny)

    def to_json(self) -> JsonObject:
        """Return the rules as settings hold them."""
        return {
            "environment": list(self.environment),
            "allow": list(self.allow),
            "soft_deny": list(self.soft_deny),
            "hard_deny": list(self.hard_deny),
            "classifyAllShell": self.classifies_all_shell,
        }


def built_in_rules() -> ProseRules:
    """Return the rules without any settings."""
    return ProseRules(
        BUILT_IN["environment"], BUILT_IN["allow"], BUILT_IN["soft_deny"], BUILT_IN["hard_deny"]
    )


def prose_rules(settings: Settings) -> ProseRules:
    """Return the rules in force: the entries of all trusted levels together, the highest first."""
    shell = any(
        value.value is True
        for value in settings.by_level("autoMode", "classifyAllShell")
        if value.level in TRUSTED_LEVELS
    )
    environment, allow, soft_deny, hard_deny = (_entries(settings, section) for section in SECTIONS)
    return ProseRules(environment, allow, soft_deny, hard_deny, classifies_all_shell=shell)


def _entries(settings: Settings, section: str) -> tuple[str, ...]:
    lists = [
        [item for item in value.value if isinstance(item, str) and item.strip()]
        for value in settings.by_level("autoMode", section)
        if value.level in TRUSTED_LEVELS and isinstance(value.value, (list, tuple))
    ]
    if not lists:
        return BUILT_IN[section]
    return tuple(dict.fromkeys(_spliced(lists, section)))


def _spliced(lists: Sequence[Sequence[str]], section: str) -> Iterator[str]:
    for entries in lists:
        for entry in entries:
            yield from BUILT_IN[section] if entry.strip() == DEFAULTS else (entry,)
