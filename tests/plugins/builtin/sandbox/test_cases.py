"""Every case in every sandbox, as root and as an ordinary user: what must be stopped is, what must work does."""

from __future__ import annotations

import sys

import pytest

from .cases import CASES, Case
from .conftest import USERS, lacking, results

TRIED = [(sandbox, case) for case in CASES for sandbox in case.sandboxes]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandboxes are those of Linux")


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize(
    ("sandbox", "case"), TRIED, ids=lambda one: one.name if isinstance(one, Case) else one
)
def test_the_sandbox_holds(sandbox: str, case: Case, user: int) -> None:
    """The case comes out as it must."""
    if reason := lacking(sandbox):
        pytest.skip(reason)
    held, told = results(sandbox, user)[case.name]
    assert held, told
