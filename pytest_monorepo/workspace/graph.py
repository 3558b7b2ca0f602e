"""Who depends on whom: pure, no I/O.

A :class:`Graph` is a set of :class:`Edge` values between project paths. It never refuses a cycle: real
workspaces have them, and every question here has an answer in their presence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from pytest_monorepo.records import Edge as Edge
from pytest_monorepo.records import Scope
from pytest_monorepo.settings import Settings
from pytest_monorepo.value import value

from .model import Project

_STRENGTH = {Scope.RUNTIME: 0, Scope.EXTRA: 1, Scope.TEST: 2}


@value(frozen=True)
class Graph:
    """Edges between projects; between two projects the strongest edge counts (runtime, extra, then test)."""

    projects: tuple[str, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def _by_dependent(self) -> Mapping[str, tuple[Edge, ...]]:
        return _grouped(self.edges, by_dependent=True)

    @cached_property
    def _by_dependency(self) -> Mapping[str, tuple[Edge, ...]]:
        return _grouped(self.edges, by_dependent=False)

    def needs(self, project: str) -> tuple[Edge, ...]:
        """The edges to the direct dependencies of ``project``, one per dependency, sorted."""
        return self._by_dependent.get(project, ())

    def needed_by(self, project: str) -> tuple[Edge, ...]:
        """The edges from the direct dependents of ``project``, one per dependent, sorted."""
        return self._by_dependency.get(project, ())

    def dependencies(self, project: str) -> tuple[str, ...]:
        """Paths of the direct dependencies, sorted."""
        return tuple(edge.dependency for edge in self.needs(project))

    def dependents(self, project: str) -> tuple[str, ...]:
        """Paths of the direct dependents, sorted."""
        return tuple(edge.dependent for edge in self.needed_by(project))

    def transitive_dependencies(self, project: str) -> tuple[str, ...]:
        """Everything needed to run the tests of ``project``, nearest first and without itself.

        A test edge counts only as the first step: nobody needs the test tools of a dependency.
        """
        if project not in self._needed:
            self._needed[project] = self._all_needed(project)
        return self._needed[project]

    @cached_property
    def _needed(self) -> dict[str, tuple[str, ...]]:
        return {}

    def _all_needed(self, project: str) -> tuple[str, ...]:
        found: dict[str, None] = {}
        waiting = deque([(project, True)])
        while waiting:
            current, first = waiting.popleft()
            for edge in self.needs(current):
                counts = first or edge.scope is not Scope.TEST
                if counts and edge.dependency != project and edge.dependency not in found:
                    found[edge.dependency] = None
                    waiting.append((edge.dependency, False))
        return tuple(found)

    @cached_property
    def cycles(self) -> tuple[tuple[str, ...], ...]:
        """One readable cycle, ``(a, b, c)`` for a → b → c → a, per knot of projects that need each other.

        A shortest one through the knot's first project by path. Test edges count: they are cycles too.
        """
        return tuple(
            cycle
            for knot in _strongly_connected(self.projects, self.dependencies)
            if (cycle := self._shortest_cycle(min(knot), frozenset(knot)))
        )

    def _shortest_cycle(self, start: str, inside: frozenset[str]) -> tuple[str, ...]:
        came_from: dict[str, str] = {}
        waiting = deque([start])
        while waiting:
            current = waiting.popleft()
            for following in self.dependencies(current):
                if following == start:
                    return _path_back(came_from, start, current)
                if following in inside and following not in came_from:
                    came_from[following] = current
                    waiting.append(following)
        return ()


def configured(settings: Settings) -> Iterator[Edge]:
    """``depends-on`` of the settings; the projects need not exist."""
    for path, own in settings.per_project.items():
        for dependency in own.depends_on:
            yield Edge(path, dependency, Scope.RUNTIME, "depends-on in the settings")


def declared(settings: Settings) -> list[Edge]:
    """``depends-on`` of the settings, and what hooks add; their projects need not exist."""
    return [*configured(settings), *settings.edges]


def build(projects: Iterable[Project], imported: Iterable[Edge] = (), declared: Iterable[Edge] = ()) -> Graph:
    """The graph of what the manifests declare, what the files import and what the configuration adds."""
    projects = tuple(projects)
    return of(projects, (*declared, *imported, *manifest_edges(projects)))


def of(projects: Iterable[Project], edges: Iterable[Edge]) -> Graph:
    """The graph of these edges, each once and none from a project to itself."""
    kept = {edge for edge in edges if edge.dependent != edge.dependency}
    return Graph(tuple(sorted(project.path for project in projects)), tuple(sorted(kept, key=_order)))


def manifest_edges(projects: Iterable[Project]) -> Iterator[Edge]:
    """What the manifests declare."""
    projects = sorted(projects, key=lambda project: project.path)
    paths = frozenset(project.path for project in projects)
    named = by_distribution(projects)
    for project in projects:
        yield from edges_of(project, paths, named)


def edges_of(project: Project, paths: Container[str], named: Mapping[str, Sequence[str]]) -> Iterator[Edge]:
    """What one project's manifests declare; ``paths`` are those of all projects, ``named`` by distribution.

    A declared path outranks a name. A name that several projects carry is ambiguous: without a path it means
    every one of them, since a missed edge would skip a test and a superfluous one only runs more.
    """
    for dependency in project.dependencies:
        if dependency.path is not None and dependency.path in paths:
            yield Edge(project.path, dependency.path, dependency.scope, dependency.how)
        else:
            for path in named.get(dependency.name, ()):
                yield Edge(project.path, path, dependency.scope, dependency.how)


def by_distribution(projects: Iterable[Project]) -> Mapping[str, list[str]]:
    """The paths of the projects that carry each name."""
    found: dict[str, list[str]] = {}
    for project in projects:
        if project.distribution is not None:
            found.setdefault(project.distribution, []).append(project.path)
    return found


def strength(edge: Edge) -> int:
    """Sorts the edge that says most to the front."""
    return _STRENGTH[edge.scope]


def _order(edge: Edge) -> tuple[str, str, int, str]:
    return edge.dependent, edge.dependency, _STRENGTH[edge.scope], edge.how


def _grouped(edges: Iterable[Edge], *, by_dependent: bool) -> dict[str, tuple[Edge, ...]]:
    strongest: dict[tuple[str, str], Edge] = {}
    for edge in sorted(edges, key=_order):
        key = (edge.dependent, edge.dependency) if by_dependent else (edge.dependency, edge.dependent)
        strongest.setdefault(key, edge)
    grouped: dict[str, list[Edge]] = {}
    for (project, _), edge in sorted(strongest.items()):
        grouped.setdefault(project, []).append(edge)
    return {project: tuple(found) for project, found in grouped.items()}


def _path_back(came_from: Mapping[str, str], start: str, end: str) -> tuple[str, ...]:
    path = [end]
    while path[-1] != start:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))


def _strongly_connected(nodes: Iterable[str], successors: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """Tarjan's algorithm without recursion: a chain of 1,000 projects must not meet Python's limit."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(successors(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(successors(other))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    knot = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    on_stack.difference_update(knot)
                    if len(knot) > 1:
                        found.append(knot)
    return found
