from __future__ import annotations

from pathlib import Path

import pytest

from tests.run.space import Space


@pytest.fixture
def space(tmp_path: Path) -> Space:
    root = tmp_path / "repo"
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    return Space(root)
