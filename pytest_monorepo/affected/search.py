"""Which files of the repository hold certain words: git searches, and whoever asks looks at what it finds.

Git looks through every file for each question, which is half of a decision on a small repository. So words
that a later question will be about are asked along with the first, and the answer is kept: of files that are
as the index has them it stays true as long as the index lists the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pytest_monorepo.affected.git.changes import decoded, encoded, parse_listing
from pytest_monorepo.affected.git.process import ask
from pytest_monorepo.errors import GitError
from pytest_monorepo.workspace.files import kept
from pytest_monorepo.workspace.files.listing import list_files
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.model import Workspace

_GREP = ("grep", "-l", "-z", "-F", "--no-color", "--no-full-name")
_HEADER = "pytest-monorepo searches 1"
# how many answers are kept, of how many files and words at most, and of how many in all: a thousand names are
# loaded in a small part of the time that git takes to search as many files
_KEPT = 12
_LONGEST = 2000
_IN_ALL = 4000
# of more files than these git is quicker than we are
_FEW = 200
_EXPECTED = 100
# git takes a file for a binary one that has a zero among its first characters (git's buffer_is_binary)
_LOOKED_AT = 8000


_Entry = tuple[str, list[str], list[str]]
"""The state of all files, the words, and who holds one of them."""


class Search:
    """The files of the repository around the workspace that hold words, all but ignored ones.

    ``cache`` is the file to keep answers in. An answer may name files that hold none of the words asked for:
    what else it was asked along with. So whoever asks looks at the text.
    """

    def __init__(self, workspace: Workspace, cache: Path | None) -> None:
        self._workspace = workspace
        self._root = workspace.root
        self._cache = cache
        self._expected: frozenset[str] = frozenset()
        self._answers: list[tuple[frozenset[str], tuple[str, ...]]] = []
        self._tracked: dict[frozenset[str], tuple[str, ...]] = {}
        self._texts: dict[str, str] = {}

    def expect(self, words: Collection[str]) -> None:
        """The words that :meth:`tracked` will be asked for, as far as is known."""
        if len(words) <= _EXPECTED:
            self._expected = frozenset(words)

    def matching(
        self,
        words: Collection[str],
        pattern: re.Pattern[str],
        code: re.Pattern[str],
        among: Callable[[str], bool],
    ) -> Iterator[str]:
        """Of the files that hold ``words`` those whose text holds ``pattern``, of Python files ``code``."""
        for path in filter(among, self._holding(frozenset(words))):
            if (code if path.endswith((".py", ".pyi")) else pattern).search(self.text(path)):
                yield path

    def tracked(self, words: Collection[str]) -> tuple[str, ...]:
        """Of the files below the workspace those that git tracks and that hold one of the words."""
        wanted = frozenset(words)
        if not wanted:
            return ()
        if self._known:
            return tuple(path for path in self._holding(wanted) if path not in self._untracked)
        if wanted not in self._tracked:
            # what lies in submodules git tracks, too, and searches only when told
            options = ("--recurse-submodules",) if self._has_submodules else ()
            self._tracked[wanted] = tuple(sorted(self._asked(wanted, *options, where=".")))
        return self._tracked[wanted]

    def text(self, path: str) -> str:
        """What the file on disk holds; bytes that are no text are kept out of the way."""
        if path not in self._texts:
            self._texts[path] = self._bytes(path).decode("utf-8", "replace")
        return self._texts[path]

    def known(self) -> tuple[Mapping[str, str], Sequence[str]] | None:
        """What git tracks: its hashes of files that are as the index has them, and those that are edited.

        ``None`` where that does not tell of each file what it holds on disk.
        """
        if not self._known:
            return None
        edited = (path for path in self._others if path not in self._untracked)
        return self._workspace.blobs, [path for path in edited if not os.path.islink(self._root / path)]

    def beside(self, name: str) -> Path | None:
        """A file to keep findings in, where anything is kept."""
        return self._cache and self._cache.with_name(name)

    def content(self, path: str) -> bytes | None:
        """The bytes of the file on disk, ``None`` where there is none."""
        try:
            return (self._root / path).read_bytes()
        except OSError:
            return None

    def is_binary(self, path: str) -> bool:
        """Whether git would take the file for no text."""
        return "\0" in self.text(path)[:_LOOKED_AT]

    def _bytes(self, path: str) -> bytes:
        return self.content(path) or b""

    # -- what holds words

    def _holding(self, wanted: frozenset[str]) -> tuple[str, ...]:
        for words, paths in self._answers:
            if wanted <= words:
                return paths
        if not self._known:
            found = self._asked(wanted, "--untracked")
            if self._has_submodules:
                # git looks into those only when told, and then at tracked files
                found |= self._asked(wanted, "--recurse-submodules")
        else:
            wanted |= self._expected
            found = {*self._settled(wanted), *self._on_disk(wanted)}
        paths = tuple(sorted(found))
        self._answers.append((wanted, paths))
        return paths

    def _asked(self, words: Collection[str], *options: str, where: str = ":/") -> set[str]:
        named = [part for word in sorted(words) for part in ("-e", word)]
        answer = ask(self._root, *_GREP, *options, *named, "--", where)
        # 1 says that nothing was found
        if answer.code not in (0, 1):
            raise GitError(f"git grep failed in {self._root} ({answer.err.strip()}): run it there to see why")
        return {decoded(name) for name in answer.out.split(b"\0") if name}

    def _on_disk(self, words: Collection[str]) -> Iterator[str]:
        """What git has no hash of holds, edited and untracked files: these are read anew in each run."""
        named = [encoded(word) for word in words]
        for path in self._others:
            if not os.path.islink(self._root / path):
                data = self._bytes(path)
                if any(name in data for name in named):
                    yield path

    def _settled(self, words: frozenset[str]) -> Sequence[str]:
        """The files that are as the index has them and hold one of the words."""
        ordered = sorted(words)
        entries = self._remembered
        for digest, asked, paths in entries:
            if digest == self._digest and asked == ordered:
                return paths
        blobs = self._workspace.blobs
        paths = sorted(path for path in self._asked(words) if path in blobs)
        if self._cache is not None and len(paths) + len(ordered) <= _LONGEST and self.is_still:
            entries = list(_within([(self._digest, ordered, paths), *entries][:_KEPT], _IN_ALL))
            kept.save(self._cache, _HEADER, json.dumps(entries).encode("ascii"))
            self.__dict__["_remembered"] = entries
        return paths

    @property
    def is_still(self) -> bool:
        """Whether what was searched is what git had listed.

        What was written meanwhile, or came with another branch, would be kept as what was there before, and
        believed for as long as that is there again.
        """
        return list_files(self._root).blobs == self._workspace.blobs

    @cached_property
    def _remembered(self) -> list[_Entry]:
        data = None if self._cache is None else kept.load(self._cache, _HEADER)
        return [] if data is None else [(digest, words, paths) for digest, words, paths in json.loads(data)]

    @cached_property
    def _digest(self) -> str:
        """One for each state of all files that are as the index has them."""
        blobs = self._workspace.blobs
        told = "\0".join((*blobs.keys(), *blobs.values()))
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()

    # -- whether git's list tells all that may be searched

    @cached_property
    def _has_submodules(self) -> bool:
        # the list of a repository around the workspace stands above it
        return holds(self._workspace.files, ".gitmodules") or b" 160000 " in self._workspace.listed

    @cached_property
    def _known(self) -> bool:
        """Whether every file that git would search is in the workspace's list, with what it holds.

        So it is where the workspace is the whole repository, git has told all of it, and no filter makes of
        one content in the index several on disk (a large file that is fetched later, say).
        """
        workspace = self._workspace
        whole = workspace.listed and workspace.blobs and (self._root / ".git").exists()
        if not whole or self._has_submodules or len(self._others) > _FEW:
            return False
        attributes = [path for path in workspace.files if path.endswith(".gitattributes")]
        return not any(b"filter" in self._bytes(path) for path in (*attributes, ".git/info/attributes"))

    @cached_property
    def _others(self) -> tuple[str, ...]:
        blobs: Mapping[str, str] = self._workspace.blobs
        return tuple(path for path in self._workspace.files if path not in blobs)

    @cached_property
    def _untracked(self) -> frozenset[str]:
        return frozenset(parse_listing(self._workspace.listed, ordinary=False).untracked)


def _within(entries: Sequence[_Entry], room: int) -> Iterator[_Entry]:
    """The first ones, as many as there is room for."""
    for entry in entries:
        room -= len(entry[1]) + len(entry[2])
        if room < 0:
            return
        yield entry
