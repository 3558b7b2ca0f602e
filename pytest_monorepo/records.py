"""The plain values that hooks carry and that several rooms hand each other: nothing here imports a room."""

from __future__ import annotations

import enum
from typing import NamedTuple

from .value import value


class Scope(enum.Enum):
    """What a dependency is needed for; a change behind a ``TEST`` edge does not travel further."""

    RUNTIME = "runtime"
    EXTRA = "extra"
    TEST = "test"

    # members are singletons, and enum's own hash is a function in Python: edges are hashed by the thousand
    __hash__ = object.__hash__


class Edge(NamedTuple):
    """``dependent`` needs ``dependency`` (both project paths); ``how`` words where that is said.

    ``how`` reads inside a reason chain: ``"poetry path dependency"``, ``"imports ml in app/main.py:3"``.
    """

    dependent: str
    dependency: str
    scope: Scope
    how: str


@value(frozen=True)
class ProjectRun:
    """How one project's run went; times in seconds since the epoch.

    ``exitstatus`` is pytest's own for that project, ``None`` where its process did not live to tell.
    ``error`` is why the project counts as failed beyond its tests, one line. ``python`` and ``pytest`` are
    versions, ``interpreter`` the executable. ``skipped`` says why it did
    not run at all. ``whole`` says why one worker ran all of it, where several might
    have, as (kind, name, plugin); ``said`` is what plugins that judge the project printed at its end, as
    (plugin, text). ``uninstalled`` are the projects it needs whose source was on its path though they are not
    installed in its environment: alone it would miss them. ``cached`` says of which run all its results are,
    ``replayed`` counts the tests that did not run.
    """

    project: str
    started: float
    stopped: float
    exitstatus: int | None
    collected: int = 0
    deselected: int = 0
    error: str | None = None
    worker: str = ""
    python: str = ""
    pytest: str = ""
    interpreter: str = ""
    skipped: str = ""
    whole: tuple[tuple[str, str, str], ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    cached: str = ""
    uninstalled: tuple[str, ...] = ()
    replayed: int = 0


@value(frozen=True)
class LockedPackage:
    """One package as a lock file pins it: any change of ``version`` counts.

    Put hashes and sources into ``version`` too. ``needs`` are the names of the packages it depends on.
    """

    version: str
    needs: tuple[str, ...] = ()
