"""Every format written for a mixed workspace, read back by something that is not ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from pytest_monorepo.reports.coverage.conclude import CoverageOptions, CoverageOutcome, finish, measured
from pytest_monorepo.reports.coverage.measured.engine import html_page
from pytest_monorepo.reports.coverage.model import CoverageReport

from .lab import Lab, project, tree

ALL = dict.fromkeys(("term-missing", "html", "xml", "json", "lcov", "markdown"))
COV = CoverageOptions(sources=(True,), reports=ALL)
SHAPES = "libs/core/src/core/shapes.py"

FILES = {
    SHAPES: """
        def area(kind):
            if kind:
                return 1
            return 2

        def debug():
            assert_never()
        """,
    "libs/core/src/core/__init__.py": "",
    "libs/core/src/core/unused.py": "x = 1\n",
    "libs/core/tests/test_it.py": "from core import shapes\n\ndef test():\n    assert shapes.area(1) == 1\n",
    "libs/core/.coveragerc": """
        [run]
        branch = true
        source = src
        [report]
        exclude_also = def debug
        fail_under = 90
        """,
    "services/api/src/api/__init__.py": "def api(a):\n    if a:\n        return 1\n    return never()\n",
    "services/api/tests/test_it.py": "import api\n\ndef test():\n    assert api.api(1) == 1\n",
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("formats")
    tree(folder / "repo", {name: dedent(text) for name, text in FILES.items()})
    return Lab(
        folder / "repo",
        folder / "scratch",
        [project("libs/core", ["core"]), project("services/api", ["api"])],
    )


@pytest.fixture(scope="module")
def infos(lab: Lab) -> list[dict[str, Any]]:
    return lab.measure(COV)


@pytest.fixture(scope="module")
def outcome(lab: Lab, infos: list[dict[str, Any]]) -> CoverageOutcome:
    return finish(COV, lab.workspace, infos, lab.root)


def test_each_project_is_analysed_by_its_own_rules(outcome: CoverageOutcome) -> None:
    shapes = next(f for f in outcome.report.files if f.path == SHAPES)
    api = next(f for f in outcome.report.files if f.path.startswith("services"))

    assert shapes.excluded == (6, 7), "core excludes debug()"
    assert shapes.has_branches
    assert shapes.missing_branches == ((2, 4),)
    assert api.missing == (4,), "the api excludes nothing and has no branches"
    assert not api.has_branches


def test_every_format_shows_the_same_lines(outcome: CoverageOutcome, lab: Lab) -> None:
    """Fails when coverage.py's reporters stop asking ``_get_file_reporter`` and ``_analyze``."""
    expected = {f.path: set(f.missing) for f in outcome.report.files}

    assert {p: set(f["missing_lines"]) for p, f in json_files(lab).items()} == expected
    assert xml_missing(lab.root / "coverage.xml") == expected
    assert lcov_missing(lab.root / "coverage.lcov") == expected
    assert {p: html_missing(lab.root / "htmlcov" / html_page(p)) for p in expected} == expected
    assert markdown_missing(lab.root / "coverage.md") == {p: len(m) for p, m in expected.items()}


def test_where_contexts_were_measured_each_line_tells_its_tests(lab: Lab, tmp_path: Path) -> None:
    options = replace(COV, context="test", reports={"html": str(tmp_path / "html")})
    finish(options, lab.workspace, lab.measure(options), lab.root)
    text = (tmp_path / "html" / html_page(SHAPES)).read_text("utf-8")
    assert "libs/core/tests/test_it.py::test|run" in text
    assert "services/api" not in text


def json_files(lab: Lab) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((lab.root / "coverage.json").read_text())["files"]
    return found


def xml_missing(path: Path) -> dict[str, set[int]]:
    return {
        c.attrib["filename"]: {int(x.attrib["number"]) for x in c.iter("line") if x.attrib["hits"] == "0"}
        for c in ET.parse(path).iter("class")
    }


