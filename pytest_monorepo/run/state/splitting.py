"""Whether several workers share a project, and where a further one helps. Pure."""

from __future__ import annotations

import math

from pytest_monorepo.run.plan.schedule import Task

from .projects import Progress

_WORTH_COLLECTING_FOR = 2.0
"""Seconds of work that must wait before a helper is started that first collects for itself."""


PATIENCE = 5.0
"""Seconds of tests after which several workers share what one has begun alone, so that all can be kept."""
_AT_MOST = 4
"""So many times as long by the clock: a single test may be long, and tracing takes time, too."""


def may_split(task: Task, split: str, files: int, *, total: float, workers: int, waiting: int) -> bool:
    """Where cores may idle otherwise: a project longer than its fair share, or one of the last.

    ``split`` is what workers may share of it, ``files`` how many test files it has, one that may be divided
    counting as two; ``total`` weighs all projects of the run, and ``waiting`` tasks have not begun.
    """
    if task.assists:
        return True
    if split == "none" or workers < 2 or (split in ("auto", "file") and files < 2):
        return False
    return task.weight > total / workers / 2 or waiting < workers


def worth(
    progress: Progress,
    *,
    running: bool,
    timed: bool,
    spare: bool = False,
    afar: bool = False,
    now: float = math.inf,
) -> float:
    """What a further worker would find to do, 0 where it is no help.

    ``running``: a worker is at the project; ``timed``: weights are seconds, measured in an earlier run.
    ``spare``: a forked sibling waits where it would work; ``afar``: that is one of several machines, where
    there may never be one. ``now`` is in seconds of the monotonic clock.
    """
    if running and alone_for(progress, now) > 0:
        return 0.0
    weight = progress.waiting_weight()
    if progress.queue is None or spare:
        return weight
    # none waits forked and ready: one that must collect for itself first is worth it only for a while's work
    enough = weight > _WORTH_COLLECTING_FOR if timed else afar and len(progress.queue.groups) > 1
    return weight if running and enough and not progress.helpless else 0.0


def alone_for(progress: Progress, now: float) -> float:
    """For how many seconds more, at most, one worker runs the project by itself."""
    if progress.alone_since is None:
        return 0.0
    if progress.queue is not None and progress.ones and not progress.queue.has_any_but(progress.ones):
        return math.inf
    gone = sum(progress.seconds.values())
    return progress.alone_since + _AT_MOST * PATIENCE - now if gone < PATIENCE else 0.0
