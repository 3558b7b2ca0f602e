"""What there is and what a change reaches: the root's settings, its projects and ``--affected``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo import settings as settings_module
from pytest_monorepo.cache import cache_file
from pytest_monorepo.errors import MonorepoError, SettingsError
from pytest_monorepo.options import AUTO
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.model import Workspace

from . import configuration, hooks

if TYPE_CHECKING:
    from pytest_monorepo.affected.decision import Decision
    from pytest_monorepo.affected.sides import State


def discover(config: pytest.Config, root: Path) -> tuple[Settings, Workspace]:
    """The root's settings and projects; raises where the settings name what is not there."""
    hooks.adopt_root_conftest(config, root)
    settings = configuration.with_configuration(config, root, settings_module.load(root))
    hooks.register(config, settings)
    settings = hooks.with_projects(config, root, settings)
    workspace = hooks.workspace(config, root, settings)
    complaints = settings_module.unknown_projects(settings, [p.path for p in workspace.projects])
    if complaints:
        raise SettingsError("\n".join(complaints))
    return hooks.with_dependencies(config, settings, workspace), workspace


def decide(
    config: pytest.Config, call: Invocation, settings: Settings, workspace: Workspace
) -> Decision | None:
    """What ``--affected`` selects; ``None`` without it."""
    option = config.option
    if option.affected is None:
        if option.affected_audit:  # a run that audits nothing would look like a clean audit
            raise MonorepoError("--affected-audit: there is no selection to check: add --affected")
        return None
    if not option.affected.strip():
        raise MonorepoError(
            "--affected was given an empty REF: is a variable unset? Leave REF out to use the CI's base"
        )
    ref = None if option.affected == AUTO else option.affected
    from . import tracing

    decision = hooks.selected(config, settings, workspace, ref)
    return hooks.modified(config, tracing.with_traces(config, call, settings, workspace, decision))


def state(config: pytest.Config, settings: Settings, workspace: Workspace) -> State:
    """The workspace's whole graph, with the edges that its code shows, where nothing is compared."""
    from pytest_monorepo.affected.sides import present

    return present(
        workspace, settings, workspace.blobs, cache_file(config, "imports"), hooks.edges_of(config)
    )
