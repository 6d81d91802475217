"""gaff plugin and /plugin: list, show, switch, reload, make and check plugins, and see what they cost."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from gaff.hooks import (
    Command,
    CommandResult,
    GaffError,
    Kernel,
    Session,
    SessionError,
    Subcommand,
    UsageError,
    hookimpl,
)

_ACTIONS: Final = ("list", "show", "reload", "enable", "disable", "timings")
_LEVELS: Final = ("user", "project", "local")
_TARGET: Final = "a file, a folder with a pyproject.toml, a module, or a plugin's name"


class PluginSubcommand(Subcommand):
    """``gaff plugin list|show|enable|disable|new|check``."""

    name: ClassVar[str] = "plugin"
    summary: ClassVar[str] = "list, show, switch, make and check plugins, and see what they cost"

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", metavar="list|show|enable|disable|new|check")
        _list_arguments(actions.add_parser("list", help="every plugin, loaded or not, and why one is not"))
        showing = actions.add_parser("show", help="everything known of one plugin")
        showing.add_argument("plugin", metavar="NAME")
        showing.add_argument("--json", action="store_true", help="print it as JSON")
        for word in ("enable", "disable"):
            summary = f"{word} a plugin, or a family as NAME.*, in a settings file"
            _switch_arguments(actions.add_parser(word, help=summary))
        making = actions.add_parser("new", help="write a new plugin that works, with tests")
        making.add_argument("plugin", metavar="NAME")
        making.add_argument("--dir", metavar="PATH", help="the folder to write it into; this one by default")
        making.add_argument(
            "--single-file", action="store_true", help="a file .gaff/plugins/NAME.py, no package"
        )
        _check_arguments(
            actions.add_parser("check", help="hold a plugin against everything a good one keeps")
        )

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        if arguments.action == "check":
            return await _check(kernel, arguments)
        print(await asyncio.to_thread(_text, kernel, arguments))
        return 0


def _list_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="a row for each built-in, too")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--timings", action="store_true", help="what each cost: calls, time, tokens")
    parser.add_argument("--session", metavar="ID", help="timings of this session, not of this folder's last")
    parser.add_argument("--since", metavar="7d", help="timings of all sessions of this folder: 12h, 7d, 2w")


def _switch_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("plugin", metavar="NAME")
    levels = parser.add_mutually_exclusive_group()
    for level in _LEVELS:
        where = f"in the {level} settings"
        levels.add_argument(f"--{level}", dest="level", action="store_const", const=level, help=where)


def _check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("target", nargs="+", metavar="TARGET", help=_TARGET)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--limit",
        type=float,
        metavar="SECONDS",
        help="how long code may be silent before it counts as hanging",
    )


def _text(kernel: Kernel, arguments: Namespace) -> str:
    """Return what a subcommand prints."""
    if arguments.action == "show":
        return _shown(kernel, arguments.plugin, as_json=arguments.json)
    if arguments.action in ("enable", "disable"):
        return _switch(kernel, arguments.plugin, arguments.action, arguments.level or "user")
    if arguments.action == "new":
        from ._plugin.making import make_file, make_package

        folder = Path(arguments.dir).expanduser() if arguments.dir else kernel.project_dir
        make = make_file if arguments.single_file else make_package
        return make(kernel, arguments.plugin, folder.absolute())
    return _listed(kernel, arguments)


def _listed(kernel: Kernel, arguments: Namespace) -> str:
    from ._plugin.facts import all_facts
    from ._plugin.listing import list_text
    from ._plugin.tables import width

    given = vars(arguments)
    if given.get("timings") or given.get("session") or given.get("since"):
        return _recorded(kernel, arguments)
    if given.get("json"):
        return json.dumps([one.to_json() for one in all_facts(kernel)], indent=2)
    return list_text(kernel, width(), everything=bool(given.get("all")))


def _recorded(kernel: Kernel, arguments: Namespace) -> str:
    from ._plugin.costs import recorded_costs
    from ._plugin.tables import table, width

    costs = recorded_costs(kernel, arguments.session, arguments.since)
    if arguments.json:
        return json.dumps(costs.to_json(), indent=2)
    if not costs.turns:
        return "no timings are recorded there: they come with the first turn"
    head = f"{costs.turns} turn{'s' if costs.turns > 1 else ''}, {costs.turn_ms / 1000:.1f} s:"
    return f"{head}\n{table(costs.rows(), width(), right=range(1, 7))}"


def _shown(kernel: Kernel, name: str, *, as_json: bool) -> str:
    from ._plugin.facts import find_plugin
    from ._plugin.listing import show
    from ._plugin.tables import table, width

    if as_json:
        return json.dumps([one.to_json() for one in find_plugin(kernel, name)], indent=2)
    return table(show(kernel, name), width())


def _switch(kernel: Kernel, name: str, word: str, level: str) -> str:
    from ._plugin.facts import names_of
    from ._plugin.switching import switch

    names_of(kernel, name)
    return switch(kernel, name, level, on=word == "enable")


async def _check(kernel: Kernel, arguments: Namespace) -> int:
    """Run the conformance kit in a process of its own: what it examines may do anything."""
    options = ["--json"] if arguments.json else []
    options += ["--limit", str(arguments.limit)] if arguments.limit else []
    files = {report.name: report.path for report in kernel.reports if report.path.endswith(".py")}
    wanted: Sequence[str] = arguments.target
    targets = [files.get(target, target) for target in wanted]
    # A project's files must not pass for libraries (-P); the kit finds what is named all the same.
    command = [sys.executable or "python3", "-P", "-m", "gaff.testing.conformance", *options, "--", *targets]
    process = await asyncio.create_subprocess_exec(*command, env=dict(os.environ))
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


class PluginCommand(Command):
    """``/plugin``: the same in a session, and ``/plugin reload``."""

    name: ClassVar[str] = "plugin"
    summary: ClassVar[str] = "list, show, reload, enable or disable plugins, and see what they cost"
    argument_hint: ClassVar[str] = "[list | show NAME | reload [NAME] | enable NAME | disable NAME | timings]"
    aliases: ClassVar[tuple[str, ...]] = ("plugins",)

    async def run(self, arguments: str, session: Session) -> CommandResult:
        word, _, rest = arguments.partition(" ")
        name = rest.strip()
        kernel = session.kernel
        if word in ("", "list"):
            from ._plugin.listing import list_markdown

            return CommandResult(list_markdown(kernel))
        if word == "timings":
            return CommandResult(await asyncio.to_thread(_own_costs, session))
        if word == "reload":
            return await _reload(kernel, name)
        if word not in _ACTIONS or not name:
            raise UsageError(f"/plugin {arguments}: say {self.argument_hint.strip('[]')}")
        if word == "show":
            from ._plugin.listing import show

            return CommandResult("\n".join(f"- **{label}**: {value}" for label, value in show(kernel, name)))
        name, _, level = name.partition(" --")
        if (level or "user") not in _LEVELS:
            raise UsageError(f"/plugin {arguments}: say --user, --project or --local")
        return CommandResult(await asyncio.to_thread(_switch, kernel, name, word, level or "user"))

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        word, space, start = arguments.partition(" ")
        if not space:
            return [action for action in _ACTIONS if action.startswith(word)]
        names = dict.fromkeys(report.name for report in session.kernel.reports)
        return [f"{word} {name}" for name in names if name.startswith(start)] if word in _ACTIONS[1:5] else ()


def _own_costs(session: Session) -> str:
    from ._plugin.costs import costs_of

    kernel = session.kernel
    try:
        entries = list(kernel.session_store().read(session.id, session.project_dir))
    except SessionError:  # nothing was said yet, so nothing was written
        entries = []
    head, *rows = costs_of(kernel.timings, entries).rows()
    if not rows:
        return "No plugin was called yet."
    lines = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join(["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *lines])


async def _reload(kernel: Kernel, name: str) -> CommandResult:
    """Load one plugin anew, or all that are no built-ins."""
    from ._plugin.facts import names_of

    if name:
        names_of(kernel, name)
    own = [
        one.name
        for one in kernel.reports
        if one.source not in ("built-in", "session") and one.state == "active"
    ]
    names = [name] if name else own
    lines: list[str] = []
    failed = False
    for one in names:
        try:
            reloaded = await kernel.reload(one)
        except GaffError as fault:
            failed = True
            lines.append(f"- `{one}` was not loaded anew, the old one goes on: {fault}")
            continue
        changes = "; ".join(reloaded.changes) or "nothing it offers has changed"
        lines.append(f"- `{one}` is loaded anew, for the {_ordinal(reloaded.generation)} time: {changes}")
        lines += [f"    - left behind by the old one: {left}" for left in reloaded.left_behind]
    return CommandResult("\n".join(lines) or "There is no plugin but the built-in ones.", is_error=failed)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /plugin."""
    return [PluginCommand()]


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Offer gaff plugin."""
    return [PluginSubcommand()]
