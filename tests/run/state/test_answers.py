from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pytest_monorepo.run.state.answers import Answers, outcome, worse


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ({"outcome": "passed"}, "passed"),
        ({"outcome": "failed"}, "failed"),
        ({"outcome": "skipped"}, "skipped"),
        ({"outcome": "skipped", "wasxfail": ""}, "xfailed"),
        ({"outcome": "passed", "wasxfail": "why"}, "xpassed"),
        ({"outcome": "failed", "wasxfail": "strict"}, "failed"),
        ({"outcome": "rerun"}, "rerun"),
    ],
)
def test_the_outcome_of_a_phase(report: Mapping[str, object], expected: str) -> None:
    assert outcome(report) == expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["passed", "failed"], "failed"),
        (["failed", "passed"], "failed"),
        (["passed", "skipped"], "skipped"),
        (["xfailed", "failed"], "failed"),
        (["passed", "passed"], "passed"),
        (["passed", "unheard of"], "unheard of"),
    ],
)
def test_the_worse_counts(outcomes: Sequence[str], expected: str) -> None:
    assert worse(outcomes) == expected


def told(*said: tuple[str, str]) -> Answers:
    answers = Answers()
    for place, found in said:
        answers.add(place, found)
    return answers


def test_two_that_agree_say_nothing() -> None:
    answers = told(("a", "passed"), ("b", "passed"))
    answers.ended("a")
    answers.ended("b")
    assert answers.settle() is None


def test_two_that_differ_are_named_once_whoever_is_last() -> None:
    answers = told(("b", "passed"), ("a", "passed"), ("a", "failed"), ("a", "passed"))
    answers.ended("b")
    assert answers.settle() is None  # the other one has not ended
    answers.ended("a")
    assert answers.settle() == "two answers: failed on a, passed on b; the worse one counts"
    assert answers.settle() is None


def test_an_answer_that_is_not_whole_is_none() -> None:
    answers = told(("a", "failed"), ("b", "passed"))
    answers.ended("b")
    answers.ended("c")  # of which nothing was heard
    assert answers.settle() is None
