"""A file that runs although it is kept is compared where all of it was heard, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from pytest_monorepo.results.caching import Caching
from pytest_monorepo.results.entries.entry import Entry
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.keeping.heard import Heard
from pytest_monorepo.results.keeping.keeper import Keeper
from pytest_monorepo.results.replays.answers import Answers
from pytest_monorepo.results.replays.lookup import Answer, Lookup, Question
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.section import Section
from pytest_monorepo.worker import protocol

COLLECTED = protocol.Collected(["test_a.py::one", "test_a.py::two"], [])
PASSED = {"test_a.py::one": ["call passed"], "test_a.py::two": ["call passed"]}


def ran(*names: str) -> list[Any]:
    said: list[Any] = []
    for nodeid in (f"test_a.py::{name}" for name in names):
        said.append(protocol.TestReport({"nodeid": nodeid, "when": "call", "outcome": "passed"}))
        said.append(protocol.TestFinished(nodeid, ("", None, "")))
    return said


def uncollected(file: str, outcome: str) -> protocol.CollectReport:
    return protocol.CollectReport({"nodeid": file, "outcome": outcome})


@pytest.mark.parametrize(
    ("file", "messages", "gave"),
    [
        ("test_a.py", [COLLECTED, *ran("one", "two")], PASSED),
        ("test_a.py", [COLLECTED, *ran("one")], None),
        ("test_a.py", [COLLECTED], None),
        ("test_a.py", [], None),
        ("test_a.py", ran("one", "two"), None),
        ("test_b.py", [COLLECTED, *ran("one", "two")], {}),
        ("test_b.py", [uncollected("test_b.py", "skipped"), COLLECTED], {}),
        ("test_b.py", [uncollected("test_b.py", "failed"), COLLECTED], {}),
        ("test_b.py", [uncollected("test_a.py", "failed"), COLLECTED], None),
    ],
)
def test_what_a_file_gave_is_known_where_all_of_it_was_heard(
    file: str, messages: list[Any], gave: Any
) -> None:
    heard = Heard()
    for message in messages:
        heard.add(1, message)
    assert heard.gave(file) == gave


@pytest.fixture
def caching(tmp_path: Path) -> Caching:
    """Of a project with one file, which is kept and runs all the same."""
    store = Store(tmp_path / "store")
    keeper = Keeper(store, {"libs/a": Question("libs/a", "key", cast("Any", None))})
    entry = Entry("libs/a", "test_a.py", 0.0, "", (), Section(), b"", 2, 0.0)
    caching = Caching(store, keeper, Lookup(store, 1.0), Current(Digests.load(store.digests)))
    caching.answers["libs/a"] = Answers(Answer())
    caching.sampled["test_a.py"] = Answer(entry, (COLLECTED, *ran("one", "two")))
    return caching


def hear(caching: Caching, *messages: object) -> None:
    for message in messages:
        caching.heard("libs/a", 1, message)


def test_what_ran_before_all_had_to_run_is_not_compared(caching: Caching) -> None:
    hear(caching, COLLECTED, *ran("one", "two"))
    assert caching.clash("libs/a", ["test_a.py"])
    hear(caching, COLLECTED, *ran("one", "two"))
    caching.done("libs/a", "not to be kept")
    assert (caching.differences, caching.compared) == ([], 1)


def test_a_test_that_is_gone_is_a_difference_and_none_where_nothing_is_to_run(caching: Caching) -> None:
    for collect_only in (True, False):
        caching.collect_only = collect_only
        hear(caching, protocol.Collected([], []))
        caching.done("libs/a", "not to be kept")
        assert bool(caching.differences) is not collect_only
