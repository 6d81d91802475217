"""Finding out what plugins contribute: in a process apart, once, and again when something changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks import markers, specs
from gaff.kernel import Kernel

from .conftest import Place

State = Callable[[Kernel, str], str]
STOP = "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_stop(event): ...\n"


def test_a_plugin_is_examined_in_another_process(place: Place, tmp_path: Path) -> None:
    """Its import has no part in this process until something of it is used."""
    note = tmp_path / "pid"
    place.write(
        "~/plugins/noter.py",
        f"import os\nfrom pathlib import Path\nPath({str(note)!r}).write_text(str(os.getpid()))\n{STOP}",
    )

    kernel = place.start()

    assert int(note.read_text()) not in (0, os.getpid())
    assert kernel.plugins.implementations("gaff_stop")[0].plugin == "noter"


def test_faults_are_kept_until_something_changes(place: Place, state: State, tmp_path: Path) -> None:
    """A broken plugin costs a start nothing twice; a file that is mended, or a new library, is seen."""
    runs = tmp_path / "runs"
    count = f"with open({str(runs)!r}, 'a') as file: file.write('x')\n"
    path = place.write("~/plugins/broken.py", f"{count}import no_such_module_anywhere\n")
    for _ in range(3):
        assert state(place.start(), "broken") == "failed"
    assert runs.read_text() == "x"

    path.write_text(f"{count}\n{STOP}")

    assert state(place.start(), "broken") == "active"
    assert runs.read_text() == "xx"


def test_a_missing_library_is_found_once_it_is_installed(
    place: Place, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed changes the folders that modules come from, and then faults are looked at again."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    place.write("~/plugins/needy.py", f"import library_of_a_test\n{STOP}")
    assert state(place.start(), "needy") == "failed"

    (site / "library_of_a_test.py").write_text("")

    assert state(place.start(), "needy") == "active"


def test_starts_at_the_same_time_share_a_cold_cache(place: Place) -> None:
    """Each start is right, and so is the cache they leave behind."""
    for number in range(5):
        place.write(f"~/plugins/p{number}.py", STOP)
    code = (
        "import os, pathlib; from gaff.start import Start, start;"
        "k = start(Start((), dict(os.environ), pathlib.Path.cwd()));"
        "print(sum(one.source == 'user' and one.state == 'active' for one in k.reports), *k.notices)"
    )
    command = [sys.executable, "-c", code]

    running = [
        subprocess.Popen(command, cwd=place.project, env=place.environ, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=60)[0].strip() for process in running]

    assert said == ["5"] * 4
    kernel = place.start()
    assert sum(one.source == "user" and one.state == "active" for one in kernel.reports) == 5


def test_what_is_deprecated_is_told_with_the_author_s_line(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The notice names the plugin, its file, the line of the function, and what to use instead."""

    def gaff_stop(event: object) -> None:
        """As it was once."""

    known = dict(markers.EVENT_HOOKS)
    declare = markers.event_hook(
        markers.Kind.COLLECT, deprecated="use gaff_end", deprecated_arguments={"event": "use moment"}
    )
    monkeypatch.setattr(specs, "gaff_stop", declare(gaff_stop))
    monkeypatch.setattr("subprocess.Popen", _none)  # the spec is changed in this process only
    place.environ["GAFF_CACHE_DIR"] = str(place.home / "other")
    path = place.write("~/plugins/old.py", f"\n\n{STOP}")

    notices = place.start().notices

    markers.EVENT_HOOKS.update(known)
    told = [line for line in notices if line.startswith("plugin old:")]
    assert told == [
        f"plugin old: {path}:4: gaff_stop is deprecated: use gaff_end",
        f"plugin old: {path}:4: the argument event of gaff_stop is deprecated: use moment",
    ]


def _none(*arguments: object, **options: object) -> None:
    raise OSError("no more processes")


@pytest.mark.parametrize(
    ("tool", "reason"),
    [
        ("name, summary = '../x', ''", "models take 1 to 128 letters"),
        ("name, summary = 'Sp\\x1b[31min', ''", "models take 1 to 128 letters"),
        ("name, summary = 'Big', 'x' * 10_000_000", "200,000 are kept"),
    ],
)
def test_what_no_model_and_no_terminal_takes_is_left_out(place: Place, tool: str, reason: str) -> None:
    """One tool with such a name would have every request refused."""
    place.write(
        "~/plugins/odd.py",
        "from gaff.hooks import Tool, hookimpl\nfrom pydantic import BaseModel\nclass In(BaseModel): ...\n"
        f"class Odd(Tool[In]):\n    input_model = In\n    {tool}\n    async def run(self, input, context): ...\n"
        "@hookimpl\ndef gaff_register_tools(): return [Odd()]\n",
    )

    report = next(one for one in place.start().reports if one.name == "odd")

    assert report.state == "failed"
    assert reason in report.reason


def test_what_is_shown_of_a_plugin_changes_nothing_on_the_terminal(place: Place) -> None:
    """Control characters in file names, docstrings and faults stay where they are."""
    place.write("~/plugins/a\x1b]0;b.py", f'"""One \\x1b[2J\\u202etwo."""\n{STOP}')
    place.write("~/plugins/c.py", "raise ValueError('\\x1b[2Jthree')")

    found = {one.name: one for one in place.start().reports}

    assert found["a ]0;b"].summary == "One [2J two."
    assert "\x1b" not in found["c"].reason


def test_contributions_without_end_do_not_take_all_memory(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loop that no signal gets into is stopped from outside, soon after the time is over."""
    monkeypatch.setenv("GAFF_PLUGIN_SECONDS", "0.2")
    source = (
        "import itertools\nfrom gaff.hooks import hookimpl\n@hookimpl\ndef gaff_register_tools(): return {}\n"
    )
    place.write("~/plugins/endless.py", source.format("itertools.count()"))

    started = time.perf_counter()
    report = next(one for one in place.start().reports if one.name == "endless")

    assert report.state == "failed"
    assert time.perf_counter() - started < 8


def test_what_is_no_plugin_file_is_told_and_hides_nobody(place: Place, state: State) -> None:
    """Links to nowhere, folders, pipes and files that are no text: a line for each, and the good one is used."""
    good = place.write("~/plugins/good.py", STOP)
    folder = good.parent
    (folder / "dangling.py").symlink_to(folder / "nowhere")
    (folder / "endless.py").symlink_to(folder / "endless.py")
    (folder / "folder.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    (folder / "binary.py").write_bytes(b"\xff\xfe\x00")
    odd = ("dangling", "endless", "folder", "pipe", "binary")

    kernel = place.start()

    assert state(kernel, "good") == "active"
    assert [state(kernel, name) for name in odd] == ["failed"] * len(odd)
    assert all(any(f"plugin {name}: " in notice for notice in kernel.notices) for name in odd)
