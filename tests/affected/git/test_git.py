from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.affected.git import difference as git
from pytest_monorepo.affected.git import process as gitprocess
from pytest_monorepo.affected.git.branches import default_branch
from pytest_monorepo.affected.git.changes import Change, Changes
from pytest_monorepo.affected.git.contents import blob_hashes, files_at, hashes_at, read_at, read_blobs
from pytest_monorepo.affected.git.mergebase import NoMergeBase, UnknownRef
from pytest_monorepo.errors import GitError
from pytest_monorepo.workspace.files.listing import list_files
from tests.affected.conftest import Repository, clone_of, new_repository


def changes(root: Path, ref: str, *, source: str | None = None, fetch: bool = False) -> Changes:
    """What git says, which must be the same where the files have been listed before."""
    found = git.changes(root, ref, source=source, fetch=fetch)
    again = git.difference(root, ref, source=source, listed=list_files(root).output)
    assert again.changes == found or fetch
    for base, stored in zip(found.bases, again.stored, strict=True):
        assert read_at(root, base, found.paths, stored) == read_at(root, base, found.paths)
    return found


def changed(repository: Repository, ref: str = "base") -> list[str]:
    return list(changes(repository.path, ref).paths)


class TestWhatChanged:
    def test_nothing(self, two_projects: Repository) -> None:
        found = changes(two_projects.path, "base")
        assert found.paths == ()
        assert found.files == 0
        assert found.ref == "base"
        assert found.bases == (two_projects.git("rev-parse", "base"),)
        assert found.base == two_projects.git("rev-parse", "--short", "base")

    def test_committed_staged_unstaged_and_untracked_together(self, two_projects: Repository) -> None:
        two_projects.commit("committed.py")
        two_projects.write("staged.py")
        two_projects.git("add", "staged.py")
        two_projects.write("README.md", "unstaged\n")
        two_projects.write("new folder/untracked.py")
        assert changes(two_projects.path, "base").changed == (
            Change("README.md", "M"),
            Change("committed.py", "A"),
            Change("new folder/untracked.py", "?"),
            Change("staged.py", "A"),
        )

    def test_ignored_files_do_not_count(self, two_projects: Repository) -> None:
        two_projects.commit(".gitignore", text="*.log\n")
        two_projects.write("run.log")
        assert changed(two_projects, "HEAD") == []

    def test_deletions_committed_staged_and_on_disk(self, two_projects: Repository) -> None:
        two_projects.git("rm", "--quiet", "README.md")
        two_projects.commit()
        two_projects.git("rm", "--quiet", "libs/core/core.py")
        (two_projects.path / "libs/http/http.py").unlink()
        assert changes(two_projects.path, "base").changed == (
            Change("README.md", "D"),
            Change("libs/core/core.py", "D"),
            Change("libs/http/http.py", "D"),
        )

    def test_both_ends_of_a_rename(self, two_projects: Repository) -> None:
        two_projects.git("mv", "libs/core/core.py", "libs/http/moved.py")
        assert changed(two_projects) == ["libs/core/core.py", "libs/http/moved.py"]
        two_projects.commit()
        assert changed(two_projects) == ["libs/core/core.py", "libs/http/moved.py"]

    @pytest.mark.parametrize("setting", ["true", "copies"])
    def test_a_rename_and_a_copy_where_the_user_wants_them_detected(
        self, two_projects: Repository, setting: str
    ) -> None:
        two_projects.git("config", "diff.renames", setting)
        two_projects.git("mv", "libs/core/core.py", "libs/core/moved.py")
        two_projects.commit("libs/http/copy.py", "README.md")
        two_projects.commit("README.md", text="differs, so that it may be a copy's origin\n")
        assert changed(two_projects) == [
            "README.md",
            "libs/core/core.py",
            "libs/core/moved.py",
            "libs/http/copy.py",
        ]

    def test_a_mode_change(self, two_projects: Repository) -> None:
        file = two_projects.path / "libs/core/core.py"
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        assert changes(two_projects.path, "base").changed == (Change("libs/core/core.py", "M"),)

    def test_a_file_that_became_a_link(self, two_projects: Repository) -> None:
        file = two_projects.path / "libs/core/core.py"
        file.unlink()
        file.symlink_to("../http/http.py")
        assert changes(two_projects.path, "base").changed == (Change("libs/core/core.py", "T"),)

    def test_a_link_that_points_elsewhere(self, two_projects: Repository) -> None:
        link = two_projects.path / "link"
        link.symlink_to("README.md")
        two_projects.commit()
        link.unlink()
        link.symlink_to("libs")
        assert changed(two_projects, "HEAD") == ["link"]

    def test_a_file_changed_behind_links(self, two_projects: Repository) -> None:
        (two_projects.path / "libs/http/readme").symlink_to("../../README.md")
        (two_projects.path / "libs/http/twice").symlink_to("readme")
        (two_projects.path / "libs/http/core").symlink_to("../core")
        (two_projects.path / "libs/http/nowhere").symlink_to("/nonexistent/file")
        two_projects.commit()
        two_projects.write("README.md", "new\n")
        two_projects.write("libs/core/core.py", "new\n")
        assert changed(two_projects, "HEAD") == [
            "README.md",
            "libs/core/core.py",
            "libs/http/core/core.py",
            "libs/http/readme",
            "libs/http/twice",
        ]

    def test_a_folder_in_place_of_a_file(self, two_projects: Repository) -> None:
        (two_projects.path / "README.md").unlink()
        two_projects.write("README.md/inside.py")
        assert changed(two_projects) == ["README.md", "README.md/inside.py"]

    @pytest.mark.parametrize("refresh", ["true", "false"])
    def test_touched_files_are_no_change(self, two_projects: Repository, refresh: str) -> None:
        (two_projects.path / "link").symlink_to("README.md")
        two_projects.write("with\nnewline")
        commit = two_projects.commit()
        two_projects.git("config", "diff.autoRefreshIndex", refresh)
        os.utime(two_projects.path / "README.md", (1, 1))
        os.utime(two_projects.path / "link", (1, 1), follow_symlinks=False)
        assert changed(two_projects, commit) == []
        assert changed(Repository(two_projects.path / "libs"), commit) == []
        assert "README.md" in blob_hashes(two_projects.path)

    def test_an_edit_that_keeps_size_and_mtime(self, two_projects: Repository) -> None:
        two_projects.git("config", "core.checkStat", "minimal")
        two_projects.git("config", "core.trustctime", "false")
        file = two_projects.path / "README.md"
        os.utime(file, (1, 1))
        two_projects.git("update-index", "--refresh")
        # another inode: git itself compares ctime in whole seconds
        two_projects.write("libs/new", "x = 2\n").rename(file)
        os.utime(file, (1, 1))
        assert two_projects.git("diff", "--name-only") == ""
        assert changed(two_projects) == ["README.md"]

    def test_a_change_that_was_taken_back(self, two_projects: Repository) -> None:
        two_projects.commit("README.md", text="for a while\n")
        two_projects.commit("README.md", text="x = 1\n")
        assert changed(two_projects) == []

    def test_conflicted_files(self, feature: Repository) -> None:
        feature.commit("libs/http/http.py", text="feature's\n")
        with pytest.raises(AssertionError, match="git"):
            feature.git("merge", "main")
        assert "libs/http/http.py" in changed(feature, "main")
        assert "libs/http/http.py" not in blob_hashes(feature.path)

    @pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
    def test_edits_that_git_was_told_not_to_see(self, two_projects: Repository, flag: str) -> None:
        two_projects.git("update-index", flag, "README.md", "libs/http/http.py")
        two_projects.write("README.md", "edited\n")
        assert two_projects.git("diff", "--name-only") == ""
        assert changed(two_projects) == ["README.md"]
        assert set(blob_hashes(two_projects.path)) == {"libs/core/core.py", "libs/core/test_core.py"}

    def test_a_sparse_checkout_has_not_deleted_the_rest(self, two_projects: Repository) -> None:
        two_projects.git("sparse-checkout", "set", "libs/core")
        assert not (two_projects.path / "libs/http").exists()
        assert changed(two_projects) == []

    def test_another_checkout_inside_is_no_change(self, two_projects: Repository) -> None:
        nested = new_repository(two_projects.path / "vendor/tool")
        nested.commit("tool.py")
        nested.write("loose.py")
        assert changed(two_projects) == []


