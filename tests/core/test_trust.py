"""What a folder that is not trusted is told to leave out, in one line."""

from __future__ import annotations

import json

import pytest

from gaff.hooks import JsonObject

from .conftest import Place


def _lines(place: Place, *arguments: str) -> list[str]:
    """Return the lines of a start that speak of trust."""
    return [line for line in place.start(*arguments).notices if "trust" in line]


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"hooks": {"Stop": []}}, "hooks"),
        ({"env": {"A": "1"}, "model": "m"}, "variables and model"),
        ({"permissions": {"allow": ["Read"], "defaultMode": "plan"}}, "1 allow rule and permission mode"),
        (
            {"permissions": {"allow": ["A", "B"], "additionalDirectories": ["/a"]}},
            "2 allow rules and 1 added folder",
        ),
        ({"permissions": {"allow": [], "deny": ["Read"], "ask": ["Bash"]}, "hooks": {}}, ""),
    ],
)
def test_one_line_says_what_is_left_out(place: Place, settings: JsonObject, what: str) -> None:
    """Only what there is; denials and asks count anyway, so nothing is said of them."""
    place.write(".claude/settings.json", json.dumps(settings))

    lines = _lines(place)

    assert len(lines) == (what != "")
    assert all(f"which leaves out its {what}; look at" in line for line in lines)


def test_what_is_not_read_is_not_left_out(place: Place) -> None:
    """With the user's settings only nothing is said; naming the project's settings is trust in them."""
    place.write(".claude/settings.json", json.dumps({"hooks": {"Stop": []}}))
    place.write(".gaff/plugins/sly.py", "")

    assert _lines(place, "--setting-sources", "user") == []
    (line,) = _lines(place, "--setting-sources", "project")
    assert "leaves out its plugin sly; look at" in line
