"""What an examination finds: one line a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

Verdict: TypeAlias = Literal["ok", "fault", "note"]

#: Every check, in order, and what is said where it holds.
CHECKS: Final[Mapping[str, str]] = {
    "import": "imports, and quickly",
    "light": "importing it pulls in no heavy module",
    "api": "made for this version of the hook contract",
    "registration": "registering it has no side effects",
    "records": "everything it contributes is of the right kind and serialises",
    "hooks": "every implementation fits its hook",
    "names": "names are well-formed, and taken by nobody else",
    "manifest": "says the same each time it is asked, and the shell sees the same",
    "prompt": "texts in the prompt and schemas stay the same, so the prompt cache hits",
    "tools": "tools take what their schema asks for, and end",
    "events": "every event hook answers as it may",
    "blocking": "nothing holds up the event loop",
    "reload": "can be disabled, enabled and loaded anew",
    "leaks": "leaves no task, thread or process behind",
    "output": "prints nothing to standard output",
}

_WORDS: Final[Mapping[Verdict, str]] = {"ok": "ok", "fault": "FAULT", "note": "note"}


@dataclass(frozen=True)
class Finding:
    """One line: what was found at a check, and how to mend it."""

    check: str
    verdict: Verdict
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{_WORDS[self.verdict]:<6}{self.check:<14}{self.text}"
        return f"{line}; {self.remedy}" if self.remedy else line


@dataclass(frozen=True)
class Outcome:
    """Everything that was found of one plugin, in the order of ``CHECKS``."""

    plugin: str
    findings: Sequence[Finding]

    @property
    def faults(self) -> Sequence[Finding]:
        """What is to be mended."""
        return [finding for finding in self.findings if finding.verdict == "fault"]

    @property
    def conforms(self) -> bool:
        """Whether there is no fault."""
        return not self.faults

    def fault_lines(self) -> Iterator[str]:
        """Yield the faults as lines."""
        yield from map(str, self.faults)

    def __str__(self) -> str:
        counts = dict.fromkeys(_WORDS, 0)
        for finding in self.findings:
            counts[finding.verdict] += 1
        faults = f"{counts['fault']} fault{'' if counts['fault'] == 1 else 's'}"
        summary = f"{self.plugin}: {faults}, {counts['ok']} ok"
        return "\n".join([*map(str, self.findings), summary])

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        findings = [asdict(finding) for finding in self.findings]
        return {"plugin": self.plugin, "conforms": self.conforms, "findings": findings}

    @staticmethod
    def of_json(value: Mapping[str, Any]) -> Outcome:
        """Read what ``to_json`` returned."""
        return Outcome(value["plugin"], tuple(Finding(**finding) for finding in value["findings"]))


def in_order(findings: Sequence[Finding], done: Sequence[str], why_not: str) -> tuple[Finding, ...]:
    """Return the findings by check, with a line for each check that holds, and one for those not looked at.

    ``done`` are the checks that were looked at to their end; ``why_not`` says what stopped the rest.
    """
    ordered: list[Finding] = []
    missed: list[str] = []
    for check, held in CHECKS.items():
        found = [finding for finding in findings if finding.check == check]
        settled = any(finding.verdict != "note" for finding in found)
        if not settled and check in done:
            ordered.append(Finding(check, "ok", held))
        elif not settled:
            missed.append(check)
        ordered += dict.fromkeys(found)
    if missed:
        ordered.append(Finding("not looked at", "note", f"{', '.join(missed)}, since {why_not}"))
    return tuple(ordered)
