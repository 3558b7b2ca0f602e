"""The folder that one shard leaves, and reading it back.

``--shard 2/3`` leaves ``monorepo-shards/2-of-3`` with these files, JSON in UTF-8. While the shard runs, the
folder is ``2-of-3.part``; only at the end of the session does it get its name, so a folder without ``.part``
is whole. Paths and node ids are relative to the workspace root unless said otherwise; times are seconds since
the epoch. ``format`` grows when a key changes its meaning or goes; new keys may come at any time.

``manifest.json``
    The keys of :class:`Manifest`.
``reports.jsonl``
    What the shard told pytest's hooks, one object a line, in that order. Each has ``kind`` and ``project`` (a
    path, ``""`` for none)::

        {"kind": "start", "project": "libs/a"}
        {"kind": "collect", "data": {…}}        # a CollectReport by pytest_report_to_serializable
        {"kind": "logstart", "nodeid": "libs/a/tests/test_x.py::test_y", "location": [file, line, name]}
        {"kind": "report", "data": {…}}         # a TestReport (or a plugin's own) likewise
        {"kind": "logfinish", "nodeid": …, "location": …}
        {"kind": "deselected", "nodeids": […]}
        {"kind": "warning", "data": {…}}        # category, module, message, filename, lineno, line, when,
                                                # nodeid, location
        {"kind": "finish", "data": {…}}         # the fields of hookspecs.ProjectRun

    A report of what is no test's failure (a worker died) has ``$failure`` beside pytest's own keys: its
    ``message`` in one line, ``text`` and ``path``.
``coverage.json``, ``coverage/``
    ``{"infos": […], "unmeasured": {…}}``: what each worker said of its measurement, with ``data_dir`` as seen
    from the folder and ``data_files``, the names in it: coverage.py's own data files as they were measured,
    with absolute paths below ``root``, their names without the leading dot. And the test files that no shard
    runs and of which nothing is kept (:mod:`~pytest_monorepo.results.unrun`); ``null``: nothing is carried.
``durations.json``
    ``{"version": 1, "files": {"libs/a/tests/test_x.py": [seconds, tests]}}`` for files that ran whole.
``selection.json``
    What ``--affected`` decided, by :mod:`pytest_monorepo.affected.stored`; ``null`` without it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.replays import marks

FORMAT = 1
MANIFEST = "manifest.json"
PART = ".part"
_DEPTH = 3
_KINDS = {"start", "collect", "logstart", "report", "logfinish", "deselected", "warning", "finish"}


@dataclass(frozen=True)
class Manifest:
    """What a shard was, and how it ended.

    ``index`` counts from 1. ``commit`` is git's HEAD, ``None`` without git; ``uncommitted`` whether tracked
    files differed from it. ``selection`` and ``division`` are digests that all shards of a run share.
    ``projects`` are this shard's, with their test files where others run the rest, else ``null``;
    ``left_out`` are those that ``--affected`` or ``--lf`` left out of the whole run; ``targets`` the paths
    asked for, ``filters`` the options why not everything ran. ``root`` is the absolute workspace root there.
    ``began`` and ``ended`` are its times, 0 where a shard of an older version does not say.
    ``interrupted``: ended by a signal; ``stopped``: ended early (``-x``). ``changed`` are files that changed
    while the tests ran: nothing is known of their coverage.
    """

    index: int
    count: int
    selection: str
    division: str
    root: str
    commit: str | None = None
    uncommitted: bool = False
    projects: Mapping[str, Sequence[str] | None] = field(default_factory=dict)
    left_out: Sequence[str] = ()
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    filters: Sequence[str] = ()
    version: str = ""
    python: str = ""
    exit_code: int = 0
    tests: int = 0
    interrupted: bool = False
    stopped: bool = False
    changed: Sequence[str] = ()
    began: float = 0.0
    ended: float = 0.0
    format: int = FORMAT

    @property
    def shard(self) -> str:
        return f"{self.index}/{self.count}"


_KNOWN = {one.name for one in dataclasses.fields(Manifest)}


class _Told(NamedTuple):
    """What one reading of all records tells, as the :class:`Bundle` gives it."""

    offsets: dict[str, list[int]]
    finished: set[str]
    replayed: set[str]


@dataclass(frozen=True)
class Bundle:
    """One shard's folder."""

    folder: Path
    manifest: Manifest

    @cached_property
    def _told(self) -> _Told:
        told = _Told({}, set(), set())
        for offset, record in self._records():
            told.offsets.setdefault(record["project"], []).append(offset)
            if record["kind"] == "finish":
                told.finished.add(record["project"])
            elif record["kind"] == "report" and marks.KEY in record["data"]:
                told.replayed.add(record["data"]["nodeid"].partition("::")[0])
        return told

    @property
    def index(self) -> Mapping[str, Sequence[int]]:
        """Project path → where in ``reports.jsonl`` its records begin, in bytes."""
        return self._told.offsets

    @property
    def replayed(self) -> Set[str]:
        """The test files of which results are told that an earlier run had made."""
        return self._told.replayed

    def finished(self) -> Set[str]:
        """The projects that were run to their end."""
        return self._told.finished

    def records(self, project: str) -> Iterator[dict[str, Any]]:
        """What was reported of one project, in order."""
        with open(self._reports, "rb") as stream:
            for offset in self.index.get(project, ()):
                stream.seek(offset)
                yield json.loads(stream.readline())

    def json(self, name: str) -> Any:
        """The content of one of the other files."""
        return _json(self.folder / name)

    @property
    def _reports(self) -> Path:
        return self.folder / "reports.jsonl"

    def _records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        offset = number = 0
        try:
            with open(self._reports, "rb") as stream:
                for number, line in enumerate(stream, 1):  # noqa: B007 - for the complaint
                    record = json.loads(line)
                    if not (
                        isinstance(record, dict) and record.get("kind") in _KINDS and "project" in record
                    ):
                        raise ValueError("no record of a kind that is known")
                    yield offset, record
                    offset += len(line)
        except (OSError, ValueError) as error:
            raise MonorepoError(
                f"{self._reports}:{number}: cannot be read ({error}): fetch or run the shard again"
            ) from None


