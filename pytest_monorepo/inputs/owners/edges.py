"""Who reaches which module, also one that is loaded already: a wrapper round whatever imports.

Edges are by name. ``a.b.*`` stands for all that is loaded below ``a.b``: who has the package at hand reaches
it as its attributes, whoever imported it.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.util
import sys
from typing import Any, List, Set, Tuple

from .. import callers, originals
from ..record.recorder import Recorder
from .names.dotted import WALKERS, walked

__tracebackhide__ = True


def install(recorder: Recorder) -> None:
    """From here on every import is heard, and noted once the recorder ``follows``.

    Before anything else is loaded: who takes a function of these then has ours, and need not be looked for.
    """
    _install_import(recorder, builtins)
    _install_import(recorder, importlib)  # a function of its own, which asks no other
    _wrap(recorder, importlib, "import_module")
    _wrap(recorder, importlib.util, "find_spec", loads=False)


def _install_import(recorder: Recorder, module: Any) -> None:
    original = module.__import__
    seen: Set[Tuple[Any, ...]] = set()

    def __import__(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        scopes = recorder.scopes
        if recorder.active and recorder.follows:
            # a call by hand hands on none: whose it is the frame tells
            by = originals.frame(1).f_globals if globals is None else globals
            key = (by.get("__name__"), name, fromlist, level, scopes.turn)
            try:
                new = key not in seen or key[0] in WALKERS
            except TypeError:  # a list of names
                new = True
            if new:
                if not isinstance(fromlist, list):
                    seen.add(key)
                frame = originals.frame(1)
                found = walked(frame) or targets(name, globals, fromlist or (), level)
                scopes.reaches(frame, by, found)
        return original(name, globals, locals, fromlist, level)

    module.__import__ = originals.of_importlib(__import__)
    _HEARING.append((module, module.__import__, original))


_HEARING: List[Tuple[Any, Any, Any]] = []


def stop_hearing() -> None:
    """Nobody is to follow imports: a function of ours makes each of some hundred in a test take longer.

    Where somebody else has put a function of his own in its place, that stays.
    """
    while _HEARING:
        module, ours, original = _HEARING.pop()
        if module.__import__ is ours:
            module.__import__ = original


def targets(name: str, variables: Any, fromlist: Any, level: int) -> List[str]:
    """The names that an import statement reaches."""
    base = name
    if level:
        package = _package(variables or {})
        for _ in range(level - 1):
            package = package.rpartition(".")[0]
        base = f"{package}.{name}" if name and package else package or name
    if not fromlist:
        return [base, f"{base.partition('.')[0]}.*"]
    found = [base]
    for one in fromlist:
        found += [f"{base}.*"] if one == "*" else [f"{base}.{one}", f"{base}.{one}.*"]
    return found


def _package(variables: Any) -> str:
    package = variables.get("__package__")
    if isinstance(package, str):
        return package
    name = str(variables.get("__name__") or "")
    return name if "__path__" in variables else name.rpartition(".")[0]


def _wrap(recorder: Recorder, module: Any, function: str, *, loads: bool = True) -> None:
    original = getattr(module, function)

    def wrapper(name: str, package: Any = None) -> Any:
        frame = originals.frame(1)
        follows = recorder.active and recorder.follows and isinstance(name, str)
        # coverage.py, which is everybody's, asks where the packages lie that it is to measure
        if follows and (loads or callers.module(frame) != callers.LOCATES):
            level = len(name) - len(name.lstrip("."))
            holder = {"__package__": package} if level else None
            (base, *_) = targets(name.lstrip("."), holder, ("",), level)
            found = walked(frame) or ([base] if _is_pytests(frame) else [base, f"{base}.*"])
            recorder.scopes.reaches(frame, frame.f_globals, found, loads=loads)
        return original(name, package)

    wrapper.__name__ = wrapper.__qualname__ = function
    wrapper.__doc__ = original.__doc__
    for holder in (module, *_holding(function, original)):
        setattr(holder, function, wrapper)
    originals.of_importlib(wrapper)


def _is_pytests(frame: Any) -> bool:
    """Whether pytest imports a test file or the package that it lies in, of which it looks at nothing below.

    Else the first file of a package, in whose turn pytest does so, would see all others.
    """
    return bool(frame.f_globals.get("__name__") == "_pytest.pathlib")


def _holding(name: str, function: Any) -> List[Any]:
    """The modules that have taken the function before anybody could listen, as ``importlib.metadata`` has."""
    found = []
    for module in list(sys.modules.values()):
        if originals.is_module(module) and originals.variables(module).get(name) is function:
            found.append(module)
    return found
