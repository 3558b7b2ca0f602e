"""What makes coverage.py's start in a worker cheap, and keeps its trace function off while only pytest runs.

Tracing halves the speed of everything that runs, pytest's own start included, and before a project's first
module nothing runs that could be measured. Nothing here changes what is measured: where it is not certain
that no measured code can run, tracing is on from the beginning.
Runs with coverage >= 6 and the standard library, in the project's own interpreter.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
import tempfile
import threading
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, Optional, Tuple

_OWN = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


def ease_start() -> None:
    """Let coverage.py answer from memory what it asks anew at every start, and not note its call stack.

    The stack goes into its debugging output only; the paths of the interpreter do not change. Private
    names: where a version of coverage.py has others, its start takes some milliseconds longer.
    """
    import coverage.collector
    import coverage.inorout

    if hasattr(coverage.collector, "short_stack"):
        coverage.collector.short_stack = lambda *args, **kwargs: ""
    inorout: Any = coverage.inorout
    if getattr(inorout, "sysconfig", None) is sysconfig:
        remembered = _RememberedPaths()
        for scheme in sysconfig.get_scheme_names():
            remembered.get_paths(scheme)
        inorout.sysconfig = remembered
    _read_a_configuration()


def _read_a_configuration() -> None:
    """Have the regular expressions compiled that reading one takes."""
    import coverage

    with tempfile.TemporaryDirectory(prefix="pytest-monorepo-") as folder:
        file = os.path.join(folder, "pyproject.toml")
        with open(file, "w") as stream:
            stream.write("[tool.coverage.run]\nsource = ['a']\n")
        try:
            coverage.Coverage(config_file=file, data_file=None)
        except Exception:  # whatever it is, a worker's own start tells of it
            return


class _RememberedPaths:
    """The module ``sysconfig`` with a memory for the paths of its schemes."""

    def __init__(self) -> None:
        self._get_paths = functools.lru_cache(maxsize=None)(sysconfig.get_paths)

    def get_paths(self, *args: Any, **kwargs: Any) -> Dict[str, str]:
        return self._get_paths(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(sysconfig, name)


class Loaded:
    """Which modules there are before anything is measured: their names, and the real folders they are in."""

    def __init__(self) -> None:
        self.names: FrozenSet[str] = frozenset()
        self.folders: FrozenSet[str] = frozenset()
        self.extend()

    def extend(self) -> None:
        """Take in the modules imported since; cheap where there are few."""
        new = [(name, module) for name, module in list(sys.modules.items()) if name not in self.names]
        if not new:
            return
        files = {os.path.realpath(file) for file in (_file(module) for _, module in new) if file}
        self.names |= {name for name, _ in new}
        self.folders |= {os.path.dirname(file) for file in files}


def _file(module: Any) -> Optional[str]:
    try:
        file = module.__file__
    except Exception:  # whatever a stranger's lazy module raises
        return None
    return file if isinstance(file, str) else None


_LOADED: List[Loaded] = []


def remember_modules() -> Loaded:
    """The modules loaded by now; remembered by the process that forks the workers."""
    if not _LOADED:
        _LOADED.append(Loaded())
    _LOADED[0].extend()
    return _LOADED[0]


@functools.lru_cache
def installed_folders() -> Tuple[str, ...]:
    """The real folders of the standard library, of installed packages and of this one."""
    known = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    return tuple(sorted({_OWN, *(os.path.realpath(known[name]) for name in names)}))


class Sources:
    """What is measured: real folders and the names of packages."""

    def __init__(self, folders: Iterable[str], packages: Iterable[str]) -> None:
        self.folders = tuple(os.path.realpath(folder) for folder in folders)
        self.packages = tuple(packages)
        # A file is below a folder of its package's name, or is "name.py".
        self._parts = tuple(part for p in packages for part in _path_parts(p.partition(".")[0]))

    def certain(self, installed: Iterable[str]) -> bool:
        """Whether "below an installed folder" means "not measured", packages by name apart."""
        return bool(self.folders or self.packages) and not any(
            below(one, folder) or below(folder, one) for one in installed for folder in self.folders
        )

    def holds_any(self, loaded: Loaded) -> bool:
        """Whether a module that is there already may be measured: its functions may run at any time."""
        named = any(n == p or n.startswith(p + ".") for p in self.packages for n in loaded.names)
        return named or any(below(one, folder) for one in loaded.folders for folder in self.folders)

    def may_hold(self, path: str) -> bool:
        """Whether an installed file may belong to a package that is measured."""
        return any(part in path for part in self._parts)


def _path_parts(name: str) -> Tuple[str, str]:
    return os.sep + name + os.sep, os.sep + name + "."


def below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder if folder.endswith(os.sep) else folder + os.sep)


class Postponed:
    """A trace function that was taken off; it is put back when code runs that is not an installed package's.

    Every file's code reaches the interpreter as a code object that is executed, however it is imported: an
    audit hook sees that. It cannot be removed and does nothing afterwards.
    """

    def __init__(self, sources: Sources, installed: Tuple[str, ...]) -> None:
        self._sources = sources
        self._installed = installed
        self._thread = threading.get_ident()
        self._known: Dict[str, bool] = {}
        self._due = False
        self._trace: Optional[Callable[..., Any]] = sys.gettrace()
        sys.settrace(None)
        sys.addaudithook(self._hook())

    def _hook(self) -> Callable[[str, Tuple[Any, ...]], None]:
        def hook(event: str, args: Tuple[Any, ...]) -> None:
            if self._trace is not None and (self._due or (event == "exec" and self._concerns(args))):
                self.resume()

        return hook

    def resume(self) -> None:
        """Trace from here on, unless somebody else traces now: then theirs stays, as it would have.

        A trace function is one thread's. Others are traced from their start on; what one of them imports
        lets this one be traced from the next event on that an audit hook hears of.
        """
        if threading.get_ident() != self._thread:
            self._due = True
        elif self._trace is not None and sys.gettrace() is None:
            trace, self._trace = self._trace, None
            sys.settrace(trace)

    def drop(self) -> None:
        """Measuring has ended: never put it back."""
        self._trace = None

    def _concerns(self, args: Tuple[Any, ...]) -> bool:
        path = getattr(args[0], "co_filename", "")
        if path not in self._known:
            self._known[path] = self._may_be_measured(path)
        return self._known[path]

    def _may_be_measured(self, path: str) -> bool:
        if path.startswith("<"):
            # coverage.py: "original file name is not real" (7.17: inorout.py)
            return False  # made up while running; coverage.py never measures it
        try:
            real = os.path.realpath(path)
        except Exception:
            return True
        outside = not any(below(real, folder) for folder in self._installed)
        return outside or self._sources.may_hold(path) or self._sources.may_hold(real)


def postpone(sources: Sources) -> Optional[Postponed]:
    """Take the trace function that runs off for now; ``None`` where it stays on.

    Only coverage.py's in C bears it, and only where no module is loaded that it may have to see.
    """
    installed = installed_folders()
    # sysmon sets no trace function that could be taken off (PEP 669)
    if type(sys.gettrace()).__name__ != "CTracer" or threading.active_count() > 1:
        return None
    if not sources.certain(installed) or sources.holds_any(remember_modules()):
        return None
    return Postponed(sources, installed)
