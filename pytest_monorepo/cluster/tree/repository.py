"""What of a repository goes to a node with its tree: HEAD and the index, for tests that ask git.

``git status``, ``ls-files``, ``rev-parse``, ``describe`` and a diff to HEAD answer there as here, and so they
do in submodules; :mod:`.making` gives the tree its ``.git``. There is one commit: history, remotes and
configuration stay here. What git stores of files that are as the index has them the node makes from its own
files, so that they do not cross twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_monorepo.workspace.files.listing import clean_environment

# of the configuration, what decides how git compares a file with what it stores
_KEPT = ("core.autocrlf", "core.eol", "core.filemode", "core.symlinks", "core.ignorecase", "core.safecrlf")
_EXACT = ("-c", "core.fsmonitor=false", "-c", "core.splitIndex=false")

SKIP, ASSUME, INTENT = "--skip-worktree", "--assume-unchanged", "--intent-to-add"
_SUBMODULE = "160000"


@dataclass(frozen=True)
class Repository:
    """``head`` is HEAD's commit, ``branch`` what it is on, both ``""`` where there is none.

    ``pack`` are the commit, its folders, tags on it and contents that no file has any more. ``index`` is what
    ``git ls-files --stage -z`` prints, ``tags`` are (name, object); ``exclude`` and ``attributes`` are the
    files of these names in ``.git/info``. ``flags`` are (flag, path) of what the index tells of single files;
    ``filtered`` are those that are as the index has them by a filter, which a node need not have.
    ``submodules`` are (folder, repository), ``hashes`` is the format of git's names for objects.
    """

    head: str
    branch: str
    pack: bytes
    index: bytes
    tags: tuple[tuple[str, str], ...] = ()
    config: tuple[tuple[str, str], ...] = ()
    exclude: bytes = b""
    attributes: bytes = b""
    flags: tuple[tuple[str, str], ...] = ()
    filtered: tuple[str, ...] = ()
    submodules: tuple[tuple[str, Repository], ...] = ()
    hashes: str = "sha1"

    @property
    def id(self) -> str:
        told = [(one.name, getattr(self, one.name)) for one in fields(self) if one.name not in _APART]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @property
    def state(self) -> tuple[object, ...]:
        """What a test may have changed in a ``.git`` since it was made."""
        return self.head, self.branch, self.index, tuple(sorted(self.tags)), tuple(sorted(self.flags))

    @classmethod
    def told(cls, data: Mapping[str, Any]) -> Repository:
        """From what ``dataclasses.asdict`` makes of one."""
        below = tuple((folder, cls.told(one)) for folder, one in data["submodules"])
        return cls(**{**data, "submodules": below})


_APART = ("pack", "submodules")  # a pack is not the same twice; a submodule has an id of its own


@dataclass(frozen=True)
class _Asked:
    """What git says here. Paths are text in which a byte that is none stands for itself (PEP 383)."""

    top: Path

    def words(self, *words: str, given: bytes | None = None) -> str:
        return os.fsdecode(ask(self.top, *words, given=given) or b"").rstrip("\r\n")

    def entries(self, *words: str, given: bytes | None = None) -> list[str]:
        """What git ends with a NUL each."""
        return os.fsdecode(ask(self.top, *words, given=given) or b"").split("\0")[:-1]

    @cached_property
    def head(self) -> str:
        return self.words("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    @cached_property
    def rows(self) -> list[tuple[str, str, str, str, str]]:
        """Of the index: tag, mode, object, stage and path, see ``git ls-files -v``."""
        lines = (line.partition("\t") for line in self.entries("ls-files", "-v", "--stage", "-z"))
        found = ((*facts.split(" "), path) for facts, _, path in lines)
        return [(tag, mode, oid, stage, path) for tag, mode, oid, stage, path in found]

    @cached_property
    def edits(self) -> list[tuple[list[str], str]]:
        """Of what in the working tree is not as in the index: git's facts and the path."""
        # unlike diff-files it looks into files that only have another time
        found = self.entries("diff", "--raw", "--no-abbrev", "-z", "--no-renames", "--no-ext-diff")
        return _paired(found)

    def tags(self) -> tuple[tuple[str, str], ...]:
        listed = self.words(
            "for-each-ref", "--points-at=HEAD", "--format=%(objectname) %(refname)", "refs/tags"
        )
        return tuple((name, oid) for oid, _, name in (line.partition(" ") for line in listed.splitlines()))

    def index(self) -> bytes:
        rows = (f"{mode} {oid} {stage}\t{path}\0" for _, mode, oid, stage, path in self.rows)
        return os.fsencode("".join(rows))

    def flags(self) -> tuple[tuple[str, str], ...]:
        skipped = [(SKIP, path) for tag, _, _, _, path in self.rows if tag in "Ss"]
        assumed = [(ASSUME, path) for tag, _, _, _, path in self.rows if tag.islower()]
        # what git diff calls added is intended to be: the index has the name and no content yet
        return (*skipped, *assumed, *((INTENT, path) for facts, path in self.edits if facts[-1] == "A"))

    def filtered(self) -> tuple[str, ...]:
        asked = ("config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$")
        drivers = {key.removeprefix("filter.").rpartition(".")[0] for key in self.entries(*asked)}
        if not drivers:
            return ()
        other = {path for _, path in self.edits} | {path for tag, _, _, _, path in self.rows if tag != "H"}
        paths = [path for _, _, _, _, path in self.rows if path not in other]
        given = os.fsencode("".join(f"{path}\0" for path in paths))
        words = self.entries("check-attr", "-z", "--stdin", "filter", given=given)
        # path, attribute and value of each, with NUL behind all three (git-check-attr(1))
        found = zip(words[::3], words[2::3], strict=False)
        return tuple(path for path, driver in found if driver in drivers)

    def objects(self, filtered: Iterable[str]) -> set[str]:
        """What the node cannot make from the files that it gets."""
        changed = [*self.edits]
        if self.head:
            words = ("diff-index", "--cached", "--raw", "--no-abbrev", "-z", "--no-renames", self.head)
            changed += _paired(self.entries(*words))
        oids = {oid for facts, _ in changed if _SUBMODULE not in facts[:2] for oid in facts[2:4]}
        kept = set(filtered)
        for tag, mode, oid, _, path in self.rows:
            # what a sparse checkout has left out may be on no machine but a server's
            unseen = tag not in "HM" and os.path.lexists(self.top / path)
            if mode != _SUBMODULE and (unseen or tag == "M" or path in kept):
                oids.add(oid)
        return {oid for oid in oids if oid.strip("0")}

    def pack(self, more: Iterable[str]) -> bytes:
        oids = set(more)
        if self.head:
            # the commit and its folders without any content (git-rev-list(1), --filter)
            words = ("rev-list", "--objects", "--max-count=1", "--filter=blob:none", self.head)
            oids |= {line.split(" ", 1)[0] for line in self.words(*words).splitlines()}
        return ask(self.top, "pack-objects", "--stdout", "-q", given="\n".join(sorted(oids)).encode()) or b""

    def config(self) -> tuple[tuple[str, str], ...]:
        kept = [(key, self.words("config", "--get", key)) for key in _KEPT]
        asked = ("config", "-z", "--name-only", "--get-regexp", r"^submodule\..*\.(url|active)$")
        names = sorted({key.rpartition(".")[0] for key in self.entries(*asked)})  # a URL may hold a password
        return (*((key, value) for key, value in kept if value), *((f"{n}.active", "true") for n in names))

    def info(self, name: str) -> bytes:
        with contextlib.suppress(OSError):
            return (self.top / self.words("rev-parse", "--git-path", f"info/{name}")).read_bytes()
        return b""

    def submodules(self) -> tuple[tuple[str, Repository], ...]:
        folders = [path for _, mode, _, _, path in self.rows if mode == _SUBMODULE]
        found = ((folder, of(self.top / folder)) for folder in folders)
        return tuple((folder, one) for folder, one in found if one is not None)


