"""Hidden files: what a rule keeps from being read does not show up in searches either."""

from __future__ import annotations

import os

from gaff.hooks import PathsListed, hookimpl

from ._book import read_denial


@hookimpl
def gaff_hide_paths(event: PathsListed) -> frozenset[str]:
    """Hide what a deny rule covers by its own name or by where its links lead."""
    session = event.session
    return frozenset(
        path
        for path in event.paths
        if read_denial(session, path) or read_denial(session, os.path.realpath(path))
    )
