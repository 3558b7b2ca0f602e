"""Remembering a :class:`~.model.Workspace` from one run to the next.

An entry proves itself: it names every file that discovery read, with a hash of what was in it, and a
digest of all else that discovery depends on (the settings, the version of pytest) beside what git listed and
the list of files. Git's own hashes serve where it has them, so that a look costs no reading. Files that came
or went since are judged by :mod:`.delta`. Whatever does not fit is discovered anew.

:func:`recalled` looks only at what git lists in another way than for the entry; :func:`cached` looks at all.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files import kept as kept_file
from pytest_monorepo.workspace.files.listing import Listing
from pytest_monorepo.workspace.files.listing_delta import Blobs, Listed, brought_up, comparable, differing
from pytest_monorepo.workspace.files.tree import Tree, Witness, disk_links, disk_reader
from pytest_monorepo.workspace.model import Dependency, Project, PytestSettings, Scope, Since, Workspace

from .delta import Look, updated

# raise it whenever discovery comes to different conclusions from the same files
FORMAT = 24
_HEADER = "pytest-monorepo discovery 2"


class _Parts(NamedTuple):
    key: str
    identity: str
    outside: Mapping[str, str]
    links: Sequence[str]
    reads: bytes
    asked: bytes
    paths: bytes
    listed: Listed
    projects: bytes


class Entry(_Parts):
    """What one discovery found and followed from; the parts as they are in the file.

    ``identity`` is of this entry alone. ``reads`` holds a record for each file that was read: its path and
    what was in it. ``outside`` has those again that lie above the root. ``asked`` are paths whose mere
    existence counted, ``links`` the folders that links lead to, or test paths.
    """

    @cached_property
    def files(self) -> tuple[str, ...]:
        return tuple(_split(self.paths))

    def identity_of(self, path: str) -> str | None:
        """What the file held when it was read; ``None`` where it was not."""
        name = _encoded(path)
        at = self.reads.find(b"\0\0%b\0" % name)
        if at < 0:
            return None
        start = at + len(name) + 3
        return self.reads[start : self.reads.index(b"\0", start)].decode("utf-8", "surrogateescape")

    @property
    def identities(self) -> Iterable[tuple[str, str]]:
        """Every file that was read, with what it held."""
        records = self.reads[2:-2].decode("utf-8", "surrogateescape").split("\0\0") if self.reads else []
        for record in records:
            path, _, identity = record.partition("\0")
            yield path, identity

    def asks(self, path: str) -> bool:
        """Whether something followed from the file's existence."""
        return b"\0%b\0" % _encoded(path) in self.asked


def recalled(
    file: Path, entry: Entry | None, listed: Listed, root: Path, settings: Settings, look: Look
) -> Workspace | None:
    """What a discovery would find, from ``entry`` and what git lists now; ``None`` where that takes more.

    ``look`` sees to a single project whose files are other ones, as in :func:`.delta.updated`. Where it has,
    what it found is remembered in ``file``: it would be asked again until something is discovered anew.
    """
    if entry is None or entry.key != key_of(root, settings):
        return None
    now = differing(entry.listed, listed)
    if now is None:
        return None
    files, moved = brought_up(entry.files, now)
    blobs = Blobs(listed)
    reader = Witness(disk_reader(root), blobs)
    # all of git's hashes are put together only where a file's content is to follow from one
    tree = Tree(root, tuple(files), reader if moved else disk_reader(root), disk_links(root))
    for path in (*now, *entry.outside):
        before = entry.identity_of(path)
        if before is not None and _identity(path, now.get(path), tree) != before:
            return None
    known = decoded(json.loads(entry.projects), root, entry.files)
    found = _moved(entry, known, tree, moved, settings, look)
    if found is None:
        return None
    if found.projects is known.projects:
        found = replace(found, since=Since(entry.identity, now, found.projects, found.files))
    elif not reader.doubtful:
        found = _moved_on(file, _with_reads(entry, tree, blobs), found, listed)
    else:
        found = replace(found, since=Since(entry.identity, now, (), found.files))
    return replace(found, blobs=blobs, listed=listed.output)


def _moved(
    entry: Entry, known: Workspace, tree: Tree, moved: frozenset[str], settings: Settings, look: Look
) -> Workspace | None:
    """``known`` with the files of ``tree``, of which ``moved`` came or went."""
    if not moved:
        return known
    # a folder that the settings list may be a project without any manifest
    if settings.projects or settings.added:
        return None
    return updated(known, tree, moved, entry.asks, entry.links, look)


