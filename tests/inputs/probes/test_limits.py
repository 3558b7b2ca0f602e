"""Who may ask the system for its limits, so that what is kept depends on none of them."""

from __future__ import annotations

import sys

import pytest

from pytest_monorepo.inputs.probes.wrappers import asks_for_limits


@pytest.mark.parametrize(
    ("name", "allowed"), [("pympler.asizeof", True), ("multiprocessing.util", True), ("app.sizes", False)]
)
def test_who_asks_while_it_is_imported(name: str, allowed: bool) -> None:
    space = {"__name__": name, "asks": asks_for_limits, "frame": sys._getframe}
    exec("allowed = asks(frame())\ndef later(): return asks(frame())", space)
    assert space["allowed"] is allowed
    assert eval("later()", space) is False
