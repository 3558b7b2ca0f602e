"""What binds files: in which words they are not kept for it, and which files one worker runs next time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.results.keeping.bonds import Bonds, run_together
from pytest_monorepo.results.keeping.traces import all_told
from tests.results.keeping.test_traces import trace


def test_of_files_that_several_workers_ran_it_is_said_what_binds_them() -> None:
    traces = all_told([trace("a.py", {"modules": ["app"]}, modules=["app"]), trace("b.py", modules=["app"])])
    heard: Any = SimpleNamespace(
        tested=["a.py", "b.py"],
        files=dict.fromkeys(["a.py", "b.py"], SimpleNamespace(tests=["test"])),
        whole=(),
    )
    reasons: dict[str, str] = {}
    Bonds(heard, traces).refuse(reasons)
    assert reasons == {
        file: f"several workers ran it and {other}, which are one (a.py leaves variables of app)"
        for file, other in (("a.py", "b.py"), ("b.py", "a.py"))
    }


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
