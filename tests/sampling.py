"""Which rows of a table of ways to run are run here; all where ``TESTS_WHOLE`` is set, as in the workflow.

A test with such a table as one of its parameters is marked ``sampled("parameter")``. For each combination of
its other parameters the first row is always run, and one of the others: not the same one each time, so that
every row meets some of them. ``first=False``: one of all. ``shared=True``: the same rows for the whole file,
where many tests look at one run. A table whose rows have several values names all of them:
``sampled("given", "expected")``. ``one_in=4``: of the others not one alone, but every fourth.

Of the slow tests a run of all of them takes one in so many, files whose tests look at one run as a whole, and
a larger part of those that start whole runs of their own (by the fixture ``space``). Who names what is to be
run, with a path, ``-k`` or ``-m``, gets it. With ``TESTS_CI``, which ``.ci/run`` sets, a run takes a larger
part of both, always the same: of each table some rows, of each file some of its slow tests.

Where one test goes through much of which one rule holds, the fixture ``part`` takes every so manyth of it,
and all of it for who names what is to be run.

``TESTS_PART=1/3`` takes one of so many parts of whatever is to be run: CI runs one with the lowest
versions of everything and another with the newest.
"""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest

Row = TypeVar("Row")

WHOLE = "TESTS_WHOLE"
CI = "TESTS_CI"
PART = "TESTS_PART"
MARK = "sampled"
SLOW = "slow"
ONE_IN = 12
"""Of so many slow tests one is run."""
RUNS = "space"
"""The fixture with which a test starts whole runs."""
ONE_RUN_IN = 4
"""Of so many such tests one is run."""
ONE_IN_CI = 3
"""Of so many rows of a test that is slow or starts whole runs one is run in CI."""
SLOW_ONE_IN_CI, RUN_ONE_IN_CI = 3, 2
"""Of so many tests of a file that are no rows of a table, and are slow or start whole runs."""


SHARED = re.compile(r'^@pytest\.fixture\(scope="module"', re.MULTILINE)


@cache
def shares(file: Path) -> bool:
    """Whether its tests look at what a fixture of the whole file has made."""
    return SHARED.search(file.read_text(encoding="utf-8")) is not None


Others = tuple[int, ...]
"""The values of the other parameters. Values are told apart by identity: not all of them can be compared."""


@dataclass(frozen=True)
class Place:
    """Where an item stands: in which table of which test, and in which ``row``."""

    table: str
    others: Others
    row: Others
    first: bool
    one_in: int = 0


def place(item: pytest.Item) -> Place | None:
    mark = item.get_closest_marker(MARK)
    values = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    if mark is None or mark.args[0] not in values:
        return None
    row = tuple(id(values.pop(name)) for name in mark.args)
    test = item.nodeid.partition("[")[0]
    shared = mark.kwargs.get("shared", False)
    return Place(
        table=test.partition("::")[0] if shared else test,
        others=() if shared else tuple(map(id, values.values())),
        row=row,
        first=mark.kwargs.get("first", True),
        one_in=mark.kwargs.get("one_in", 0),
    )


def chosen(rows: Sequence[Row], turn: int, *, first: bool, one_in: int = 0) -> set[Row]:
    """Of the rows that there are for one combination, those that are run; ``turn`` picks among the others."""
    kept, rest = (rows[:1], rows[1:]) if first else ((), rows)
    step = min(one_in, len(rest)) or len(rest)
    return {*kept, *(rest[turn % step :: step] if rest else [])}


