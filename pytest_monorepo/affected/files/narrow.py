"""The projects selected → the test files of each that run, with the reason for each. Pure.

Only what a changed Python or data file does is looked at file by file: an import, a name in a text can be
followed. For everything else that changed (locks, settings, files of no project) all files of every project
that it reaches run. A test file that reaches something that cannot be followed runs whatever changed: what
that may load the others do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_monorepo.affected.selection import Spread
from pytest_monorepo.workspace.model import Project

from .bonds import Bonds


class FileReason(NamedTuple):
    """Why a test file runs: ``chain`` leads from the changed file to it.

    With a ``why``, that is the reason, and the chain leads to it from the file that cannot be followed.
    """

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
    bonds: Bonds,
    whole: Mapping[str, str],
    moved: Iterable[str] = (),
) -> dict[str, Narrowed]:
    """For each of ``projects`` (those selected) which of its test files run.

    ``bonds`` has the ways of the ``spreads`` that are code. ``whole`` says of projects why all their files
    run. ``moved`` are test files that are there in one of the states compared alone.
    """
    doubtful = bonds.loads.reached_from(bonds.loads.unfollowed)
    bound = bonds.loads.reached_from(bonds.binding)
    found = {}
    for project in projects:
        why = whole.get(project.path) or _all_of(project, spreads, bound, bonds)
        if why is None:
            found[project.path] = _some_of(project, bonds, doubtful, moved)
        else:
            found[project.path] = Narrowed(whole=why)
    return found


def _all_of(
    project: Project, spreads: Sequence[Spread], bound: Mapping[str, tuple[str, ...]], bonds: Bonds
) -> str | None:
    """Why all files of the project run, ``None`` where they need not."""
    reaching = [one for one in spreads if project.path in one.reaches]
    if not reaching:
        return "selected by no single file"
    for one in reaching:
        if not one.code or project.path in one.within:
            return f"{one.path} changed, {one.doubt}"
    if (bond := bonds.reason(project, reaching)) is not None:
        return bond
    for path in project.test_files:
        if path in bound:
            return f"{bound[path][0]} has tests that need others"
    return None


def _some_of(
    project: Project, bonds: Bonds, doubtful: Mapping[str, tuple[str, ...]], moved: Iterable[str]
) -> Narrowed:
    files = {path: FileReason(bonds.ways[path]) for path in project.test_files if path in bonds.ways}
    # of two test modules of one name pytest imports the first alone, and the other one is an error
    twins = {path.rpartition("/")[2]: path for path in moved}
    for path in project.test_files:
        twin = twins.get(path.rpartition("/")[2])
        if path in files:
            continue
        if path in doubtful:
            way = doubtful[path]
            files[path] = FileReason(way, bonds.loads.unfollowed[way[0]])
        elif twin is not None:
            files[path] = FileReason(why=f"has the name of {twin}, which is new or gone")
    return Narrowed(files, tuple(path for path in project.test_files if path not in files))
