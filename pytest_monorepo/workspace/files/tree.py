"""The files of a workspace and what is in them, wherever they come from.

Everything that discovery asks, it asks a :class:`Tree`: one list of files and a way to read one. The disk
is one such tree, a commit can be another (give :class:`Tree` its own ``reader``), and neither costs a
``stat`` per file.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import posixpath
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import tomli

from pytest_monorepo.workspace.model import ROOT

from .relative import within

Table = Mapping[str, Any]


# what people read and no tool takes for anything by its name alone; in news/ a fragment is called by its kind
TEXTS = (
    *(".md", ".rst", ".png", ".svg", ".jpg", ".jpeg", ".gif", ".ico", ".webp"),
    *(".docs", ".doc", ".bugfix", ".feature", ".removal", ".misc", ".maintenance"),
)
# stands for all of these where a pattern or an option may find them
ANY_TEXT = "*"
_TOLD = (".py", *TEXTS)
WORKFLOWS = ".github/workflows/"


class UnreadableError(Exception):
    """A file that exists and cannot be understood; the message is one sentence that names it."""


def join(folder: str, name: str) -> str:
    """``name`` below ``folder``, normalised: ``join("libs/a", "../b")`` is ``"libs/b"``."""
    return posixpath.normpath(posixpath.join(folder, name)) if folder != ROOT else posixpath.normpath(name)


def child(folder: str, name: str) -> str:
    """``name`` directly in ``folder``: :func:`join` without its care, for the hot loops."""
    return name if folder == ROOT else f"{folder}/{name}"


def inside(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies below it."""
    return folder == ROOT or path == folder or path.startswith(folder + "/")


def decoded(data: bytes) -> str:
    """A file's text, undecodable bytes escaped: UTF-8, or UTF-16 where the file begins with its mark.

    PowerShell 5 writes that (``pip freeze > requirements.txt``), and pip reads it (``_decode_req_file``).
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "surrogateescape")


def disk_reader(root: Path) -> Callable[[str], bytes | None]:
    """Read files below ``root`` (and, through ``../``, above it); ``None`` for what is no readable file."""

    def read(path: str) -> bytes | None:
        try:
            return (root / path).read_bytes()
        except OSError:
            return None

    return read


def is_blob(content: bytes, blob: str) -> bool:
    """Whether git's hash ``blob`` is that of ``content``, whatever line endings a checkout gave it."""
    if _hash_of(content, blob) == blob:
        return True
    return b"\r\n" in content and _hash_of(content.replace(b"\r\n", b"\n"), blob) == blob


def _hash_of(content: bytes, like: str) -> str:
    algorithm = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return algorithm(b"blob %d\0%b" % (len(content), content)).hexdigest()


