"""pytest's percentages over projects that collect while others run."""

from __future__ import annotations

import random

import pytest

from pytest_monorepo.run.state.percent import Percent
from pytest_monorepo.run.state.projects import Progress
from pytest_monorepo.workspace.model import Project


def project(name: str, files: int = 1, expected: int = 0) -> Progress:
    return Progress(Project(name, name, test_files=tuple(f"{name}/{n}.py" for n in range(files))), expected)


def shown(percent: Percent, total: int) -> int:
    return 100 * len(percent.told) // total


def test_without_history_other_projects_say_how_many_tests_a_file_has() -> None:
    a, b = project("a", files=2), project("b", files=3)
    a.collected = 8
    assert Percent().total([a, b]) == 8 + 12


def test_what_earlier_runs_counted_is_believed() -> None:
    a, b = project("a"), project("b", expected=90)
    a.collected = 10
    assert Percent().total([a, b]) == 100


def test_what_nobody_runs_any_more_is_not_waited_for() -> None:
    a, b, percent = project("a"), project("b"), Percent()
    a.collected, b.collected = 5, 20
    percent.told.update(f"a::{n}" for n in range(4))
    assert shown(percent, percent.total([a, b])) == 16
    b.unrun = 20
    percent.fewer()
    percent.told.add("a::4")
    assert shown(percent, percent.total([a, b])) == 100


def test_what_is_replayed_after_what_runs_is_counted_from_the_beginning() -> None:
    one, percent = project("a"), Percent()
    one.collected, one.beside = 5, 4
    percent.told.update(f"a::{n}" for n in range(5))
    assert shown(percent, percent.total([one])) == 55
    one.collected, one.beside = 9, 0
    percent.told.update(f"a::{n}" for n in range(9))
    assert shown(percent, percent.total([one])) == 100


@pytest.mark.parametrize("seed", range(200))
def test_percentages_never_fall_and_end_at_100(seed: int) -> None:
    chance = random.Random(seed)
    sizes = [chance.choice([0, 1, 2, 5, 40]) for _ in range(chance.randint(1, 8))]
    projects = [
        project(f"p{n}", chance.randint(1, 4), chance.choice([0, 0, size, size // 2, 3 * size]))
        for n, size in enumerate(sizes)
    ]
    percent, said = Percent(), [0]
    waiting, running = list(zip(projects, sizes, strict=True)), [("", 0)]
    while waiting or running:
        if waiting and (not running or chance.random() < 0.3):
            one, size = waiting.pop(0)
            one.collected = size
            running += [(one.project.path, n) for n in range(size)]
        elif running:
            name, n = running.pop(chance.randrange(len(running)))
            if name:
                percent.told.add(f"{name}::{n}")
        said.append(shown(percent, percent.total(projects)))
        left = sum(sizes) - len(percent.told)
        assert said[-1] < 100 or not left or not sum(sizes)
    assert said == sorted(said)
    assert said[-1] == (100 if sum(sizes) else 0)
    assert percent.total(projects) == max(sum(sizes), 1)
