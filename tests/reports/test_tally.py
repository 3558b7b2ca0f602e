from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo import hookspecs
from pytest_monorepo.hookspecs import ProjectRun
from pytest_monorepo.reports.run_model import RunReport, TestRun
from pytest_monorepo.reports.tally import Tally
from pytest_monorepo.workspace.model import Project, Workspace

pytest_plugins = ["pytester"]

CORE, ML = Project("libs/core", "core"), Project("libs/ml", "ml")


@dataclass(eq=False)
class Registered:
    """Puts a tally into an inner pytest, as the plugin does in the controller."""

    root: Path
    made: list[Tally] = field(default_factory=list)

    def pytest_addhooks(self, pluginmanager: pytest.PytestPluginManager) -> None:
        pluginmanager.add_hookspecs(hookspecs)

    def pytest_configure(self, config: pytest.Config) -> None:
        self.made.append(Tally(config, Workspace(self.root, (CORE, ML))))
        config.pluginmanager.register(self.made[0])


Run = Callable[..., RunReport]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    # pytest-asyncio would warn of its own settings in each of these sessions
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    """Runs files (path → source) in an inner pytest and hands back what was tallied."""

    def inner(*args: str, **files: str) -> RunReport:
        for name, source in files.items():
            path = pytester.path / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        registered = Registered(pytester.path)
        pytester.inline_run("-p", "no:monorepo", "--import-mode=importlib", *args, plugins=[registered])
        return registered.made[0].report()

    return inner


def by_name(report: RunReport) -> dict[str, TestRun]:
    return {test.name or test.file: test for test in report.tests}


def counts(report: RunReport, project: str) -> dict[str, int]:
    return dict(next(p for p in report.projects if p.path == project).counts)


def test_tests_are_counted_for_the_project_that_owns_their_file(run: Run) -> None:
    report = run(
        libs__core__test_a="def test_a(): pass", libs__ml__test_b="def test_b(): pass\ndef test_c(): 1 / 0"
    )
    assert counts(report, "libs/core") == {"passed": 1}
    assert counts(report, "libs/ml") == {"passed": 1, "failed": 1}
    assert by_name(report)["test_c"].nodeid == "libs/ml/test_b.py::test_c"
    assert report.exitstatus == 1


OUTCOMES = """
import pytest

def test_passed(): pass
def test_failed(): assert 1 == 2
@pytest.fixture
def broken(): raise ValueError("no base")
def test_error(broken): pass
@pytest.fixture
def leaky():
    print("from the setup")
    yield
    print("from the teardown")
    raise ValueError("leak")
def test_torn(leaky): pass
def test_twice(leaky): assert 0, "first"
@pytest.mark.skip(reason="no GPU")
def test_skipped(): pass
@pytest.mark.xfail(reason="known")
def test_xfailed(): assert 0
@pytest.mark.xfail(reason="known")
def test_xpassed(): pass
@pytest.mark.xfail(reason="known", strict=True)
def test_strict(): pass
"""


