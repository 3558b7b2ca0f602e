"""Rule (2): from the touched projects to those who use them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from pytest_monorepo.workspace.graph import Edge
from pytest_monorepo.workspace.model import Scope

from .values import Reach, Reason, Side, Step, Touch

_State = tuple[str, Reach]


def spread(touched: Mapping[str, tuple[Touch, ...]], sides: Sequence[Side]) -> dict[str, Reason]:
    """Rule (2): breadth first from the touched projects, so that the first chain found is a shortest one.

    A project is reached in one of two states. From ``SOURCE`` its runtime and extra edges carry on, its test
    edges reach one dependent's tests and end; from ``TESTS`` only imports of its test files carry on. The
    source of a pytest plugin is part of every test run, whether anybody names it or not.
    """
    reasons: dict[_State, Reason] = {}
    waiting: deque[_State] = deque()
    for path, touches in touched.items():
        for touch in touches:
            state = touch.project, touch.reach
            if state not in reasons:
                reasons[state] = Reason(path, (Step(touch.project, touch.how),))
                waiting.append(state)
    borrowed = _borrowers(sides)
    while waiting:
        state = waiting.popleft()
        reason = reasons[state]
        for edge in _onward(state, sides, borrowed):
            reach = Reach.TESTS if edge.scope is Scope.TEST else Reach.SOURCE
            following = edge.dependent, reach
            if following not in reasons:
                step = Step(edge.dependent, edge.how)
                reasons[following] = Reason(reason.file, (*reason.steps, step))
                waiting.append(following)
    return _shortest(reasons)


def _onward(state: _State, sides: Sequence[Side], borrowed: Mapping[str, list[Edge]]) -> Iterator[Edge]:
    project, reach = state
    if reach is Reach.SOURCE:
        for side in sides:
            yield from side.graph.needed_by(project)
            plugin = side.workspace.by_path.get(project)
            if plugin is not None and plugin.pytest_plugin:
                for other in side.workspace.projects:
                    yield Edge(other.path, project, Scope.TEST, "pytest plugin of the workspace")
    if reach is not Reach.ITSELF:
        yield from borrowed.get(project, ())


def _borrowers(sides: Sequence[Side]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for side in sides:
        for edge in side.borrowed:
            found.setdefault(edge.dependency, []).append(edge)
    return found


def _shortest(reasons: Mapping[_State, Reason]) -> dict[str, Reason]:
    best: dict[str, Reason] = {}
    for (project, _), reason in reasons.items():
        if project not in best or len(reason.steps) < len(best[project].steps):
            best[project] = reason
    return best
