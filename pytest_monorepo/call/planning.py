"""The :class:`~.run.plan.plan.Plan` of a run: how many workers, which interpreters, what they are told."""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo import limits
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.quarantine import standing
from pytest_monorepo.run.hooks import nodes
from pytest_monorepo.run.plan import divisions, history, invocation
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.choice import Choice
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.run.workers import interpreters
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Workspace

from . import hooks

DIST: pytest.StashKey[str] = pytest.StashKey()
"""xdist's ``--dist`` as the user gave it, before xdist is left nothing to do."""

_TOLD: pytest.StashKey[dict[str, Any]] = pytest.StashKey()

LOG_FILE: pytest.StashKey[str] = pytest.StashKey()
"""``--log-file`` as the user gave it."""


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
    room: int | None = None,
) -> planning.Plan:
    """The plan of a run; ``room`` is how many workers other machines bear, where it is not this one."""
    option = config.option
    _check_log_file(config, choice)
    terminal = wants_terminal(option)
    stepwise = bool(getattr(option, "stepwise", False))
    peak = history.load(config).peak
    split = "none" if terminal or stepwise or option.collectonly or print_only else _split(config)
    divides = split == "auto" and not divisions.load(config).keys().isdisjoint(
        file for project in choice.projects for file in project.test_files
    )
    return planning.Plan(
        workspace=workspace,
        graph=hooks.stated_graph(config),
        settings=settings,
        invocation=call,
        words=invocation.for_workers(call.words),
        projects=choice.projects,
        targets=choice.targets or {},
        deselected_projects=choice.left_out,
        workers=1
        if terminal or stepwise
        else _workers(option, settings, numprocesses, choice, split, peak, room, divides=divides),
        fork=fork,
        maxfail=option.maxfail or 0,
        narrowed=bool({"-k", "-m", "--deselect", "--lf", "--stepwise", "--picked"} & set(choice.filters)),
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
        unselected=choice.unselected,
        sampled=choice.sampled,
        quarantine=standing(settings.quarantine, datetime.date.today()),
        interpreters={
            project.path: interpreters.choose(project, workspace.root, settings, option.python)
            for project in choice.projects
        },
        argv0=sys.argv[0],
        basetemp=_basetemp(config),
        workerinput=_workerinput(config),
    )


def outline(
    config: pytest.Config, call: Invocation, settings: Settings, workspace: Workspace, *, fork: bool
) -> planning.Plan:
    """As much of a plan of all projects as tells what their results depend on.

    Without those whose interpreter is not there: they may not be asked for.
    """
    found: dict[str, interpreters.Interpreter] = {}
    for project in workspace.projects:
        if project.runs and project.error is None:
            with contextlib.suppress(MonorepoError):
                found[project.path] = interpreters.choose(
                    project, workspace.root, settings, config.option.python
                )
    return planning.Plan(
        workspace=workspace,
        graph=hooks.stated_graph(config),
        settings=settings,
        invocation=call,
        words=invocation.for_workers(call.words),
        projects=tuple(project for project in workspace.projects if project.path in found),
        fork=fork,
        terminal=wants_terminal(config.option),
        show_output=any(getattr(config.option, name, False) for name in _SETUP),
        interpreters=found,
        argv0=sys.argv[0],
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
    option: Any,
    settings: Settings,
    numprocesses: object,
    choice: Choice,
    split: str,
    peak: int,
    room: int | None,
    *,
    divides: bool,
) -> int:
    own = settings.workers if isinstance(settings.workers, int) else limits.workers(peak)
    default = own if room is None else room
    value = option.workers if option.workers is not None else numprocesses
    value = 1 if value == 0 and option.workers is None else value  # xdist's -n 0: no parallel run
    count = planning.worker_count(value, default)
    # more could not even share the work
    most = len(choice.projects) if split == "none" else sum(len(p.test_files) for p in choice.projects)
    return max(1, min(count, most if split != "test" and not divides else count))


# their lines come from each project's own pytest, beside the outcomes
_SETUP = ("setupshow", "setuponly", "setupplan")


def _split(config: pytest.Config) -> str:
    """``--monorepo-split``, else what xdist's ``--dist`` means for us."""
    option = config.option
    if option.monorepo_split is not None:
        return str(option.monorepo_split)
    dist = {"load": "test", "worksteal": "test", "loadscope": "scope"}
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


def _basetemp(config: pytest.Config) -> Path | None:
    """One numbered folder for the whole run, a folder per project in it.

    pytest keeps the last three numbered folders: one a project would throw away what a failed test left.
    The factory is private; ``tests/test_plugin.py`` fails when it moves.
    """
    factory = getattr(config, "_tmp_path_factory", None)
    try:
        return factory.getbasetemp() if factory is not None else None
    except OSError as error:
        named = f"--basetemp {config.option.basetemp}" if config.option.basetemp else "temporary files"
        raise MonorepoError(
            f"{named}: {error.filename or 'the folder'} cannot be made: {error.strerror}; name another folder"
            " with --basetemp"
        ) from None


def _workerinput(config: pytest.Config) -> dict[str, Any]:
    """What plugins of the controller tell those in the workers.

    They do so in xdist's hook: pytest-rerunfailures dies in a worker that has not been told its port. They
    are asked once, however many plans are made.
    """
    if _TOLD not in config.stash:
        config.stash[_TOLD] = nodes.configured(config, _known(config))
    return config.stash[_TOLD]


def _known(config: pytest.Config) -> dict[str, Any]:
    seed = getattr(config.option, "randomly_seed", None)
    known: dict[str, Any] = {"randomly_seed": seed} if isinstance(seed, int) else {}
    order = getattr(config.option, "random_order_seed", None)
    if isinstance(order, str):
        known["random_order_seed"] = order
    if getattr(config.option, "xmlpath", None):
        known["junitxml"] = True
    return known
