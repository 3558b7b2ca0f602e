from __future__ import annotations

import itertools
import random

import pytest

from pytest_monorepo.workspace.graph import Edge, Graph, build, of
from pytest_monorepo.workspace.model import Dependency, Project, Scope

R, X, T = Scope.RUNTIME, Scope.EXTRA, Scope.TEST


def graph(*arrows: str) -> Graph:
    """``"a > b"``: a needs b at run time; ``"a t b"``: its tests alone do; ``"a x b"``: an extra does."""
    scopes = {">": R, "t": T, "x": X}
    edges = tuple(Edge(a, b, scopes[sign], "said") for a, sign, b in map(str.split, arrows))
    names = {name for edge in edges for name in (edge.dependent, edge.dependency)}
    return Graph(tuple(sorted(names)), edges)


def project(path: str, *dependencies: Dependency, name: str | None = None) -> Project:
    return Project(path, name or path, distribution=name or path, dependencies=dependencies)


@pytest.mark.parametrize(
    ("arrows", "expected"),
    [
        (["a > b", "b > c"], ("b", "c")),
        (["a > b", "a > c", "b > d", "c > d"], ("b", "c", "d")),
        (["a t b", "b > c"], ("b", "c")),
        (["a > b", "b t c"], ("b",)),
        (["a > b", "b x c"], ("b", "c")),
        (["a > b", "b > a"], ("b",)),
        (["a > b", "b t c", "c > d", "a > d", "b > d"], ("b", "d")),
        (["a t b", "a > c", "c t d"], ("b", "c")),
        (["b > a"], ()),
    ],
)
def test_transitive_dependencies(arrows: list[str], expected: tuple[str, ...]) -> None:
    assert graph(*arrows).transitive_dependencies("a") == expected


def test_direct_ones_both_ways() -> None:
    found = graph("a > b", "a t c", "d > b")
    assert found.dependencies("a") == ("b", "c")
    assert found.dependents("b") == ("a", "d")
    assert found.dependencies("unknown") == ()


@pytest.mark.parametrize("order", list(itertools.permutations((R, X, T))))
def test_between_two_projects_the_strongest_edge_counts(order: tuple[Scope, ...]) -> None:
    found = Graph(("a", "b"), tuple(Edge("a", "b", scope, scope.value) for scope in order))
    assert [edge.scope for edge in found.needs("a")] == [R]
    assert [edge.scope for edge in found.needed_by("b")] == [R]


@pytest.mark.parametrize(
    ("arrows", "expected"),
    [
        (["a > b", "b > c"], ()),
        (["a > b", "b > a"], (("a", "b"),)),
        (["a t b", "b > a"], (("a", "b"),)),
        (["a > b", "b > c", "c > a"], (("a", "b", "c"),)),
        (["c > b", "b > a", "a > c"], (("a", "c", "b"),)),
        (["a > b", "b > c", "c > a", "b > a"], (("a", "b"),)),
        (["a > b", "b > a", "c > d", "d > c", "b > c"], (("a", "b"), ("c", "d"))),
        (["x > a", "a > b", "b > a", "b > y"], (("a", "b"),)),
    ],
)
def test_cycles(arrows: list[str], expected: tuple[tuple[str, ...], ...]) -> None:
    assert tuple(sorted(graph(*arrows).cycles)) == expected


def test_a_long_chain_does_not_meet_the_recursion_limit() -> None:
    count = 3000
    ring = graph(*(f"p{i:04} > p{(i + 1) % count:04}" for i in range(count)))
    (cycle,) = ring.cycles
    assert len(cycle) == count
    assert len(ring.transitive_dependencies("p0000")) == count - 1


class TestBuild:
    def test_by_name_and_by_path(self) -> None:
        needs = (Dependency("core", None, R, "dependency"), Dependency("other", "libs/x", T, "path"))
        found = build(
            [project("api", *needs), project("libs/core", name="core"), project("libs/x", name="x")]
        )
        assert found.edges == (
            Edge("api", "libs/core", R, "dependency"),
            Edge("api", "libs/x", T, "path"),
        )
        assert found.projects == ("api", "libs/core", "libs/x")

    def test_a_path_outranks_a_name(self) -> None:
        need = Dependency("core", "b/core", R, "path")
        found = build([project("api", need), project("a/core", name="core"), project("b/core", name="core")])
        assert found.dependencies("api") == ("b/core",)

    def test_a_name_that_several_carry_means_each(self) -> None:
        need = Dependency("core", None, R, "dependency")
        found = build([project("api", need), project("a/core", name="core"), project("b/core", name="core")])
        assert found.dependencies("api") == ("a/core", "b/core")

    def test_a_path_that_is_no_project_falls_back_to_the_name(self) -> None:
        need = Dependency("core", "dist/core.whl", R, "path")
        assert build([project("api", need), project("core")]).dependencies("api") == ("core",)

    @pytest.mark.parametrize(
        "need",
        [
            Dependency("requests", None, R, ""),
            Dependency("", "elsewhere", R, ""),
            Dependency("api", None, R, ""),
        ],
    )
    def test_strangers_and_oneself_make_no_edge(self, need: Dependency) -> None:
        assert build([project("api", need), Project("bare", "bare")]).edges == ()

    def test_imported_and_declared_edges_join(self) -> None:
        imported = Edge("a", "b", T, "imports b in test_a.py:1")
        declared = Edge("a", "c", R, "depends-on")
        found = build([project("a"), project("b"), project("c")], [imported, imported], [declared])
        assert found.edges == (imported, declared)


@pytest.mark.parametrize("seed", range(60))
def test_random_graphs_against_going_on_until_nothing_is_new(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"p{n}" for n in range(chance.randint(1, 8))]
    edges = {
        Edge(chance.choice(names), chance.choice(names), chance.choice((R, X, T)), "said")
        for _ in range(chance.randint(0, 14))
    }
    found = of([project(name) for name in names], edges)
    direct = {name: {e.dependency for e in edges if e.dependent == name != e.dependency} for name in names}
    lasting = {
        name: {e.dependency for e in edges if e.dependent == name != e.dependency and e.scope is not T}
        for name in names
    }
    for name in names:
        assert set(found.dependencies(name)) == direct[name]
        assert {other for other in names if name in direct[other]} == set(found.dependents(name))
        needed = set(direct[name])
        while more := set().union(*(lasting[one] for one in needed)) - needed:
            needed |= more
        assert set(found.transitive_dependencies(name)) == needed - {name}
    reach = {name: set(direct[name]) for name in names}
    for _ in names:
        for name in names:
            reach[name] |= set().union(*(reach[one] for one in reach[name]))
    knots = {frozenset({a, *(b for b in names if b in reach[a] and a in reach[b])}) for a in names}
    knots = {knot for knot in knots if len(knot) > 1}
    assert len(found.cycles) == len(knots)
    for cycle in found.cycles:
        assert all(b in direct[a] for a, b in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        assert min(next(knot for knot in knots if set(cycle) <= knot)) == cycle[0]