NAMES = [
    "with space.py",
    ' lead"quote.py',
    "new\nline.py",
    "tab\t.py",
    "back\\slash.py",
    "-dash.py",
    ":colon",
    "*.py",
    "ünï.py",
    "日本",
]


class TestNames:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("quoted", ["true", "false"])
    def test_come_through(self, two_projects: Repository, name: str, quoted: str) -> None:
        two_projects.git("config", "core.quotePath", quoted)
        two_projects.write(f"libs/{name}", "untracked\n")
        assert changed(two_projects) == [f"libs/{name}"]
        commit = two_projects.commit()
        assert changed(two_projects) == [f"libs/{name}"]
        assert f"libs/{name}" in files_at(two_projects.path, commit)
        assert read_at(two_projects.path, commit, [f"libs/{name}"]) == {f"libs/{name}": b"untracked\n"}
        assert f"libs/{name}" in blob_hashes(two_projects.path)

    @pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="file names are Unicode there")
    def test_that_are_not_utf8(self, two_projects: Repository) -> None:
        name = os.fsdecode(b"caf\xe9.py")
        (two_projects.path / name).write_text("latin\n")
        assert changed(two_projects) == [name]
        commit = two_projects.commit()
        assert changed(two_projects) == [name]
        assert read_at(two_projects.path, commit, [name]) == {name: b"latin\n"}


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


