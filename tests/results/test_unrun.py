"""What is said of test files that do not run, and whether all of one has run."""

from __future__ import annotations

import pytest

from pytest_monorepo.reports.coverage.conclude import carried
from pytest_monorepo.results.unrun import ROSTER, Scope, gap


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({}, ""),
        ({"a": {"a/test_b.py": "x", "a/test_a.py": "y"}}, "no data of a/test_a.py, a/test_b.py"),
        ({"a": {f"a/test_{n}.py": "x" for n in range(4)}}, "no data of 4 test files of 1 project"),
        ({"a": {"a/test_a.py": "x", ROSTER: "y"}}, "no data of tests of a"),
        ({"a": {ROSTER: "x"}, "b": {"b/test_b.py": "y"}}, "no data of b/test_b.py, tests of a"),
        ({name: {ROSTER: "x"} for name in "abcd"}, "no data of tests of 4 projects"),
    ],
    ids=["none", "named", "many", "unknown", "both", "many-unknown"],
)
def test_what_is_missing(missing: dict[str, dict[str, str]], words: str) -> None:
    assert gap(missing) == words


@pytest.mark.parametrize(
    ("scope", "deselected", "cut"),
    [
        (Scope(), True, False),
        (Scope(frozenset(["b"])), True, False),
        (Scope(narrowed=True), False, False),
        (Scope(narrowed=True), True, True),
        (Scope(narrowed=True, named=frozenset(["a"])), False, True),
        (Scope(narrowed=True, blind=True), False, True),
    ],
    ids=["all", "by-file", "keyword", "deselected", "node", "last-failed"],
)
def test_whether_tests_of_a_file_may_not_have_run(scope: Scope, deselected: bool, cut: bool) -> None:
    assert scope.is_cut("a", deselected=deselected) == cut


def test_of_whom_nothing_was_measured_now() -> None:
    def info(project: str, *files: str, error: str | None = None) -> dict[str, object]:
        return {"project": project, "error": error, **({"carried": files} if files else {})}

    now, some, whole = info("a"), info("a", "a/test_a.py"), info("b", "b/test_a.py", "b/test_b.py")
    part = info("c", "c/test_a.py", error="no data of c/test_b.py")
    assert carried([now]) == ""
    assert carried([now, some, some]) == "1 test file"
    assert carried([whole]) == "1 project"
    assert carried([now, some, whole, part]) == "1 project, 2 test files of others"
