"""The branch that --affected alone means."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected.git.branches import default_branch
from pytest_monorepo.errors import GitError
from tests.affected.conftest import Repository, clone_of


class TestDefaultBranch:
    def test_is_what_the_remote_says(self, feature: Repository, tmp_path: Path) -> None:
        feature.git("branch", "trunk")
        feature.git("switch", "--quiet", "trunk")
        clone = clone_of(feature, tmp_path / "clone")
        assert default_branch(clone.path) == "origin/trunk"

    def test_without_the_remotes_word(self, feature: Repository, tmp_path: Path) -> None:
        clone = clone_of(feature, tmp_path / "clone")
        clone.git("remote", "set-head", "origin", "--delete")
        assert default_branch(clone.path) == "origin/main"

    def test_where_the_remotes_word_leads_nowhere(self, feature: Repository, tmp_path: Path) -> None:
        clone = clone_of(feature, tmp_path / "clone")
        clone.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/gone")
        assert default_branch(clone.path) == "origin/main"

    def test_of_another_remote(self, feature: Repository, tmp_path: Path) -> None:
        clone = clone_of(feature, tmp_path / "clone", "--origin=upstream")
        assert default_branch(clone.path) in ("upstream/feature", "upstream/main")

    def test_without_a_remote(self, feature: Repository) -> None:
        assert default_branch(feature.path) == "main"
        feature.git("config", "init.defaultBranch", "feature")
        assert default_branch(feature.path) == "feature"

    def test_none(self, unborn: Repository) -> None:
        with pytest.raises(GitError, match=r"--affected origin/main.*git remote set-head"):
            default_branch(unborn.path)
