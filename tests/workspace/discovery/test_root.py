"""Where the workspace begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.workspace.discovery.discover import find_root
from tests.workspace.trees import named, write

from .test_remarks import UV_WORKSPACE


class TestFindRoot:
    FILES = {  # noqa: RUF012
        "ws/pyproject.toml": "[tool.pytest-monorepo]\n",
        "ws/libs/a/pyproject.toml": named("a"),
        "uv/pyproject.toml": UV_WORKSPACE,
        "uv/libs/a/pyproject.toml": "broken [",
        "plain/x/pyproject.toml": "",
    }

    @pytest.mark.parametrize(
        ("cwd", "expected"),
        [
            ("ws/libs/a", "ws"),
            ("ws", "ws"),
            ("uv/libs/a", "uv"),
            ("plain/x", "."),
        ],
    )
    def test_markers_upward_then_git(self, tmp_path: Path, cwd: str, expected: str) -> None:
        write(tmp_path, self.FILES)
        (tmp_path / ".git").mkdir()
        assert find_root(tmp_path / cwd, None) == (tmp_path / expected).resolve()

    def test_rootdir_wins(self, tmp_path: Path) -> None:
        write(tmp_path, self.FILES)
        assert find_root(tmp_path / "ws/libs/a", tmp_path / "plain") == (tmp_path / "plain").resolve()

    def test_a_worktree_or_submodule_has_a_git_file(self, tmp_path: Path) -> None:
        write(tmp_path, {"r/.git": "gitdir: elsewhere\n", "r/a/b.py": ""})
        assert find_root(tmp_path / "r/a", None) == (tmp_path / "r").resolve()

    def test_else_the_working_directory(self, tmp_path: Path) -> None:
        assert find_root(tmp_path, None) == tmp_path.resolve()
