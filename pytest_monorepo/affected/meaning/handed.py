"""Who leaves a project by a value that another file has: ``from paths import ROOT``, a fixture ``root``."""

from __future__ import annotations

import posixpath
import re
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


class Handed:
    """What the files of a workspace hand on that leads out of their projects: asked for once, when needed."""

    def __init__(self, search: Search, workspace: Workspace) -> None:
        self._search = search
        self._workspace = workspace

    def climbs(self, holder: str, text: str, within: str) -> bool:
        """Whether a path in the text of ``holder``, or one that it is given, may lead out of its project."""
        return climbs(text, within) or (holder.endswith((".py", ".pyi")) and self._is_given(holder, text))

    def _is_given(self, holder: str, text: str) -> bool:
        words = set(_WORD.findall(text))
        return any(
            (one.module in words or (one.among is not None and inside(holder, one.among)))
            and not one.names.isdisjoint(words)
            for one in self._givers
        )

    @cached_property
    def _givers(self) -> list[_Giver]:
        return [giver for path in self._search.tracked(_WORDS) if (giver := self._giver(path)) is not None]

    def _giver(self, path: str) -> _Giver | None:
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".py")
        if stem == name or stem.startswith("test_") or stem.endswith("_test"):
            return None
        text = self._search.text(path)
        project = self._workspace.owner(path)
        home = ROOT if project is None else project.path
        within = path if home == ROOT else path[len(home) + 1 :]
        if not (climbs(text, within) or (home == ROOT and "__file__" in text)):
            return None
        if stem in ("__init__", "conftest"):
            return _Giver(posixpath.basename(folder), folder or ROOT, _handed_on(text))
        return _Giver(stem, ROOT if "fixture" in text else None, _handed_on(text))


def _handed_on(text: str) -> set[str]:
    """The names at the top of a module that hold what leads up, or what is made of it."""
    found: set[str] = set()
    starts = [match.start() for match in _BLOCK.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        block = text[start:end]
        if leads_up(block) or not found.isdisjoint(_WORD.findall(block)):
            # a decorator and what it stands before are two
            bound = _BINDS.match(block)
            if bound is not None:
                found.add(bound[1] or bound[2])
    return found
