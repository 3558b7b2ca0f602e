"""Soundness by mutation: over random changes to random workspaces, the selection misses no altered test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from .rendering import render
from .spellings import WALKS
from .trials import decision_for, failing, start, trials, write
from .world import MISSING, Member, Module, World, expected, main_test, needed, surroundings, total

SEEDS = 12
STEPS = 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_altered_project_is_missed(seed: int, tmp_path: Path) -> None:
    for trial in trials(tmp_path, seed, STEPS):
        assert not trial.missed, (
            f"{trial.done}: {sorted(trial.missed)} not selected: {trial.decision.selection.files}"
        )
        assert not trial.missed_files, f"{trial.done}: {sorted(trial.missed_files)} left out"
        assert trial.decision == trial.afresh, trial.done


@pytest.mark.slow
@pytest.mark.parametrize("seed", [101, 102])
def test_the_truth_is_what_pytest_reports(seed: int, tmp_path: Path) -> None:
    """The model behind the other test, checked by running: exactly the projects it says fail do."""
    (trial,) = trials(tmp_path, seed, 1)
    assert failing(tmp_path, trial.after) <= trial.needed
    assert MISSING not in [
        total(trial.before, key) for m in trial.before.members.values() for key in m.test_imports
    ]


@pytest.mark.sampled("way", "folder", first=False, one_in=5)
@pytest.mark.parametrize("folder", ["libs", "libs/low"])
@pytest.mark.parametrize("way", WALKS)
def test_each_way_to_go_through_code_finds_it_and_is_seen(way: str, folder: str, tmp_path: Path) -> None:
    low = Member("low", "libs/low", "hatch", "flat", "", {"m": Module(3)}, test_imports=[("low", "m")])
    high = Member("high", "services/high", "hatch", "flat", "", {"m": Module(5)}, walks=(folder, way))
    before = World({"low": low, "high": high})
    after = replace(before, members={"high": high, "low": replace(low, modules={"m": Module(4)})})
    files = render(before, expected(before))
    start(tmp_path, files)
    assert not failing(tmp_path, before)
    write(tmp_path, files, render(after, expected(before)))
    both = {"libs/low", "services/high"}
    assert failing(tmp_path, after) == needed(before, after) == both
    decision = decision_for(tmp_path)
    assert decision.selection.selected.keys() == both
    found = (decision.files or {})["services/high"]
    assert found.whole is None
    assert main_test(high) in found.files


@pytest.mark.parametrize(
    ("way", "own", "others"),
    [("requirements", True, True), ("conda", True, True), ("nox", True, False), ("code", False, False)],
)
def test_whose_installer_is_handed_a_file_of_versions(way: str, own: bool, others: bool) -> None:
    """Nobody runs a project's own ``noxfile.py`` to install the project for another one's tests."""
    low = Member("low", "libs/low", "hatch", "flat", "", {"m": Module(1)})
    high = Member("high", "libs/high", "hatch", "flat", "", {"m": Module(1)}, declared={"low": "runtime"})
    before = World({"low": low, "high": high}, named={"pins.txt": 1})
    after = replace(before, members={**before.members, "low": replace(low, names={"pins.txt": way})})
    for key, altered in (("low", own), ("high", others)):
        assert (surroundings(before, key) != surroundings(after, key)) is altered


@pytest.mark.parametrize(("style", "altered"), [("tox", False), ("pixi", False), ("hatch", True)])
def test_what_is_an_extra_only_where_there_are_extras(style: str, altered: bool) -> None:
    """``-e ../low`` in a ``requirements.txt`` is installed, whoever else brings it as well."""
    low = Member("low", "libs/low", "hatch", "flat", "", {"m": Module(1)}, pins=["attrs"])
    mid = Member("mid", "libs/mid", "hatch", "flat", "", {"m": Module(1)}, declared={"low": "runtime"})
    high = Member("high", "libs/high", style, "flat", "", {"m": Module(1)})
    high.declared = {"low": "extra", "mid": "runtime"}
    before = World({"low": low, "mid": mid, "high": high})
    after = replace(before, members={**before.members, "mid": replace(mid, declared={})})
    assert (surroundings(before, "high") != surroundings(after, "high")) is altered
