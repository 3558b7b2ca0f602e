"""Which problem is it at the end? A worker's last words, its exit code, and what its project gets for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.verdicts import Ending, ending
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project

TESTS = ("t.py::1", "t.py::2")
HELLO = protocol.Hello(1, "3.12.0", "8.3.0")
EXIT = "_pytest.outcomes.Exit: "


@pytest.fixture
def log(tmp_path: Path) -> str:
    file = tmp_path / "log"
    file.write_text("")
    return str(file)


def worker(log: str, status: int | None = None, **said: Any) -> Conversation:
    """One that has run both its tests, and ended its pytest with ``status`` if it got so far."""
    task = said.pop("task", Task("a"))
    defaults: dict[str, Any] = {"hello": HELLO, "collected": TESTS, "done": set(TESTS)}
    if status is not None:
        defaults["finished"] = protocol.Finished(status, {})
    project = Project("a", "a", test_files=("a/t.py",))
    return Conversation(1, 0, task, project, log, log, 0.0, **{**defaults, **said})


def words(found: Ending) -> tuple[int, str] | None:
    return (found.problem.exitstatus, found.problem.message) if found.problem else None


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (0, {}, None),
        (1, {"failures": 1}, None),
        (1, {"collect_reports": 1}, None),
        (1, {}, (1, "pytest ended with exit code 1 though no test failed")),
        (1, {"task": Task("a", restarts=1)}, None),
        (1, {"task": Task("a", assists=True), "taken": [0]}, None),
        (
            1,
            {"verdicts": [("cov", 1)]},
            (1, "cov ended the project with exit code 1: see what it says below"),
        ),
        (2, {}, (-2, "ended early: interrupted")),
        (2, {"told_to_stop": True}, None),
        (2, {"interrupted": f"{EXIT}enough"}, (-2, "ended early: enough")),
        (9, {"interrupted": f"{EXIT}enough"}, (9, "ended early: enough (exit code 9)")),
        (2, {"interrupted": "KeyboardInterrupt"}, (2, "ended early: KeyboardInterrupt")),
        (2, {"interrupted": "Interrupted: 1 error", "collect_reports": 1}, None),
        (3, {}, (3, "internal error")),
        (0, {"internal": "Traceback"}, (3, "internal error")),
        (4, {}, (4, "pytest could not start here")),
        (5, {}, (5, "no tests ran, though there is 1 test file: a/t.py")),
        (5, {"deselected": 1}, None),
        (5, {"elsewhere": 1}, None),
        (5, {"collect_reports": 1}, None),
        (77, {}, (77, "pytest ended with exit code 77")),
        (0, {"done": {TESTS[0]}}, (1, "1 test was collected but never reported, first t.py::2")),
        (0, {"done": {TESTS[0]}, "told_to_stop": True}, None),
        (0, {"done": {TESTS[0]}, "interrupted": f"{EXIT}fine"}, None),
    ],
)
def test_a_worker_that_has_finished(
    log: str, status: int, said: dict[str, Any], expected: tuple[int, str] | None
) -> None:
    found = ending(worker(log, status, **said), status)
    assert (words(found), found.death) == (expected, None)


@pytest.mark.parametrize(
    ("said", "code", "reason", "expected", "died"),
    [
        ({"hello": None}, 1, None, (1, "worker ended before pytest started (exit code 1)"), True),
        ({"hello": None}, 1, "no such file", (1, "no such file"), False),
        (
            {"collected": None},
            1,
            None,
            (1, "worker ended before its tests were collected (exit code 1)"),
            True,
        ),
        ({"current": TESTS[1]}, 1, None, None, True),
        ({"current": TESTS[1]}, 1, "nonsense", None, True),
        (
            {"current": TESTS[1], "verdict": "over", "out_of_time": True},
            1,
            None,
            (1, "over"),
            True,
        ),
        ({"done": set()}, 1, None, (1, "worker ended between two tests (exit code 1)"), True),
        ({}, 1, None, (1, "worker ended after its last test (exit code 1)"), True),
        ({"told_to_stop": True}, 1, None, None, False),
        ({"told_to_stop": True}, 1, "nonsense", (1, "nonsense"), False),
        ({"task": Task("a", assists=True)}, 1, None, None, False),
        (
            {"task": Task("a", assists=True), "out_of_time": True, "verdict": "over"},
            1,
            None,
            (1, "worker ended after its last test (over)"),
            True,
        ),
    ],
)
def test_a_worker_that_went_without_a_word(
    log: str,
    said: dict[str, Any],
    code: int,
    reason: str | None,
    expected: tuple[int, str] | None,
    died: bool,
) -> None:
    found = ending(worker(log, **said), code, reason)
    assert (words(found), found.death is not None) == (expected, died)


def test_after_ctrl_c_no_worker_has_a_problem(log: str) -> None:
    assert ending(worker(log), 1, "gone", interrupted=True) == Ending()


def test_options_may_leave_nothing_to_run(log: str) -> None:
    assert ending(worker(log, 5), 5, narrowed=True) == Ending()


def test_what_is_only_collected_is_not_missed(log: str) -> None:
    assert ending(worker(log, 0, done=set()), 0, collect_only=True) == Ending()


def test_a_process_that_fails_while_it_exits(log: str) -> None:
    found = ending(worker(log, 0), 3)
    assert words(found) == (1, "worker failed while it exited, after its last test (exit code 3)")
