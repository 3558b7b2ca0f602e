"""What is remembered of one run, and its file: JSON lines, packed by gzip.

The first line is the run's, the others are one a test::

    {"format": 1, "run": "5f3c…", "key": "9b1d…", "started": 1764360000.0, "commit": "3f2c…", …}
    {"test": "libs/a/tests/test_x.py::test_y", "outcome": "failed", "seconds": 0.012, "reruns": 0}

A file may hold only some of a run's tests: always those that did not simply pass. ``whole`` names the
projects all of whose tests had their turn: what is not listed of them did not fail.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, field, fields, replace
from typing import Any

from pytest_monorepo.value import value

from . import plain

FORMAT = 1
BAD = frozenset({"failed", "error"})


@value(frozen=True)
class Happened:
    """One test in one run: its worst outcome, the seconds of all its phases, the attempts before the last.

    What is ``replayed`` did not run: it was said by an earlier run, and so were its seconds.
    """

    outcome: str
    seconds: float = 0.0
    reruns: int = 0
    replayed: bool = False

    @property
    def bad(self) -> bool:
        return self.outcome in BAD


@value(frozen=True)
class Figures:
    """One project in one run; ``coverage`` is the percentage by all tests, ``None`` where not measured.

    ``replayed`` of its tests did not run: ``seconds`` is not what it takes then.
    """

    tests: int = 0
    failures: int = 0
    seconds: float = 0.0
    coverage: float | None = None
    replayed: int = 0


@value(frozen=True)
class Record:
    """One run. ``started`` is in epoch seconds; ``commit``, ``branch``, ``page`` (of the CI) may be empty.

    ``key`` is equal only where all sources and the interpreter were, empty where that is not known.
    ``quarantined`` counts failures that failed no run, ``left_out`` projects with tests that had no turn.
    ``projects`` and ``whole`` are by path, ``tests`` by node id, and so is ``proven``: tests that gave one
    thing and another within the run, in words.
    """

    run: str
    started: float
    seconds: float = 0.0
    exitstatus: int = 0
    key: str = ""
    commit: str = ""
    branch: str = ""
    page: str = ""
    count: int = 0
    failures: int = 0
    quarantined: int = 0
    coverage: float | None = None
    left_out: int = 0
    projects: Mapping[str, Figures] = field(default_factory=dict)
    whole: Collection[str] = ()
    tests: Mapping[str, Happened] = field(default_factory=dict)
    proven: Mapping[str, str] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether its counts are of a part of the workspace."""
        return self.left_out > 0 or not self.projects.keys() <= set(self.whole)

    @property
    def name(self) -> str:
        """Its file's; names sort by time."""
        return f"{int(self.started * 1000):013}-{self.run[:12]}.jsonl.gz"


# one for all tests: json.dumps makes one for each
_encode = json.JSONEncoder(separators=(",", ":")).encode


def encoded(record: Record, most: int, also: Collection[str] = ()) -> bytes:
    """The file; of tests that passed only the slowest and those that ``also`` names, ``most`` in all.

    Every test that did not pass is in it, however many there are.
    """
    head = {
        "format": FORMAT,
        **{f.name: getattr(record, f.name) for f in fields(record) if f.name != "tests"},
    }
    head["projects"] = {path: asdict(figures) for path, figures in record.projects.items()}
    head["whole"], head["proven"] = sorted(record.whole), dict(record.proven)
    lines = [_encode(head)]
    for nodeid in _told(record, most, also):
        happened = record.tests[nodeid]
        line = {"test": nodeid, "outcome": happened.outcome, "seconds": round(happened.seconds, 4)}
        if happened.reruns:
            line["reruns"] = happened.reruns
        if happened.replayed:
            line["replayed"] = True
        lines.append(_encode(line))
    # without a time: equal records are equal files
    return gzip.compress("\n".join([*lines, ""]).encode("ascii"), 6, mtime=0)


def _told(record: Record, most: int, also: Collection[str]) -> Iterator[str]:
    passed = []
    for nodeid, happened in record.tests.items():
        if happened.outcome != "passed" or happened.reruns:
            yield nodeid
        else:
            passed.append(nodeid)
    passed.sort(key=lambda nodeid: (nodeid not in also, -record.tests[nodeid].seconds, nodeid))
    yield from passed[:most]


def decoded(data: bytes) -> Record:
    """Raises ``ValueError``, ``KeyError``, ``TypeError``, ``OSError`` or ``EOFError`` for anything else."""
    try:
        first, *lines = gzip.decompress(data).decode("ascii").splitlines()
    except zlib.error as error:  # gzip wraps its other complaints, and not those of what it unpacks
        raise ValueError(str(error)) from None
    head: dict[str, Any] = plain.read(first)
    if head.pop("format") != FORMAT:
        raise ValueError("another format")
    given = dict(head)
    given["projects"] = {path: plain.value(Figures, figures) for path, figures in head["projects"].items()}
    given["whole"] = frozenset(map(str, head["whole"]))
    given["proven"] = {str(test): str(words) for test, words in head.get("proven", {}).items()}
    given["tests"] = dict(_test(plain.read(line)) for line in lines)
    found = plain.value(Record, given)
    # it becomes a link, and a record may come from a folder that others write
    return found if found.page.startswith(("https://", "http://")) else replace(found, page="")


def _test(line: Mapping[str, Any]) -> tuple[str, Happened]:
    # one of 100,000 lines: Happened's fields are not asked for what they are
    outcome, seconds = line["outcome"], float(line["seconds"])
    if not isinstance(outcome, str) or not math.isfinite(seconds):
        raise ValueError(f"{outcome!r} in {seconds} s")
    told = (int(line.get("reruns", 0)), bool(line.get("replayed", False)))
    return str(line["test"]), Happened(outcome, seconds, *told)
