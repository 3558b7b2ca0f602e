"""What several workers of one run have told, put together."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.results.keeping.traces import all_told

EMPTY: dict[str, Any] = {
    "inputs": {},
    "variables": {},
    "whole_environment": False,
    "lookups": {},
    "facts": {},
    "reasons": [],
}


def trace(file: str, effect: dict[str, Any] | None = None, **part: Any) -> dict[str, Any]:
    """Of a worker that ran one file; ``effect`` is what that leaves, ``part`` what it has come to."""
    left = {"files": [file], "modules": [], "facets": [], "writes": [], "at_import": False}
    return {
        **EMPTY,
        "modules": [],
        "base": "",
        "suffixes": [],
        "environment": {},
        "collection": EMPTY,
        "parts": [{"files": [file], "modules": [], **EMPTY, **part}],
        "units": [],
        "effects": [{**left, **effect}] if effect else [],
        "asked": {file: []},
        "ran": [file],
        "users": {},
        "looking": [],
        "order": ["a.py", "b.py"],
    }


@pytest.mark.parametrize(
    ("effect", "part", "one"),
    [
        ({"modules": ["app"]}, {"modules": ["app", "os"]}, True),
        ({"modules": ["app"]}, {"modules": ["os"]}, False),
        ({"writes": ["/w/left"]}, {"inputs": {"type": {"/w/left": None}}}, True),
        ({"writes": ["/w/left"]}, {"inputs": {"names": {"/w": ["one"]}}}, True),
        ({"writes": ["/w/left"]}, {"inputs": {"type": {"/w/other": None}}}, False),
        (None, {"modules": ["app"]}, False),
    ],
    ids=["module", "another-module", "asked-for", "listed", "another-file", "nothing"],
)
def test_what_one_worker_leaves_and_anothers_tests_have_come_to_binds_their_files(
    effect: dict[str, Any] | None, part: dict[str, Any], one: bool
) -> None:
    told = all_told([trace("a.py", effect), trace("b.py", **part)])
    assert list(told.units) == ([frozenset({"a.py", "b.py"})] if one else [])
    assert told.order == ("a.py", "b.py")


def test_one_worker_knows_itself_who_sees_what_its_files_leave() -> None:
    both = trace("a.py", {"modules": ["app"]}, modules=["app"])
    both["parts"].append({"files": ["b.py"], "modules": ["app"], **EMPTY})
    both["ran"] = ["a.py", "b.py"]
    assert list(all_told([both, trace("c.py")]).units) == []


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        ({"modules": ["a_test", "app"]}, "variables of app"),
        (
            {"modules": ["a_test"], "facets": ["environment variable A", "registered codecs"]},
            "other registered codecs",
        ),
        ({"modules": ["app"], "facets": ["environment variable A"]}, "variables of app"),
        # by way of a third file, perhaps
        ({"modules": ["a_test"]}, "variables of a_test"),
    ],
    ids=["module", "facet", "not-that-variable", "nothing"],
)
def test_what_binds_two_files_is_what_the_one_leaves_and_the_other_sees(
    effect: dict[str, Any], words: str
) -> None:
    both = trace("a.py", effect, modules=["a_test", "app"])
    both["effects"].append({**trace("b.py", {"modules": ["b_test"]})["effects"][0]})
    both["parts"].append({"files": ["b.py"], "modules": ["app"], **EMPTY})
    both["ran"] = ["a.py", "b.py"]
    told = all_told([both])
    assert told.bond("a.py", "b.py") == told.bond("b.py", "a.py") == f" (a.py leaves {words})"


@pytest.mark.parametrize(
    ("name", "complete"), [("PYTEST_XDIST_WORKER", True), ("PYTEST_XDIST_WORKER_COUNT", False)]
)
def test_two_workers_may_differ_in_what_tells_which_one_each_is(name: str, complete: bool) -> None:
    told = all_told(
        [{**trace(file, variables={}), "variables": {name: file}} for file in ("a.py", "b.py")],
    )
    assert (not told.shared.traced.reasons) is complete


@pytest.mark.parametrize(
    ("workers", "files", "moved"),
    [
        ([[["a.py", 0, 2], ["b.py", 3, 4]]], "ab", ""),
        ([[["b.py", 3, 4], ["a.py", 0, 2]]], "ab", "a.py"),
        ([[["b.py", 3, 4], ["a.py", 0, 2]]], "a", ""),
        ([[["a.py", 0, 2], ["b.py", 1, 3]]], "ab", "b.py"),
        ([[["a.py", 0, 0], ["b.py", 1, 1], ["a.py", 2, 2]]], "ab", ""),
        ([[["b.py", 3, 4]], [["a.py", 0, 2]]], "ab", ""),
    ],
    ids=["in-order", "turned-round", "one-of-them", "parted", "between-others", "several-workers"],
)
def test_whose_tests_ran_behind_those_that_come_after_them(
    workers: list[list[list[Any]]], files: str, moved: str
) -> None:
    told = all_told([{**trace("a.py"), "stretches": stretches} for stretches in workers])
    assert told.moved([f"{one}.py" for one in files]) == moved
