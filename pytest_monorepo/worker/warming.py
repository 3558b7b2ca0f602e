"""What a fork server does once so that its workers need not: imports, and searches that all begin with."""

from __future__ import annotations

import contextlib
import csv
import importlib
import os
import re
import sys
import tempfile
from typing import Any, Callable, Iterable, Iterator, List, Sequence, Tuple

from .process.leaving import Leaving
from .process.terminal import Terminal


class _WarmedUp(Leaving):
    """Once all plugins are imported and before any of them is configured."""


def warm_up(
    distributions: Distributions,
    unwanted: Sequence[str] = (),
    imports: Callable[[], None] = lambda: None,
    folder: str = "",
) -> str:
    """Import pytest and every installed plugin, as pytest itself would, assertion rewriting included.

    A real pytest start in an empty folder, stopped when it would load conftests: no plugin's
    configuration runs, so nothing of one project can stay behind for the others. Returns pytest's version.
    ``unwanted`` are plugins to leave out, as ``no:NAME``; ``no:*`` all that are installed. ``imports`` is
    called where pytest would load conftests: its hook sees what is imported there as it sees a project's.
    ``folder`` is for temporary files.
    """
    import pytest

    from . import session  # noqa: F401

    def stop() -> None:
        raise _WarmedUp

    class Stop:
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_load_initial_conftests(self) -> Any:
            imports()
            stop()
            yield

    words = [*_exclusions(unwanted), "-p", "no:monorepo"]
    autoload = os.environ.get(_NO_AUTOLOAD)
    if "no:*" in unwanted:
        os.environ[_NO_AUTOLOAD] = "1"  # pytest before 8.4 has no option for it
    path = list(sys.path)
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="pytest-monorepo-", dir=folder or None) as empty:
        ini = os.path.join(empty, "pytest.ini")
        with open(ini, "w") as stream:
            stream.write("[pytest]\n")
        os.chdir(empty)
        # What plugins print or warn of while they are imported, the controller's own start has shown already.
        printed = os.path.join(empty, "printed")
        Terminal.redirect(printed, printed)
        _import_ahead(_always_needed(getattr(pytest, "version_tuple", (6,))))
        answers = distributions.answer_searches()
        try:
            pytest.main(["-c", ini, *words], plugins=[Stop()])
        except _WarmedUp as leaving:
            leaving.left()
        finally:
            answers.pytest_configure()
            if autoload is None:
                os.environ.pop(_NO_AUTOLOAD, None)
            Terminal.restore()
            os.chdir(before)
            sys.path[:] = path
    return str(pytest.__version__)


def complete() -> str:
    """The same where a pytest has been started and left already, with its plugins imported."""
    import pytest

    from . import session  # noqa: F401

    Terminal.redirect(os.devnull, os.devnull)
    try:
        _import_ahead(_always_needed(getattr(pytest, "version_tuple", (6,))))
    finally:
        Terminal.restore()
    return str(pytest.__version__)


def _exclusions(unwanted: Sequence[str]) -> List[str]:
    return [word for name in unwanted for word in ("-p", name) if name != "no:*"]


_NO_AUTOLOAD = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"


def _import_ahead(names: Iterable[str]) -> None:
    loaded = "code" in sys.modules
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if not loaded:
        # pdb imports it; it is the project's own where that has a code.py, so a worker looks for it again
        sys.modules.pop("code", None)


def _always_needed(version: Tuple[Any, ...]) -> Iterator[str]:
    """What this pytest imports in every run, but only once it has a command line."""
    yield "pdb"
    if version >= (7,):
        yield "tomllib" if sys.version_info >= (3, 11) else "tomli"
    if version >= (8, 3):
        yield "readline"


class Distributions:
    """The installed distributions, searched and read once, for pytest's and pluggy's search for plugins."""

    def __init__(self, path: Sequence[str]) -> None:
        from importlib.metadata import distributions

        self._searched = set(path)
        self._known = [_Read(one) for one in distributions()]

    @property
    def plugins(self) -> Sequence[str]:
        """The modules that pytest loads of them."""
        points = (point for one in self._known for point in one.entry_points)
        return [point.value.partition(":")[0].strip() for point in points if point.group == "pytest11"]

    def answer_searches(self) -> Any:
        """Answer from memory until the plugin that is returned has heard ``pytest_configure``.

        Only folders that were not searched (a project's own ``*.egg-info``, say) are looked at.
        """
        import importlib.metadata as metadata

        original = metadata.distributions

        def distributions(**kwargs: Any) -> Any:
            if kwargs:
                return original(**kwargs)
            new = [folder for folder in sys.path if folder not in self._searched]
            # asked for none as well: an import for all is to hear that somebody looks
            found = list(metadata.Distribution.discover(path=new))
            return iter([*found, *self._known])

        metadata.distributions = distributions

        class Restore:
            def pytest_configure(self) -> None:
                metadata.distributions = original

        return Restore()


class _Read:
    """A distribution whose entry points, and files where it brings a plugin, are in memory."""

    def __init__(self, distribution: Any) -> None:
        self._distribution = distribution
        self.entry_points = distribution.entry_points
        if any(point.group == "pytest11" for point in self.entry_points):
            self.files = _files(distribution)
            self.metadata = distribution.metadata
            self.version = self.metadata["Version"]  # as the distribution says, which would parse all again

    def __getattr__(self, name: str) -> Any:
        return getattr(self._distribution, name)


class _File(str):
    """A file of ``distribution`` as pytest asks for it, as text; what else a path has is asked of one."""

    distribution: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self._path, name)

    def __truediv__(self, other: Any) -> Any:
        return self._path / other

    @property
    def _path(self) -> Any:
        return next(path for path in self.distribution.files if str(path) == self)


def _files(distribution: Any) -> Any:
    """Its ``files``, but paths: to make some hundred takes several milliseconds, and more in each worker."""
    # since Python 3.12 those that are missing are left out
    record = distribution.read_text("RECORD") if sys.version_info < (3, 12) else None
    names = [row[0] for row in csv.reader(record.splitlines()) if row] if record else []
    if not names or any(map(_ODD.search, names)):
        return distribution.files
    kind = type("_File", (_File,), {"distribution": distribution})
    return list(map(kind, names))


_ODD = re.compile(r"//|(?:^|/)\./|/$|^\.?$")
"""What a path writes otherwise."""
