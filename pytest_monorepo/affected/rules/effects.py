"""What one changed path does: the numbered rules, each told from the path and what reading it has shown."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files.code_files import test_side
from pytest_monorepo.workspace.files.listing_delta import holds
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from .environments import makes_environment
from .path_kinds import (
    harmless,
    is_report,
    matches,
    moves_conftests,
    only_pytest_loads,
    readers_above,
    runs_tests,
)
from .values import ChangedFile, Reach, Side, Touch


class Effect(NamedTuple):
    touches: tuple[Touch, ...] = ()
    words: str = ""
    everything: str | None = None


def effect_of(change: ChangedFile, sides: Sequence[Side], settings: Settings) -> Effect:
    """What one changed path does: the numbered rules, else the nearest owner, else everything."""
    path = change.path
    owners = owners_of(path, sides)
    # (4) What configures or carries the whole test run affects all, wherever it lies.
    if change.everything is not None:
        return _everything(change.everything)
    if pattern := matches(path, settings.run_all_on):
        return _everything(f"run-all-on {pattern!r}")
    if change.unseen is not None:
        # but by whoever reads the file as a text
        readers = _with_named(tuple(_inputs(path, settings).values()), change.named)
        return _described(readers, f"ignored: {change.unseen}")
    if change.untracked and _is_report(path, owners):
        return _described(tuple(_inputs(path, settings).values()), "ignored: report of a run")
    cleared = change.harmless is not None or change.touches is not None
    if owners <= {ROOT} and runs_tests(path) and not cleared:
        return _everything("runs the tests")
    # (3) A file affects the projects that read it, also where it lies in another one.
    if change.touches is not None:
        touches = {touch.project: touch for touch in change.touches} | _inputs(path, settings)
        return _described(
            _with_named(tuple(touches.values()), change.named),
            f"ignored: {change.how or 'no project uses it'}",
        )
    readers = readers_of(change, sides, settings)
    # (5) What the user declares harmless affects nothing, unless a project names it.
    if settings.ignore_changes is not None and (pattern := matches(path, settings.ignore_changes)):
        return _described((*_own_tests(path, sides), *readers), f"ignored: ignore-changes {pattern!r}")
    # (4) again, of what is installed beside the tests: less sure than the list above, so it may be ignored.
    known = change.strange is not None or change.harmless or _kind(change)
    if owners <= {ROOT} and makes_environment(path) and not known:
        return _everything("environment of the tests")
    exact, readers = readers, _with_named(readers, change.named)
    # (1) A file inside a project affects that project. (2), its dependents, is spread.
    if owners:
        return _inside(change, owners, readers, sides, settings)
    if exact or only_pytest_loads(path):
        return _described(readers, "ignored: no project's pytest reads it")
    # (5) What is harmless by default lies in no project.
    if change.harmless is not None:
        return _described(change.named, f"ignored: {change.harmless}")
    if settings.ignore_changes is None and (kind := _kind(change)):
        return _described(change.named, f"ignored: {kind}")
    # (6) What belongs to another language, or is for people to read, concerns those who name it.
    if change.strange is not None:
        return _described(_with_named(change.strange, change.named), f"ignored: {change.how}")
    # A member that lies behind a link: its project holds the same file under its own name.
    if any(_is_second_name(path, side.workspace) for side in sides):
        return _described(change.named, "ignored: another name of a project's file")
    # (7) Nobody knows what anything else does.
    return _everything("a file of no project")


def _is_report(path: str, owners: set[str]) -> bool:
    """Whether the file is called like what a run leaves in the folder of a project, or at the root."""
    folders = owners or {ROOT}
    return all(is_report(path if folder == ROOT else path[len(folder) + 1 :]) for folder in folders)


def _is_second_name(path: str, workspace: Workspace) -> bool:
    """Whether the path leads through a link, which git lists as a file, into what is a project elsewhere."""
    above = [folder for folder in parents(path) if folder not in (path, ROOT)]
    if not any(folder in workspace.foreign for folder in above):
        return False
    return any(holds(workspace.files, folder) for folder in above)


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
) -> Effect:
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


def owners_of(path: str, sides: Sequence[Side]) -> set[str]:
    return {owner for side in sides if (owner := owner_of(path, side)) is not None}


def readers_of(change: ChangedFile, sides: Sequence[Side], settings: Settings) -> tuple[Touch, ...]:
    found: dict[str, Touch] = {}
    for side in sides:
        for place in parents(change.path) if not change.path.startswith("../") else (change.path,):
            for touch in side.readers.get(place, ()):
                _keep_stronger(found, touch)
        if change.settings:
            for project, how in readers_above(change.path, side.workspace, uncut=_moves_conftests(settings)):
                _keep_stronger(found, Touch(project, Reach.TESTS, how))
    found.update(_inputs(change.path, settings))
    return tuple(found[project] for project in sorted(found))


def _moves_conftests(settings: Settings) -> bool:
    own = (word for one in settings.per_project.values() for word in one.args)
    return settings.confcutdir or any(map(moves_conftests, own))


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


def _described(touches: tuple[Touch, ...], otherwise: str = "") -> Effect:
    words = "; ".join(f"{touch.project}: {touch.how or touch.reach.value}" for touch in touches)
    return Effect(touches, words or otherwise)


def _everything(why: str) -> Effect:
    return Effect(words=f"affects all: {why}", everything=why)
