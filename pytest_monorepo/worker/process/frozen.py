"""What a fork server has put out of the garbage collector's sight, until somebody looks for it.

A worker need not go through all that it has inherited in each collection. But who asks the collector what
refers to what has to see it: with ``filterwarnings = error`` hypothesis ends a project because nobody
seems to hold trio's random numbers (hypothesis 6.170, ``register_random``).
"""

from __future__ import annotations

import contextlib
import functools
import gc
from typing import Any, Callable, Dict, Iterator

# and who freezes what there is, as servers do before they fork, counts only that
_ASKING = ("get_referrers", "get_objects", "get_freeze_count", "freeze", "unfreeze")
_usual: Dict[str, Callable[..., Any]] = {}


def freeze(generation: int = 2) -> None:
    """Collect, and leave out of later collections what there is by now.

    ``generation`` is the oldest to collect. Of an interpreter that has imported pytest and no more the last
    one is as Python itself has left it, and to go through that once more takes a tenth of the server's time.
    """
    gc.collect(generation)
    _usual.get("freeze", gc.freeze)()
    for name in _ASKING:
        if name not in _usual:
            _usual[name] = getattr(gc, name)
            setattr(gc, name, _asking(name, _usual[name]))


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage while much is made that stays: a seventh of what it takes to import pytest.

    Nobody is told that the collector is off; who sets it otherwise meanwhile has it so.
    """
    before = gc.get_threshold()
    gc.set_threshold(0, *before[1:])
    try:
        yield
    finally:
        if gc.get_threshold()[0] == 0:
            gc.set_threshold(*before)


@contextlib.contextmanager
def in_sight() -> Iterator[None]:
    """Within, what is frozen is seen by who asks the collector for holders, and no garbage is looked for.

    Twice through all that a server holds was a quarter of a watched import of Django.
    """
    asking = {name: getattr(gc, name) for name in _usual}
    for name, usual in _usual.items():
        setattr(gc, name, usual)
    gc.unfreeze()
    try:
        yield
    finally:
        gc.freeze()
        for name, ask in asking.items():
            setattr(gc, name, ask)


def thaw() -> None:
    """All is as in an interpreter that nobody has forked."""
    for name in list(_usual):
        setattr(gc, name, _usual.pop(name))
    gc.unfreeze()


def _thaw_without_garbage() -> None:
    """What was garbage when it was frozen goes, as that of the start from which a server was forked.

    Garbage of the tests stays: they may be asking for it. All that is in sight is held meanwhile.
    """
    if not _usual:  # thawed, and somebody has kept the function that asks
        return
    in_sight = _usual["get_objects"]()
    thaw()
    callbacks, debug = gc.callbacks[:], gc.get_debug()
    gc.callbacks.clear()
    gc.set_debug(0)  # else garbage might be kept, or told of
    try:
        gc.collect()
    finally:
        gc.set_debug(debug)
        gc.callbacks[:] = callbacks
    del in_sight


def _asking(name: str, usual: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(usual)
    def ask(*args: Any, **kwargs: Any) -> Any:
        if name == "get_objects" and (*args, kwargs.get("generation"))[0] in (0, 1):
            return usual(*args, **kwargs)  # what is frozen is old, and to look for garbage makes all old
        _thaw_without_garbage()
        found = usual(*args, **kwargs)
        return [one for one in found if one is not args] if name == "get_referrers" else found

    return ask