def lcov_missing(path: Path) -> dict[str, set[int]]:
    records = path.read_text().split("end_of_record\n")[:-1]
    return {
        re.search("^SF:(.*)$", r, re.M)[1]: {int(n) for n in re.findall(r"^DA:(\d+),0", r, re.M)}  # type: ignore[index]
        for r in records
    }


def html_missing(page: Path) -> set[int]:
    return {
        int(n)
        for n in re.findall(r'<p class="mis show_mis"><span class="n"><a id="t(\d+)"', page.read_text())
    }


def markdown_missing(path: Path) -> dict[str, int]:
    rows = [[cell.strip() for cell in row.split("|")] for row in path.read_text().splitlines()[2:]]
    return {row[1].replace("\\_", "_"): int(row[3]) for row in rows if "TOTAL" not in row[1]}


def test_cobertura_has_a_package_per_folder_and_the_root_as_source(
    outcome: CoverageOutcome, lab: Lab
) -> None:
    xml = ET.parse(lab.root / "coverage.xml")

    assert [s.text for s in xml.iter("source")] == [os.path.realpath(lab.root)]
    assert {p.attrib["name"] for p in xml.iter("package")} == {"libs.core.src.core", "services.api.src.api"}
    for one in xml.iter("class"):
        assert (lab.root / one.attrib["filename"]).is_file()


def test_pycobertura_reads_it(outcome: CoverageOutcome, lab: Lab) -> None:
    pycobertura = pytest.importorskip("pycobertura", reason="pycobertura is not installed")
    filesystem = pytest.importorskip("pycobertura.filesystem")
    found = pycobertura.Cobertura(
        str(lab.root / "coverage.xml"), filesystem=filesystem.DirectoryFileSystem(str(lab.root))
    )

    assert sorted(found.files()) == [f.path for f in outcome.report.files]
    assert found.missed_statements(SHAPES) == [2, 4], "to pycobertura a partly taken branch is missed, too"
    assert [line[1].rstrip() for line in found.file_source(SHAPES)][:1] == ["def area(kind):"]


