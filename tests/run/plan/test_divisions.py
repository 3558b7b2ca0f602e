"""What is remembered of test files that may be divided."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.run.plan.divisions import Shown, digest, parsed

GOOD = ["0a1b", "2c3d", 3, {"t.py::a": "skipped"}, False]


def test_what_was_saved() -> None:
    assert parsed({"version": 2, "files": {"t.py": GOOD}}) == {
        "t.py": Shown("0a1b", "2c3d", 3, {"t.py::a": "skipped"}, whole=False)
    }


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"version": 1, "files": {"t.py": GOOD}},
        {"version": 2},
        {"version": 2, "files": [GOOD]},
        {"version": 2, "files": {"t.py": GOOD[:4]}},
        {"version": 2, "files": {"t.py": ["0a1b", "", "3", {}, False]}},
        {"version": 2, "files": {"t.py": ["0a1b", "", 3, [], False]}},
        {"version": 2, "files": {"t.py": ["0a1b", None, 3, {}, False]}},
        {"version": 2, "files": {"t.py": ["0a1b", "", 3, {}, 0]}},
    ],
)
def test_what_nobody_saved_is_nothing(data: object) -> None:
    assert parsed(data) == {}


def test_a_digest_is_of_the_text_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "b.py").write_text("x")
    (tmp_path / "c.py").write_text("y")
    a, b, c, gone = (digest(tmp_path / f"{name}.py") for name in "abcd")
    assert a == b != c
    assert (len(a), gone) == (16, "")
