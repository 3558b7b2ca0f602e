"""Texts with doctests that settings name outside of a project → what keeps its test files together. Pure.

pytest collects them whatever files of the project are left out, so that these may be, where nothing that
changed can reach the text. Of anything else outside (folders, code) it is not known what it holds for whom.
"""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pytest_monorepo.workspace.discovery.collect import outside
from pytest_monorepo.workspace.files.code_files import CODE
from pytest_monorepo.workspace.files.tree import inside, join
from pytest_monorepo.workspace.imports.one_file.lookalikes import untangled
from pytest_monorepo.workspace.imports.one_file.paths import FILE, WHOLE_FILE
from pytest_monorepo.workspace.imports.one_file.private import SETS
from pytest_monorepo.workspace.imports.one_file.sieve import sieve
from pytest_monorepo.workspace.imports.one_file.text import LENDS, TEXT, UNFOLLOWED, loads, patches
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from .arrows.closure import Loads
from .arrows.frameworks import frameworks
from .data import words

_TEXTS = (".md", ".rst", ".txt")
_LINE = re.compile(rb"^[ \t]*(>>>|\.\.\.)?[ \t]*([^\r\n]*\bimport\b[^\r\n]*)", re.MULTILINE)
# what opens a file, or loads by a string, beside what is found in code; "__" is in what reaches all there is
_MORE = re.compile(
    rb"open\(|read_|load\(|Path\b|getfixture|\beval\(|__|\bos\.|importlib|sys\.modules|include::"
    # in a doctest by another name, too; a line that goes on may name modules on the next; no text of UTF-8
    rb"|^[ \t]*(?:>>>|\.\.\.)(?:[^\n]*(?:\b(?:open|eval|exec|compile|os)\b|FileIO)|[^\n]*\\[ \t]*$)|\0",
    re.MULTILINE,
)
# what a doctest may set in a module, load or name by more than an import
_DOUBTS = (SETS, FILE, WHOLE_FILE)


@dataclass(frozen=True)
class Documents:
    """``workspace`` has the files of all states compared, ``changed`` are the paths that changed, ``ways``
    and ``loads`` those of :class:`~.bonds.Bonds`. ``meant`` gives the files that a name may mean, ``read``
    what a file holds. ``lending`` are files with another name for what patches by a string.
    """

    workspace: Workspace
    changed: Collection[str]
    ways: Collection[str]
    loads: Loads
    meant: Callable[[str], Collection[str]]
    read: Callable[[str], bytes | None]
    lending: Collection[str] = ()

    def reasons(self, projects: Iterable[Project]) -> Iterator[tuple[str, str]]:
        """The projects whose settings name something outside for tests that may see what changed."""
        for project in projects:
            named = outside(project.path, project.settings)
            conftests = frozenset(self.workspace.conftests(project) if named else ())
            # where its settings stand for files that it does not have, what lies outside is all that runs
            alone = {project.settings.inifile, *project.manifests}.issuperset(project.test_files)
            seeing = (path for path in named if alone or not self._is_apart(path, conftests))
            if (path := next(seeing, None)) is not None:
                yield project.path, f"its settings name {path} outside of it for tests"

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self.workspace.files)

    @cached_property
    def _reached(self) -> frozenset[str]:
        """What a change reaches, or what cannot be followed."""
        return frozenset(
            (*self.changed, *self.ways, *self.lending, *self.loads.reached_from(self.loads.unfollowed))
        )

    @cached_property
    def _words(self) -> frozenset[bytes]:
        """Any text that can name a changed data file has one of these."""
        data = [path for path in self.changed if not path.endswith(CODE)]
        folders = {posixpath.dirname(path) for path in data}
        return frozenset(word.lower().encode() for path in data for word in words(path, folders))

    def _is_apart(self, path: str, conftests: frozenset[str]) -> bool:
        if not path.endswith(_TEXTS) or path in self.changed:
            return False
        if path not in self._files:
            # a text that is neither tracked nor there; what git ignores may be, and a folder is no text
            return self.read(path) is None and not any(inside(file, path) for file in self._files)
        above = (join(folder, "conftest.py") for folder in parents(posixpath.dirname(path) or ROOT))
        loaded = [one for one in above if one in self._files or one in self.changed]
        # of another chain than the project's nobody has asked which hooks are in it
        if not conftests.issuperset(loaded):
            return False
        text = self.read(path)
        return text is not None and self._sees_nothing(text)

    def _sees_nothing(self, text: bytes) -> bool:
        # pytest reads it with universal newlines
        text = text.removeprefix(codecs.BOM_UTF8).replace(b"\r", b"\n")
        if _MORE.search(text) is not None or loads(text) or patches(text):
            return False
        if any(word in text.lower() for word in self._words):
            return False
        found, imported = sieve(text), list(_imported(text))
        if None in imported or frameworks(found) or not {UNFOLLOWED, LENDS}.isdisjoint(found):
            return False
        if any(name.startswith(_DOUBTS) for name in found):
            return False
        names = {name.removeprefix(TEXT).lstrip(".") for name in (*found, *filter(None, imported))}
        return not any(one in self._reached for name in names if name for one in self.meant(name))


def _imported(text: bytes) -> Iterator[str | None]:
    """The modules that the lines of a text import; ``None`` for one that may do more."""
    for found in _LINE.finditer(text):
        names = [name for _, modules in untangled(found[2]) for name in modules]
        yield from (None if name.startswith(".") else name for name in names)
        if found[2].startswith((b"import ", b"from ")):
            more = any(sign in found[2] for sign in (b"(", b";", b"\\"))
        else:
            more = bool(found[1]) or b"(" in found[2] or b";" in found[2]
        if more:
            yield None
