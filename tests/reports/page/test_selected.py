"""What a selection by test file looks like on the page, and on GitHub's summary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.affected.files.narrow import FileReason, Narrowed
from pytest_monorepo.reports.page import selected
from pytest_monorepo.reports.page.build import render
from pytest_monorepo.reports.page.data import project
from pytest_monorepo.reports.page.view import Site
from tests.run.space import MANIFEST, Space
from tests.workspace.trees import git

from .samples import Sample, small

TEST = "libs/core/tests/test_it.py"
OTHER = "libs/core/tests/test_other.py"


def site(sample: Sample, files: dict[str, Narrowed] | None) -> Site:
    core, *others = sample.workspace.projects
    workspace = replace(sample.workspace, projects=(replace(core, test_files=(TEST, OTHER)), *others))
    return Site(sample.run, workspace, sample.graph, sample.selection, files=files)


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        (
            Narrowed({TEST: FileReason(("libs/core/a.py", TEST))}, (OTHER,)),
            {
                "told": "1 of 2 test files",
                "ways": [f"libs/core/a.py → {TEST}"],
                "leftOut": [OTHER],
                "more": 0,
            },
        ),
        (
            Narrowed({TEST: FileReason(why="x changed, which its last complete run asked for")}, ()),
            {
                "told": "1 of 2 test files",
                "ways": [f"{TEST}: x changed, which its last complete run asked for"],
                "leftOut": [],
                "more": 0,
            },
        ),
        (
            Narrowed(whole="uv.lock changed"),
            {"told": "all 2 test files: uv.lock changed", "ways": [], "leftOut": [], "more": 0},
        ),
    ],
)
def test_a_project_has_its_files_and_the_ways_to_them(narrowed: Narrowed, expected: object) -> None:
    shown = project(site(small(), {"libs/core": narrowed}), "libs/core", 1000)
    assert isinstance(shown, dict)
    assert shown["selected"] == expected


def test_where_projects_are_selected_nothing_is_said_of_files() -> None:
    shown = project(site(small(), None), "libs/core", 1000)
    assert isinstance(shown, dict)
    assert shown["selected"] is None
    assert selected.taken(site(small(), None)) == ""
    assert "test files run" not in render(site(small(), None))


def test_the_overview_counts_them() -> None:
    narrowed = Narrowed({TEST: FileReason(("libs/core/a.py", TEST))}, (OTHER,))
    assert "4 of 6 test files run." in render(site(small(), {"libs/core": narrowed}))


def test_only_so_many_lines_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selected, "SHOWN", 1)
    narrowed = Narrowed({TEST: FileReason((TEST,)), OTHER: FileReason((OTHER,))}, ("a", "b", "c"))
    found = selected.of_project(site(small(), {"libs/core": narrowed}), "libs/core")
    assert found is not None
    assert (len(found["ways"]), len(found["leftOut"]), found["more"]) == (1, 1, 3)


def test_a_run_tells_both(tmp_path: Path) -> None:
    space = Space(tmp_path / "ws")
    space.write(
        {
            "a/pyproject.toml": MANIFEST.format(name="a"),
            "a/a.py": "X = 1\n",
            "a/tests/test_it.py": "import a\n\ndef test_it(): pass\n",
            "a/tests/test_other.py": "def test_other(): pass\n",
        }
    )
    git(space.root, "init", "-q", "-b", "main")
    git(space.root, "add", "-A")
    git(space.root, "commit", "-qm", "start")
    space.write({"a/a.py": "X = 2\n"})
    summary = tmp_path / "summary.md"
    words = ("--affected", "HEAD", "--affected-level=file", "--monorepo-html=site", "--monorepo-github=on")
    run = space.run(*words, env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert run.code == 0, run.out
    text = summary.read_text()
    assert "1 of 1 projects, 1 of 2 test files, 1 deselected" in text
    assert "| a/a.py → a; 1 of 2 test files |" in text
    assert "1 of 2 test files run." in (space.root / "site/index.html").read_text()
    assert "a/a.py \\u2192 a/tests/test_it.py" in (space.root / "site/data/project-a.js").read_text()
