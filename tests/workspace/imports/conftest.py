from __future__ import annotations

from pathlib import Path

import pytest

from .repository import Repository


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture
def core_and_ml(repo: Repository) -> Repository:
    """Two libraries that know nothing of each other."""
    repo.project(
        "libs/core", ["core"], files={"core/__init__.py": "", "core/db.py": "", "tests/helpers.py": ""}
    )
    repo.project("libs/ml", ["ml"], files={"ml/__init__.py": "", "ml/linear.py": ""})
    return repo
