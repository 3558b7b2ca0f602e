"""Which workers hang. Pure: it is told the time and what runs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from .conversation import Conversation

GRACE = 0.5
"""Seconds between the request for a hanging worker's stacks and its end."""


class Limit(NamedTuple):
    """``seconds`` since ``since`` (monotonic clock); ``words`` say which limit it is.

    With ``whole`` nothing of the worker's project shall run after it.
    """

    seconds: float
    since: float
    words: str
    whole: bool = False


def limits(
    talk: Conversation, others: Collection[Conversation], total: float | None, idle: float | None
) -> tuple[Limit, ...]:
    """What holds for a worker: ``total`` seconds for its project, ``idle`` without a word.

    One that has finished and waits for its siblings, ``others``, is under no limit.
    """
    if talk.finished is not None and others:
        return ()
    found = []
    if total:
        found.append(Limit(total, talk.started, f"the project's timeout of {total:g}s is over", whole=True))
    if idle:
        found.append(Limit(idle, talk.last_heard, f"no word for {idle:g}s"))
    return tuple(found)


def overdue(found: Iterable[Limit], now: float) -> Limit | None:
    """The first limit that is passed."""
    return next((limit for limit in found if now - limit.since > limit.seconds), None)
