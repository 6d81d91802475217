"""The hook handler ``command``: a shell command or a program, told the event on stdin.

Source: code.claude.com/docs/en/hooks, "Command hook fields".
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from gaff.hooks import (
    FieldType,
    HookHandler,
    HookResult,
    HookRun,
    HookSource,
    JsonObject,
    Kernel,
    hookimpl,
    list_at,
    text_at,
)

from ._process import run_process
from ._words import argv_of, warm_words

_SHELLS: Final[Mapping[str, Sequence[str]]] = {
    # Not the first on the search path, which may be one that a repository brought along.
    "": ("/bin/sh", "-c"),
    "bash": ("bash", "-c"),
    "powershell": ("pwsh", "-NoProfile", "-NonInteractive", "-Command"),
}
_USER_CONFIG: Final = re.compile(r"\$\{user_config\.(\w+)\}")


class CommandHandler(HookHandler):
    """Runs a command."""

    name: ClassVar[str] = "command"
    summary: ClassVar[str] = "run a shell command or a program"
    fields: ClassVar[Mapping[str, FieldType]] = {
        "command": "string",
        "args": "array",
        "async": "boolean",
        "asyncRewake": "boolean",
        "shell": "string",
        "warm": "boolean",
    }
    required: ClassVar[tuple[str, ...]] = ("command",)

    def check(self, config: JsonObject, source: HookSource, kernel: Kernel) -> str | None:
        shell = text_at(config, "shell")
        if shell not in _SHELLS:
            return "shell must be bash or powershell"
        if "args" not in config and shutil.which(_SHELLS[shell][0], path=kernel.environ.get("PATH")) is None:
            return f"{_SHELLS[shell][0]} is not installed"
        if not all(isinstance(word, str) for word in list_at(config, "args")):
            return "args must be a list of texts"
        if "args" not in config and (found := _USER_CONFIG.search(str(config.get("command")))):
            return f"{found[0]} needs args; in a shell write $CLAUDE_PLUGIN_OPTION_{found[1].upper()}"
        return None

    def title(self, config: JsonObject) -> str:
        return " ".join(str(word) for word in (config.get("command", ""), *list_at(config, "args")))

    def waits(self, config: JsonObject) -> bool:
        return config.get("async") is not True and config.get("asyncRewake") is not True

    async def run(self, run: HookRun) -> HookResult:
        if run.config.get("warm") is True:
            from ._warm import run_warm

            done = await run_warm(run, warm_words(run))
            if done is not None:
                return done
        shell = _SHELLS[run.text("shell")]
        prefix = run.environ.get("CLAUDE_CODE_SHELL_PREFIX", "")
        result = await run_process(argv_of(run, shell, prefix), run.stdin, run.cwd, run.environ)
        if run.config.get("asyncRewake") is True and result.exit_code == 2 and not result.stderr.strip():
            return HookResult(exit_code=2, stderr=result.stdout)
        return result


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``command``."""
    return (CommandHandler(),)
