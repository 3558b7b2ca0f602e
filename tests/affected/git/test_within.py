"""Files inside of submodules."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest

from pytest_monorepo.affected.git.contents import blob_hashes, files_at, read_at
from tests.affected.conftest import Repository, new_repository

from .asked import changed, changes


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
        shutil.rmtree(with_submodule.path / ".git/modules")
        with_submodule.git("update-index", "--cacheinfo", f"160000,{'1' * 40},ext")
        assert changed(with_submodule, "pinned") == ["ext"]

    def test_in_the_place_of_a_folder(self, with_submodule: Repository) -> None:
        with_submodule.git("checkout", "--quiet", "pinned~")
        (with_submodule.path / "ext" / ".git").unlink(missing_ok=True)
        with_submodule.commit("ext/a/old.py")
        with_submodule.git("tag", "folder")
        with_submodule.git("checkout", "--quiet", "--force", "pinned")
        assert {"ext/a/old.py", "ext/a/a.py"} <= {*changed(with_submodule, "folder..pinned")}

    def test_never_checked_out(self, with_submodule: Repository) -> None:
        with_submodule.git("submodule", "--quiet", "deinit", "ext")
        shutil.rmtree(with_submodule.path / ".git/modules")
        assert changed(with_submodule, "pinned") == []

    def test_as_the_workspace(self, with_submodule: Repository) -> None:
        inside = Repository(with_submodule.path / "ext")
        inside.write("a/a.py", "edited\n")
        with_submodule.write("README.md", "edited\n")
        assert changed(inside, "HEAD") == ["a/a.py"]

    def test_is_no_file(self, with_submodule: Repository) -> None:
        assert "ext" not in files_at(with_submodule.path, "pinned")
        assert "ext" not in blob_hashes(with_submodule.path)
        assert read_at(with_submodule.path, "pinned", ["ext"]) == {}

    def test_what_lies_in_it_is_read_where_it_was(self, with_submodule: Repository) -> None:
        paths = ["ext/a/a.py", "ext/b/gone.py", "ext/a", "README.md/x", "ext"]
        before = {"ext/a/a.py": b"x = 1\n"}
        assert read_at(with_submodule.path, "pinned", paths) == before
        with_submodule.git("rm", "--quiet", "ext")
        many = [f"ext/a/{number}.py" for number in range(100)]
        assert read_at(with_submodule.path, "pinned", [*paths, *many]) == before
        assert read_at(with_submodule.path, "base", paths) == {}


class State(NamedTuple):
    """What was done to ``with_submodule`` since ``pinned``, and what that changed beside ``.gitmodules``.

    ``unknown`` are the submodules whose files nobody can tell.
    """

    done: Callable[[Repository], None]
    changed: Sequence[str]
    unknown: Sequence[str] = ()


ALLOWED = ("-c", "protocol.file.allow=always")
FILES = ("ext/a/a.py", "ext/b/b.py")
INNER = ("ext/inner/n/n.py",)


def _remove(top: Repository) -> None:
    top.git("rm", "--quiet", "ext")


def _deinit_and_remove(top: Repository) -> None:
    top.git("submodule", "--quiet", "deinit", "--force", "ext")
    _remove(top)
    top.commit()


def _deinit(top: Repository) -> None:
    top.git("submodule", "--quiet", "deinit", "--force", "ext")


def _deinit_and_point_elsewhere(top: Repository) -> None:
    _deinit(top)
    top.git("update-index", "--cacheinfo", f"160000,{'1' * 40},ext")


def _lose_data(top: Repository) -> None:
    shutil.rmtree(top.path / ".git/modules")


def _lose_commits(top: Repository) -> None:
    shutil.rmtree(top.path / ".git/modules/ext/objects")
    (top.path / ".git/modules/ext/objects").mkdir()


def _lose_way_to_data(top: Repository) -> None:
    top.write("ext/.git", "")


def _copy_without_git(top: Repository) -> None:
    (top.path / "ext/.git").unlink()


def _deinit_within(top: Repository) -> None:
    Repository(top.path / "ext").git("submodule", "--quiet", "deinit", "--force", "inner")


def _remove_folder(top: Repository) -> None:
    shutil.rmtree(top.path / "ext")


def _remove_with_its_data(top: Repository) -> None:
    _remove(top)
    shutil.rmtree(top.path / ".git/modules")


def _remove_a_clone(top: Repository) -> None:
    # as `git submodule add` leaves one that was there before
    _remove(top)
    top.git("clone", "--quiet", "../source", "ext")
    top.git("add", "ext")
    top.commit()
    top.git("tag", "--force", "pinned")
    top.git("mv", "ext", "other")


def _add(top: Repository) -> None:
    top.git(*ALLOWED, "submodule", "--quiet", "add", str(top.path.parent / "source"), "more")


def _add_unfetched(top: Repository) -> None:
    _add(top)
    top.git("submodule", "--quiet", "deinit", "--force", "more")


def _move(top: Repository) -> None:
    top.git("mv", "ext", "lib")


def _move_and_change(top: Repository) -> None:
    _move(top)
    Repository(top.path / "lib").commit("a/a.py", text="newer\n")


def _call_otherwise(top: Repository) -> None:
    text = (top.path / ".gitmodules").read_text()
    top.write(".gitmodules", text.replace('"ext"', '"other"'))


def _fetch_elsewhere(top: Repository) -> None:
    top.git("config", "--file", ".gitmodules", "submodule.ext.url", "../elsewhere")


def _replace_by_its_files(top: Repository) -> None:
    _remove(top)
    top.write("ext/a/a.py")
    top.write("ext/new.py")


def _replace_by_a_file(top: Repository) -> None:
    _remove(top)
    top.write("ext", "")


def _replace_by_another(top: Repository) -> None:
    other = new_repository(top.path.parent / "other")
    other.commit("a/a.py", "c/c.py")
    _remove(top)
    shutil.rmtree(top.path / ".git/modules/ext")
    top.git(*ALLOWED, "submodule", "--quiet", "add", str(other.path), "ext")


def _refetch_without_history(top: Repository) -> None:
    Repository(top.path.parent / "source").commit("a/a.py", text="newer\n")
    shutil.rmtree(top.path / "ext")
    shutil.rmtree(top.path / ".git/modules/ext")
    top.git("clone", "--quiet", "--depth=1", f"file://{top.path.parent / 'source'}", "ext")


def _fetch_without_history(top: Repository) -> None:
    """The commit before is there, without its parents."""
    shutil.rmtree(top.path / "ext")
    shutil.rmtree(top.path / ".git/modules/ext")
    top.git("clone", "--quiet", "--depth=1", f"file://{top.path.parent / 'source'}", "ext")
    Repository(top.path / "ext").commit("a/a.py", text="newer\n")


def _nest(top: Repository) -> None:
    inner = new_repository(top.path.parent / "inner")
    inner.commit("n/n.py")
    Repository(top.path / "ext").git(*ALLOWED, "submodule", "--quiet", "add", str(inner.path), "inner")
    Repository(top.path / "ext").commit()


def _nest_unfetched(top: Repository) -> None:
    _nest(top)
    Repository(top.path / "ext").git("submodule", "--quiet", "deinit", "--force", "inner")


def _nested(then: Callable[[Repository], None]) -> Callable[[Repository], None]:
    def done(top: Repository) -> None:
        _nest(top)
        top.commit()
        top.git("tag", "--force", "pinned")
        then(top)

    return done


def _change_within(top: Repository) -> None:
    Repository(top.path / "ext/inner").commit("n/n.py", text="newer\n")


def _remove_within(top: Repository) -> None:
    Repository(top.path / "ext").git("rm", "--quiet", "inner")


def _remove_within_and_data(top: Repository) -> None:
    _remove_within(top)
    shutil.rmtree(top.path / ".git/modules/ext/modules")


STATES = {
    "removed": State(_remove, FILES),
    "deinitialised-and-removed": State(_deinit_and_remove, FILES),
    "folder-removed": State(_remove_folder, FILES),
    # of these git says that nothing changed
    "deinitialised": State(_deinit, FILES),
    "deinitialised-and-elsewhere": State(_deinit_and_point_elsewhere, ["ext", *FILES]),
    "its-data-lost": State(_lose_data, ["ext"], ["ext"]),
    "its-commits-lost": State(_lose_commits, ["ext"], ["ext"]),
    "its-way-to-data-lost": State(_lose_way_to_data, ["ext"], ["ext"]),
    "files-without-git": State(_copy_without_git, ["ext"], ["ext"]),
    "removed-with-its-data": State(_remove_with_its_data, ["ext"], ["ext"]),
    "moved-clone-with-data-of-its-own": State(_remove_a_clone, [*FILES, "other/a/a.py", "other/b/b.py"]),
    "added": State(_add, ["more/a/a.py", "more/b/b.py"]),
    # nothing is there, before and now; whoever fetches it later sees the pointer
    "added-and-not-fetched": State(_add_unfetched, ["more"]),
    "moved": State(_move, [*FILES, "lib/a/a.py", "lib/b/b.py"]),
    "moved-and-changed": State(_move_and_change, [*FILES, "lib/a/a.py", "lib/b/b.py"]),
    "called-otherwise": State(_call_otherwise, []),
    "fetched-elsewhere": State(_fetch_elsewhere, []),
    "replaced-by-its-files": State(_replace_by_its_files, [*FILES, "ext/new.py"]),
    "replaced-by-a-file": State(_replace_by_a_file, ["ext", *FILES]),
    "replaced-by-another": State(_replace_by_another, ["ext", "ext/a/a.py", "ext/c/c.py"], ["ext"]),
    "shallow-with-the-commit-before": State(_fetch_without_history, ["ext/a/a.py"]),
    "shallow-without-it": State(_refetch_without_history, ["ext", *FILES], ["ext"]),
    "another-within": State(_nest, ["ext/.gitmodules", *INNER]),
    "another-within-that-is-not-fetched": State(_nest_unfetched, ["ext/.gitmodules", *INNER]),
    "changed-within": State(_nested(_change_within), INNER),
    "deinitialised-within": State(_nested(_deinit_within), INNER),
    "deinitialised-around-it": State(_nested(_deinit), [*FILES, "ext/.gitmodules", *INNER]),
    "removed-within": State(_nested(_remove_within), ["ext/.gitmodules", *INNER]),
    "removed-within-with-its-data": State(
        _nested(_remove_within_and_data), ["ext/.gitmodules", "ext/inner"], ["ext/inner"]
    ),
    "removed-around-it": State(_nested(_remove), [*FILES, "ext/.gitmodules", *INNER]),
}


@pytest.mark.sampled("state", one_in=4)
@pytest.mark.parametrize("state", STATES)
def test_which_files_came_went_or_changed(with_submodule: Repository, state: str) -> None:
    STATES[state].done(with_submodule)
    found = changes(with_submodule.path, "pinned")
    assert {*found.paths} - {".gitmodules"} == {*STATES[state].changed}
    assert found.unknown == {*STATES[state].unknown}


def test_from_one_commit_to_another_the_disk_does_not_matter(with_submodule: Repository) -> None:
    _remove(with_submodule)
    with_submodule.commit()
    with_submodule.git("tag", "gone")
    assert changed(with_submodule, "pinned..gone") == [".gitmodules", *FILES]
    with_submodule.git("checkout", "--quiet", "pinned")
    assert changed(with_submodule, "gone..pinned") == [".gitmodules", *FILES]
