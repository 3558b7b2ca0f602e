"""Runs as values, for the tests of the page: a small one with everything, a hostile one, a large one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pytest_monorepo.affected.rules.values import Reason, Selection, Step
from pytest_monorepo.reports.coverage.model import CoverageReport, FileCoverage, Numbers, ProjectCoverage
from pytest_monorepo.reports.page.build import write_page
from pytest_monorepo.reports.run_model import Detail, Outcome, ProjectSummary, RunReport, Section, TestRun
from pytest_monorepo.workspace.graph import Edge, Graph
from pytest_monorepo.workspace.model import Project, Scope, Workspace

NOON = 1_750_000_000.0
SCRIPT = "<script>alert(1)</script>"
HOSTILE_NAMES = (
    SCRIPT,
    "</script><img src=x onerror=alert(2)>",
    "\"'`&amp;{{ 7*7 }}{% raw %}",
    "\u202egnp.exe\u2066 \u2028\u2029 \udcff",
    "__proto__",
    "constructor",
)


@dataclass(frozen=True)
class Sample:
    run: RunReport
    workspace: Workspace
    graph: Graph
    selection: Selection | None = None
    coverage: CoverageReport | None = None

    def write(self, dest: Path, coverage_html: Path | None = None) -> Path:
        write_page(dest, self.run, self.workspace, self.graph, self.selection, self.coverage, coverage_html)
        return dest


def workspace(*paths: str) -> Workspace:
    projects = (
        Project(p, p.rpartition("/")[2], test_files=(f"{p}/tests/test_it.py",)) for p in sorted(paths)
    )
    return Workspace(Path("/somewhere/acme"), tuple(projects))


def graph(paths: tuple[str, ...], **needs: str) -> Graph:
    """``services_api="libs/core"``: services/api needs libs/core."""
    edges = (
        Edge(dependent.replace("_", "/"), target, Scope.RUNTIME, f"imports {target}")
        for dependent, targets in needs.items()
        for target in targets.split()
    )
    return Graph(tuple(sorted(paths)), tuple(edges))


def summary(tests: tuple[TestRun, ...], project: str, worker: str = "gw0") -> ProjectSummary:
    own = [test for test in tests if test.project == project]
    counts: dict[str, int] = {}
    for test in own:
        counts[test.outcome] = counts.get(test.outcome, 0) + 1
    start = min((test.started for test in own), default=NOON) - 0.05
    stop = max((test.started + test.duration for test in own), default=NOON)
    return ProjectSummary(
        project,
        project.rpartition("/")[2],
        counts,
        len(own),
        start,
        stop,
        1 if {"failed", "error"} & counts.keys() else 0,
        worker=worker,
        python="3.12.1",
        pytest="8.4.0",
    )


def covered(project: str, **files: tuple[int, int]) -> ProjectCoverage:
    """``src__core__a=(10, 4)``: src/core/a.py has 10 statements, 4 of them missing."""
    own = tuple(
        FileCoverage(
            f"{project}/{name.replace('__', '/')}.py",
            project,
            Numbers(1, statements, missing),
            missing_text="3-5" if missing else "",
            html=f"{project.replace('/', '_')}_{name}_py.html",
        )
        for name, (statements, missing) in files.items()
    )
    total = Numbers.sum(file.numbers for file in own)
    return ProjectCoverage(project, own=total, all=total, own_files=own)


def coverage(*projects: ProjectCoverage) -> CoverageReport:
    files = tuple(file for project in projects for file in project.own_files)
    return CoverageReport(files, projects, total=Numbers.sum(file.numbers for file in files))


FAILURE = Detail(
    "assert 1 == 2",
    "    def test_total():\n>       assert 1 == 2\nE       assert 1 == 2\n\n"
    "services/api/tests/test_it.py:2: AssertionError",
    (
        Section(
            "Captured stdout call",
            "\x1b[1;31mhot\x1b[0m and \x1b[38;2;10;200;30mtrue\x1b[0m colours\x1b]0;title\x07",
        ),
    ),
)


def small() -> Sample:
    """Five projects, one failing, one unaffected, one on its own."""
    paths = ("libs/core", "libs/ml", "services/api", "services/web", "tools/lint")
    tests = (
        TestRun("libs/core", "libs/core/tests/test_it.py", "test_one", "passed", 0.3, NOON + 0.1, "gw0"),
        TestRun(
            "libs/core",
            "libs/core/tests/test_it.py",
            "test_two",
            "skipped",
            0.1,
            NOON + 0.4,
            "gw0",
            0,
            Detail("no GPU"),
        ),
        TestRun("libs/ml", "libs/ml/tests/test_it.py", "test_fit[1]", "passed", 2.0, NOON + 0.1, "gw1"),
        TestRun("libs/ml", "libs/ml/tests/test_more.py", "test_flaky", "passed", 0.2, NOON + 2.1, "gw1", 2),
        TestRun(
            "services/api",
            "services/api/tests/test_it.py",
            "test_total",
            "failed",
            0.5,
            NOON + 2.4,
            "gw1",
            0,
            FAILURE,
        ),
        TestRun("services/api", "services/api/tests/test_it.py", "test_ok", "passed", 0.5, NOON + 2.9, "gw1"),
        TestRun("tools/lint", "tools/lint/tests/test_it.py", "test_ok", "passed", 0.1, NOON + 0.6, "gw0"),
    )
    workers = {"libs/core": "gw0", "libs/ml": "gw1", "services/api": "gw1", "tools/lint": "gw0"}
    why = {
        p: Reason("libs/core/a.py", (Step("libs/core", "source"), Step(p, "imports core"))) for p in workers
    }
    return Sample(
        RunReport("acme", NOON, 3.5, 1, tuple(summary(tests, p, w) for p, w in workers.items()), tests),
        workspace(*paths),
        graph(paths, libs_ml="libs/core", services_api="libs/core libs/ml", services_web="tools/lint"),
        Selection(why, ("services/web",), ("libs/core",), {"libs/core/a.py": "libs/core: source"}),
        coverage(
            covered("libs/core", src__core__a=(100, 2), src__core__b=(40, 30)),
            covered(
                "libs/ml", src__ml__fit=(300, 0), src__ml__io__read=(50, 10), src__ml__io__write=(20, 20)
            ),
            covered("services/api", api__app=(80, 30), main=(10, 0)),
        ),
    )


def hostile() -> Sample:
    """Names, messages and output of someone who wants to break the page."""
    path = f"libs/{SCRIPT.replace('/', '')}"
    outcomes: tuple[Outcome, ...] = ("failed", "passed")
    tests = tuple(
        TestRun(
            path,
            f"{path}/tests/test_{index}.py",
            name,
            outcome,
            0.1,
            NOON + index,
            SCRIPT,
            0,
            _detail(name, outcome),
        )
        for index, name in enumerate(HOSTILE_NAMES)
        for outcome in outcomes
    )
    project = replace(summary(tests, path, SCRIPT), name=SCRIPT, error=SCRIPT)
    file = FileCoverage(
        f"{path}/{HOSTILE_NAMES[1]}", path, Numbers(1, 10, 5), missing_text=SCRIPT, html="a.html"
    )
    total = ProjectCoverage(path, file.numbers, file.numbers, (file,))
    return Sample(
        RunReport(SCRIPT, NOON, 9.0, 1, (project,), tests, (f"-k {SCRIPT}",)),
        Workspace(
            Path(f"/{SCRIPT}"), (Project(path, SCRIPT, test_files=("t",)), Project("b", HOSTILE_NAMES[3]))
        ),
        Graph(("b", path), (Edge(path, "b", Scope.TEST, SCRIPT),)),
        Selection(
            {path: Reason(SCRIPT, (Step(path, SCRIPT),))}, ("b",), (path,), {SCRIPT: SCRIPT}, (SCRIPT,)
        ),
        replace(coverage(total), warnings=(SCRIPT,), partial=SCRIPT),
    )


def _detail(name: str, outcome: Outcome) -> Detail | None:
    if outcome == "passed":
        return None
    lines = "\n".join(f"line {number} {SCRIPT}" for number in range(10_000))
    return Detail(name, f"E   {name}", (Section(SCRIPT, f"\x1b[31m{lines}\x1b[0m"),))


def branched(sample: Sample) -> Sample:
    """The same with branches measured, and its tests run by two machines."""
    assert sample.coverage is not None
    files = tuple(
        replace(file, numbers=replace(file.numbers, branches=20, missing_branches=7), has_branches=True)
        for file in sample.coverage.files
    )
    total = Numbers.sum(file.numbers for file in files)
    measured = replace(sample.coverage, files=files, total=total, branch=True)
    tests = tuple(
        replace(test, worker=f"a-long-name-of-a-node-{n % 2}/gw0") for n, test in enumerate(sample.run.tests)
    )
    summaries = tuple(
        replace(one, worker=next(test.worker for test in tests if test.project == one.path))
        for one in sample.run.projects
    )
    return replace(sample, run=replace(sample.run, projects=summaries, tests=tests), coverage=measured)


def large(projects: int = 300, tests: int = 20, files: int = 20) -> Sample:
    """A workspace in which every tenth project needs the ones before it."""
    folders = ("libs", "libs/data", "services", "tools")
    paths = tuple(sorted(f"{folders[index % 4]}/project-{index:03}" for index in range(projects)))
    runs = tuple(
        _quick(path, n, NOON + 0.3 * i + n / 100, f"gw{i % 8}")
        for i, path in enumerate(paths)
        for n in range(tests)
    )
    by_project = {path: runs[i * tests : (i + 1) * tests] for i, path in enumerate(paths)}
    summaries = tuple(summary(own, path, f"gw{i % 8}") for i, (path, own) in enumerate(by_project.items()))
    edges = tuple(
        Edge(path, paths[i - step], Scope.RUNTIME, "imports it")
        for i, path in enumerate(paths)
        for step in (1, 7, 40)
        if i % 10 and i >= step
    )
    measured = (
        covered(path, **{f"src__part{n % 4}__module_{n}": (50 + n, n) for n in range(files)})
        for path in paths
    )
    return Sample(
        RunReport("large", NOON, 95.0, 0, summaries, runs),
        workspace(*paths),
        Graph(paths, edges),
        None,
        coverage(*measured),
    )


def _quick(path: str, number: int, started: float, worker: str) -> TestRun:
    file = f"{path}/tests/test_part{number % 3}.py"
    return TestRun(path, file, f"test_{number}[value-{number}]", "passed", 0.01, started, worker)
