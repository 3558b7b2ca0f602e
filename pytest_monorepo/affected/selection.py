"""Changed paths and the graph → every project with its reason: pure, no I/O.

Whoever reads files (:mod:`plan`) hands over what the reading showed as values: a :class:`ChangedFile` per
path and a :class:`Side` for each of the two states compared. The promise is that no test is left out whose
outcome the change could alter; every doubt is answered with more projects, never with fewer.
"""

from __future__ import annotations

import enum
import posixpath
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files.code_files import test_side
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import ROOT, Project, Scope, Workspace, parents

from .environments import makes_environment
from .path_kinds import harmless, is_report, matches, only_pytest_reads, readers_above, runs_tests


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


@dataclass(frozen=True)
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
    """A change reaches ``project``; ``how`` words by what, empty for "the file lies inside it"."""

    project: str
    reach: Reach
    how: str = ""


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


@dataclass(frozen=True)
class Side:
    """One of the two states compared: now, or the base.

    ``borrowed`` are edges to projects whose *test* files the dependent imports; there a change of tests
    travels. ``readers`` says which projects read a file or folder that lies in none of them or in another.
    """

    workspace: Workspace
    graph: Graph
    borrowed: tuple[Edge, ...] = ()
    readers: Mapping[str, tuple[Touch, ...]] = field(default_factory=dict)


class _Effect(NamedTuple):
    touches: tuple[Touch, ...] = ()
    words: str = ""
    everything: str | None = None


def select(changes: Iterable[ChangedFile], now: Side, bases: Sequence[Side], settings: Settings) -> Selection:
    """The projects of ``now`` whose tests the changes could alter, each with a shortest chain of reasons.

    ``bases`` are the states compared with, more than one where a criss-cross merge has several merge bases.
    """
    sides = (now, *bases)
    effects = {c.path: _effect(c, sides, settings) for c in sorted(changes, key=lambda c: c.path)}
    reasons = _spread({path: effect.touches for path, effect in effects.items()}, sides)
    everything = next(((p, e.everything) for p, e in effects.items() if e.everything is not None), None)
    selected: dict[str, Reason] = {}
    for project in now.workspace.projects:
        if project.path in reasons:
            selected[project.path] = reasons[project.path]
        elif everything is not None:
            selected[project.path] = Reason(everything[0], why=f"affects all: {everything[1]}")
    here = [project.path for project in now.workspace.projects]
    return Selection(
        selected=selected,
        skipped=tuple(path for path in here if path not in selected),
        changed=tuple(sorted({owner for path in effects for owner in _owners(path, sides)} & set(here))),
        files={path: effect.words for path, effect in effects.items()},
        everything=None if everything is None else f"{everything[0]}: {everything[1]}",
    )


class Spread(NamedTuple):
    """What one changed path does: the projects it ``reaches``, and whether only by being imported (``code``).

    ``everything`` where it affects all whatever imports it.
    """

    path: str
    reaches: frozenset[str]
    code: bool
    everything: bool = False


def spreads(
    changes: Iterable[ChangedFile], now: Side, bases: Sequence[Side], settings: Settings
) -> list[Spread]:
    """For each of ``changes`` what :func:`select` selects because of it alone; arguments as there."""
    sides = (now, *bases)
    reached: dict[tuple[Touch, ...], frozenset[str]] = {}
    found = []
    for change in sorted(changes, key=lambda change: change.path):
        effect = _effect(change, sides, settings)
        if effect.touches not in reached:
            reached[effect.touches] = frozenset(_spread({change.path: effect.touches}, sides))
        code = _is_code(change, sides, settings)
        found.append(Spread(change.path, reached[effect.touches], code, effect.everything is not None))
    return found


def _is_code(change: ChangedFile, sides: Sequence[Side], settings: Settings) -> bool:
    """Whether the file does what it does by being imported, and nobody reads it otherwise."""
    named = change.everything is not None or change.touches is not None
    if (
        named
        or change.named
        or not change.path.endswith(".py")
        or change.path.rpartition("/")[2] in _NO_MODULES
    ):
        return False
    read = (touch for touch in _readers(change, sides, settings) if not touch.how.startswith("imports "))
    plugins = (
        s.workspace.by_path[o].pytest_plugin
        for o in _owners(change.path, sides)
        for s in sides
        if o in s.workspace.by_path
    )
    return not any(read) and not any(plugins)


# Python, but run or read by tools, not imported by tests
_NO_MODULES = frozenset(("setup.py", "noxfile.py"))


def select_everything(workspace: Workspace, why: str, changes: Iterable[ChangedFile] = ()) -> Selection:
    """All projects, because ``why``: what stands in for a selection that cannot be trusted."""
    return Selection(
        selected={project.path: Reason(None, why=why) for project in workspace.projects},
        files={change.path: f"affects all: {why}" for change in changes},
        everything=why,
    )


