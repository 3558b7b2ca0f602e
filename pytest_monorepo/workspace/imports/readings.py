"""What every project's imports said in the last run, for the projects that nothing new can concern.

A :class:`~.reading.Reading` follows from the project's own files, the conftests above it, files of no
project, and where the names that it mentions lead. :func:`touched` names the projects for which any of that
may be another one now, and says ``None`` where it cannot tell: then all of them are read anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pytest_monorepo.workspace.files import kept as kept_file
from pytest_monorepo.workspace.files.code_files import CODE, CodeFiles, parent
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Project, Scope, Workspace

from .one_file.found import SCRIPT
from .reading import FileEdge, Reading, Walker

# raise it whenever the same files come to mean something else
_HEADER = f"pytest-monorepo readings 17 {sys.version_info[0]}.{sys.version_info[1]}"
_MANY_FILES = 50
_SCOPES = {scope.value: scope for scope in Scope}


class Facts(NamedTuple):
    """What readings follow from.

    ``key`` stands for the projects (their tests apart) and the settings, ``keys`` for the content of each of
    ``paths``, ``""`` where nothing can. ``tests`` are the test files of all projects.
    """

    key: str
    paths: Sequence[str]
    keys: Sequence[str]
    tests: Sequence[str]

    def without(self, doubtful: Collection[str]) -> Facts:
        """The same, but that nothing stands for the content of the ``doubtful``."""
        if not doubtful:
            return self
        pairs = zip(self.paths, self.keys, strict=True)
        return self._replace(keys=["" if path in doubtful else key for path, key in pairs])


class Origin(NamedTuple):
    """The workspace that readings were made of, told by how it differs from one that discovery has kept.

    ``key`` stands for that one, with its tests, and for the settings; ``paths`` may be otherwise there.
    """

    key: str
    paths: Collection[str]


class Names(NamedTuple):
    """What was found of names on the way to the readings.

    ``words`` are the parts of all dotted names that any file mentioned, ``loose`` the first parts under which
    something lies beside the packages; both between zero characters, for a look-up that makes no set of them.
    ``there`` and ``missing`` are the files of no code that a path may mean which some file gives, likewise.
    ``namespaces`` are the ``__init__`` files that share their package, ``ownerless`` the code of no project.
    """

    words: bytes
    loose: bytes
    there: bytes = b""
    missing: bytes = b""
    namespaces: frozenset[str] = frozenset()
    ownerless: Sequence[str] = ()


class Concern(NamedTuple):
    """The projects to be read again, the code that is new, and what stands for each content that differs.

    ``None`` stands there for a file that is gone.
    """

    projects: Collection[str]
    new: Collection[str] = ()
    contents: Mapping[str, str | None] = MappingProxyType({})


class Memory(NamedTuple):
    """What the last run knew, and the readings that followed from it, a row per project.

    ``records`` hold what stands for each file's content, ``tests`` the test files, as they are in the file.
    """

    key: str
    origin: Origin
    names: Names
    records: bytes
    tests: bytes
    rows: Sequence[Any]

    @property
    def facts(self) -> Facts:
        """What the readings followed from."""
        pairs = [record.partition("\0") for record in _text(self.records[2:-2]).split("\0\0")]
        paths, keys = [path for path, _, _ in pairs], ["" if key == "-" else key for _, _, key in pairs]
        tests = _text(self.tests).split("\0") if self.tests else []
        return Facts(self.key, paths, keys, tests)

    def content(self, path: str) -> str | None:
        """What stands for the content of a file; ``None`` where it was none that could import."""
        name = _bytes(path)
        at = self.records.find(b"\0\0%b\0" % name)
        if at < 0:
            return None
        start = at + len(name) + 3
        key = _text(self.records[start : self.records.index(b"\0", start)])
        return "" if key == "-" else key

    @property
    def unsure(self) -> Sequence[str]:
        """The files of which nothing stands for the content: what was read of them may be gone again."""
        found = []
        at = self.records.find(b"\0-\0\0")
        while at >= 0:
            found.append(_text(self.records[self.records.rindex(b"\0\0", 0, at) + 2 : at]))
            at = self.records.find(b"\0-\0\0", at + 1)
        return found

    def reading(self, number: int, project: Project) -> Reading:
        """The reading of the ``number``-th project."""
        external, edges, file_edges, undeclared, loose, promoted, walkers = self.rows[number]
        path = project.path
        return Reading(
            project,
            frozenset(external),
            [Edge(path, to, _SCOPES[scope], how) for to, scope, how in edges] if edges else [],
            [FileEdge(path, a, b, c, line, _SCOPES[scope]) for a, b, c, line, scope in file_edges]
            if file_edges
            else [],
            undeclared,
            loose,
            promoted,
            [Walker(path, _SCOPES[scope], *rest) for path, scope, *rest in walkers] if walkers else [],
        )


def origin_of(workspace: Workspace, declared: Iterable[Edge], ignore: Iterable[str]) -> Origin | None:
    """Where the workspace comes from; ``None`` where its projects are other ones, or nothing was kept."""
    since = workspace.since
    if since is None or since.projects is not workspace.projects or since.files is not workspace.files:
        return None
    text = repr((since.entry, _plain(declared), tuple(ignore)))
    return Origin(_digest(text), since.paths.keys())


def _plain(edges: Iterable[Edge]) -> list[tuple[str, str, str]]:
    return [(edge.dependent, edge.dependency, edge.scope.value) for edge in edges]


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()


def key_of(workspace: Workspace, declared: Iterable[Edge], ignore: Iterable[str]) -> str:
    """Stands for all that readings depend on beside files and which of them are tests."""
    projects = [
        (
            *(p.path, p.distribution, p.source_roots, p.packages, p.includes),
            *(p.settings.inifile, p.settings.rootdir, p.settings.addopts),
            [(d.name, d.path, d.scope.value) for d in p.dependencies],
        )
        for p in workspace.projects
    ]
    return _digest(repr((projects, _plain(declared), tuple(ignore))))


def load(file: Path) -> Memory | None:
    """What :func:`save` wrote, if it is whole."""
    body = kept_file.load(file, _HEADER)
    if body is None:
        return None
    head, _, rest = body.partition(b"\n")
    key, origin, differing, namespaces, ownerless, rows, sizes = json.loads(head)
    records, tests, words, loose, there, missing = kept_file.cut(rest, sizes)
    names = Names(words, loose, there, missing, frozenset(namespaces), ownerless)
    return Memory(key, Origin(origin, differing), names, records, tests, rows)


def save(file: Path, facts: Facts, origin: Origin | None, names: Names, readings: Iterable[Reading]) -> None:
    """Remember; failing to is no error."""
    pairs = zip(facts.paths, facts.keys, strict=True)
    records = b"".join(_record(path, key) for path, key in pairs) + b"\0\0"
    origin = Origin("", ()) if origin is None else origin
    rows = list(map(_encoded, readings))
    _write(file, Memory(facts.key, origin, names, records, _bytes("\0".join(facts.tests)), rows))


def move_on(
    file: Path,
    memory: Memory,
    origin: Origin,
    contents: Mapping[str, str | None],
    names: Names,
    readings: Mapping[int, Reading],
) -> None:
    """Remember ``memory`` with what is otherwise: some ``contents``, and the ``readings`` of some rows."""
    records = memory.records
    for path, key in contents.items():
        at = records.find(b"\0\0%b\0" % _bytes(path))
        # a record that is new may stand anywhere
        end = 0 if at < 0 else records.index(b"\0\0", at + 2)
        records = records[: max(at, 0)] + (b"" if key is None else _record(path, key)) + records[end:]
    rows = [_encoded(readings[n]) if n in readings else row for n, row in enumerate(memory.rows)]
    _write(file, memory._replace(origin=origin, names=names, records=records, rows=rows))


def _record(path: str, key: str) -> bytes:
    # a key that is nothing is written as something, so that records can be told apart
    return _bytes(f"\0\0{path}\0{key or '-'}")


def _write(file: Path, memory: Memory) -> None:
    names = memory.names
    parts = [memory.records, memory.tests, names.words, names.loose, names.there, names.missing]
    head = [
        *(memory.key, memory.origin.key, sorted(memory.origin.paths)),
        *(sorted(names.namespaces), names.ownerless, memory.rows),
        [len(part) for part in parts],
    ]
    kept_file.save(file, _HEADER, json.dumps(head, separators=(",", ":")).encode("ascii"), b"\n", *parts)


def with_parts(words: bytes, names: Iterable[str]) -> bytes:
    """The words with those parts of the names that are none of them yet."""
    return _joined(words, parts_of(names))


def with_places(names: Names, places: Mapping[str, bool]) -> Names:
    """``names`` with what was asked for: places where a file of no code may be, and whether one is."""
    there = enclosed(place for place, is_there in places.items() if is_there)
    missing = enclosed(place for place, is_there in places.items() if not is_there)
    return names._replace(there=_joined(names.there, there), missing=_joined(names.missing, missing))


def _joined(words: bytes, more: bytes) -> bytes:
    new = set(more.split(b"\0")).difference(words.split(b"\0"))
    return words + b"".join(b"\0%b\0" % word for word in sorted(new))


def parts_of(names: Iterable[str]) -> bytes:
    """The parts of dotted names and of paths, for :class:`Names`."""
    return enclosed({part for name in names for part in re.split(r"[./]", name.removeprefix(SCRIPT))})


def enclosed(words: Iterable[str]) -> bytes:
    """Each word between zero characters."""
    return _bytes(f"\0{chr(0).join(sorted(words))}\0")


def among(word: str, words: bytes) -> bool:
    """Whether one of the :func:`enclosed` words is this one."""
    return b"\0%b\0" % _bytes(word) in words


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _encoded(reading: Reading) -> list[Any]:
    return [
        sorted(reading.external),
        [(edge.dependency, edge.scope.value, edge.how) for edge in reading.edges],
        [
            (edge.imported, edge.imported_path, edge.importer_path, edge.line, edge.scope.value)
            for edge in reading.file_edges
        ],
        reading.undeclared,
        sorted(reading.loose),
        sorted(reading.promoted),
        [(w.path, w.scope.value, *w[2:]) for w in reading.walkers],
    ]


def touched(old: Memory, now: Facts, code: CodeFiles) -> Concern | None:
    """The projects whose reading may be another one than in ``old``; ``None`` where it may be any."""
    before = old.facts
    if before.paths == now.paths:
        gone, new = set[str](), set[str]()
        differ = [p for p, a, b in zip(now.paths, before.keys, now.keys, strict=True) if a != b or not b]
    else:
        known, current = _by_path(before), _by_path(now)
        gone, new = known.keys() - current.keys(), current.keys() - known.keys()
        differ = [path for path, key in current.items() if not key or known.get(path) != key]
    if not _same_roots(before.tests, now.tests, gone | new) or _any_came_or_went(old.names, code):
        return None
    return _concern(old, gone, new, dict.fromkeys(differ, ""), code)


def touched_among(
    old: Memory, paths: Collection[str], content: Callable[[str], str | None], code: CodeFiles
) -> Concern | None:
    """:func:`touched`, where all but ``paths`` are as they were, and so are the tests of all projects.

    ``content`` gives what stands for the content of a file now, ``None`` where there is none.
    """
    if any(_came_or_went(path, old.names, code) for path in paths):
        return None
    paths = {*paths, *old.unsure}
    before = {path: old.content(path) for path in paths}
    now = {path: content(path) for path in paths if path.endswith(CODE) or before[path] is not None}
    gone = {path for path, key in now.items() if key is None and before[path] is not None}
    new = {path for path, key in now.items() if key is not None and before[path] is None}
    differ = {path: key for path, key in now.items() if key is not None and (not key or key != before[path])}
    return _concern(old, gone, new, differ, code)


def _concern(
    old: Memory, gone: Collection[str], new: Collection[str], differ: Mapping[str, str], code: CodeFiles
) -> Concern | None:
    if len(gone) + len(new) > _MANY_FILES or len(differ) > _MANY_FILES:
        return None
    if not _leads_nowhere(old, gone, new, code):
        return None
    found: set[str] = set()
    for path in (*differ, *gone):
        concerned = _concerned(path, code)
        if not concerned:
            return None
        found.update(concerned)
    return Concern(found, new, {**differ, **dict.fromkeys(gone)})


def _came_or_went(path: str, names: Names, code: CodeFiles) -> bool:
    """Whether a path that some file gives means a file of no code that it did not, or no longer does."""
    return among(path, names.missing if code.has(path) else names.there)


def _any_came_or_went(names: Names, code: CodeFiles) -> bool:
    there, missing = (filter(None, _text(places).split("\0")) for places in (names.there, names.missing))
    return any(map(code.has, missing)) or not all(map(code.has, there))


def _by_path(facts: Facts) -> dict[str, str]:
    return dict(zip(facts.paths, facts.keys, strict=True))


def _leads_nowhere(old: Memory, gone: Collection[str], new: Collection[str], code: CodeFiles) -> bool:
    """Whether no name that any file mentioned can mean something else for the files that came or went.

    A name leads to a module only by having the module's name as a part. A package or a folder means more.
    """
    for path in (*gone, *new):
        folder, stem = parent(path), path.rpartition("/")[2].partition(".")[0]
        if (
            not path.endswith(".py")
            or stem in ("__init__", "__main__", "conftest")
            or among(stem, old.names.words)
        ):
            return False
        there = list(code.directly_in(folder))
        if not there or not (
            any(old.content(one) is not None for one in there) or any(parent(one) == folder for one in gone)
        ):
            return False
    return True


def _same_roots(before: Sequence[str], now: Sequence[str], moved: Collection[str]) -> bool:
    """Whether the folders that pytest puts on ``sys.path`` are the same, and tests but for what moved."""
    if before == now:
        return True
    old, new = set(before), set(now)
    differ = old ^ new
    folders = {parent(path) for path in old & new if path.endswith(CODE)}
    return all(path in moved and parent(path) in folders for path in differ)


def _concerned(path: str, code: CodeFiles) -> set[str]:
    """The projects that read the file itself; none where that may be anyone."""
    projects = code.workspace.projects
    if not path.endswith(CODE):
        return {project.path for project in projects if path in project.test_files}
    owner = code.owner(parent(path))
    if owner is None:
        return set()
    includers = (project.path for project in projects if project.includes and path in code.included(project))
    if path.endswith("/conftest.py") or path == "conftest.py":
        below = (project.path for project in projects if inside(project.path, parent(path)))
        return {owner.path, *includers, *below}
    return {owner.path, *includers}
