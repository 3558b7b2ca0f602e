"""Report files that a project's own settings ask for are written there, as plain pytest writes them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from .space import KNOWS_MARKDOWN, Space

TESTS = "import time\ndef test_one(record_property): record_property('n', (1,))\ndef test_two(): assert 0\n"
OWN = "[pytest]\naddopts = --junitxml=out/report.xml\n"


@pytest.fixture
def pair(space: Space) -> Space:
    """``a`` writes a report of its own, ``b`` does not."""
    space.projects({"a": TESTS, "b": TESTS})
    space.write({"a/pytest.ini": OWN})
    return space


def cases(file: Path) -> list[tuple[str | None, str | None, int]]:
    found = ET.parse(file).iter("testcase")
    return sorted((case.get("classname"), case.get("name"), len(case)) for case in found)


def report(space: Space) -> Path:
    return space.root / "a" / "out" / "report.xml"


def test_it_holds_what_the_project_alone_writes(pair: Space) -> None:
    pair.plain(cwd="a")
    alone = cases(report(pair))
    report(pair).unlink()
    pair.run()
    assert cases(report(pair)) == alone
    assert not (pair.root / "b" / "out").exists()


def test_a_project_that_writes_one_is_not_split(pair: Space) -> None:
    pair.write({f"a/tests/test_{n}.py": TESTS for n in range(3)})
    pair.run("-v", "--workers=3").has(r"^a: option --junitxml")
    assert len(cases(report(pair))) == 8


def test_one_on_the_command_line_takes_its_place_as_in_plain_pytest(pair: Space) -> None:
    pair.run("--junitxml=all.xml")
    assert len(cases(pair.root / "all.xml")) == 4
    assert not report(pair).exists()


def test_the_roots_is_one_about_all(space: Space) -> None:
    files = {f"{path}/pyproject.toml": f'[project]\nname = "{path}"\nversion = "1"\n' for path in "ab"}
    space.write({**files, **{f"{path}/test_{path}.py": TESTS for path in "ab"}})
    settings = "[tool.pytest-monorepo]\n[tool.pytest.ini_options]\naddopts = '--junitxml=all.xml'\n"
    space.write({"pyproject.toml": settings})
    space.run()
    assert len(cases(space.root / "all.xml")) == 4
    assert not any((space.root / path / "all.xml").exists() for path in "ab")


CODE = "def sign(n):\n    if n:\n        return 1\n    return 0\n"
MEASURED = {
    "one/code.py": CODE,
    "one/unused.py": CODE,
    "one/left.py": CODE,
    "tests/test_main.py": "import sys\nsys.path.insert(0, '.')\nfrom one import code, left\n"
    "def test_one(): assert code.sign(1)\n",
    "tests/test_more.py": "from one import code\ndef test_two(): assert not code.sign(0)\n",
}
REPORTS = "xml:out/cov.xml json lcov:out/cov.lcov html:out/html annotate:out/annotated term"
WRITTEN = {"coverage.json", "out/cov.xml", "out/cov.lcov", "out/html/index.html"}
if KNOWS_MARKDOWN:
    REPORTS += " markdown"
    WRITTEN.add("coverage.md")
RC = "[run]\nsource = one\n[report]\nomit = */left.py\n"
CONFIGURED = {
    "lines": RC,
    "branches, relative": RC.replace("[report]", "branch = true\nrelative_files = true\n[report]"),
    "contexts": RC.replace("[report]", "dynamic_context = test_function\n[report]\nprecision = 2")
    + "[html]\nshow_contexts = true\n[json]\nshow_contexts = true\n",
}


def measuring(space: Space, configuration: str, more: str = "") -> None:
    """``a`` asks for reports of its own, ``b`` measures branches and executes code of ``a``."""
    pytest.importorskip("pytest_cov")
    words = " ".join(f"--cov-report={one}" for one in REPORTS.split())
    space.projects(
        {"a": "", "b": "import sys\nsys.path.insert(0, '../a')\nimport one.unused\ndef test(): pass\n"}
    )
    space.write({f"a/{path}": text for path, text in MEASURED.items()})
    space.write(
        {"a/.coveragerc": configuration, "a/pytest.ini": f"[pytest]\naddopts = --cov {words} {more}\n"}
    )
    space.write({"b/pytest.ini": "[pytest]\naddopts = --cov --cov-branch\n"})


def written(space: Space) -> dict[str, str]:
    """The reports of ``a``, taken away; without times, and without the pages' hashes of their sources."""
    found = {}
    folder = space.root / "a"
    for file in sorted([*folder.glob("out/**/*"), *folder.glob("coverage.*")]):
        if file.is_file() and file.suffix in (".xml", ".json", ".lcov", ".md", ".html", ".py,cover"):
            text = re.sub(r'(timestamp"?[:=] ?)"[^"]*"|created at [^<]*', r"\1", file.read_text("utf-8"))
            text = re.sub(
                r"<source>.*(one)</source>", r"\1", text
            )  # ours is absolute with relative_files, too
            if file.name == "coverage.json":
                # contexts, and the lines that have some, stand in the order in which workers met them
                text = re.sub(r'\["[^\[\]]*"\]', lambda found: json.dumps(sorted(json.loads(found[0]))), text)
                text = json.dumps(json.loads(text.replace('"timestamp": ,', "")), sort_keys=True)
            if file.name != "status.json":
                found[file.relative_to(folder).as_posix()] = text
            file.unlink()
    return found


