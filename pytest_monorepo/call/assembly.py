"""Puts a :class:`~.run.plan.Plan` together from the command line, the workspace and the selection.

What only a run or a shard needs of :mod:`run` is imported where it is: a list is to be there at once.
"""

from __future__ import annotations

import fnmatch
import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_monorepo import settings as settings_module
from pytest_monorepo.cache import cache_file
from pytest_monorepo.errors import MonorepoError, SettingsError
from pytest_monorepo.options import AUTO
from pytest_monorepo.run import invocation
from pytest_monorepo.run.choice import Choice, Sharding
from pytest_monorepo.run.invocation import Invocation
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Project, Workspace

from . import builtin, extensions

if TYPE_CHECKING:
    from pytest_monorepo.affected.plan import Decision
    from pytest_monorepo.run import plan as planning
    from pytest_monorepo.run import targets

DIST: pytest.StashKey[str] = pytest.StashKey()
"""xdist's ``--dist`` as the user gave it, before xdist is left nothing to do."""

LOG_FILE: pytest.StashKey[str] = pytest.StashKey()
"""``--log-file`` as the user gave it."""

SHARD_SECONDS = 120.0
"""How long a shard's tests should take, as far as there may be more shards."""


def discover(config: pytest.Config, root: Path) -> tuple[Settings, Workspace]:
    """The root's settings and projects; raises where the settings name what is not there."""
    extensions.adopt_root_conftest(config, root)
    settings = settings_module.load(root)
    builtin.register(config, settings)
    settings = extensions.with_projects(config, root, settings)
    workspace = extensions.workspace(config, root, settings)
    complaints = settings_module.unknown_projects(settings, [p.path for p in workspace.projects])
    if complaints:
        raise SettingsError("\n".join(complaints))
    return extensions.with_dependencies(config, settings, workspace), workspace


def decide(config: pytest.Config, settings: Settings, workspace: Workspace) -> Decision | None:
    """What ``--affected`` selects; ``None`` without it."""
    option = config.option
    if option.affected is None:
        return None
    if not option.affected.strip():
        raise MonorepoError(
            "--affected was given an empty REF: is a variable unset? Leave REF out to use the CI's base"
        )
    ref = None if option.affected == AUTO else option.affected
    return extensions.modified(config, extensions.selected(config, settings, workspace, ref))


def choose(
    config: pytest.Config, call: Invocation, workspace: Workspace, decision: Decision | None
) -> Choice:
    """Narrow the workspace down by ``--project``, arguments, ``--affected``, ``--lf`` and ``--stepwise``."""
    option = config.option
    chosen = [project for project in _matching(workspace, option.project) if project.runs]
    routed: dict[str, tuple[str, ...]] = {}
    if call.targets:
        from pytest_monorepo.run import targets

        located = [_located(target, call, workspace, by_module=option.pyargs) for target in call.targets]
        routed.update(targets.route(located, workspace))
        chosen = [project for project in chosen if project.path in routed]
    else:
        chosen = _without_ignored(chosen, call, workspace.root)
    left_out: dict[str, Project] = {}
    if decision is not None and not option.affected_audit:
        selected = decision.selection.selected
        left_out |= {project.path: project for project in chosen if project.path not in selected}
    lastfailed, passed = _last_failed(config, workspace, chosen)
    start_at, before = _stepwise(config, workspace, chosen)
    left_out |= {project.path: project for project in (*passed, *before)}
    choice = Choice(
        tuple(project for project in chosen if project.path not in left_out),
        tuple(left_out.values()),
        routed,
        tuple(_filters(option, call, decision)),
        lastfailed,
        start_at,
    )
    return choice if option.shard is None else _part(config, choice)


def _matching(workspace: Workspace, globs: Sequence[str]) -> Sequence[Project]:
    if not globs:
        return workspace.projects
    from pytest_monorepo.run import plan as planning

    return planning.matching(workspace, globs)


def _located(typed: str, call: Invocation, workspace: Workspace, *, by_module: bool) -> targets.Target:
    from pytest_monorepo.run import targets

    found = targets.locate_module(typed, call.cwd, workspace) if by_module else None
    if by_module and found is None and not (call.cwd / typed.partition("::")[0]).exists():
        raise MonorepoError(f"--pyargs {typed}: no project of the workspace has such a module or path")
    return found or targets.locate(typed, call.cwd, workspace.root)


