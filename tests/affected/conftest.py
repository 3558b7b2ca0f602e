"""Real repositories whose fixture names tell what happened to them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.workspace.trees import QUIETLY, SPARED, born


@dataclass(frozen=True)
class Repository:
    """A working tree and the git commands to bring it into a state."""

    path: Path

    def git(self, *args: str, **environ: str) -> str:
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env={**os.environ, **SPARED, **environ},
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
        assert done.returncode == 0, f"git {args}: {done.stderr}"
        return done.stdout.removesuffix("\n")

    def write(self, path: str, text: str = "x = 1\n") -> Path:
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def commit(self, *paths: str, text: str = "x = 1\n") -> str:
        """Commit everything, after writing ``text`` to ``paths``; the full hash."""
        for path in paths:
            self.write(path, text)
        self.git("add", "--all")
        message = f"touch {' '.join(paths)}"[:60]
        self.git(*QUIETLY, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def _plain_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No configuration of the developer's, no variables of a hook that runs the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "Ann Example")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "ann@example.org")
        monkeypatch.setenv(f"GIT_{role}_DATE", "2026-01-01T00:00:00Z")


def new_repository(path: Path, *options: str) -> Repository:
    path.mkdir(parents=True)
    repository = Repository(path)
    if options:
        repository.git("init", "--quiet", "--initial-branch=main", *options)
    else:
        born(path, "--quiet", "--initial-branch=main")
    return repository


def clone_of(origin: Repository, path: Path, *options: str) -> Repository:
    # file:// and not a path: only so are --depth and --filter obeyed
    subprocess.run(
        ["git", "clone", "--quiet", *options, f"file://{origin.path}", str(path)],
        check=True,
        capture_output=True,
    )
    return Repository(path)


@pytest.fixture
def unborn(tmp_path: Path) -> Repository:
    """A repository without any commit."""
    return new_repository(tmp_path / "repo")


@pytest.fixture
def two_projects(unborn: Repository) -> Repository:
    """One commit on main that holds libs/core and libs/http, tagged ``base``."""
    unborn.commit("libs/core/core.py", "libs/core/test_core.py", "libs/http/http.py", "README.md")
    unborn.git("tag", "base")
    return unborn


@pytest.fixture
def feature(two_projects: Repository) -> Repository:
    """On branch ``feature``, which changed libs/core, while main went on and changed libs/http."""
    two_projects.git("switch", "--quiet", "--create", "feature")
    two_projects.commit("libs/core/core.py", text="feature\n")
    two_projects.git("switch", "--quiet", "main")
    two_projects.commit("libs/http/http.py", text="main\n")
    two_projects.git("switch", "--quiet", "feature")
    return two_projects


@pytest.fixture
def shallow(feature: Repository, tmp_path: Path) -> Repository:
    """A clone of ``feature`` with one commit a branch: the merge base is not in it."""
    clone = clone_of(feature, tmp_path / "shallow", "--depth=1", "--no-single-branch", "--branch=feature")
    assert clone.git("rev-parse", "--is-shallow-repository") == "true"
    return clone
