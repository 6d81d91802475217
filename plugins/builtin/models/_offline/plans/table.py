"""Which plan answers which request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .. import requests
from ..plan import Plan, World
from ..requests import Request
from . import (
    changing,
    counting,
    history,
    moving,
    project,
    reading,
    replacing,
    running,
    searching,
    talking,
    testing,
    undoing,
)

PLANS: Final[dict[type[Request], Callable[[Any, World], Plan]]] = {
    requests.FindText: searching.find_text,
    requests.FindFiles: searching.find_files,
    requests.ListFolder: searching.list_folder,
    requests.CountLines: counting.count_lines,
    requests.BiggestFiles: counting.biggest_files,
    requests.ReadFiles: reading.read_files,
    requests.More: reading.more,
    requests.Explain: reading.explain,
    requests.DescribeProject: project.describe_project,
    requests.RunCommand: running.run_command,
    requests.Ask: running.ask,
    requests.RunTests: testing.run_tests,
    requests.Replace: replacing.replace,
    requests.CreateFile: changing.create_file,
    requests.Invent: changing.invent,
    requests.Insert: changing.insert,
    requests.DeleteLines: changing.delete_lines,
    requests.CreateFolder: moving.create_folder,
    requests.DeleteFile: moving.delete_file,
    requests.MoveFile: moving.move_file,
    requests.ShowChanges: history.show_changes,
    requests.Undo: undoing.undo,
    requests.Again: talking.nothing_to_repeat,
    requests.Talk: talking.talk,
    requests.Unknown: talking.unknown,
}


def plan_for(request: Request, world: World) -> Plan:
    """Return the plan for a request."""
    return PLANS[type(request)](request, world)