def _effect(change: ChangedFile, sides: Sequence[Side], settings: Settings) -> _Effect:
    """What one changed path does: the numbered rules, else the nearest owner, else everything."""
    path = change.path
    owners = _owners(path, sides)
    # (4) What configures or carries the whole test run affects all, wherever it lies.
    if change.everything is not None:
        return _everything(change.everything)
    if pattern := matches(path, settings.run_all_on):
        return _everything(f"run-all-on {pattern!r}")
    if change.unseen is not None:
        return _described(tuple(_inputs(path, settings).values()), f"ignored: {change.unseen}")
    if change.untracked and _is_report(path, owners):
        return _described(tuple(_inputs(path, settings).values()), "ignored: report of a run")
    cleared = change.harmless is not None or change.touches is not None
    if owners <= {ROOT} and runs_tests(path) and not cleared:
        return _everything("runs the tests")
    # (3) A file affects the projects that read it, also where it lies in another one.
    if change.touches is not None:
        touches = {touch.project: touch for touch in change.touches} | _inputs(path, settings)
        return _described(tuple(touches.values()), f"ignored: {change.how or 'no project uses it'}")
    readers = _readers(change, sides, settings)
    # (5) What the user declares harmless affects nothing, unless a project names it.
    if settings.ignore_changes is not None and (pattern := matches(path, settings.ignore_changes)):
        return _described((*_own_tests(path, sides), *readers), f"ignored: ignore-changes {pattern!r}")
    # (4) again, of what is installed beside the tests: less sure than the list above, so it may be ignored.
    known = change.strange is not None or change.harmless or _kind(change)
    if owners <= {ROOT} and makes_environment(path) and not known:
        return _everything("environment of the tests")
    exact, readers = readers, _with_named(readers, change.named)
    # (1) A file inside a project affects that project. (2), its dependents, is _spread.
    if owners:
        return _inside(change, owners, readers, sides, settings)
    if exact or only_pytest_reads(path):
        return _described(readers, "ignored: no project's pytest reads it")
    # (5) What is harmless by default lies in no project.
    if change.harmless is not None:
        return _Effect(words=f"ignored: {change.harmless}")
    if settings.ignore_changes is None and (kind := _kind(change)):
        return _described(change.named, f"ignored: {kind}")
    # (6) What belongs to another language, or is for people to read, concerns those who name it.
    if change.strange is not None:
        return _described(_with_named(change.strange, change.named), f"ignored: {change.how}")
    # (7) Nobody knows what anything else does.
    return _everything("a file of no project")


def _is_report(path: str, owners: set[str]) -> bool:
    """Whether the file is called like what a run leaves in the folder of a project, or at the root."""
    folders = owners or {ROOT}
    return all(is_report(path if folder == ROOT else path[len(folder) + 1 :]) for folder in folders)


def _own_tests(path: str, sides: Sequence[Side]) -> tuple[Touch, ...]:
    """The projects that collect the file, prose or not."""
    owners = {owner for side in sides if (owner := side.workspace.owner(path)) and path in owner.test_files}
    return tuple(sorted({Touch(owner.path, Reach.TESTS, "test file") for owner in owners}))


def _with_named(readers: tuple[Touch, ...], named: tuple[Touch, ...]) -> tuple[Touch, ...]:
    found = {touch.project: touch for touch in readers}
    for touch in named:
        _keep_stronger(found, touch)
    return tuple(found.values())


def _beside(path: str, sides: Sequence[Side]) -> Iterator[Touch]:
    """The projects below a file that installs what they are tested with, as it may be theirs."""
    folder = posixpath.dirname(path) or ROOT
    for side in sides if makes_environment(path) else ():
        for project in side.workspace.projects:
            if folder in parents(project.path) and project.path != folder:
                yield Touch(project.path, Reach.TESTS, f"environment {path} above it")


def _kind(change: ChangedFile) -> str | None:
    return harmless(change.path, untracked=change.untracked)


def _inside(
    change: ChangedFile,
    owners: set[str],
    readers: tuple[Touch, ...],
    sides: Sequence[Side],
    settings: Settings,
) -> _Effect:
    path = change.path
    for side in sides:
        broken = side.workspace.by_path.get(owner_of(path, side) or "")
        if broken is not None and broken.error is not None:
            # its name is unknown, and with it who depends on it
            return _everything(f"the manifest of {broken.path} cannot be read")
    kind = _kind(change) if owners == {ROOT} and settings.ignore_changes is None else None
    if kind in ("editor settings", "git settings", "report of a run"):
        return _described(readers, f"ignored: {kind}")
    if kind is not None:
        # the root's own tests may read its README; those of members would have to name it
        return _described((Touch(ROOT, Reach.ITSELF, kind), *readers))
    if change.strange is not None and owners == {ROOT}:
        return _described((*change.strange, *readers), f"ignored: {change.how}")
    touches = []
    for owner in sorted(owners):
        reach, words = _own_reach(change, owner, sides)
        touches.append(Touch(owner, reach, words))
    beside = () if change.harmless else dict.fromkeys(_beside(path, sides))
    return _described((*touches, *readers, *beside))


