"""Which of the test files that ``--affected`` leaves out run all the same, to find what it misses. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pytest_monorepo.workspace.model import Project

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision

_ALL = 1 << 64


def unneeded(project: Project, decision: Decision) -> tuple[str, ...]:
    """The test files of a project that the decision leaves out."""
    if project.path not in decision.selection.selected:
        return project.test_files
    narrowed = (decision.files or {}).get(project.path)
    return () if narrowed is None else narrowed.left_out


def is_unneeded(project: Project, decision: Decision) -> bool:
    """Whether the decision leaves all of the project out."""
    return set(project.test_files) <= set(unneeded(project, decision))


def sample(projects: Iterable[Project], decision: Decision, share: float) -> frozenset[str]:
    """About ``share`` of the test files left out: for one change the same ones on all machines."""
    if not share:
        return frozenset()
    base = "" if decision.changes is None else decision.changes.base or ""
    change = "\0".join((base, *sorted(decision.selection.files)))
    files = (file for project in projects for file in unneeded(project, decision))
    return frozenset(file for file in files if _drawn(f"{change}\0{file}") < share)


def _drawn(text: str) -> float:
    """A number from 0 to 1 that depends on the text alone."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / _ALL
