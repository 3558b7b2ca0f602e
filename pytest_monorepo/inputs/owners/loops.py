"""asyncio's current event loop: what a file leaves of it concerns who asks for it, and nobody else.

A coroutine that has run leaves the main thread without a loop where there was to be one on demand, and
pytest-asyncio has asyncio's own policy made, which is made on demand as well. Until 3.13 the policy holds the
loop. Private; tests/inputs/owners/test_loops.py fails when it moves.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any, Tuple

from ..originals import identity
from ..record.asked import CURRENT

__all__ = ["CURRENT", "current", "is_set", "policy"]


def policy(events: Any) -> Any:
    """What everybody can see: a policy other than asyncio's own, with all that it holds."""
    found = events._event_loop_policy
    return None if _is_plain(found) else (identity(found), *_local(found))


def current(events: Any) -> Any:
    """What who asks for the main thread's loop can see, where the policy is asyncio's own."""
    found = events._event_loop_policy
    return _local(found) if _is_plain(found) and found is not None else (False, None)


def is_set(value: Any) -> bool:
    """Whether a value is the policy itself, of which everything is compared here.

    pytest-asyncio has it as the value of a session's fixture, and each test changes it.
    """
    events = sys.modules.get("asyncio.events")
    return value is not None and value is getattr(events, "_event_loop_policy", None) and _is_plain(value)


def _is_plain(found: Any) -> bool:
    if found is None:
        return True
    own = type(found).__module__ == "asyncio.unix_events" and vars(found).keys() <= {"_local", "_watcher"}
    return own and vars(found).get("_watcher") is None and hasattr(getattr(found, "_local", None), "_loop")


def _local(found: Any) -> Tuple[Any, ...]:
    local = getattr(found, "_local", None)
    return getattr(local, "_set_called", None), _worth(getattr(local, "_loop", None))


def _worth(loop: Any) -> Any:
    """Which loop it is, whether it is closed, and what waits in it; it is not kept alive."""
    if loop is None:
        return None
    waiting = [len(getattr(loop, name, ())) for name in ("_ready", "_scheduled")]
    return weakref.ref(loop), loop.is_closed(), loop.get_debug(), waiting
