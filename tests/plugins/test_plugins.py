"""Each plugin of the table, from the package index, on two projects: alone in each, and all in one run."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from tests.patience import MINUTES
from tests.run.space import Run, Space

from . import rows
from .rows import PASSING, ROWS, Row

pytestmark = pytest.mark.slow

UNUSED = "# serializer version: 1\n# name: test_gone\n  1\n# ---\n"
PROJECTS = ("libs/a", "libs/b")
MAIN = "tests/test_main.py"


def need(row: Row) -> None:
    """Skip, and say which distribution is missing."""
    if not row.distribution.startswith("pytest ("):  # what pytest has by itself
        try:
            importlib.metadata.version(row.distribution)
        except importlib.metadata.PackageNotFoundError:
            pytest.skip(f"{row.distribution} is not installed: see the dependency group 'plugins'")


class Pair:
    """A row's workspace and its two ways to run."""

    def __init__(self, space: Space, row: Row) -> None:
        self.space = space
        self.row = row
        for path in PROJECTS:
            space.write(rows.project_files(row, path))

    @property
    def loaded(self) -> list[str]:
        return [word for name in self.row.load for word in ("-p", name)]

    def alone(self, *args: str, project: str = "libs/a") -> Run:
        """``cd project && pytest``."""
        words = [*self.loaded, *self.row.args, *args]
        return self.space.plain(*words, "--junitxml=out.xml", cwd=project, env=self.row.env)

    def together(self, *args: str, env: dict[str, str] | None = None) -> Run:
        """``pytest --monorepo``."""
        words = [*self.loaded, *self.row.args, *args]
        return self.space.run(*words, "--junitxml=out.xml", env={**self.row.env, **(env or {})})

    def read(self, path: str) -> str:
        return (self.space.root / path).read_text(encoding="utf-8")

    def has(self, path: str) -> bool:
        return (self.space.root / path).exists()


def pair(space: Space, distribution: str) -> Pair:
    row = rows.of(distribution)
    need(row)
    return Pair(space, row)


def doubled(alone: Run) -> dict[str, str]:
    """What a run over both projects must say, from a run in one of them."""
    return {
        f"{p.replace('/', '.')}.{name}": outcome for p in PROJECTS for name, outcome in alone.cases.items()
    }


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_outcomes_are_those_of_pytest_in_each_project(space: Space, row: Row) -> None:
    need(row)
    both = Pair(space, row)
    alone = both.alone()
    together = both.together()
    assert alone.cases
    assert together.cases == doubled(alone)
    assert together.code == alone.code, together.out


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_split_outcomes_are_those_of_pytest_in_the_project(space: Space, row: Row) -> None:
    need(row)
    both = Pair(space, row)
    space.write({f"{path}/tests/test_second.py": rows.second_file(row) for path in PROJECTS})
    alone = both.alone()
    together = both.together("--workers=4", "--monorepo-split=file")
    assert together.cases == doubled(alone)
    assert together.code == alone.code, together.out


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_with_nothing_to_run_and_in_a_list_it_ends_and_warns_as_alone(space: Space, row: Row) -> None:
    need(row)
    both = Pair(space, row)
    commit(space)
    run = space.run(*both.loaded, *row.args, "--affected=HEAD", env=row.env)
    assert run.code == 0, run.out
    run.lacks("Traceback", "INTERNALERROR")
    listed = space.run(*both.loaded, *row.args, "--collect-only", "-q", env=row.env)
    alone = space.plain(*both.loaded, *row.args, "--collect-only", "-q", cwd="libs/a", env=row.env)
    assert listed.code == alone.code, listed.out
    if "Warning" not in alone.out:
        run.lacks("Warning")
        listed.lacks("Warning")


def commit(space: Space) -> None:
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *names, *words], cwd=space.root, check=True)


def test_the_documentation_prints_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "plugins.md").read_text(encoding="utf-8")
    assert rows.table() in page


def test_xdist_n_is_the_number_of_workers(space: Space) -> None:
    pair(space, "pytest-xdist").together().has(r"monorepo: 2 projects, 2 workers")