class TestSubmodules:
    def test_added(self, with_submodule: Repository) -> None:
        assert changed(with_submodule) == [".gitmodules", "ext/a/a.py", "ext/b/b.py"]

    def test_untouched(self, with_submodule: Repository) -> None:
        assert changed(with_submodule, "pinned") == []

    @pytest.mark.parametrize("ignore", ["all", "dirty", "untracked", "none"])
    def test_edited_inside(self, with_submodule: Repository, ignore: str) -> None:
        with_submodule.git("config", "diff.ignoreSubmodules", ignore)
        with_submodule.git("config", "submodule.ext.ignore", ignore)
        with_submodule.write("ext/a/a.py", "edited\n")
        with_submodule.write("ext/new.py")
        assert changed(with_submodule, "pinned") == ["ext/a/a.py", "ext/new.py"]

    @pytest.mark.parametrize("committed", [True, False])
    def test_moved_pointer(self, with_submodule: Repository, committed: bool) -> None:
        with_submodule.git("config", "diff.submodule", "log")
        inside = Repository(with_submodule.path / "ext")
        inside.commit("b/b.py", text="newer\n")
        if committed:
            with_submodule.commit()
        inside.write("a/loose.py")
        assert changed(with_submodule, "pinned") == ["ext/a/loose.py", "ext/b/b.py"]
        expected = ["ext/b/b.py"] if committed else []
        assert changed(with_submodule, "pinned..HEAD") == expected

    def test_moved_from_a_commit_that_is_not_there(self, with_submodule: Repository) -> None:
        with_submodule.git("update-index", "--cacheinfo", f"160000,{'1' * 40},ext")
        with_submodule.git("commit", "--quiet", "--message=a commit that nobody has")
        with_submodule.git("tag", "elsewhere")
        assert changed(with_submodule, "elsewhere") == ["ext", "ext/a/a.py", "ext/b/b.py"]

    def test_moved_where_nothing_is_checked_out(self, with_submodule: Repository) -> None:
        with_submodule.git("submodule", "--quiet", "deinit", "ext")
        with_submodule.git("update-index", "--cacheinfo", f"160000,{'1' * 40},ext")
        assert changed(with_submodule, "pinned") == ["ext"]

    def test_in_the_place_of_a_folder(self, with_submodule: Repository) -> None:
        with_submodule.git("checkout", "--quiet", "pinned~")
        (with_submodule.path / "ext" / ".git").unlink(missing_ok=True)
        with_submodule.commit("ext/a/old.py")
        with_submodule.git("tag", "folder")
        with_submodule.git("checkout", "--quiet", "--force", "pinned")
        assert {"ext/a/old.py", "ext/a/a.py"} <= {*changed(with_submodule, "folder..pinned")}

    def test_removed(self, with_submodule: Repository) -> None:
        with_submodule.git("rm", "--quiet", "ext")
        assert changed(with_submodule, "pinned") == [".gitmodules", "ext"]

    def test_not_checked_out(self, with_submodule: Repository) -> None:
        with_submodule.git("submodule", "--quiet", "deinit", "ext")
        assert changed(with_submodule, "pinned") == []

    def test_as_the_workspace(self, with_submodule: Repository) -> None:
        inside = Repository(with_submodule.path / "ext")
        inside.write("a/a.py", "edited\n")
        with_submodule.write("README.md", "edited\n")
        assert changed(inside, "HEAD") == ["a/a.py"]

    def test_is_no_file(self, with_submodule: Repository) -> None:
        assert "ext" not in files_at(with_submodule.path, "pinned")
        assert "ext" not in blob_hashes(with_submodule.path)
        assert read_at(with_submodule.path, "pinned", ["ext", "ext/a/a.py"]) == {}


