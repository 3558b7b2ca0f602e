"""Changed paths and the graph → every project with its reason: pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Step:
    """One link of a reason chain: ``project`` is reached, ``how`` words by what (an edge or a rule)."""

    project: str
    how: str


@dataclass(frozen=True)
class Reason:
    """Why a project runs: the changed file that started it, then one step per project on the way.

    ``file`` is ``None`` where no single file is to blame (no merge base, say); then ``why`` tells.
    """

    file: str | None
    steps: tuple[Step, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Selection:
    """Which projects run. ``selected`` maps project paths to reasons, ``skipped`` lists the others.

    ``changed`` are the projects that hold a changed file. ``files`` says for each changed path what it did
    (``"libs/core: source"``, ``"ignored: root-level prose"``, ``"affects all: workspace test settings"``).
    ``warnings`` are sentences for the user. ``everything`` is set, with the reason, when no selection could be
    made and all run.
    """

    selected: Mapping[str, Reason] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    everything: str | None = None