def _part(config: pytest.Config, choice: Choice) -> Choice:
    """``--shard``: what of the choice this machine runs."""
    from pytest_monorepo.run import history, shards

    if any(getattr(config.option, name, False) for name in _STEPWISE):
        raise MonorepoError(
            "--stepwise with --shard: each shard would stop at a failure of its own and go on there:"
            " use -x and --lf"
        )
    shard = shards.read(config.option.shard, os.environ)
    known = history.read(cache_file(config, "durations"))
    division = shards.divide(choice.projects, shard.count, known, choice.targets)
    here = [project for project in choice.projects if project.path in division.parts[shard.index - 1]]
    found = {project.path: division.share(shard, project.path) for project in here}
    shares = {path: share for path, share in found.items() if share is not None}
    return replace(
        choice,
        projects=tuple(replace(p, test_files=shares[p.path].files) if p.path in shares else p for p in here),
        filters=(*choice.filters, f"--shard {shard}") if shard.count > 1 else choice.filters,
        shard=Sharding(shard, division, _selection(config.option, choice), shares),
    )


_STEPWISE = ("stepwise", "stepwise_skip", "stepwise_reset")


def _selection(option: Any, choice: Choice) -> str:
    """Differs where two machines would not run the same tests between them."""
    from pytest_monorepo.run import shards

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


def _without_ignored(projects: Sequence[Project], call: Invocation, root: Path) -> list[Project]:
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


def _filters(option: Any, call: Invocation, decision: Decision | None) -> Sequence[str]:
    given = (("keyword", "-k"), ("markexpr", "-m"), ("deselect", "--deselect"), ("lf", "--lf"))
    words = [flag for name, flag in given if getattr(option, name, None)]
    words += ["--stepwise"] if getattr(option, "stepwise", False) else []
    words += ["paths"] if call.targets else []
    words += ["--project"] if option.project else []
    if decision is not None and not option.affected_audit and decision.selection.skipped:
        words.append("--affected")
    return words


def wants_terminal(option: Any) -> bool:
    """Whether the tests write to the terminal themselves, or a debugger may read from it.

    The options are missing where their plugin is blocked; nothing is captured without pytest's capturing.
    """
    uncaptured = getattr(option, "capture", "no") == "no"
    return uncaptured or any(getattr(option, name, False) for name in ("usepdb", "trace"))


def build(
    config: pytest.Config,
    call: Invocation,
    settings: Settings,
    workspace: Workspace,
    choice: Choice,
    *,
    fork: bool,
    print_only: bool,
    numprocesses: object,
) -> planning.Plan:
    """The plan of a run."""
    from pytest_monorepo.run import history, interpreters
    from pytest_monorepo.run import plan as planning

    option = config.option
    _check_log_file(config, choice)
    terminal = wants_terminal(option)
    stepwise = bool(getattr(option, "stepwise", False))
    peak = history.load(config).peak
    split = "none" if terminal or stepwise or option.collectonly or print_only else _split(config)
    return planning.Plan(
        workspace=workspace,
        graph=extensions.stated_graph(config),
        settings=settings,
        invocation=call,
        words=invocation.for_workers(call.words),
        projects=choice.projects,
        targets=choice.targets or {},
        deselected_projects=choice.left_out,
        workers=1 if terminal or stepwise else _workers(option, settings, numprocesses, choice, split, peak),
        fork=fork,
        maxfail=option.maxfail or 0,
        narrowed=bool({"-k", "-m", "--deselect", "--lf", "--stepwise"} & set(choice.filters)),
        collect_only=option.collectonly,
        print_only=print_only,
        show_output=print_only or any(getattr(option, name, False) for name in _SETUP),
        terminal=terminal,
        stepwise=stepwise,
        split=split,
        idle_timeout=_seconds("--idle-timeout", option.idle_timeout),
        project_timeout=_seconds("--project-timeout", option.project_timeout),
        lastfailed=choice.lastfailed,
        start_at=choice.start_at,
        shard=choice.shard.shard if choice.shard is not None else None,
        shares=choice.shard.shares if choice.shard is not None else {},
        interpreters={
            project.path: interpreters.choose(project, workspace.root, settings, option.python)
            for project in choice.projects
        },
        argv0=sys.argv[0],
        basetemp=_basetemp(config),
        workerinput=_workerinput(config),
    )


