"""The yardstick itself: it must see what it claims to see."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from . import workspaces
from .harness import Fact, Outcomes, differences, plain

PASSED: Fact = (("outcome", "passed"), ("text", ""))
FAILED: Fact = (("outcome", "failed"), ("text", "assert 1 == 2"))
WARNED: Fact = (("message", "deprecated"),)

ALONE = {
    "a": Outcomes(0, {"a/test_a.py::test": (PASSED,)}, {}, Counter([WARNED])),
    "b": Outcomes(1, {"b/test_b.py::test": (FAILED,)}),
}
TOGETHER = Outcomes(
    1, {"a/test_a.py::test": (PASSED,), "b/test_b.py::test": (FAILED,)}, {}, Counter([WARNED])
)


def test_equal_runs_have_no_differences() -> None:
    assert differences(ALONE, TOGETHER) == []


@pytest.mark.parametrize(
    ("actual", "words"),
    [
        (replace(TOGETHER, tests={"a/test_a.py::test": (PASSED,)}), "test b/test_b.py::test: missing"),
        (replace(TOGETHER, tests={**TOGETHER.tests, "c.py::test": (PASSED,)}), "test c.py::test: invented"),
        (replace(TOGETHER, tests={**TOGETHER.tests, "a/test_a.py::test": (FAILED,)}), "plain pytest says"),
        (
            replace(TOGETHER, tests={**TOGETHER.tests, "a/test_a.py::test": (PASSED,) * 2}),
            "plain pytest says",
        ),
        (replace(TOGETHER, exitcode=0), "exit code is 0, expected one of [1]"),
        (replace(TOGETHER, warnings=Counter()), "warning missing 1 times: message=deprecated"),
        (replace(TOGETHER, warnings=Counter([WARNED] * 3)), "warning invented 2 times: message=deprecated"),
        (replace(TOGETHER, collection={"c": FAILED}), "collection of c: invented"),
    ],
)
def test_a_difference_is_named(actual: Outcomes, words: str) -> None:
    (difference,) = differences(ALONE, actual)
    assert words in difference


def test_the_words_of_a_usage_error_must_be_shown() -> None:
    said = "ERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --x\n"
    alone = {"a": Outcomes(4, output=said)}
    silent = Outcomes(4, output="a: stopped")
    assert differences(alone, silent) == ["a: not in the output: error: unrecognized arguments: --x"]
    shown = Outcomes(4, output="a:\n  __main__.py: error: unrecognized arguments: --x")
    assert differences(alone, shown) == []


@pytest.mark.parametrize(
    ("exits", "allowed"),
    [((0, 0), {0}), ((0, 5), {0}), ((5, 5), {5}), ((0, 1), {1}), ((1, 5), {1}), ((2, 0), {1, 2, 3, 4})],
)
def test_exit_codes(exits: tuple[int, ...], allowed: set[int]) -> None:
    alone = {str(number): Outcomes(code) for number, code in enumerate(exits)}
    assert {code for code in range(6) if differences(alone, Outcomes(code)) == []} == allowed


def test_a_crash_must_be_failed() -> None:
    alone = {"a": Outcomes(3, {"t.py::before": (PASSED,)})}
    crash = frozenset({"t.py::end"})
    ours = Outcomes(1, {"t.py::before": (PASSED,), "t.py::end": (FAILED,), "t.py::after": (PASSED,)})
    assert differences(alone, ours, crash) == []
    silent = replace(ours, tests={"t.py::before": (PASSED,)})
    assert differences(alone, silent, crash) == ["test t.py::end ended its process and was not failed"]
    assert differences(alone, replace(ours, exitcode=0), crash) != []


def test_plain_pytest_is_recorded_relative_to_the_workspace(tmp_path: Path) -> None:
    folder = workspaces.same_names().write(tmp_path / "1" / "ws", for_plain=True)
    outcomes = plain(folder, "c")
    assert list(outcomes.tests) == [
        "c/tests/test_main.py::test_only_in_c",
        "c/tests/test_main.py::test_everywhere",
    ]
    (setup, call, teardown) = map(dict, outcomes.tests["c/tests/test_main.py::test_everywhere"])
    assert [setup["outcome"], call["outcome"], teardown["outcome"]] == ["passed", "failed", "passed"]
    assert "<workspace>/c/tests/test_main.py:8: AssertionError" in call["text"]
    assert outcomes.exitcode == 1
