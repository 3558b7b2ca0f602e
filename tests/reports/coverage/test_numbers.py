"""Our numbers against coverage.py's own, run by hand in every project: the same lines and branches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_monorepo.reports.coverage.conclude import CoverageOptions, finish, measured
from pytest_monorepo.reports.coverage.model import CoverageReport
from pytest_monorepo.workspace.model import Project

from .lab import Lab, Yardstick, project, seen, tree

pytestmark = pytest.mark.slow

COV = CoverageOptions(sources=(True,))

CORE = {
    "src/core/__init__.py": "",
    "src/core/shapes.py": """
        import sys

        def area(kind, size):
            if kind == "square":
                return size * size
            elif kind == "circle":
                return 3 * size * size
            for _ in range(size):
                if size > 100:
                    break
            else:
                return 0
            return None

        def debug():  # pragma: no cover
            return sys.version

        def never_called(a):
            while a:
                a -= 1
            return a
        """,
    "src/core/never_imported.py": "VALUE = 1\nif VALUE:\n    OTHER = 2\n",
    "tests/test_it.py": """
        from core import shapes

        def test_square():
            assert shapes.area("square", 2) == 4
        """,
}
API = {
    "src/api/__init__.py": "from core.shapes import area\n\n\ndef circle(r):\n    return area('circle', r)\n",
    "tests/test_it.py": "import api\n\ndef test_circle():\n    assert api.circle(2) == 12\n",
}


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": text for name, text in files.items()}


def make(tmp_path: Path, files: dict[str, str], projects: Sequence[Project]) -> Lab:
    tree(tmp_path / "repo", files)
    return Lab(tmp_path / "repo", tmp_path / "scratch", projects)


def agree(report: CoverageReport, hand: Yardstick) -> None:
    """Every file of every project and of the whole, line by line and branch by branch; the totals follow."""
    for path, files in hand.own.items():
        assert seen(report.project(path).own_files) == files, path
    assert seen(report.files) == hand.all
    counted = [f.numbers for f in report.files]
    assert report.total.statements == sum(len(s.executed) + len(s.missing) for s in hand.all.values())
    assert report.total.missing == sum(len(s.missing) for s in hand.all.values())
    assert report.total.missing_branches == sum(n.missing_branches for n in counted)
    assert report.warnings == ()


def two_projects(config_core: str = "", config_api: str = "") -> dict[str, str]:
    files = {**below("libs/core", CORE), **below("services/api", API)}
    if config_core:
        files["libs/core/.coveragerc"] = config_core
    if config_api:
        files["services/api/.coveragerc"] = config_api
    return files


TWO = (project("libs/core", ["core"]), project("services/api", ["api"]))


def test_projects_that_measure_each_other(tmp_path: Path) -> None:
    both = "[run]\nbranch = true\nsource =\n    src\n    ../../libs/core/src\n"
    lab = make(tmp_path, two_projects("[run]\nbranch = true\nsource = src\n", both), TWO)

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    agree(report, lab.by_hand())
    assert seen(report.files) == lab.combined_by_hand()
    shapes = next(f for f in report.files if f.path.endswith("shapes.py"))
    own = next(f for f in report.project("libs/core").own_files if f.path == shapes.path)
    assert len(own.missing) > len(shapes.missing), "the api's tests reach what the core's own do not"


def test_a_project_without_configuration_is_measured_by_its_packages(tmp_path: Path) -> None:
    lab = make(tmp_path, two_projects(), TWO)

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    agree(report, lab.by_hand({"libs/core": ["src"], "services/api": ["src"]}))
    assert [f.path for f in report.files if f.numbers.percent == 0] == [
        "libs/core/src/core/never_imported.py"
    ]


def test_branch_and_line_data_meet(tmp_path: Path) -> None:
    both = "[run]\nsource =\n    src\n    ../../libs/core/src\n"
    lab = make(tmp_path, two_projects("[run]\nbranch = true\nsource = src\n", both), TWO)

    report, found = measured(COV, lab.workspace, lab.measure(COV))

    hand = lab.by_hand()
    for path, files in hand.own.items():
        assert seen(report.project(path).own_files) == files
    mine = seen(report.files)
    assert {p: (s.executed, s.missing) for p, s in mine.items()} == {
        p: (s.executed, s.missing) for p, s in hand.all.items()
    }
    shapes = "libs/core/src/core/shapes.py"
    assert mine[shapes].missing_branches == hand.all[shapes].missing_branches
    assert mine[shapes].missing_branches < hand.own["libs/core"][shapes].missing_branches
    assert not any(file.has_branches for file in report.files_of("services/api")), "measured by lines only"
    assert found.cov.get_data().has_arcs()


@pytest.mark.parametrize("relative", [(True, False), (True, True)])
def test_relative_files_on_and_off(tmp_path: Path, relative: tuple[bool, bool]) -> None:
    core, api = (f"[run]\nbranch = true\nsource = src\nrelative_files = {on}\n" for on in relative)
    lab = make(tmp_path, two_projects(core, api), TWO)

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    agree(report, lab.by_hand())


def test_the_same_package_name_in_src_and_flat_layout(tmp_path: Path) -> None:
    files = {
        "libs/one/src/app/__init__.py": "def one():\n    return 1\n",
        "libs/one/tests/test_it.py": "import app\n\ndef test():\n    assert app.one() == 1\n",
        "libs/two/app/__init__.py": "def two(a):\n    if a:\n        return 2\n    return 3\n",
        "libs/two/app/sub/__init__.py": "",
        "libs/two/app/sub/deep.py": "x = 1\n",
        "libs/two/tests/test_it.py": "import app\n\ndef test():\n    assert app.two(1) == 2\n",
        "libs/two/setup.cfg": "[coverage:run]\nbranch = True\nsource = app\n",
        "libs/one/pyproject.toml": "[tool.coverage.run]\nbranch = true\nsource_pkgs = ['app']\n",
    }
    one, two = project("libs/one", ["app"]), project("libs/two", ["app", "app.sub"], src=".")
    lab = make(tmp_path, files, [one])
    other = Lab(lab.root, lab.scratch, [two])  # two roots of one name cannot share a PYTHONPATH
    infos = lab.measure(COV) + other.measure(COV)

    both = Lab(lab.root, lab.scratch, [one, two])
    report, _ = measured(COV, both.workspace, infos)

    agree(report, Yardstick({**lab.by_hand().own, **other.by_hand().own}))


def test_a_symlinked_library_is_one_file(tmp_path: Path) -> None:
    config = "[run]\nbranch = true\nsource =\n    src\n    vendored\n"
    lab = make(tmp_path, two_projects("[run]\nbranch = true\nsource = src\n", config), TWO)
    (lab.root / "services/api/vendored").symlink_to("../../libs/core/src")

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    agree(report, lab.by_hand())
    assert len([f for f in report.files if f.path.endswith("shapes.py")]) == 1


@pytest.mark.parametrize("says_so", ["services/api", "libs/core"])
def test_an_installed_copy_is_mapped_to_its_source(tmp_path: Path, says_so: str) -> None:
    """Whether the project that uses the copy says whose it is, or the one whose it is."""
    files = two_projects("[run]\nbranch = true\nsource = src\n", "x")
    files["services/api/.coveragerc"] = "[run]\nbranch = true\nsource_pkgs =\n    api\n    core\n"
    source = os.path.relpath("libs/core/src", says_so)
    files[f"{says_so}/.coveragerc"] += f"[paths]\ncore =\n    {source}\n    */site-packages\n"
    files |= below(
        "env/lib/site-packages", {k.removeprefix("src/"): v for k, v in CORE.items() if "src/" in k}
    )
    lab = make(tmp_path, files, TWO)
    core = Lab(lab.root, lab.scratch, TWO[:1])
    api = Lab(lab.root, lab.scratch, TWO[1:], pythonpath=["env/lib/site-packages"])

    report, _ = measured(COV, lab.workspace, core.measure(COV) + api.measure(COV))

    # by hand the project that uses the copy knows it under its own path unless it says so itself
    used = {
        path.replace("env/lib/site-packages/", "libs/core/src/"): seen
        for path, seen in api.by_hand().own["services/api"].items()
    }
    agree(report, Yardstick({**core.by_hand().own, "services/api": used}))
    assert [f.path for f in report.files if "site-packages" in f.path] == []
    shapes = next(f for f in report.files if f.path == "libs/core/src/core/shapes.py")
    own = next(f for f in report.project("libs/core").own_files if f.path == shapes.path)
    assert set(own.missing) - set(shapes.missing) == {6, 7}, "the copy's circle counts for the source"


SUBPROCESSES = {
    "src/core/__init__.py": "",
    "src/core/work.py": """
        import os
        import sys

        def double(n):
            if n > 10:
                return 0
            return n * 2

        def child():
            return os.getpid()

        if __name__ == "__main__":
            print(double(int(sys.argv[1])))
        """,
    "tests/test_it.py": """
        import multiprocessing
        import subprocess
        import sys
        import threading

        from core import work

        def test_subprocess():
            command = [sys.executable, "-m", "core.work", "20"]
            assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "0\\n"

        def test_multiprocessing():
            process = multiprocessing.get_context("fork").Process(target=work.child)
            process.start()
            process.join()
            assert process.exitcode == 0

        def test_thread():
            found = []
            thread = threading.Thread(target=lambda: found.append(work.double(2)))
            thread.start()
            thread.join()
            assert found == [4]
        """,
}


def test_subprocesses_and_multiprocessing_are_followed(tmp_path: Path) -> None:
    config = """
        [run]
        branch = true
        source = src
        patch = subprocess
        concurrency =
            thread
            multiprocessing
        """
    files = {**below("libs/core", SUBPROCESSES), "libs/core/.coveragerc": dedent(config)}
    lab = make(tmp_path, files, [project("libs/core", ["core"])])

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    assert not [name for name in os.listdir(lab.root / "libs/core") if name.startswith(".coverage.")]
    agree(report, lab.by_hand())
    work = next(f for f in report.files if f.path.endswith("work.py"))
    assert not work.missing


def test_namespace_packages(tmp_path: Path) -> None:
    files = {
        "libs/a/src/acme/a/__init__.py": "def a():\n    return 1\n",
        "libs/a/src/acme/a/unused.py": "x = 1\n",
        "libs/a/tests/test_it.py": "from acme import a\n\ndef test():\n    assert a.a() == 1\n",
        "libs/b/src/acme/b/__init__.py": "from acme.a import a\n\n\ndef b():\n    return a()\n",
        "libs/b/tests/test_it.py": "from acme import b\n\ndef test():\n    assert b.b() == 1\n",
        "libs/b/.coveragerc": "[run]\nsource_pkgs =\n    acme.a\n    acme.b\n",
    }
    lab = make(tmp_path, files, [project("libs/a", ["acme.a"]), project("libs/b", ["acme.b"])])

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    agree(report, lab.by_hand({"libs/a": ["src/acme/a"]}))


PLUGIN = """
    import coverage

    class Templates(coverage.CoveragePlugin, coverage.FileTracer):
        def file_tracer(self, filename):
            self.template = filename.replace("engine.py", "page.tmpl")
            return self if filename.endswith("core/engine.py") else None

        def source_filename(self):
            return self.template

        def line_number_range(self, frame):
            return (frame.f_lineno, frame.f_lineno) if frame.f_lineno < 5 else (-1, -1)

        def file_reporter(self, filename):
            return Lines(filename)

    class Lines(coverage.FileReporter):
        def lines(self):
            return set(range(1, 5))

    def coverage_init(registry, options):
        registry.add_file_tracer(Templates())
    """


def test_what_a_coverage_plugin_traced_is_reported_by_that_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "libs/core/src/core/__init__.py": "",
        "libs/core/src/core/engine.py": "def render(a):\n    if a:\n        return 1\n    return 2\n",
        "libs/core/src/core/page.tmpl": "one\ntwo\nthree\nfour\n",
        "libs/core/src/template_plugin.py": PLUGIN,
        "libs/core/.coveragerc": "[run]\nplugins = template_plugin\nsource = src/core\n",
        "libs/core/tests/test_it.py": "from core import engine\n\ndef test():\n    engine.render(1)\n",
    }
    lab = make(tmp_path, files, [project("libs/core", ["core"])])
    monkeypatch.syspath_prepend(str(lab.root / "libs/core/src"))

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    page = next(f for f in report.files if f.path.endswith("page.tmpl"))
    assert (page.executed, page.missing) == ((1, 2, 3), (4,))
    agree(report, lab.by_hand())


def test_a_project_that_was_not_measured_has_no_number_of_its_own(tmp_path: Path) -> None:
    lab = make(tmp_path, two_projects(), TWO)
    infos = lab.measure(COV, only=["services/api"])
    died = {"project": "libs/core", "data_dir": str(tmp_path / "none"), "error": "killed by signal 9"}

    options = CoverageOptions(sources=(True,), reports={"term": None})
    found = finish(options, lab.workspace, [*infos, died], lab.root, partial_projects={})

    core = found.report.project("libs/core")
    assert (core.own, core.error) == (None, "killed by signal 9")
    assert core.all is not None
    assert (core.all.statements, core.all.executed) == (18, 6), "what the api's tests executed of all it has"
    assert "WARNING: libs/core: not measured: killed by signal 9" in found.lines
    assert any(line.startswith("TOTAL (partial) ") for line in found.lines)
    assert "partial: not measured: libs/core" in found.lines


def test_a_share_of_a_project_that_was_lost_holds_no_limit(tmp_path: Path) -> None:
    limit = "[report]\nfail_under = 100\n"
    lab = make(tmp_path, two_projects(config_core=limit), TWO)
    infos = lab.measure(COV)
    died = {"project": "libs/core", "data_dir": str(tmp_path / "none"), "error": "killed by signal 9"}

    options = CoverageOptions(sources=(True,), reports={"term": None}, fail_under=100)
    found = finish(options, lab.workspace, [*infos, died], lab.root, partial_projects={})

    assert not found.failed
    assert "WARNING: libs/core: measured in part: killed by signal 9" in found.lines
    reasons = [line.rpartition("not enforced: ")[2] for line in found.lines if "not enforced" in line]
    assert reasons == ["killed by signal 9", "measured in part: libs/core"]


def test_addopts_alone_measure_only_the_projects_that_hold_them(tmp_path: Path) -> None:
    lab = make(tmp_path, two_projects(), [TWO[0], project("services/api", ["api"], addopts=["--cov=api"])])
    (lab.root / "services/api/pytest.ini").write_text("[pytest]\naddopts = --cov=api --cov-report=html\n")
    nothing_at_the_root = CoverageOptions()

    infos = lab.measure(nothing_at_the_root)
    found = finish(nothing_at_the_root, lab.workspace, infos, lab.root)

    assert [f.path for f in found.report.files] == ["services/api/src/api/__init__.py"]
    assert not {".coverage", "htmlcov"} & set(os.listdir(lab.root / "services/api")), "no second report"


def test_a_source_named_at_the_root_is_measured_in_every_project(tmp_path: Path) -> None:
    lab = make(tmp_path, two_projects(), TWO)
    options = CoverageOptions(sources=("libs/core/src",), branch=True)

    report, _ = measured(options, lab.workspace, lab.measure(options))

    core = str(lab.root / "libs/core/src")
    agree(report, lab.by_hand({"libs/core": [core], "services/api": [core]}, branch=True))
    assert {f.project for f in report.files} == {"libs/core"}


def test_patch_coverage_counts_a_statement_by_any_of_its_lines(tmp_path: Path) -> None:
    files = below("libs/core", CORE)
    files["libs/core/src/core/long.py"] = "def f():\n    return max(\n        1,\n        2,\n    )\n"
    lab = make(tmp_path, files, TWO[:1])
    changed = {
        "libs/core/src/core/long.py": frozenset({3}),
        "libs/core/src/core/shapes.py": frozenset({5, 6, 15}),
        "libs/core/setup.py": frozenset({1}),
    }

    report, _ = measured(COV, lab.workspace, lab.measure(COV), changed=changed)

    assert report.patch is not None
    assert {(f.path.rpartition("/")[2], f.executable, f.missing) for f in report.patch.files} == {
        ("long.py", (2,), (2,)),
        ("shapes.py", (5, 6), (6,)),
    }, "line 15 is excluded"
    assert report.patch.unmeasured == ("libs/core/setup.py",)


@pytest.mark.parametrize("branch", [False, True])
def test_tests_that_execute_nothing_of_what_is_measured(tmp_path: Path, branch: bool) -> None:
    files = {**two_projects(), "services/api/tests/test_it.py": "def test_it(): pass\n"}
    lab = make(tmp_path, files, TWO[1:])
    options = CoverageOptions(sources=(True,), branch=branch)

    report, _ = measured(options, lab.workspace, lab.measure(options))

    assert [(f.path, f.missing) for f in report.files] == [("services/api/src/api/__init__.py", (1, 4, 5))]


def test_a_run_that_executed_nothing_is_no_crash(tmp_path: Path) -> None:
    lab = make(tmp_path, two_projects("[run]\nsource = nowhere\n", "[run]\nsource = nowhere\n"), TWO)
    options = CoverageOptions(sources=(True,), reports={"term": None, "html": None}, fail_under=50)

    found = finish(options, lab.workspace, lab.measure(options), lab.root)

    assert found.report.files == ()
    assert [p.own for p in found.report.projects] == [None, None]
    assert "Coverage html not written: nothing was measured" in found.lines
    assert found.failed
    assert "FAIL total coverage: nothing was measured, and the limit is 50%" in found.lines
    assert any("no-data-collected" in line or "No data was collected" in line for line in found.lines)
