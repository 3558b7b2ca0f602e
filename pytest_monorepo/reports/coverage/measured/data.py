"""coverage.py's data files of many projects → what each project saw, and one set of data for all.

Paths in and out are absolute and resolved: one physical file has one path here. Branch data and line data
meet: coverage.py refuses to combine them, so a line that only line measuring saw is recorded as a jump to
itself, the way coverage.py's own ``sysmon`` core records a line without knowing where it went. No branch is
ever counted as taken because of it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coverage import CoverageData, CoverageException

from pytest_monorepo.reports import unwritten
from pytest_monorepo.value import value

Arc = tuple[int, int]
PathMap = Callable[[str], str]


@dataclass(frozen=True)
class FileData:
    """What was executed in one file; ``arcs`` is ``None`` where only lines were measured.

    ``tracer`` names the coverage.py plugin that traced it (a template, say), ``""`` for Python.
    """

    lines: frozenset[int]
    arcs: frozenset[Arc] | None
    tracer: str = ""

    def __or__(self, other: FileData) -> FileData:
        if self == other:
            return self
        arcs = self.arcs if other.arcs is None else (self.arcs or frozenset()) | other.arcs
        return FileData(self.lines | other.lines, arcs, self.tracer or other.tracer)


@value(frozen=True)
class Recorded:
    """One data file, read: its path, how its paths map to ours, and what it says."""

    data_file: str
    map_path: PathMap
    branch: bool
    files: Mapping[str, FileData]


def data_files(folder: str) -> list[str]:
    """The data files below a measurement's folder, sorted; in a shard's folder their names have no dot."""
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    return [
        os.path.join(folder, name)
        for name in names
        if name.startswith((".coverage", "coverage")) and not name.endswith("-journal")
    ]


@contextlib.contextmanager
def opened(data_file: str) -> Iterator[CoverageData]:
    """One data file for a while; coverage.py before 7.10.3 cannot close it and leaves that to Python."""
    data = CoverageData(basename=data_file)
    try:
        yield data
    finally:
        close: Callable[[], None] | None = getattr(data, "close", None)
        if close is not None:
            close()


def read(data_file: str, map_path: PathMap) -> Recorded:
    """Read one data file; raises coverage.py's exception where it cannot be read."""
    with opened(data_file) as data:
        data.read()
        with _one_connection(data):
            branch = data.has_arcs()
            files: dict[str, FileData] = {}
            for recorded in data.measured_files():
                path, found = map_path(recorded), _file_data(data, recorded, branch)
                files[path] = files[path] | found if path in files else found
    return Recorded(data_file, map_path, branch, files)


def _one_connection(data: CoverageData) -> contextlib.AbstractContextManager[None]:
    """coverage.py 7.17 connects anew for every question, unless it is told to stay connected."""
    keep: Callable[[], contextlib.AbstractContextManager[None]] = getattr(
        data, "keep_db_open", contextlib.nullcontext
    )
    return keep()


def _file_data(data: CoverageData, path: str, branch: bool) -> FileData:
    tracer = data.file_tracer(path) or ""
    if not branch:
        return FileData(frozenset(data.lines(path) or ()), None, tracer)
    arcs = frozenset(data.arcs(path) or ())
    # a negative number is where a function or module is entered or left (sqldata.py, arcs)
    return FileData(frozenset(n for arc in arcs for n in arc if n > 0), arcs, tracer)


def together(recorded: Iterable[Mapping[str, FileData]]) -> dict[str, FileData]:
    """The union, file by file."""
    union: dict[str, FileData] = {}
    for files in recorded:
        for path, found in files.items():
            union[path] = union[path] | found if path in union else found
    return union


def combine_into(
    target: CoverageData,
    recorded: Iterable[Recorded],
    wanted: Callable[[str], bool],
    branch: bool | None = None,
) -> list[str]:
    """Add all data of ``wanted`` files, contexts included; returns a sentence for each that did not fit.

    ``branch`` says which kind of data it becomes; that of branches where there is any, unless told.
    """
    recorded = [r for r in recorded if r.files]
    mixed = target.has_arcs() or any(r.branch for r in recorded) if branch is None else branch
    complaints = []
    for one in recorded:
        with opened(one.data_file) as data:
            try:
                data.read()
                fits = one.branch == mixed and all(map(wanted, one.files))
                target.update(data if fits else _selected(data, one, wanted, mixed), map_path=one.map_path)
            except (CoverageException, *unwritten.errors()) as error:
                complaints.append(f"coverage data of {one.data_file} could not be combined: {error}")
    if recorded and not target.has_arcs():
        # which kind it has, files of which nothing was executed do not tell (7.17: sqldata.py, update)
        with contextlib.suppress(CoverageException):
            (target.add_arcs if mixed else target.add_lines)({})
    return complaints


def _selected(data: CoverageData, one: Recorded, wanted: Callable[[str], bool], branch: bool) -> CoverageData:
    """The data of ``wanted`` files, in memory: purged from a data file, a file would stay there at 0 %.

    For ``branch``, line data takes the form of branch data: every line jumps to itself.
    """
    selected = CoverageData(no_disk=True)
    add: Callable[[Mapping[str, Any]], None] = selected.add_arcs if branch else selected.add_lines
    # which kind of data it is to be is settled so, files or none (sqldata.py, add_lines and add_arcs)
    add({})
    files = [path for path in data.measured_files() if wanted(one.map_path(path))]
    for context in data.measured_contexts():
        data.set_query_context(context)
        selected.set_context(context)
        add({path: _executed(data, path, one.branch, branch) for path in files})
    data.set_query_contexts(None)
    selected.touch_files(files)
    selected.add_file_tracers({p: tracer for p in files if (tracer := data.file_tracer(p))})
    return selected


def _executed(data: CoverageData, path: str, by_branch: bool, as_branch: bool) -> Sequence[Any]:
    if by_branch and as_branch:
        return data.arcs(path) or ()
    lines = data.lines(path) or ()
    return [(n, n) for n in lines] if as_branch else lines


def changed_since(paths: Iterable[str], started: int) -> list[str]:
    """The files written to after ``started`` (nanoseconds since the epoch), sorted."""
    changed = []
    for path in paths:
        try:
            if os.stat(path).st_mtime_ns > started:
                changed.append(path)
        except OSError:
            continue  # gone: coverage.py reports that there is no source
    return sorted(changed)
