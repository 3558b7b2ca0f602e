"""Which files of the repository hold certain words: git searches, and whoever asks looks at what it finds.

Git looks through every file for each question, which is half of a decision on a small repository. So words
that a later question will be about are asked along with the first, and the answer is kept: of files that are
as the index has them it stays true as long as the index lists the same. Where that lists some files with
another content, only these are looked at again.
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
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.listing import list_files
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.files.tree import is_blob
from pytest_monorepo.workspace.model import Workspace

_GREP = ("grep", "-l", "-z", "-F", "--no-color", "--no-full-name")
_HEADER = "pytest-monorepo searches 2"
# how many answers are kept, of how many files and words at most, and of how many in all: a thousand names are
# loaded in a small part of the time that git takes to search as many files
_KEPT = 12
_LONGEST = 2000
_IN_ALL = 4000
# what more of an answer is read than need be takes as long as to ask git again
_WIDER = 200
# of a longer list of files only that is kept which tells it from others
_LIST_BYTES = 1_000_000
# of more files than these git is quicker than we are
_FEW = 200
_EXPECTED = 100
_LETTERS = late(rb"\w+")
# git takes a file for a binary one that has a zero among its first characters (git's buffer_is_binary)
_LOOKED_AT = 8000


_Entry = tuple[str, list[str], list[str], list[str]]
"""The state of all files, the words, who holds one of them, and who may: not looked at since they changed."""


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
        self._always: frozenset[str] = frozenset()
        self._answers: list[tuple[frozenset[str], tuple[str, ...]]] = []
        self._tracked: dict[frozenset[str], tuple[str, ...]] = {}
        self._texts: dict[str, str] = {}
        self._findings: dict[Path, tuple[str, bytes]] = {}
        # answers that are not kept yet; git has searched what is on disk; a file is not what git says
        self._is_new = self._has_asked = self._doubtful = False

    def expect(self, words: Collection[str], always: Collection[str] = ()) -> None:
        """The words that :meth:`tracked` will be asked for, as far as is known.

        Those that it is ``always`` asked for are asked on their own: that answer serves other changes, too.
        """
        self._always = frozenset(always)
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
            data, blob = self._bytes(path), self._workspace.blobs.get(path)
            self._doubtful = self._doubtful or (blob is not None and not is_blob(data, blob))
            self._texts[path] = data.decode("utf-8", "replace")
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
            wanted = self._always if wanted <= self._always else wanted | self._expected
            found = {*self._settled(wanted), *self._on_disk(wanted)}
        paths = tuple(sorted(found))
        self._answers.append((wanted, paths))
        return paths

    def _asked(self, words: Collection[str], *options: str, where: str = ":/") -> set[str]:
        self._has_asked = True
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
        for number, (digest, asked, paths, unseen) in enumerate(self._entries):
            if digest == self._digest and (asked == ordered or _is_wider(asked, paths, words)):
                found = self._looked_at(asked, paths, unseen)
                if found is None:
                    break
                if unseen:
                    self._entries[number] = (digest, asked, found, [])
                    self._is_new = True
                # whoever looks for patterns in what names a file would see more than without this answer
                found = found if asked == ordered else self._looked_at(ordered, [], found)
                if found is None:
                    break
                return found
        blobs = self._workspace.blobs
        found = sorted(path for path in self._asked(words) if path in blobs)
        if len(found) + len(ordered) <= _LONGEST:
            self._entries.insert(0, (self._digest, ordered, found, []))
            self._is_new = True
        return found

    def _looked_at(self, words: Sequence[str], paths: list[str], unseen: Sequence[str]) -> list[str] | None:
        """Who holds one of the words, with those of the ``unseen``.

        ``None`` where one of them does not hold what git says: somebody may be writing it.
        """
        named, found = [encoded(word) for word in words], []
        for path in unseen:
            data = self.content(path)
            if data is None or not is_blob(data, self._workspace.blobs[path]):
                return None
            if _holds_one(data, named):
                found.append(path)
        return sorted((*paths, *found)) if found else paths

    def keep(self, file: Path, header: str, data: bytes) -> None:
        """Keep findings with the answers: what follows from the texts that were found."""
        self._findings[file] = header, data

    def save(self) -> None:
        """Keep what was found, where that is of what git had listed.

        What was written meanwhile, or came with another branch, would be kept as what was there before, and
        believed for as long as that is there again.
        """
        is_new, findings = self._is_new and self._cache is not None, self._findings
        self._is_new, self._findings = False, {}
        if not (is_new or findings):
            return
        if (self._has_asked or self._doubtful) and list_files(self._root).blobs != self._workspace.blobs:
            return
        for file, (header, data) in findings.items():
            kept.save(file, header, data)
        if is_new and self._cache is not None:
            files = self._files if len(self._files) <= _LIST_BYTES else b""
            entries = list(_within(self._entries[:_KEPT], _IN_ALL))
            head = json.dumps([self._digest if files else "", entries]).encode("ascii")
            kept.save(self._cache, _HEADER, head, b"\n", files)

    @cached_property
    def _entries(self) -> list[_Entry]:
        """What earlier runs were told, brought up to what the index lists now."""
        data = None if self._cache is None else kept.load(self._cache, _HEADER)
        if data is None:
            return []
        head, _, files = data.partition(b"\n")
        state, entries = json.loads(head)
        told: list[_Entry] = [(one[0], one[1], one[2], one[3]) for one in entries]
        if not state or state == self._digest:
            return told
        moved = self._moved_since(files)
        if len(moved) > _FEW:
            return told
        there = moved & self._workspace.blobs.keys()
        self._is_new = True
        renewed: list[_Entry] = [
            (
                self._digest,
                words,
                [path for path in paths if path not in moved],
                sorted(there.union(unseen) - (moved - there)),
            )
            if digest == state
            else (digest, words, paths, unseen)
            for digest, words, paths, unseen in told
        ]
        return [one for one in renewed if len(one[3]) <= _FEW]

    def _moved_since(self, files: bytes) -> set[str]:
        """The paths of which the list says otherwise now."""
        parts = decoded(files).split("\0")
        before = set(zip(parts[::2], parts[1::2], strict=True)) if files else set()
        return {path for path, _ in before ^ set(self._workspace.blobs.items())}

    @cached_property
    def _files(self) -> bytes:
        """The files that are as the index has them, each with its hash."""
        pairs = self._workspace.blobs.items()
        return encoded("\0".join([part for pair in pairs for part in pair]))

    @cached_property
    def _digest(self) -> str:
        """One for each state of all files that are as the index has them."""
        return hashlib.sha256(self._files).hexdigest()

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


def _is_wider(asked: Sequence[str], paths: Sequence[str], words: frozenset[str]) -> bool:
    """Whether an answer serves for fewer words: whoever asks looks at what it finds."""
    return len(paths) <= _WIDER and words.issubset(asked)


def _holds_one(data: bytes, words: Sequence[bytes]) -> bool:
    """Whether one of the words stands there: many are spellings of a few, which most texts lack."""
    cores: dict[bytes, list[bytes]] = {}
    for word in words:
        cores.setdefault(max(_LETTERS.findall(word), key=len, default=word), []).append(word)
    return any(core in data and any(word in data for word in cores[core]) for core in cores)


def _within(entries: Sequence[_Entry], room: int) -> Iterator[_Entry]:
    """The first ones, as many as there is room for."""
    for entry in entries:
        room -= sum(map(len, entry[1:]))
        if room < 0:
            return
        yield entry
