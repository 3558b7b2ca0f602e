"""coverage.py in a worker, configured as ``cd project && pytest --cov`` would configure it.

Only where the data goes is ours: every process of the project writes below one folder outside the checkout.
Runs with coverage >= 6 and the standard library, in the project's own interpreter.
"""

from __future__ import annotations

import argparse
import gc
import glob
import importlib.util
import os
import shutil
import sys
import time
import warnings
from typing import Any, Dict, Iterable, List, NoReturn, Optional, Sequence, Tuple, Type

import pytest

from . import tracing
from .neighbours import Neighbours, widen

DATA_FILE = ".coverage"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def settings_from_addopts(words: Sequence[str]) -> Dict[str, Any]:
    """What a project's ``addopts`` ask of pytest-cov; the other words are left alone.

    Keys: ``source`` (``[]`` without ``--cov``, ``True`` for a bare one), ``branch``, ``config``,
    ``fail_under``, ``context``, ``no_cov``. A value pytest-cov would refuse raises :class:`ValueError`.
    """
    parser = _Parser(allow_abbrev=False, add_help=False)
    parser.add_argument("--cov", dest="source", action="append", nargs="?", const=True, default=[])
    parser.add_argument("--cov-reset", dest="source", action="store_const", const=[])
    parser.add_argument("--cov-branch", dest="branch", action="store_true", default=None)
    parser.add_argument("--cov-config", dest="config")
    parser.add_argument("--cov-fail-under", dest="fail_under", type=float)
    parser.add_argument("--cov-context", dest="context")
    parser.add_argument("--no-cov", dest="no_cov", action="store_true")
    known, _ = parser.parse_known_args(list(words))
    return vars(known)


class Measurement:
    """One running measurement; ``plugin`` belongs among the plugins of ``pytest.main``."""

    def __init__(self, spec: Dict[str, Any], folder: str, cov: Any, original_data_file: str) -> None:
        self.spec = spec
        self.folder = folder
        self.cov = cov
        self.started = time.time_ns()
        self.warnings: List[str] = []
        self.postponed: Optional[tracing.Postponed] = None
        self.neighbours: Optional[Neighbours] = None
        self._original = original_data_file
        self.plugin: Any = Plugin(cov, spec["root"] if _context(spec) else None)

    def stop(self) -> Dict[str, Any]:
        """Stop, save, and say as JSON-able data what was measured and by which configuration.

        Right also in a process forked from the one that started: coverage.py gives it a data file of its own.
        """
        import coverage

        if self.postponed is not None:
            self.postponed.resume()  # coverage.py looks for files that never ran only where it traced at all
        folder = os.getcwd()
        os.chdir(self.folder)  # coverage.py looks for never imported files from here
        try:
            with _collected(self.warnings):
                # "patch = fork" replaces the measurement in a forked child.
                for cov in {id(c): c for c in (coverage.Coverage.current(), self.cov) if c}.values():
                    cov.stop()
                    cov.save()
            self._warn_of_nothing()
            self._fetch_strays()
        except _coverage_errors() + (OSError,) as error:  # noqa: RUF005 - mypy reads no star here
            return dict(self._info(), error=_one_line(error))
        finally:
            os.chdir(folder)
            if self.postponed is not None:
                self.postponed.drop()
        return self._info()

    def _warn_of_nothing(self) -> None:
        """coverage.py's own warning, which others' data keeps it from."""
        seen = self.neighbours.seen if self.neighbours else ()
        data = self.cov.get_data()
        if seen and not any(data.lines(path) for path in data.measured_files() if path not in seen):
            self.warnings.append("No data was collected. (no-data-collected)")

    def _info(self) -> Dict[str, Any]:
        info = _info(self.spec, self.started)
        info["configuration"] = configuration(self.cov, self.folder)
        limit = self.spec["addopts"].get("fail_under")
        if limit is not None:
            info["configuration"]["fail_under"] = limit
        info["core"] = _option(self.cov, "run:core")
        info["warnings"] = list(self.warnings)
        if self.neighbours is not None:
            info["others"] = sorted(self.neighbours.seen)
            info["by_lines"] = self.neighbours.by_branches
            info["configuration"]["branch"] &= not self.neighbours.by_branches
        return info

    def _fetch_strays(self) -> None:
        """Take along what processes with ``COVERAGE_PROCESS_START`` wrote to the project's own place."""
        for path in glob.glob(glob.escape(self._original) + ".*"):
            if os.stat(path).st_mtime_ns >= self.started and not path.endswith("-journal"):
                name = DATA_FILE + os.path.basename(path)[len(os.path.basename(self._original)) :]
                shutil.move(path, os.path.join(self.spec["data_dir"], name))


