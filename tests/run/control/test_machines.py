"""What is said of machines that go and come back; with fakes in place of workers, pytest and the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pytest_monorepo.run.control.machines import Machines
from pytest_monorepo.run.state.conversation import Problem
from pytest_monorepo.run.workers.interface import Broken, Joined, Late, Lost
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project, Workspace

TEST = "p/test_it.py::test_it"
WHERE = ("p/test_it.py", 0, "test_it")


class Run:
    """A run on machines ``a`` and ``b``; ``failed`` is what its project is failed with."""

    def __init__(self, *, alone: bool = False, spares: Sequence[str] = ()) -> None:
        self.failed: list[Problem] = []
        self.stopped = False
        self.progress = SimpleNamespace(lost_at={})
        self.ledger = SimpleNamespace(
            broken=None, projects={"p": self.progress}, project_of=lambda talk: self.progress
        )
        self.joined: list[tuple[str, int]] = []
        schedule = SimpleNamespace(
            lost=lambda place: not alone or place != "a" or bool(self.joined),
            joined=lambda *place: self.joined.append(place),
            room=lambda place: 2 if place == "a" else 0,
            stop=self.stop,
        )
        announcer = SimpleNamespace(deserialize=lambda data: SimpleNamespace(longreprtext=data["text"]))
        closing = SimpleNamespace(fail=lambda progress, problem: self.failed.append(problem))
        parts: Sequence[Any] = (
            SimpleNamespace(workspace=Workspace(Path("/r"), (Project("p", "p"),)), spares=tuple(spares)),
            self.ledger,
            SimpleNamespace(schedule=schedule),
            announcer,
            closing,
        )
        self.machines = Machines(*cast(Any, parts))

    def stop(self) -> None:
        self.stopped = True

    def lose(self) -> None:
        """Machine ``a``, in the middle of the test."""
        self.machines.heard(Lost("a", "silent for 30s"))
        self.progress.lost_at[TEST] = "a"
        self.machines.doubt(cast(Any, SimpleNamespace(left=[TEST])))

    def tell(self, outcome: str) -> SimpleNamespace:
        """Machine ``b`` runs it once more; its last report."""
        talk = cast(Any, SimpleNamespace(place="b", task=SimpleNamespace(project="p")))
        for when in ("setup", "call", "teardown"):
            found = outcome if when == "call" else "passed"
            report = SimpleNamespace(nodeid=TEST, when=when, outcome=found, sections=[], user_properties=[])
            report.longreprtext = "text of b"
            self.machines.reported(talk, report)
        self.machines.finished(talk, TEST)
        return report

    def wake(self, outcome: str) -> None:
        """Machine ``a`` speaks all the same."""
        for found in ("passed", outcome, "passed"):
            data = {"nodeid": TEST, "outcome": found, "text": "text of a"}
            self.machines.heard(Late(1, "a", protocol.TestReport(data)))
        self.machines.heard(Late(1, "a", protocol.TestFinished(TEST, WHERE)))


@pytest.mark.parametrize("order", ["the lost one last", "the lost one first"])
@pytest.mark.parametrize(
    ("there", "lost", "said", "texts"),
    [
        ("passed", "passed", None, ()),
        ("failed", "failed", None, ()),
        ("passed", "failed", "failed on a, passed on b", ("on a:\ntext of a",)),
        ("failed", "passed", "passed on a, failed on b", ("on b:\ntext of b",)),
        ("skipped", "passed", "passed on a, skipped on b", ()),
    ],
)
def test_two_answers_that_differ_fail_the_run_and_show_both(
    order: str, there: str, lost: str, said: str | None, texts: Sequence[str]
) -> None:
    run = Run()
    run.lose()
    if order == "the lost one first":
        run.wake(lost)
    run.tell(there)
    if order == "the lost one last":
        run.wake(lost)
    run.wake(lost)  # nothing is said twice
    expected = [] if said is None else [f"{TEST}: two answers: {said}; the worse one counts"]
    assert [problem.message for problem in run.failed] == expected
    assert [problem.text for problem in run.failed] == ([] if said is None else ["\n\n".join(texts)])
    assert all(problem.exitstatus == 1 for problem in run.failed)


def test_a_repeated_test_says_so_once_in_the_summary_and_in_its_report() -> None:
    run = Run()
    run.lose()
    report = run.tell("passed")
    words = "repeated on b after a was lost"
    assert ("repeated", words) in report.user_properties
    assert ("pytest-monorepo", words) in report.sections
    assert [line.partition(" (")[0] for line in run.machines.lines] == [
        "a was lost: silent for 30s",
        f"{TEST}: {words}",
    ]


def test_a_lost_machine_may_be_brief() -> None:
    run = Run()
    run.lose()
    assert run.machines.doubts(TEST)
    run.machines.heard(Late(1, "a", protocol.TestPassed(TEST, [], [])))
    run.tell("failed")
    assert [problem.message for problem in run.failed] == [
        f"{TEST}: two answers: passed on a, failed on b; the worse one counts"
    ]
    assert not run.machines.doubts("p/test_it.py::test_other")


def test_what_is_no_longer_doubted_is_not_heard() -> None:
    run = Run()
    run.machines.heard(Joined("c", 2))
    run.wake("failed")  # of a test that nobody lost
    assert run.failed == []
    assert run.machines.lines[0].startswith("c has joined, with 2 workers")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (Lost("a", "gone"), "every machine was lost"),
        (Broken("the scheduler was lost"), "the scheduler was lost"),
    ],
)
def test_without_any_machine_the_run_is_broken_once(change: Lost | Broken, reason: str) -> None:
    run = Run(alone=True)
    run.machines.heard(change)
    run.machines.heard(Broken("again"))
    assert (run.ledger.broken, run.stopped) == (reason, True)


@pytest.mark.parametrize(
    ("spares", "lost", "joined"),
    [
        ((), "ab", []),
        (("b", "c", "c", "c"), "a", [("b", 1), ("c", 1)]),  # as many as there were
        (("b", "c", "a"), "ba", [("c", 1)]),  # none that is lost itself
        (("b", "b"), "c", []),  # which had no work
    ],
)
def test_a_machine_without_work_takes_the_place_of_a_lost_one(
    spares: Sequence[str], lost: str, joined: Sequence[tuple[str, int]]
) -> None:
    """A single project is on one machine, and the run need not end with that."""
    run = Run(alone=True, spares=spares)
    for place in lost:
        run.machines.heard(Lost(place, "gone"))
    assert run.joined == joined
    assert bool(run.ledger.broken) == ("a" in lost and not joined)