HOSTILE = """
[alias]
    diff = "!echo alias-ran"
[diff]
    external = touch {marks}/external
    noprefix = true
    mnemonicPrefix = true
    renames = copies
    relative = true
    orderFile = /nonexistent/order
    ignoreSubmodules = all
    submodule = log
    autoRefreshIndex = false
    colorMoved = zebra
[diff "evil"]
    textconv = touch {marks}/textconv
    command = touch {marks}/command
[color]
    ui = always
[core]
    quotePath = true
    excludesFile = {marks}/ignore-everything
    attributesFile = {marks}/attributes
    fsmonitor = touch {marks}/fsmonitor
    hooksPath = {marks}/hooks
    pager = touch {marks}/pager
    checkStat = minimal
    trustctime = false
[pager]
    diff = true
[status]
    showUntrackedFiles = no
    relativePaths = false
[submodule]
    recurse = true
[log]
    showSignature = true
[filter "evil"]
    clean = touch {marks}/clean
"""


@pytest.fixture
def hostile_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's gitconfig tries to run programs and to hide files; where its programs leave marks."""
    marks = tmp_path / "marks"
    (marks / "hooks").mkdir(parents=True)
    for hook in ("post-index-change", "reference-transaction"):
        script = marks / "hooks" / hook
        script.write_text(f"#!/bin/sh\ntouch {marks}/{hook}\n")
        script.chmod(0o755)
    (marks / "ignore-everything").write_text("*\n")
    (marks / "attributes").write_text("* diff=evil filter=evil\n")
    config = tmp_path / "hostile.gitconfig"
    config.write_text(HOSTILE.format(marks=marks))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    return marks


