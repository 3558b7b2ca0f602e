"""Changed manifests of which no more than what projects need of each other matters → the files that can tell.

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
from pytest_monorepo.workspace.model import ROOT, Project, Scope, parents

from .follow import Followed
from .needs import FILES, changed_needs, unseen_tools
from .texts import Texts

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pixi.lock", "Pipfile.lock", "pylock.toml", "conda-lock.yml")
# Whoever asks for the version or the description of an installed project has one of these.
_METADATA = ("metadata", "pkg_resources", "get_distribution", "require(")
_WHOLE = "which all who are installed by it may see"


def follow_manifests(
    spreads: Iterable[Spread], now: State, bases: Sequence[Base], texts: Texts, found: Followed
) -> None:
    """Add to ``found`` who can tell that a manifest among the changed files is another."""
    for one in spreads:
        name = posixpath.basename(one.path)
        owner = now.side.workspace.by_path.get(posixpath.dirname(one.path) or ROOT)
        if name in FILES and not (one.everything or one.code) and owner is not None and owner.path != ROOT:
            _follow(one, owner, now, bases, texts, found)


def _follow(
    one: Spread, owner: Project, now: State, bases: Sequence[Base], texts: Texts, found: Followed
) -> None:
    needed = _needed(one, owner, now, bases)
    if needed is None or not all(_same_strangers(one, now.side, base.state.side) for base in bases):
        found.doubts[one.path] = _WHOLE
        return
    sides = (now.side, *(base.state.side for base in bases))
    around = frozenset(
        other
        for side in sides
        for path in needed
        for other in (path, *side.graph.transitive_dependencies(path))
    )
    if (
        around
        and not _is_locked(owner, now)
        and any(_strangers(path, side) for path in needed for side in sides)
    ):
        found.doubts[one.path] = _WHOLE
        return
    readers = found.readers.setdefault(one.path, set())
    readers.update(texts.code_with((posixpath.basename(one.path), *_METADATA)))
    for side in sides:
        owners = ((path, side.workspace.owner(path)) for path in side.workspace.files if path.endswith(CODE))
        readers.update(path for path, at in owners if around and at is not None and at.path in around)


def _needed(one: Spread, owner: Project, now: State, bases: Sequence[Base]) -> frozenset[str] | None:
    """The projects that it names now and did not, or the other way round; ``None`` where more changed."""
    found: set[str] = set()
    after = now.origin.read(one.path)
    for base in bases:
        before = base.old.get(one.path)
        names = changed_needs(posixpath.basename(one.path), before, after)
        known = {**_places(owner, base.state.side), **_places(owner, now.side)}
        if names is None or not names <= known.keys() or _is_tested_by(one.path, before, after, owner, now):
            return None
        found.update(known[name] for name in names)
    return frozenset(found)


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


def _same_strangers(one: Spread, now: Side, before: Side) -> bool:
    """Whether everyone reached needs the same of what lies outside the workspace as at the base."""
    return all(_strangers(path, now) == _strangers(path, before) for path in one.reaches)


def _with_needed(path: str, side: Side) -> tuple[str, ...]:
    return (path, *side.graph.transitive_dependencies(path))


def _strangers(path: str, side: Side) -> frozenset[str]:
    """The names of what a project and those that it needs need and that no project of the workspace is."""
    ours = {project.distribution for project in side.workspace.projects}
    found: set[str] = set()
    for each in _with_needed(path, side):
        project = side.workspace.by_path.get(each)
        for dependency in () if project is None else project.dependencies:
            counts = each == path or dependency.scope is not Scope.TEST
            local = dependency.path in side.workspace.by_path or dependency.name in ours
            if counts and not local:
                found.add(dependency.name or dependency.path or "")
    return frozenset(found)


def _is_locked(owner: Project, now: State) -> bool:
    """Whether a lock, which is compared on its own, says which versions are installed."""
    files = frozenset(now.side.workspace.files)
    return any(
        posixpath.normpath(f"{folder}/{lock}") in files for folder in parents(owner.path) for lock in _LOCKS
    )
