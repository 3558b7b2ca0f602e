from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from pytest_monorepo.reports.run_model import Outcome, TestRun
from pytest_monorepo.reports.terminal.flaky import flaky
from tests.run.space import Space

ONCE = """
    tries = []

    def test_once_is_not_enough():
        tries.append(1)
        assert len(tries) > 1, "too early"

    def test_fine():
        pass
"""
PARTS = """
    tries = []

    def test_parts(subtests):
        tries.append(1)
        with subtests.test("one"):
            assert len(tries) > 1
"""
NEVER = "def test_never():\n    assert 0\n"
# What a rerunning plugin of the project's environment does, seen from the controller: reports of an outcome
# that no plugin there knows.
RERUNS = """
    import pytest
    from _pytest.runner import runtestprotocol

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for last in (False, True):
            reports = runtestprotocol(item, nextitem=nextitem, log=False)
            failed = any(report.failed for report in reports)
            for report in reports:
                if report.failed and not last:
                    report.outcome = "rerun"
                item.ihook.pytest_runtest_logreport(report=report)
            if not failed:
                break
            item._initrequest()
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""


@pytest.mark.parametrize(
    ("outcome", "reruns", "expected"),
    [
        ("passed", 1, True),
        ("passed", 0, False),
        ("failed", 2, False),
        ("error", 1, False),
        ("skipped", 1, True),
    ],
)
def test_flaky_is_what_failed_and_did_not_fail_again(outcome: Outcome, reruns: int, expected: bool) -> None:
    test = TestRun("core", "core/t.py", "test_a", outcome, reruns=reruns)
    assert flaky([test]) == ([test] if expected else [])


@pytest.fixture
def space(tmp_path: Path) -> Space:
    space = Space(tmp_path / "space")
    space.root.mkdir()
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.projects({"core": ONCE, "ml": "def test_fine(): pass"})
    space.write({"core/conftest.py": RERUNS})
    return space


def test_a_flaky_test_is_named_and_passes(space: Space) -> None:
    run = space.run("-v", "--junitxml=junit.xml")
    assert run.code == 0
    run.has("test_once_is_not_enough RERUN", "test_once_is_not_enough PASSED")
    run.has("= flaky tests =", r"^flaky: core/tests/test_main.py::test_once_is_not_enough \(passed after 1 ")
    run.has(r"3 passed, 1 rerun in")
    run.lacks("FAIL")
    assert run.junit is not None
    found = [case for case in ET.parse(run.junit).iter("testcase") if "once" in str(case.get("name"))]
    assert [[child.tag for child in case] for case in found] == [["flakyFailure"]]


def test_its_letter_is_not_that_of_a_failure(space: Space) -> None:
    space.run("--project=core").has(r"^core/tests/test_main.py R\.\. ")


def test_a_workspace_may_fail_for_it(space: Space) -> None:
    space.write({"pyproject.toml": '[tool.pytest-monorepo]\nflaky = "fail"\n'})
    run = space.run()
    assert run.code == 1
    run.has("^flaky: core/", r'^FAIL 1 flaky test: flaky = "fail" in \[tool.pytest-monorepo\]$')
    assert space.run("--project=ml").code == 0


def test_what_failed_every_time_is_failed_and_not_flaky(space: Space) -> None:
    space.write({"core/tests/test_main.py": NEVER})
    run = space.run("--junitxml=junit.xml")
    assert run.code == 1
    run.lacks("flaky")
    assert run.junit is not None
    (case,) = (case for case in ET.parse(run.junit).iter("testcase") if case.get("name") == "test_never")
    assert [child.tag for child in case] == ["failure", "rerunFailure"]


@pytest.mark.skipif(
    importlib.util.find_spec("pytest_rerunfailures") is None, reason="pytest-rerunfailures is not installed"
)
@pytest.mark.parametrize("where", ["everywhere", "project", "project beside xdist"])
def test_pytest_rerunfailures(space: Space, where: str) -> None:
    (space.root / "core/conftest.py").unlink()
    if parts := importlib.util.find_spec("_pytest.subtests") is not None:
        space.write({"core/tests/test_parts.py": PARTS})
    if where == "everywhere":
        run = space.run("-p", "pytest_rerunfailures", "--reruns=2")
    else:
        xdist = "-p xdist " if where.endswith("xdist") else ""
        space.write({"core/pytest.ini": f"[pytest]\naddopts = {xdist}-p pytest_rerunfailures --reruns 2\n"})
        run = space.run()
    assert run.code == 0
    run.has("^flaky: core/tests/test_main.py::test_once_is_not_enough")
    # the subtest that failed counts no more, also in the table of projects (findings/rerun-subtest.sh)
    run.has("4 passed, 2 rerun in" if parts else "3 passed, 1 rerun in")
    run.has(f"^core +{3 if parts else 2} +[0-9.]+s")