class TestSurroundings:
    def test_hostile_configuration_changes_nothing_and_runs_nothing(
        self, with_submodule: Repository, hostile_configuration: Path
    ) -> None:
        before = sorted(hostile_configuration.rglob("*"))
        with_submodule.write("libs/core/core.py", "edited\n")
        with_submodule.write("untracked file.py")
        with_submodule.write("ext/new.py")
        os.utime(with_submodule.path / "README.md", (1, 1))
        (with_submodule.path / "libs/core/test_core.py").rename(with_submodule.path / "libs/http/moved.py")
        assert changed(with_submodule, "pinned") == [
            "ext/new.py",
            "libs/core/core.py",
            "libs/core/test_core.py",
            "libs/http/moved.py",
            "untracked file.py",
        ]
        assert set(blob_hashes(with_submodule.path)) == {".gitmodules", "README.md", "libs/http/http.py"}
        assert sorted(hostile_configuration.rglob("*")) == before

    def test_hostile_configuration_while_fetching(
        self, feature: Repository, tmp_path: Path, hostile_configuration: Path
    ) -> None:
        clone = clone_of(feature, tmp_path / "ci", "--depth=1", "--branch=feature")
        for mark in hostile_configuration.glob("*-*"):
            if mark.name != "ignore-everything":
                mark.unlink()
        before = sorted(hostile_configuration.rglob("*"))
        assert changes(clone.path, "origin/main", fetch=True).paths == ("libs/core/core.py",)
        assert sorted(hostile_configuration.rglob("*")) == before

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("GIT_DIR", "{other}/.git"),
            ("GIT_WORK_TREE", "{other}"),
            ("GIT_INDEX_FILE", "{other}/.git/index"),
            ("GIT_OBJECT_DIRECTORY", "{other}/.git/objects"),
            ("GIT_COMMON_DIR", "{other}/.git"),
            ("GIT_PREFIX", "libs/"),
            ("GIT_NAMESPACE", "elsewhere"),
            ("GIT_SHALLOW_FILE", "{other}/README.md"),
            ("GIT_CONFIG_PARAMETERS", "'core.bare'='true'"),
            ("GIT_LITERAL_PATHSPECS", "1"),
            ("GIT_ICASE_PATHSPECS", "1"),
            ("GIT_EXTERNAL_DIFF", "touch {other}/ran"),
            ("GIT_DIFF_OPTS", "--unified=0"),
            ("GIT_TRACE", "{other}/trace"),
            ("GIT_OPTIONAL_LOCKS", "1"),
            ("LANGUAGE", "de"),
        ],
    )
    def test_variables_of_a_hook_change_nothing(
        self,
        feature: Repository,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        name: str,
        value: str,
    ) -> None:
        other = new_repository(tmp_path / "other")
        other.commit("README.md")
        before = sorted(path.name for path in other.path.iterdir())
        feature.write("untracked.py")
        monkeypatch.setenv(name, value.format(other=other.path))
        assert changed(feature, "main") == ["libs/core/core.py", "untracked.py"]
        assert "libs/core/core.py" in blob_hashes(feature.path)
        assert sorted(path.name for path in other.path.iterdir()) == before

    def test_in_a_real_hook(self, feature: Repository, tmp_path: Path) -> None:
        hook = feature.path / ".git/hooks/pre-commit"
        hook.parent.mkdir(exist_ok=True)
        found = tmp_path / "found"
        code = (
            "import os, pathlib; from pytest_monorepo.affected.git.difference import changes; "
            "assert 'GIT_INDEX_FILE' in os.environ; "
            f"pathlib.Path({str(found)!r}).write_text(' '.join(changes(pathlib.Path.cwd(), 'main').paths))"
        )
        hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}"\n')
        hook.chmod(0o755)
        feature.write("README.md", "edited\n")
        package = Path(gitprocess.__file__).parents[3]
        feature.git("commit", "--quiet", "--message=x", "README.md", PYTHONPATH=str(package))
        assert found.read_text() == "README.md libs/core/core.py"

    def test_an_index_lock_held_elsewhere_is_no_matter(self, feature: Repository) -> None:
        feature.write("README.md", "edited\n")
        (feature.path / ".git/index.lock").touch()
        assert changed(feature, "main") == ["README.md", "libs/core/core.py"]

    def test_nothing_is_written(self, feature: Repository) -> None:
        def state() -> dict[str, tuple[int, int]]:
            files = [path for path in (feature.path / ".git").rglob("*") if path.is_file()]
            return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in files}

        os.utime(feature.path / "README.md", (1, 1))
        before = state()
        changes(feature.path, "main")
        blob_hashes(feature.path)
        read_at(feature.path, "main", files_at(feature.path, "main"))
        assert state() == before


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


