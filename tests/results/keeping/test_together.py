"""Which files one worker runs next time, so that those that are one can be kept."""

from __future__ import annotations

import pytest

from pytest_monorepo.results.keeping.project import run_together


@pytest.mark.parametrize(
    ("units", "earlier", "looking", "expected"),
    [
        ([], [], [], ()),
        ([{"b", "a"}], [], [], (("a", "b"),)),
        ([{"a", "b"}], [("b", "c"), ("d", "e")], [], (("a", "b"), ("d", "e"))),
        ([], [], ["a"], ()),
        ([{"a", "b"}], [], ["c"], (("a", "b"),)),
        ([{"a", "b"}], [("d", "e")], ["a"], (("a", "b", "c"),)),
    ],
)
def test_what_runs_together(
    units: list[set[str]],
    earlier: list[tuple[str, ...]],
    looking: list[str],
    expected: tuple[tuple[str, ...], ...],
) -> None:
    assert run_together(map(frozenset, units), earlier, looking, ("a", "b", "c")) == expected
