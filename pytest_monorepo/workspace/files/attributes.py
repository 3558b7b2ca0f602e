"""Whether git's word that a file is as the index has it can be taken for what is on disk.

It compares what a file becomes on its way into the index: a clean filter that drops lines meant for one
machine hides that they are there, and pytest reads them all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

NAME = ".gitattributes"
_LISTED = re.compile(rb"(?:^|\0)(?:\? |[A-Za-z] \d+ [0-9a-f]+ \d\t)((?:[^\0]*/)?\.gitattributes)(?=\0)")
_FILTER = re.compile(rb"^[ \t]*(\S+)[^\n]*?[ \t]filter=(\S+)", re.MULTILINE)
# what these write into the index tells every edit
_LOSSLESS = frozenset((b"lfs", b"git-crypt", b"crypt"))
# and of these nothing is read but by tests
_UNREAD = (b".ipynb", b".zpln")


def hides_edits(root: Path, listed: bytes) -> bool:
    """Whether a filter may hide edits below ``root``, of which git lists ``listed``.

    Yes where the attributes cannot be read.
    """
    try:
        return any(map(_filters, (*_around(root), *_below(root, listed))))
    except OSError:
        return True


def _below(root: Path, listed: bytes) -> Iterator[Path]:
    """Those that git lists: of a deleted one it takes what the index has."""
    if NAME.encode() + b"\0" in listed:
        for name in {match[1] for match in _LISTED.finditer(listed)}:
            yield root / name.decode("utf-8", "surrogateescape")


def _around(root: Path) -> Iterable[Path]:
    """Those of the folders above, and the repository's own, as far as they are there."""
    for folder in (root, *root.parents):
        if (folder / NAME).is_file():
            yield folder / NAME
        if (folder / ".git").exists():
            own = _common(folder / ".git") / "info/attributes"
            if own.is_file():
                yield own
            return


def _common(place: Path) -> Path:
    """The folder of the repository, which a worktree or submodule names in a file."""
    if place.is_file():
        named = place.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
        place = place.parent / named
    common = place / "commondir"
    return place / common.read_text("utf-8", "surrogateescape").strip() if common.is_file() else place


def _filters(file: Path) -> bool:
    text = file.read_bytes()
    return b"filter=" in text and any(
        name not in _LOSSLESS and not pattern.strip(b'"').endswith(_UNREAD)
        for pattern, name in _FILTER.findall(text)
    )
