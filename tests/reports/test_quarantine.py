"""Tests in quarantine: they run, are told apart, and fail no run; what is not theirs fails it as ever."""

from __future__ import annotations

import datetime
import functools
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.quarantine import Entry
from pytest_monorepo.reports.run_model import Detail, TestRun
from pytest_monorepo.reports.terminal.quarantine import told
from tests.run.space import Space

TODAY = datetime.date.today()
SOON = (TODAY + datetime.timedelta(days=9)).isoformat()
PAST = (TODAY - datetime.timedelta(days=1)).isoformat()
SHAKY = """
    import pytest

    @pytest.fixture(scope="module")
    def shared():
        yield
        {teardown}

    @pytest.fixture
    def own():
        yield
        assert not "own end"

    def test_call(): assert not "in its call"
    def test_setup(no_such_fixture): pass
    @pytest.mark.parametrize("n", [1, 2])
    def test_some(n): assert n == 1
    def test_end(own): pass
    def test_calm(): pass
    def test_last(shared): pass
"""
SHAKY_TESTS = ("test_call", "test_setup", "test_some", "test_end", "test_calm", "test_last")


def entries(*tests: str, until: str = SOON) -> str:
    return "".join(
        f'[tool.pytest-monorepo.quarantine."{name}"]\nowner = "@ml"\nreason = "slow disk"\nuntil = {until}\n'
        for name in tests
    )


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "space")
    space.root.mkdir()
    space.projects({"shaky": SHAKY.format(teardown="pass"), "calm": "def test_fine(): pass"})
    quarantine(space, *SHAKY_TESTS)
    return space


def quarantine(space: Space, *names: str, until: str = SOON) -> None:
    tests = [f"shaky/tests/test_main.py::{name}" for name in names]
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n" + entries(*tests, until=until)})


def test_a_run_passes_with_them_and_tells_them_apart(space: Space) -> None:
    run = space.run("-x", "--junitxml=junit.xml")
    assert run.code == 0
    run.has(
        r"^shaky/tests/test_main.py qq\.q\.q\.\. ",
        r"= quarantine =",
        r"^quarantined: shaky/tests/test_main.py::test_call - Assert.*: slow disk \(@ml, until 20",
        r"^quarantined: shaky/tests/test_main.py::test_some\[2\] - ",
        r"^quarantined: 1 test of shaky/tests/test_main.py::test_calm passed: slow disk",
        r"^project +passed +quarantined ",
        r"5 passed, 4 quarantined in",
    )
    run.lacks("FAILURES", "ERRORS", "^FAILED", "no test of this workspace")
    assert run.junit is not None
    suites = list(ET.parse(run.junit).iter("testsuite"))
    assert {(suite.get("failures"), suite.get("errors")) for suite in suites} == {("0", "0")}
    assert space.run("--lf", "--co", "-q").out.count("::test_") == 8  # nothing failed last


def test_one_project_alone_every_way_to_run(space: Space) -> None:
    """The exit code of the project's own pytest is the run's there."""
    for words in (
        ["shaky", "-v"],
        ["shaky", "--monorepo-start=spawn"],
        ["--workers=2", "--monorepo-split=test"],
    ):
        run = space.run(*words)
        assert run.code == 0, words
        run.has("4 quarantined")
    space.run("shaky", "-v").has("test_call QUARANTINED", "in its call")


def test_what_is_not_theirs_fails_the_run(space: Space) -> None:
    """The end of a shared fixture is told of the last test, in quarantine or not."""
    space.write({"shaky/tests/test_main.py": SHAKY.format(teardown="assert not 'shared end'")})
    run = space.run()
    assert run.code == 1
    run.has("^ERROR shaky/tests/test_main.py::test_last - ", "5 passed, 4 quarantined, 1 error|1 error")
    space.write({"shaky/tests/test_main.py": "import no_such_module\n"})
    quarantine(space, "*")
    assert space.run().code == 1  # a file that cannot be imported is no flaky test


def test_an_entry_past_its_day_fails_as_before(space: Space) -> None:
    quarantine(space, "test_call", until=PAST)
    run = space.run("shaky", "-k", "call")
    assert run.code == 1
    run.has(r"^quarantine is over: .*test_call: slow disk .*; 1 test failed: mend the", "^FAILED .*test_call")


def test_a_test_that_kills_its_worker_is_excused_too(space: Space) -> None:
    space.write({"shaky/tests/test_main.py": "import os\ndef test_call(): os._exit(3)\ndef test_b(): pass\n"})
    run = space.run("shaky", "-x")
    assert run.code == 0
    run.has("^quarantined: .*test_call - worker ended while running", "1 passed, 1 quarantined")