def cached(
    file: Path,
    entry: Entry | None,
    listed: Listed,
    listing: Listing,
    tree: Tree,
    settings: Settings,
    look: Look,
) -> Workspace | None:
    """As :func:`recalled`, for whatever has been listed: everything that discovery read is looked at.

    Where ``listed`` could be compared with, it is remembered in ``file`` for the next run.
    """
    if entry is None or entry.key != key_of(tree.root, settings):
        return None
    if not all(
        _identity(path, _blob(path, listing.blobs, tree), tree) == known for path, known in entry.identities
    ):
        return None
    known = decoded(json.loads(entry.projects), tree.root, entry.files)
    moved = frozenset(known.files).symmetric_difference(tree.files)
    found = _moved(entry, known, tree, moved, settings, look)
    if found is None or found.projects is not known.projects or not comparable(listed):
        return found
    return _moved_on(file, entry, found, listed)


def store(
    file: Path,
    workspace: Workspace,
    listed: Listed,
    listing: Listing,
    tree: Tree,
    settings: Settings,
    doubtful: Collection[str],
) -> Workspace | None:
    """Remember what a discovery found in ``tree``; returns it with what it is from now on known by.

    ``None``, and nothing is remembered, where files turn out as ``doubtful`` (:class:`.tree.Witness`): what
    was found may not follow from what the entry would name. A cache that cannot be written costs time and
    nothing else.
    """
    reads = _identities(tree, listing.blobs)
    if doubtful:
        return None
    entry = Entry(
        key=key_of(tree.root, settings),
        identity=uuid.uuid4().hex,
        outside=_outside(reads),
        links=sorted(tree.links),
        reads=_records(reads),
        asked=_enclosed(tree.asked()),
        paths=_joined(tree.files),
        listed=listed,
        projects=_stated(workspace),
    )
    _write(file, entry)
    return replace(workspace, since=Since(entry.identity, {}, workspace.projects, workspace.files))


def _moved_on(file: Path, entry: Entry, found: Workspace, listed: Listed) -> Workspace:
    """Remember ``found``, which followed from what ``entry`` names, beside what is listed.

    So that the next run has only a few lines to compare.
    """
    newer = entry._replace(
        identity=uuid.uuid4().hex, paths=_joined(found.files), listed=listed, projects=_stated(found)
    )
    _write(file, newer)
    return replace(found, since=Since(newer.identity, {}, found.projects, found.files))


def _with_reads(entry: Entry, tree: Tree, blobs: Mapping[str, str]) -> Entry:
    """``entry`` with what was read and asked in the tree, too: what followed from it follows from both."""
    reads = {**dict(entry.identities), **_identities(tree, blobs)}
    asked = {*_split(entry.asked[1:-1]), *tree.asked()}
    links = sorted({*entry.links, *tree.links})
    return entry._replace(reads=_records(reads), outside=_outside(reads), asked=_enclosed(asked), links=links)


def key_of(root: Path, settings: Settings) -> str:
    """Stands for what discovery depends on beside files."""
    # a setup.py is parsed as the Python that runs understands it
    facts = (FORMAT, sys.version_info[:2], pytest.__version__, str(root), repr(settings))
    return hashlib.sha256("\0".join(map(str, facts)).encode("utf-8", "surrogateescape")).hexdigest()


def _identities(tree: Tree, blobs: Mapping[str, str]) -> dict[str, str]:
    """What the files hold that were read."""
    return {path: _identity(path, _blob(path, blobs, tree), tree) for path in tree.reads()}


def _outside(reads: Mapping[str, str]) -> dict[str, str]:
    return {path: identity for path, identity in reads.items() if path.startswith("../")}


def _blob(path: str, blobs: Mapping[str, str], tree: Tree) -> str | None:
    return blobs.get(path) or ("" if tree.has(path) else None)


def _identity(path: str, blob: str | None, tree: Tree) -> str:
    if blob:
        return blob
    if blob is None and not (path.startswith("../") and tree.has(path)):
        return "absent"
    data = tree.reader(path)
    return f"link to {tree.linked(path)}" if data is None else hashlib.sha256(data).hexdigest()


