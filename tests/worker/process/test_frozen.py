"""The cases in :mod:`frozen_cases`, in a small process: each looks through all objects that there are.

Among those of the tests of all files that took a second a case.
"""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path

import pytest

from pytest_monorepo.worker.process import frozen
from tests.run import warm

from . import frozen_cases

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def told() -> str:
    words = ("-v", "-p", "no:cacheprovider", "-p", "no:monorepo", "--color=no", str(frozen_cases.__file__))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TESTS_"))}
    environ = {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200"}
    # not forked: there all that is imported is frozen
    return warm.afresh(words, cwd=ROOT, environ=environ)[1].decode()


@pytest.mark.parametrize("name", [name for name in vars(frozen_cases) if name.startswith("test_")])
def test_case(told: str, name: str) -> None:
    words = re.findall(rf"::{name}(?:\[\S+\])? (\w+) ", told)
    assert words, told
    assert set(words) == {"PASSED"}, told


def test_nothing_is_looked_for_meanwhile_but_where_somebody_sets_it_so() -> None:
    usual = gc.get_threshold()
    with frozen.uncollected():
        assert (gc.isenabled(), gc.get_threshold()[0]) == (True, 0)
    assert gc.get_threshold() == usual
    try:
        with frozen.uncollected():
            gc.set_threshold(77)
        assert gc.get_threshold()[0] == 77
    finally:
        gc.set_threshold(*usual)
