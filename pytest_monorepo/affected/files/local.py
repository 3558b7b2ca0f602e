"""Changed Python files and task files of a project that no import leads to → who in other projects can tell.

A ``noxfile.py``, a script or a ``Makefile`` concerns all tests of its own project. Another project's test is
concerned where it loads code of that project, or names the file or the project's folder in its text. Not so
with anything else that nothing leads to: another project's module may be built of it (``.c``, ``.rs``,
``.proto``), or read it by a name that stands in no code. Nor with what says what is installed, or how pytest
runs. All that is for all files of every project that it reaches.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence

from pytest_monorepo.affected.locks.names import is_lock
from pytest_monorepo.affected.rules.environments import makes_environment
from pytest_monorepo.affected.rules.path_kinds import is_prose, only_pytest_reads
from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.affected.selection import Spread
from pytest_monorepo.affected.sides import shapes_projects
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.model import ROOT

from .follow import Followed
from .texts import Texts

_AT_MOST = 100
TASKS = ("Makefile", "GNUmakefile", "makefile", "justfile", "Justfile")


def follow_local(spreads: Iterable[Spread], sides: Sequence[Side], texts: Texts, found: Followed) -> None:
    """Add to ``found`` who in other projects may tell of each such file, and in which nobody knows.

    These are the projects that it concerns itself.
    """
    wanted = [one for one in spreads if _is_unknown(one, found) and not _is_for_all(one.path, sides)]
    for one in wanted if len(wanted) <= _AT_MOST else ():
        owners = _owners(one.path, sides)
        if owners and not _is_listed(one.path, owners, sides[0], texts):
            within = owners | {touch.project for touch in one.touches}
            found.within[one.path] = within
            readers = found.readers.setdefault(one.path, set())
            readers.update(_code_of(within, sides), _naming(one.path, owners, texts))


def _is_unknown(one: Spread, found: Followed) -> bool:
    if not (one.path.endswith(CODE) or posixpath.basename(one.path) in TASKS):
        return False
    return not one.everything and (one.path in found.doubts or not (one.plain or one.code))


def _owners(path: str, sides: Sequence[Side]) -> frozenset[str]:
    """The projects that hold it where it is there; none where it lies in the root's, or in none."""
    there = [side.workspace for side in sides if holds(side.workspace.files, path)]
    found = [workspace.owner(path) for workspace in there if not path.startswith("../")]
    paths = frozenset(owner.path for owner in found if owner is not None)
    return frozenset() if ROOT in paths or not all(found) else paths


def _is_listed(path: str, owners: frozenset[str], now: Side, texts: Texts) -> bool:
    """Whether a text elsewhere that is no code holds its name: whoever reads that may read the file."""
    name = posixpath.basename(path)
    for holder in texts.having((name,), code=False):
        owner = now.workspace.owner(holder)
        elsewhere = holder != path and (owner is None or owner.path not in owners)
        if elsewhere and not is_prose(holder) and not texts.runs(holder) and name in texts.of(holder):
            return True
    return False


def _is_for_all(path: str, sides: Sequence[Side]) -> bool:
    """Whether it tells what is installed, or how pytest runs."""
    named = shapes_projects(path) or is_lock(path) or makes_environment(path) or only_pytest_reads(path)
    projects = [project for side in sides for project in side.workspace.projects]
    return named or any(path in (*one.includes, *one.manifests, one.settings.inifile) for one in projects)


def _code_of(projects: frozenset[str], sides: Sequence[Side]) -> Iterable[str]:
    for side in sides:
        code = (path for path in side.workspace.files if path.endswith(CODE))
        owned = ((path, side.workspace.owner(path)) for path in code)
        yield from (path for path, owner in owned if owner is not None and owner.path in projects)


def _naming(path: str, owners: Iterable[str], texts: Texts) -> Iterator[str]:
    """The code in whose text the file's name stands, or the start of it, or that of a project's folder."""
    stem = posixpath.basename(path).partition(".")[0] or posixpath.basename(path)
    words = {stem, *map(posixpath.basename, owners)}
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, sorted(words)))})[/\\\"'{{*%$?.]")
    yield from (holder for holder in texts.code_with(words) if pattern.search(texts.of(holder)))
