"""Which tests are this machine's, where several share a project: each one's exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.worker.paths import Paths
from pytest_monorepo.worker.share import Share

from .fakes import Item, job

FILES = ("libs/a/t/test_1.py", "libs/a/t/test_2.py", "libs/a/t/test_3.py")


def share(files: tuple[str, ...], others: tuple[str, ...], first: bool) -> Share:
    told = {"files": list(files), "others": list(others), "first": first}
    return Share(job(share=told), Paths("/repo", "/repo/libs/a"))


UNDIVIDED = Share(job(), Paths("/repo", "/repo/libs/a"))
FIRST = share(FILES[:1], FILES[1:2], True)
SECOND = share(FILES[1:2], FILES[:1], False)


@pytest.mark.parametrize(
    ("nodeid", "first", "second"),
    [
        ("t/test_1.py::test_x", True, False),
        ("t/test_1.py::T::test_x[a::b/c]", True, False),
        ("t/test_1.py", True, False),
        ("t/test_2.py::test_x", False, True),
        ("./t/test_2.py::test_x", False, True),
        # what discovery has missed is the first one's
        ("t/test_3.py::test_x", True, False),
        ("t", True, False),
        ("", True, False),
        ("README.md::README.md", True, False),
        ("../b/t/test_1.py::test_x", True, False),
        ("t/test_2.pyi::test_x", True, False),
    ],
)
def test_each_is_exactly_one_machine_s(nodeid: str, first: bool, second: bool) -> None:
    assert (FIRST.holds(nodeid), SECOND.holds(nodeid)) == (first, second)
    assert first != second
    assert UNDIVIDED.holds(nodeid)


@pytest.mark.parametrize(
    ("one", "whole", "kept", "elsewhere"),
    [
        (UNDIVIDED, False, [1, 2, 3], 0),
        (UNDIVIDED, True, [1, 2, 3], 0),
        (FIRST, False, [1, 3], 1),
        (SECOND, False, [2], 2),
        # every machine finds the same reason, and the first takes all
        (FIRST, True, [1, 2, 3], 0),
        (SECOND, True, [], 3),
    ],
)
def test_what_is_left_to_others(one: Share, whole: bool, kept: list[int], elsewhere: int) -> None:
    items: list[Any] = [Item(f"t/test_{n}.py::test_x") for n in (1, 2, 3)]
    expected = [items[n - 1] for n in kept]
    before = one.elsewhere
    one.leave_to_others(items, whole=whole)
    assert items == expected
    assert one.elsewhere - before == elsewhere


def test_what_another_machine_deselects_is_counted_and_not_told() -> None:
    one = share(FILES[:1], FILES[1:], True)
    items: list[Any] = [Item(f"t/test_{n}.py::test_x") for n in (1, 2, 3, 1)]
    assert one.deselected(items) == [f"{FILES[0]}::test_x"] * 2
    assert one.elsewhere == 2


def test_a_rootdir_above_the_project_changes_nothing() -> None:
    paths = Paths("/repo", "/repo/libs/a")
    one = Share(job(share={"files": [FILES[0]], "others": [FILES[1]], "first": False}), paths)
    paths.rootdir = "/repo"
    assert one.holds(f"{FILES[0]}::test_x")
    assert not one.holds(f"{FILES[1]}::test_x")
