"""Small workspaces on disk, told as a mapping from path to content."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent

from pytest_monorepo import settings
from pytest_monorepo.workspace.discovery.discover import discover
from pytest_monorepo.workspace.model import Project, Workspace

TEST = "def test_it():\n    pass\n"


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files, folders made on the way."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(dedent(text), encoding="utf-8", errors="surrogateescape")
    return root


def named(name: str, more: str = "") -> str:
    """A ``pyproject.toml`` with a name and what else it needs."""
    return f'[project]\nname = "{name}"\nversion = "0"\n{dedent(more)}'


def look(root: Path, files: Mapping[str, str] | None = None) -> Workspace:
    """The workspace at ``root`` with its own settings, the files written first."""
    write(root, files or {})
    return discover(root, settings.load(root))


def running(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """The projects with something to run, and their test files relative to them."""
    return {
        project.path: tuple(
            path if project.path == "." else path[len(project.path) + 1 :] for path in project.test_files
        )
        for project in workspace.projects
        if project.runs
    }


def project(workspace: Workspace, path: str) -> Project:
    """The project at a path, which must be there."""
    return workspace.by_path[path]


SPARED = {"GIT_TEMPLATE_DIR": ""}
QUIETLY = ("-c", "maintenance.auto=false")
"""Thirteen samples of hooks in each new repository, a second process behind each commit: half of the time."""


PLAIN_INIT = {"-q", "--quiet", "-b", "main", "--initial-branch=main"}


def born(root: Path, *words: str) -> None:
    """A repository in ``root``: what ``git init`` makes with these words is made once by a test process."""
    shutil.copytree(_born(words) / ".git", root / ".git")


@cache
def _born(words: tuple[str, ...]) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="repository-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _run(folder, "init", *words)
    return folder


def git(root: Path, *arguments: str) -> None:
    """Run git in a folder, untouched by the user's configuration."""
    if arguments[0] == "init" and PLAIN_INIT.issuperset(arguments[1:]):
        born(root, *arguments[1:])
    else:
        _run(root, *arguments)


def _run(root: Path, *arguments: str) -> None:
    identity = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
        **identity,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **SPARED,
    }
    command = ["git", "-c", "protocol.file.allow=always", *QUIETLY, *arguments]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
