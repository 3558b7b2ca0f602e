"""What earlier runs took: seconds and numbers of tests per test file, in pytest's own cache."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import field

import pytest

from pytest_monorepo.cache import recorded
from pytest_monorepo.value import value
from pytest_monorepo.workspace.model import Project

_KEY = "monorepo/durations"
_VERSION = 1


@value(frozen=False)
class History:
    """``seconds`` and ``tests`` per workspace-relative test file, as last measured.

    ``peak`` is the most memory that one worker has held, in bytes.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    peak: int = 0

    def expected_seconds(self, project: Project) -> float | None:
        """For all of the project's files, unknown ones at the mean of the known; ``None``: none known."""
        known = [self.seconds[file] for file in project.test_files if file in self.seconds]
        if not known:
            return None
        return sum(known) * len(project.test_files) / len(known)

    def expected_tests(self, project: Project) -> int | None:
        """Like :meth:`expected_seconds`, for the number of tests."""
        known = [self.tests[file] for file in project.test_files if file in self.tests]
        if not known:
            return None
        return round(sum(known) * len(project.test_files) / len(known))


def weights(projects: Iterable[Project], history: History) -> Mapping[str, float]:
    """Expected seconds per project; one never run before counts its files at the mean rate of the others."""
    projects = list(projects)
    known = {p.path: seconds for p in projects if (seconds := history.expected_seconds(p)) is not None}
    files = sum(len(p.test_files) for p in projects if p.path in known)
    rate = sum(known.values()) / files if files else 1.0
    return {p.path: known.get(p.path, rate * len(p.test_files)) for p in projects}


def load(config: pytest.Config) -> History:
    """The recorded history; an unreadable one is none."""
    return _parsed(recorded(config, _KEY))


def _parsed(data: object) -> History:
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return History()
    peak, files = data.get("peak"), data.get("files")
    history = History(peak=peak if isinstance(peak, int) else 0)
    for file, entry in files.items() if isinstance(files, dict) else ():
        if isinstance(entry, list) and len(entry) == 2 and all(map(_is_amount, entry)):
            history.seconds[file], history.tests[file] = float(entry[0]), int(entry[1])
    return history


def _is_amount(value: object) -> bool:
    """What a duration or a number of tests can be: JSON as Python reads it also knows NaN and Infinity."""
    return isinstance(value, (int, float)) and 0 <= value < math.inf


def bearing_full_disks(config: pytest.Config) -> pytest.Cache | None:
    """pytest's cache, where a value that does not fit the disk is a warning.

    pytest warns where it cannot open a file and raises where it cannot fill it, and its summary is lost.
    """
    cache = config.cache if hasattr(config, "cache") else None
    if cache is None:
        return None
    plain = cache.set

    def put(key: str, value: object) -> None:
        try:
            plain(key, value)
        except OSError as error:
            text = f"cache could not write {key}: {error}"
            warnings.warn(pytest.PytestCacheWarning(text), stacklevel=2)

    cache.set = put  # type: ignore[method-assign]
    return cache


def save(config: pytest.Config, measured: History, existing: Iterable[str]) -> None:
    """Add this run's figures to the recorded ones and forget the files that are no more."""
    cache = bearing_full_disks(config)
    if cache is None or not measured.seconds:
        return
    history = load(config)
    history.seconds.update(measured.seconds)
    history.tests.update(measured.tests)
    kept = set(existing)
    files = {
        file: [round(history.seconds[file], 4), history.tests.get(file, 0)]
        for file in sorted(history.seconds)
        if file in kept
    }
    # one that has become smaller is believed by and by: this run may not have been of everything
    peak = max(measured.peak, history.peak * 3 // 4)
    cache.set(_KEY, {"version": _VERSION, "files": files, "peak": peak})
