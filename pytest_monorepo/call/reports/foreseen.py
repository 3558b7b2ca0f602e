"""What a run with ``--cached`` would replay, for the lists: the run is planned, and nothing starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pytest_monorepo.affected.listing import Foreseen
from pytest_monorepo.call import planning
from pytest_monorepo.call.cached import proved
from pytest_monorepo.results.replays.answers import Answers
from pytest_monorepo.run.plan.choice import Choice
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.run.workers import interpreters
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Workspace


def foreseen(
    config: pytest.Config, call: Invocation, settings: Settings, workspace: Workspace, choice: Choice
) -> Mapping[str, Foreseen] | str:
    """By project; a sentence where it cannot be told before a run."""
    option = config.option
    if getattr(option, "cov_source", None):
        return "with --cov it is not told which results would be replayed"
    fork = option.monorepo_start != "spawn"
    try:
        plan = planning.build(
            config,
            call,
            settings,
            workspace,
            choice,
            fork=fork,
            print_only=False,
            numprocesses=getattr(option, "numprocesses", None),
        )
        found = {p.path: interpreters.exclusion(p, plan.interpreter(p.path)) for p in plan.projects}
        excluded = {path: reason for path, reason in found.items() if reason is not None}
        _, caching = proved.prepare(config, replace(plan, excluded=excluded), fork=fork)
    except Exception as error:  # plugins that tell workers something expect a run that has begun
        return f"which results would be replayed is not known: {type(error).__name__}: {error}"
    runs = {path: Foreseen(all=reason) for path, reason in caching.reasons.items()}
    return {**runs, **{path: _of(answers) for path, answers in caching.answers.items()}}


def _of(answers: Answers) -> Foreseen:
    origins: dict[str, Any] = {entry.file: entry.origin for entry in answers.entries}
    return Foreseen(dict(sorted(origins.items())), dict(sorted(answers.reasons.items())))
