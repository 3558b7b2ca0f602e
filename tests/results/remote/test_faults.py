"""A small, fixed part of the runs with stores that misbehave; ``benchmarks/cached_faults.py`` runs more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .faults import trials

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@pytest.mark.slow
def test_no_trouble_of_a_store_makes_a_wrong_result(tmp_path: Path) -> None:
    kinds = (
        "well",
        "well",
        "damaged",
        "killed while writing",
        "damaged here",
        "cut",
        "shared by four",
        "slow",
    )
    found = list(trials(tmp_path, seed=3, kinds=kinds))
    assert not [trial for trial in found if trial.wrong]
    assert sum(trial.replayed for trial in found) > 0
