"""Changed data files → the files that may read them, found in the texts of the workspace."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from pytest_monorepo.affected.rules.path_kinds import is_prose
from pytest_monorepo.workspace.model import ROOT, Workspace

from .data import code_folders, data_folders, is_plain, may_name_it, names_it, words
from .registered import METADATA
from .texts import Texts

_AT_MOST = 100
_CODE_AT_MOST = 1000
_DEPTH = 3


@dataclass
class Followed:
    """``readers`` maps a changed data file, and every text that names it, to the files that may read it.

    ``doubts`` says of changed files why their readers are not known, ``within`` in which projects alone.
    """

    readers: dict[str, set[str]] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)
    within: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def arrows(self) -> dict[str, set[str]]:
        """The readers turned round: who may load what."""
        found: dict[str, set[str]] = {}
        for path, holders in self.readers.items():
            for holder in holders:
                found.setdefault(holder, set()).add(path)
        return found


def follow_data(paths: Iterable[str], workspace: Workspace, texts: Texts, found: Followed) -> None:
    """Add to ``found`` who may read each of ``paths``, but those that something reads by convention."""
    wanted = [path for path in paths if _may_follow(path, workspace, found)]
    if len(wanted) > _AT_MOST:
        found.doubts.update(dict.fromkeys(wanted, "one of very many changed files"))
        return
    search = _Search(workspace, texts)
    for path in wanted:
        why = search.readers(path, found.readers)
        if why is not None:
            found.doubts[path] = why


def follow_code(paths: Collection[str], workspace: Workspace, texts: Texts, found: Followed) -> None:
    """Add to ``found`` who may read each of the code files ``paths`` by a text that names it: a list."""
    names = {posixpath.basename(path) for path in paths}
    if len(names) > _CODE_AT_MOST:
        found.doubts.update(dict.fromkeys(paths, "one of very many changed files"))
    if not 0 < len(names) <= _CODE_AT_MOST:
        return
    search = _Search(workspace, texts)
    held = texts.having(names, code=False)
    holders = [text for text in held if search.is_list(text)]
    for path in paths if holders else ():
        for holder in holders:
            if names_it(texts.of(holder), path, search.files):
                found.readers.setdefault(path, set()).add(holder)
                search.readers(holder, found.readers)


def telling(path: str, texts: Texts, files: Collection[str], folders: Collection[str] = ()) -> set[str]:
    """The code that asks for metadata of what is installed, or may name a manifest, or one of ``folders``."""
    name = posixpath.basename(path)
    asked = {name, *METADATA}
    found = set()
    for holder in texts.having({*asked, *words(path, folders)}):
        if texts.runs(holder):
            text = texts.of(holder)
            if any(word in text for word in asked) or may_name_it(text, path, folders, files):
                found.add(holder)
    return found


def _may_follow(path: str, workspace: Workspace, found: Followed) -> bool:
    owner = workspace.owner(path)
    plain = is_plain(path, ROOT if owner is None else owner.path)
    used = any(path in project.includes or path in project.manifests for project in workspace.projects)
    if not plain or used or path.startswith("../"):
        found.doubts[path] = "which no import leads to"
        return False
    return True


class _Search:
    def __init__(self, workspace: Workspace, texts: Texts) -> None:
        self._workspace = workspace
        self._texts = texts

    @cached_property
    def files(self) -> frozenset[str]:
        return frozenset(self._workspace.files)

    @cached_property
    def _code_folders(self) -> frozenset[str]:
        return code_folders(self._workspace)

    @cached_property
    def _settings(self) -> set[str | None]:
        return {project.settings.inifile for project in self._workspace.projects}

    @cached_property
    def _tests(self) -> set[str]:
        return {file for project in self._workspace.projects for file in project.test_files}

    def is_list(self, path: str) -> bool:
        """Whether a text is neither code nor prose, nor tells pytest which files to collect."""
        return not (self._texts.runs(path) or is_prose(path) or path in self._settings)

    def readers(self, path: str, readers: dict[str, set[str]]) -> str | None:
        """Add who may read ``path``; why that is not known, else ``None``."""
        level, seen = [path], {path}
        for _ in range(_DEPTH):
            following: list[str] = []
            for name in level:
                for holder in self._holders(name):
                    if holder in self._settings:
                        return f"which {holder} names"
                    readers.setdefault(name, set()).add(holder)
                    if not self._texts.runs(holder) and holder not in seen:
                        following.append(holder)
                        seen.add(holder)
            level = following
            if not level:
                code = any(self._texts.runs(holder) for name in seen for holder in readers.get(name, ()))
                return None if code or path in self._tests else "which no code names"
        return "which texts name that others name"

    def _holders(self, path: str) -> Iterator[str]:
        folders = data_folders(path, self._workspace.owner(path), self._code_folders)
        for holder in self._texts.having(words(path, folders)):
            if holder == path:
                continue
            text = self._texts.of(holder)
            if self._texts.runs(holder):
                if may_name_it(text, path, folders, self.files):
                    yield holder
            elif not is_prose(holder) and names_it(text, path, self.files):
                yield holder
