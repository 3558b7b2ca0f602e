"""Changed files, read in both versions → what each one means, for the kinds of file that say it themselves.

Manifests and lock files are compared entry by entry; a test file that the project's own source imports counts
as source. All other files mean what their place says, which :mod:`selection` decides.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_monorepo.affected.extensions import Extensions, ReadLock, is_further
from pytest_monorepo.affected.locks.names import is_lock
from pytest_monorepo.affected.rules.checks import checker_of
from pytest_monorepo.affected.rules.path_kinds import is_prose
from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Touch
from pytest_monorepo.affected.sides import State
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file, scope_of
from pytest_monorepo.workspace.model import ROOT, Project, Scope

if TYPE_CHECKING:
    from pytest_monorepo.affected.locks.lockfiles import LockChange

    from .strangers import Strangers

Content = Callable[[str], "bytes | None"]
_NONE = Extensions()

_COMPARABLE = frozenset(("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "Pipfile"))
# These are read by pytest and coverage alone.
_TEST_SETTINGS = frozenset(
    ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", ".coveragerc", ".coveragerc.toml")
)


class Versions(NamedTuple):
    """How to read a changed file: as it was, and as it is."""

    before: Content
    after: Content


def read_changes(
    paths: Iterable[str],
    versions: Versions,
    now: State,
    base: State,
    extensions: Extensions = _NONE,
    *,
    languages: bool = True,
) -> list[ChangedFile]:
    """One :class:`ChangedFile` per path, with what a comparison of its two versions shows.

    ``extensions`` read the lock files: any file may be one where a hook reads further kinds. Without
    ``languages`` what belongs to another language is taken for what it is by its place alone.
    """
    found = []
    paths = list(paths)
    changed = frozenset(paths)
    strangers = _strangers(paths, now, base, languages=languages)
    for path in paths:
        change = _own_lock(path, versions, now, extensions.read_lock) if extensions.further_locks else None
        change = change or _carrier(path, versions, now, base, changed)
        change = change or _aside(path, strangers) or _checker(path, now, base)
        change = change or _read(path, versions, now, base, extensions.read_lock)
        found.append(change if strangers is None else _of_nobody(change, strangers))
    return found


def _strangers(paths: Collection[str], now: State, base: State, *, languages: bool) -> Strangers | None:
    if not any(_may_be_strange(path, now) for path in paths):
        return None
    from .strangers import Strangers

    return Strangers(paths, now, base, languages=languages)


def _may_be_strange(path: str, now: State) -> bool:
    """Whether what looks closer at files of nobody and at prose is to be loaded for this one."""
    if path.endswith(".py"):
        return path.startswith(("script", "tool")) or "doc" in path
    if posixpath.basename(path) in _COMPARABLE | _TEST_SETTINGS:
        return False
    owner = now.side.workspace.owner(path)
    return owner is None or owner.path == ROOT or is_prose(path)


def _aside(path: str, strangers: Strangers | None) -> ChangedFile | None:
    """Requirements of the documentation or of tools, unless what runs the tests names them."""
    if strangers is None or not is_requirements_file(path):
        return None
    named = strangers.of(path)
    if named is None or named.everything is not None:
        return None
    return ChangedFile(path, touches=named.touches, how=named.how)


def _of_nobody(change: ChangedFile, strangers: Strangers) -> ChangedFile:
    if change != ChangedFile(change.path):
        return change
    if strangers.is_read_by_nobody(change.path):
        return change._replace(own=Reach.ITSELF, how="prose")
    named = strangers.of(change.path)
    if named is None or named.everything is not None:
        return change if named is None else change._replace(everything=named.everything)
    return change._replace(strange=named.touches, how=named.how)


def _carrier(
    path: str, versions: Versions, now: State, base: State, changed: Collection[str]
) -> ChangedFile | None:
    if path.endswith(".gitmodules"):
        from . import submodules

        return submodules.judged(path, *versions, now, base)
    if not path.endswith((".yml", ".yaml", "tox.ini")):
        return None
    from .carriers import judged

    return judged(path, *versions, now, base, changed)


def _checker(path: str, now: State, base: State) -> ChangedFile | None:
    if not checker_of(path):
        return None
    from .checkers import checked

    return checked(path, now, base)


def worst(found: Iterable[ChangedFile]) -> ChangedFile:
    """What several bases together say of one path: the most that any of them does."""
    one, *others = found
    for other in others:
        touches = None
        if one.touches is not None and other.touches is not None:
            touches = tuple(dict.fromkeys((*one.touches, *other.touches)))
        one = one._replace(
            own=one.own if one.own == other.own else Reach.SOURCE,
            touches=touches,
            everything=one.everything or other.everything,
            harmless=one.harmless if one.harmless == other.harmless else None,
            unseen=one.unseen if other.unseen is not None else None,
            strange=None if one.strange is None or other.strange is None else (*one.strange, *other.strange),
            settings=one.settings or other.settings,
        )
    return one


def _read(path: str, versions: Versions, now: State, base: State, read_lock: ReadLock) -> ChangedFile:
    owner = now.side.workspace.owner(path) or base.side.workspace.owner(path)
    if path.endswith(".py") and posixpath.basename(path) != "setup.py":
        return _code(path, now, base)
    if is_lock(path) and not (is_requirements_file(path) and owner is not None and owner.path != ROOT):
        return _lock(path, versions, now, read_lock)
    if posixpath.basename(path) in _COMPARABLE | _TEST_SETTINGS:
        return _manifest(path, versions, owner, now, base)
    if is_requirements_file(path) and scope_of(path) is Scope.TEST:
        return ChangedFile(path, Reach.TESTS, "requirements of its tests")
    return _code(path, now, base)


def _code(path: str, now: State, base: State) -> ChangedFile:
    if path in now.imports.promoted or path in base.imports.promoted:
        return ChangedFile(path, Reach.SOURCE, "test file that its own source imports")
    return ChangedFile(path)


def _own_lock(path: str, versions: Versions, now: State, read: ReadLock) -> ChangedFile | None:
    """The change of a lock that only a hook knows; any file may be one."""
    before, after = versions.before(path), versions.after(path)
    if not any(is_further(read(path, data)) for data in (before, after) if data is not None):
        return None
    return _lock(path, versions, now, read)


def _lock(path: str, versions: Versions, now: State, read: ReadLock) -> ChangedFile:
    # most changes hold no lock, and what compares them takes ten milliseconds to load
    from pytest_monorepo.affected.locks.lockfiles import LockChange, compare_read

    change = compare_read(path, versions.before(path), versions.after(path), read, now.origin.answers)
    return _locked(path, change or LockChange(doubt="is read by nobody"), now)


def _locked(path: str, change: LockChange, now: State) -> ChangedFile:
    from pytest_monorepo.affected.locks.lockfiles import affected_projects

    readers = now.side.readers.get(path, ())
    if change.doubt is not None:
        if is_requirements_file(path) and readers:
            # not pinned, so no lock: those who include it are known
            return ChangedFile(path)
        return ChangedFile(path, everything=f"the lock {change.doubt}")
    found = affected_projects(
        path, change, now.side.workspace, now.surroundings, [touch.project for touch in readers]
    )
    # what the projects need of each other has been followed through their closures; only whom a requirements
    # file serves is uncertain, since a nearer one of its name need not be a lock
    reach = Reach.SOURCE if is_requirements_file(path) else Reach.TESTS
    touches = tuple(Touch(project, reach, how) for project, how in sorted(found.items()))
    return ChangedFile(path, touches=touches, how="no project's packages changed")


def _manifest(path: str, versions: Versions, owner: Project | None, now: State, base: State) -> ChangedFile:
    from .manifests import visible_change
    from .shared import touched

    before, after = versions.before(path), versions.after(path)
    change = visible_change(path, before, after)
    if change.scope == "none":
        # the project itself had better run: a test may read its own metadata
        how = f"{change.how}, which no dependent can see"
        return ChangedFile(path, Reach.TESTS, how, harmless=change.how, settings=change.settings)
    if path == "pyproject.toml":
        if owner is not None and _is_roots_own(before, after):
            return ChangedFile(path, Reach.SOURCE, change.how, settings=False)
        if (concerned := touched(before, after, now, base)) is not None:
            return ChangedFile(path, touches=concerned[0], how=concerned[1])
        return ChangedFile(path, everything=f"workspace settings: {change.how}")
    if "/" not in path and change.settings:
        return ChangedFile(path, everything=f"workspace test settings: {change.how}")
    reach = Reach.TESTS if change.scope == "tests" else Reach.SOURCE
    return ChangedFile(path, reach, change.how, settings=change.settings)


def _is_roots_own(before: bytes | None, after: bytes | None) -> bool:
    """Whether a change of the root's ``pyproject.toml`` concerns the root as a project and nothing shared.

    Groups and the tables of uv and pytest serve the whole workspace.
    """
    import tomli

    if before is None or after is None:
        return False
    try:
        old, new = (tomli.loads(data.decode("utf-8")) for data in (before, after))
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return False
    return _shared(old) == _shared(new)


def _shared(document: Mapping[str, Any]) -> dict[str, Any]:
    tool = document.get("tool", {})
    poetry = tool.get("poetry", {})
    kept = {key: poetry[key] for key in ("group", "dev-dependencies") if key in poetry}
    rest = {key: value for key, value in document.items() if key not in ("project", "build-system", "tool")}
    return {**rest, "tool": {**tool, "poetry": kept}}
