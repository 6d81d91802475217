"""Examines plugins, each in processes of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path

from .children import Ending, Report, run
from .findings import Finding, Outcome, in_order
from .imports import examine_import, prepare, quiet_environment
from .targets import Target


def examine_all(targets: Sequence[Target], limit: float) -> Iterator[Outcome]:
    """Examine plugins; ``limit`` are the seconds without a sign of life after which code counts as hanging.

    What a session needs is imported once, after all imports were measured, and each plugin gets a fork.
    """
    with tempfile.TemporaryDirectory(prefix="gaff-check-") as folder:
        root = Path(folder)
        quiet_environment(folder)
        prepare()
        imports = [examine_import(target, limit) for target in targets]
        taken = _taken(root, limit)
        for number, (target, (findings, usable)) in enumerate(zip(targets, imports, strict=True)):
            work = partial(_examine, target, root, number, taken, limit)
            ending = run(work, limit) if usable else None
            yield _outcome(target, findings, ending, limit)


def _taken(root: Path, limit: float) -> Mapping[tuple[str, str], str]:
    """Return the names that are taken; the same look fills the manifest cache that all examinations share."""
    # What every examination needs is imported once; the backport adds a finder, which is no plugin's doing.
    for name in ("importlib_metadata", f"{__package__}.contract"):
        import_module(name)
    from . import session

    def look(report: Report) -> None:
        names = session.all_names(session.make_workspace(root / "names", root / "cache"))
        report.value("names", [[*key, plugin] for key, plugin in names.items()])

    ending = run(look, max(limit, 60.0))
    return {(hook, name): plugin for hook, name, plugin in ending.values.get("names", ())}


def _examine(
    target: Target,
    root: Path,
    number: int,
    taken: Mapping[tuple[str, str], str],
    limit: float,
    report: Report,
) -> None:
    from .contract import examine_contract
    from .session import Examination, make_workspace
    from .side_effects import Observer

    sys.dont_write_bytecode = True
    target.prepare()
    workspace = make_workspace(root / str(number), root / "cache")
    os.chdir(workspace.project)
    examination = Examination(target, report, workspace, limit)
    report.begin("registration", "a session without it")
    examination.warm_up()
    examined = examine_contract(target, report, Observer(), taken)
    if examined is not None:
        examination.run(*examined)


def _outcome(target: Target, findings: Sequence[Finding], ending: Ending | None, limit: float) -> Outcome:
    """Put together what was found of one plugin."""
    if ending is None:
        return Outcome(target.name, in_order(findings, (), "it cannot be imported"))
    found = [*findings, *ending.findings]
    why_not = "it does not keep to the contract"
    if not ending.finished:
        found.append(_ended(ending, limit))
        why_not = f"the examination stopped at {ending.last[1]}"
    return Outcome(target.name, in_order(found, ("import", "light", *ending.done), why_not))


def _ended(ending: Ending, limit: float) -> Finding:
    check, what = ending.last
    if ending.hung:
        text = f"{what} does not end within {limit:g} s, and cannot be cancelled"
        return Finding("blocking", "fault", text, "await what takes long, and let it be cancelled")
    how = f"signal {-ending.code}" if ending.code < 0 else f"exit code {ending.code}"
    check = "events" if check == "blocking" else check
    last = ending.said.strip().rpartition("\n")[2]
    return Finding(
        check,
        "fault",
        f"{what} ends the process ({how}){': ' if last else ''}{last}",
        "a plugin must not leave",
    )
