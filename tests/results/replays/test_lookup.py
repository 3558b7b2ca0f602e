"""What lets a kept result hold beside its inputs."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.replays.lookup import Lookup
from pytest_monorepo.results.values.section import Section


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (0, ""),
        (3000, ""),
        (-30, ""),  # of a machine whose clock is ahead
        (5000, "what is kept is older than cached-max-age"),
        (-5000, "what is kept is of a later time than now: the clock has been set back"),
    ],
)
def test_an_age_out_of_bounds_is_told(tmp_path: Path, age: int, words: str) -> None:
    places: Any = SimpleNamespace(root="/root")
    now: Any = SimpleNamespace(places=places)
    entry = Entry("a", "a/test_a.py", time.time() - age, "", (), Section(), b"", 1, 0.0)
    assert list(Lookup(Store(tmp_path), max_age=4000).differences(entry, now)) == ([words] if words else [])
