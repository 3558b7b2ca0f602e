"""No spelling of a dependency hides a test file from a change: see :mod:`tests.affected.files.spellings`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_monorepo import settings
from pytest_monorepo.affected.decision import decide
from pytest_monorepo.workspace.discovery.discover import discover
from tests.run import warm
from tests.workspace.trees import git, write

from .spellings import CASES, LINK


@pytest.mark.sampled("name", one_in=3)
@pytest.mark.parametrize("name", CASES)
def test_the_tests_that_the_change_fails_run(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    lay(tmp_path, case.files)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "base")
    lay(tmp_path, case.change)
    found = settings.load(tmp_path)
    decision = decide(tmp_path, discover(tmp_path, found), found, "HEAD", environ={}, by_file=True)
    assert decision.files is not None
    for path in case.fails:
        owner = decision.workspace.owner(path)
        assert owner is not None
        narrowed = decision.files[owner.path]
        assert narrowed.whole is not None or path in narrowed.files


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.needs])
def test_they_are_what_plain_pytest_reports(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    lay(tmp_path, case.files)
    assert _failing(tmp_path) == set()
    lay(tmp_path, case.change)
    assert _failing(tmp_path) == case.fails


def lay(root: Path, files: Mapping[str, str | None]) -> None:
    """Write the files, links among them; ``None`` deletes."""
    write(root, {path: text for path, text in files.items() if text and not text.startswith(LINK)})
    for path, text in files.items():
        if text is None:
            (root / path).unlink()
        elif not text:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        elif text.startswith(LINK):
            (root / path).symlink_to(text.removeprefix(LINK))


def _failing(root: Path) -> set[str]:
    projects = discover(root, settings.load(root)).projects
    roots = [str(root / folder) for project in projects for folder in project.source_roots]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(roots),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("PYTEST_ADDOPTS", None)
    words = ("-q", "-rfE", "-p", "no:cacheprovider", "--continue-on-collection-errors")
    found = set()
    for project in projects:
        if project.runs:
            _, said = warm.anyhow(words, cwd=root / project.path, environ=environment)
            for path in re.findall(r"^(?:FAILED|ERROR) ([^\s:]+)", said.decode(), re.MULTILINE):
                found.add(path if project.path == "." else f"{project.path}/{path}")
    return found
