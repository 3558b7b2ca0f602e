"""Two versions of a ``.gitmodules`` → the projects in submodules that it says something else of.

Which commit a submodule is at says its entry in the tree, and that is a change of its own, with the files
inside (:mod:`pytest_monorepo.affected.git.within`); gitmodules(5) says where it is fetched from, and how.
"""

from __future__ import annotations

import posixpath
import re

from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Touch
from pytest_monorepo.affected.sides import Content, State
from pytest_monorepo.workspace.files.tree import inside

_HEAD = re.compile(r'\[submodule "([^"\\]+)"\]')
# a value with a quote, a comment or a backslash in it is not read: git-config(1), "Syntax"
_LINE = re.compile(r"([A-Za-z][\w-]*)\s*=\s*([^\"\\#;]*)")

# an entry of git's list, which ends with a zero byte
_LINK = rb" 160000 [0-9a-f]+ \d\t%s\0"


def judged(path: str, before: Content, after: Content, now: State, base: State) -> ChangedFile | None:
    """What a change of such a file means; ``None`` for other files, and for one that cannot be read."""
    if posixpath.basename(path) != ".gitmodules" or path.startswith("../"):
        return None
    old, new = _entries(before(path)), _entries(after(path))
    if old is None or new is None:
        return None
    changed = [*dict(old.items() - new.items()).values(), *dict(new.items() - old.items()).values()]
    if any(_moved_in_words_alone(path, place, now, base) for place in _places(old) ^ _places(new)):
        return None
    places = {posixpath.join(posixpath.dirname(path), dict(entry).get("path", "")) for entry in changed}
    projects = {
        project.path
        for state in (now, base)
        for project in state.side.workspace.projects
        if any(inside(project.path, place) for place in places)
    }
    touches = tuple(
        Touch(name, Reach.SOURCE, f"{path} changed for its submodule") for name in sorted(projects)
    )
    return ChangedFile(path, touches=touches, how="submodules as they were, or their files say what changed")


def _places(entries: dict[str, frozenset[tuple[str, str]]]) -> frozenset[str]:
    return frozenset(dict(entry).get("path", "") for entry in entries.values())


def _moved_in_words_alone(path: str, place: str, now: State, base: State) -> bool:
    """Whether files are there before and after, though whoever clones either has none there."""
    folder = posixpath.join(posixpath.dirname(path), place)
    sides = (now.side.workspace, base.side.workspace)
    is_one = re.search(_LINK % re.escape(folder.encode("utf-8", "surrogateescape")), sides[0].listed)
    # git's list is not kept where it may leave out something
    might_be = is_one is not None or not sides[0].listed
    return might_be and all(any(inside(file, folder) for file in side.files) for side in sides)


def _entries(data: bytes | None) -> dict[str, frozenset[tuple[str, str]]] | None:
    """The name of each submodule and its settings; ``None`` for what this reader does not know."""
    found: dict[str, dict[str, str]] = {}
    entry: dict[str, str] | None = None
    for line in (data or b"").decode("utf-8", "replace").splitlines():
        line = line.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if head := _HEAD.fullmatch(line):
            entry = found.setdefault(head[1], {})
        elif (said := _LINE.fullmatch(line)) and entry is not None:
            entry[said[1].lower()] = said[2].strip()
        else:
            return None
    return {name: frozenset(settings.items()) for name, settings in found.items()}