def _own_reach(change: ChangedFile, owner: str, sides: Sequence[Side]) -> tuple[Reach, str]:
    if change.own is not None:
        return change.own, change.how
    projects = [side.workspace.by_path[owner] for side in sides if owner in side.workspace.by_path]
    if all(test_side(project, change.path) for project in projects if _holds(project, change.path)):
        return Reach.TESTS, "test file"
    return Reach.SOURCE, ""


def _holds(project: Project, path: str) -> bool:
    return project.path in parents(path)


def owner_of(path: str, side: Side) -> str | None:
    """The deepest project that holds ``path``. A root without tests and packages is a mere workspace file."""
    project = side.workspace.owner(path)
    if project is None or path.startswith("../"):
        return None
    if project.path == ROOT and not (project.test_files or project.packages):
        return None
    return project.path


def _owners(path: str, sides: Sequence[Side]) -> set[str]:
    return {owner for side in sides if (owner := owner_of(path, side)) is not None}


def _readers(change: ChangedFile, sides: Sequence[Side], settings: Settings) -> tuple[Touch, ...]:
    found: dict[str, Touch] = {}
    for side in sides:
        for place in parents(change.path) if not change.path.startswith("../") else (change.path,):
            for touch in side.readers.get(place, ()):
                _keep_stronger(found, touch)
        if change.settings:
            for project, how in readers_above(change.path, side.workspace):
                _keep_stronger(found, Touch(project, Reach.TESTS, how))
    found.update(_inputs(change.path, settings))
    return tuple(found[project] for project in sorted(found))


def _inputs(path: str, settings: Settings) -> dict[str, Touch]:
    return {
        project: Touch(project, Reach.SOURCE, f"inputs {pattern!r}")
        for project, own in settings.per_project.items()
        if (pattern := matches(path, own.inputs))
    }


def _keep_stronger(found: dict[str, Touch], touch: Touch) -> None:
    known = found.get(touch.project)
    if known is None or known.reach is not Reach.SOURCE:
        found[touch.project] = touch


def _described(touches: tuple[Touch, ...], otherwise: str = "") -> _Effect:
    words = "; ".join(f"{touch.project}: {touch.how or touch.reach.value}" for touch in touches)
    return _Effect(touches, words or otherwise)


def _everything(why: str) -> _Effect:
    return _Effect(words=f"affects all: {why}", everything=why)


_State = tuple[str, Reach]


def _spread(touched: Mapping[str, tuple[Touch, ...]], sides: Sequence[Side]) -> dict[str, Reason]:
    """Rule (2): breadth first from the touched projects, so that the first chain found is a shortest one.

    A project is reached in one of two states. From ``SOURCE`` its runtime and extra edges carry on, its test
    edges reach one dependent's tests and end; from ``TESTS`` only imports of its test files carry on. The
    source of a pytest plugin is part of every test run, whether anybody names it or not.
    """
    reasons: dict[_State, Reason] = {}
    waiting: deque[_State] = deque()
    for path, touches in touched.items():
        for touch in touches:
            state = touch.project, touch.reach
            if state not in reasons:
                reasons[state] = Reason(path, (Step(touch.project, touch.how),))
                waiting.append(state)
    borrowed = _borrowers(sides)
    while waiting:
        state = waiting.popleft()
        reason = reasons[state]
        for edge in _onward(state, sides, borrowed):
            reach = Reach.TESTS if edge.scope is Scope.TEST else Reach.SOURCE
            following = edge.dependent, reach
            if following not in reasons:
                step = Step(edge.dependent, edge.how)
                reasons[following] = Reason(reason.file, (*reason.steps, step))
                waiting.append(following)
    return _shortest(reasons)


def _onward(state: _State, sides: Sequence[Side], borrowed: Mapping[str, list[Edge]]) -> Iterator[Edge]:
    project, reach = state
    if reach is Reach.SOURCE:
        for side in sides:
            yield from side.graph.needed_by(project)
            plugin = side.workspace.by_path.get(project)
            if plugin is not None and plugin.pytest_plugin:
                for other in side.workspace.projects:
                    yield Edge(other.path, project, Scope.TEST, "pytest plugin of the workspace")
    if reach is not Reach.ITSELF:
        yield from borrowed.get(project, ())


def _borrowers(sides: Sequence[Side]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for side in sides:
        for edge in side.borrowed:
            found.setdefault(edge.dependency, []).append(edge)
    return found


def _shortest(reasons: Mapping[_State, Reason]) -> dict[str, Reason]:
    best: dict[str, Reason] = {}
    for (project, _), reason in reasons.items():
        if project not in best or len(reason.steps) < len(best[project].steps):
            best[project] = reason
    return best
