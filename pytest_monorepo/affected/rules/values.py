"""What the rule takes and what it answers, as values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import NamedTuple

from pytest_monorepo.value import value
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Workspace


class Step(NamedTuple):
    """One link of a reason chain: ``project`` is reached, ``how`` words by what (an edge or a rule).

    The ``how`` of the first step is empty where the file simply lies inside the project.
    """

    project: str
    how: str


class Reason(NamedTuple):
    """Why a project runs: the changed file that started it, then one step per project on the way.

    ``file`` is ``None`` where no single file is to blame (no merge base, say); then ``why`` tells.
    """

    file: str | None
    steps: tuple[Step, ...] = ()
    why: str = ""


@value(frozen=True)
class Selection:
    """Which projects run. ``selected`` maps project paths to reasons, ``skipped`` lists the others.

    ``changed`` are the projects that hold a changed file. ``files`` says for each changed path what it did
    (``"libs/core: source"``, ``"ignored: root-level prose"``, ``"affects all: workspace test settings"``).
    ``warnings`` are sentences for the user. ``everything`` is set, with the reason, when no selection could
    be made and all run.
    """

    selected: Mapping[str, Reason] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    everything: str | None = None


class Reach(enum.Enum):
    """How far a change inside a project goes.

    To its own tests and no further, to them and to those who import its test files, or to all who use it.
    """

    ITSELF = "itself"
    TESTS = "tests"
    SOURCE = "source"


class Touch(NamedTuple):
    """A change reaches ``project``; ``how`` words by what, empty for "the file lies inside it".

    ``met`` are files of the project that come by it, since they look at all that lies somewhere.
    """

    project: str
    reach: Reach
    how: str = ""
    met: tuple[str, ...] = ()


class ChangedFile(NamedTuple):
    """A changed path and what reading its two versions showed.

    ``own`` and ``how`` say how far it reaches in its project where that is known better than from its place
    (a manifest, a test file that the project's own source imports). ``touches`` replaces every other rule: a
    lock file reaches the projects whose resolved closure changed and no other. ``everything`` is why the
    change affects all. ``harmless`` is why nothing outside its own project can see it, ``unseen`` why no test
    at all can but those of a project that names it in its ``inputs``. ``settings`` is false
    where a comparison proved that nothing changed that pytest reads as configuration. ``untracked`` where git
    knows the file neither now nor at the base. ``named`` are projects whose files hold the name of one that
    lies in none of them: they count beside those that are known to read it.
    """

    path: str
    own: Reach | None = None
    how: str = ""
    touches: tuple[Touch, ...] | None = None
    everything: str | None = None
    harmless: str | None = None
    unseen: str | None = None
    strange: tuple[Touch, ...] | None = None
    settings: bool = True
    untracked: bool = False
    named: tuple[Touch, ...] = ()


class Side(NamedTuple):
    """One of the two states compared: now, or the base.

    ``borrowed`` are edges to projects whose *test* files the dependent imports; there a change of tests
    travels. ``readers`` says which projects read a file or folder that lies in none of them or in another.
    """

    workspace: Workspace
    graph: Graph
    borrowed: tuple[Edge, ...] = ()
    readers: Mapping[str, tuple[Touch, ...]] = MappingProxyType({})
