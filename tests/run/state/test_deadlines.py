"""Which limits hold for a worker, and which is passed."""

from __future__ import annotations

import pytest

from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.state.deadlines import Limit, limits, overdue
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.model import Project


@pytest.fixture
def talk() -> Conversation:
    """A worker that began at 100 and was last heard at 107."""
    found = Conversation(1, 0, Task("a"), Project("a", "a"), "out", "err", 100.0)
    found.last_heard = 107.0
    return found


@pytest.mark.parametrize(
    ("total", "idle", "now", "passed"),
    [
        (None, None, 1e9, None),
        (10.0, None, 110.0, None),
        (10.0, None, 110.1, "the project's timeout of 10s is over"),
        (None, 2.5, 109.5, None),
        (None, 2.5, 109.6, "no word for 2.5s"),
        (10.0, 2.5, 109.6, "no word for 2.5s"),
        (5.0, 2.5, 109.6, "the project's timeout of 5s is over"),
    ],
)
def test_overdue(
    talk: Conversation, total: float | None, idle: float | None, now: float, passed: str | None
) -> None:
    found = overdue(limits(talk, [], total, idle), now)
    assert (found.words if found else None) == passed


def test_only_the_projects_own_timeout_ends_the_project(talk: Conversation) -> None:
    assert [limit.whole for limit in limits(talk, [], 1.0, 1.0)] == [True, False]


def test_a_worker_that_waits_for_its_siblings_is_under_no_limit(talk: Conversation) -> None:
    talk.finished = protocol.Finished(0, {})
    assert limits(talk, [talk], 1.0, 1.0) == ()
    assert limits(talk, [], 1.0, None) == (
        Limit(1.0, 100.0, "the project's timeout of 1s is over", whole=True),
    )


def test_what_somebody_takes_to_answer_is_not_the_projects_time(talk: Conversation) -> None:
    asked = []
    for asking, now in ((True, 105.0), (False, 165.0), (False, 170.0)):
        talk.asks(asking, now)
        asked.append((talk.asking_since, talk.started))
    assert asked == [(105.0, 100.0), (None, 160.0), (None, 160.0)]
