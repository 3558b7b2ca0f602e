"""Durations of earlier runs: estimated from, and robust against whatever the cache holds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pytest_monorepo.run.plan import history
from pytest_monorepo.run.plan.history import History
from pytest_monorepo.workspace.model import Project

A = Project("a", "a", test_files=("a/test_1.py", "a/test_2.py"))
B = Project("b", "b", test_files=("b/test_1.py",))
NONE = Project("none", "none")


class FakeCache:
    def __init__(self, stored: Any = None) -> None:
        self.stored = stored

    def get(self, key: str, default: Any) -> Any:
        return default if self.stored is None else self.stored

    def set(self, key: str, value: Any) -> None:
        self.stored = value


class FakeConfig:
    def __init__(self, stored: Any = None) -> None:
        self.cache = FakeCache(stored)


def config(stored: Any = None) -> Any:
    return FakeConfig(stored)


def test_unknown_files_count_as_the_mean_of_the_known() -> None:
    known = History({"a/test_1.py": 3.0}, {"a/test_1.py": 5})
    assert known.expected_seconds(A) == 6.0
    assert known.expected_tests(A) == 10
    assert known.expected_seconds(B) is None
    assert known.expected_tests(NONE) is None


def test_a_new_project_is_weighed_at_the_rate_of_the_others() -> None:
    assert history.weights([A, B, NONE], History({"a/test_1.py": 3.0})) == {"a": 6.0, "b": 3.0, "none": 0.0}
    assert history.weights([A, B], History()) == {"a": 2.0, "b": 1.0}


def test_what_is_saved_is_loaded_and_gone_files_are_forgotten() -> None:
    store = config()
    history.save(store, History({"a/test_1.py": 1.5, "gone.py": 9.0}, {"a/test_1.py": 2}), ["a/test_1.py"])
    history.save(store, History({"b/test_1.py": 0.5}, {"b/test_1.py": 1}), ["a/test_1.py", "b/test_1.py"])
    loaded = history.load(store)
    assert loaded.seconds == {"a/test_1.py": 1.5, "b/test_1.py": 0.5}
    assert loaded.tests == {"a/test_1.py": 2, "b/test_1.py": 1}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "text",
        {"version": 99, "files": {"a/test_1.py": [1, 1]}},
        {"version": 1},
        {"version": 1, "files": {"a/test_1.py": ["long", 1], "b": [1], "c": None}},
        {"version": 1, "files": ["a/test_1.py"]},
        {"version": 1, "files": "a/test_1.py", "peak": "much"},
        {
            "version": 1,
            "files": {"a": [math.nan, 1], "b": [1, math.nan], "c": [math.inf, 1], "d": [1, math.inf]},
        },
        {"version": 1, "files": {"a": [-1.0, 1], "b": [1.0, -1], "c": [[1], [1]], "d": {"0": 1, "1": 1}}},
    ],
)
def test_an_odd_record_is_no_record(stored: Any) -> None:
    assert history.load(config(stored)) == History()
