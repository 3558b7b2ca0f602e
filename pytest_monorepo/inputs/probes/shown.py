"""Who asks how the run is shown: pytest does all the time, and no test's outcome depends on that.

``config.option`` hears of it itself: that pytest keeps its options in a namespace whose class can be another
``tests/inputs`` tries. ``sys.argv`` cannot be another kind of list (yaml, marshal and others refuse it): who
asks for that is read in the sources (``results/values/asks.py``).
"""

from __future__ import annotations

import argparse
from types import FrameType
from typing import Any, Dict, Iterable, List, Optional, Tuple

from .. import callers, originals
from ..record import shown
from ..record.recorder import Recorder

__tracebackhide__ = True


class Options(argparse.Namespace):
    """What ``config.option`` and ``config.known_args_namespace`` are while a trace is taken.

    All else is asked a thousand times in each run: it is a plain attribute, which costs nothing more.
    """

    @property
    def __dict__(self) -> Dict[str, Any]:  # type: ignore[override]
        _see(shown.OF.values())
        found: Dict[str, Any] = _held_by(self)
        return found

    def _get_kwargs(self) -> List[Tuple[str, Any]]:
        """Of which its text is made."""
        _see(shown.OF.values())
        return list(_plain(self).items())

    def __copy__(self) -> Options:  # pytest's own, which is asked afterwards
        made = Options()
        _held_by(made).update(_plain(self))
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Who has no tracer, as another process, gets what pytest has."""
        _see(shown.OF.values())
        return argparse.Namespace, (), _plain(self)


_held_by: Any = next(filter(None, (vars(cls).get("__dict__") for cls in argparse.Namespace.__mro__))).__get__
"""The dictionary of a namespace, without asking it."""


def _plain(namespace: argparse.Namespace) -> Dict[str, Any]:
    return dict(_held_by(namespace))


def _told(name: str) -> property:
    """An attribute that is kept where it always is, and tells that it is asked for."""

    def get(self: Any) -> Any:
        _see([shown.OF[name]])
        try:
            return _held_by(self)[name]
        except KeyError:
            words = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(words) from None

    def put(self: Any, value: Any) -> None:
        _held_by(self)[name] = value

    def delete(self: Any) -> None:
        if name not in _held_by(self):
            raise AttributeError(name)
        del _held_by(self)[name]

    return property(get, put, delete)


for _name in shown.OF:
    setattr(Options, _name, _told(_name))

# its text begins so
Options.__name__ = Options.__qualname__ = argparse.Namespace.__name__

_recorders: List[Recorder] = []


def install(recorder: Recorder, config: Any) -> None:
    """Listen to what is asked of a configuration whose options are not all known yet."""
    _recorders[:] = [recorder]
    for name in ("option", "known_args_namespace"):
        namespace = getattr(config, name, None)
        if type(namespace) is argparse.Namespace:
            namespace.__class__ = Options
        elif namespace is not None:
            recorder.see_shown(shown.OF.values())


def _see(options: Iterable[str]) -> None:
    recorder = _recorders[0]
    if recorder.listening and recorder.has_not_shown(options) and not _only_shows(originals.frame(2)):
        recorder.see_shown(options)


def _only_shows(frame: Optional[FrameType]) -> bool:
    """Whether it is pytest, or who was asked for something to be printed, that wants to know."""
    # asking for a frame's code raises an event, which is dear where it is asked of each in a stack: nobody
    # need know who prints where it only shows in any case
    stranger = _stranger(frame)
    while stranger is not None and frame is not None:
        module = callers.module(frame)
        if _learned(module) != _HANDS_ON and _prints(module, frame.f_code.co_name):
            return True
        if frame is stranger:
            return False
        frame = frame.f_back
    return True


def _stranger(frame: Optional[FrameType]) -> Optional[FrameType]:
    """The first that may make something of the answer, unless pytest's own leading code has asked before."""
    asked, known = True, _KNOWN
    while frame is not None:
        # without a call: pytest asks how it is to show something ten times a test, and ten frames deep
        try:
            kind = known[frame.f_globals["__name__"]]
        except (KeyError, TypeError):
            kind = _learned(frame.f_globals.get("__name__", ""))
        if kind == _SHOWS:
            return None
        # what it makes of a failed comparison is seen by who catches that
        if kind == _STRANGE or (asked and kind == _COMPARES):
            return frame
        asked = asked and kind == _CONFIGURES
        frame = frame.f_back
    return None


def _prints(module: str, function: str) -> bool:
    """Also where pytest's terminal hears of a report: within a test, where that has subtests."""
    return function in _TO_PRINT or (module == "_pytest.terminal" and function == "pytest_runtest_logreport")


_SHOWS, _COMPARES, _CONFIGURES, _BETWEEN, _HANDS_ON, _STRANGE = range(6)


_KNOWN: Dict[str, int] = {}
"""By names of modules what :func:`_kind` says of them."""


def _learned(name: Any) -> int:
    name = name if type(name) is str else str(name)
    kind = _KNOWN.get(name)
    if kind is None:
        kind = _kind(name)
        if len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[name] = kind
    return kind


_MOST_KNOWN = 4096


def _kind(name: str) -> int:
    """What a module of that name does on the way from pytest to an option."""
    if name.startswith(callers.OURS) or name in _LEADING:
        return _SHOWS
    if name.partition(".")[0] == "pluggy" or name in _THROUGH:
        return _HANDS_ON
    if not callers.is_pytests(name):
        return _STRANGE
    if name.startswith("_pytest.assertion"):
        return _COMPARES
    return _CONFIGURES if name.startswith("_pytest.config") else _BETWEEN


_THROUGH = ("argparse", "copy", "copyreg")
_LEADING = ("_pytest.main", "_pytest.runner")
"""They call everybody else, and no test calls them."""

_TO_PRINT = (
    "pytest_report_header",
    "pytest_report_collectionfinish",
    "pytest_report_teststatus",
    "pytest_terminal_summary",
)
