"""Loggers are asked for by their names, as variables of the environment are."""

from __future__ import annotations

import functools
from typing import Any

from .. import callers, originals
from ..record.recorder import Recorder

__tracebackhide__ = True


def wrap(recorder: Recorder, logging: Any) -> None:
    """Let the manager of all loggers tell who asks for one, and who looks at all that there are."""
    manager = logging.Manager
    original = manager.getLogger

    @functools.wraps(original)
    def getLogger(self: Any, name: str) -> Any:
        if not recorder.scopes.sole and recorder.listening and isinstance(name, str):
            made = vars(self)[_ALL].get(name)
            fresh = not isinstance(made, logging.Logger) or is_as_made(made)
            recorder.logged.asks(recorder.scopes, originals.frame(1), name, fresh=fresh)
        return original(self, name)

    def all_loggers(self: Any) -> Any:
        if not recorder.scopes.sole and recorder.listening:
            frame = originals.frame(1)
            if not _is_the_librarys(frame) and not callers.by_pytest(frame):
                recorder.logged.looks(recorder.scopes, frame)
        return vars(self)[_ALL]

    def set_all(self: Any, value: Any) -> None:
        vars(self)[_ALL] = value

    shutdown = logging.shutdown

    @functools.wraps(shutdown)
    def shut_down(*args: Any, **kwargs: Any) -> Any:
        """It goes through all handlers that there are."""
        if recorder.listening:
            recorder.logged.looks(recorder.scopes, originals.frame(1))
        return shutdown(*args, **kwargs)

    logging.shutdown = shut_down
    manager.getLogger = getLogger
    setattr(manager, _ALL, property(all_loggers, set_all))


_ALL = "loggerDict"
_OWN = {"name", "level", "parent", "propagate", "handlers", "disabled", "filters", "manager", "_cache"}
"""What a logger has as it is made (CPython 3.8 to 3.14)."""
_OF_HANDLERS = {"filters", "_name", "level", "formatter", "_closed", "lock"}


def is_as_made(one: Any) -> bool:
    return (
        (one.level, one.propagate, one.disabled) == (0, True, False)
        and not (one.handlers or one.filters)
        and vars(one).keys() <= _OWN
    )


def is_quiet(logging: Any, one: Any) -> bool:
    """Whether nothing is set but a level, what goes on to others, and handlers that do and hold nothing."""
    return not one.filters and vars(one).keys() <= _OWN and all(_is_null(logging, h) for h in one.handlers)


def _is_null(logging: Any, handler: Any) -> bool:
    plain = type(handler) is logging.NullHandler and vars(handler).keys() <= _OF_HANDLERS
    return plain and not (handler.filters or handler.formatter or handler.name)


def _is_the_librarys(frame: Any) -> bool:
    """Whether logging itself looks one up, or we do."""
    name = callers.module(frame)
    return name.startswith(callers.OURS) or (name == "logging" and frame.f_code.co_name != "getChildren")
