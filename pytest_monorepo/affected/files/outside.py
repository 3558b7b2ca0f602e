"""What projects need that lies outside of the workspace. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.workspace.model import Scope


class Needs:
    """What the projects of one state need, each looked at once however many manifests changed."""

    def __init__(self, side: Side) -> None:
        self.workspace, self.graph = side.workspace, side.graph
        self._known: dict[str, frozenset[str]] = {}

    @cached_property
    def _ours(self) -> set[str | None]:
        return {project.distribution for project in self.workspace.projects}

    def with_needed(self, path: str) -> tuple[str, ...]:
        """A project and those that it needs."""
        return (path, *self.graph.transitive_dependencies(path))

    def strangers(self, path: str) -> frozenset[str]:
        """The names of what these need and that no project of the workspace is."""
        if path not in self._known:
            self._known[path] = frozenset(self._strangers(path))
        return self._known[path]

    def _strangers(self, path: str) -> Iterator[str]:
        projects = self.workspace.by_path
        for each in self.with_needed(path):
            project = projects.get(each)
            for dependency in () if project is None else project.dependencies:
                counts = each == path or dependency.scope is not Scope.TEST
                local = dependency.path in projects or dependency.name in self._ours
                if counts and not local:
                    yield dependency.name or dependency.path or ""
