"""From one commit to another, or to the files on disk: what git itself calls different.

A file whose time stamp alone differs is none, and git must not write its index to find that out.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from .changes import GITLINK, SYMLINK, Delta, Entry, encoded, parse_raw
from .process import run

DIFF = (
    "diff",
    "--raw",
    "-z",
    "--no-abbrev",
    # both ends of a rename are changes, each of the project that it lies in
    "--no-renames",
    # the user's own programs for showing differences
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--submodule=short",
    # what is inside of a submodule we ask there ourselves
    "--ignore-submodules=dirty",
    # cancels diff.orderFile, which would be read from the repository
    f"-O{os.devnull}",
)
# from here on one walk through the whole tree is cheaper than one walk a path
FEW = 50
GONE = "000000"
_FILES = ("100644", "100755")
# an empty file, and what ``git add --intent-to-add`` leaves in the index of one that no commit has
_EMPTY = frozenset(hashlib.new(name, b"blob 0\0").hexdigest() for name in ("sha1", "sha256"))


def diff(top: Path, old: str, new: str | None, edited: Collection[Entry] | None = None) -> list[Delta]:
    """From the commit ``old`` to the commit ``new``, or to the files on disk.

    ``edited`` are the files on disk that differ from the index, if that is known: then only these, and those
    of the index that differ from ``old``, are looked at.
    """
    if new is None and edited is not None:
        # the index may hold what neither the commit nor the disk has: staged, and edited back
        staged = list(parse_raw(run(top, *DIFF, "--cached", "--end-of-options", old, "--")))
        if not edited:
            return staged
        if (found := _to_disk(top, staged, edited)) is not None:
            return without_touched(top, found)
        paths = {*(entry.path for entry in edited), *(delta.path for delta in staged)}
        if len(paths) <= FEW:
            which = [f":(literal){path}" for path in sorted(paths)]
            return without_touched(top, parse_raw(run(top, *DIFF, "--end-of-options", old, "--", *which)))
    sides = (old,) if new is None else (old, new)
    deltas = parse_raw(run(top, *DIFF, "--end-of-options", *sides, "--"))
    return list(deltas) if new else without_touched(top, deltas)


def _to_disk(top: Path, staged: Iterable[Delta], edited: Collection[Entry]) -> list[Delta] | None:
    """The differences of the index from a commit, carried on to the files on disk that differ from it.

    ``None`` where only git can tell: of what is more than an ordinary file whose text is another one.
    """
    if len(edited) > FEW or not all(map(_is_ordinary, edited)):
        return None
    found = {delta.path: delta for delta in staged}
    for entry in {entry.path: entry for entry in edited}.values():
        mode = _mode_on_disk(top / entry.path)
        if mode not in (entry.mode, GONE):
            return None
        before = found.pop(entry.path, None)
        old_mode, old = (entry.mode, entry.hash) if before is None else (before.old_mode, before.old)
        if old_mode != GONE or mode != GONE:
            kind = "D" if mode == GONE else "A" if old_mode == GONE else "M"
            status = "T" if kind == "M" and old_mode[:2] != mode[:2] else kind
            found[entry.path] = Delta(entry.path, status, old_mode, mode, old, "0" * len(old))
    return list(found.values())


def _is_ordinary(entry: Entry) -> bool:
    """Whether the index knows the file as an ordinary one that is neither unmerged nor only intended."""
    return entry.tag in "RC" and entry.stage == 0 and entry.mode in _FILES and entry.hash not in _EMPTY


def _mode_on_disk(path: Path) -> str:
    """As git would store it; of folders and the like something that it never stores."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    if stat.S_ISREG(mode):
        return "100755" if mode & stat.S_IXUSR else "100644"
    return SYMLINK if stat.S_ISLNK(mode) else oct(mode)


def without_touched(top: Path, found: Iterable[Delta]) -> list[Delta]:
    """Leave out files that differ in time stamps only; git would find that out, and write the index."""
    deltas = list(found)
    suspects = {
        delta.path: (delta.old_mode, delta.old)
        for delta in deltas
        if delta.status == "M" and delta.old_mode == delta.new_mode != GITLINK and not delta.new.strip("0")
    }
    touched = as_stored(top, suspects)
    return [delta for delta in deltas if delta.path not in touched]


def as_stored(top: Path, files: Mapping[str, tuple[str, str]]) -> set[str]:
    """Those of ``files`` (path → mode and hash) whose content on disk is what git has stored."""
    links = {path: blob for path, (mode, blob) in files.items() if mode == SYMLINK}
    same = {path for path, blob in links.items() if _link_hash(top / path, len(blob)) == blob}
    # the question to git is a line; a name with a newline counts as edited
    asked = [path for path in files if path not in links and "\n" not in path]
    if not asked:
        return same
    # hashed as git add would, with the filters that attributes name (git-hash-object(1), --no-filters)
    names = b"".join(encoded(path) + b"\n" for path in asked)
    hashes = run(top, "hash-object", "--stdin-paths", stdin=names).decode("ascii").split()
    return same | {path for path, now in zip(asked, hashes, strict=True) if files[path][1] == now}


def _link_hash(link: Path, length: int) -> str:
    text = os.fsencode(os.readlink(link))
    return hashlib.new("sha1" if length == 40 else "sha256", b"blob %d\0%b" % (len(text), text)).hexdigest()
