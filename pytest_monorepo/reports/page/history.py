"""What the previous page said, so that this one can show the change.

``summary.json`` in the page's folder, written with the page and read before it is written anew. It also
serves other tools: it holds the totals and one record per project.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pytest_monorepo.affected.meaning.pages import WRITER
from pytest_monorepo.results.history import plain

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
