"""A report made of what an earlier one found is the report that would be made without it."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData
from coverage.parser import PythonParser

from pytest_monorepo.reports.coverage.conclude import CoverageOptions, CoverageOutcome, finish
from pytest_monorepo.reports.coverage.measured import analyses
from pytest_monorepo.worker.coverage.settings import configuration
from pytest_monorepo.workspace.model import Project, Workspace

SOURCE = """
class Thing:
    def one(self, x):
        if x:
            return 1
        return 2

def two(x):
    # {name}
    with open(x) as file:
        return [
            line for line in file
        ]
"""
OPTIONS = CoverageOptions((True,), {"html": None, "xml": None, "json": None, "lcov": None})
SEEN = [(-1, 2), (2, 3), (3, 8), (8, -1), (-3, 4), (4, 6), (6, -3)]


@dataclass
class Place:
    """A workspace of two projects with equal and different files, and data as their tests might leave it."""

    root: Path
    kept: Path
    branch: bool = True

    def write(self, seen: list[tuple[int, int]] = SEEN) -> None:
        for project in ("a", "b"):
            for name in ("__init__", "same", f"of_{project}", "broken"):
                source = self.source(project, name)
                source.parent.mkdir(parents=True, exist_ok=True)
                text = {"__init__": "", "broken": "def (:\n"}.get(name, SOURCE.format(name=name))
                source.write_text(text)
            self.measured(project, seen)

    def source(self, project: str, name: str) -> Path:
        return self.root / project / f"pkg_{project}" / f"{name}.py"

    def measured(self, project: str, seen: list[tuple[int, int]]) -> None:
        folder = self.root / "data" / project
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        data = CoverageData(basename=str(folder / ".coverage"), suffix="x")
        names = ("__init__", "same", f"of_{project}", "broken")
        paths = [str(self.source(project, name)) for name in names]
        if self.branch:
            data.add_arcs(dict.fromkeys(paths, seen))
        else:
            data.add_lines({path: [n for n, _ in seen if n > 0] for path in paths})
        data.write()
        getattr(data, "close", lambda: None)()

    def infos(self, **rules: Any) -> list[Mapping[str, Any]]:
        known = configuration(Coverage(config_file=False, data_file=None), str(self.root))
        known |= {"branch": self.branch, **rules}
        started = time.time_ns() + 10**15  # written to before the tests ran
        return [
            {
                "project": project,
                "data_dir": str(self.root / "data" / project),
                "started": started,
                "configuration": known,
            }
            for project in ("a", "b")
        ]

    def report(self, kept: Path | None, options: CoverageOptions = OPTIONS, **rules: Any) -> CoverageOutcome:
        workspace = Workspace(self.root, (Project("a", "a"), Project("b", "b")))
        return finish(options, workspace, self.infos(**rules), self.root, kept=kept)

    def whole(self, kept: Path | None, options: CoverageOptions = OPTIONS, **rules: Any) -> tuple[Any, ...]:
        """The outcome, and all that was written into a place where nothing was."""
        shutil.rmtree(self.root / "htmlcov", ignore_errors=True)
        outcome = self.report(kept, options, **rules)
        return outcome, self.written()

    def written(self) -> dict[str, str]:
        found = [*(self.root / "htmlcov").iterdir(), *self.root.glob("coverage.*")]
        return {path.name: _timeless(path.read_text(errors="replace")) for path in sorted(found)}


def _timeless(text: str) -> str:
    text = re.sub(r"created at [-0-9: +]+", "", text)
    return re.sub(r'"timestamp": ?"[^"]*"|timestamp="\d+"', "", text)


@pytest.fixture(params=["branches", "lines"])
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    root = Path(os.path.realpath(tmp_path)) / "ws"
    root.mkdir()
    place = Place(root, root.parent / "kept" / "analyses", request.param == "branches")
    place.write()
    return place


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were parsed."""
    found: list[str] = []
    original = PythonParser.parse_source

    def parse_source(self: PythonParser) -> None:
        found.append(Path(self.filename).stem)
        original(self)

    monkeypatch.setattr(PythonParser, "parse_source", parse_source)
    return found