def read_all(folder: Path, shown: str) -> list[Bundle]:
    """The shards below ``folder``, at most three levels down, in order; ``shown`` is its name for messages.

    Raises where there is none, and where a shard was killed and left an unfinished folder.
    """
    if not folder.is_dir():
        raise MonorepoError(f"--monorepo-merge {shown}: no such folder")
    found, unfinished = [], []
    for path in _folders(folder, _DEPTH):
        if path.name.endswith(PART):
            unfinished.append(path)
        elif (path / MANIFEST).is_file():
            found.append(Bundle(path, _manifest(path / MANIFEST)))
    if not found and not unfinished:
        raise MonorepoError(
            f"--monorepo-merge {shown}: no shard's folder in it (each holds a {MANIFEST}): download what the"
            " --shard jobs have left"
        )
    names = {bundle.folder.name for bundle in found}
    for path in unfinished:
        if path.name[: -len(PART)] not in names:
            raise MonorepoError(f"{path}: this shard was killed before its end: run it again")
    return sorted(found, key=lambda bundle: (bundle.manifest.index, str(bundle.folder)))


def check(bundles: Sequence[Bundle], here: str | None) -> None:
    """Raises unless these are all shards of one run at the commit ``here`` (``None``: unknown), each once."""
    _agree(bundles, "has", "shards", lambda m: str(m.count))
    _agree(bundles, "ran at", "commit", lambda m: (m.commit or "no commit")[:12])
    _agree(bundles, "ran with another choice of tests,", "selection", lambda m: m.selection)
    _agree(
        bundles,
        "divided the run by other durations: restore one and the same pytest cache in all shards;",
        "division",
        lambda m: m.division,
    )
    count = bundles[0].manifest.count
    commit = bundles[0].manifest.commit
    if here is not None and commit is not None and commit != here:
        raise MonorepoError(
            f"{bundles[0].folder}: ran at commit {commit[:12]}, but this checkout is at {here[:12]}:"
            f" check out {commit[:12]}"
        )
    by_index: dict[int, list[Bundle]] = {}
    for bundle in bundles:
        by_index.setdefault(bundle.manifest.index, []).append(bundle)
    for same in by_index.values():
        if len(same) > 1:
            folders = " and ".join(str(bundle.folder) for bundle in same)
            raise MonorepoError(f"{folders}: are both shard {same[0].manifest.shard}: delete all but one")
    missing = [f"{index}/{count}" for index in range(1, count + 1) if index not in by_index]
    if missing:
        shards = f"shard{'s' * (len(missing) > 1)} {', '.join(missing)}"
        verb = "are" if len(missing) > 1 else "is"
        raise MonorepoError(
            f"{bundles[0].folder.parent}: {shards} {verb} missing: run again or fetch what has not arrived"
        )
    for bundle in bundles:
        _check_whole(bundle)