@dataclass
class Sample:
    """What is run, and how many of each table are left out."""

    left: Counter[str] = field(default_factory=Counter)

    def of(self, items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
        """The items to run and those to leave out, both in their order."""
        places = [(item, place(item)) for item in items]
        rows = _rows(found for _, found in places if found)
        kept, out = [], []
        for item, found in places:
            if found is None or found.row in rows[found.table, found.others]:
                kept.append(item)
            else:
                out.append(item)
                self.left[found.table] += 1
        return kept, out


def _rows(places: Iterable[Place]) -> Mapping[tuple[str, Others], set[Others]]:
    """For each combination of the other parameters the rows that are run."""
    there: dict[tuple[str, Others], dict[Others, Place]] = {}
    for found in places:
        there.setdefault((found.table, found.others), {})[found.row] = found
    turns: Counter[str] = Counter()
    result = {}
    for (table, others), rows in there.items():
        # tables do not all begin with the same row
        turn = zlib.crc32(table.encode()) + turns[table]
        turns[table] += 1
        one = next(iter(rows.values()))
        result[table, others] = chosen(list(rows), turn, first=one.first, one_in=one.one_in)
    return result


def without_most_slow(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The items to run and those to leave out that are slow or start whole runs, both in their order."""

    def runs(item: pytest.Item) -> bool:
        one_in = ONE_IN if _is_slow(item) else ONE_RUN_IN if _starts_runs(item) else 1
        return _number(item) % one_in == 0

    return _divided(items, runs)


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker(SLOW) is not None


def _starts_runs(item: pytest.Item) -> bool:
    return RUNS in getattr(item, "fixturenames", ())


def with_each_slow(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """As :func:`without_most_slow`, and of each table and of each file with such tests some are run."""
    tables: dict[tuple[str, int], list[str]] = {}
    for item in items:
        test, _, row = item.nodeid.partition("[")
        if (_is_slow(item) and not shares(item.path)) or (_starts_runs(item) and not _is_slow(item)):
            alone = test.partition("::")[0], SLOW_ONE_IN_CI if _is_slow(item) else RUN_ONE_IN_CI
            tables.setdefault((test, ONE_IN_CI) if row else alone, []).append(item.nodeid)
    turns: Counter[str] = Counter()
    kept: set[str] = set()
    for (test, one_in), rows in tables.items():
        # where several tests of a file go through one table, each takes others of its rows
        file = test.partition("::")[0]
        kept |= chosen(rows, zlib.crc32(file.encode()) + turns[file], first=False, one_in=one_in)
        turns[file] += file != test and len(rows) > 1
    left = {nodeid for rows in tables.values() for nodeid in rows} - kept
    return _divided(items, lambda item: item.nodeid not in left)


def part_of(items: Iterable[pytest.Item], part: str) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The items of one part and those of the others; ``part`` is ``1/2``, or empty for all."""
    number, _, count = part.partition("/")
    return _divided(items, lambda item: not part or _number(item) // ONE_IN % int(count) == int(number) - 1)


def _divided(
    items: Iterable[pytest.Item], runs: Callable[[pytest.Item], bool]
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    kept: list[pytest.Item] = []
    out: list[pytest.Item] = []
    for item in items:
        (kept if runs(item) else out).append(item)
    return kept, out


def _number(item: pytest.Item) -> int:
    """By which a test is picked; one for all of a file whose tests look at one run."""
    unit = item.nodeid.partition("::")[0] if shares(item.path) else item.nodeid
    return zlib.crc32(unit.encode())


def is_whole() -> bool:
    return bool(os.environ.get(WHOLE))


def is_ci() -> bool:
    return bool(os.environ.get(CI))


def in_full(name: str) -> bool:
    """Whether what is usually done in short is done in full for this one: for one in so many in CI."""
    return is_whole() or (is_ci() and zlib.crc32(name.encode()) % ONE_IN_CI == 0)


@dataclass(frozen=True)
class Part:
    """Of what one test goes through, every so manyth."""

    whole: bool

    def __call__(self, of: Sequence[Row], one_in: int) -> Sequence[Row]:
        return of if self.whole else of[::one_in]


def told(left: Mapping[str, int]) -> str:
    rows = {table: count for table, count in left.items() if table not in (SLOW, PART)}
    tables = ", ".join(f"{count} of {table}" for table, count in sorted(rows.items()))
    parts = [f"{left[SLOW]} tests that are slow or start whole runs"] if SLOW in left else []
    parts += [f"{sum(rows.values())} rows of tables of ways to run ({tables})"] if rows else []
    said = [f"left out, and run by {WHOLE}=1: {', and '.join(parts)}"] if parts else []
    said += [f"{left[PART]} tests are of other parts ({PART})"] if PART in left else []
    return f"sampled: {'; '.join(said)}"
