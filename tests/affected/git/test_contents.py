"""What the files of a commit hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_monorepo.affected.git import contents
from pytest_monorepo.affected.git.contents import blob_hashes, files_at, hashes_at, read_at, read_blobs
from pytest_monorepo.errors import GitError
from tests.affected.conftest import Repository


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


class TestWhatIsKept:
    def test_a_content_is_read_once(
        self, feature: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache, paths = tmp_path / "former", ["libs/http/http.py", "libs/core/core.py", "gone.py"]
        found = read_at(feature.path, "main", paths, cache=cache)
        assert found == read_at(feature.path, "main", paths)
        stored = {path: hashes_at(feature.path, "main").get(path, "") for path in paths}
        with monkeypatch.context() as patch:
            patch.setattr(contents, "run", _refused)
            assert read_at(feature.path, "main", paths, stored, cache) == found

    def test_another_content_is_read(self, feature: Repository, tmp_path: Path) -> None:
        cache = tmp_path / "former"
        for commit in ("main", "HEAD", "main"):
            found = read_at(feature.path, commit, ["libs/core/core.py"], cache=cache)
            assert found == read_at(feature.path, commit, ["libs/core/core.py"])
            more = read_at(feature.path, commit, ["libs/core/core.py", "README.md"], cache=cache)
            assert more == read_at(feature.path, commit, ["libs/core/core.py", "README.md"])

    def test_a_damaged_file_is_not_believed(self, feature: Repository, tmp_path: Path) -> None:
        cache = tmp_path / "former"
        found = read_at(feature.path, "main", ["README.md"], cache=cache)
        cache.write_bytes(cache.read_bytes()[:-1] + b"?")
        assert read_at(feature.path, "main", ["README.md"], cache=cache) == found


def _refused(*words: object, **named: object) -> bytes:
    raise AssertionError(words)
