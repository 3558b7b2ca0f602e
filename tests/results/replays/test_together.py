"""Of files that are one, which results are taken where some of several runs hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.results.replays.lookup import Answer
from pytest_monorepo.results.replays.together import of_one_run

Kept = Mapping[str, list[tuple[str, str]]]
"""By file its results that hold, the newest first: ``run`` or ``run=beside``, and what they are one with."""


class Shelf:
    """Answers from what is said to be kept."""

    def __init__(self, kept: Kept) -> None:
        self.kept = {file: list(map(entry, results)) for file, results in kept.items()}

    def holding(self, question: object, file: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in self.kept.get(file, []):
            for run in one.runs:
                found.setdefault(run, one)
        return found

    def ask(self, question: object, file: str, run: str = "") -> Answer:
        return Answer(next((one for one in self.kept[file] if not run or run in one.runs), None))


def entry(told: tuple[str, str]) -> Any:
    run, _, beside = told[0].partition("=")
    runs = (run, beside) if beside else (run,)
    return SimpleNamespace(run=run, runs=runs, unit=tuple(told[1].split()))


ROWS: dict[str, tuple[Kept, bool, Mapping[str, str]]] = {
    "of one run": ({"a": [("1", "a b")], "b": [("1", "a b")]}, False, {}),
    "each by itself": ({"a": [("1", "")], "b": [("2", "")]}, False, {}),
    "back from another branch": (
        {"a": [("1", "a b")], "b": [("2", "a b"), ("1", "a b")]},
        False,
        {"a": "1", "b": "1"},
    ),
    "both branches have them": (
        {"a": [("2", "a b"), ("1", "a b")], "b": [("3", "a b"), ("1", "a b")]},
        False,
        {"a": "1", "b": "1"},
    ),
    "no run has both": ({"a": [("1", "a b")], "b": [("2", "a b")]}, False, {}),
    "one of them has changed": ({"b": [("2", "a b"), ("1", "a b")]}, False, {}),
    "a third binds two": (
        {"a": [("1", "a b c")], "b": [("2", "b c"), ("1", "a b c")], "c": [("2", "b c"), ("1", "a b c")]},
        False,
        {"a": "1", "b": "1", "c": "1"},
    ),
    "on the other branch it was one with a file that is not here": (
        {"a": [("1", "")], "b": [("2", "b c"), ("1", "")]},
        False,
        {"b": "1"},
    ),
    "what it is one with has changed, and was no part of it before": (
        {"a": [("1", "a b")], "b": [("2", "b c"), ("1", "a b")]},
        False,
        {"a": "1", "b": "1"},
    ),
    "in one run by way of a file that has none": (
        {"a": [("1", "a b"), ("0", "a b c")], "b": [("0", "a b c")]},
        False,
        {},
    ),
    "two runs that were the same": ({"a": [("1=x", "a b")], "b": [("2=x", "a b")]}, False, {}),
    "of what was the same one is of another branch": (
        {"a": [("1=x", "a b")], "b": [("3=y", "a b"), ("2=x", "a b")]},
        False,
        {"a": "1", "b": "2"},
    ),
    "a project that is one": (
        {"a": [("1", "")], "b": [("2", ""), ("1", "")], "c": [("2", ""), ("1", "")]},
        True,
        {"a": "1", "b": "1", "c": "1"},
    ),
    "a project that is one, of one run": ({"a": [("1", "")], "b": [("1", "")]}, True, {}),
    "a project that is one, of no run": ({"a": [("1", "")], "b": [("2", "")]}, True, {}),
    "a project that is one, of two runs that were the same": (
        {"a": [("1=x", "")], "b": [("2=x", "")]},
        True,
        {},
    ),
}


@pytest.mark.parametrize(("kept", "whole", "expected"), ROWS.values(), ids=ROWS)
def test_which_results_are_of_one_run(kept: Kept, whole: bool, expected: Mapping[str, str]) -> None:
    shelf: Any = Shelf(kept)
    question: Any = None
    hits = {file: shelf.ask(question, file) for file in kept}
    found = of_one_run(shelf, question, hits, whole=whole)
    assert {file: answer.entry.run for file, answer in found.items() if answer.entry} == expected
