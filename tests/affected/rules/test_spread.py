"""The spreading of a change over random graphs, against the rule applied until nothing new is reached."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pytest_monorepo.affected.rules.spread import spread
from pytest_monorepo.affected.rules.values import Reach, Side, Touch
from pytest_monorepo.workspace.graph import Edge, of
from pytest_monorepo.workspace.model import Project, Scope, Workspace

State = tuple[str, Reach]


def random_side(chance: random.Random, names: list[str]) -> Side:
    """Any graph, knots included; some test files are imported by others, one project may be a plugin."""

    def edges(number: int, word: str) -> list[Edge]:
        scopes = list(Scope)
        return [
            Edge(chance.choice(names), chance.choice(names), chance.choice(scopes), f"{word} {n}")
            for n in range(number)
        ]

    plugin = chance.choice(names) if chance.random() < 0.2 else None
    projects = [Project(name, name, pytest_plugin=name == plugin) for name in names]
    graph = of(projects, edges(chance.randint(0, 2 * len(names)), "edge"))
    borrowed = tuple(edge for edge in edges(chance.randint(0, 3), "test import"))
    return Side(Workspace(Path("/workspace"), tuple(projects)), graph, borrowed)


def arrows(sides: tuple[Side, ...]) -> list[tuple[State, State, str]]:
    """From state to state, as the rule's own words say it."""
    found = []
    for side in sides:
        for edge in side.graph.edges:
            reach = Reach.TESTS if edge.scope is Scope.TEST else Reach.SOURCE
            found.append(((edge.dependency, Reach.SOURCE), (edge.dependent, reach), edge.how))
        for edge in side.borrowed:
            reach = Reach.TESTS if edge.scope is Scope.TEST else Reach.SOURCE
            for source in (Reach.SOURCE, Reach.TESTS):
                found.append(((edge.dependency, source), (edge.dependent, reach), edge.how))
        for plugin in (project for project in side.workspace.projects if project.pytest_plugin):
            for project in side.workspace.projects:
                start, end = (plugin.path, Reach.SOURCE), (project.path, Reach.TESTS)
                found.append((start, end, "pytest plugin of the workspace"))
    return found


def distances(starts: set[State], ways: list[tuple[State, State, str]]) -> dict[str, int]:
    """How many steps each project is away, by going on until nothing becomes nearer."""
    near = dict.fromkeys(starts, 1)
    changed = True
    while changed:
        changed = False
        for start, end, _ in ways:
            if start in near and near[start] + 1 < near.get(end, len(ways) + 2):
                near[end] = near[start] + 1
                changed = True
    found: dict[str, int] = {}
    for (project, _), steps in near.items():
        found[project] = min(steps, found.get(project, steps))
    return found


@pytest.mark.parametrize("seed", range(150))
def test_what_is_reached_is_what_the_rule_reaches_and_by_a_shortest_chain(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"p{n}" for n in range(chance.randint(1, 9))]
    sides = tuple(random_side(chance, names) for _ in range(chance.randint(1, 2)))
    touched = {
        f"file{n}": tuple(
            Touch(chance.choice(names), chance.choice(list(Reach)), f"touch {n}")
            for _ in range(chance.randint(0, 2))
        )
        for n in range(chance.randint(0, 3))
    }
    starts = {(touch.project, touch.reach) for touches in touched.values() for touch in touches}
    ways = arrows(sides)
    known = {(start[0], end[0], how) for start, end, how in ways}
    found = spread(touched, sides)
    assert {project: len(reason.steps) for project, reason in found.items()} == distances(starts, ways)
    for project, reason in found.items():
        first, last = reason.steps[0], reason.steps[-1]
        assert last.project == project
        assert reason.file is not None
        assert (first.project, first.how) in {(t.project, t.how) for t in touched[reason.file]}
        for before, after in zip(reason.steps, reason.steps[1:], strict=False):
            assert (before.project, after.project, after.how) in known
