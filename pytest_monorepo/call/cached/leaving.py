"""With ``--cached`` and ``--cov``: which of the workspace's projects and files this run leaves out.

What was measured of them earlier is carried (:mod:`pytest_monorepo.results.unrun`).
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pytest_monorepo.call.choosing import without_ignored
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.unrun import Scope
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.choice import Choice
from pytest_monorepo.run.workers import interpreters
from pytest_monorepo.worker.coverage.settings import settings_from_addopts
from pytest_monorepo.workspace.model import Project


def with_unasked(config: pytest.Config, plan: planning.Plan, choice: Choice) -> planning.Plan:
    """The plan with the projects that a run of all would have, too.

    Of several shards the first carries what no shard runs.
    """
    shard = choice.shard
    narrowed = any(not word.startswith("--shard ") for word in choice.filters)
    if not narrowed or plan.collect_only or plan.print_only or (shard and shard.shard.index != 1):
        return plan
    here = {project.path for project in plan.projects}
    if shard is not None:
        here = here.union(*shard.division.parts)
    others = [p for p in plan.workspace.projects if p.runs and p.error is None and p.path not in here]
    found: dict[str, interpreters.Interpreter] = {}
    for project in without_ignored(others, plan.invocation, plan.workspace.root):
        # what is wrong with a project that is not asked for is not this run's affair
        with contextlib.suppress(MonorepoError, ValueError):
            settings_from_addopts(project.settings.addopts)
            chosen = interpreters.choose(project, plan.workspace.root, plan.settings, config.option.python)
            if _runs(plan, project, chosen):
                found[project.path] = chosen
    return replace(
        plan,
        unasked=tuple(project for project in others if project.path in found),
        interpreters={**plan.interpreters, **found},
    )


def _runs(plan: planning.Plan, project: Project, interpreter: interpreters.Interpreter) -> bool:
    excluded = interpreters.exclusion(project, interpreter) is not None
    return not excluded or plan.settings.requires_python_of(project.path) == "run"


def scope(option: Any, plan: planning.Plan, project: Project) -> Scope:
    """What of the project the run asks for."""
    if project in plan.unasked:
        return Scope(narrowed=True, listed=False)
    targets = plan.targets.get(project.path, ())
    out = frozenset(plan.unselected.get(project.path, ()))
    share = plan.shares.get(project.path)
    # which tests these leave out is not told
    blind = any(getattr(option, name, None) for name in ("lf", "stepwise", "picked"))
    names = (target.partition("[")[0] for target in targets if "::" in target.partition("[")[0])
    return Scope(
        out,
        frozenset() if share is None else frozenset(share.others) - out,
        narrowed=bool(targets) or plan.narrowed,
        listed=not (targets or blind),
        named=frozenset(
            posixpath.normpath(posixpath.join(project.path, n.partition("::")[0])) for n in names
        ),
        blind=blind,
    )


def scopes(option: Any, plan: planning.Plan) -> Mapping[str, Scope]:
    """Those of all projects that are measured."""
    projects = (*plan.projects, *plan.unasked)
    return {p.path: scope(option, plan, p) for p in projects if p.path in plan.coverage}
