"""The arrows of all files as the last run found them, in one file of ours."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from pytest_monorepo.workspace.files import kept as kept_file
from pytest_monorepo.workspace.imports.cache import HEADER

from .layers import Rows

# raise it whenever the same names come to lead elsewhere
_HEADER = f"{HEADER} arrows 4"


class Memory(NamedTuple):
    """What is known of ``paths``: ``keys`` stand for their contents, empty where nothing does.

    ``key`` stands for the projects and their edges. ``loads`` and ``loaders`` are the arrows, ``marked`` the
    files of each mark, ``unfollowed`` and ``fixtures`` as :class:`~.links.Links` has them. ``words`` are the
    parts of all names that any file mentions, ``files`` the names of code files, ``settings`` those of pytest
    that bind no tests together, with git's hash.
    """

    key: str
    paths: Sequence[str]
    keys: Sequence[str]
    loads: Mapping[str, Collection[str]]
    loaders: Mapping[str, tuple[str, ...]]
    marked: Mapping[str, Sequence[str]]
    unfollowed: Mapping[str, str]
    fixtures: Mapping[str, str]
    words: bytes
    files: Sequence[str]
    settings: Mapping[str, str] = MappingProxyType({})


def load(file: Path) -> Memory | None:
    """What :func:`save` wrote, if it is whole."""
    body = kept_file.load(file, _HEADER)
    if body is None:
        return None
    head, _, rest = body.partition(b"\n")
    key, marked, unfollowed, fixtures, files, settings, sizes = json.loads(head)
    *texts, words = kept_file.cut(rest, sizes)
    paths, keys, loads, loaders = (text.decode("utf-8", "surrogateescape").split("\0") for text in texts)
    numbers = {path: number for number, path in enumerate(paths)}
    rows = (Rows(paths, loads, numbers), Rows(paths, loaders, numbers))
    return Memory(key, paths, keys, *rows, marked, unfollowed, fixtures, words, files, settings)


def save(file: Path, known: Memory) -> None:
    """Remember; failing to is no error."""
    numbers = {path: str(number) for number, path in enumerate(known.paths)}

    def rows(of: Mapping[str, Iterable[str]]) -> bytes:
        lines = (
            ",".join([numbers[one] for one in of.get(path, ()) if one in numbers]) for path in known.paths
        )
        return "\0".join(lines).encode("ascii")

    parts = [
        "\0".join(known.paths).encode("utf-8", "surrogateescape"),
        "\0".join(known.keys).encode("utf-8", "surrogateescape"),
        rows(known.loads),
        rows(known.loaders),
        known.words,
    ]
    marked = {mark: sorted(paths) for mark, paths in known.marked.items()}
    sizes = [len(part) for part in parts]
    told = [dict(known.unfollowed), dict(known.fixtures), known.files, dict(known.settings)]
    head = [known.key, marked, *told, sizes]
    kept_file.save(file, _HEADER, json.dumps(head, separators=(",", ":")).encode("ascii"), b"\n", *parts)
