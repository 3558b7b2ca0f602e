"""Changed workflows, hooks of pre-commit and parts of ``tox.ini``, read → whose tests they can alter."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence

from pytest_monorepo.affected.rules.languages import is_of_another_language
from pytest_monorepo.affected.rules.path_kinds import is_prose
from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Touch
from pytest_monorepo.affected.sides import Content, State
from pytest_monorepo.affected.workflows.blocks import UnreadableError
from pytest_monorepo.affected.workflows.judge import (
    NOTHING,
    Read,
    Runs,
    action_runs_tests,
    hooks_run_tests,
    jobs_with_tests,
    same_meaning,
    tests_run_by,
)
from pytest_monorepo.affected.workflows.tox import tests_see
from pytest_monorepo.affected.workflows.triggers import declared_places
from pytest_monorepo.affected.workflows.trimmed import same_tests
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

_WORKFLOW = r"(?P<top>(?:\.\./)*)\.github/workflows/[^/]+\.ya?ml"
_ACTION = r"(?P<top>(?:\.\./)*)(?P<folder>\.github/actions/.+)/action\.ya?ml"
_TOX = r"(?P<top>(?:\.\./)*)tox\.ini"
_HOOKS = r"(?P<top>(?:\.\./)*)\.pre-commit-config\.yaml"


def judged(
    path: str, before: Content, after: Content, now: State, base: State, changed: Collection[str]
) -> ChangedFile | None:
    """What a change of such a file means; ``None`` for files of other kinds, and where the place says it."""
    if found := re.fullmatch(_WORKFLOW, path):
        old, new = (_reader(found["top"], content, now, changed) for content in (before, after))
        return _workflow(path, old, new, found["top"], (now.side.workspace, base.side.workspace))
    if found := re.fullmatch(_ACTION, path):
        old, new = (_reader(found["top"], content, now, changed) for content in (before, after))
        if not found["top"] and not _is_used_by_tests(path, found["folder"], (old, new), now):
            return ChangedFile(path, unseen="an action of no job that runs tests")
        return None
    if found := re.fullmatch(_HOOKS, path):
        old, new = (_reader(found["top"], content, now, changed) for content in (before, after))
        here = posixpath.basename(path)
        if hooks_run_tests(old(here), old) or hooks_run_tests(new(here), new):
            return ChangedFile(path, everything="hooks that run tests")
        return ChangedFile(path, unseen="hooks that run no tests")
    if found := re.fullmatch(_TOX, path):
        old, new = (_reader(found["top"], content, now, changed) for content in (before, after))
        name = posixpath.basename(path)
        # the table of a linter may be that of tests
        read = any(path in state.side.readers for state in (now, base))
        if not read and not tests_see(old(name), new(name), new):
            return ChangedFile(path, unseen="environments that run no tests")
    return None


def _reader(top: str, content: Content, now: State, changed: Collection[str]) -> Read:
    """Reads the files of one of the two versions by their path below git's top level."""

    def read(path: str) -> bytes | None:
        place = top + path
        return content(place) if place in changed else now.origin.read(place)

    return read


def action_counts(path: str, now: State) -> bool:
    """Whether an action as it is now runs tests, or a job that does uses it."""
    found = re.fullmatch(_ACTION, path)
    if found is None or found["top"]:
        return True
    return _is_used_by_tests(path, found["folder"], (now.origin.read,), now)


def _is_used_by_tests(path: str, folder: str, versions: Sequence[Read], now: State) -> bool:
    """Whether an action runs tests, or stands in a job that does: what it sets up, those see."""
    if any(read(path) is not None and action_runs_tests(folder, read) for read in versions):
        return True
    name = folder.removeprefix(".github/")
    for holder in now.search.tracked((name,)):
        # a search may tell of files that hold other words
        if holder == path or is_prose(holder) or name not in now.search.text(holder):
            continue
        if re.fullmatch(_WORKFLOW, holder) is None:
            return True
        for read in versions:
            data = read(holder)
            try:
                told = [] if data is None else [text for text, _ in jobs_with_tests(data, read)]
            except UnreadableError:
                return True
            if any(name in text for text in told):
                return True
    return False


def _workflow(path: str, old: Read, new: Read, top: str, sides: tuple[Workspace, ...]) -> ChangedFile:
    here = path[len(top) :]
    before, after = old(here), new(here)
    if same_meaning(before, after):
        return ChangedFile(path, unseen="only comments and layout changed")
    runs = _runs(before, old, sides) + _runs(after, new, sides)
    if runs == NOTHING:
        return ChangedFile(path, unseen="a workflow that runs no tests")
    if same_tests(before, after):
        return ChangedFile(path, unseen="nothing changed that the tests of the workflow see")
    if (
        not top
        and runs.places
        and all(is_of_another_language(place, side) for place in runs.places for side in sides)
    ):
        return ChangedFile(path, unseen="a workflow that runs tests of other languages alone")
    projects = None if top else _in_places(runs, sides)
    if projects is None:
        return ChangedFile(
            path, everything=f"a workflow that runs the tests ({runs.why or 'of no one project'})"
        )
    touches = tuple(Touch(project, Reach.TESTS, "a workflow that runs its tests") for project in projects)
    return ChangedFile(path, touches=touches)


def _runs(data: bytes | None, read: Read, sides: tuple[Workspace, ...]) -> Runs:
    runs = tests_run_by(data, read)
    if data is None or runs.places is not None or (places := declared_places(data)) is None:
        return runs
    own = {project for place in places for side in sides for project in _at(place, side)}
    others = {project.path for side in sides for project in side.projects if project.path != ROOT}
    try:
        told = [text for text, _ in jobs_with_tests(data, read)]
    except UnreadableError:
        return runs
    for text in told:
        # what starts for one folder may test all: it has to say which it tests
        if "--monorepo" in text or not any(_names(text, project) for project in own):
            return runs
        places |= {path for path in others if re.search(rf"(?<![\w-]){re.escape(path)}(?![\w-])", text)}
    return Runs(places)


def _names(text: str, project: Project) -> bool:
    names = "|".join(map(re.escape, {posixpath.basename(project.path), project.name}))
    return re.search(rf"(?<![A-Za-z0-9])(?:{names})(?![A-Za-z0-9])", text) is not None


def _in_places(runs: Runs, sides: tuple[Workspace, ...]) -> list[str] | None:
    """The projects whose tests run from the places; ``None`` where a place is in none and holds none."""
    if runs.places is None:
        return None
    found: set[str] = set()
    for place in runs.places:
        projects = {project.path for side in sides for project in _at(place, side)}
        if not projects and all(is_of_another_language(place, side) for side in sides):
            continue
        if not projects:
            return None
        found |= projects
    return sorted(found)


def _at(place: str, workspace: Workspace) -> Iterator[Project]:
    owner = workspace.owner(place)
    if owner is not None:
        yield owner
    yield from (project for project in workspace.projects if place in parents(project.path))