def test_outcomes_are_sorted_as_pytests_terminal_sorts_them(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run(libs__core__test_a=OUTCOMES)
    assert {name: test.outcome for name, test in by_name(report).items()} == {
        "test_passed": "passed",
        "test_failed": "failed",
        "test_error": "error",
        "test_torn": "error",
        "test_twice": "error",
        "test_skipped": "skipped",
        "test_xfailed": "xfailed",
        "test_xpassed": "xpassed",
        "test_strict": "failed",
    }
    last = capsys.readouterr().out.splitlines()[-1]
    found = counts(report, "libs/core")
    for category, number in found.items():
        assert f"{number} {category}" in last.replace("errors", "error")
    assert found == {"failed": 3, "passed": 2, "skipped": 1, "xfailed": 1, "xpassed": 1, "error": 3}
    assert report.projects[0].tests == 9


def test_a_test_that_was_interrupted_has_not_passed(run: Run) -> None:
    report = run(
        libs__core__test_c="import pytest\ndef test_a(): pass\ndef test_b(): pytest.exit('enough')\n"
        "def test_c(): pass\n"
    )
    assert [test.name for test in report.tests] == ["test_a"]


def test_text_is_kept_only_for_what_did_not_pass(run: Run) -> None:
    tests = by_name(run(libs__core__test_a=OUTCOMES))
    assert tests["test_passed"].detail is None
    failed = tests["test_failed"].detail
    assert failed is not None
    assert failed.message == "assert 1 == 2"
    assert "def test_failed(): assert 1 == 2" in failed.text
    skipped, xfailed = tests["test_skipped"].detail, tests["test_xfailed"].detail
    assert skipped is not None
    assert xfailed is not None
    assert (skipped.message, xfailed.message) == ("no GPU", "known")


def test_a_test_that_fails_twice_tells_both_and_all_it_printed(run: Run) -> None:
    detail = by_name(run(libs__core__test_a=OUTCOMES))["test_twice"].detail
    assert detail is not None
    assert "first" in detail.message
    assert "leak" in detail.message
    assert [(section.title, section.text) for section in detail.sections] == [
        ("Captured stdout setup", "from the setup\n"),
        ("Captured stdout teardown", "from the teardown\n"),
    ]


def test_a_file_that_fails_to_import_is_an_error_without_a_test(run: Run) -> None:
    report = run(libs__core__test_a="import nothing_like_it")
    assert counts(report, "libs/core") == {"error": 1}
    assert report.projects[0].tests == 0
    (test,) = report.tests
    assert (test.file, test.name, test.outcome) == ("libs/core/test_a.py", "", "error")
    assert test.detail is not None
    assert "nothing_like_it" in test.detail.message


def test_a_file_skipped_as_a_whole_is_a_skip_with_its_reason(run: Run) -> None:
    report = run(libs__core__test_a="import pytest\npytest.skip('not here', allow_module_level=True)")
    assert counts(report, "libs/core") == {"skipped": 1}
    assert report.tests[0].detail is not None
    assert report.tests[0].detail.message == "not here"


def test_parameters_with_colons_stay_in_the_name(run: Run) -> None:
    source = (
        "import pytest as p\n@p.mark.parametrize('x', ['a::b'])\nclass TestIt:\n  def test_it(self, x): pass"
    )
    (test,) = run(libs__core__test_a=source).tests
    assert (test.file, test.name) == ("libs/core/test_a.py", "TestIt::test_it[a::b]")


def test_durations_are_the_sum_of_a_tests_phases(run: Run) -> None:
    source = "import time\nimport pytest\n@pytest.fixture\ndef slow(): time.sleep(0.02)\n"
    source += "def test_it(slow): time.sleep(0.02)"
    before = time.time()
    (test,) = run(libs__core__test_a=source).tests
    after = time.time()
    assert 0.04 <= test.duration <= after - before
    assert before <= test.started <= after


def test_warnings_count_for_their_project(run: Run) -> None:
    warns = "import warnings\ndef test_a(): warnings.warn('old')"
    report = run("-W", "default", libs__core__test_a=warns, libs__ml__test_b="def test_b(): pass")
    assert {p.path: p.warnings for p in report.projects} == {"libs/core": 1, "libs/ml": 0}
    ((warned,), _) = (p.warned for p in report.projects)
    assert (warned.category, warned.message, warned.count) == ("UserWarning", "old", 1)
    assert warned.place.startswith("libs/core/")


def test_options_that_leave_tests_out_are_named(run: Run) -> None:
    report = run(
        "-k", "one", "-m", "not slow", libs__core__test_a="def test_one(): pass\ndef test_two(): pass"
    )
    assert report.filters == ("-k one", "-m not slow")
    assert len(report.tests) == 1


def test_a_plugins_own_category_counts_and_its_rerun_leaves_no_trace(run: Run) -> None:
    source = """
import pytest
tries = []
def test_flaky():
    tries.append(1)
    assert len(tries) > 1
"""
    conftest = """
from _pytest.runner import runtestprotocol
def pytest_runtest_protocol(item, nextitem):
    first = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in first:
        report.outcome = "rerun" if report.failed else report.outcome
        item.ihook.pytest_runtest_logreport(report=report)
    for report in runtestprotocol(item, nextitem=nextitem, log=False):
        item.ihook.pytest_runtest_logreport(report=report)
    return True
def pytest_report_teststatus(report):
    if report.outcome == "rerun":
        return "rerun", "R", "RERUN"
"""
    report = run(conftest=conftest, libs__core__test_a=source)
    (test,) = report.tests
    assert (test.outcome, test.reruns, test.detail) == ("passed", 1, None)
    assert counts(report, "libs/core") == {"rerun": 1, "passed": 1}


def test_output_beyond_measure_is_shortened_in_the_middle_and_says_so(run: Run) -> None:
    source = "def test_it():\n    print('first'); print('x' * 2_000_000); print('last'); assert 0"
    (test,) = run(libs__core__test_a=source).tests
    assert test.detail is not None
    text = test.detail.sections[0].text
    assert len(text) < 600_000
    assert text.startswith("first")
    assert text.endswith("last\n")
    assert "characters left out ..." in text


def test_a_finished_projects_facts_come_from_its_run(pytestconfig: pytest.Config) -> None:
    tally = Tally(pytestconfig, Workspace(Path("/somewhere/acme"), (CORE, ML)))
    tally.pytest_monorepo_project_start(CORE)
    tally.pytest_monorepo_project_start(ML)
    run = ProjectRun("libs/core", 10.0, 12.5, None, deselected=3, error="killed by signal 9", worker="gw1")
    tally.pytest_monorepo_project_finish(CORE, run)
    core, ml = tally.projects()
    assert (core.duration, core.error, core.deselected, core.worker, core.ok) == (
        2.5,
        "killed by signal 9",
        3,
        "gw1",
        False,
    )
    assert ml.exitstatus is None
    assert tally.report().name == "acme"


@pytest.mark.parametrize(("exitstatus", "not_run"), [(0, 0), (2, 3), (None, 3)])
def test_what_a_stopped_project_did_not_run_is_counted(
    pytestconfig: pytest.Config, exitstatus: int | None, not_run: int
) -> None:
    tally = Tally(pytestconfig, Workspace(Path("/repo"), (CORE,)))
    run = ProjectRun("libs/core", 10.0, 12.5, exitstatus, collected=3)
    tally.pytest_monorepo_project_finish(CORE, run)
    assert tally.projects()[0].not_run == not_run


def test_100_000_passing_tests_stay_small(pytestconfig: pytest.Config) -> None:
    import tracemalloc

    tally = Tally(pytestconfig, Workspace(Path("/somewhere/acme"), (CORE, ML)))
    tracemalloc.start()
    for number in range(5_000):
        nodeid = f"libs/core/tests/test_part{number % 50}.py::test_number[{number}]"
        for when in ("setup", "call", "teardown"):
            report = pytest.TestReport(
                nodeid, ("f", 1, "d"), {}, "passed", None, when, [("out", "x" * 1000)], 0.1, 1.0, 2.0
            )
            tally.pytest_runtest_logreport(report)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 5_000 * 600, "60 MB for 100,000 tests"
    assert tally.projects()[0].counts == {"passed": 5_000}


def test_reports_of_tests_that_run_at_the_same_time_go_to_their_own(pytestconfig: pytest.Config) -> None:
    tally = Tally(pytestconfig, Workspace(Path("/w"), (CORE, ML)))
    tests = "libs/core/t.py::one", "libs/ml/t.py::two", "libs/core/t.py::three"
    for when, start in ("setup", 5.0), ("call", 3.0), ("teardown", 0.0):
        for number, nodeid in enumerate(tests):
            values: Any = (nodeid, ("f", 1, "d"), {}, "passed", None, when, (), 0.5, start, 9.0)
            report = pytest.TestReport(*values)
            vars(report)["monorepo_lane"] = f"gw{number}"
            tally.pytest_runtest_logreport(report)
    found = {test.name: test for test in tally.report().tests}
    assert [found[name].worker for name in ("one", "two", "three")] == ["gw0", "gw1", "gw2"]
    assert {(test.duration, test.started, test.outcome) for test in found.values()} == {(1.5, 3.0, "passed")}
    assert [project.counts for project in tally.projects()] == [{"passed": 2}, {"passed": 1}]


def test_a_project_that_only_a_report_names_took_no_time(pytestconfig: pytest.Config) -> None:
    tally = Tally(pytestconfig, Workspace(Path("/w"), (CORE, ML)))
    tally.pytest_collectreport(pytest.CollectReport("libs/core", "failed", "why", []))
    assert tally.projects()[0].duration < 60