def _agree(bundles: Sequence[Bundle], verb: str, noun: str, value: Callable[[Manifest], str]) -> None:
    """The odd one out is named: the majority is right."""
    values = Counter(value(bundle.manifest) for bundle in bundles)
    usual = max(values, key=lambda each: values[each])
    for bundle in bundles:
        own = value(bundle.manifest)
        if own != usual:
            other = next(b for b in bundles if value(b.manifest) == usual)
            raise MonorepoError(
                f"{bundle.folder}: {verb} {noun} {own}, but {other.folder} has {noun} {usual}:"
                " merge the shards of one run only"
            )


def _check_whole(bundle: Bundle) -> None:
    manifest = bundle.manifest
    if manifest.interrupted:
        raise MonorepoError(f"{bundle.folder}: shard {manifest.shard} was interrupted: run it again")
    lost = sorted(set(manifest.projects) - bundle.finished())
    if lost and not manifest.stopped:
        raise MonorepoError(
            f"{bundle.folder}: shard {manifest.shard} has no end of {lost[0]}"
            f" ({len(lost)} of {len(manifest.projects)} projects): run it again"
        )


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth and not (folder / MANIFEST).exists():
        for child in sorted(folder.iterdir()):
            if child.is_dir():
                yield from _folders(child, depth - 1)


def _manifest(path: Path) -> Manifest:
    data = _json(path)
    number = data.get("format") if isinstance(data, dict) else None
    if number != FORMAT:
        raise MonorepoError(
            f"{path}: has format {number}, this pytest-monorepo reads {FORMAT}: use one version in all jobs"
        )
    try:
        known: dict[str, Any] = {key: value for key, value in data.items() if key in _KNOWN}
        for key, value in known.items():
            known[key] = tuple(value) if isinstance(value, list) else value
        return Manifest(**known)
    except TypeError as error:
        raise MonorepoError(f"{path}: {error}: run the shard again") from None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MonorepoError(f"{path}: cannot be read ({error}): fetch or run the shard again") from None


def write_json(path: Path, value: object) -> None:
    """Readable JSON in ASCII, as one line a key for the outermost object."""
    path.write_text(json.dumps(value, indent=1, default=repr) + "\n", encoding="utf-8")


def moved(value: Any, old: str, new: str) -> Any:
    """JSON-able data with every path at or below ``old`` now at ``new``."""
    if isinstance(value, str):
        inside = value == old or value.startswith((old + "/", old + "\\"))
        return new + value[len(old) :] if inside else value
    if isinstance(value, list):
        return [moved(each, old, new) for each in value]
    if isinstance(value, dict):
        return {key: moved(each, old, new) for key, each in value.items()}
    return value


def coverage_infos(bundle: Bundle, root: str, into: Path) -> list[dict[str, Any]]:
    """The shard's measurements as if they had been made here, in ``root``; changed paths go ``into``.

    ``started`` is 0: what changed since is known only there, and left out already.
    """
    infos = []
    moved_dirs: dict[str, str] = {}
    old = bundle.manifest.root
    for info in bundle.json("coverage.json")["infos"]:
        name = info["data_dir"]
        if name not in moved_dirs:
            there = bundle.folder / name
            _check_there(there, info.get("data_files", ()))
            moved_dirs[name] = str(there) if old == root else _relocated(there, old, root, into / name)
        infos.append({**moved(info, old, root), "data_dir": moved_dirs[name], "started": 0})
    return infos


def _check_there(folder: Path, names: Iterable[str]) -> None:
    lost = [name for name in names if not (folder / name).exists()]
    if lost:
        raise MonorepoError(f"{folder / lost[0]}: is missing: hand on all files of the shard's folder")


def _relocated(source: Path, old: str, new: str, target: Path) -> str:
    """Copies of the data files of ``source`` whose paths are below ``new``; returns their folder."""
    import coverage

    from pytest_monorepo.reports.coverage.measured.data import data_files, opened

    def here(path: str) -> str:
        place: str = moved(path, old, new)
        return place.replace("\\", os.sep) if place != path else path

    target.mkdir(parents=True, exist_ok=True)
    for name in data_files(str(source)):
        with opened(name) as there, opened(str(target / os.path.basename(name))) as copy:
            try:
                there.read()
                copy.update(there, map_path=here)
                copy.write()
            except coverage.CoverageException:
                # whoever reads it says so
                (target / os.path.basename(name)).write_bytes(Path(name).read_bytes())
    return str(target)


def together(tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The ``files`` of several ``durations.json``."""
    return {file: entry for table in tables for file, entry in table["files"].items()}