class TestFailures:
    @pytest.mark.parametrize(
        "ref",
        [
            "--output={tmp}/x",
            "--upload-pack=touch {tmp}/x",
            "-O{tmp}/x",
            "--",
            "-",
            "HEAD; touch {tmp}/x",
            "$(touch {tmp}/x)",
            "a\nb",
            "a\0b",
            "",
            " ",
            "^HEAD",
            "HEAD:README.md",
            "HEAD --output={tmp}/x",
            "--output={tmp}/x..HEAD",
            "HEAD...--output={tmp}/x",
            "1" * 40,
        ],
    )
    @pytest.mark.parametrize("fetch", [False, True])
    def test_a_strange_ref_is_one_line_and_runs_nothing(
        self, two_projects: Repository, tmp_path: Path, ref: str, fetch: bool
    ) -> None:
        before = sorted(path.name for path in (*tmp_path.iterdir(), *two_projects.path.iterdir()))
        with pytest.raises(UnknownRef, match="names no commit") as caught:
            changes(two_projects.path, ref.format(tmp=tmp_path), fetch=fetch)
        assert len(str(caught.value).splitlines()) == 1
        assert sorted(path.name for path in (*tmp_path.iterdir(), *two_projects.path.iterdir())) == before

    def test_an_unknown_ref_suggests_near_names(self, feature: Repository, tmp_path: Path) -> None:
        with pytest.raises(UnknownRef, match=r"'featrue' names no commit.*did you mean feature\?.*git fetch"):
            changes(feature.path, "featrue")
        clone = clone_of(feature, tmp_path / "clone", "--branch=feature")
        with pytest.raises(UnknownRef, match=r"did you mean origin/main\?"):
            changes(clone.path, "main")

    def test_not_a_repository(self, tmp_path: Path) -> None:
        with pytest.raises(GitError, match=r"is not in a git repository .*git init"):
            changes(tmp_path, "main")
        with pytest.raises(GitError, match="is not in a git repository"):
            changes(tmp_path, "main..HEAD")
        with pytest.raises(GitError, match="is not in a git repository"):
            blob_hashes(tmp_path)
        with pytest.raises(GitError, match="is not in a git repository"):
            default_branch(tmp_path)

    def test_no_such_folder(self, tmp_path: Path) -> None:
        with pytest.raises(GitError, match="nowhere is not a folder"):
            changes(tmp_path / "nowhere", "main")

    def test_git_missing(
        self, two_projects: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(GitError, match=r"cannot run git .*install git, or put it on PATH"):
            changes(two_projects.path, "base")

    def test_git_missing_when_gitpython_is_imported_first(
        self, two_projects: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = (
            "import sys, pathlib; from pytest_monorepo.affected.git.difference import changes\n"
            "from pytest_monorepo.errors import GitError\n"
            "assert 'git' not in sys.modules, 'GitPython is imported when it is needed'\n"
            "try: changes(pathlib.Path.cwd(), 'base')\n"
            "except GitError as error: print(error)\n"
        )
        package = Path(gitprocess.__file__).parents[3]
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=two_projects.path,
            env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(package)},
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.stdout.startswith("cannot run git (git: no such file or directory)"), done.stderr
        assert done.stderr == ""

    @pytest.mark.skipif(os.name != "posix", reason="the other git is a shell script")
    def test_gitpython_s_own_choice_of_a_git_counts(self, two_projects: Repository, tmp_path: Path) -> None:
        other = tmp_path / "other-git"
        other.write_text('#!/bin/sh\necho "$1" >> "$0.asked"\nexec git "$@"\n')
        other.chmod(0o755)
        code = (
            "import sys, pathlib; from pytest_monorepo.affected.git import process as gitprocess\n"
            "gitprocess.run(pathlib.Path.cwd(), 'rev-parse', 'HEAD'); print('git' in sys.modules)\n"
            "gitprocess.ask(pathlib.Path.cwd(), 'fetch', 'nowhere'); print('git' in sys.modules)\n"
        )

        def loaded(**environ: str) -> list[str]:
            paths = {"PYTHONPATH": str(Path(gitprocess.__file__).parents[3])}
            done = subprocess.run(
                [sys.executable, "-c", code],
                cwd=two_projects.path,
                env={**os.environ, **paths, **environ},
                capture_output=True,
                check=True,
                text=True,
            )
            return done.stdout.split()

        assert loaded() == ["False", "True"]
        assert loaded(GIT_PYTHON_GIT_EXECUTABLE=str(other)) == ["True", "True"]
        assert "--no-pager" in (tmp_path / "other-git.asked").read_text().split()

    def test_dubious_ownership(self, two_projects: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        # git's own switch for its tests; _KEPT would drop it, and a chown needs root
        monkeypatch.setitem(gitprocess._FORCED, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        cure = rf"git config --global --add safe\.directory {two_projects.path}'"
        with pytest.raises(GitError, match=cure):
            changes(two_projects.path, "base")
        with pytest.raises(GitError, match=cure):
            changes(two_projects.path, "base..HEAD")

    def test_a_safe_directory_of_the_users_is_obeyed(
        self, feature: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(gitprocess._FORCED, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(feature.path))
        assert changed(feature, "main") == ["libs/core/core.py"]

    @pytest.mark.parametrize("victim", ["main", "base^{tree}", "HEAD", "HEAD^{tree}", "main:libs"])
    @pytest.mark.parametrize("damage", ["garbage", "missing", "empty"])
    def test_a_damaged_object(self, feature: Repository, victim: str, damage: str) -> None:
        name = feature.git("rev-parse", victim)
        file = feature.path / ".git/objects" / name[:2] / name[2:]
        file.chmod(0o644)
        if damage == "missing":
            file.unlink()
        else:
            file.write_bytes(b"garbage" if damage == "garbage" else b"")
        ref = "main..HEAD" if victim == "main:libs" else "main"
        if victim == "HEAD^{tree}":
            # only the base's tree is compared with the disk
            assert changed(feature, ref) == ["libs/core/core.py"]
            ref = "main..HEAD"
        with pytest.raises(GitError, match="git fsck"):
            changes(feature.path, ref)

    def test_a_damaged_index(self, feature: Repository) -> None:
        (feature.path / ".git/index").write_bytes(
            b"garbage, but long enough to hold an index's header and hash"
        )
        with pytest.raises(GitError, match="git reset"):
            changes(feature.path, "main")

    def test_a_damaged_tree_is_not_an_absent_file(self, two_projects: Repository) -> None:
        name = two_projects.git("rev-parse", "base:libs/core")
        (two_projects.path / ".git/objects" / name[:2] / name[2:]).unlink()
        with pytest.raises(GitError):
            read_at(two_projects.path, "base", ["libs/core/core.py"])
        with pytest.raises(GitError):
            files_at(two_projects.path, "base")

    def test_an_old_git(self, feature: Repository, git_that: GitThat) -> None:
        git_that("diff", "echo 'error: invalid option: --no-relative' >&2; exit 129")
        with pytest.raises(GitError, match=r"git diff .*needs git 2\.30 or newer"):
            changes(feature.path, "main")

    def test_a_damaged_blob_is_not_an_absent_file(self, two_projects: Repository) -> None:
        name = two_projects.git("rev-parse", "base:README.md")
        (two_projects.path / ".git/objects" / name[:2] / name[2:]).unlink()
        with pytest.raises(GitError, match="git fsck"):
            read_at(two_projects.path, "base", ["README.md", "nowhere"])

    @pytest.mark.parametrize("failing", ["merge-base", "diff", "ls-files", "rev-parse"])
    def test_a_git_that_fails_is_never_an_empty_answer(
        self, feature: Repository, git_that: GitThat, failing: str
    ) -> None:
        git_that(failing, "exit 128")
        with pytest.raises(GitError):
            changes(feature.path, "main")

    @pytest.mark.parametrize("killed", ["merge-base", "diff", "ls-files"])
    def test_nor_is_a_git_that_was_killed(self, feature: Repository, git_that: GitThat, killed: str) -> None:
        git_that(killed, "kill -9 $$")
        with pytest.raises(GitError, match="exit code -9"):
            changes(feature.path, "main")

    def test_a_folder_that_git_cannot_look_into(self, feature: Repository, git_that: GitThat) -> None:
        git_that("ls-files", "echo \"warning: could not open directory 'closed/': Permission denied\" >&2")
        with pytest.raises(GitError, match="git cannot look into closed, so changes there would be missed"):
            changes(feature.path, "main")


class TestContents:
    def test_files_and_contents_of_a_commit(self, feature: Repository) -> None:
        assert files_at(feature.path, "main") == (
            "README.md",
            "libs/core/core.py",
            "libs/core/test_core.py",
            "libs/http/http.py",
        )
        assert hashes_at(feature.path, "main")["README.md"] == feature.git("rev-parse", "main:README.md")
        found = read_at(feature.path, "main", ["libs/http/http.py", "libs/core/core.py", "gone.py", "libs"])
        assert found == {"libs/http/http.py": b"main\n", "libs/core/core.py": b"x = 1\n"}

    def test_contents_that_look_like_answers(self, two_projects: Repository) -> None:
        commit = two_projects.commit("empty", text="")
        two_projects.write("odd", "x missing\n\n\0 blob 3\n")
        commit = two_projects.commit()
        assert read_at(two_projects.path, commit, ["odd", "nix", "empty", "README.md"]) == {
            "odd": b"x missing\n\n\0 blob 3\n",
            "empty": b"",
            "README.md": b"x = 1\n",
        }

    def test_many_at_once(self, two_projects: Repository) -> None:
        for number in range(60):
            two_projects.write(f"many/{number}.py", f"x = {number}\n")
        commit = two_projects.commit()
        paths = [f"many/{number}.py" for number in range(60)]
        found = read_at(two_projects.path, commit, [*paths, "many", "many/60.py"])
        assert found == {path: f"x = {number}\n".encode() for number, path in enumerate(paths)}
        hashes = {path: blob for path, blob in hashes_at(two_projects.path, commit).items() if path in found}
        assert read_blobs(two_projects.path, hashes) == found

    def test_no_paths(self, two_projects: Repository) -> None:
        assert read_at(two_projects.path, "base", []) == {}

    def test_an_unknown_commit(self, two_projects: Repository) -> None:
        with pytest.raises(GitError):
            files_at(two_projects.path, "1" * 40)
        with pytest.raises(GitError):
            read_at(two_projects.path, "1" * 40, ["README.md"])

    def test_blob_hashes_are_of_files_as_they_are_on_disk(self, two_projects: Repository) -> None:
        two_projects.write("untracked.py")
        two_projects.write("README.md", "unstaged\n")
        two_projects.write("libs/core/core.py", "staged\n")
        two_projects.git("add", "libs/core/core.py")
        (two_projects.path / "libs/http/http.py").unlink()
        os.utime(two_projects.path / "libs/core/test_core.py", (1, 1))
        assert blob_hashes(two_projects.path) == {
            "libs/core/core.py": two_projects.git("rev-parse", ":libs/core/core.py"),
            "libs/core/test_core.py": two_projects.git("rev-parse", "base:libs/core/test_core.py"),
        }


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


class TestWithWhatDiscoveryListed:
    def test_git_does_not_look_at_every_file_again(
        self, feature: Repository, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        feature.write("README.md", "unstaged\n")
        listed = list_files(feature.path).output
        asked: list[tuple[str, ...]] = []
        original = gitprocess.start

        def start(root: Path, *args: str) -> gitprocess.Running:
            asked.append(args)
            return original(root, *args)

        monkeypatch.setattr(gitprocess, "start", start)
        monkeypatch.setattr(git, "start", start)
        assert git.changes(feature.path, "main", listed=listed).paths == ("README.md", "libs/core/core.py")
        assert not [args for args in asked if args[0] == "ls-files"]
        whole = [args for args in asked if args[0] == "diff" and args[-1] == "--" and "--cached" not in args]
        assert not whole

    @pytest.mark.parametrize("where", ["configuration", "home"])
    def test_a_user_s_own_ignore_file_hides_nothing(
        self, feature: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
    ) -> None:
        ignore = tmp_path / "home" / "git" / "ignore"
        ignore.parent.mkdir(parents=True)
        ignore.write_text("*.data\n")
        if where == "home":
            monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
        else:
            feature.git("config", "core.excludesFile", str(ignore))
        feature.write("libs/core/new.data")
        assert "libs/core/new.data" not in list_files(feature.path).files
        assert changed(feature, "main") == ["libs/core/core.py", "libs/core/new.data"]

    def test_what_only_git_can_tell_is_asked(self, two_projects: Repository) -> None:
        two_projects.write("README.md", "unstaged\n")
        (two_projects.path / "libs/core/core.py").chmod(0o755)
        two_projects.write("libs/core/intended.py", "x = 1\n")
        two_projects.git("add", "--intent-to-add", "libs/core/intended.py")
        assert changed(two_projects) == ["README.md", "libs/core/core.py", "libs/core/intended.py"]

    def test_staged_and_then_taken_back_on_disk(self, two_projects: Repository) -> None:
        before = (two_projects.path / "README.md").read_text()
        two_projects.write("README.md", "staged\n")
        two_projects.write("added.py", "x = 1\n")
        two_projects.git("add", ".")
        two_projects.write("README.md", before)
        (two_projects.path / "added.py").unlink()
        assert changed(two_projects) == []

    def test_many_files_are_compared_at_once(self, two_projects: Repository) -> None:
        for number in range(60):
            two_projects.write(f"libs/core/file{number}.py")
        two_projects.git("add", ".")
        for number in range(60):
            two_projects.write(f"libs/core/file{number}.py", "again\n")
        assert len(changed(two_projects, "base")) == 60

    def test_an_edit_that_undoes_what_is_staged_is_none(self, two_projects: Repository) -> None:
        readme = (two_projects.path / "README.md").read_text()
        two_projects.write("README.md", "staged\n")
        two_projects.git("add", "README.md")
        two_projects.write("README.md", readme)
        assert changed(two_projects, "base") == []

    def test_names_that_look_like_patterns(self, two_projects: Repository) -> None:
        for name in ("[a].py", "*.py", ":(top)x", "a b.py", "!x"):
            two_projects.commit(name)
            two_projects.write(name, "edited\n")
        assert changed(two_projects, "base") == sorted(("[a].py", "*.py", ":(top)x", "a b.py", "!x"))