def test_mock_lets_workers_share_a_project(space: Space) -> None:
    """At the end it stops patches of ``unittest.mock`` that each process has made for itself."""
    both = pair(space, "pytest-mock")
    space.write({f"{path}/tests/test_second.py": rows.second_file(both.row) for path in PROJECTS})
    both.together("--workers=4", "--monorepo-split=file").lacks("run by one worker each")


def test_cov_reports_once_over_all_projects(space: Space) -> None:
    both = pair(space, "pytest-cov")
    run = both.together()
    run.has(r"^libs/a +4 +1 +75%", r"^libs/b +4 +1 +75%", r"^TOTAL +8 +2 +75%")
    assert both.has(".coverage")
    assert not both.has("libs/a/.coverage")


def test_what_enabler_adds_is_asked_of_the_whole_run(space: Space) -> None:
    both = pair(space, "pytest-enabler")
    both.alone().has(r"^lib.py +4 +1 +75%")
    (space.root / "libs/a/.coverage").unlink()
    run = both.together("--workers=2")
    run.has(r"2 projects, 2 workers", r"^libs/a +4 +1 +75%", r"^libs/b +4 +1 +75%", r"^TOTAL +8 +2 +75%")
    assert both.has(".coverage")
    assert not both.has("libs/a/.coverage")
    assert "TOTAL" not in both.together("--no-cov").out


def test_django_gives_each_worker_its_database(space: Space) -> None:
    both = pair(space, "pytest-django")
    both.together("--workers=2")
    names = {both.read(f"{path}/database.txt").rpartition("/")[2] for path in PROJECTS}
    assert all(re.fullmatch(r"shared\.sqlite3_gw[01]", name) for name in names)
    assert not list(space.root.glob("shared.sqlite3*"))


def test_django_gives_each_worker_of_one_project_its_database(space: Space) -> None:
    both = pair(space, "pytest-django")
    text = rows.of("pytest-django").tests.replace("database.txt", "second.txt")
    space.write({"libs/a/tests/test_second.py": text})
    run = space.run(*both.loaded, "--workers=2", "--monorepo-split=file", "--project=libs/a")
    assert run.counts == {"passed": 2, "failed": 2}, run.out
    names = {both.read(f"libs/a/{file}").rpartition("/")[2] for file in ("database.txt", "second.txt")}
    assert all(re.fullmatch(r"shared\.sqlite3_gw[01]", name) for name in names)
    assert not list(space.root.glob("shared.sqlite3*"))


def test_timeout_names_itself(space: Space) -> None:
    run = pair(space, "pytest-timeout").together()
    assert run.out.count("Timeout (>0.2s)") >= 2
    assert run.counts == {"failed": 2, "passed": 2}


def test_timeout_by_thread_costs_one_test(space: Space) -> None:
    run = pair(space, "pytest-timeout").together("--timeout-method=thread")
    assert run.counts == {"failed": 2, "passed": 2}, run.out


def test_randomly_orders_each_project_as_alone(space: Space) -> None:
    both = pair(space, "pytest-randomly")
    alone = list(both.alone("-v").words)
    together = both.together("-v")
    together.has(r"Using --randomly-seed=7")
    for path in PROJECTS:
        assert [n for n in together.words if n.startswith(path)] == [f"{path}/{nodeid}" for nodeid in alone]
    assert alone != sorted(alone)


def test_randomly_draws_one_seed_for_all(space: Space) -> None:
    both = pair(space, "pytest-randomly")
    space.run("-p", "randomly")
    assert both.read("libs/a/drawn.txt") == both.read("libs/b/drawn.txt")


def test_reruns_are_counted_once(space: Space) -> None:
    run = pair(space, "pytest-rerunfailures").together()
    assert re.search(r"2 failed, 2 passed, 4 rerun", run.lines[-1]), run.out


def test_html_is_one_page(space: Space) -> None:
    both = pair(space, "pytest-html")
    both.together()
    page = both.read("r.html")
    for path in PROJECTS:
        assert f"{path}/{MAIN}::test_bad" in page
        assert not both.has(f"{path}/r.html")
    assert "note" in page


