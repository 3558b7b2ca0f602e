"""What becomes of the work that a worker leaves. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from .conversation import Conversation
from .queue import Queue


class Fate(Enum):
    """Of what a worker was to run and has not."""

    NONE = "nothing is left, or nobody shall run it"
    ENDS_PROJECT = "nobody shall run it, nor what is still in the queue"
    TO_SIBLINGS = "back to the queue, for who shares it"
    AFRESH = "a fresh worker runs it"


def fate(talk: Conversation, *, shared: bool, stopped: bool) -> Fate:
    """``shared``: it took its tests from its project's queue; ``stopped``: the whole run is to end."""
    if talk.finished is None and not stopped and not talk.out_of_time:
        return Fate.TO_SIBLINGS if shared else Fate.AFRESH
    # an -x of the project's own: its pytest ends though it was never told that the queue is empty
    ended_itself = talk.finished is not None and not talk.served_out and not stopped
    return Fate.ENDS_PROJECT if shared and (ended_itself or talk.out_of_time) else Fate.NONE


def cuts_short(talk: Conversation, what: Fate) -> bool:
    """Whether its project has itself ended before its last test."""
    left_some = talk.finished is not None and bool(talk.left) and not talk.told_to_stop
    return what is Fate.ENDS_PROJECT or talk.out_of_time or left_some


def orphaned(queue: Queue, talks: Iterable[Conversation]) -> bool:
    """Whether there are tests in the queue from which none of these will take any more."""
    taking = (talk for talk in talks if talk.queue is queue and not (talk.served_out or talk.ended))
    return bool(queue.groups) and not queue.spare and not any(taking)
