"""``os.path.realpath``, which asks of each folder above a path whether it is a link, and so for each path.

coverage.py and ``inspect`` ask it for all files: of a measured project three in four questions to the system
were such. Here they are asked without a wrapper round each, and heard of together.
"""

from __future__ import annotations

import operator
import os
import posixpath
import stat
import sys
import types
from threading import get_ident
from typing import Any, Callable, Dict, List, Set, Tuple

from .. import callers, originals
from ..record import values
from ..record.recorder import Recorder

__tracebackhide__ = True


def install(recorder: Recorder, lstat: Any, for_bytecode: Callable[[str, Any], bool]) -> Tuple[Any, Any]:
    """The original and what stands in its place; ``lstat`` is what stands in the place of ``os.lstat``."""
    original: Any = posixpath.realpath
    ask, as_it_was = originals.lstat, _as_it_was(original, lstat)
    # the code that asks for a link, by which a question of its own would be settled, too
    asks = getattr(posixpath, "_joinrealpath", original).__code__
    asks = vars(posixpath).get("islink", original).__code__ if sys.version_info < (3, 10) else asks

    def realpath(filename: Any, **kwargs: Any) -> Any:
        if (kwargs and kwargs != _LENIENT) or not recorder.active or get_ident() in recorder.quiet:
            return original(filename, **kwargs)
        if type(filename) is not str:
            # as Path.resolve asks, which pytest does eight times before it looks at a file
            if type(filename).__module__ not in _PATHLIB:
                return original(filename, **kwargs)
            filename = os.fspath(filename)
        frame, settled = originals.frame(1), recorder.scopes.settled
        names_file = callers.module(frame) in _NAME_FILES
        if names_file and _WAY in settled.get(filename, ()) and as_it_was():
            return filename
        # what is plain and absolute, and on which no link lies, is its own real path
        if filename[:1] != "/" or _is_odd(filename) or not as_it_was():
            return original(filename)
        folder = filename[: filename.rfind("/")]
        end = len(folder) if names_file and _WAY in settled.get(folder, ()) else 0
        asked = []
        while end >= 0:
            end = filename.find("/", end + 1)
            place = filename[:end] if end > 0 else filename
            try:
                found = ask(place)
            except (OSError, ValueError):
                return original(filename)
            if found.st_mode & _KIND == stat.S_IFLNK:
                return original(filename)
            asked.append((place, found))
        if _WAY not in settled.get(folder, ()):
            above = [is_settled(*one, frame) for one in asked[:-1]]
            if all(above):
                settled.setdefault(folder, []).append(_WAY)
        if is_settled(*asked[-1], frame) and _WAY in settled.get(folder, ()):
            settled[filename].append(_WAY)
        return filename

    def is_settled(place: str, found: Any, frame: Any) -> bool:
        """Note a question, unless everybody has asked it in this way."""
        if asks not in recorder.scopes.settled.get(place, ()):
            if not recorder.is_everybodys("ltype", place):
                if for_bytecode(place, frame):
                    return False
                value = values.of_stat("ltype", found)
                recorder.see("ltype", place, lambda: value, of_all=callers.measures(frame))
            if recorder.is_everybodys("ltype", place):
                recorder.settle(asks, place)
        return asks in recorder.scopes.settled.get(place, ())

    wrapper = originals.in_place_of(original, realpath)
    posixpath.realpath = wrapper
    return original, wrapper


def _is_odd(path: str) -> bool:
    """Whether it is not written in the one way in which it comes out again."""
    # a text's own questions, which are quicker than a pattern's
    return len(path) < len("/a") or "//" in path or "/./" in path or "/../" in path or path.endswith(_ODD)


_ODD = ("/", "/.", "/..")
_LENIENT = {"strict": False} if sys.version_info >= (3, 10) else {}
"""What is said by default; before Python 3.10 nobody may say it."""
_PATHLIB = ("pathlib", "pathlib._local")
_KIND = stat.S_IFMT(0xFFFF)
_WAY = "no link, nor anything above it"
"""Beside the code that has settled a path, where it has settled all that lie above it, too."""
_NAME_FILES = ("coverage.files", "inspect")
"""They ask only under which names they are to remember files of modules, and remember that for good.

So it is enough to ask until the tests, or what they run here, make something near.
"""


def _as_it_was(original: Any, lstat: Any) -> Callable[[], bool]:
    """Whether nobody has put anything else in the place of what it goes through, as tests do."""
    variables = vars(posixpath)
    names = sorted(name for name in _reached(original, variables) if name != "realpath")
    get, ask = operator.itemgetter(*names), operator.attrgetter("lstat", "fspath")
    known, asked = get(variables), (lstat, os.fspath)
    return lambda: get(variables) == known and ask(os) == asked


def _reached(function: Any, variables: Dict[str, Any]) -> Set[str]:
    """The names of the module that it uses, and those that these use."""
    found: Set[str] = set()
    waiting: List[Any] = [function]
    while waiting:
        code = getattr(waiting.pop(), "__code__", None)
        for name in code.co_names if isinstance(code, types.CodeType) else ():
            if name in variables and name not in found:
                found.add(name)
                waiting.append(variables[name])
    return found
