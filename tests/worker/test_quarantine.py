from __future__ import annotations

import random
import re

import pytest

from pytest_monorepo.worker.plugins.quarantine import is_meant, reason

FILE = "libs/ml/tests/test_a.py"


@pytest.mark.parametrize(
    ("tests", "nodeid", "expected"),
    [
        (f"{FILE}::test_x", f"{FILE}::test_x", True),
        (f"{FILE}::test_x", f"{FILE}::test_x[1]", True),
        (f"{FILE}::test_x", f"{FILE}::test_xy", False),
        (f"{FILE}::test_x", f"{FILE}::test_", False),
        (f"{FILE}::test_x", f"libs/ml/{FILE}::test_x", False),
        (f"{FILE}::test_x[1]", f"{FILE}::test_x[1]", True),
        (f"{FILE}::test_x[1]", f"{FILE}::test_x1", False),
        (f"{FILE}::test_x[1]", f"{FILE}::test_x[11]", False),
        (f"{FILE}::test_x[[a]]", f"{FILE}::test_x[[a]]", True),
        (f"{FILE}::test_x[a::b]", f"{FILE}::test_x[a::b]", True),
        (f"{FILE}::TestA", f"{FILE}::TestA::test_y", True),
        (f"{FILE}::TestA", f"{FILE}::TestAll::test_y", False),
        (f"{FILE}::TestA::test_y", f"{FILE}::TestA::test_y[a-b]", True),
        (f"{FILE}::*", f"{FILE}::TestA::test_y", True),
        (f"{FILE}::*", FILE, False),
        (f"{FILE}::*", "libs/ml/tests/test_axpy::test_y", False),
        ("libs/*::test_x", f"{FILE}::test_x", True),
        ("*::test_x", f"{FILE}::test_x[1\n2]", True),
        ("libs/m?/*::test_?", f"{FILE}::test_x", True),
        ("*::test_x[*", f"{FILE}::test_x", False),
    ],
)
def test_which_tests_an_entry_means(tests: str, nodeid: str, expected: bool) -> None:
    assert is_meant(nodeid, tests) is expected


def test_the_first_entry_says_why() -> None:
    assert reason("f.py::a", [["f.py::b", "no"], ["f.py::a", "yes"], ["*::a", "late"]]) == "yes"
    assert reason("f.py::c", [["f.py::b", "no"]]) is None


def plainly(tests: str) -> re.Pattern[str]:
    """The rule as it is written, which takes its time."""
    signs = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in tests)
    return re.compile("".join(signs) + r"(?:::.+|\[.*)?", re.DOTALL)


@pytest.mark.parametrize("seed", range(5))
def test_any_glob_means_what_its_signs_say(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1000):
        tests = "".join(chance.choices(["a", "b", "*", "?", "::", "[", "**"], k=chance.randrange(1, 7)))
        nodeid = "".join(chance.choices(["a", "b", "::", "[", "]", "\n"], k=chance.randrange(0, 8)))
        assert is_meant(nodeid, tests) is (plainly(tests).fullmatch(nodeid) is not None), (tests, nodeid)


def test_a_glob_of_many_stars_is_held_against_a_long_id_in_steps_that_can_be_counted() -> None:
    long = "libs/a/tests/test_" + "a" * 3000 + ".py::test_x"
    assert not is_meant(long, "*a" * 12 + "*b")
    assert is_meant(long, "*a" * 12 + "*_x")
