"""Report files that a project's own settings ask for are written there, as plain pytest writes them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from .space import Space

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


def test_a_coverage_report_that_is_not_written_is_named(space: Space) -> None:
    pytest.importorskip("pytest_cov")
    space.projects({"a": "def test_one(): pass\n", "b": "def test_one(): pass\n"})
    space.write(
        {"a/pytest.ini": "[pytest]\naddopts = --cov --cov-report=xml:out/cov.xml --cov-report=term\n"}
    )
    run = space.run("-p", "pytest_cov")
    run.has(r"^a: not written, though its own settings ask for it: --cov-report=xml:out/cov.xml \(")
    run.lacks("--cov-report=term")
    assert run.code == 0