@pytest.mark.parametrize("name", ["coverage.xml", "coverage.lcov"])
def test_diff_cover_reads_it(outcome: CoverageOutcome, lab: Lab, name: str) -> None:
    pytest.importorskip("diff_cover", reason="diff-cover is not installed")
    git = ["git", "-C", str(lab.root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    if not (lab.root / ".git").exists():
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "base"], check=True)
        subprocess.run([*git, "tag", "base"], check=True)
        subprocess.run([*git, "add", "libs", "services"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", "all"], check=True)
    out = lab.root / "diff.json"

    run = [sys.executable, "-m", "diff_cover.diff_cover_tool", name, "--compare-branch=base"]
    ran = subprocess.run(
        [*run, "--format", f"json:{out}"], cwd=lab.root, capture_output=True, text=True, check=True
    )

    found = json.loads(out.read_text())["src_stats"]
    expected = {f.path: list(f.missing) for f in outcome.report.files if f.numbers.statements}
    assert {p: s["violation_lines"] for p, s in found.items()} == expected, ran.stdout
    assert "warning" not in ran.stderr.lower()


def test_html_opens_by_the_names_the_report_gives(outcome: CoverageOutcome, lab: Lab) -> None:
    assert outcome.report.html == "htmlcov"
    for file in outcome.report.files:
        assert (lab.root / "htmlcov" / file.html).is_file()
    assert "libs/core/src/core/shapes.py" in (lab.root / "htmlcov" / html_page(SHAPES)).read_text().replace(
        "&#8201;", ""
    )


def test_a_page_is_written_anew_when_only_the_rules_change(lab: Lab, infos: list[dict[str, Any]]) -> None:
    html = replace(COV, reports={"html": "again"})
    finish(html, lab.workspace, infos, lab.root)
    page = lab.root / "again" / html_page(SHAPES)
    before = page.stat().st_mtime_ns
    finish(html, lab.workspace, infos, lab.root)
    assert page.stat().st_mtime_ns == before, "nothing changed, nothing is written"

    changed = json.loads(json.dumps(infos))
    core = next(info for info in changed if info["project"] == "libs/core")
    core["configuration"]["exclude"] = []
    finish(html, lab.workspace, changed, lab.root)

    assert html_missing(page) == {4, 7}


@pytest.mark.parametrize("relative", [False, True])
def test_coverage_report_works_at_the_root_afterwards(
    lab: Lab, infos: list[dict[str, Any]], relative: bool
) -> None:
    config = lab.root / "root.coveragerc"
    config.write_text(f"[run]\nrelative_files = {relative}\n")
    options = replace(COV, config=str(config), reports={})
    report, _ = measured(options, lab.workspace, infos)

    command = [sys.executable, "-m", "coverage", "json", "-o", "later.json", "--rcfile=root.coveragerc"]
    subprocess.run(command, cwd=lab.root, check=True, capture_output=True)

    later = json.loads((lab.root / "later.json").read_text())["files"]
    excluded_by_core = {6}
    # Python 3.10 executes line 1 of an empty file, and coverage.py 7.6 tells it, though it is no statement
    told = {p: f["executed_lines"] if f["summary"]["num_statements"] else () for p, f in later.items()}
    assert {p: set(lines) - excluded_by_core for p, lines in told.items()} == {
        f.path: set(f.executed) - excluded_by_core for f in report.files
    }
    os.remove(lab.root / ".coverage")


def test_append_keeps_what_was_there(lab: Lab, infos: list[dict[str, Any]]) -> None:
    options = replace(COV, reports={}, append=True)
    first = [info for info in infos if info["project"] == "services/api"]
    second = [info for info in infos if info["project"] == "libs/core"]

    measured(options, lab.workspace, first)
    report, _ = measured(options, lab.workspace, second)

    whole, _ = measured(replace(options, append=False), lab.workspace, infos)
    assert [f.path for f in report.files] == [f.path for f in whole.files]
    assert executed(report) == executed(whole)
    assert report.project("services/api").own is None, "its tests did not run this time"


def executed(report: CoverageReport) -> list[tuple[str, tuple[int, ...]]]:
    return [(f.path, f.executed) for f in report.files]


def test_destinations_are_relative_to_where_the_user_is(lab: Lab, infos: list[dict[str, Any]]) -> None:
    options = replace(COV, reports={"xml": "out/c.xml", "annotate": "out/annotated"})

    found = finish(options, lab.workspace, infos, lab.root / "services")

    assert (lab.root / "services/out/c.xml").is_file()
    assert any((lab.root / "services/out/annotated").iterdir())
    assert "Coverage XML written to file services/out/c.xml" in found.lines


def test_the_terminal_says_who_is_under_which_limit(outcome: CoverageOutcome) -> None:
    text = "\n".join(outcome.lines)

    assert outcome.failed
    assert [limit.partition(" is ")[0] for limit in outcome.report.under] == [
        "libs/core: coverage by its own tests"
    ]
    assert "FAIL libs/core: coverage by its own tests is 57%, under the limit of 90%" in text
    assert "2 of 5 lines missing and 1 of 2 branches, 3 more needed" in text
    assert re.search(r"^src/core/shapes.py +4 +1 +2 +1 +67% +4$", text, re.M)
    assert re.search(r"^services/api +4 +1 +0 +0 +75% +75%$", text, re.M)


def test_a_file_that_changed_meanwhile_is_named_and_not_counted(
    lab: Lab, infos: list[dict[str, Any]]
) -> None:
    path = lab.root / SHAPES
    before = path.stat()
    os.utime(path)
    try:
        found = finish(replace(COV, reports={}), lab.workspace, infos, lab.root)
    finally:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert found.report.changed == (SHAPES,)
    assert SHAPES not in [f.path for f in found.report.files]
    assert any(SHAPES in line and "changed while the tests ran" in line for line in found.lines)
