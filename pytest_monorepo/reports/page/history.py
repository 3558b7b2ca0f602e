"""What the previous page said, and what has changed since.

``summary.json`` in the page's folder, written with the page and read before it is written anew. It also
serves other tools: it holds the totals and one record per project.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pytest_monorepo.affected.meaning.pages import WRITER
from pytest_monorepo.results.history import plain
from pytest_monorepo.results.history.changes import is_usual

from . import words

FORMAT = 1


@dataclass(frozen=True)
class Past:
    """One project in an earlier run; ``coverage`` is the percentage by all tests, where it was measured.

    ``replayed`` of its tests did not run: ``duration`` is not what it takes then.
    """

    tests: int
    failures: int
    skipped: int
    duration: float
    coverage: float | None = None
    replayed: int = 0


@dataclass(frozen=True)
class Snapshot:
    """``projects`` holds the last known record of each, from this run or an earlier one."""

    started: float = 0.0
    projects: Mapping[str, Past] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One figure's change since the previous run; ``good`` is ``None`` where it is neither."""

    text: str
    good: bool | None


def read(folder: Path) -> Snapshot:
    """The previous run's snapshot; empty where there is none or it is not ours to understand."""
    try:
        found = plain.read((folder / "summary.json").read_text("utf-8"))
        if found["format"] != FORMAT:
            return Snapshot()
        projects = {str(entry["path"]): plain.value(Past, entry) for entry in found["projects"]}
        return plain.value(Snapshot, {**found, "projects": projects})
    except plain.DAMAGED:
        return Snapshot()


def write(folder: Path, snapshot: Snapshot) -> None:
    projects = [{"path": path, **asdict(past)} for path, past in sorted(snapshot.projects.items())]
    content = {"format": FORMAT, "writer": WRITER, "started": snapshot.started, "projects": projects}
    (folder / "summary.json").write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def changes(past: Past, present: Past, earlier: Sequence[float] = ()) -> tuple[Change, ...]:
    """Only what is more than noise: half a second and a fifth of the time, a twentieth of a percent.

    A time inside the spread of ``earlier`` runs is neither good nor bad, and none is compared with that of a
    replay.
    """
    found = []
    if failures := present.failures - past.failures:
        found.append(Change(f"{words.signed(failures)} failed", failures < 0))
    if tests := present.tests - past.tests:
        found.append(Change(words.signed(tests) + (" test" if abs(tests) == 1 else " tests"), None))
    coverage = _difference(past.coverage, present.coverage)
    if abs(coverage) >= 0.05:
        found.append(Change(words.signed(coverage, " % covered", 1), coverage > 0))
    seconds = _seconds(past, present)
    if abs(seconds) > max(0.5, 0.2 * past.duration):
        good = None if is_usual(present.duration, earlier) else seconds < 0
        found.append(Change(words.signed(seconds, " s", 1), good))
    return tuple(found)


def _difference(past: float | None, present: float | None) -> float:
    return 0.0 if past is None or present is None else present - past


def _seconds(past: Past, present: Past) -> float:
    return 0.0 if past.replayed or present.replayed else present.duration - past.duration


def change_rank(past: Past | None, present: Past) -> float:
    """Sorts worse before better: new failures outweigh lost coverage, which outweighs time."""
    if past is None:
        return 0.0
    failures = present.failures - past.failures
    return failures * 1e6 - _difference(past.coverage, present.coverage) * 1e3 + _seconds(past, present) / 10
