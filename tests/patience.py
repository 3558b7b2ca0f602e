"""How tests wait: for something to happen, and for minutes at most. None asserts how long it took.

A machine with eight other jobs takes many times as long as a quiet one, and for each step another number of
times. So a limit here only tells "never" from "later", and one that is reached means a hang.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MINUTES = 600.0
"""Seconds after which what a test waits for counts as never coming: for every ``timeout=``."""

FOREVER = 3600
"""Seconds that a sleep takes which must outlast every wait, in what is to be ended from outside."""


def until(
    happened: Callable[[], object],
    alive: Callable[[], object] = lambda: True,
    shown: Callable[[], object] = lambda: "",
) -> None:
    """Return once ``happened()``; fail where it cannot any more, with what ``shown()`` tells.

    ``alive`` says whether what could bring it about still runs.
    """
    end = time.monotonic() + MINUTES
    while True:
        # asked first: what happens right before the end has happened
        going_on = time.monotonic() < end and alive()
        if happened():
            return
        assert going_on, f"it did not come to that: {shown()}"
        time.sleep(0.02)