class Failed(Measurement):
    """A measurement that could not begin; the tests run all the same and :meth:`stop` tells why."""

    def __init__(self, spec: Dict[str, Any], error: str) -> None:
        self.spec = spec
        self.error = error
        self.plugin = Plugin(None, None)

    def stop(self) -> Dict[str, Any]:
        return dict(_info(self.spec, time.time_ns()), error=self.error)


def preload() -> None:
    """Do once, in the process that forks the workers, what every :func:`start` would do.

    Starts nothing. Without coverage.py it does nothing; :func:`start` then tells.
    """
    if _PRELOADED:
        return
    _PRELOADED.append(True)
    try:
        import coverage.sqldata  # noqa: F401
    except ImportError:
        return
    tracing.ease_start()
    tracing.remember_modules()
    tracing.installed_folders()
    gc.collect()
    gc.freeze()  # what was imported here is no worker's to look through


_PRELOADED: List[bool] = []


def start(spec: Dict[str, Any], folder: str) -> Optional[Measurement]:
    """Begin to measure in ``folder``, the working directory; ``None`` where nothing is to be measured.

    ``spec`` is JSON-able: ``project``; ``root`` and ``data_dir``, absolute; ``args``, the root's ``--cov``
    sources (``[True]`` for a bare one, empty without); ``addopts`` from :func:`settings_from_addopts`;
    ``branch``; ``context``; ``config``, a file for projects without a configuration; ``source_default``;
    ``nested``, the folders of projects inside this one: what is executed of others is measured, too
    (``None``: only what its own configuration says), and by branches where ``others_branch`` is true.
    """
    addopts = spec["addopts"]
    if addopts.get("no_cov") or not (spec["args"] or addopts.get("source")):
        return None
    try:
        import coverage  # noqa: F401
    except ImportError:
        return Failed(spec, f"coverage is not installed for {sys.executable}: install it there")
    os.makedirs(spec["data_dir"], exist_ok=True)
    caught: List[str] = []
    try:
        with _collected(caught):
            cov, original = configured(spec, folder)
            neighbours = _neighbours(cov, spec, folder, caught)
            _choose_core(cov, spec)
            _show_other_processes(cov, spec, folder)
            measurement = Measurement(spec, folder, cov, original)
            measurement.neighbours = neighbours
            cov.start()
            measurement.postponed = _postponed(cov, spec, neighbours)
    except _coverage_errors() + (AssertionError, OSError) as error:  # noqa: RUF005 - mypy reads no star here
        return Failed(spec, _one_line(error))
    measurement.warnings += caught
    return measurement


def _neighbours(cov: Any, spec: Dict[str, Any], folder: str, complaints: List[str]) -> Optional[Neighbours]:
    if spec.get("nested") is None:
        return None
    neighbours = Neighbours(spec["root"], folder, spec["nested"])
    try:
        widen(cov, neighbours)
    except AttributeError as error:
        complaints.append(f"what other projects' code its tests execute is not measured: {error}")
        return None
    neighbours.by_branches = spec["others_branch"] and not _option(cov, "run:branch")
    if neighbours.by_branches:
        cov.set_option("run:branch", True)
    return neighbours


def _postponed(
    cov: Any, spec: Dict[str, Any], neighbours: Optional[Neighbours] = None
) -> Optional[tracing.Postponed]:
    """Leave tracing off while only pytest runs, where the configuration says plainly what is measured."""
    contexts = _context(spec) or _option(cov, "run:dynamic_context") not in (None, "none")
    special = (
        _option(cov, "run:plugins") or _option(cov, "run:patch") or "COVERAGE_PROCESS_START" in os.environ
    )
    if contexts or special or not set(_option(cov, "run:concurrency", [])) <= {"thread"}:
        return None
    folders = list(_option(cov, "run:source_dirs", []))
    packages = list(_option(cov, "run:source_pkgs", []))
    for source in _option(cov, "run:source", []):
        (folders if os.path.isdir(source) else packages).append(source)
    if neighbours is not None and neighbours.hold_any(tracing.remember_modules().folders):
        return None
    return tracing.postpone(tracing.Sources(folders, packages))