def test_shards_and_their_merge(space: Space) -> None:
    assert [space.run(f"--shard={n}/2").code for n in (1, 2)] == [0, 0]
    run = space.run("--monorepo-merge=monorepo-shards")
    assert run.code == 0
    run.has("^quarantined: .*test_call - ", "5 passed, 4 quarantined")


def test_they_are_never_replayed_and_no_flaky_rule_fails_them(space: Space) -> None:
    text = (space.root / "pyproject.toml").read_text("utf-8").replace("\n", '\nflaky = "fail"\n', 1)
    space.write({"pyproject.toml": text})
    assert space.run("--cached=on").code == 0
    run = space.run("--cached=on", "--cached-explain=why.txt")
    assert run.code == 0
    run.has("4 quarantined")
    assert "in quarantine failed last time" in (space.root / "why.txt").read_text("utf-8")
    space.write({"shaky/conftest.py": RERUN})
    run = space.run("--no-cached")
    assert run.code == 0
    run.has("^quarantined: .*test_call")
    run.lacks("^FAIL")


RERUN = """
    import pytest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item, call):
        report = yield
        if item.name == "test_call" and report.failed and not hasattr(item, "again"):
            item.again = True
            report.outcome = "rerun"
            item.ihook.pytest_runtest_logreport(report=report)
            report.outcome = "failed"
        return report
"""


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("a.py", "{}", "'a.py' names no test; write FILE::TEST, or FILE::* for all tests of a file"),
        ("a.py::t", "3", '."a.py::t"] must be a table, not 3'),
        ("a.py::t", '{reason = "r", until = "2020-01-01"}', "'owner' is missing; add owner = "),
        ("a.py::t", '{owner = "o", until = "2020-01-01"}', "'reason' is missing; add reason = "),
        ("a.py::t", '{owner = "o", reason = "r"}', "'until' is missing; add until = 2"),
        ("a.py::t", '{owner = "o", reason = "r", until = "soon"}', "a day, like 2026-12-24, not 'soon'"),
        ("a.py::t", '{owner = "o", reason = "r", until = 2020-01-01T00:00:00}', "a day, like"),
        ("a.py::t", '{owner = "o", reason = "r", until = 2999-01-01}', "at most 30 days from today ("),
        ("a.py::t", '{owner = "", reason = "r", until = 2020-01-01}', "'owner' must be a non-empty string"),
        ("a.py::t", '{owner = "o", reason = "r", untill = 2020-01-01}', "unknown key 'untill'; did you mean"),
    ],
)
def test_what_an_entry_must_be(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    from pytest_monorepo.errors import SettingsError
    from pytest_monorepo.settings import load

    (tmp_path / "pyproject.toml").write_text(
        f"[tool.pytest-monorepo.quarantine]\n{json.dumps(name)} = {value}\n", "utf-8"
    )
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    assert complaint in str(caught.value)
    assert all(line.startswith("pyproject.toml: [tool.pytest-") for line in str(caught.value).splitlines())


def _counted(runs: tuple[int, int], tests: Callable[[str], bool]) -> tuple[int, int]:
    return runs if tests("a.py::t[1]") else (0, 0)


def test_the_lines() -> None:
    entry = Entry("a.py::t", "@ml", "slow disk", TODAY)
    tests = [TestRun("a", "a.py", "t[1]", "quarantined", detail=Detail("boom\nbang"))]
    tests.append(TestRun("a", "a.py", "t[2]", "passed"))
    words = f"slow disk (@ml, until {TODAY.isoformat()})"
    assert [line for line, _ in told([entry], tests, TODAY, whole=True)] == [
        f"quarantined: a.py::t[1] - boom: {words}",
        f"quarantined: 1 test of a.py::t passed: {words}",
    ]
    for runs, proposed in (((20, 0), "passed its last 20 runs: remove"), ((0, 5), "broken, not flaky")):
        counted = functools.partial(_counted, runs)
        said = [line for line, _ in told([entry], tests, TODAY, whole=True, runs_of=counted)]
        assert proposed in said[-1]
    assert len([*told([entry], tests, TODAY, whole=True, runs_of=functools.partial(_counted, (19, 4)))]) == 2
    tomorrow = TODAY + datetime.timedelta(days=1)
    (over,) = (line for line, _ in told([entry], tests, tomorrow, whole=True))
    assert over.startswith(f"quarantine is over: a.py::t: {words}: mend")
    assert [line for line, _ in told([entry], [], TODAY, whole=False)] == []
    (gone,) = (line for line, _ in told([entry], [], TODAY, whole=True))
    assert gone == "quarantined: a.py::t names no test of this workspace: remove it or put it right"