def blob_of(content: bytes) -> str:
    """Git's hash of ``content`` in a repository of the usual kind; in one of SHA-256 a name like any."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Witness:
    """A reader that notices files which are written to while they are read.

    ``blobs`` maps files to git's hash of them. ``doubtful`` are those that held something else, or not the
    same each time they were read: what followed from them must not be remembered.
    """

    def __init__(self, read: Callable[[str], bytes | None], blobs: Mapping[str, str]) -> None:
        self._read = read
        self._blobs = blobs
        self._seen: dict[str, str] = {}
        self.doubtful: set[str] = set()

    def __call__(self, path: str) -> bytes | None:
        data = self._read(path)
        seen = "" if data is None else hashlib.sha256(data).hexdigest()
        blob = self._blobs.get(path)
        if self._seen.setdefault(path, seen) != seen or (blob and (data is None or not is_blob(data, blob))):
            self.doubtful.add(path)
        return data


def disk_links(root: Path) -> Callable[[str], str | None]:
    """Follow links to folders below ``root``, but never one to a folder around itself."""
    base = os.path.realpath(root)

    def follow(path: str) -> str | None:
        full = os.path.join(base, path)
        if not os.path.islink(full) or not os.path.isdir(full):
            return None
        target = within(base, os.path.realpath(full))
        return None if target is None or inside(path, target) else target

    return follow


class _OfTree(NamedTuple):
    root: Path
    files: tuple[str, ...]
    reader: Callable[[str], bytes | None]
    follow: Callable[[str], str | None] = lambda path: None


class Tree(_OfTree):
    """``files`` are sorted and relative to ``root``; ``reader`` gives the bytes of one, or ``None``.

    ``follow`` gives the folder that a file is a link to, relative to ``root``, or ``None``.
    """

    @cached_property
    def folders(self) -> Mapping[str, tuple[str, ...]]:
        """Every folder that directly holds files, with their names."""
        found: dict[str, list[str]] = {}
        for path in self.files:
            folder, _, name = path.rpartition("/")
            found.setdefault(folder or ROOT, []).append(name)
        return {folder: tuple(names) for folder, names in found.items()}

    @cached_property
    def all_folders(self) -> frozenset[str]:
        """Every folder that holds a file at any depth."""
        found = {ROOT, ""}
        for folder in {path.rpartition("/")[0] for path in self.files}:
            while folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found - {""})

    @cached_property
    def all_paths(self) -> frozenset[str]:
        """Every file and every folder."""
        return self._names | self.all_folders

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.files)

    def below(self, path: str) -> Iterator[str]:
        """The files in a folder that somebody outside of it looks into, or the file itself."""
        self._looked_into.add(path)
        start = "" if path == ROOT else path
        for file in self.files[bisect_left(self.files, start) :]:
            if not file.startswith(start):
                break
            if inside(file, path):
                yield file

    @cached_property
    def _looked_into(self) -> set[str]:
        return set()

    def linked(self, path: str) -> str | None:
        """The folder of the workspace that ``path`` is a link to; git lists such a link as a file."""
        if path not in self._links:
            self._links[path] = self.follow(path)
        return self._links[path]

    @cached_property
    def _links(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def facts(self) -> dict[str, Mapping[str, str]]:
        """What readers found out about the whole tree, by a word of their own: worked out once."""
        return {}

    @cached_property
    def _outside(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _texts(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _tables(self) -> dict[str, Table | UnreadableError | None]:
        return {}

    def has(self, path: str) -> bool:
        """Whether ``path`` is a file of the tree, or a file above it."""
        if path.endswith(_TOLD) or path.startswith(WORKFLOWS):
            self._asked.add(path)
        if path.startswith("../"):
            if path not in self._outside:
                self._outside[path] = os.path.isfile(self.root / path)
            return self._outside[path]
        return path in self._names

    def holds(self, path: str) -> bool:
        """Whether ``path`` is a file or a folder of the tree."""
        if path.endswith(_TOLD) or path.startswith(WORKFLOWS):
            self._asked.add(path)
        return path in self.all_paths

    def look_for_texts(self) -> None:
        """Say that something depends on which :data:`TEXTS` there are."""
        self._asked.add(ANY_TEXT)

    @cached_property
    def _asked(self) -> set[str]:
        return set()

    def asked(self) -> frozenset[str]:
        """Every Python file, text and workflow of whose existence something depended so far.

        Of all other files only lists say more.
        """
        return frozenset(self._asked)

    @property
    def links(self) -> frozenset[str]:
        """The folders that links lead to, as far as asked, or that somebody outside of them looks into."""
        return frozenset(
            (*(target for target in self._links.values() if target is not None), *self._looked_into)
        )

    def reads(self) -> frozenset[str]:
        """Every file whose content, or whose absence above the root, was asked for so far."""
        return frozenset((*self._texts, *self._tables, *self._outside, *self._links))

    def read(self, path: str) -> str | None:
        """The text of a file, undecodable bytes escaped; ``None`` where there is none."""
        if path not in self._texts:
            data = self.reader(path) if self.has(path) else None
            self._texts[path] = None if data is None else decoded(data)
        return self._texts[path]

    def toml(self, path: str) -> Table | None:
        """The parsed table of a TOML file, ``None`` where there is none.

        Raises :class:`UnreadableError` with TOML's own position for what is not TOML.
        """
        if path not in self._tables:
            self._tables[path] = self._parse(path)
        table = self._tables[path]
        if isinstance(table, UnreadableError):
            raise table
        return table

    def table(self, path: str) -> Table:
        """Likewise, empty where there is none or what is there is not TOML: somebody else says so."""
        try:
            return self.toml(path) or {}
        except UnreadableError:
            return {}

    def _parse(self, path: str) -> Table | UnreadableError | None:
        if not self.has(path):
            return None
        data = self.reader(path)
        if data is None:
            return UnreadableError(
                f"{path} cannot be read: check its permissions, or that its link leads somewhere"
            )
        try:
            return tomli.loads(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            return UnreadableError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8")
        except (tomli.TOMLDecodeError, RecursionError) as error:
            return UnreadableError(f"{path} is not valid TOML: {error}")


def table_at(table: Table | None, *keys: str) -> Table:
    """The sub-table at ``keys``, empty where anything on the way is missing or no table."""
    found: object = table
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def strings(value: object) -> tuple[str, ...]:
    """The strings of a TOML list; a lone string counts as a list of one, anything else as nothing."""
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()
