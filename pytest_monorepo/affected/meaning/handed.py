"""Who leaves a project by a value that another file has: ``from paths import ROOT``, a fixture ``root``."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import NamedTuple

from pytest_monorepo.affected.search import Search
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.model import ROOT, Workspace

from .finding import climbs, leads_up

# One of these stands in whatever leads up.
_WORDS = (
    *(
        "parents",
        ".parent",
        "dirname(",
        "pardir",
        '"..',
        "'..",
        "../",
        "show-",
        "__file__",
        "environ",
        "getenv(",
    ),
    *("rootpath", "rootdir", "inipath", ".cwd()", "search_parent_directories", '".git"', "'.git'"),
    *(".parts", "split("),
)
# what a module binds at its top, each with all that follows until the next
_BLOCK = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)
_BINDS = re.compile(r"(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*(?::[^=\n]{0,80})?=(?!=)")
_WORD = re.compile(r"\w+")


class _Giver(NamedTuple):
    """``among`` are the files that need not name the module for what it hands on."""

    module: str
    among: str | None
    names: set[str]

    def gives(self, path: str, words: Collection[str]) -> bool:
        """Whether a file that has these words may take something of it."""
        there = self.module in words or (self.among is not None and inside(path, self.among))
        return there and not self.names.isdisjoint(words)


class Handed:
    """What the files of a workspace hand on that leads out of their projects: asked for once, when needed."""

    def __init__(self, search: Search, workspace: Workspace) -> None:
        self._search = search
        self._workspace = workspace
        self._climbing: dict[str, bool] = {}

    def climbs(self, holder: str, text: str, within: str) -> bool:
        """Whether a path in the text of ``holder``, or one that it is given, may lead out of its project."""
        if holder not in self._climbing:  # asked for each file that has changed
            given = holder.endswith((".py", ".pyi"))
            self._climbing[holder] = climbs(text, within) or (given and self._is_given(holder, text))
        return self._climbing[holder]

    def _is_given(self, holder: str, text: str) -> bool:
        words = set(_WORD.findall(text))
        return any(one.gives(holder, words) for one in self._givers)

    @cached_property
    def _givers(self) -> list[_Giver]:
        first = {path: one for path in self._search.tracked(_WORDS) if (one := self._giver(path)) is not None}
        names = {name for one in first.values() for name in one.names}
        # and who makes something of that: from .paths import ROOT; LIBS = ROOT / "libs"
        others = (path for path in self._search.tracked(names) if path not in first)
        second = (self._giver(path, first.values()) for path in others)
        return [*first.values(), *(one for one in second if one is not None)]

    def _giver(self, path: str, before: Iterable[_Giver] = ()) -> _Giver | None:
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".py")
        if stem == name or stem.startswith("test_") or stem.endswith("_test"):
            return None
        text = self._search.text(path)
        words = set(_WORD.findall(text)) if before else set()
        given = {name for one in before if one.gives(path, words) for name in one.names & words}
        if not given and not self._leaves(path, text):
            return None
        names = _handed_on(text, given)
        if stem in ("__init__", "conftest"):
            return _Giver(posixpath.basename(folder), folder or ROOT, names)
        return _Giver(stem, ROOT if "fixture" in text else None, names)

    def _leaves(self, path: str, text: str) -> bool:
        project = self._workspace.owner(path)
        if project is None or project.path == ROOT:
            return climbs(text, path) or "__file__" in text
        return climbs(text, path[len(project.path) + 1 :])


def _handed_on(text: str, given: Collection[str]) -> set[str]:
    """The names at the top of a module that hold what leads up, or what is made of it."""
    found = set(given)
    starts = [match.start() for match in _BLOCK.finditer(text)]
    for number, start in enumerate(starts):
        block = text[start : starts[number + 1] if number + 1 < len(starts) else len(text)]
        if leads_up(block) or not found.isdisjoint(_WORD.findall(block)):
            # a decorator and what it stands before are two
            bound = _BINDS.match(block)
            if bound is not None:
                found.add(bound[1] or bound[2])
    return found
