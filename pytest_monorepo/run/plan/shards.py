"""Who runs what when N machines share one run: pure, no I/O.

A division is a function of the selection, the known durations and N, so the machines need not talk; they
must only see the same three. It is complete and disjoint whatever discovery missed: within a project, a file
that no shard was given belongs to the project's *first* shard.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.workspace.model import Project

from .history import History

SLACK = 1.1
"""How far above the mean a shard may come before a project is split: each part collects the project anew."""


@dataclass(frozen=True)
class Shard:
    """One of ``count`` machines; ``index`` counts from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


class Share(NamedTuple):
    """What of a project that lies in several shards runs in this one; workspace-relative test files.

    ``files`` run here, ``others`` elsewhere; anything else runs where ``first`` is set.
    """

    files: tuple[str, ...]
    others: tuple[str, ...]
    first: bool


Part = Mapping[str, "tuple[str, ...] | None"]
"""Project path → its test files that run in a shard; ``None`` for a project that is not divided."""


class Division(NamedTuple):
    """A part for each shard, in their order."""

    parts: tuple[Part, ...]

    def share(self, shard: Shard, project: str) -> Share | None:
        """``None`` for a project that is wholly in this shard, or not in it at all."""
        files = self.parts[shard.index - 1].get(project)
        if files is None:
            return None
        holders = [number for number, part in enumerate(self.parts, 1) if project in part]
        others = [f for n in holders if n != shard.index for f in self.parts[n - 1][project] or ()]
        return Share(files, tuple(sorted(others)), first=holders[0] == shard.index)

    @property
    def fingerprint(self) -> str:
        """Differs where two machines divided differently."""
        return fingerprint([{k: v and list(v) for k, v in sorted(part.items())} for part in self.parts])


def fingerprint(value: object) -> str:
    """A digest of JSON-able data."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class _Work:
    project: str
    files: Mapping[str, float] = field(default_factory=dict)

    @property
    def weight(self) -> float:
        # exactly rounded: the order of a machine's files must not matter
        return math.fsum(self.files.values())


def read(value: str, environ: Mapping[str, str]) -> Shard:
    """``--shard``: ``I/N``, or ``auto`` for what the CI's variables say."""
    if value == "auto":
        return _automatic(environ)
    found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", value)
    if found is None:
        raise MonorepoError(f"--shard {value}: must be I/N, as in 2/5, or auto")
    return _checked(f"--shard {value}", int(found[1]), int(found[2]))


# the second of each counts from the first's base; Buildkite sets neither for a step that is not parallel
# https://docs.gitlab.com/ci/variables/predefined_variables/, https://circleci.com/docs/variables/,
# https://buildkite.com/docs/pipelines/configure/environment-variables
_VARIABLES = (
    ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
    ("CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0),
    ("BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0),
)


def _automatic(environ: Mapping[str, str]) -> Shard:
    for index, total, base in _VARIABLES:
        if environ.get(index) and environ.get(total):
            where = f"--shard auto: {index}={environ[index]}, {total}={environ[total]}"
            try:
                numbers = int(environ[index]) - base + 1, int(environ[total])
            except ValueError:
                raise MonorepoError(f"{where}: must be numbers") from None
            return _checked(where, *numbers)
    if environ.get("CI_NODE_TOTAL") == "1" or environ.get("BUILDKITE"):
        return Shard(1, 1)
    names = ", ".join(total for _, total, _ in _VARIABLES)
    raise MonorepoError(f"--shard auto: none of {names} is set: name the shard as I/N")


def _checked(where: str, index: int, count: int) -> Shard:
    if count < 1:
        raise MonorepoError(f"{where}: a run has at least one shard, 1/1")
    if not 1 <= index <= count:
        raise MonorepoError(f"{where}: the shards of {count} are 1/{count} to {count}/{count}")
    return Shard(index, count)


def divide(
    projects: Iterable[Project],
    count: int,
    history: History,
    targets: Mapping[str, Sequence[str]] | None = None,
) -> Division:
    """The projects over ``count`` shards; a project is split by file where it would make a shard too long.

    ``targets`` are the paths and node ids asked for in each project, relative to it. Whole projects go, the
    longest first, to the emptiest shard while they fit in :data:`SLACK` times the mean. What does not fit is
    cut into files, and a shard that has reached the mean is given none. So no shard exceeds the greater of
    :data:`SLACK` means and one mean plus the longest file.
    """
    known = history.seconds
    rate = math.fsum(known.values()) / len(known) if known else 1.0
    work = [
        _Work(project.path, {file: known.get(file, rate) for file in _asked(project, targets or {})})
        for project in projects
    ]
    bins = [_Bin() for _ in range(count)]
    mean = math.fsum(one.weight for one in work) / count
    for one in sorted(work, key=lambda one: (-one.weight, one.project)):
        emptiest = min(bins, key=_Bin.order)
        if emptiest.load + one.weight <= SLACK * mean or len(one.files) < 2 or count == 1:
            emptiest.take(one.project, None, one.weight)
        else:
            _split(one, bins, mean)
    return Division(tuple(dict(sorted(each.part.items())) for each in bins))


@dataclass
class _Bin:
    load: float = 0.0
    part: dict[str, tuple[str, ...] | None] = field(default_factory=dict)

    def order(self) -> tuple[float, int]:
        return self.load, len(self.part)

    def take(self, project: str, files: tuple[str, ...] | None, weight: float) -> None:
        self.part[project] = files
        self.load += weight


def _split(work: _Work, bins: Sequence[_Bin], mean: float) -> None:
    """Fill the emptiest shard up to about the mean, then the next, so that few shards collect the project."""
    left = sorted(work.files, key=lambda file: (-work.files[file], file))
    taken: dict[int, list[str]] = {}
    loads = [each.load for each in bins]
    while left:
        number = min(range(len(bins)), key=lambda n: (loads[n], len(bins[n].part), n))
        chunk = _fitting(left, work.files, SLACK * mean - loads[number], mean - loads[number])
        taken.setdefault(number, []).extend(chunk)
        loads[number] += sum(work.files[file] for file in chunk)
        left = [file for file in left if file not in set(chunk)]
    whole = len(taken) == 1
    for number, files in taken.items():
        added = loads[number] - bins[number].load
        bins[number].take(work.project, None if whole else tuple(sorted(files)), added)


def _fitting(files: Sequence[str], weights: Mapping[str, float], room: float, enough: float) -> list[str]:
    """The longest files that fit into ``room`` until there is ``enough``; the very longest if none fits."""
    chosen: list[str] = []
    filled = 0.0
    for file in files:
        if chosen and filled >= enough:
            break
        if filled + weights[file] <= room:
            chosen.append(file)
            filled += weights[file]
    return chosen or [files[0]]


def _asked(project: Project, targets: Mapping[str, Sequence[str]]) -> list[str]:
    wanted = targets.get(project.path)
    if not wanted:
        return list(project.test_files)
    prefix = "" if project.path == "." else project.path + "/"
    paths = [prefix + target.partition("::")[0] for target in wanted]
    return [f for f in project.test_files if any(f == path or f.startswith(path + "/") for path in paths)]