def load(file: Path) -> Entry | None:
    """What the last run wrote; ``None`` where there is nothing of use."""
    body = kept_file.load(file, _HEADER)
    if body is None:
        return None
    head, _, rest = body.partition(b"\n")
    facts = json.loads(head)
    reads, asked, paths, usual, unusual, projects = kept_file.cut(rest, facts["sizes"])
    listed = Listed(usual, tuple(unusual.split(b"\0")) if unusual else ())
    named = {name: facts[name] for name in ("key", "identity", "outside", "links")}
    return Entry(**named, reads=reads, asked=asked, paths=paths, listed=listed, projects=projects)


def _write(file: Path, entry: Entry) -> None:
    listed = entry.listed.usual, b"\0".join(entry.listed.unusual)
    parts = (entry.reads, entry.asked, entry.paths, *listed, entry.projects)
    facts = {name: getattr(entry, name) for name in ("key", "identity", "outside", "links")}
    head = json.dumps({**facts, "sizes": [len(part) for part in parts]}).encode("ascii")
    kept_file.save(file, _HEADER, head, b"\n", *parts)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _joined(paths: Iterable[str]) -> bytes:
    return _encoded("\0".join(paths))


def _split(paths: bytes) -> list[str]:
    return paths.decode("utf-8", "surrogateescape").split("\0") if paths else []


def _records(reads: Mapping[str, str]) -> bytes:
    """``path NUL identity`` between two zero characters each: one can be found without a look at others."""
    if not reads:
        return b""
    return _encoded("".join(f"\0\0{path}\0{identity}" for path, identity in reads.items()) + "\0\0")


def _enclosed(paths: Iterable[str]) -> bytes:
    return b"\0%b\0" % _joined(sorted(paths))


def _stated(workspace: Workspace) -> bytes:
    return json.dumps(encoded(workspace), separators=(",", ":")).encode("ascii")


def encoded(workspace: Workspace) -> list[Any]:
    """Rows of plain values; what many projects share is there once, and the rows hold its number."""
    dependencies: dict[Dependency, int] = {}
    settings: dict[tuple[object, ...], int] = {}
    rows = [
        [
            *(getattr(project, name) for name in _PLAIN),
            *([*getattr(project, name)] for name in _LISTS),
            [dependencies.setdefault(one, len(dependencies)) for one in project.dependencies],
            *(getattr(project.settings, name) for name in _OWN),
            settings.setdefault(tuple(getattr(project.settings, n) for n in _SHARED), len(settings)),
            project.renamed,
        ]
        for project in workspace.projects
    ]
    stated = [(d.name, d.path, d.scope.value, d.how) for d in dependencies]
    return [rows, stated, list(settings), workspace.warnings, workspace.foreign]


_PLAIN = ("path", "name", "distribution", "requires_python", "error", "pytest_plugin")
_LISTS = ("manifests", "source_roots", "packages", "test_files", "includes")
_OWN = ("inifile", "rootdir")
_SHARED = ("testpaths", "python_files", "norecursedirs", "addopts", "pythonpath")
_SCOPES = {scope.value: scope for scope in Scope}


def decoded(found: Sequence[Any], root: Path, files: tuple[str, ...]) -> Workspace:
    """What :func:`encoded` was given, but for what git says."""
    rows, stated, shared, warnings, foreign = found
    dependencies = [Dependency(name, path, _SCOPES[scope], how) for name, path, scope, how in stated]
    settings = [dict(zip(_SHARED, map(tuple, values), strict=True)) for values in shared]
    projects = tuple(_decode_project(row, dependencies, settings) for row in rows)
    return Workspace(root, projects, files, tuple(warnings), tuple(foreign))


def _decode_project(
    row: Sequence[Any], dependencies: Sequence[Dependency], shared: Sequence[Mapping[str, Any]]
) -> Project:
    plain, lists = row[: len(_PLAIN)], row[len(_PLAIN) : len(_PLAIN) + len(_LISTS)]
    needs, inifile, rootdir, settings, renamed = row[len(_PLAIN) + len(_LISTS) :]
    project, own = object.__new__(Project), object.__new__(PytestSettings)
    # a frozen dataclass sets its fields one by one, at ten times the cost: a third of a warm discovery
    vars(own).update(shared[settings], inifile=inifile, rootdir=rootdir)
    vars(project).update(zip(_PLAIN, plain, strict=True))
    vars(project).update(zip(_LISTS, map(tuple, lists), strict=True))
    vars(project).update(dependencies=tuple(dependencies[n] for n in needs), settings=own)
    vars(project).update(renamed=tuple((name, path) for name, path in renamed))
    return project
