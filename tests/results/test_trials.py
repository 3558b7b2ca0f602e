"""A small, fixed part of the trials; ``benchmarks/cached_soundness.py`` runs as many as one likes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .trials import trials

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@pytest.mark.slow
def test_no_replayed_test_has_seen_something_else(tmp_path: Path) -> None:
    found = list(trials(tmp_path, seed=1, count=8))
    assert not [trial for trial in found if trial.missed]
    assert any(trial.replayed for trial in found)
    assert any(trial.altered for trial in found)
