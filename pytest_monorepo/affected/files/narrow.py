"""The projects selected → the test files of each that run, with the reason for each. Pure.

Only what a changed Python file of some project does is looked at file by file: an import can be followed. For
everything else that changed (locks, settings, data, files of no project) all files of every project that it
reaches run, and likewise all files of a project of which one cannot be followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_monorepo.affected.selection import Spread
from pytest_monorepo.workspace.model import Project

from .closure import Loads


class FileReason(NamedTuple):
    """Why a test file runs: ``chain`` leads from the changed file to it; without one, ``why`` tells."""

    chain: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Narrowed:
    """What runs of one project: ``files`` with their reasons, and ``left_out``, the others.

    With ``whole`` all of them run, because of what it says.
    """

    files: Mapping[str, FileReason] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    whole: str | None = None

    def count(self, project: Project) -> int:
        """How many test files of the project run."""
        return len(self.files) if self.whole is None else len(project.test_files)


def narrow(
    projects: Iterable[Project],
    spreads: Sequence[Spread],
    loads: Loads,
    whole: Mapping[str, str],
) -> dict[str, Narrowed]:
    """For each of ``projects`` (those selected) which of its test files run.

    ``whole`` says of projects why all their files run.
    """
    doubtful = loads.reached_from(loads.unfollowed)
    ways = loads.reached_from(one.path for one in spreads if one.code)
    found = {}
    for project in projects:
        why = whole.get(project.path) or _all_of(project, spreads, doubtful, loads)
        if why is None:
            found[project.path] = _some_of(project, ways)
        else:
            found[project.path] = Narrowed(whole=why)
    return found


def _all_of(
    project: Project, spreads: Sequence[Spread], doubtful: Mapping[str, tuple[str, ...]], loads: Loads
) -> str | None:
    """Why all files of the project run, ``None`` where they need not."""
    reaching = [one for one in spreads if project.path in one.reaches]
    if not reaching:
        return "selected by no single file"
    for one in reaching:
        if not one.code:
            return f"{one.path} changed, which no import leads to"
    for path in project.test_files:
        if path in doubtful:
            first = doubtful[path][0]
            return f"{first} {loads.unfollowed[first]}"
    return None


def _some_of(project: Project, ways: Mapping[str, tuple[str, ...]]) -> Narrowed:
    files = {path: FileReason(ways[path]) for path in project.test_files if path in ways}
    return Narrowed(files, tuple(path for path in project.test_files if path not in files))
