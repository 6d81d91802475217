"""Bash rules: patterns over the text of simple commands.

``*`` stands for any characters, spaces too. A trailing `` *`` (or ``:*``) ends at a word boundary, and
where it is the only wildcard, the bare command matches as well. Allow rules see only what stands behind
wrappers and assignments known to be harmless; deny and ask rules see every way to read the command.
Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from gaff.hooks import Action

from ._globs import Glob

#: The tools whose ``run`` actions are shell commands that Bash rules may allow.
SHELL_TOOLS: Final = frozenset({"Bash", "Monitor"})

#: Wrappers that change how a command runs, not what it does.
_WRAPPERS: Final = frozenset({"timeout", "time", "nice", "nohup", "stdbuf", "command", "builtin", "noglob"})
_WRAPPER_ARGUMENT: Final = re.compile(r"-[A-Za-z0-9-]+(?:=[\w.]+)?|\d+(?:\.\d+)?[smhd]?")

_HARMLESS_VARIABLES: Final = (
    "NODE_ENV|LANG|LANGUAGE|LC_[A-Z]+|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|COLUMNS|LINES|TZ|CI|TERM"
    "|RUST_BACKTRACE|RUST_LOG|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|GOOS|GOARCH"
)
_HARMLESS_ASSIGNMENT: Final = re.compile(rf"(?:{_HARMLESS_VARIABLES})=(['\"]?)[\w.,:/@%+-]*\1", re.ASCII)
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*\+?=")

#: Commands that run what they are given: only a rule that spells the whole command allows them.
_EXACT_ONLY: Final = frozenset({"watch", "setsid", "ionice", "flock"})
FIND_EFFECTS: Final = frozenset(
    {"-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls"}
)

#: Programs that run another one given behind their options; denials look through them.
LAUNCHERS: Final = frozenset(
    "sudo doas env xargs parallel watch setsid ionice flock chroot unshare nsenter busybox toybox exec eval "
    "timeout time nice nohup stdbuf command builtin noglob nocorrect find npx bunx uvx strace unbuffer".split()
)
#: Programs that take a text and run it as a shell would.
SHELLS: Final = frozenset("sh bash zsh dash ksh ash fish".split())
_TEXT_RUNNERS: Final = SHELLS | frozenset("su runuser script eval watch parallel ssh".split())
_LONGEST_LOOK: Final = 12

#: Words that a rule may match joined by spaces, because no quoting can hide in them.
_PLAIN: Final = re.compile(r"[^\s'\"\\$`&|;<>(){}*?\[\]!#~]+")
#: What may follow the word that a rule ends in: a blank, or nothing.
_BLANKS: Final = ("", " ", "\t")
#: More readings of one command than this are not looked at.
_MOST_READINGS: Final = 20_000
_OPERATORS: Final = re.compile(r"[;&|\n<>`]|\$\(")
_COMPOSED: Final = re.compile(r"[;&|\n<>()`$]")
_BREAKS: Final = re.compile(r"[;&|\n(){}`!]|\b(?:then|do|else|elif|if|while|until|time)\b")
_QUOTING: Final = re.compile(r"['\"\\]")


@dataclass(frozen=True, slots=True)
class CommandTexts:
    """The ways to read one ``run`` action."""

    #: What an allow rule may match.
    plain: tuple[str, ...]
    #: The command that a file access comes from, for rules that take any arguments; empty for a ``run``.
    accessing: str
    #: What stood in front of the command, and the command with it; empty where nothing did.
    front: str
    prefixed: str
    #: What a deny or ask rule may match.
    every: tuple[str, ...]
    #: The whole text given to the shell, for rules that hold operators.
    whole: str
    #: Only a rule without wildcards allows it.
    exact_only: bool
    #: There are more readings than can be looked at, so that any denial might be meant.
    too_many: bool


@dataclass(frozen=True, slots=True)
class CommandPattern:
    """The specifier of a Bash rule, compiled."""

    glob: Glob
    #: The command that ``command *`` matches without arguments, too; empty for other patterns.
    bare: str
    compound: bool

    @property
    def is_exact(self) -> bool:
        """Whether it has no wildcard."""
        return len(self.glob.parts) == 1

    def allows(self, texts: CommandTexts) -> bool:
        """Whether an allow rule with this pattern covers the command."""
        if texts.exact_only and not self.is_exact:
            # A '*' that the command itself holds makes a rule no less exact.
            return "*".join(self.glob.parts) in texts.plain
        if any(map(self.matches, texts.plain)):
            return True
        if self.bare and texts.accessing and self.matches(texts.accessing):
            return True
        spelled = self.is_exact or self.glob.parts[0].startswith(texts.front + " ")
        return bool(texts.prefixed) and spelled and self.matches(texts.prefixed)

    def names(self, texts: CommandTexts) -> bool:
        """Whether a deny or ask rule with this pattern covers the command, however it is read."""
        if texts.too_many or any(map(self.matches, texts.every)):
            return True
        return self.compound and self.matches(texts.whole)

    def matches(self, text: str) -> bool:
        """Whether the text is one that the pattern stands for."""
        if self.bare:
            return text.startswith(self.bare) and text[len(self.bare) : len(self.bare) + 1] in _BLANKS
        return self.glob.matches(text)


def compile_command(specifier: str) -> CommandPattern:
    """Compile the specifier of a Bash rule."""
    text = specifier.strip()
    if text.endswith(":*"):
        text = text[:-2] + " *"
    bare = text[:-2] if text.endswith(" *") and text.count("*") == 1 else ""
    return CommandPattern(Glob.of(text), bare, bool(_OPERATORS.search(text)))


def command_texts(action: Action, whole: str) -> CommandTexts:
    """Return the ways to read a ``run`` action; ``whole`` is the text given to the shell.

    A file action is read as the command it comes from: its words where it carries them, else the
    whole text, if that is one simple command without redirections.
    """
    front = " ".join(action.prefix)
    bare = _own_text(action, whole).strip()
    if front and bare.startswith(front + " "):
        bare = bare[len(front) :].lstrip()
    joined = " ".join(action.words)
    # Documented: an allow rule does not see through quoting, as denials do.
    is_quoted = _QUOTING.search(bare.replace("\\\n", "")) is not None
    is_plain = not is_quoted and all(map(_PLAIN.fullmatch, action.words))
    plain = tuple(dict.fromkeys(text for text in (bare, joined if is_plain else "") if text))
    is_harmless = has_harmless_front(action.prefix)
    fed = _suffixes(text_words(whole)) if is_fed(action) else ()
    readings = tuple(islice(chain(_readings(action, bare, joined), fed), _MOST_READINGS + 1))
    return CommandTexts(
        plain if is_harmless else (),
        joined if is_harmless and action.kind != "run" else "",
        front,
        f"{front} {bare}" if front and bare else "",
        tuple(dict.fromkeys(readings)),
        whole.strip(),
        needs_exact_rule(action),
        len(readings) > _MOST_READINGS,
    )


def _own_text(action: Action, whole: str) -> str:
    if action.kind == "run":
        return action.target
    return "" if _COMPOSED.search(whole) else whole


def has_harmless_front(prefix: Sequence[str]) -> bool:
    """Whether an allow rule may look past what stands in front of a command."""
    wrapped = False
    for part in prefix:
        name = part.split(" ", 1)[0]
        if name in _WRAPPERS or part == "xargs":
            wrapped = part != "xargs"
        elif not (_HARMLESS_ASSIGNMENT.fullmatch(part) or (wrapped and _WRAPPER_ARGUMENT.fullmatch(part))):
            return False
    return True


def needs_exact_rule(action: Action) -> bool:
    """Whether a command runs what it is given, so that only a rule that spells all of it allows it."""
    fronts = {part.split(" ", 1)[0] for part in action.prefix}
    if fronts & _EXACT_ONLY or not action.words:
        return bool(fronts & _EXACT_ONLY)
    name = os.path.basename(action.words[0])
    return name in _EXACT_ONLY or (name == "find" and not FIND_EFFECTS.isdisjoint(action.words))


def _readings(action: Action, bare: str, joined: str) -> Iterator[str]:
    """Yield every text by which a denial may name the command."""
    words, prefix = action.words, action.prefix
    yield from (text for text in (bare, joined, action.target.strip()) if text)
    if words[:1] == ("command",) and words[1:2] in (("-v",), ("-V",)):
        return  # documented: this only looks a command up
    for start in range(len(prefix)):
        yield " ".join((*prefix[start:], joined or bare))
    if words and "/" in words[0]:
        yield " ".join((os.path.basename(words[0]), *words[1:]))
    if words and os.path.basename(words[0]) in LAUNCHERS:
        yield from (" ".join(words[start:]) for start in range(1, min(len(words), _LONGEST_LOOK)))
    runs_text = any(os.path.basename(word) in _TEXT_RUNNERS for word in words[:_LONGEST_LOOK])
    for word in words[1:] if runs_text else ():
        yield from fragments(word)
    if not action.understood:
        yield from fragments(action.target)


def is_fed(action: Action) -> bool:
    """Whether this is a shell that runs what it is given on its input: a here-document, what another prints."""
    words = action.words
    is_shell = bool(words) and os.path.basename(words[0]) in SHELLS
    return is_shell and all(word.startswith("-") for word in words[1:])


def text_words(text: str) -> list[str]:
    """Return every word of a text, quotes and operators dropped."""
    return _BREAKS.sub(" ", _QUOTING.sub("", text)).replace("<", " ").split()


def _suffixes(words: Sequence[str]) -> Iterator[str]:
    """Yield what begins at each word, as if a command did."""
    return (" ".join(words[start : start + _LONGEST_LOOK]) for start in range(len(words)))


def fragments(text: str) -> Iterator[str]:
    """Yield what might be commands in a text that could not be read, quotes and assignments dropped.

    Errs on the side of too many: only denials are held against it.
    """
    for part in _BREAKS.split(text):
        words = _QUOTING.sub("", part.replace("$(", " ")).split()
        while words and (_ASSIGNMENT.match(words[0]) or words[0] in _WRAPPERS):
            del words[0]
        if words:
            yield " ".join(words)
            if words[0] in LAUNCHERS:
                yield from (" ".join(words[start:]) for start in range(1, min(len(words), _LONGEST_LOOK)))
