"""What a stranger reads at the end: percentages, headings and the table in a narrow terminal."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_monorepo.reports.run_model import ProjectSummary
from pytest_monorepo.reports.terminal.table import table
from tests.run.space import Space

LONG = "services/a-name-that-nobody-can-read-in-one-line/and-another-folder-below-it/api"
BAD = "import pytest\n\n@pytest.fixture\ndef broken():\n    raise ValueError\n\ndef test_one(): pass\n"
BAD += "def test_main(): assert 0\n\nclass TestIn:\n    def test_it(self, broken): pass\n"


def test_headings_name_the_project_and_percentages_end_at_100(tmp_path: Path) -> None:
    space = Space(tmp_path)
    space.projects({"a": BAD, "b": BAD, LONG: BAD})
    found = space.run("--junitxml=r.xml", env={"COLUMNS": "80"})

    headings = re.findall(r"^_+ (\S.*?) _+$", found.out, re.MULTILINE)
    parts = ["ERROR at setup of {}: TestIn.test_it", "{}: test_main"]
    assert sorted(headings) == sorted(part.format(path) for path in ("a", "b", LONG) for part in parts)
    assert set(found.cases) == {
        f"{path.replace('/', '.')}.tests.test_main{case}"
        for path in ("a", "b", LONG)
        for case in (".test_one", ".test_main", ".TestIn.test_it")
    }, "a heading's name is no test's"
    percentages = [int(number) for number in re.findall(r"\[ *(\d+)%\]", found.out)]
    assert percentages == sorted(percentages)
    assert percentages[-1] == 100
    found.has(r"^project +passed +failed +errors +time$", r"^….*/api +1 +1 +1 +\d+\.\d\ds$")
    rows = found.out.partition("= projects =")[2].partition("= short test")[0].splitlines()[1:-1]
    assert max(map(len, rows)) <= 80


def test_a_single_project_reads_as_plain_pytest(tmp_path: Path) -> None:
    space = Space(tmp_path)
    space.projects({"a": BAD, "b": BAD})
    found = space.run("a")

    assert re.findall(r"^_+ (\S.*?) _+$", found.out, re.MULTILINE) == [
        "ERROR at setup of TestIn.test_it",
        "test_main",
    ]


def test_a_name_gives_way_and_no_figure() -> None:
    summaries = [ProjectSummary(path, path, {"passed": 1}, 1, 1.0, 2.5, 0) for path in ("a", LONG)]

    lines = [line for line, _ in table(summaries, width=40)[1:]]

    assert [len(line) for line in lines] == [40, 40, 40]
    assert [line.split()[-1] for line in lines] == ["time", "1.50s", "1.50s"]
    assert any(line.startswith("…") and "/api  " in line for line in lines)
    assert any(LONG in line for line, _ in table(summaries))
