from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.listing import hides_edits, list_files, parse_ls_files
from tests.workspace.trees import git, write


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Tracked, changed, deleted, ignored and untracked files, and one whose name has a newline."""
    root = write(
        tmp_path / "repo", {name: name for name in ("kept.py", "changed.py", "gone.py", "sub/in.py")}
    )
    write(root, {".gitignore": "*.log\n", "new\nline.py": ""})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "start")
    (root / "gone.py").unlink()
    return write(root, {"changed.py": "other", "x.log": "", "untracked é.py": ""})


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        (b"", False),
        (b"filter.lfs.clean\0filter.lfs.process\0", False),
        (b"filter.nbstripout.clean\0filter.git-crypt.clean\0", False),
        (b"filter.lfs.clean\0filter.mine.clean\0", True),
        (b"filter.lfs.mine.process\0", True),
    ],
)
def test_filters_that_hide_edits(configured: bytes, expected: bool) -> None:
    assert hides_edits(configured) is expected


@pytest.mark.parametrize(("driver", "kept"), [("lfs", True), ("mine.own", False)])
def test_nothing_is_said_of_content_where_a_filter_may_hide_edits(
    repository: Path, driver: str, kept: bool
) -> None:
    files = list_files(repository).files
    git(repository, "config", f"filter.{driver}.clean", "cat")
    listing = list_files(repository)
    assert listing.files == files
    assert bool(listing.blobs) is kept


def test_what_git_knows(repository: Path) -> None:
    listing = list_files(repository)
    assert listing.files == (
        ".gitignore",
        "changed.py",
        "kept.py",
        "new\nline.py",
        "sub/in.py",
        "untracked é.py",
    )
    assert sorted(listing.blobs) == [".gitignore", "kept.py", "new\nline.py", "sub/in.py"]


def test_a_subfolder_of_the_repository(repository: Path) -> None:
    assert list_files(repository / "sub").files == ("in.py",)


def test_a_hook_s_environment_does_not_lead_astray(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = list_files(repository)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, "/nowhere")
    assert list_files(repository) == expected


def test_submodules_are_entered_and_other_checkouts_are_not(repository: Path, tmp_path: Path) -> None:
    top = write(tmp_path / "top", {"a.py": ""})
    git(top, "init", "-q")
    git(top, "submodule", "add", "-q", str(repository), "libs/mod")
    embedded = write(top / "embedded", {"e.py": ""})
    git(embedded, "init", "-q")
    write(top / "libs/mod", {"fresh.py": ""})
    git(top / "libs/mod", "worktree", "add", "-q", "tree", "HEAD")
    listing = list_files(top)
    files = listing.files
    assert {"a.py", "libs/mod/kept.py", "libs/mod/gone.py", "libs/mod/fresh.py"} <= set(files)
    assert not {"libs/mod", "embedded/e.py", "libs/mod/tree/kept.py"} & set(files)
    assert listing.checkouts == ("embedded", "libs/mod/tree")


def test_a_missing_submodule_holds_nothing(repository: Path, tmp_path: Path) -> None:
    top = write(tmp_path / "top", {"a.py": ""})
    git(top, "init", "-q")
    git(top, "submodule", "add", "-q", str(repository), "mod")
    git(top, "submodule", "--quiet", "deinit", "-f", "mod")
    assert list_files(top).files == (".gitmodules", "a.py")


def test_sparse_checkout(repository: Path) -> None:
    git(repository, "checkout", "-q", "--", ".")
    git(repository, "sparse-checkout", "set", "--cone", "other")
    assert "sub/in.py" not in list_files(repository).files


def test_unmerged_files_are_listed_once_and_have_no_blob(repository: Path) -> None:
    git(repository, "checkout", "-q", "--", ".")
    git(repository, "checkout", "-qb", "other")
    write(repository, {"kept.py": "theirs"})
    git(repository, "commit", "-qam", "theirs")
    git(repository, "checkout", "-q", "-")
    write(repository, {"kept.py": "ours"})
    git(repository, "commit", "-qam", "ours")
    with pytest.raises(Exception, match="merge"):
        git(repository, "merge", "-q", "other")
    listing = list_files(repository)
    assert listing.files.count("kept.py") == 1
    assert "kept.py" not in listing.blobs


@pytest.mark.parametrize("why", ["no repository", "no git", "broken repository", "ignored as a whole"])
def test_without_a_usable_git_folders_are_walked(
    tmp_path: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    write(root, {"a.py": "", "libs/b.py": "", "node_modules/c.py": "", "env/pyvenv.cfg": "", "env/d.py": ""})
    if why == "no git":
        git(root, "init", "-q")
        monkeypatch.setenv("PATH", str(tmp_path))
    elif why == "broken repository":
        write(root, {".git": "gitdir: /nowhere\n"})
    elif why == "ignored as a whole":
        git(tmp_path, "init", "-q")
        write(tmp_path, {".gitignore": "root/\n"})
    assert list_files(root).files == ("a.py", "libs/b.py")
    assert list_files(root).blobs == {}


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_the_walk_leaves_pipes_out_and_does_not_follow_links(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.py": ""})
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    assert list_files(tmp_path).files == ("a/b.py", "loop", "self")


@pytest.mark.skipif(sys.platform != "linux", reason="file names that are not UTF-8")
def test_names_that_are_not_utf8_survive(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("")
    git(tmp_path, "init", "-q")
    assert list_files(tmp_path).files == ("caf\udce9.py",)
    git(tmp_path, "add", "-A")
    assert list_files(tmp_path).files == ("caf\udce9.py",)


def test_a_link_s_blob_is_not_its_content() -> None:
    output = b"H 120000 aa 0\tlink\0H 100644 bb 0\tfile\0"
    entries = parse_ls_files(output)
    assert sorted(entries.sure) == ["file", "link"]
    assert entries.blobs == {"file": "bb"}


def test_a_file_that_git_does_not_look_at_has_no_known_content(repository: Path) -> None:
    git(repository, "update-index", "--assume-unchanged", "kept.py")
    (repository / "kept.py").write_text("edited = True\n")
    listing = list_files(repository)
    assert "kept.py" in listing.files
    assert "kept.py" not in listing.blobs