def of(top: Path) -> Repository | None:
    """What of git the nodes get; ``None`` where there is no repository."""
    if not (top / ".git").exists() or ask(top, "ls-files", "--stage", "-z") is None:
        return None
    asked = _Asked(top)
    tags, filtered = asked.tags(), asked.filtered()
    oids = asked.objects(filtered)
    return Repository(
        asked.head,
        asked.words("symbolic-ref", "--quiet", "HEAD"),
        asked.pack({*oids, *(oid for _, oid in tags)}),
        asked.index(),
        tags,
        asked.config(),
        asked.info("exclude"),
        asked.info("attributes"),
        asked.flags(),
        filtered,
        asked.submodules(),
        asked.words("rev-parse", "--show-object-format") or "sha1",  # git before 2.25 knows no other
    )


def state(top: Path) -> tuple[object, ...]:
    """That of the repository there, see :class:`Repository`."""
    asked = _Asked(top)
    branch = asked.words("symbolic-ref", "--quiet", "HEAD")
    return Repository(asked.head, branch, b"", asked.index(), asked.tags(), flags=asked.flags()).state


def _paired(words: list[str]) -> list[tuple[list[str], str]]:
    """``:mode mode old new status`` and its path, of git's raw output with ``-z``."""
    return [(facts[1:].split(" "), path) for facts, path in zip(words[::2], words[1::2], strict=False)]


def ask(top: Path, *words: str, given: bytes | None = None) -> bytes | None:
    """What git prints, ``None`` where it fails or is missing."""
    try:
        return subprocess.run(
            ["git", *_EXACT, *words],
            cwd=top,
            env=clean_environment(),
            input=given if given is not None else b"",
            capture_output=True,
            check=True,
            timeout=600,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