def configured(spec: Dict[str, Any], folder: str) -> Tuple[Any, str]:
    """coverage.py as ``spec`` asks for it in ``folder``, the working directory, and where it would save."""
    import coverage

    source = chosen_source(spec["args"], spec["addopts"].get("source") or [])
    config = spec["addopts"].get("config")
    chosen = {
        # A --cov-config that a project inherits with the root's addopts need not exist there.
        "config_file": config if config and os.path.exists(config) else True,
        "branch": spec.get("branch") or spec["addopts"].get("branch"),
        "data_suffix": True,
    }
    cov = coverage.Coverage(source=source, **chosen)
    if chosen["config_file"] is True and spec.get("config") and not cov.config.config_file:
        chosen["config_file"] = spec["config"]
        cov = coverage.Coverage(source=source, **chosen)
    if source is None and spec.get("source_default") and not _has_source(cov):
        cov.set_option("run:source", spec["source_default"])
    original = os.path.join(folder, str(cov.get_option("run:data_file")))
    cov.set_option("run:data_file", os.path.join(spec["data_dir"], DATA_FILE))
    return cov, original


def _choose_core(cov: Any, spec: Dict[str, Any]) -> None:
    """Take ``sys.monitoring`` (PEP 669) where it sees what the trace function sees and nobody chose.

    It is about three times as fast on hot code; coverage.py itself takes it from Python 3.14 on. It knows
    neither contexts nor plugins nor greenlets, and branches only from 3.14 on.
    """
    if _option(cov, "run:core") or "COVERAGE_CORE" in os.environ or _option(cov, "run:timid"):
        return
    contexts = _context(spec) or _option(cov, "run:dynamic_context") not in (None, "none")
    plain = not _option(cov, "run:plugins") and set(_option(cov, "run:concurrency", [])) <= {"thread"}
    try:
        if contexts:
            cov.set_option("run:core", "ctrace")
        elif plain and not _option(cov, "run:branch") and sys.version_info >= (3, 12):
            cov.set_option("run:core", "sysmon")
    except _coverage_errors():  # before 7.9 the option did not exist
        return


def _context(spec: Dict[str, Any]) -> bool:
    return "test" in (spec.get("context"), spec["addopts"].get("context"))


def chosen_source(args: Iterable[Any], addopts: Iterable[Any]) -> Optional[List[str]]:
    """The ``source`` to measure, the root's word before the project's; ``None`` leaves it to the files.

    As in pytest-cov, a bare ``--cov`` among several makes all of them mean the configuration.
    """
    for sources in (list(args), list(addopts)):
        if sources and True not in sources:
            # "--cov=" is pytest-cov's way to say: everything.
            return [source for source in sources if source] or None
    return None


def _has_source(cov: Any) -> bool:
    options = ["run:source", "run:source_pkgs", "run:source_dirs", "run:include"]
    return any(_option(cov, option) for option in options)


def _option(cov: Any, name: str, default: Any = None) -> Any:
    try:
        value = cov.get_option(name)
    except _coverage_errors():  # this version does not know the option
        return default
    return default if value is None else value


def configuration(cov: Any, folder: str) -> Dict[str, Any]:
    """What a report needs to know of a project's configuration, with absolute paths, as JSON-able data."""
    paths = _option(cov, "paths", {})
    return {
        "config_file": getattr(cov.config, "config_file", None),
        "exclude": _option(cov, "report:exclude_lines", []),
        "partial": _option(cov, "report:partial_branches", []),
        "partial_always": _option(cov, "report:partial_branches_always", []),
        "omit": [_absolute(p, folder) for p in _option(cov, "report:omit", [])],
        "include": [_absolute(p, folder) for p in _option(cov, "report:include", [])],
        "paths": [[_absolute(p, folder) for p in patterns] for patterns in paths.values()],
        "precision": _option(cov, "report:precision", 0),
        "fail_under": _option(cov, "report:fail_under", 0.0),
        "branch": bool(_option(cov, "run:branch")),
        "plugins": _option(cov, "run:plugins", []),
        "source": _option(cov, "run:source", []),
        "measured": _measured(cov, folder),
    }


