"""What git lists now beside what it listed in the last run: which paths may differ, without a look at each.

Nearly all of 20,000 lines are those of ordinary files that are on disk as the index has them, and the same as
in the last run. Compared as bytes they cost nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

_UNUSUAL = re.compile(rb"\0(?!H 100(?:644|755) )[^\0]+")
_FILE = (b"100644", b"100755", b"120000")
_MANY = 500


class Listed(NamedTuple):
    """The lines of ``git ls-files -z -v -s --cached --deleted --modified --others``.

    ``usual`` are those of ordinary files in the index that git watches, each after a zero character, in git's
    order; ``unusual`` are all others: what is edited, deleted, untracked, a link, a repository, unmerged.
    """

    usual: bytes
    unusual: tuple[bytes, ...]

    @property
    def output(self) -> bytes:
        """The unusual lines as git would print them; never empty."""
        return b"\0".join((*self.unusual, b"")) or b"\0"


NOTHING = Listed(b"", ())


def divided(output: bytes) -> Listed:
    """Git's output in its two parts."""
    if not output:
        return NOTHING
    text = b"\0" + output.rstrip(b"\0")
    usual, unusual, at = [], [], 0
    for match in _UNUSUAL.finditer(text):
        usual.append(text[at : match.start()])
        unusual.append(match[0][1:])
        at = match.end()
    return Listed(b"".join((*usual, text[at:])), tuple(unusual))


def differing(old: Listed, new: Listed) -> Mapping[str, str | None] | None:
    """Every path that may not be as it was, with git's hash of it now.

    The hash is empty where only the disk knows what a file holds, and ``None`` stands for a path that is no
    file now. The answer is ``None`` where that takes a look at everything: a repository inside this one, what
    git does not watch, an unmerged file, or a great many differences.
    """
    if not (comparable(old) and comparable(new)):
        return None
    before, after = _only(old.usual, new.usual)
    if len(before) + len(after) > _MANY:
        return None
    found: dict[str, str | None] = {}
    for line in old.unusual:
        # what was edited or deleted has a usual line as well, and that may be there still
        found[_path(line)] = _blob(line) or None if line.startswith((b"C ", b"R ")) else None
    found.update((_path(line), None) for line in before)
    found.update((_path(line), _blob(line)) for line in after)
    found.update((_path(line), "") for line in new.unusual)
    found.update((_path(line), None) for line in new.unusual if line.startswith(b"R "))
    return found


def comparable(listed: Listed) -> bool:
    """Whether :func:`differing` can tell anything from it."""
    return len(listed.usual) > 0 and len(listed.unusual) <= _MANY and all(map(_is_plain, listed.unusual))


def _is_plain(line: bytes) -> bool:
    if line.startswith(b"? "):
        return not line.endswith(b"/")
    return line.startswith((b"C ", b"R ", b"H ")) and line[2:8] in _FILE


def _path(line: bytes) -> str:
    name = line[2:] if line.startswith(b"? ") else line.partition(b"\t")[2]
    return name.decode("utf-8", "surrogateescape")


def _blob(line: bytes) -> str:
    # <tag> <mode> <hash> <stage>TAB<path>; of a link it is the hash of its target's name
    _, mode, blob, _ = line.partition(b"\t")[0].split(b" ")
    return blob.decode() if mode != b"120000" else ""


def _only(old: bytes, new: bytes) -> tuple[Sequence[bytes], Sequence[bytes]]:
    """The lines that only one of the two has."""
    if old == new:
        return (), ()
    before, after = set(old.split(b"\0")), set(new.split(b"\0"))
    return tuple(before - after), tuple(after - before)


def brought_up(files: Sequence[str], now: Mapping[str, str | None]) -> tuple[Sequence[str], frozenset[str]]:
    """The sorted ``files`` of the last run as they are now, and which of them came or went."""
    moved = frozenset(path for path, blob in now.items() if holds(files, path) is (blob is None))
    if not moved:
        return files, moved
    kept = list(files)
    for path in moved:
        at = bisect_left(kept, path)
        if now[path] is None:
            del kept[at]
        else:
            kept.insert(at, path)
    return tuple(kept), moved


def holds(files: Sequence[str], path: str) -> bool:
    """Whether the sorted ``files`` hold one."""
    at = bisect_left(files, path)
    return at < len(files) and files[at] == path


class Blobs(Mapping[str, str]):
    """Path → git's hash of what is on disk, put together only where somebody asks."""

    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        self._known: dict[str, str] | None = None

    @property
    def _all(self) -> dict[str, str]:
        if self._known is None:
            self._known = _hashes(self._listed)
        return self._known

    def __getitem__(self, path: str) -> str:
        return self._all[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def _hashes(listed: Listed) -> dict[str, str]:
    entries: Iterable[str] = listed.usual.decode("utf-8", "surrogateescape").split("\0")[1:]
    # the hash and the name are at the same place in all of them
    entries = tuple(entries)
    start = entries[0].index("\t") + 1 if entries else 0
    known = {entry[start:]: entry[9 : start - 3] for entry in entries}
    for line in listed.unusual:
        known.pop(_path(line), None)
    return known
