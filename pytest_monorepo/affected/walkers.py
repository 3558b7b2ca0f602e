"""Changed files → the projects that go through them without a word of any: a test of all code, of all data.

Who names a file, or finds one of no import by a pattern, is looked for in :mod:`.meaning.mentions`, too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.imports.reading import Walker
from pytest_monorepo.workspace.model import ROOT, Scope

from .meaning.handed import Handed
from .rules.path_kinds import harmless
from .rules.values import ChangedFile, Reach, Touch
from .sides import State

_CODE = (*CODE, ".pyi")
_MANIFESTS = frozenset(("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "pytest.toml"))
# what tools that look through all code read beside it
_OF_TOOLS = frozenset(
    (
        *("ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", ".flake8", ".pylintrc", "pylintrc"),
        *("pyrightconfig.json", ".isort.cfg", ".importlinter", ".codespellrc"),
    )
)


def with_walkers(
    changes: Sequence[ChangedFile], now: State, bases: Iterable[State], handed: Handed
) -> list[ChangedFile]:
    """The changes with those who go through folders where the files lie among the ``named``."""
    walkers = now.imports.walkers
    if not walkers:
        return [*changes]
    workspaces = [now.side.workspace, *(base.side.workspace for base in bases)]

    def touches(path: str) -> Iterable[Touch]:
        owners = {owner.path for one in workspaces if (owner := one.owner(path)) is not None}
        is_data = not _is_code(path)
        for project, walker in walkers:
            meets = fnmatchcase(posixpath.basename(path), walker.pattern) and inside(path, walker.folder)
            if not meets or owners == {project} or (is_data and _passes_by(walker, path, owners)):
                continue
            if walker.given and not handed.gives(walker.path, now.search.text(walker.path), walker.given):
                continue
            reach = Reach.TESTS if walker.scope is Scope.TEST else Reach.SOURCE
            where = "" if walker.folder == ROOT else f" below {walker.folder}"
            yield Touch(project, reach, f"{walker.path} goes through {walker.pattern}{where}", (walker.path,))

    return [_with(change, touches(change.path)) if _is_open(change) else change for change in changes]


def _is_open(change: ChangedFile) -> bool:
    asked = _is_code(change.path) or change.touches is None
    return asked and change.everything is None and not change.path.startswith("../")


def _is_code(path: str) -> bool:
    return path.endswith(_CODE) or posixpath.basename(path) in _MANIFESTS | _OF_TOOLS


def _passes_by(walker: Walker, path: str, owners: set[str]) -> bool:
    """Whether what goes through all files is after those of projects alone, or source after no prose."""
    if harmless(path) and walker.scope is not Scope.TEST:
        return True
    return owners <= {ROOT} and not walker.pattern.strip("*")


def _with(change: ChangedFile, touches: Iterable[Touch]) -> ChangedFile:
    found = {touch.project: touch for touch in change.named}
    for touch in touches:
        before = found.get(touch.project)
        is_more = before is None or (before.reach is Reach.TESTS and touch.reach is Reach.SOURCE)
        first = touch if is_more or before is None else before
        met = before.met if before is not None else ()
        found[touch.project] = first._replace(met=tuple(dict.fromkeys((*met, *touch.met))))
    return change._replace(named=tuple(found.values()))