def _measured(cov: Any, folder: str) -> Dict[str, Any]:
    """Which files a configuration measures: below folders, of packages, or by patterns; all absolute."""
    folders = list(_option(cov, "run:source_dirs", []))
    packages = list(_option(cov, "run:source_pkgs", []))
    for source in _option(cov, "run:source", []):
        (folders if os.path.isdir(os.path.join(folder, source)) else packages).append(source)
    return {
        "folders": [os.path.realpath(os.path.join(folder, each)) for each in folders],
        "packages": packages,
        "include": [_absolute(p, folder) for p in _option(cov, "run:include", [])],
        "omit": [_absolute(p, folder) for p in _option(cov, "run:omit", [])],
        "namespaces": bool(_option(cov, "report:include_namespace_packages")),
    }


def _absolute(pattern: str, folder: str) -> str:
    # coverage.py's own rule: only what begins with a wildcard is not relative to the working directory.
    return pattern if pattern.startswith(("*", "?")) else os.path.join(os.path.realpath(folder), pattern)


def _info(spec: Dict[str, Any], started: int) -> Dict[str, Any]:
    return {
        "project": spec["project"],
        "data_dir": spec["data_dir"],
        "started": started,
        "python": "{}.{}.{}".format(*sys.version_info[:3]),
        "configuration": None,
        "warnings": [],
        "others": [],
        "by_lines": False,
        "error": None,
    }


def _show_other_processes(cov: Any, spec: Dict[str, Any], folder: str) -> None:
    """Point processes that read the configuration anew (not ``patch = subprocess``) at our data folder."""
    data_file = os.path.join(spec["data_dir"], DATA_FILE)
    if "multiprocessing" in _option(cov, "run:concurrency", []) or "COVERAGE_PROCESS_START" in os.environ:
        os.environ["COVERAGE_FILE"] = data_file
    if importlib.util.find_spec("pytest_cov") and importlib.util.find_spec("pytest_cov.embed"):
        # pytest-cov before 7 measured every subprocess through its own .pth file and these variables.
        config = getattr(cov.config, "config_file", None)
        os.environ["COV_CORE_SOURCE"] = os.pathsep.join(_option(cov, "run:source", [])) or os.pathsep
        os.environ["COV_CORE_CONFIG"] = config or os.pathsep
        os.environ["COV_CORE_DATAFILE"] = data_file
        if _option(cov, "run:branch"):
            os.environ["COV_CORE_BRANCH"] = "enabled"


class Plugin:
    """What tests and plugins expect of pytest-cov's own plugin object while it does not measure itself.

    pytest-cov's ``cov`` fixture looks for a plugin named ``_cov`` and takes ``cov_controller.cov``.
    """

    __name__ = "_cov"

    def __init__(self, cov: Any, context_root: Optional[str]) -> None:
        self.cov = cov
        self.cov_controller = self if cov is not None else None
        self.started = cov is not None
        self._context_root = context_root

    def pause(self) -> None:
        self.started = False
        self.cov.stop()

    def resume(self) -> None:
        self.cov.start()
        self.started = True

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._switch_context(item, "setup")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        self._switch_context(item, "run")
        uncovered = item.get_closest_marker("no_cover") or "no_cover" in getattr(item, "fixturenames", ())
        if not uncovered or not self.started:
            yield
            return
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        self._switch_context(item, "teardown")

    def _switch_context(self, item: pytest.Item, when: str) -> None:
        if self._context_root is None or not self.started:
            return
        _, sep, rest = item.nodeid.partition("::")
        absolute = str(getattr(item, "path", None) or item.fspath)  # type: ignore[attr-defined,unused-ignore]
        relative = os.path.relpath(absolute, self._context_root).replace(os.sep, "/")
        self.cov.switch_context(f"{relative}{sep}{rest}|{when}")


class _collected:
    """Collect warnings as text: a project's ``-W error`` must not turn coverage.py's into failures."""

    def __init__(self, into: List[str]) -> None:
        self._into = into
        self._catcher = warnings.catch_warnings(record=True)

    def __enter__(self) -> None:
        self._caught = self._catcher.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, *exc: Any) -> None:
        self._into += [_one_line(w.message) for w in self._caught or [] if "Coverage" in w.category.__name__]
        self._catcher.__exit__(*exc)


def _coverage_errors() -> Tuple[Type[Exception], ...]:
    import sqlite3

    import coverage
    import coverage.exceptions

    # For a while (7.6) a ConfigError was no CoverageException; earlier there was none.
    base: Type[Exception] = coverage.CoverageException
    # sqlite's own error comes through where a new data file cannot be made, on a full disk.
    return base, getattr(coverage.exceptions, "ConfigError", base), sqlite3.Error


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__