@pytest.mark.parametrize("configuration", CONFIGURED.values(), ids=CONFIGURED)
def test_its_coverage_reports_are_those_of_the_project_alone(space: Space, configuration: str) -> None:
    measuring(space, configuration)
    space.plain("-p", "pytest_cov", cwd="a")
    alone = written(space)
    assert alone.keys() >= WRITTEN
    run = space.run("-p", "pytest_cov", "--workers=2")
    run.has("^a: Coverage HTML written to dir out/html$", "^a: Coverage XML written to file out/cov.xml$")
    assert run.code == 0
    found = written(space)
    assert {path: found.get(path) for path in alone} == alone, [
        found["coverage.json"],
        alone["coverage.json"],
    ]


def test_a_coverage_report_is_written_where_plain_pytest_would(space: Space) -> None:
    """The run's own ``--cov`` changes nothing, one that names what is measured does; nor a failed test."""
    measuring(space, RC, "--no-cov-on-fail")
    assert space.run("-p", "pytest_cov", "--cov", "--cov-report=xml").code == 0
    assert {"out/cov.xml", "coverage.json"} <= written(space).keys()
    assert (space.root / "coverage.xml").exists()
    named = space.run("-p", "pytest_cov", "--cov=one")
    named.has(
        r"^WARNING: a: not written, though .*: .*--cov-report=xml:out/cov.xml.* \(the run's --cov names"
    )
    space.write({"a/tests/test_more.py": "def test_fails(): assert 0\n"})
    assert space.run("-p", "pytest_cov").code == 1
    assert written(space) == {}


def test_a_coverage_report_that_would_not_be_the_projects_is_named(space: Space) -> None:
    """Without a source of its own coverage.py takes the tests, too, and they were not measured."""
    measuring(space, "")
    run = space.run("-p", "pytest_cov")
    run.has(r"^WARNING: a: not written, .* \(its coverage configuration names no source; ")
    assert (run.code, written(space)) == (0, {})


def test_the_roots_coverage_report_is_one_about_all(space: Space) -> None:
    pytest.importorskip("pytest_cov")
    files = {f"{path}/pyproject.toml": f'[project]\nname = "{path}"\nversion = "1"\n' for path in "ab"}
    space.write({**files, **{f"{path}/test_{path}.py": "def test(): pass\n" for path in "ab"}})
    space.write({f"{path}/mod_{path}.py": "x = 1\n" for path in "ab"})
    addopts = "addopts = '--cov=mod_a --cov-report=xml'\n"
    space.write({"pyproject.toml": f"[tool.pytest-monorepo]\n[tool.pytest.ini_options]\n{addopts}"})
    space.run("-p", "pytest_cov")
    assert not list(space.root.glob("*/coverage.xml"))
