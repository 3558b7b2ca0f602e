"""A pause for Python's garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Function = TypeVar("Function", bound="Callable[..., object]")


def without_collector(function: Function) -> Function:
    """Let no garbage be collected while the function runs.

    Discovery and decision make tens of thousands of values that last, and no cycles: going through them again
    and again took a third of the time.
    """

    @wraps(function)
    def paused(*args: object, **kwargs: object) -> object:
        was_on = gc.isenabled()
        gc.disable()
        try:
            return function(*args, **kwargs)
        finally:
            if was_on:
                gc.enable()

    return paused  # type: ignore[return-value]


_RARELY = 50_000
"""New objects between two collections; Python's own is 700 (2,000 since 3.13)."""
OF_PYTHON = 1000
"""Frozen objects at most where nobody has frozen any: Python 3.12 starts with 375."""


def with_rare_collector(function: Function) -> Function:
    """Let garbage be looked for seldom, and not among what is there already, while the function runs.

    pytest's terminal keeps all reports, and what plugins make of each may be a cycle: so it is not turned
    off, but going through 60,000 of them as they come, and through all imported modules with them, took a
    fifth of the controller's time.
    """

    @wraps(function)
    def eased(*args: object, **kwargs: object) -> object:
        before, was_frozen = gc.get_threshold(), gc.get_freeze_count() > OF_PYTHON
        if before[0]:  # 0 is off
            gc.set_threshold(max(before[0], _RARELY), *before[1:])
        if not was_frozen:
            gc.freeze()
        try:
            return function(*args, **kwargs)
        finally:
            if not was_frozen:
                gc.unfreeze()
            gc.set_threshold(*before)

    return eased  # type: ignore[return-value]
