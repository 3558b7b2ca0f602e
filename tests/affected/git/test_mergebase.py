"""Which commits a REF is compared with, and what is said where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected.git.mergebase import NoMergeBase, UnknownRef
from tests.affected.conftest import Repository, clone_of

from .asked import changed, changes


class TestBases:
    def test_what_main_did_since_is_not_ours(self, feature: Repository) -> None:
        found = changes(feature.path, "main")
        assert found.paths == ("libs/core/core.py",)
        assert found.bases == (feature.git("rev-parse", "base"),)

    def test_two_dots_compare_the_trees(self, feature: Repository) -> None:
        feature.write("untracked.py")
        assert changed(feature, "main..feature") == ["libs/core/core.py", "libs/http/http.py"]
        assert changed(feature, "main..") == ["libs/core/core.py", "libs/http/http.py"]
        assert changed(feature, "..base") == ["libs/core/core.py"]

    def test_three_dots_compare_with_the_merge_base(self, feature: Repository) -> None:
        feature.write("untracked.py")
        assert changed(feature, "main...feature") == ["libs/core/core.py"]
        assert changed(feature, "feature...main") == ["libs/http/http.py"]

    def test_after_merging_main(self, feature: Repository) -> None:
        feature.git("merge", "--quiet", "--no-edit", "main")
        assert changed(feature, "main") == ["libs/core/core.py"]

    def test_an_octopus(self, two_projects: Repository) -> None:
        for branch in ("one", "two", "three"):
            two_projects.git("switch", "--quiet", "--create", branch, "base")
            two_projects.commit(f"{branch}.py")
        two_projects.git("switch", "--quiet", "main")
        two_projects.commit("main.py")
        two_projects.git("merge", "--quiet", "--no-edit", "one", "two", "three")
        assert changed(two_projects) == ["main.py", "one.py", "three.py", "two.py"]
        assert changed(two_projects, "two") == ["main.py", "one.py", "three.py"]

    def test_a_criss_cross_takes_every_merge_base(self, two_projects: Repository) -> None:
        repository = two_projects
        repository.git("switch", "--quiet", "--create", "left")
        left = repository.commit("left.py")
        repository.git("switch", "--quiet", "--create", "right", "base")
        right = repository.commit("right.py")
        repository.git("merge", "--quiet", "--no-edit", left)
        repository.git("switch", "--quiet", "left")
        repository.git("merge", "--quiet", "--no-edit", right)
        found = changes(repository.path, "right")
        assert found.bases == tuple(sorted((left, right)))
        assert found.base == ", ".join(commit[:7] for commit in sorted((left, right)))
        # each is a change since the other base
        assert found.paths == ("left.py", "right.py")

    def test_detached_head(self, feature: Repository) -> None:
        feature.git("switch", "--quiet", "--detach")
        assert changed(feature, "main") == ["libs/core/core.py"]

    def test_unborn_head(self, unborn: Repository, two_projects: Repository) -> None:
        unborn.git("switch", "--quiet", "--orphan", "fresh")
        for ref in ("HEAD", "main"):
            with pytest.raises(NoMergeBase, match="HEAD has no commit yet"):
                changes(unborn.path, ref)

    def test_unrelated_histories(self, two_projects: Repository) -> None:
        two_projects.git("switch", "--quiet", "--orphan", "other")
        two_projects.commit("other.py")
        with pytest.raises(
            NoMergeBase, match=r"no common ancestor of 'main' and HEAD: their histories are unr"
        ):
            changes(two_projects.path, "main")

    def test_an_annotated_tag_and_an_abbreviated_hash(self, feature: Repository) -> None:
        feature.git("tag", "--annotate", "--message=v1", "v1", "base")
        assert changed(feature, "v1") == ["libs/core/core.py"]
        assert changed(feature, feature.git("rev-parse", "--short", "base")) == ["libs/core/core.py"]


class TestShallow:
    def test_names_the_cure(self, shallow: Repository) -> None:
        with pytest.raises(NoMergeBase, match=r"'origin/main' and HEAD: .*fetch-depth: 0.*--unshallow"):
            changes(shallow.path, "origin/main")

    def test_is_deepened_when_asked(self, shallow: Repository) -> None:
        found = changes(shallow.path, "origin/main", fetch=True)
        assert found.paths == ("libs/core/core.py",)
        assert found.notes == ("fetched 50 more commits of history from origin",)
        assert not (shallow.path / ".git/FETCH_HEAD").exists()

    def test_fetches_a_base_that_was_never_fetched(self, feature: Repository, tmp_path: Path) -> None:
        clone = clone_of(feature, tmp_path / "ci", "--depth=1", "--branch=feature")
        with pytest.raises(UnknownRef, match=r"'origin/main' names no commit.*shallow.*fetch-depth: 0"):
            changes(clone.path, "origin/main")
        assert changes(clone.path, "origin/main", fetch=True).paths == ("libs/core/core.py",)

    def test_a_base_that_the_ci_named_is_no_usage_error(self, feature: Repository, tmp_path: Path) -> None:
        clone = clone_of(feature, tmp_path / "ci", "--depth=1", "--branch=feature")
        with pytest.raises(NoMergeBase, match=r"'origin/main' \(from GITHUB_BASE_REF\) is not in this clone"):
            changes(clone.path, "origin/main", source="GITHUB_BASE_REF")

    def test_says_that_fetching_failed(self, shallow: Repository, tmp_path: Path) -> None:
        shallow.git("remote", "set-url", "origin", str(tmp_path / "gone"))
        with pytest.raises(NoMergeBase, match=r"fetching from origin failed \(.*gone"):
            changes(shallow.path, "origin/main", fetch=True)
