"""Changed manifests of which no more matters than what projects need of each other → the files that can tell.

Those that import something of a project that is needed now or no more, and those that read metadata.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.affected.selection import Spread
from pytest_monorepo.affected.sides import Base, State
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.tree import join
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import ROOT, Project, Scope

from .follow import Followed, telling
from .needs import changed_needs, editable_otherwise, unseen_tools
from .outside import WHOLE, Needs
from .registered import is_manifest
from .texts import Texts


def follow_manifests(
    spreads: Iterable[Spread], now: State, bases: Sequence[Base], texts: Texts, found: Followed
) -> None:
    """Add to ``found`` who can tell that a manifest among the changed files is another."""
    sides = [Needs(side) for side in (now.side, *(base.state.side for base in bases))]
    for one in spreads:
        if not is_manifest(one.path) or one.everything or one.code:
            continue
        folder = posixpath.dirname(one.path) or ROOT
        owner = now.side.workspace.by_path.get(folder)
        if folder != ROOT and owner is not None:
            _follow(one, owner, _needed(one, owner, now, bases), sides, texts, found)


def _follow(
    one: Spread,
    owner: Project,
    needed: frozenset[str] | None,
    sides: Sequence[Needs],
    texts: Texts,
    found: Followed,
) -> None:
    now, *before = sides
    # whether an extra, or a test group, is installed nobody says: what it brings is new, or gone
    if needed is None or any(
        side.strangers(path) for side in sides for path in needed & _unsure(owner, side)
    ):
        found.doubts[one.path] = WHOLE
        return
    # read as data, it is for nobody knows whom
    found.doubts.pop(one.path, None)
    others = frozenset(
        path
        for path in one.reaches
        if any(now.differ(path, side) for side in before)
        or any(side.may_lack(path, needed) for side in sides)
    )
    if others:
        found.doubts[one.path], found.within[one.path] = WHOLE, others
    around = frozenset(other for side in sides for path in needed for other in side.with_needed(path))
    readers = found.readers.setdefault(one.path, set())
    readers.update(telling(one.path, texts, sides[0].workspace.files))
    for side in sides if around else ():
        code = (path for path in side.workspace.files if path.endswith(CODE))
        owned = ((path, side.workspace.owner(path)) for path in code)
        readers.update(path for path, at in owned if at is not None and at.path in around)


def _unsure(owner: Project, side: Needs) -> set[str]:
    """The projects that it needs itself where certain groups are installed."""
    needs = side.declared.needs(owner.path)
    return {edge.dependency for edge in needs if edge.scope is not Scope.RUNTIME}


def _needed(one: Spread, owner: Project, now: State, bases: Sequence[Base]) -> frozenset[str] | None:
    """The projects that it names now and did not, or the other way round; ``None`` where more changed."""
    found: set[str] = set()
    after = now.origin.read(one.path)
    for base in bases:
        before = base.old.get(one.path)
        if is_requirements_file(one.path):
            installed = _installed(one.path, owner, editable_otherwise(before, after), now, base)
            if installed is None:
                return None
            found |= installed
            continue
        names = changed_needs(posixpath.basename(one.path), before, after)
        known = {**_places(owner, base.state.side), **_places(owner, now.side)}
        if names is None:
            return None
        if not names <= known.keys() or _is_tested_by(one.path, before, after, owner, now):
            return None
        found.update(known[name] for name in names)
    return frozenset(found)


def _installed(
    path: str, owner: Project, folders: frozenset[str] | None, now: State, base: Base
) -> set[str] | None:
    """The projects in ``folders``, seen from the owner; ``None`` where one is none, or others read it."""
    sides = now.side.workspace, base.state.side.workspace
    read = any(path in one.includes for side in sides for one in side.projects if one.path != owner.path)
    found = {join(owner.path, folder) for folder in folders or ()}
    known = {place for side in sides for place in side.by_path}
    return None if folders is None or read or not found <= known else found


def _places(owner: Project, side: Side) -> dict[str, str]:
    """The projects of the workspace by what the owner, or they themselves, call them."""
    projects = side.workspace.by_path
    found = {p.distribution: p.path for p in side.workspace.projects if p.distribution}
    for dependency in projects[owner.path].dependencies if owner.path in projects else ():
        if dependency.path is not None and dependency.path in projects:
            found[dependency.name] = dependency.path
    return found


def _is_tested_by(path: str, before: bytes | None, after: bytes | None, owner: Project, now: State) -> bool:
    """Whether a plugin of pytest runs a tool whose table changed."""
    tools = [re.escape(tool) for tool in unseen_tools(posixpath.basename(path), before, after)]
    names = {*owner.manifests, owner.settings.inifile or path, "pyproject.toml", path}
    text = b"\n".join(now.origin.read(name) or b"" for name in names).decode("utf-8", "replace")
    return any(re.search(rf"pytest[-_]{tool}|--{tool}\b", text) for tool in tools)
