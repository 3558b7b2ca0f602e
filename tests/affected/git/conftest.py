"""Repositories with submodules, and gits that fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.affected.conftest import Repository, new_repository


@pytest.fixture
def with_submodule(two_projects: Repository, tmp_path: Path) -> Repository:
    """``two_projects`` with a submodule ext, which holds projects a and b; tagged ``pinned``."""
    source = new_repository(tmp_path / "source")
    source.commit("a/a.py", "b/b.py")
    allowed = ("-c", "protocol.file.allow=always")
    two_projects.git(*allowed, "submodule", "--quiet", "add", str(source.path), "ext")
    two_projects.commit()
    two_projects.git("tag", "pinned")
    return two_projects


GitThat = Callable[[str, str], None]


@pytest.fixture
def git_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitThat:
    """Puts a git on PATH that runs a line of shell before (or instead of) one command."""

    def install(command: str, line: str) -> None:
        real = shutil.which("git")
        fake = tmp_path / "bin/git"
        fake.parent.mkdir()
        fake.write_text(
            f'#!/bin/sh\nfor word in "$@"; do if [ "$word" = {command} ]; then {line}; fi; done\n'
            f'exec "{real}" "$@"\n'
        )
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")

    return install
