"""coverage.py in a worker, configured as ``cd project && pytest --cov`` would configure it.

Only where the data goes is ours: every process of the project writes below one folder outside the checkout.
Runs with coverage >= 6 and the standard library, in the project's own interpreter.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import time
import warnings
from typing import Any, Collection, Dict, List, Optional

import pytest

from ..process import frozen
from . import apart, shares, tracing
from .neighbours import Neighbours, widen
from .settings import (
    DATA_FILE,
    by_test,
    can_divide,
    choose_core,
    configuration,
    configured,
    coverage_errors,
    option,
)


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
        self.labels: Optional[shares.Labels] = None
        self.shares: Optional[str] = None
        self._original = original_data_file
        self.plugin: Any = Plugin(cov, spec["root"] if by_test(spec) else None)

    def stop(self) -> Dict[str, Any]:
        """Stop, save, and say as JSON-able data what was measured and by which configuration.

        Right also in a process forked from the one that started: coverage.py gives it a data file of its own.
        """
        import coverage

        if self.postponed is not None:
            self.postponed.resume()  # coverage.py looks for files that never ran only where it traced at all
        folder = _current_folder()
        try:
            os.chdir(self.folder)  # coverage.py looks for never imported files from here
            with _collected(self.warnings), shares.touching() as counts:
                # "patch = fork" replaces the measurement in a forked child.
                for cov in {id(c): c for c in (coverage.Coverage.current(), self.cov) if c}.values():
                    cov.stop()
                    cov.save()
            self._divide(counts)
            self._warn_of_nothing()
            self._fetch_strays()
        except coverage_errors() + (OSError,) as error:  # noqa: RUF005 - mypy reads no star here
            return dict(self._info(), error=_one_line(error))
        finally:
            if folder is not None:
                os.chdir(folder)
            if self.postponed is not None:
                self.postponed.drop()
        return self._info()

    def _divide(self, counts: Collection[str]) -> None:
        if self.labels is not None:
            told = self.labels.told
            self.shares = shares.divide(self.cov, self.spec["data_dir"], counts, told=told)

    def _warn_of_nothing(self) -> None:
        """coverage.py's own warning, which others' data keeps it from."""
        seen = self.neighbours.seen if self.neighbours else ()
        data = self.cov.get_data()
        if seen and not any(data.lines(path) for path in data.measured_files() if path not in seen):
            self.warnings.append("No data was collected. (no-data-collected)")

    def _info(self) -> Dict[str, Any]:
        info = _info(self.spec, self.started)
        info["configuration"] = configuration(self.cov, self.folder)
        # --cov-fail-under goes before [report] fail_under, as pytest-cov has it (plugin.py)
        limit = self.spec["addopts"].get("fail_under")
        if limit is not None:
            info["configuration"]["fail_under"] = limit
        info["core"] = option(self.cov, "run:core")
        info["warnings"] = list(self.warnings)
        info["shares"] = self.shares
        if self.neighbours is not None:
            info["others"] = sorted(self.neighbours.seen)
            info["by_lines"] = self.neighbours.by_branches
            info["configuration"]["branch"] &= not self.neighbours.by_branches
        return info

    def _fetch_strays(self) -> None:
        """Take along what processes with ``COVERAGE_PROCESS_START`` wrote to the project's own place."""
        folder, start = os.path.split(self._original)
        for found in _names(folder or os.curdir):
            # "-journal" is sqlite's, beside a file that is being written (coverage.py leaves it out: data.py)
            if not found.startswith(f"{start}.") or found.endswith("-journal"):
                continue
            path = os.path.join(folder, found)
            if os.stat(path).st_mtime_ns >= self.started:
                shutil.move(path, os.path.join(self.spec["data_dir"], DATA_FILE + found[len(start) :]))


class Failed(Measurement):
    """A measurement that could not begin; the tests run all the same and :meth:`stop` tells why."""

    def __init__(self, spec: Dict[str, Any], error: str) -> None:
        self.spec = spec
        self.error = error
        self.plugin = Plugin(None, None)

    def stop(self) -> Dict[str, Any]:
        return dict(_info(self.spec, time.time_ns()), error=self.error)