def _check_log_file(config: pytest.Config, choice: Choice) -> None:
    file = config.stash.get(LOG_FILE, "")
    appended = getattr(config.option, "log_file_mode", None) == "a"
    if os.path.isabs(file) and len(choice.projects) > 1 and not appended:
        raise MonorepoError(
            f"--log-file {file}: each project would overwrite it: give a relative path, for a file in each"
            " project's folder, or --log-file-mode=a"
        )


def _workers(
    option: Any, settings: Settings, numprocesses: object, choice: Choice, split: str, peak: int
) -> int:
    from pytest_monorepo.run import limits
    from pytest_monorepo.run import plan as planning

    default = settings.workers if isinstance(settings.workers, int) else limits.workers(peak)
    value = option.workers if option.workers is not None else numprocesses
    value = 1 if value == 0 and option.workers is None else value  # xdist's -n 0: no parallel run
    count = planning.worker_count(value, default)
    # more could not even share the work
    most = len(choice.projects) if split == "none" else sum(len(p.test_files) for p in choice.projects)
    return max(1, min(count, most if split != "test" else count))


# their lines come from each project's own pytest, beside the outcomes
_SETUP = ("setupshow", "setuponly", "setupplan")


def _split(config: pytest.Config) -> str:
    """``--monorepo-split``, else what xdist's ``--dist`` means for us."""
    option = config.option
    if option.monorepo_split is not None:
        return str(option.monorepo_split)
    dist = {"load": "test", "worksteal": "test", "loadscope": "scope", "no": "file"}
    return dist.get(config.stash.get(DIST, "no"), "file")


def _seconds(name: str, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise MonorepoError(f"{name} {value}: must be a number of seconds greater than 0")
    return seconds


def proposed_shards(config: pytest.Config, choice: Choice) -> str:
    """``shards=["1/3","2/3","3/3"]`` for a matrix: about two minutes of tests each, if durations are known.

    Never more than ``--max-shards`` or than there are test files; one where nothing runs.
    """
    from pytest_monorepo.affected.listing import GITHUB_JOBS
    from pytest_monorepo.run import history

    value = config.option.max_shards
    if not (value.isdecimal() and 0 < int(value) <= GITHUB_JOBS):
        raise MonorepoError(f"--max-shards {value}: must be from 1 to {GITHUB_JOBS}, the jobs GitHub allows")
    known = history.read(cache_file(config, "durations"))
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
    cache = getattr(config, "cache", None)
    lf, ff = getattr(option, "lf", False), getattr(option, "failedfirst", False)
    if cache is None or not (lf or ff):
        return None, []
    recorded = tuple(cache.get("cache/lastfailed", {}))
    owners = {p.path for n in recorded if (p := workspace.owner(n.partition("::")[0])) is not None}
    if not lf or not any(project.path in owners for project in projects):
        nothing = lf and option.last_failed_no_failures == "none"
        return recorded, list(projects) if nothing else []
    return recorded, [project for project in projects if project.path not in owners]


def _stepwise(
    config: pytest.Config, workspace: Workspace, projects: list[Project]
) -> tuple[str | None, list[Project]]:
    """Where ``--stepwise`` goes on, and the projects before it."""
    option = config.option
    cache = getattr(config, "cache", None)
    if cache is None or not getattr(option, "stepwise", False) or getattr(option, "stepwise_reset", False):
        return None, []
    recorded = cache.get("cache/stepwise", None)
    nodeid = recorded.get("last_failed") if isinstance(recorded, dict) else recorded
    owner = workspace.owner(nodeid.partition("::")[0]) if isinstance(nodeid, str) and nodeid else None
    if owner is None or owner not in projects:
        return None, []
    return nodeid, projects[: projects.index(owner)]


def _basetemp(config: pytest.Config) -> Path | None:
    """One numbered folder for the whole run, a folder per project in it.

    pytest keeps the last three numbered folders: one a project would throw away what a failed test left.
    The factory is private; ``tests/test_plugin.py`` fails when it moves.
    """
    factory = getattr(config, "_tmp_path_factory", None)
    return factory.getbasetemp() if factory is not None else None


def _workerinput(config: pytest.Config) -> dict[str, Any]:
    """What plugins of the controller tell those in the workers.

    They do so in xdist's hook: pytest-rerunfailures dies in a worker that has not been told its port.
    """
    from pytest_monorepo.run import nodes

    seed = getattr(config.option, "randomly_seed", None)
    known: dict[str, Any] = {"randomly_seed": seed} if isinstance(seed, int) else {}
    if getattr(config.option, "xmlpath", None):
        known["junitxml"] = True
    return nodes.configured(config, known)
