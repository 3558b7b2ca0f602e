"""What projects need that lies outside of the workspace. Pure."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from functools import cached_property

from pytest_monorepo.affected.rules.values import Side
from pytest_monorepo.workspace.graph import Edge, Graph, build
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
        """Who says that it needs whom, and in which groups."""
        return build(self.workspace.projects)

    def _edges(self, path: str, *, silent: bool) -> Iterator[Edge]:
        """What it says that it needs, with ``silent`` also what it uses and does not say.

        That may be installed with what it needs, or lie on the path alone: nobody says.
        """
        yield from self.declared.needs(path)
        said = self.declared.dependencies(path)
        yield from (edge for edge in self.graph.needs(path) if silent and edge.dependency not in said)

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

        For each set of groups that may be installed: nobody says which extras are, and whether test groups
        and what is used without a word.
        Where these are the same in two states, and what each of them needs is, the same strangers are
        installed in versions that the same requirements allow.
        """
        if path not in self._brought:
            self._brought[path] = tuple(
                self._brought_by(path, scopes, silent) for scopes in _KINDS for silent in (False, True)
            )
        return self._brought[path]

    def differ(self, path: str, before: Needs) -> bool:
        """Whether what is installed of strangers for a project of this state may be other than ``before``."""
        return path in self.workspace.by_path and self.brought(path) != before.brought(path)

    def may_lack(self, path: str, needed: Collection[str]) -> bool:
        """Whether it hangs on groups alone that one of these, with its strangers, is there for a project.

        Another group may bring it as well, and whether that is installed nobody says.
        """
        certain = self._installed(path, _KINDS[0], silent=False)
        perhaps = self._installed(path, _KINDS[-1], silent=True).intersection(needed) - certain
        return any(map(self.strangers, perhaps))

    def _brought_by(self, path: str, scopes: Container[Scope], silent: bool) -> Brought:
        installed = self._installed(path, scopes, silent=silent)
        needs = ((each, frozenset(self._needed_by(each, path, scopes))) for each in installed)
        return frozenset((each, names) for each, names in needs if names)

    def _installed(self, path: str, scopes: Container[Scope], *, silent: bool) -> set[str]:
        found, waiting = {path}, [path]
        while waiting:
            current = waiting.pop()
            for edge in self._edges(current, silent=silent):
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
