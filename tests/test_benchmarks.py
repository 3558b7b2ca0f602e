"""The benchmarks' own programs import what is there: they are run by hand, and a move leaves them behind."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


def imports(source: str) -> list[tuple[str, str]]:
    """The (module, name) pairs that the text imports from our package, in programs kept as strings, too."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pytest_monorepo"):
            found += [(node.module or "", alias.name) for alias in node.names]
        elif isinstance(node, ast.Constant) and _is_program(node.value):
            found += imports(str(node.value))
    return found


def _is_program(value: object) -> bool:
    return isinstance(value, str) and "from pytest_monorepo" in value and "\n" in value


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_what_it_imports_is_there(path: Path) -> None:
    for module, name in imports(path.read_text(encoding="utf-8")):
        loaded = importlib.import_module(module)
        assert hasattr(loaded, name) or importlib.util.find_spec(f"{module}.{name}"), f"{module}.{name}"


@pytest.mark.parametrize(
    ("costs", "seconds", "limit"),
    [
        # nothing but the tests, of which each worker has ten projects' worth, and ten collections
        ((0, 0, 0, 0, 0, 0, 0, 0), 10 * (100 * 0.1 + 0.3), "workers"),
        # words pass the controller one by one
        ((15, 5, 0, 0, 1, 0, 0, 0), 10_000 * 0.02, "controller"),
        ((0, 1, 0, 5, 15, 0, 0, 0), 10_000 * 0.02, "scheduler"),
        # beside what there is to do without any
        ((15, 5, 250, 0, 1, 0, 0, 0), 10_000 * 0.02 / (1 - 0.25), "controller"),
        # and so do the projects
        ((0, 0, 0, 0, 0, 0, 2000, 0), 100 * 2.0, "controller"),
    ],
)
def test_a_simulated_run_takes_what_its_narrowest_place_takes(
    costs: tuple[float, ...], seconds: float, limit: str
) -> None:
    pytest.importorskip("resource", reason="measures processor time as POSIX does")
    scale = importlib.import_module("benchmarks.scale")
    parts = scale.Costs(scale.Share(*costs[:3]), scale.Share(*costs[3:6]), *costs[6:])
    found = scale.simulate(parts, 10, 10_000, 0.1, 100, 1)
    assert 0.999 * seconds < found.seconds < 1.2 * seconds
    assert found.limit == limit


def test_workers_of_one_node_share_its_notes() -> None:
    pytest.importorskip("resource", reason="measures processor time as POSIX does")
    scale = importlib.import_module("benchmarks.scale")
    parts = scale.Costs(scale.Share(0, 20, 0), scale.Share(0, 0, 0), 0, 0)
    alone, shared = (scale.simulate(parts, 10, 10_000, 0.1, 100, agent).seconds for agent in (1, 10))
    assert shared < 0.6 * alone


def test_the_parts_of_a_cost_come_from_three_runs() -> None:
    pytest.importorskip("resource", reason="measures processor time as POSIX does")
    scale = importlib.import_module("benchmarks.scale")
    cost = scale.Share(0.5, 0.25, 2.0)
    runs = [scale.Counts(2, 8, 80), scale.Counts(4000, 100, 20), scale.Counts(1000, 1000, 60)]
    found = scale.Share.among(*((cost.of(counts), counts) for counts in runs))
    assert (found.test, found.note, found.second) == pytest.approx((0.5, 0.25, 2.0))


def test_a_goal_that_is_missed_is_named_and_one_that_is_met_is_not() -> None:
    goals = importlib.import_module("benchmarks.goals")
    seconds = {"loop": 4.0, "xargs": 2.0, "ours": 1.0}
    assert [*goals.missed("M", seconds, "ours", {"loop": 0.25, "xargs": 0.5})] == []
    [line] = goals.missed("M", seconds, "ours", {"loop": 0.25, "xargs": 0.4})
    assert line == "MISSED M: ours takes 0.50 of xargs, the goal is 0.40"


def test_the_goals_are_for_ways_that_are_measured() -> None:
    pytest.importorskip("resource", reason="measures processor time as POSIX does")
    processes = importlib.import_module("benchmarks.processes")
    services = importlib.import_module("benchmarks.services")
    assert services.GOALS.keys() == {*services.KINDS}
    assert processes.GOALS.keys() <= {*processes.SIZES, "B"}