def test_a_second_report_is_the_first_and_parses_nothing_but_what_is_no_python(
    place: Place, parsed: list[str]
) -> None:
    expected = place.whole(None)
    assert {"same", "of_a", "broken"} <= set(parsed)
    assert place.whole(place.kept) == expected

    assert place.whole(place.kept) == expected
    # a page drawn anew and lcov describe branches, which only the parser can
    again = replace(OPTIONS, reports={"html": None, "xml": None, "json": None})
    parsed.clear()
    assert place.report(place.kept, again).report == expected[0].report
    assert set(parsed) == {"broken"}
    assert place.written() == expected[1]


def rewritten(place: Place) -> dict[str, Any]:
    source = place.source("a", "same")
    source.write_text(source.read_text().replace("return 2", "return 2  # pragma: no cover"))
    return {}


def other_data(place: Place) -> dict[str, Any]:
    place.measured("a", SEEN[:-3])
    return {}


def other_rules(place: Place) -> dict[str, Any]:
    return {"exclude": ["return 2"]}


def other_partial_rules(place: Place) -> dict[str, Any]:
    return {"partial": ["if x"]}


def other_kind(place: Place) -> dict[str, Any]:
    place.branch = not place.branch
    place.write()
    return {}


def other_precision(place: Place) -> dict[str, Any]:
    return {"options": replace(OPTIONS, precision=3)}


def a_new_file_with_a_known_text(place: Place) -> dict[str, Any]:
    place.source("b", "broken").write_text(place.source("a", "of_a").read_text())
    return {}


CHANGES: list[Callable[[Place], dict[str, Any]]] = [
    rewritten,
    other_data,
    other_rules,
    other_partial_rules,
    other_kind,
    other_precision,
    a_new_file_with_a_known_text,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_found_anew(place: Place, change: Callable[[Place], dict[str, Any]]) -> None:
    place.report(place.kept)

    changed = change(place)

    by_known = place.whole(place.kept, **changed)
    assert by_known == place.whole(None, **changed)


@pytest.mark.parametrize("body", [b"", b"torn", None])
def test_what_was_torn_counts_for_nothing(place: Place, body: bytes | None) -> None:
    expected = place.whole(place.kept)
    place.kept.write_bytes(place.kept.read_bytes()[:-7] if body is None else body)

    assert place.whole(place.kept) == expected


def test_what_another_version_found_counts_for_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    place.report(place.kept)
    parsed.clear()
    monkeypatch.setattr(analyses, "_HEADER", "pytest-monorepo analyses 1 coverage 0 and so on")

    place.report(place.kept)

    assert "of_a" in parsed


def test_a_place_that_cannot_be_written_costs_time_and_no_more(place: Place) -> None:
    expected = place.whole(None)
    place.kept.mkdir(parents=True)

    assert place.whole(place.kept) == expected
    assert list(place.kept.parent.iterdir()) == [place.kept]


def test_a_source_written_to_while_it_is_read_is_not_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = place.source("a", "of_a")
    first = source.read_text()
    original = PythonParser.parse_source

    def parse_source(self: PythonParser) -> None:
        if self.filename == str(source):
            self.text = first.replace("return 2", "pass")  # what it would have read a moment later
        original(self)

    with monkeypatch.context() as patched:
        patched.setattr(PythonParser, "parse_source", parse_source)
        place.report(place.kept)

    assert place.whole(place.kept) == place.whole(None)


def test_what_no_report_uses_is_dropped_in_time(place: Place) -> None:
    place.report(place.kept)
    small = place.kept.stat().st_size
    source = place.source("a", "of_a")
    for number in range(60):
        source.write_text(SOURCE.format(name=f"version {number}"))
        place.report(place.kept, replace(OPTIONS, reports={}))

    assert place.kept.stat().st_size < 12 * small
