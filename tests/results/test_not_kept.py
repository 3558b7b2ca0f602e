"""Where nothing was kept the next run says why, whatever kept it from that: a run in vain is no riddle."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.entries import whys
from pytest_monorepo.results.entries.store import Store
from pytest_monorepo.results.keeping.keeper import Keeper
from pytest_monorepo.results.replays.lookup import Lookup, Question
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.worker import protocol
from tests.run.space import Run, Space, replayed

from .test_loggers import asked_for

linux = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

ONE = "libs/a/tests/test_one.py"
PASSES = "def test(): pass"
BY_FILE = {"libs/a/pyproject.toml": "", ONE: PASSES, "libs/a/tests/test_two.py": PASSES}
"""A project of two files that have nothing to do with one another."""

Second = Callable[[tuple[str, ...]], Run]


def beside(files: Mapping[str, str], way: str) -> dict[str, str]:
    """The files of a project as those of one that stands beside it."""
    return {path.replace("libs/a/", f"libs/{way}/"): text for path, text in files.items()}


def told(run: Run, way: str) -> list[str]:
    """What the second run explains of a project, as if it were the only one."""
    lines = (line for line in run.lines if line.startswith((f"libs/{way} ", f"libs/{way}/")))
    return [line.replace(f"libs/{way}", "libs/a") for line in lines]


OF_A_FILE: dict[str, tuple[str, str]] = {
    "failure": ("def test(): assert 0", "failed last time"),
    "trace": ("import os\ndef test(): os.system('true')", "not kept, as last time: no complete trace: "),
    "clock": (
        "import time\ndef test(): time.time()",
        r"not kept, as last time: .*calls time\.time",
    ),
    "change": (
        "import pathlib\nhere = pathlib.Path(__file__).with_name('log.txt')\n"
        "def test():\n    here.exists()\n    here.write_text(str(here.exists()))",
        r"not kept last time: .*log\.txt changed while the tests ran",
    ),
}


@pytest.fixture(scope="module")
def of_a_file(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The second run of a workspace with a project for each row."""
    space = Space(tmp_path_factory.mktemp("ws") / "space")
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for way, (text, _) in OF_A_FILE.items():
        space.write(beside({**BY_FILE, ONE: text}, way))
    space.run("--cached")
    return space.run("--cached", "--cached-explain")


@linux
@pytest.mark.parametrize("way", OF_A_FILE)
def test_a_file_that_was_not_kept(of_a_file: Run, way: str) -> None:
    lines = told(of_a_file, way)
    cached = [line for line in lines if " cached from " in line]
    assert [line.split()[0] for line in cached] == ["libs/a/tests/test_two.py"], of_a_file.out
    assert any(re.search(rf"^{ONE} runs: {OF_A_FILE[way][1]}", line) for line in lines), lines


ONE_WITH = "import lib\ndef test(): lib.held.append(1); {}"
OF_ALL: dict[str, tuple[Mapping[str, str], tuple[str, ...], str]] = {
    "unit": (
        {
            "libs/a/tests/lib.py": "held = []",
            ONE: ONE_WITH.format("assert 0"),
            "libs/a/tests/test_two.py": ONE_WITH.format(""),
        },
        ("--workers=1",),
        r"libs/a/tests/test_two.py runs: is one with .*/test_one.py "
        r"\(.* leaves variables of lib\), which is not kept: failed last time",
    ),
    "whole": (
        {ONE: "def test(): assert 0", "libs/a/conftest.py": "def pytest_collection_modifyitems(): pass"},
        (),
        r"test_two.py runs: its project is one \(hook pytest_collection_modifyitems\), and .*: failed last",
    ),
    "collection": ({ONE: "import nothing_of_that_name"}, (), r"runs: could not be collected last time"),
    "exit-code": (
        {"libs/a/conftest.py": "def pytest_sessionfinish(session): session.exitstatus = 7"},
        (),
        r"runs: .*exit code 7 last time|runs: failed last time: ",
    ),
    "part": ({}, ("-k", "test"), r"^libs/a runs: not kept last time: -k is given"),
    "options": (
        {"libs/a/pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--junitxml=own.xml'\n"},
        (),
        r"^libs/a runs: not kept, as last time: no complete trace: writes a file for --junitxml",
    ),
    "stopped": (
        {"libs/a/tests/test_aaa.py": "def test(): assert 0"},
        ("-x",),
        r"runs: did not run to its end last time",
    ),
    "death": (
        {ONE: "import os\ndef test(): os._exit(3)"},
        (),
        r"^libs/a runs: (failed last time: |not kept(, as)? last time: a worker did not live to tell)",
    ),
}