def test_json_report_is_one_file(space: Space) -> None:
    both = pair(space, "pytest-json-report")
    both.together()
    report = json.loads(both.read("r.json"))
    outcomes = {test["nodeid"]: test["outcome"] for test in report["tests"]}
    expected = {"test_ok": "passed", "test_bad": "failed", "test_skipped": "skipped"}
    assert outcomes == {
        f"{p}/{MAIN}::{name}": outcome for p in PROJECTS for name, outcome in expected.items()
    }
    assert not any(both.has(f"{path}/r.json") for path in PROJECTS)


def test_reportlog_holds_each_phase_once(space: Space) -> None:
    both = pair(space, "pytest-reportlog")
    both.together()
    entries = [json.loads(line) for line in both.read("report.jsonl").splitlines()]
    phases = Counter((e["nodeid"], e["when"]) for e in entries if e["$report_type"] == "TestReport")
    assert set(phases.values()) == {1}
    assert len(phases) == 2 * 8
    assert not any(both.has(f"{path}/report.jsonl") for path in PROJECTS)


def test_sugar_names_every_project(space: Space) -> None:
    run = pair(space, "pytest-sugar").together()
    for path in PROJECTS:
        assert f"{path}/{MAIN}" in run.out
    run.has(r"2 passed")


def test_incremental_leaves_out_what_has_passed_in_each_project(space: Space) -> None:
    both = pair(space, "pytest-incremental")
    space.write({f"{path}/{MAIN}": PASSING for path in PROJECTS})
    assert both.together().counts == {"passed": 2}
    again = both.together("--workers=4")
    assert (again.code, again.counts) == (5, {"deselected": 2}), again.out


def test_insta_says_by_project_what_it_has_written(space: Space) -> None:
    both = pair(space, "pytest-insta")
    run = both.together("--insta=update")
    run.has(*(f"^{path}: UPDATE tests/snapshots/main__bad__0.txt" for path in PROJECTS))
    assert both.read("libs/b/tests/snapshots/main__bad__0.txt") == "2"


def test_instafail_comes_before_the_end(space: Space) -> None:
    run = pair(space, "pytest-instafail").together()
    assert run.out.count("assert 'left' == 'right'") == 2 + run.out.count("FAILED libs")
    run.lacks("= FAILURES =")


def test_metadata_is_in_the_header(space: Space) -> None:
    run = pair(space, "pytest-metadata").together("-v")
    run.has(r"metadata: .*'Shop': 'open'")


def test_benchmark_writes_into_no_project_and_says_so(space: Space) -> None:
    both = pair(space, "pytest-benchmark")
    run = both.together()
    assert run.counts == {"passed": 2}
    assert not any(both.has(f"{path}/b.json") for path in PROJECTS)
    run.has(r"^not written: --benchmark-json=b.json \(")
    space.run(*both.loaded, "--benchmark-json=b.json", "--benchmark-disable").lacks("not written")


def test_benchmark_writes_what_a_projects_own_settings_ask_for(space: Space) -> None:
    both = pair(space, "pytest-benchmark")
    space.write({"libs/a/pytest.ini": "[pytest]\naddopts = --benchmark-json=mine.json\n"})
    run = space.run(*both.loaded, "--benchmark-autosave")
    assert run.counts == {"passed": 2}
    run.lacks("not written")
    assert len(json.loads(both.read("libs/a/mine.json"))["benchmarks"]) == 1
    assert all(list((space.root / path).rglob(".benchmarks/*/*.json")) for path in PROJECTS)


def test_subtests_are_told_apart(space: Space) -> None:
    both = pair(space, "pytest (subtests)")
    alone, together = both.alone(), both.together()
    numbers = [re.findall(r"(\d+) (\w+(?: \w+)?)(?=[, ])", run.lines[-1]) for run in (alone, together)]
    assert {word: 2 * int(n) for n, word in numbers[0] if word not in ("in",)} == {
        word: int(n) for n, word in numbers[1]
    }, together.lines[-1]


@pytest.mark.parametrize("distribution", ["syrupy", "snapshottest"])
def test_snapshots_are_written_into_each_project(space: Space, distribution: str) -> None:
    both = pair(space, distribution)
    folder = next(iter(both.row.files)).rpartition("/")[0]
    for path in PROJECTS:
        shutil.rmtree(space.root / path / folder)
    assert both.together("--snapshot-update").code == 0
    for path in PROJECTS:
        assert any((space.root / path / folder).iterdir())
    run = both.together()
    assert run.code == 0
    run.has(f"=+ {distribution} =+", "^libs/a: 1 snapshots? passed", "^libs/b: 1 snapshots? passed")


