"""The workspace, narrowed down to what this call runs: paths, ``--project``, the selection, ``--lf``, shards.

What only a run or a shard needs of :mod:`run` is imported where it is: a list is to be there at once.
"""

from __future__ import annotations

import fnmatch
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo.cache import recorded
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.options import ROUND
from pytest_monorepo.run.plan import invocation
from pytest_monorepo.run.plan.choice import Choice, Sharding
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.workspace.model import Project, Workspace

from .sampling import sample, unneeded

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.run.plan import targets

SHARD_SECONDS = 120.0
"""How long a shard's tests should take, as far as there may be more shards."""


def choose(
    config: pytest.Config,
    call: Invocation,
    workspace: Workspace,
    decision: Decision | None,
    share: float = 0.0,
) -> Choice:
    """Narrow the workspace down by ``--project``, arguments, ``--affected``, ``--lf`` and ``--stepwise``.

    ``share`` is how much of what ``--affected`` leaves out runs all the same.
    """
    option = config.option
    chosen, routed = _asked_for(option, call, workspace)
    left_out, sampled = _unaffected(option, call, chosen, decision, share)
    lastfailed, passed = _last_failed(config, workspace, chosen)
    start_at, before = _stepwise(config, workspace, chosen)
    left_out |= {project.path: project for project in (*passed, *before)}
    running = [project for project in chosen if project.path not in left_out]
    unselected = _unselected(config, running, decision, sampled)
    rests = {p.path: replace(p, test_files=_rest(p, unselected)) for p in running}
    none_left = [p for p in running if p.test_files and not rests[p.path].test_files]
    for project in none_left:
        del rests[project.path]
    choice = Choice(
        tuple(rests.values()),
        (*left_out.values(), *none_left),
        routed,
        tuple(_filters(option, call, decision, unselected)),
        lastfailed,
        start_at,
        {path: files for path, files in unselected.items() if path in rests},
        sampled=sampled,
    )
    return choice if option.shard is None else _part(config, choice)


def _asked_for(
    option: Any, call: Invocation, workspace: Workspace
) -> tuple[list[Project], dict[str, tuple[str, ...]]]:
    """By ``--project``, paths and ``--ignore``: the projects, and what of each where paths are given."""
    matching = _matching(workspace, option.project)
    if not call.targets:
        return without_ignored([p for p in matching if p.runs], call, workspace.root), {}
    from pytest_monorepo.run.plan import targets

    located = [_located(target, call, workspace, by_module=option.pyargs) for target in call.targets]
    routed = dict(targets.route(located, workspace))
    # what is named is collected whatever its name: its project runs, though it has no test otherwise
    return [p for p in matching if p.path in routed and (p.runs or routed[p.path])], routed


def _unaffected(
    option: Any, call: Invocation, chosen: Sequence[Project], decision: Decision | None, share: float
) -> tuple[dict[str, Project], frozenset[str]]:
    """The projects that ``--affected`` leaves out, and the test files that run all the same."""
    if decision is None or option.affected_audit:
        return {}, frozenset()
    sampled = frozenset[str]() if call.targets else sample(chosen, decision, share)
    # of a file that only its name makes a test nobody has judged whether it is affected
    skipped = (p for p in chosen if p.runs and p.path not in decision.selection.selected)
    return {p.path: p for p in skipped if sampled.isdisjoint(p.test_files)}, sampled


def _unselected(
    config: pytest.Config,
    running: Iterable[Project],
    decision: Decision | None,
    sampled: frozenset[str],
) -> dict[str, tuple[str, ...]]:
    """The test files of each project that a selection by file leaves out; what failed last is none."""
    watched = _of_round()
    if (decision is None and not watched) or config.option.affected_audit:
        return {}
    failed = {nodeid.partition("::")[0] for nodeid in recorded(config, "cache/lastfailed", {})}
    found = {}
    for project in running:
        out = () if decision is None else unneeded(project, decision)
        out = (*out, *(file for file in project.test_files if file in watched and file not in out))
        if files := tuple(file for file in out if file not in failed and file not in sampled):
            found[project.path] = files
    return found


def _of_round() -> frozenset[str]:
    """The test files that a round of ``--watch`` was told to leave out."""
    told = os.environ.get(ROUND, "1")
    return frozenset() if told == "1" else frozenset(json.loads(Path(told).read_text("utf-8")))


