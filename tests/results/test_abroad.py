"""What a node of a cluster has read, against what there is here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.keeping import abroad
from pytest_monorepo.results.keeping.kept import Kept
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests, ignored
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.results.values.section import Section, merged

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def now(root: Path, **environ: str) -> Now:
    places = Places((("root", str(root)),))
    return Now(
        Current(Digests()), places, {"A": "1", "PWD": str(root), **environ}, b"key", ignored(("CI_*",))
    )


def trace(root: Path, **changed: Any) -> dict[str, Any]:
    return {
        "node": "n",
        "inputs": {"file": {f"{root}/empty": EMPTY}, "names": {str(root): ["empty"]}},
        "lookups": {str(root): {"m": []}},
        "variables": {"A": "1", "B": None},
        "facts": {},
        "environment": {"A": "1", "PWD": str(root)},
        "whole_environment": False,
        "suffixes": [".py"],
        "reasons": [],
        **changed,
    }


def kept(root: Path, **changed: Any) -> Section | str:
    return Kept(now(root)).section(merged([trace(root, **changed)]))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "empty").touch()
    return tmp_path


def test_what_is_the_same_is_kept_as_if_it_had_been_read_here(root: Path) -> None:
    found = kept(root)
    assert isinstance(found, Section)
    assert found.inputs == {"file": {"<root>/empty": EMPTY}, "names": {"<root>": ["empty"]}}
    assert found.lookups == {"<root>": {"m": []}}
    assert found.variables == {"A": now(root).keyed("A", "1"), "B": None}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"inputs": {"file": {"{}/empty": "0" * 64}}}, "empty"),
        ({"inputs": {"file": {"{}/empty": None}}}, "empty is only here"),
        ({"inputs": {"file": {"{}/more": EMPTY}}}, "more is only there"),
        ({"inputs": {"names": {"{}": []}}}, "./ is listed, and empty is only here"),
        ({"inputs": {"names": {"{}": ["empty", "x"]}}}, "./ is listed, and x is only there"),
        ({"inputs": {"stat": {"{}/empty": [1]}}}, "empty"),
        ({"lookups": {"{}": {"m": ["m.py"]}}}, "., where module m is looked for"),
        ({"variables": {"A": "2"}}, "variable A"),
        ({"variables": {"A": None}}, "variable A"),
        ({"variables": {"B": "1"}}, "variable B"),
        ({"facts": {"cpu_count": -1}}, "cpu_count"),
        (
            {"whole_environment": True, "environment": {"A": "1"}},
            "variable PWD, where all of them are read",
        ),
        (
            {"whole_environment": True, "environment": {"A": "1", "PWD": "{}", "X": ""}},
            "variable X, where all of them are read",
        ),
    ],
)
def test_what_differs_is_named_and_nothing_kept(root: Path, changed: dict[str, Any], words: str) -> None:
    assert kept(root, **_filled(changed, str(root))) == f"node n is not as this machine: {words}"


def _filled(data: Any, root: str) -> Any:
    if isinstance(data, dict):
        return {key.replace("{}", root): _filled(value, root) for key, value in data.items()}
    return data.replace("{}", root) if isinstance(data, str) else data


def test_variables_that_do_not_count_may_differ(root: Path) -> None:
    environment = {"A": "1", "PWD": str(root), "CI_JOB": "7", "PYTEST_XDIST_WORKER": "gw7"}
    variables = {"PYTEST_XDIST_WORKER": "gw7"}
    found = kept(root, whole_environment=True, environment=environment, variables=variables)
    assert isinstance(found, Section)


@pytest.mark.parametrize(
    ("here", "there", "words"),
    [
        ({}, {}, None),
        ({"LANG": "C"}, {"LANG": "C"}, None),
        ({"LANG": "C"}, {}, "LANG is another on node n"),
        ({}, {"PYTHONHASHSEED": "6640"}, "PYTHONHASHSEED is another on node n"),
        ({}, {"LD_PRELOAD": "x.so"}, "LD_PRELOAD is another on node n"),
        ({}, {"HOSTNAME": "n"}, None),
    ],
)
def test_variables_that_no_trace_tells_of(
    root: Path, here: dict[str, str], there: dict[str, str], words: str | None
) -> None:
    traces = [trace(root, environment={"A": "1", **there})]
    assert abroad.unlike(traces, now(root, **here)) == words
    assert abroad.unlike([{**traces[0], "node": ""}], now(root, **here)) is None