@pytest.mark.parametrize("words", [(), ("-p", "xdist")])
def test_syrupy_complains_of_an_unused_snapshot(space: Space, words: tuple[str, ...]) -> None:
    both = pair(space, "syrupy")
    kept = "libs/a/tests/__snapshots__/test_main.ambr"
    space.write({"libs/b/tests/__snapshots__/test_gone.ambr": UNUSED})
    before = both.read(kept)
    assert both.alone(project="libs/b").code == 1
    run = both.together(*words)
    run.has("^libs/b:", "1 snapshot unused")
    assert run.code == 1
    # what is not asked for is not judged either
    both.together("--snapshot-update", "libs/a/tests/test_main.py", *words)
    assert both.has("libs/b/tests/__snapshots__/test_gone.ambr")
    both.together("--snapshot-update", *words)
    assert not both.has("libs/b/tests/__snapshots__/test_gone.ambr")
    assert both.read(kept) == before


def test_inline_snapshot_creates_in_each_project(space: Space) -> None:
    both = pair(space, "inline-snapshot")
    for path in PROJECTS:
        file = space.root / path / MAIN
        file.write_text(file.read_text().replace("snapshot(2)", "snapshot()"))
    both.together("--inline-snapshot=create")
    assert all("snapshot(2)" in both.read(f"{path}/{MAIN}") for path in PROJECTS)


def test_random_order_keeps_a_projects_own_seed(space: Space) -> None:
    both = pair(space, "pytest-random-order")
    space.write({"libs/a/pytest.ini": "[pytest]\naddopts = --random-order-seed=3\n"})
    alone = list(space.plain(*both.loaded, "-v", cwd="libs/a").words)
    together = space.run(*both.loaded, "-v")
    assert [n for n in together.words if n.startswith("libs/a")] == [f"libs/a/{n}" for n in alone]
    assert alone != sorted(alone)


def test_md_report_is_one_file(space: Space) -> None:
    both = pair(space, "pytest-md-report")
    both.together()
    for path in PROJECTS:
        assert f"{path}/{MAIN}" in both.read("r.md")
        assert not both.has(f"{path}/r.md")


def test_csv_is_one_file(space: Space) -> None:
    both = pair(space, "pytest-csv")
    both.together()
    assert both.read("r.csv").count("test_bad") >= 2
    assert len(both.read("r.csv").splitlines()) >= 1 + 6
    assert not any(both.has(f"{path}/r.csv") for path in PROJECTS)


OWN_REPORTS = {
    "pytest-html": "--html=out/r.html --self-contained-html",
    "pytest-json-report": "--json-report --json-report-file=out/r.json",
    "pytest-reportlog": "--report-log=out/r.jsonl",
    "pytest-csv": "--csv=out/r.csv",
    "pytest-md-report": "--md-report --md-report-output=out/r.md",
    "allure-pytest": "--alluredir=out/allure --clean-alluredir",
}


@pytest.mark.parametrize(("distribution", "addopts"), OWN_REPORTS.items(), ids=list(OWN_REPORTS))
def test_a_projects_own_report_lies_where_plain_pytest_writes_it(
    space: Space, distribution: str, addopts: str
) -> None:
    both = pair(space, distribution)
    space.write({"libs/a/pytest.ini": f"[pytest]\naddopts = {addopts}\n", "libs/a/out/keep": ""})
    space.plain(*both.loaded, cwd="libs/a")
    alone = sorted(path.suffix for path in (space.root / "libs/a/out").rglob("*") if path.is_file())
    shutil.rmtree(space.root / "libs/a/out")
    space.write({"libs/a/out/keep": "", "libs/a/tests/test_second.py": PASSING})
    space.run(*both.loaded, "--workers=3")
    ours = [path for path in (space.root / "libs/a/out").rglob("*") if path.is_file()]
    assert len(alone) > 1
    assert {path.suffix for path in ours} == set(alone)
    assert any("test_second" in path.read_text(encoding="utf-8") for path in ours)
    assert not both.has("libs/b/out")


