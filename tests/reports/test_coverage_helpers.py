"""A report by several processes is the report by one, also where some of them are lost."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData

from pytest_monorepo.reports import coverage_engine, coverage_html
from pytest_monorepo.reports.coverage import CoverageOptions, CoverageReport, finish
from pytest_monorepo.reports.coverage_helpers import Helper, shares, worthwhile
from pytest_monorepo.worker.measure import configuration
from pytest_monorepo.workspace.model import Project, Workspace

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    # the tests' own process may have threads; where it counts, worthwhile() looks
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]

SOURCE = """
class Thing:
    def one(self, x):
        if x:
            return 1
        return 2

def two(x):
    # {n}
    while x:
        x -= 1
    return x
"""


def measured(root: Path, projects: int = 4, files: int = 5) -> tuple[Workspace, list[dict[str, Any]]]:
    """A workspace whose last project also runs every first file of the others."""
    (root / ".coveragerc").write_text("[run]\nbranch = true\n")
    known = configuration(Coverage(config_file=str(root / ".coveragerc"), data_file=None), str(root))
    infos: list[dict[str, Any]] = []
    firsts: list[str] = []
    for number in range(projects):
        executed = {path: [(-1, 2), (2, 8), (8, -1)] for path in firsts} if number == projects - 1 else {}
        for index in range(files):
            source = root / f"p{number}" / "pkg" / f"m{index}.py"
            source.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(SOURCE.format(n="x" * index * 40))
            executed[str(source)] = [(-1, 2), (2, 3), (3, 4), (4, 5), (5, -3), (8, 10)][: index + 2]
        firsts.append(str(root / f"p{number}" / "pkg" / "m0.py"))
        folder = root / "data" / str(number)
        folder.mkdir(parents=True)
        data = CoverageData(basename=str(folder / ".coverage"), suffix="x")
        data.add_arcs(executed)
        data.write()
        getattr(data, "close", lambda: None)()
        infos.append(
            {
                "project": f"p{number}",
                "data_dir": str(folder),
                "started": time.time_ns() + 10**12,
                "configuration": known,
            }
        )
    return Workspace(root, tuple(Project(f"p{n}", f"p{n}") for n in range(projects))), infos


def pages(root: Path) -> dict[str, str]:
    """All pages without their time, and what the next run compares with."""
    folder = root / "htmlcov"
    found = {
        path.name: re.sub(r"created at [-0-9: +]+", "", path.read_text()) for path in folder.glob("*.html")
    }
    found["status"] = json.dumps(json.loads((folder / "status.json").read_text()), sort_keys=True)
    return found


@pytest.fixture
def report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[int], tuple[CoverageReport, dict[str, str]]]:
    root = Path(os.path.realpath(tmp_path))
    workspace, infos = measured(root)

    def by(number: int) -> tuple[CoverageReport, dict[str, str]]:
        monkeypatch.setattr(coverage_engine, "worthwhile", lambda files: number)
        html = root / "htmlcov"
        if html.exists():
            html.rename(root / f"html-{time.time_ns()}")
        outcome = finish(CoverageOptions((True,), {"html": None}), workspace, infos, root)
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)
        return outcome.report, pages(root)

    return by


def test_three_processes_write_what_one_writes(
    report: Callable[[int], tuple[CoverageReport, dict[str, str]]],
) -> None:
    alone, by_one = report(1)
    together, by_three = report(3)

    assert together == alone
    assert by_three == by_one
    assert len([name for name in by_one if name.startswith("z_")]) == 20
    assert alone.project("p0").own != alone.project("p0").all


def die(*args: object) -> None:
    os._exit(3)


def test_what_a_lost_helper_had_is_done_by_the_process_that_asked(
    report: Callable[[int], tuple[CoverageReport, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = report(1)

    monkeypatch.setattr(coverage_html, "serve", die)
    assert report(3) == expected

    me = os.getpid()
    original = coverage_engine.WorkspaceCoverage.analysed

    def analysed(self: Any, path: str, *view: Any) -> Any:
        if os.getpid() != me and path.endswith("m3.py"):
            die()
        return original(self, path, *view)

    monkeypatch.setattr(coverage_engine.WorkspaceCoverage, "analysed", analysed)
    assert report(3) == expected


def test_pages_that_did_not_change_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_engine, "worthwhile", lambda files: 2)
    root = Path(os.path.realpath(tmp_path))
    workspace, infos = measured(root)
    options = CoverageOptions((True,), {"html": None})
    finish(options, workspace, infos, root)
    written = pages(root)
    for path in (root / "htmlcov").glob("z_*.html"):
        path.write_text("kept")
    changed = root / "p2" / "pkg" / "m3.py"
    changed.write_text(changed.read_text() + "\n")

    finish(options, workspace, infos, root)

    again = pages(root)
    assert sorted(again) == sorted(written)
    pages_again = {name: text for name, text in again.items() if name.startswith("z_")}
    assert [name for name, text in pages_again.items() if text != "kept"] == [
        name for name in pages_again if "m3" in name and "p2" in written[name]
    ]


def test_shares_are_of_one_size_and_keep_the_order(tmp_path: Path) -> None:
    paths = []
    for number in range(20):
        path = tmp_path / f"{number:02}.py"
        path.write_text("x" * (0 if number % 2 else 4000))
        paths.append(str(path))

    found = shares(paths, 3)

    assert sorted(path for share in found for path in share) == paths
    assert all(share == sorted(share) for share in found)
    sizes = [sum(os.path.getsize(path) for path in share) for share in found]
    assert max(sizes) - min(sizes) <= 4000


def test_a_helper_that_is_not_asked_ends_with_the_others() -> None:
    helpers = [Helper(lambda item: "x" * 100_000, range(50), list) for _ in range(3)]

    assert helpers[0].take() == "x" * 100_000
    for helper in helpers:
        helper.close()  # although it cannot get rid of its answers

    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_few_files_are_not_worth_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    assert [worthwhile(files) for files in (0, 39, 40, 10_000)] == [1, 1, 2, 8]

    monkeypatch.setattr(threading, "active_count", lambda: 2)
    assert worthwhile(10_000) == 1
