"""What of a run is decided before it about imports that several projects share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from pytest_monorepo.value import value

from .imports import Known, Refusal
from .texts import Texts


class Candidate(NamedTuple):
    """A project that may find ``modules`` imported; ``tops`` are names under which it may have code.

    ``folders`` are those of its folders, of data as well: where nobody has a module, one is imported instead.
    """

    modules: tuple[str, ...]
    texts: Texts
    tops: frozenset[str]
    folders: frozenset[str]


@value(frozen=True)
class Preload:
    """``candidates`` by project; ``measured`` are the projects of which is noted what they import.

    ``whys`` say by project why it finds nothing imported though others do. ``digests`` stand for what the
    projects import, where that is looked at. ``refused`` are modules that earlier runs could
    not share, with the reason. ``served`` are groups that the last run has shared, see
    :class:`.imports.Served`. ``asked`` is off where nobody has asked for any of it.
    """

    known: Known = field(default_factory=Known)
    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    measured: frozenset[str] = frozenset()
    whys: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    served: Mapping[tuple[str, tuple[str, ...]], frozenset[str]] = field(default_factory=dict)
    asked: bool = False

    def after(
        self,
        seconds: Mapping[str, Mapping[str, float]],
        refused: Mapping[str, Mapping[str, Refusal]],
        now: float,
    ) -> Known:
        """What is known once workers have told ``seconds`` of what they imported, servers refusals."""
        known = self.known
        again = {
            python: {**known.refused.get(python, {}), **{module: (why, now) for module, why in own.items()}}
            for python, own in refused.items()
        }
        return Known(
            {**known.seconds, **{path: dict(own) for path, own in seconds.items()}},
            {**known.digests, **{path: self.digests.get(path, "") for path in seconds}},
            {**known.refused, **again},
        )