def test_hypothesis_shows_statistics_of_all(space: Space) -> None:
    run = pair(space, "hypothesis").together()
    run.has("Hypothesis Statistics")
    for path in PROJECTS:
        run.has(rf"^{path}/{MAIN}::test_holds:")
    assert run.out.count("n=10,") == 2


def test_retry_names_flaky_tests_and_reports_once(space: Space) -> None:
    run = pair(space, "pytest-retry").together("-v")
    assert run.code == 1
    for path in PROJECTS:
        run.has(rf"^{path}/{MAIN}::test_flaky RETRY", rf"^{path}/{MAIN}::test_flaky PASSED")
        run.has(rf"^flaky: {path}/{MAIN}::test_flaky \(passed after 1 failed attempt\)")
    assert run.out.count("the following tests were retried") == 1
    assert run.out.count("test_flaky passed on attempt 2!") == 2
    assert run.counts == {"failed": 2, "passed": 2}, run.out
    run.has(r"2 failed, 2 passed, 4 retried in")
    assert run.junit is not None
    suites = ET.parse(run.junit).getroot()
    assert len(list(suites.iter("testcase"))) == 4
    assert [len(list(suites.iter(tag))) for tag in ("flakyFailure", "rerunFailure")] == [2, 2]


def test_retry_needs_no_plugin_in_the_controller(space: Space) -> None:
    pair(space, "pytest-retry")
    for path in PROJECTS:
        manifest = space.root / path / "pyproject.toml"
        manifest.write_text(manifest.read_text() + 'addopts = "-p pytest-retry"\n')
    run = space.run("--workers=2")
    assert run.counts == {"failed": 2, "passed": 2}, run.out
    run.has(r"^flaky: libs/a/tests/test_main.py::test_flaky")


def test_retry_in_siblings_of_one_worker(space: Space) -> None:
    both = pair(space, "pytest-retry")
    text = rows.of("pytest-retry").tests.replace('"seen"', '"seen2"')
    space.write({"libs/a/tests/test_second.py": text})
    run = both.together("--workers=2", "--monorepo-split=file", "--project=libs/a")
    assert run.counts == {"failed": 2, "passed": 2}, run.out
    assert run.out.count("test_flaky passed on attempt 2!") == 2


def test_flaky_prints_its_report_and_its_flaky_tests_are_named(space: Space) -> None:
    both = pair(space, "flaky")
    run = both.together("-p", "xdist")
    assert run.out.count("test_flaky passed 1 out of the required 1 times. Success!") == 2
    for path in PROJECTS:
        run.has(rf"^flaky: {path}/{MAIN}::test_flaky \(passed after 1 failed attempt\)")
    assert run.out.count("flaky: ") == 2
    assert run.counts == {"failed": 2, "passed": 2}


def test_allure_is_one_folder(space: Space) -> None:
    both = pair(space, "allure-pytest")
    both.together()
    results = [json.loads(file.read_text()) for file in (space.root / "allure").glob("*-result.json")]
    assert Counter(result["status"] for result in results) == {"passed": 2, "failed": 2, "skipped": 2}
    assert not any(both.has(f"{path}/allure") for path in PROJECTS)


def test_allure_cleans_once(space: Space) -> None:
    both = pair(space, "allure-pytest")
    space.write({"allure/old-result.json": "{}"})
    # one after the other, so that the second would find what the first has written
    both.together("--clean-alluredir", "--workers=1")
    assert len(list((space.root / "allure").glob("*-result.json"))) == 6
    assert not both.has("allure/old-result.json")


def test_annotations_come_once(space: Space) -> None:
    run = pair(space, "pytest-github-actions-annotate-failures").together()
    found = re.findall(r"::error file=([^,]+),line=(\d+)", run.out)
    assert sorted(found) == [(f"{path}/{MAIN}", "8") for path in PROJECTS], run.out


def test_split_groups_are_complete_and_disjoint(space: Space) -> None:
    both = pair(space, "pytest-split")
    first = both.together("-v")
    second = both.together("--group=2", "-v")
    assert len(first.words) == len(second.words) == 4
    assert not first.words.keys() & second.words.keys()


