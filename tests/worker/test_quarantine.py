from __future__ import annotations

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
