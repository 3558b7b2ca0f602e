"""A file whose tests several workers share: when it is believed, in which parts and order it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from pytest_monorepo.run.plan.divisions import fair_share, parts
from pytest_monorepo.run.state.division import Division, arranged, divided

A, B, C = "t.py::a", "t.py::b", "t.py::c"


def passed(*tests: str) -> list[tuple[str, str]]:
    return [(test, "passed") for test in tests for _ in range(3)]


@pytest.mark.parametrize(
    ("gave", "others", "why"),
    [
        pytest.param(passed(A, B, C), {}, "", id="all passed"),
        pytest.param([*passed(A, B), (C, "skipped")], {C: "skipped"}, "", id="skipped as before"),
        pytest.param([*passed(A, B), (C, "xfailed")], {C: "xfailed"}, "", id="xfailed as before"),
        pytest.param([*passed(A, B), (C, "failed")], {}, f"{C} failed", id="failed"),
        pytest.param([*passed(A, B), (C, "skipped")], {}, f"{C} skipped, and passed before", id="skipped"),
        pytest.param(passed(A, B, C), {C: "skipped"}, f"{C} passed, and skipped before", id="no longer"),
        pytest.param([*passed(A, B), (C, "xpassed")], {C: "xfailed"}, f"{C} xpassed, and xfailed before"),
        pytest.param([*passed(A, B, C), (C, "rerun")], {}, f"{C} rerun, and passed before", id="twice"),
        pytest.param(passed(A, B), {}, f"{C} told nothing, and passed before", id="nothing"),
        pytest.param([*passed(A, C), (B, "failed")], {}, f"{B} failed", id="the first reason"),
        pytest.param([*passed(A, B, C), (C, "failed")], {C: "failed"}, f"{C} failed", id="never believed"),
    ],
)
def test_it_is_believed_where_each_gave_what_it_gave_in_one_worker(
    gave: Sequence[tuple[str, str]], others: dict[str, str], why: str
) -> None:
    found = Division("t.py", (A, B, C), -1, others)
    for test, outcome in gave:
        found.gave(test, outcome)
    for test in (A, B, C):
        assert not found.settled
        found.end(test)
    assert (found.settled, found.broken) == (True, why)


@pytest.mark.parametrize(
    ("ended", "dropped", "settled"),
    [
        ((), (), False),
        ((A, B), (), False),
        ((A, B), (C,), True),
        ((), (A, B, C), True),
        ((A,), (A, B), False),
    ],
)
def test_it_is_settled_once_nobody_is_at_one_of_its_tests(
    ended: Sequence[str], dropped: Sequence[str], settled: bool
) -> None:
    found = Division("t.py", (A, B, C), -1)
    for test in ended:
        found.end(test)
    found.drop(dropped)
    assert found.settled is settled


def test_what_was_held_comes_in_the_order_of_the_collection() -> None:
    heard: list[tuple[int, str]] = []

    def say(word: str) -> Callable[[int], None]:
        return lambda speaker: heard.append((speaker, word))

    found = Division("t.py", (A, B, C), -7)
    for test, word in ((C, "c starts"), (A, "a starts"), (C, "c ends"), (A, "a ends")):
        found.hold(test, say(word))
    for speak in found.said():
        speak(found.speaker)
    assert heard == [(-7, word) for word in ("a starts", "a ends", "c starts", "c ends")]


TESTS = ("a.py::1", "b.py::1", "b.py::2", "c.py::1", "d.py::1")
BY_FILE = [[0], [1, 2], [3], [4]]


@pytest.mark.parametrize(
    ("seconds", "long", "groups"),
    [
        pytest.param({"c.py": 9, "b.py": 5, "a.py": 1}, 4, [[3], [1, 2], [0], [4]], id="longest first"),
        pytest.param({"c.py": 9, "b.py": 5, "a.py": 1}, 9, BY_FILE, id="none is long"),
        pytest.param({"d.py": 9, "c.py": 9}, 1, [[3], [4], [0], [1, 2]], id="equals stay in order"),
        pytest.param({}, 1, BY_FILE, id="nothing is known"),
    ],
)
def test_long_files_come_first(seconds: dict[str, float], long: float, groups: list[list[int]]) -> None:
    assert arranged(BY_FILE, TESTS, seconds, long) == groups


def test_a_group_of_several_files_weighs_its_part_of_each() -> None:
    groups = [[0], [1, 3], [2], [4]]
    assert arranged(groups, TESTS, {"b.py": 4, "c.py": 3, "d.py": 4.5}, 1) == [[1, 3], [4], [2], [0]]


@pytest.mark.parametrize(
    ("groups", "parts", "expected", "cut"),
    [
        pytest.param(BY_FILE, {"b.py": (2, 1)}, [[0], [1], [2], [3], [4]], {"b.py": TESTS[1:3]}, id="cut"),
        pytest.param(BY_FILE, {"b.py": (2, 2)}, BY_FILE, {}, id="one part"),
        pytest.param(BY_FILE, {"b.py": (3, 1)}, BY_FILE, {}, id="another number of tests than was shown"),
        pytest.param(BY_FILE, {}, BY_FILE, {}, id="none may be"),
        pytest.param([[0, 1, 2], [3], [4]], {"b.py": (2, 1)}, [[0, 1, 2], [3], [4]], {}, id="with another"),
        pytest.param([[0], [1], [2], [3], [4]], {"b.py": (2, 1)}, [[0], [1], [2], [3], [4]], {}, id="apart"),
        pytest.param(
            [[1, 2, 1]], {"b.py": (3, 1)}, [[1, 2, 1]], {}, id="with a test that stands there twice"
        ),
    ],
)
def test_a_file_is_cut_where_it_is_a_group_by_itself(
    groups: list[list[int]],
    parts: dict[str, tuple[int, int]],
    expected: list[list[int]],
    cut: dict[str, tuple[str, ...]],
) -> None:
    assert divided(groups, TESTS, parts) == (expected, cut)


@pytest.mark.parametrize(("tests", "workers", "size"), [(1, 2, 1), (16, 2, 1), (17, 2, 2), (1000, 4, 32)])
def test_a_part_is_some_tests_in_a_row(tests: int, workers: int, size: int) -> None:
    assert parts(tests, workers) == size


@pytest.mark.parametrize(("seconds", "workers", "share"), [(9.0, 3, 3.0), (0.2, 2, 0.5)])
def test_what_is_over_in_a_moment_is_not_long(seconds: float, workers: int, share: float) -> None:
    assert fair_share(seconds, workers) == share
