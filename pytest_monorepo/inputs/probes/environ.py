"""The environment: which variables were read, and by whom the whole of it."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Iterator, List, Optional, Tuple

from .. import callers, originals
from ..record.recorder import Recorder
from . import zones

__tracebackhide__ = True


# os.environ hands out what is in its _data, and takes itself for the only one who has it (os.py, _Environ)
class Variables(Dict[Any, Any]):
    """Stands where ``os.environ`` and ``os.environb`` keep their encoded variables."""

    recorder: Recorder
    copying: Tuple[int, int] = (0, 0)

    def _read(self, key: Any) -> None:
        recorder = self.recorder
        if recorder.listening and not callers.overlooked(originals.frame(3), key):
            if callers.place(originals.frame(2)) == self.copying:
                return  # a copy of all of them asks for one after the other
            value = dict.get(self, key)
            recorder.see_variable(_text(key), None if value is None else _text(value))

    def _read_all(self) -> None:
        if self.recorder.listening:
            self.copying = callers.place(originals.frame(2))
            if not callers.puts_back(originals.frame(2)):
                self.recorder.see_environment()
                if self.recorder.scopes.is_somebodys:
                    self.recorder.sees_all_of(_of_tests(snapshot()))

    def __getitem__(self, key: Any) -> Any:
        self._read(key)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._read(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._read(key)
        return super().__contains__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._zone(key)

    def __delitem__(self, key: Any) -> None:
        self._read(key)
        super().__delitem__(key)
        self._zone(key)

    def _zone(self, key: Any) -> None:
        """The C library reads the files of a time zone without a word, and sooner or later it will."""
        # os.environ encodes the names of all that it sets; pytest sets one at each of a test's phases
        if type(key) is bytes and key not in _OF_ZONES:
            return
        if self.recorder.listening and _text(key) in zones.VARIABLES:
            see_zone(self.recorder)

    def __iter__(self) -> Iterator[Any]:
        self._read_all()
        return super().__iter__()

    def __len__(self) -> int:
        self._read_all()
        return super().__len__()

    def keys(self) -> Any:
        self._read_all()
        return super().keys()

    def values(self) -> Any:
        self._read_all()
        return super().values()

    def items(self) -> Any:
        self._read_all()
        return super().items()

    # of these two os.environ has its own, which go by the ones above; posix.environ has a dictionary's
    def __repr__(self) -> str:
        self._read_all()
        return super().__repr__()

    def __reversed__(self) -> Iterator[Any]:
        self._read_all()
        return reversed(dict(super().items()))

    def copy(self) -> Dict[Any, Any]:
        self._read_all()
        return dict(super().items())


_OF_ZONES = frozenset(map(os.fsencode, zones.VARIABLES))


def see_zone(recorder: Recorder) -> None:
    """Note the files of the time zone that is set."""
    for path in zones.files(snapshot().get):
        recorder.see_file(originals.absolute(path))


OF_PYTEST = {"PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"}


def _of_tests(variables: Optional[Dict[str, str]]) -> Dict[str, str]:
    return {name: value for name, value in (variables or {}).items() if name not in OF_PYTEST}


def _text(value: Any) -> str:
    return os.fsdecode(value) if isinstance(value, (bytes, str)) else str(value)


def install(recorder: Recorder) -> None:
    """Replace the mapping behind ``os.environ``: it is private, ``tests/inputs`` fails when it moves."""
    kept: Any = os.environ
    variables = Variables(kept._data)
    variables.recorder = recorder
    kept._data = variables
    posix: Any = sys.modules.get("posix")
    if posix is not None:  # they are one and the same: what is set in the one is in the other (os.py)
        posix.environ = variables
    if hasattr(os, "environb"):
        bytewise: Any = os.environb
        bytewise._data = variables


def snapshot() -> Dict[str, str]:
    """All variables now, without reading any; who gets them does not change them."""
    kept: Any = os.environ
    encoded = dict(dict.items(kept._data))
    if encoded != _last[0]:
        _last[:] = encoded, {_text(key): _text(value) for key, value in encoded.items()}
    return _last[1]


_last: List[Dict[Any, Any]] = [{}, {}]