def _names(folder: str) -> List[str]:
    """The names in a folder. By no library: what one asks counts as an input of the project's tests."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _current_folder() -> Optional[str]:
    """Where the tests have left the process; ``None`` where they have removed that."""
    try:
        return os.getcwd()
    except OSError:
        return None


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
    frozen.freeze()  # what was imported here is no worker's to look through


_PRELOADED: List[bool] = []


def start(spec: Dict[str, Any], folder: str) -> Optional[Measurement]:
    """Begin to measure in ``folder``, the working directory; ``None`` where nothing is to be measured.

    ``spec`` is JSON-able: ``project``; ``root`` and ``data_dir``, absolute; ``args``, the root's ``--cov``
    sources (``[True]`` for a bare one, empty without); ``addopts`` from :func:`settings_from_addopts`;
    ``branch``; ``context``; ``config``, a file for projects without a configuration; ``source_default``;
    ``nested``, the folders of projects inside this one: what is executed of others is measured, too
    (``None``: only what its own configuration says), and by branches where ``others_branch`` is true;
    ``by_file``: whose doing each line is is told, too, where that can be told.
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
            choose_core(cov, spec)
            _show_other_processes(cov, spec, folder)
            measurement = Measurement(spec, folder, cov, original)
            measurement.neighbours = neighbours
            if spec.get("by_file") and can_divide(cov):
                measurement.labels = measurement.plugin.labels = shares.Labels(cov)
            cov.start()
            measurement.postponed = _postponed(cov, spec, neighbours)
    except coverage_errors() + (AssertionError, OSError) as error:  # noqa: RUF005 - mypy reads no star here
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
    neighbours.by_branches = spec["others_branch"] and not option(cov, "run:branch")
    if neighbours.by_branches:
        cov.set_option("run:branch", True)
    return neighbours


def _postponed(
    cov: Any, spec: Dict[str, Any], neighbours: Optional[Neighbours] = None
) -> Optional[tracing.Postponed]:
    """Leave tracing off while only pytest runs, where the configuration says plainly what is measured."""
    contexts = by_test(spec) or option(cov, "run:dynamic_context") not in (None, "none")
    # by this variable a .pth file, which coverage.py 7.17 brings along, measures in every process of its own
    special = option(cov, "run:plugins") or option(cov, "run:patch") or "COVERAGE_PROCESS_START" in os.environ
    if contexts or special or not set(option(cov, "run:concurrency", [])) <= {"thread"}:
        return None
    folders = list(option(cov, "run:source_dirs", []))
    packages = list(option(cov, "run:source_pkgs", []))
    for source in option(cov, "run:source", []):
        (folders if os.path.isdir(source) else packages).append(source)
    if neighbours is not None and neighbours.hold_any(tracing.remember_modules().folders):
        return None
    return tracing.postpone(tracing.Sources(folders, packages))


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
        "shares": None,
        "error": None,
    }


def _show_other_processes(cov: Any, spec: Dict[str, Any], folder: str) -> None:
    """Point processes that read the configuration anew (not ``patch = subprocess``) at our data folder."""
    data_file = os.path.join(spec["data_dir"], DATA_FILE)
    if "multiprocessing" in option(cov, "run:concurrency", []) or "COVERAGE_PROCESS_START" in os.environ:
        # goes before every file's data_file (7.17: config.py, read_coverage_config)
        os.environ["COVERAGE_FILE"] = data_file
    if importlib.util.find_spec("pytest_cov") and importlib.util.find_spec("pytest_cov.embed"):
        # pytest-cov before 7 measured every subprocess by a .pth file and these variables (6.0: embed.py).
        config = getattr(cov.config, "config_file", None)
        os.environ["COV_CORE_SOURCE"] = os.pathsep.join(option(cov, "run:source", [])) or os.pathsep
        os.environ["COV_CORE_CONFIG"] = config or os.pathsep
        os.environ["COV_CORE_DATAFILE"] = data_file
        if option(cov, "run:branch"):
            os.environ["COV_CORE_BRANCH"] = "enabled"


class Plugin:
    """What tests and plugins expect of pytest-cov's own plugin object while it does not measure itself.

    pytest-cov's ``cov`` fixture looks for a plugin named ``_cov`` and takes ``cov_controller.cov``.
    """

    __name__ = apart.NAME

    def __init__(self, cov: Any, context_root: Optional[str]) -> None:
        self.cov = cov
        self.cov_controller = self if cov is not None else None
        self.started = cov is not None
        self._context_root = context_root
        self.labels: Optional[shares.Labels] = None

    def pause(self) -> None:
        self.started = False
        self.cov.stop()

    def resume(self) -> None:
        self.cov.start()
        self.started = True
        if self.labels is not None:
            self.labels.tell()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._switch_context(item, "setup")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        self._switch_context(item, "run")
        # pytest-cov's marker, and its fixture of the same name (7.1: plugin.py, pytest_runtest_call)
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
        # the form of pytest-cov's contexts, with "run" for the call (7.1: plugin.py, switch_context)
        relative = os.path.relpath(absolute, self._context_root).replace(os.sep, "/")
        (self.labels or self.cov).switch_context(f"{relative}{sep}{rest}|{when}")


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


def _one_line(error: object) -> str:
    return " ".join(str(error).split()) or type(error).__name__
