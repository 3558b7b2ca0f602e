"""When tests ran, by the controller's clock: a node's may be off by hours. Pure."""

from __future__ import annotations

from typing import Any

from pytest_monorepo.worker import protocol


def ahead(there: float, asked: float, answered: float) -> float:
    """Seconds that a node's clock is ahead, told between two moments here; 0 where it may be right."""
    off = there - (asked + answered) / 2
    return off if not asked <= there <= answered else 0.0


def as_here(message: Any, ahead: float) -> Any:
    """What a worker has said, with our own times for those of a clock that is ``ahead``."""
    if not ahead:
        return message
    if isinstance(message, protocol.TestPassed):
        # duration, start and stop of each phase; 0 where pytest tells none (it is too old for that)
        times = [time and time - ahead * bool(n % 3) for n, time in enumerate(message.times)]
        return message._replace(times=times)
    if isinstance(message, protocol.TestReport):
        data = message.data
        told = {key: data[key] - ahead for key in ("start", "stop") if data.get(key)}
        return message._replace(data={**data, **told})
    return message
