"""What projects need that lies outside of the workspace. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cached_property

from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.workspace.graph import Graph, build
from pytest_monorepo.workspace.model import Scope

WHOLE = "which all who are installed by it may see"
_KINDS = (
    (Scope.RUNTIME,),
    (Scope.RUNTIME, Scope.TEST),
    (Scope.RUNTIME, Scope.EXTRA),
    (Scope.RUNTIME, Scope.EXTRA, Scope.TEST),
)


# Projects that are installed, each with the names of the strangers that it needs.
Brought = frozenset[tuple[str, frozenset[str]]]


class Needs:
    """What the projects of one state need, each looked at once however many manifests changed."""

    def __init__(self, side: Side) -> None:
        self.workspace, self.graph = side.workspace, side.graph
        self._known: dict[str, frozenset[str]] = {}
        self._brought: dict[str, tuple[Brought, ...]] = {}

    @cached_property
    def _ours(self) -> set[str | None]:
        return {project.distribution for project in self.workspace.projects}

    @cached_property
    def declared(self) -> Graph:
        # an import says that a project uses another one, not that it is installed with what that needs
        return build(self.workspace.projects)

    def with_needed(self, path: str) -> tuple[str, ...]:
        """A project and those that it needs."""
        return (path, *self.graph.transitive_dependencies(path))

    def strangers(self, path: str) -> frozenset[str]:
        """The names of what these need and that no project of the workspace is."""
        if path not in self._known:
            self._known[path] = frozenset(self._strangers(path))
        return self._known[path]

    def brought(self, path: str) -> tuple[Brought, ...]:
        """Whatever is installed with this project that needs strangers, and which.

        For each set of groups that may be installed: nobody says which extras are, and whether test groups.
        Where these are the same in two states, and what each of them needs is, the same strangers are
        installed in versions that the same requirements allow.
        """
        if path not in self._brought:
            self._brought[path] = tuple(self._brought_by(path, scopes) for scopes in _KINDS)
        return self._brought[path]

    def differ(self, path: str, before: Needs) -> bool:
        """Whether what is installed of strangers for a project of this state may be other than ``before``."""
        return path in self.workspace.by_path and self.brought(path) != before.brought(path)

    def _brought_by(self, path: str, scopes: Container[Scope]) -> Brought:
        installed = self._installed(path, scopes)
        needs = ((each, frozenset(self._needed_by(each, path, scopes))) for each in installed)
        return frozenset((each, names) for each, names in needs if names)

    def _installed(self, path: str, scopes: Container[Scope]) -> set[str]:
        found, waiting = {path}, [path]
        while waiting:
            current = waiting.pop()
            for edge in self.declared.needs(current):
                counts = edge.scope in scopes and (edge.scope is not Scope.TEST or current == path)
                if counts and edge.dependency not in found:
                    found.add(edge.dependency)
                    waiting.append(edge.dependency)
        return found

    def _strangers(self, path: str) -> Iterator[str]:
        for each in self.with_needed(path):
            yield from self._needed_by(each, path, tuple(Scope))

    def _needed_by(self, each: str, path: str, scopes: Container[Scope]) -> Iterator[str]:
        """The strangers that a project needs itself, installed for the tests of the one at ``path``."""
        project = self.workspace.by_path.get(each)
        if project is None:
            return
        # constraints hold for what has no name there, too
        yield from project.includes
        for dependency in project.dependencies:
            counts = dependency.scope in scopes and (each == path or dependency.scope is not Scope.TEST)
            if counts and not (dependency.path in self.workspace.by_path or dependency.name in self._ours):
                yield dependency.name or dependency.path or ""
