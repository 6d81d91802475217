"""A plugin in a real session: its hooks, its records, a turn, and what is left when it is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from gaff.hooks import GaffError, Kernel, PluginError
from gaff.hooks.markers import EVENT_HOOKS
from gaff.hooks.values import JsonObject
from gaff.manifest import CONTRIBUTION_HOOKS, Manifest
from gaff.start import Start, start

from ..replies import call, say
from ..shell import Shell
from ..workspace import Workspace
from .children import Report
from .events import examine_events
from .records import examine_records
from .side_effects import State, descendants, threads
from .targets import Target

#: Seconds that tasks, threads and processes have to end in once the session is over.
_GRACE: Final = 2.0


def make_workspace(folder: Path, cache: Path) -> Workspace:
    """Return a workspace with a project that has something in it."""
    workspace = Workspace(folder, cache=cache)
    workspace.write("README.md", "# A project\n")
    workspace.write("src/main.py", 'print("hello")\n')
    return workspace


def all_names(workspace: Workspace) -> Mapping[tuple[str, str], str]:
    """Return who offers what among the plugins that come with gaff, by hook and name."""
    kernel = start(Start((), workspace.environ, workspace.project))
    return {(hook, one.name): one.plugin for hook in CONTRIBUTION_HOOKS for one in kernel.contributed(hook)}


class Examination:
    """What is looked at while a session lives, and after it."""

    def __init__(self, target: Target, report: Report, workspace: Workspace, limit: float) -> None:
        self._target = target
        self._report = report
        self._workspace = workspace
        self._limit = limit
        self._crashes: list[str] = []
        self._tasks: list[str] = []
        self._threads = threads()

    def warm_up(self) -> None:
        """Run a session without the plugin, so that what every session leaves behind is known."""
        try:
            asyncio.run(self._empty_session(self._target.shell_name))
        except GaffError:  # nothing goes without it, such as the plugin that keeps sessions
            asyncio.run(self._empty_session())
        self._threads = threads()
        threading.excepthook = self._crashed

    async def _empty_session(self, *left_out: str) -> None:
        async with Shell(self._workspace) as shell:
            shell.without(*left_out)
            await shell.start()

    def _crashed(self, arguments: threading.ExceptHookArgs) -> None:
        name = arguments.thread.name if arguments.thread else "a thread"
        self._crashes.append(f"{name}: {arguments.exc_type.__name__}: {arguments.exc_value}")

    def run(self, plugin: object, manifest: Manifest) -> None:
        """Do everything, and report."""
        began = State()
        asyncio.run(self._in_session(plugin, manifest))
        report = self._report
        report.begin("leaks", "looking for what is left")
        for change in began.changes():
            report.fault(
                "reload", f"{change}, and leaves it so", "put back what it changes when the session ends"
            )
        self._report_leaks()
        for crash in dict.fromkeys(self._crashes):
            report.fault("events", f"a thread of its own ended with {crash}", "catch what it may run into")
        report.listen("in a session")
        report.done("reload", "leaks", "output")

    def _report_leaks(self) -> None:
        report = self._report
        for task in dict.fromkeys(self._tasks):
            report.fault(
                "leaks", f"the task {task} goes on after the session", "start it by session.start(...)"
            )
        deadline = monotonic() + _GRACE
        while (left := threads() - self._threads) and monotonic() < deadline:
            sleep(0.01)
        for thread in left:
            text = f"the thread {thread.name} goes on after the session"
            report.fault("leaks", text, "use asyncio.to_thread, or end it in gaff_session_end")
        while (running := descendants(os.getpid())) and monotonic() < deadline:
            sleep(0.01)
        for process, name in running.items():
            text = f"the process {name} goes on after the session"
            report.fault("leaks", text, "end it, and all it started, in gaff_session_end")
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)

    async def _in_session(self, plugin: object, manifest: Manifest) -> None:
        own = asyncio.all_tasks()
        shell = Shell(self._workspace, patience=self._limit)
        shell.options("--plugin", self._target.argument)
        self._report.begin("events", "starting a session with it")
        try:
            async with asyncio.timeout(self._limit):
                session = await shell.start()
            await examine_events(self._report, plugin, manifest, session, self._limit)
            await examine_records(self._report, plugin, manifest, session, self._limit)
            if not self._report.has_faults("blocking"):
                await self._lifecycle(shell, session.kernel, manifest)
        except Exception as fault:  # isolation boundary: whatever it broke is its fault
            self._report.fault("events", f"a session with it fails: {type(fault).__name__}: {fault}")
        finally:
            await self._close(shell)
        await self._count_tasks(own)

    async def _close(self, shell: Shell) -> None:
        self._report.begin("leaks", "ending the session")
        try:
            async with asyncio.timeout(self._limit / 2):
                await shell.close()
        except Exception as fault:  # isolation boundary: whatever it broke is its fault
            self._report.fault(
                "events", f"a session with it does not end well: {type(fault).__name__}: {fault}"
            )

    async def _count_tasks(self, own: set[asyncio.Task[Any]]) -> None:
        if asyncio.all_tasks() - own:
            # What is about to end may do so.
            await asyncio.wait(asyncio.all_tasks() - own, timeout=_GRACE)
        for task in asyncio.all_tasks() - own:
            coroutine = task.get_coro()
            self._tasks.append(getattr(coroutine, "__qualname__", task.get_name()))

    async def _lifecycle(self, shell: Shell, kernel: Kernel, manifest: Manifest) -> None:
        """Run turns with the plugin loaded anew, switched off and on in between."""
        name = self._target.shell_name
        self._judge_manifest(kernel, manifest, name)
        await self._turn(shell, kernel)
        self._report.begin("reload", "loading it anew")
        await self._reload(kernel, name)
        kernel.unregister(name)
        if left := _offered(kernel, name):
            self._report.fault("reload", f"disabled, it still offers {', '.join(left)}")
        kernel.register(self._target.load(), name)
        if set(_offered(kernel, name)) != {
            one for facts in manifest.records.values() for one in _names(facts)
        }:
            remedy = "what it offers must not depend on how often it is loaded"
            self._report.fault("reload", "loaded anew, it offers something else", remedy)
        await self._turn(shell, kernel)

    def _judge_manifest(self, kernel: Kernel, manifest: Manifest, name: str) -> None:
        self._report.begin("manifest", "comparing it with what the shell sees")
        known = [one for one in kernel.reports if one.name == name]
        for state in known[:1]:
            if state.state != "active":
                self._report.fault("manifest", f"the shell says it is {state.state}: {state.reason}")
        if not known:
            self._report.fault("manifest", f"the shell knows no plugin {name}")
        seen = {
            hook: [one for one in kernel.contributed(hook) if one.plugin == name] for hook in manifest.records
        }
        for hook, found in seen.items():
            for one in found:
                try:
                    kernel.load(one)
                except PluginError as fault:
                    self._report.fault("manifest", f"{hook}: {fault.reason}")

    async def _turn(self, shell: Shell, kernel: Kernel) -> None:
        """Run a turn with a tool call; requests that break the prompt cache are told, and failures of hooks."""
        self._report.begin("events", "running a turn with it")
        before = set(kernel.notices)
        shell.add(call("Read", {"file_path": "README.md"}), say("It is a project."))
        await shell.submit("What is in README.md?")
        for violation in shell.model.violations:
            if violation.check == "prefix":
                remedy = "change nothing that was sent already; answer with additional_context instead"
                self._report.fault("prompt", f"a turn with it breaks the prompt cache: {violation}", remedy)
        shell.model.violations.clear()
        for notice in kernel.notices:
            ours = notice not in before and f"plugin {self._target.shell_name} failed" in notice
            if ours and not any(
                self._report.has_faults("events", hook) for hook in EVENT_HOOKS if hook in notice
            ):
                self._report.fault("events", f"in a turn, {notice}")

    async def _reload(self, kernel: Kernel, name: str) -> None:
        try:
            reloaded = await kernel.reload(name)
        except PluginError as fault:
            self._report.fault("reload", f"it cannot be loaded anew: {fault.reason}")
            return
        for left in reloaded.left_behind:
            self._report.fault(
                "reload", f"loaded anew, it leaves behind: {left}", "end it in gaff_session_end"
            )
        for change in reloaded.changes:
            self._report.fault("reload", f"loaded anew from the same file, it differs: {change}")


def _offered(kernel: Kernel, plugin: str) -> list[str]:
    return [
        one.name for hook in CONTRIBUTION_HOOKS for one in kernel.contributed(hook) if one.plugin == plugin
    ]


def _names(facts: Sequence[JsonObject]) -> set[str]:
    return {str(one["name"]) for one in facts}