def test_split_keeps_durations_by_project(space: Space) -> None:
    both = pair(space, "pytest-split")
    space.run(*both.loaded, "--store-durations")
    for path in PROJECTS:
        assert set(json.loads(both.read(f"{path}/.test_durations"))) == {
            f"{MAIN}::test_{n}" for n in range(4)
        }


def test_teamcity_says_everything_once(space: Space) -> None:
    run = pair(space, "teamcity-messages").together()
    messages = re.findall(r"##teamcity\[(\w+) .*?name='([^']+)'", run.out)
    started = Counter(name for kind, name in messages if kind == "testStarted")
    assert len(started) == 6
    assert set(started.values()) == {1}
    assert Counter(kind for kind, _ in messages)["testFailed"] == 2
    assert all(name.startswith(("libs.a.", "libs.b.")) for name in started)


def test_tldr_prints_its_own_report_once(space: Space) -> None:
    both = pair(space, "pytest-tldr")
    run = both.together("--cached")
    run.has(
        r"^Ran 4 tests in", r"^libs/a +1 +1 +1", r"^libs/b +1 +1 +1", r"^FAILED \(failures=2, skipped=2\)"
    )
    run.lacks("AttributeError", "INTERNALERROR")


def test_rich_gives_way(space: Space) -> None:
    both = pair(space, "pytest-rich")
    out = on_a_terminal(space, *both.loaded, "--rich")
    for path in PROJECTS:
        assert f"{path}/{MAIN}" in out
    assert "warning: --rich has no effect" in out
    assert "2 failed, 2 passed, 2 skipped" in out


def on_a_terminal(space: Space, *args: str) -> str:
    """What ``pytest --monorepo`` prints where its output is a terminal, without colours."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    words = space.command("-p", "pytest_monorepo.plugin", "--monorepo", *args)
    process = subprocess.Popen(
        words,
        cwd=space.root,
        env=space.environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    read = bytearray()
    try:
        while chunk := os.read(ours, 65536):
            read += chunk
    except OSError:
        pass  # what the end of a terminal looks like on Linux
    process.wait(timeout=MINUTES)
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", read.decode("utf-8", "replace"))


def test_memray_judges_by_what_it_has_measured_itself(space: Space) -> None:
    both = pair(space, "pytest-memray")
    space.write({"libs/a/tests/test_second.py": rows.second_file(both.row)})
    for args in ((), ("--memray",)):
        words = ["--workers=3", "--monorepo-split=test", *both.loaded, *args]
        run = space.run(*words, "libs/a")
        assert run.counts == {"passed": 2, "failed": 2}, run.out
    run.has("^libs/a:$", "Allocation results for tests/test_main.py::test_measured")


def test_testmon_leaves_out_what_it_has_seen_in_each_project(space: Space) -> None:
    both = pair(space, "pytest-testmon")
    words = [*both.loaded, "--testmon"]
    assert space.run(*words).counts == {"passed": 2}
    again = space.run(*words)
    assert (again.code, again.counts) == (0, {}), again.out
    space.write({"libs/b/lib.py": "def twice(n):\n    return n + n\n"})
    assert space.run(*words).counts == {"passed": 1}
    assert all(both.has(f"{path}/.testmondata") for path in PROJECTS)


def test_codspeed_writes_into_each_project(space: Space) -> None:
    both = pair(space, "pytest-codspeed")
    both.together().has("=+ pytest-codspeed =+", "^libs/a:", "Benchmark Results", "^libs/b:")
    for path in PROJECTS:
        assert len(list((space.root / path / ".codspeed").glob("results_*.json"))) == 1


def test_bdd_writes_one_file(space: Space) -> None:
    both = pair(space, "pytest-bdd")
    both.together()
    assert len(json.loads(both.read("cucumber.json"))) == 2
    assert not any(both.has(f"{path}/cucumber.json") for path in PROJECTS)


def test_nothing_picked_is_no_error(space: Space) -> None:
    both = pair(space, "pytest-picked")
    commit(space)
    assert space.plain(*both.loaded, "--picked", cwd="libs/a").code == 5
    assert space.run(*both.loaded, "--picked").code == 5
