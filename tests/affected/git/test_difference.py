"""What differs from a base: states of files, names, and what a listing spares git."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from pytest_monorepo.affected.git import difference as git
from pytest_monorepo.affected.git import process as gitprocess
from pytest_monorepo.affected.git import within
from pytest_monorepo.affected.git.changes import Change
from pytest_monorepo.affected.git.contents import blob_hashes, files_at, read_at
from pytest_monorepo.workspace.files.listing import list_files
from tests.affected.conftest import Repository, new_repository

from .asked import changed, changes


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
    @pytest.mark.sampled("name", one_in=4)
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
        monkeypatch.setattr(within, "start", start)
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

    def test_a_workspace_that_only_looks_like_the_top_level(self, feature: Repository) -> None:
        workspace = feature.path / "libs"
        # git goes on to the repository around it
        (workspace / ".git").mkdir()
        found = git.changes(workspace, "main", listed=list_files(workspace).output)
        assert found.paths == ("core/core.py",)

    def test_a_top_level_that_is_named_is_asked_for(self, feature: Repository) -> None:
        assert list_files(feature.path).output
        feature.git("config", "core.worktree", str(feature.path))
        assert not list_files(feature.path).output
        assert changed(feature, "main") == ["libs/core/core.py"]

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
