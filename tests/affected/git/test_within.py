"""Files inside of submodules."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.git.contents import blob_hashes, files_at, read_at
from tests.affected.conftest import Repository

from .asked import changed


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
