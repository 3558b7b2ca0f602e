"""Which long test files several workers may share test by test: what earlier runs have shown of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from pathlib import Path

import pytest

from pytest_monorepo.cache import recorded
from pytest_monorepo.value import value

from .history import bearing_full_disks
from .plan import Plan

_KEY = "monorepo/divisions"
_VERSION = 2
SHORTEST = 0.5
"""Seconds that a file must take: a quicker one is over before a helper has begun."""
PARTS = 8
"""Into how many parts a file goes for each worker, so that a slow test keeps few others waiting."""


@value(frozen=True)
class Shown:
    """What a test file, of which ``text`` is a digest, gave when one worker ran all of its ``tests``.

    ``here`` is a digest of all that it could reach then (:mod:`~.results.values.surroundings`): apart, tests
    do not see what a change elsewhere lets one do to another, so that they are run together after each.
    ``others`` are the outcomes, by node id, of those that did not simply pass. ``whole``: in parts it gave
    something else, so that it is not divided again until its text changes.
    """

    text: str
    here: str
    tests: int = 0
    others: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False


Known = Mapping[str, Shown]
"""By workspace-relative file."""


def may_divide(plan: Plan, path: str) -> bool:
    """Whether the tests of one file of the project may be run by several workers, or it may be learnt.

    Not where it matters which test comes first (``-x``, ``--ff``), a part of a file is asked for, or what
    would be taken back is kept elsewhere already: as coverage, or on another machine.
    """
    return not (
        plan.split_of(path) != "auto"
        or plan.maxfail
        or plan.lastfailed is not None
        or plan.places
        or path in plan.coverage
        or plan.runs_parts_of_files(path)
    )


def fair_share(seconds: float, workers: int) -> float:
    """What each of the workers has to do of it; a file that takes longer keeps the others waiting."""
    return max(seconds / workers, SHORTEST)


def parts(tests: int, workers: int) -> int:
    """How many tests in a row one worker takes of a divided file."""
    return max(1, math.ceil(tests / (workers * PARTS)))


def digest(file: Path) -> str:
    """Of its text; empty where it cannot be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    except OSError:
        return ""


def load(config: pytest.Config) -> dict[str, Shown]:
    """The recorded ones; what is unreadable is none."""
    return parsed(recorded(config, _KEY))


def parsed(data: object) -> dict[str, Shown]:
    """What :func:`save` wrote; an entry that it did not write is left out."""
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return {}
    files = data.get("files")
    found = files.items() if isinstance(files, dict) else ()
    return {file: shown for file, entry in found if (shown := _shown(entry)) is not None}


def _shown(entry: object) -> Shown | None:
    match entry:
        case [str(text), str(here), int(tests), dict(others), bool(whole)]:
            return Shown(text, here, tests, {str(k): str(v) for k, v in others.items()}, whole)
    return None


def save(config: pytest.Config, known: Known, existing: Iterable[str]) -> None:
    """Remember these, but for files that are no more; nothing is written where that is as before."""
    cache = bearing_full_disks(config)
    if cache is None:
        return
    kept: Collection[str] = frozenset(existing) if known else ()
    files = {file: shown for file, shown in sorted(known.items()) if file in kept}
    if files != load(config):
        entries = {f: [s.text, s.here, s.tests, dict(s.others), s.whole] for f, s in files.items()}
        cache.set(_KEY, {"version": _VERSION, "files": entries})
