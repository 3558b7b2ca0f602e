"""What other projects' tests execute: whose rules say whether it counts, and what follows from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_monorepo.reports.coverage.conclude import CoverageOptions, finish, measured
from pytest_monorepo.workspace.model import Project

from .lab import Lab, project, tree

pytestmark = pytest.mark.slow

COV = CoverageOptions(sources=(True,))
LOW = {
    "libs/low/src/low/__init__.py": "",
    "libs/low/src/low/core.py": """
        def one(a):
            if a:
                return 1
            return 0

        def two():
            return 2
        """,
    "libs/low/src/low/never.py": "X = 1\n",
    "libs/low/tests/test_it.py": "from low.core import one\n\ndef test():\n    assert one(1) == 1\n",
}
HIGH = {
    "services/high/src/high/__init__.py": "from low.core import one, two\n",
    "services/high/tests/test_it.py": "import high\n\ndef test():\n    assert high.two() > high.one(0)\n",
}
CORE = "libs/low/src/low/core.py"
BOTH = (project("libs/low", ["low"]), project("services/high", ["high"]))


def lab_of(tmp_path: Path, files: dict[str, str], projects: tuple[Project, ...] = BOTH) -> Lab:
    tree(tmp_path / "repo", {**LOW, **HIGH, **files})
    return Lab(tmp_path / "repo", tmp_path / "scratch", projects)


def missing(lab: Lab, options: CoverageOptions = COV) -> dict[str, tuple[int, ...]]:
    report, _ = measured(options, lab.workspace, lab.measure(options))
    return {file.path: file.missing for file in report.files}


ALONE = {"libs/low/src/low/never.py": (1,), CORE: ()}


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        pytest.param({}, COV, ALONE, id="bare"),
        pytest.param({}, CoverageOptions(sources=("src",)), ALONE, id="a folder that each has"),
        pytest.param({}, CoverageOptions(sources=("",)), ALONE, id="everything"),
        pytest.param({}, CoverageOptions(sources=("low",)), ALONE, id="a package"),
        pytest.param({}, CoverageOptions(sources=("libs/low/src",)), ALONE, id="a folder of the root"),
        pytest.param(
            {"services/high/.coveragerc": "[run]\nomit = *\n"}, COV, ALONE, id="the other omits all"
        ),
        pytest.param(
            {"services/high/.coveragerc": "[run]\nsource = src\nomit = */core.py\n"},
            COV,
            ALONE,
            id="its omit",
        ),
        pytest.param(
            {"libs/low/.coveragerc": "[run]\nsource = src\nomit = */core.py\n"},
            COV,
            {"libs/low/src/low/never.py": (1,)},
            id="the owner omits",
        ),
        pytest.param({"libs/low/.coveragerc": "[run]\ninclude = src/*\n"}, COV, {CORE: ()}, id="include"),
        pytest.param({"libs/low/.coveragerc": "[run]\nsource_pkgs = low\n"}, COV, ALONE, id="source_pkgs"),
        pytest.param({"libs/low/.coveragerc": "[run]\nsource = low\n"}, COV, ALONE, id="a package as source"),
        pytest.param({"libs/low/.coveragerc": "[run]\nbranch = true\n"}, COV, ALONE, id="branches in one"),
        pytest.param(
            {"services/high/.coveragerc": "[run]\nbranch = true\n"}, COV, ALONE, id="branches in the other"
        ),
        pytest.param(
            {"services/high/.coveragerc": "[run]\ndynamic_context = test_function\n"},
            COV,
            ALONE,
            id="contexts",
        ),
    ],
)
def test_what_others_execute_counts_by_the_rules_of_its_owner(
    tmp_path: Path, files: dict[str, str], options: CoverageOptions, expected: dict[str, tuple[int, ...]]
) -> None:
    found = missing(lab_of(tmp_path, files), options)

    low = {path: lines for path, lines in found.items() if "/low/" in path and not path.endswith("__.py")}
    assert {path: lines for path, lines in low.items() if "/tests/" not in path} == expected


def test_own_numbers_stay_and_branches_of_the_owner_are_taken_by_others(tmp_path: Path) -> None:
    lab = lab_of(tmp_path, {"libs/low/.coveragerc": "[run]\nbranch = true\n"})

    report, _ = measured(COV, lab.workspace, lab.measure(COV))

    low, high = report.project("libs/low"), report.project("services/high")
    assert low.own is not None
    assert low.all is not None
    assert (low.own.missing, low.own.missing_branches) == (3, 1)
    assert (low.all.missing, low.all.missing_branches) == (1, 0), "the other branch is taken over there"
    assert [file.path for file in high.own_files] == ["services/high/src/high/__init__.py"]
    assert high.own is not None
    assert high.own.branches == 0
    assert not any(file.has_branches for file in report.files_of("services/high")), "it measures lines"


def test_a_project_without_tests_counts_whole_once_it_is_reached(tmp_path: Path) -> None:
    base = Project("libs/low", "low", source_roots=("libs/low/src",), packages=("low",))
    idle = Project("libs/idle", "idle", source_roots=("libs/idle/src",), packages=("idle",))
    lab = lab_of(tmp_path, {"libs/idle/src/idle/__init__.py": "X = 1\n"})
    shutil.rmtree(lab.root / "libs/low/tests")
    running = Lab(lab.root, lab.scratch, BOTH[1:], pythonpath=["libs/low/src"])
    lab.projects = [base, idle, BOTH[1]]

    report, found = measured(COV, lab.workspace, running.measure(COV))

    files = {file.path: file.missing for file in report.files_of("libs/low")}
    assert files == {CORE: (3,), "libs/low/src/low/never.py": (1,), "libs/low/src/low/__init__.py": ()}
    assert report.project("libs/low").own is None
    assert not report.files_of("libs/idle"), "no test is about it"
    assert str(lab.root.resolve() / "libs/low/src/low/never.py") in found.cov.get_data().measured_files()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", {"shared/util.py"}),
        ("[run]\nsource = services\n", set()),
        ("[run]\nsource = shared\n", {"shared/util.py", "shared/conftest.py"}),
        ("[run]\nomit = shared/*\n", set()),
    ],
    ids=["nothing said", "elsewhere", "named", "omitted"],
)
def test_code_of_no_project(tmp_path: Path, config: str, expected: set[str]) -> None:
    files = {
        "shared/util.py": "X = 1\n",
        "shared/conftest.py": "Y = 1\n",
        "venv/lib/site-packages/third.py": "Z = 1\n",
        "services/high/tests/test_more.py": "import util, conftest, third\n\ndef test(): pass\n",
    }
    if config:
        files[".coveragerc"] = config
    lab = lab_of(tmp_path, files)
    lab.pythonpath = ["shared", "venv/lib/site-packages"]

    report, found = measured(COV, lab.workspace, lab.measure(COV))

    assert {file.path for file in report.files_of(None)} == expected
    recorded = {found.relative(path) for path in found.cov.get_data().measured_files()}
    assert recorded == {file.path for file in report.files}, "the root's .coverage holds what is reported"


def test_a_project_inside_another_and_the_one_around_it(tmp_path: Path) -> None:
    inner = project("libs/low/plugins/inner", ["inner"])
    files = {
        "libs/low/plugins/inner/src/inner/__init__.py": "def a():\n    return 1\n\ndef b():\n    return 2\n",
        "libs/low/plugins/inner/tests/test_inner.py": (
            "import inner, low.core\n\ndef test():\n    assert inner.a() == 1 and low.core.two() == 2\n"
        ),
        "libs/low/tests/test_more.py": "import inner\n\ndef test():\n    assert inner.b() == 2\n",
    }
    found = missing(lab_of(tmp_path, files, (BOTH[0], inner)))

    assert found["libs/low/plugins/inner/src/inner/__init__.py"] == ()
    assert found[CORE] == (4,)


def test_a_project_that_asks_for_no_coverage_has_none_by_others(tmp_path: Path) -> None:
    asks = project("services/high", ["high"], addopts=["--cov=high"])
    lab = lab_of(tmp_path, {}, (BOTH[0], asks))

    assert missing(lab, CoverageOptions()) == {"services/high/src/high/__init__.py": ()}


def test_the_total_its_limit_and_the_patch_follow(tmp_path: Path) -> None:
    lab = lab_of(tmp_path, {})
    options = CoverageOptions(sources=(True,), reports={"term": None}, fail_under=80, patch_fail_under=100)

    found = finish(
        options, lab.workspace, lab.measure(options), lab.root, changed={CORE: frozenset({4, 6, 7})}
    )

    assert not found.failed, found.lines
    assert "Patch coverage: 100% (3 of 3 changed lines)" in found.lines
    assert any(line.startswith("total coverage reaches 80%") for line in found.lines)