def _rest(project: Project, unselected: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    out = frozenset(unselected.get(project.path, ()))
    return tuple(file for file in project.test_files if file not in out)


def _matching(workspace: Workspace, globs: Sequence[str]) -> Sequence[Project]:
    if not globs:
        return workspace.projects
    from pytest_monorepo.run.plan import plan as planning

    return planning.matching(workspace, globs)


def _located(typed: str, call: Invocation, workspace: Workspace, *, by_module: bool) -> targets.Target:
    from pytest_monorepo.run.plan import targets

    found = targets.locate_module(typed, call.cwd, workspace) if by_module else None
    if by_module and found is None and not (call.cwd / typed.partition("::")[0]).exists():
        raise MonorepoError(f"--pyargs {typed}: no project of the workspace has such a module or path")
    return found or targets.locate(typed, call.cwd, workspace)


def _part(config: pytest.Config, choice: Choice) -> Choice:
    """``--shard``: what of the choice this machine runs."""
    from pytest_monorepo.run.plan import history, shards

    if any(getattr(config.option, name, False) for name in _STEPWISE):
        raise MonorepoError(
            "--stepwise with --shard: each shard would stop at a failure of its own and go on there:"
            " use -x and --lf"
        )
    shard = shards.read(config.option.shard, os.environ)
    known = history.load(config)
    division = shards.divide(choice.projects, shard.count, known, choice.targets)
    here = [project for project in choice.projects if project.path in division.parts[shard.index - 1]]
    found = {project.path: division.share(shard, project.path) for project in here}
    shares = {
        path: share._replace(others=(*share.others, *choice.unselected.get(path, ())))
        for path, share in found.items()
        if share is not None
    }
    return choice._replace(
        projects=tuple(replace(p, test_files=shares[p.path].files) if p.path in shares else p for p in here),
        filters=(*choice.filters, f"--shard {shard}") if shard.count > 1 else choice.filters,
        shard=Sharding(shard, division, _selection(config.option, choice), shares),
    )


_STEPWISE = ("stepwise", "stepwise_skip", "stepwise_reset")


def _selection(option: Any, choice: Choice) -> str:
    """Differs where two machines would not run the same tests between them."""
    from pytest_monorepo.run.plan import shards

    asked = [getattr(option, name, None) for name in ("keyword", "markexpr", "deselect")]
    return shards.fingerprint(
        [
            [[project.path, project.test_files] for project in choice.projects],
            [project.path for project in choice.left_out],
            sorted((choice.targets or {}).items()),
            [str(value) for value in asked if value],
            choice.lastfailed and sorted(choice.lastfailed),
        ]
    )


def without_ignored(projects: Sequence[Project], call: Invocation, root: Path) -> list[Project]:
    """Leave out projects of which ``--ignore`` and ``--ignore-glob`` leave no test file.

    pytest itself would collect them: it never ignores what ``testpaths`` name.
    """
    words = invocation.for_workers(call.words)
    folders = {os.path.normpath(call.cwd / path) for path in words.ignore}
    globs = [os.path.normpath(call.cwd / glob) for glob in words.ignore_glob]
    if not folders and not globs:
        return list(projects)

    def ignored(file: str) -> bool:
        paths = [str(path) for path in ((root / file), *(root / file).parents)]
        return any(path in folders or any(fnmatch.fnmatch(path, glob) for glob in globs) for path in paths)

    return [p for p in projects if not p.test_files or not all(map(ignored, p.test_files))]


def _filters(
    option: Any, call: Invocation, decision: Decision | None, unselected: Mapping[str, object]
) -> Sequence[str]:
    given = {"keyword": "-k", "markexpr": "-m", "deselect": "--deselect", "lf": "--lf"}
    given["picked"] = "--picked"  # pytest-picked: the files that git says are changed
    words = [flag for name, flag in given.items() if getattr(option, name, None)]
    words += ["--stepwise"] if getattr(option, "stepwise", False) else []
    words += ["paths"] if call.targets else []
    words += ["--project"] if option.project else []
    skipped = decision is not None and not option.affected_audit and decision.selection.skipped
    if skipped or unselected:
        words.append("--affected" if decision is not None else "--watch")
    return words


def proposed_shards(config: pytest.Config, choice: Choice) -> str:
    """``shards=["1/3","2/3","3/3"]`` for a matrix: about two minutes of tests each, if durations are known.

    Never more than ``--max-shards`` or than there are test files; one where nothing runs.
    """
    from pytest_monorepo.affected.listing import GITHUB_JOBS
    from pytest_monorepo.run.plan import history

    value = config.option.max_shards
    if not (value.isdecimal() and 0 < int(value) <= GITHUB_JOBS):
        raise MonorepoError(f"--max-shards {value}: must be from 1 to {GITHUB_JOBS}, the jobs GitHub allows")
    known = history.load(config)
    seconds = sum(history.weights(choice.projects, known).values()) if known.seconds else None
    files = sum(len(project.test_files) for project in choice.projects)
    wanted = files if seconds is None else math.ceil(seconds / SHARD_SECONDS)
    count = max(1, min(int(value), files, wanted))
    return "shards=" + json.dumps([f"{n}/{count}" for n in range(1, count + 1)], separators=(",", ":"))


def _last_failed(
    config: pytest.Config, workspace: Workspace, projects: list[Project]
) -> tuple[tuple[str, ...] | None, list[Project]]:
    """The recorded failures for ``--lf``/``--ff``, and the projects that ``--lf`` therefore leaves out."""
    option = config.option
    lf, ff = getattr(option, "lf", False), getattr(option, "failedfirst", False)
    if not (lf or ff):
        return None, []
    failed = tuple(recorded(config, "cache/lastfailed", {}))
    owners = {p.path for n in failed if (p := workspace.owner_of_test(n)) is not None}
    if not lf or not any(project.path in owners for project in projects):
        nothing = lf and option.last_failed_no_failures == "none"
        return failed, list(projects) if nothing else []
    return failed, [project for project in projects if project.path not in owners]


def _stepwise(
    config: pytest.Config, workspace: Workspace, projects: list[Project]
) -> tuple[str | None, list[Project]]:
    """Where ``--stepwise`` goes on, and the projects before it."""
    option = config.option
    if not getattr(option, "stepwise", False) or getattr(option, "stepwise_reset", False):
        return None, []
    stopped = recorded(config, "cache/stepwise")
    nodeid = stopped.get("last_failed") if isinstance(stopped, dict) else stopped
    owner = workspace.owner_of_test(nodeid) if isinstance(nodeid, str) and nodeid else None
    if owner is None or owner not in projects:
        return None, []
    return nodeid, projects[: projects.index(owner)]
