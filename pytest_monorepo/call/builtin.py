"""What is done at each step that has a hook unless another one does it: implementations, each the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from pytest_monorepo.cache import cache_file
from pytest_monorepo.records import LockedPackage
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace import graph
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Project, Workspace

from . import extensions

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_monorepo.affected.plan import Decision


class Builtin:
    """``settings`` are those of the root; a run that watches reads them anew."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._declared: tuple[Workspace, tuple[Edge, ...]] | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_workspace(self, config: pytest.Config, root: Path, settings: Settings) -> Workspace:
        # what the decision needs is loaded while git lists the files
        meanwhile = None if config.option.affected is None else _load_decision
        return discovery.discover(root, settings, cache_file(config, "discovery"), meanwhile)

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_dependencies(self, workspace: Workspace, shown: Sequence[Edge]) -> Iterable[Edge]:
        if self._declared is None or self._declared[0] is not workspace:
            manifests = graph.manifest_edges(workspace.projects)
            self._declared = workspace, (*manifests, *graph.configured(self.settings))
        return (*self._declared[1], *shown)

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_select(
        self, config: pytest.Config, workspace: Workspace, settings: Settings, ref: str | None
    ) -> Decision:
        from pytest_monorepo.affected import plan

        return plan.decide(
            workspace.root,
            workspace,
            settings,
            ref,
            fetch=config.option.affected_fetch,
            cache=cache_file(config, "imports"),
            extensions=extensions.for_selection(config, workspace),
        )

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_changed_paths(self, paths: Sequence[str]) -> Iterable[str]:
        return paths

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_read_lock(self, path: str, content: bytes) -> Mapping[str, LockedPackage] | None:
        from pytest_monorepo.affected.extensions import read_known

        return read_known(path, content)

    @pytest.hookimpl(trylast=True)
    def pytest_monorepo_worker(self, project: Project, environ: dict[str, str]) -> None:
        for name, value in self.settings.of(project.path).env.items():
            environ.setdefault(name, value)


def register(config: pytest.Config, settings: Settings) -> None:
    """Let the steps of this run do, where no other hook does, what ``settings`` say."""
    known = config.pluginmanager.get_plugin(extensions.BUILTIN)
    if isinstance(known, Builtin):
        known.settings = settings
    else:
        config.pluginmanager.register(Builtin(settings), extensions.BUILTIN)


def _load_decision() -> None:
    from pytest_monorepo.affected import plan  # noqa: F401
    from pytest_monorepo.affected.git import process as gitprocess

    gitprocess.prepare()