@pytest.fixture(scope="module")
def of_all(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Second:
    """The second run of a workspace with a project for each row that has these words for the first."""

    @cache
    def second(words: tuple[str, ...]) -> Run:
        space = Space(tmp_path_factory.mktemp("ws") / "space")
        space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
        for way in asked_for(OF_ALL, request):
            files, given, _ = OF_ALL[way]
            if given == words:
                space.write(beside({**BY_FILE, **files}, way))
        space.run("--cached", *words)
        return space.run("--cached", "--cached-explain", *(word for word in words if word == "--workers=1"))

    return second


@linux
@pytest.mark.sampled("way", one_in=3)
@pytest.mark.parametrize("way", OF_ALL)
def test_a_project_of_which_nothing_was_kept(of_all: Second, way: str) -> None:
    _, words, why = OF_ALL[way]
    second = of_all(words)
    assert replayed(second) == 0, second.out
    lines = told(second, way)
    assert any(re.search(why, line) for line in lines), lines


@linux
def test_a_store_that_is_too_small_says_so(space: Space) -> None:
    space.write({**BY_FILE, "pyproject.toml": "[tool.pytest-monorepo]\ncached-size = 0.0001\n"})
    space.run("--cached")
    second = space.run("--cached", "--cached-explain")
    second.has(r"runs: not kept, as last time: it is more than cached-size lets the store hold")


@linux
def test_what_is_kept_at_last_is_not_said_to_be_not_kept(space: Space) -> None:
    """And an older result says both what has changed and why there is no newer one."""
    space.write({**BY_FILE, ONE: "def test(): assert 0"})
    space.run("--cached")
    space.write({ONE: PASSES})
    space.run("--cached")
    assert replayed(space.run("--cached")) == 2
    space.write({ONE: "def test(): assert 00"})
    failing = space.run("--cached", "--cached-explain")
    failing.has(rf"^{ONE} runs: {ONE} changed; not kept: failed$")
    last = space.run("--cached", "--cached-explain")
    last.has(rf"^{ONE} runs: {ONE} changed \(what ran since was not kept: failed last time\)")
    space.write({ONE: PASSES})
    assert replayed(space.run("--cached")) == 2


SKIPS = "import pytest, lib\n{}\npytest.skip('no', allow_module_level=True)"


@linux
@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_one_with_a_file_that_skips_all_of_itself_is_kept(space: Space, workers: int) -> None:
    """Nobody runs a test of it, so it was in no worker's hands: all that is one with it ran in vain."""
    sees = "import lib\ndef test(): assert lib.held"
    space.write({**BY_FILE, "libs/a/tests/lib.py": "held = []", "libs/a/tests/test_two.py": sees})
    space.write({ONE: SKIPS.format("lib.held.append(1)")})
    words = ("--cached", f"--workers={workers}")
    assert space.run(*words).code == 0
    second = space.run(*words)
    assert (second.code, replayed(second)) == (0, 1), second.out
    space.write({ONE: SKIPS.format("")})
    third = space.run(*words)
    assert (third.code, third.counts.get("failed")) == (1, 1), third.out


@linux
def test_a_file_without_tests_keeps_nobody_from_being_replayed(space: Space) -> None:
    """``test_entity.py`` is a helper: by its name it may have tests, and nothing is kept of it."""
    space.write({**BY_FILE, "libs/a/conftest.py": "def pytest_collection_modifyitems(): pass"})
    space.write({"libs/a/tests/test_entity.py": "WORD = 'a'", ONE: "import test_entity\ndef test(): pass"})
    assert space.run("--cached").code == 0
    again = space.run("--cached", "--cached-explain")
    assert (again.code, replayed(again)) == (0, 2), again.out
    again.has(r"^libs/a cached from")
    again.lacks("test_entity.py")
    space.write({"libs/a/tests/test_entity.py": "def test(): assert 0"})
    assert space.run("--cached").counts.get("failed") == 1


# -- what a whole run comes to only by accident


def question(tmp_path: Path) -> Question:
    current = Current(Digests.load(tmp_path / "digests.json"))
    places = Places.of(tmp_path, sys.executable)
    return Question("libs/a", "a" * 64, Now(current, places, {}, b"secret", frozenset()))


def trace(**more: Any) -> protocol.Traced:
    maps = ("inputs", "lookups", "variables", "facts", "environment", "asked")
    lists = ("suffixes", "reasons", "modules", "parts", "units", "effects", "looking")
    nothing: dict[str, Any] = {**{name: {} for name in maps}, **{name: [] for name in lists}}
    nothing.update(whole_environment=False, base="", ran=[ONE])
    return protocol.Traced({**nothing, "collection": dict(nothing), **more})


COLLECTED = protocol.Collected([f"{ONE}::test"], [])
RAN = (
    protocol.TestStarted(f"{ONE}::test", (ONE, 1, "test")),
    protocol.TestPassed(f"{ONE}::test", ["test", ONE], [0.0] * 9),
)
FINISHED = protocol.Finished(0, {})
OF_WORKERS: dict[str, tuple[tuple[Any, ...], str | None, str]] = {
    "nobody": ((), None, "no worker came to it last time"),
    "nobody, stopped": ((), "did not run to its end last time", "did not run to its end last time"),
    "death": ((COLLECTED, *RAN), None, "not kept last time: a worker did not live to tell what it read"),
    "problem": ((COLLECTED, *RAN, trace(), FINISHED), "failed last time: lost", "failed last time: lost"),
    "exit code": (
        (COLLECTED, *RAN, trace(), protocol.Finished(3, {})),
        None,
        "pytest ended with exit code 3 last time",
    ),
    "server": (
        (COLLECTED, *RAN, trace(base="/nowhere"), FINISHED),
        None,
        "not kept last time: what pytest and its plugins read as they start is not known: its trace is gone",
    ),
    "untold": (
        (COLLECTED, *RAN, trace(), FINISHED),
        None,
        "not kept last time: nothing was told of what it read",
    ),
    "coverage": (
        (COLLECTED, *RAN, trace(), protocol.Finished(0, {}, {"error": "no data"})),
        None,
        "its coverage could not be measured last time",
    ),
}


@pytest.mark.parametrize("way", OF_WORKERS)
def test_what_workers_did_not_tell(tmp_path: Path, way: str) -> None:
    said, problem, why = OF_WORKERS[way]
    asked, store = question(tmp_path), Store(tmp_path / "store")
    keeper = Keeper(store, {"libs/a": asked})
    for message in said:
        keeper.heard("libs/a", 1, message)
    keeper.done("libs/a", problem)
    keeper.finish()
    assert Lookup(store, 1e9).ask(asked, ONE).reasons == (why,)


KEPT_SINCE: dict[str, tuple[dict[str, str], dict[str, str], list[str], dict[str, str]]] = {
    "kept now": ({ONE: "x"}, {}, [ONE], {}),
    "another ran": ({ONE: "x"}, {"b": "y"}, ["b"], {ONE: "x", "b": "y"}),
    "all": ({ONE: "x"}, {whys.ALL: "y"}, [ONE], {whys.ALL: "y"}),
    "no more all": ({whys.ALL: "y"}, {}, [ONE], {}),
    "a part says less": ({ONE: "x"}, {whys.PART: "y"}, [ONE], {ONE: "x"}),
    "a part": ({}, {whys.PART: "y"}, [ONE], {whys.PART: "y"}),
    "no more a part": ({whys.PART: "y"}, {ONE: "x"}, [ONE], {ONE: "x"}),
}


@pytest.mark.parametrize("way", KEPT_SINCE)
def test_what_is_known_after_another_run(way: str) -> None:
    known, now, ran, after = KEPT_SINCE[way]
    assert whys.after(known, now, ran) == after


DAMAGED: list[Callable[[Store], None]] = [
    lambda store: store.write_whys("a" * 64, b"no json"),
    lambda store: store.write_whys("a" * 64, b"[1]"),
]


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_damaged_says_nothing(tmp_path: Path, damage: Callable[[Store], None]) -> None:
    asked, store = question(tmp_path), Store(tmp_path / "store")
    damage(store)
    assert Lookup(store, 1e9).ask(asked, ONE).reasons == (asked.unknown,)


@linux
def test_what_was_kept_with_cached_clock_is_not_replayed_without_it(space: Space) -> None:
    space.write({ONE: "import time\ndef test(): time.time()", "libs/a/pyproject.toml": ""})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\ncached-clock = true\n"})
    space.run("--cached")
    assert "1 cached" in space.run("--cached").out
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    assert "cached" not in space.run("--cached").lines[-1]
