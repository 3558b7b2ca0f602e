"""Projects that came or went with every file of theirs → who else can tell of their manifests and settings.

What such a project's own tests do need not be asked: they came or went, too. Its code and its data are
changed files that are followed as all others. What is left is for who names it in a text, reads metadata, or
is installed with what it needs.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from pytest_monorepo.affected.locks.lockfiles import is_lock
from pytest_monorepo.affected.rules.environments import makes_environment
from pytest_monorepo.affected.rules.path_kinds import is_prose
from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.affected.selection import Spread
from pytest_monorepo.affected.sides import Base, State, shapes_projects
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import ROOT, Workspace, parents

from .follow import Followed, follow_code, telling
from .local import TASKS
from .outside import WHOLE, Needs
from .registered import ENTRY_POINTS
from .texts import Texts

_AT_MOST = 100
_BESIDE = ("conftest.py", "noxfile.py", "package.xml", *TASKS)


def follow_arrivals(
    spreads: Iterable[Spread],
    united: Workspace,
    now: State,
    bases: Sequence[Base],
    texts: Texts,
    found: Followed,
) -> set[str]:
    """Add to ``found`` who can tell of each such file, and give the files of which that is known.

    Who asks whether there is such a project has its folder's name, if not the file's. All files run of
    those who need others than before.
    """
    settled, others = dict[str, str](), dict[str, frozenset[str]]()
    sides = [now.side, *(base.state.side for base in bases)]
    wanted = [one for one in spreads if _may_follow(one)]
    homes = _homes(wanted, sides) if wanted else {}
    needs = [Needs(side) for side in sides] if homes else []
    for one in wanted:
        home = homes.get(one.path)
        if home is None or _is_elsewhere(one, home, sides) or _registers(one.path, home, now, bases, sides):
            continue
        settled[one.path] = home
        others[one.path] = _others(one, frozenset(homes.values()), *needs)
    if len(settled) > _AT_MOST:
        return set()
    follow_code(settled, united, texts, found)
    for path, home in settled.items():
        found.doubts.pop(path, None)
        if others[path]:
            found.doubts[path], found.within[path] = WHOLE, others[path]
        found.readers.setdefault(path, set()).update(telling(path, texts, united.files, (home,)))
    return set(settled)


def _may_follow(one: Spread) -> bool:
    path = one.path
    pins = is_lock(path) and not is_requirements_file(path)
    if one.code or one.everything or pins or path.startswith("../"):
        return False
    named = posixpath.basename(path) in _BESIDE or shapes_projects(path)
    return named or makes_environment(path) or is_prose(path)


def _homes(spreads: Iterable[Spread], sides: Sequence[Side]) -> dict[str, str]:
    """The folder of the project that came or went with each file directly in it."""
    known: dict[str, bool] = {}
    found = {}
    for one in spreads:
        folder = posixpath.dirname(one.path) or ROOT
        if folder not in known:
            known[folder] = _came_or_went(folder, sides)
        if known[folder]:
            found[one.path] = folder
    return found


def _came_or_went(folder: str, sides: Sequence[Side]) -> bool:
    """Whether it is a project now and nothing was there before, or the other way round."""
    now, *before = (_here(folder, side.workspace) for side in sides)
    if folder == ROOT or now is None or None in before:
        return False
    return all(there is not now for there in before)


def _here(folder: str, workspace: Workspace) -> bool | None:
    """Whether the folder is a project; ``None`` where it is none, and yet holds files."""
    if folder in workspace.by_path:
        return True
    return None if any(inside(path, folder) for path in workspace.files) else False


def _is_elsewhere(one: Spread, home: str, sides: Iterable[Side]) -> bool:
    """Whether it concerns a project that does not lie around it, or one around it twice: as a reader, too."""
    # who goes through all folders is found by the texts, as others are who look for projects
    others = [touch.project for touch in one.touches if touch.project != home and not touch.met]
    projects = (project for side in sides for project in side.workspace.projects if project.path != home)
    included = any(one.path in project.includes for project in projects)
    return included or len(set(others)) < len(others) or not set(others) <= set(parents(home))


def _registers(path: str, home: str, now: State, bases: Sequence[Base], sides: Sequence[Side]) -> bool:
    """Whether others load the project without an import."""
    texts = [now.origin.read(path), *(base.old.get(path) for base in bases)]
    projects = [side.workspace.by_path[home] for side in sides if home in side.workspace.by_path]
    return any(project.pytest_plugin for project in projects) or any(
        ENTRY_POINTS.search(text) is not None for text in texts if text is not None
    )


def _others(one: Spread, homes: frozenset[str], now: Needs, *before: Needs) -> frozenset[str]:
    """Who of those reached is installed with other strangers; those that came or went are new themselves."""
    reached = one.reaches - homes
    return frozenset(path for path in reached if any(now.differ(path, side) for side in before))
