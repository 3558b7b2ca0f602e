"""Who asks how the run is shown: pytest does all the time, and no test's outcome depends on that.

``config.option`` hears of it itself: that pytest keeps its options in a namespace whose class can be another
``tests/inputs`` tries. ``sys.argv`` cannot be another kind of list (yaml, marshal and others refuse it): who
asks for that is read in the sources (``results/values/asks.py``).
"""

from __future__ import annotations

import argparse
from types import FrameType
from typing import Any, Dict, Iterable, List, Optional

from .. import callers, originals
from ..record import shown
from ..record.recorder import Recorder


class Options(argparse.Namespace):
    """What ``config.option`` and ``config.known_args_namespace`` are while a trace is taken."""

    def __getattribute__(self, name: str) -> Any:
        if name in shown.OF:
            _see([shown.OF[name]])
        elif name in _WHOLE:
            _see(shown.OF.values())
        return super().__getattribute__(name)

    def __copy__(self) -> Options:  # pytest's own, which is asked afterwards
        made = Options()
        made.__dict__.update(_plain(self))
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Who has no tracer, as another process, gets what pytest has."""
        _see(shown.OF.values())
        return argparse.Namespace, (), _plain(self)


def _plain(namespace: argparse.Namespace) -> Dict[str, Any]:
    return dict(object.__getattribute__(namespace, "__dict__"))


# its text begins so
Options.__name__ = Options.__qualname__ = argparse.Namespace.__name__

_WHOLE = ("__dict__", "__repr__", "__eq__", "_get_kwargs")

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
    if recorder.listening and not _only_shows(originals.frame(2)):
        recorder.see_shown(options)


def _only_shows(frame: Optional[FrameType]) -> bool:
    """Whether it is pytest, or who was asked for something to be printed, that wants to know."""
    asked = True
    while frame is not None:
        name = callers.module(frame)
        if name.startswith(callers.OURS) or frame.f_code.co_name in _TO_PRINT:
            return True
        if name in _LEADING:
            return True
        # what it makes of a failed comparison is seen by who catches that
        if asked and name.startswith("_pytest.assertion"):
            return False
        asked = asked and name.startswith("_pytest.config")
        if not callers.is_pytests(name) and name not in _THROUGH:
            return False
        frame = frame.f_back
    return True


_THROUGH = ("argparse", "copy", "copyreg")
_LEADING = ("_pytest.main", "_pytest.runner")
"""They call everybody else, and no test calls them."""

_TO_PRINT = (
    "pytest_report_header",
    "pytest_report_collectionfinish",
    "pytest_report_teststatus",
    "pytest_terminal_summary",
)
