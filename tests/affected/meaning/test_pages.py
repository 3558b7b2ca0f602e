"""A page that lies in the checkout is no change, whether git knows it or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_monorepo.affected.meaning.pages import LISTING, WRITER, without_pages
from pytest_monorepo.affected.rules.values import ChangedFile

PROJECTS = ("libs/core", "services/api")


def _page(folder: Path, text: str | None = None) -> None:
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"writer": WRITER}) if text is None else text)


@pytest.mark.parametrize(
    ("path", "unseen"),
    [
        ("site/index.html", True),
        ("site/summary.json", True),
        ("site/data/project-libs-core.js", True),
        ("site/static/page.css", True),
        ("site/history/2026-01-01.jsonl.gz", True),
        ("site/coverage/z_1_core_py.html", True),
        ("pages/main/index.html", True),  # runs of branches beside each other
        ("libs/core/site/data/tests.js", True),
        ("site/CNAME", False),  # somebody put it there
        ("site/data/load.py", False),  # code is code
        ("site", False),
        ("other/index.html", False),
        ("index.html", False),  # the root holds projects
        ("data/limits.json", False),
        ("libs/core/data/limits.json", False),  # a project into which somebody wrote a page
        ("libs/data/limits.json", False),  # a folder of projects
        ("../site/index.html", False),
        ("torn/index.html", False),
        ("foreign/index.html", False),
        ("deep/index.html", False),
        ("pages/index.html", True),  # their list
        ("pages/other.html", False),
        ("libs/index.html", False),
        ("written/index.html", False),
    ],
)
def test_files_of_a_page(tmp_path: Path, path: str, unseen: bool) -> None:
    for folder in ("site", "pages/main", "libs/core/site"):
        _page(tmp_path / folder)
    for folder in (".", "libs", "libs/core"):
        (tmp_path / folder / "summary.json").write_text(json.dumps({"writer": WRITER}))
    for folder in ("pages", ".", "libs"):
        (tmp_path / folder / "index.html").write_text(f"<!doctype html>\n{LISTING}\n")
        (tmp_path / folder / "other.html").write_text(LISTING)
    (tmp_path / "written").mkdir()
    (tmp_path / "written" / "index.html").write_text("<!doctype html>" + " " * 300 + LISTING)
    _page(tmp_path / "torn", '{"writer": ')
    _page(tmp_path / "foreign", '["pytest-monorepo"]')
    _page(tmp_path / "deep", "[" * 100_000)
    (file,) = without_pages(tmp_path, [ChangedFile(path)], PROJECTS)
    assert (file.unseen is not None) is unseen
