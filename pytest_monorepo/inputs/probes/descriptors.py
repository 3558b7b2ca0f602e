"""Descriptors that tests hold as mere numbers: of what they have opened by ``os``, or chosen the number.

Streams are asked where they stand where they are held (owners/hidden.py); of a number in a module nobody can
tell what has been read by it, or that it is closed. None of the functions that make one raises an event.
"""

from __future__ import annotations

import os
import stat
from typing import Any, Callable, Dict, Iterator, Set, Tuple

from .. import callers, originals
from ..record.homes import OWN
from ..record.recorder import Recorder

__tracebackhide__ = True

_MAKING = ("pipe", "pipe2", "dup", "openpty", "memfd_create", "eventfd", "timerfd_create")
_STANDARD = 2
_HELD: Set[int] = set()
_CHOSEN: Set[int] = set()
"""Of the process, and so of whoever is forked from it."""


class Standing(Dict[int, Any]):
    """Each descriptor and where it stands. One that has come is a change only where its number was chosen:
    any other number is known to who has opened it, and in a module it is compared as all values are.
    """

    def __eq__(self, before: object) -> bool:
        assert isinstance(before, dict)
        come = self.keys() - before.keys()
        return _CHOSEN.isdisjoint(come) and all(self.get(one) == known for one, known in before.items())

    def __ne__(self, before: object) -> bool:
        return not self == before


def standing() -> Standing:
    """Those that are open. What is not is forgotten: its number is given to the next stream."""
    found = {number: state_of(number) for number in _HELD | _CHOSEN}
    gone = {number for number, state in found.items() if state is None}
    _HELD.difference_update(gone)
    _CHOSEN.difference_update(gone)
    return Standing((number, state) for number, state in found.items() if state is not None)


def state_of(number: int) -> Any:
    """Where a descriptor stands, and what waits in it; ``None`` where it is closed."""
    try:
        found = originals.fstat(number)
        # proc(5): position, flags, what an eventfd has counted, who is waited for
        with open(f"/proc/self/fdinfo/{number}", "rb", buffering=0) as stream:
            told = stream.read()
        in_memory = (found.st_size, found.st_mtime_ns) if not found.st_nlink else ()
        waits = stat.S_ISFIFO(found.st_mode) or stat.S_ISSOCK(found.st_mode)
        waiting = _waiting(number) if waits else 0
    except OSError:
        return None
    return found.st_dev, found.st_ino, told, in_memory, waiting


def _waiting(number: int) -> Any:
    """How much is in a pipe, or has come to a socket."""
    import fcntl
    import termios

    return fcntl.ioctl(number, termios.FIONREAD, b"\0\0\0\0")


def notes(recorder: Recorder, number: int, frame: Any) -> None:
    """Somebody has opened a file by ``os.open``."""
    if recorder.listening and _is_own(recorder, frame):
        _HELD.add(number)


def _is_own(recorder: Recorder, frame: Any) -> bool:
    frame = callers.outside_of(("tempfile",), frame)
    return frame is not None and recorder.scopes.homes.of(frame.f_globals) == OWN


def wrappers(recorder: Recorder) -> Iterator[Tuple[Any, str, Callable[..., Any]]]:
    """(module, name, what stands for the function) of those that this Python has."""
    for name in _MAKING:
        if hasattr(os, name):
            yield os, name, _makes(recorder, getattr(os, name))
    yield os, "dup2", _chooses(recorder, os.dup2)


def _makes(recorder: Recorder, original: Any) -> Any:
    def make(*args: Any, **kwargs: Any) -> Any:
        made = original(*args, **kwargs)
        for number in made if isinstance(made, tuple) else [made]:
            notes(recorder, number, originals.frame(1))
        return made

    return make


def _chooses(recorder: Recorder, original: Any) -> Any:
    def dup2(fd: int, fd2: int, *args: Any, **kwargs: Any) -> Any:
        made = original(fd, fd2, *args, **kwargs)
        if fd2 > _STANDARD:
            chosen(recorder, fd2, originals.frame(1))
        return made

    return dup2


def chosen(recorder: Recorder, number: int, frame: Any) -> None:
    """Who captures output puts something in the place of the standard ones, which are compared elsewhere."""
    if recorder.listening and number > _STANDARD and not callers.module(frame).startswith("_pytest."):
        _CHOSEN.add(number)


def wrap_fcntl(recorder: Recorder, module: Any) -> None:
    """It takes the first number that is free from the given one on."""
    original, choosing = module.fcntl, (module.F_DUPFD, module.F_DUPFD_CLOEXEC)

    def fcntl(fd: Any, cmd: int, *args: Any) -> Any:
        made = original(fd, cmd, *args)
        if cmd in choosing:
            chosen(recorder, made, originals.frame(1))
        return made

    module.fcntl = originals.in_place_of(original, fcntl)
