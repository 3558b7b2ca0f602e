"""Workspaces wherever they lie in a repository, and clones of every kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_monorepo.affected.git.contents import blob_hashes, files_at, read_at
from pytest_monorepo.errors import GitError
from tests.affected.conftest import Repository, clone_of

from .asked import changed, changes


class TestPlaces:
    def test_a_workspace_in_a_subfolder(self, two_projects: Repository) -> None:
        two_projects.write("libs/core/core.py", "edited\n")
        two_projects.write("README.md", "edited\n")
        two_projects.write("other/untracked.py")
        two_projects.git("config", "diff.relative", "true")
        libs = two_projects.path / "libs"
        assert changes(libs, "base").paths == ("../README.md", "../other/untracked.py", "core/core.py")
        assert changes(libs / "http", "base").paths[-1] == "../core/core.py"
        assert set(blob_hashes(libs)) == {"core/test_core.py", "http/http.py"}
        assert files_at(libs, "base") == ("core/core.py", "core/test_core.py", "http/http.py")
        assert set(read_at(libs, "base", ["core/core.py", "../README.md", "../../x", "nix", "core"])) == {
            "core/core.py",
            "../README.md",
        }

    def test_a_workspace_reached_by_a_link(self, two_projects: Repository, tmp_path: Path) -> None:
        two_projects.write("libs/core/core.py", "edited\n")
        (tmp_path / "link").symlink_to(two_projects.path / "libs")
        assert changes(tmp_path / "link", "base").paths == ("core/core.py",)

    def test_a_workspace_that_the_base_did_not_have(self, two_projects: Repository) -> None:
        two_projects.commit("new/one.py")
        assert changes(two_projects.path / "new", "base").paths == ("one.py",)
        assert files_at(two_projects.path / "new", "base") == ()

    def test_a_linked_worktree(self, feature: Repository, tmp_path: Path) -> None:
        feature.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), "feature")
        linked = Repository(tmp_path / "linked")
        linked.write("untracked.py")
        assert changed(linked, "main") == ["libs/core/core.py", "untracked.py"]
        assert changed(feature, "main") == ["libs/core/core.py"]

    def test_a_bare_repository(self, two_projects: Repository, tmp_path: Path) -> None:
        bare = clone_of(two_projects, tmp_path / "bare.git", "--bare")
        with pytest.raises(GitError, match=r"bare repository.*clone"):
            changes(bare.path, "main")
        with pytest.raises(GitError, match=r"bare repository.*clone"):
            blob_hashes(bare.path)

    def test_a_blobless_clone(self, feature: Repository, tmp_path: Path) -> None:
        feature.git("config", "uploadpack.allowFilter", "true")
        clone = clone_of(feature, tmp_path / "blobless", "--filter=blob:none", "--branch=feature")
        os.utime(clone.path / "README.md", (1, 1))
        assert changed(clone, "origin/main") == ["libs/core/core.py"]
        # libs/http as main has it was not fetched yet
        assert read_at(clone.path, "origin/main", ["libs/http/http.py"]) == {"libs/http/http.py": b"main\n"}

    def test_a_blob_that_cannot_be_fetched_is_not_an_absent_file(
        self, feature: Repository, tmp_path: Path
    ) -> None:
        feature.git("config", "uploadpack.allowFilter", "true")
        clone = clone_of(feature, tmp_path / "blobless", "--filter=blob:none", "--branch=feature")
        clone.git("remote", "set-url", "origin", str(tmp_path / "gone"))
        with pytest.raises(GitError):
            read_at(clone.path, "origin/main", ["libs/http/http.py"])

    def test_a_treeless_clone(self, feature: Repository, tmp_path: Path) -> None:
        feature.git("config", "uploadpack.allowFilter", "true")
        clone = clone_of(feature, tmp_path / "treeless", "--filter=tree:0", "--branch=feature")
        assert changed(clone, "origin/main") == ["libs/core/core.py"]
