"""Who asks asyncio for the current event loop where none runs."""

from __future__ import annotations

from typing import Any

from .. import callers, originals
from ..record.asked import CURRENT
from ..record.recorder import Recorder

__tracebackhide__ = True

# it saves the loop and puts it back around its tests, whichever it is, and runs them in loops of its own
_SAVES = "pytest_asyncio"


def wrap(recorder: Recorder, module: Any) -> None:
    """Of ``asyncio.events``: its own policies inherit from this one."""
    # Python 3.14, which is not traced yet, has an underscore before the name
    holder = module.BaseDefaultEventLoopPolicy
    original = holder.get_event_loop

    def get_event_loop(self: Any) -> Any:
        if recorder.listening:
            asker = callers.module(callers.outside("asyncio", originals.frame(1)))
            if asker.partition(".")[0] != _SAVES:
                recorder.asks(CURRENT)
        return original(self)

    holder.get_event_loop = get_event_loop
