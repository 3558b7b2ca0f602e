"""What is kept of a base counts only where a discovery would find the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import proven
from pytest_monorepo.workspace.discovery.discover import discover_tree
from pytest_monorepo.workspace.discovery.proven import discover_proven
from pytest_monorepo.workspace.files.tree import Tree

FILES = {
    "a/pyproject.toml": b'[project]\nname = "a"\ndependencies = ["b"]\n',
    "a/requirements-dev.txt": b"-r ../base.txt\n",
    "a/tests/test_a.py": b"",
    "b/pyproject.toml": b'[project]\nname = "b"\n',
    "b/tests/test_b.py": b"",
    "base.txt": b"x==1\n",
}


def tree(root: Path, files: dict[str, bytes]) -> Tree:
    return Tree(root, tuple(sorted(files)), files.get)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file with an entry for ``FILES``; discovering anew is an error from here on."""
    file = tmp_path / "kept" / "base"
    found = discover_proven(tree(tmp_path, FILES), Settings(), file)
    assert found == discover_tree(tree(tmp_path, FILES), Settings())

    def never(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(proven, "discover_tree", never)
    return file


def test_the_same_tree_is_recalled(tmp_path: Path, kept: Path) -> None:
    found = discover_proven(tree(tmp_path, FILES), Settings(), kept)
    assert found == discover_tree(tree(tmp_path, FILES), Settings())
    assert [project.path for project in found.projects] == ["a", "b"]


def test_a_file_that_was_not_read_may_differ(tmp_path: Path, kept: Path) -> None:
    other = {**FILES, "a/tests/test_a.py": b"import os\n"}
    assert discover_proven(tree(tmp_path, other), Settings(), kept).projects


@pytest.mark.parametrize(
    "other",
    [
        {**FILES, "a/pyproject.toml": b'[project]\nname = "c"\n'},
        {**FILES, "base.txt": b"x==2\n"},
        {**FILES, "c/pyproject.toml": b'[project]\nname = "c"\n'},
        {path: data for path, data in FILES.items() if path != "a/tests/test_a.py"},
    ],
)
def test_another_tree_is_discovered(tmp_path: Path, kept: Path, other: dict[str, bytes]) -> None:
    with pytest.raises(LookupError):
        discover_proven(tree(tmp_path, other), Settings(), kept)


def test_other_settings_are_another_discovery(tmp_path: Path, kept: Path) -> None:
    with pytest.raises(LookupError):
        discover_proven(tree(tmp_path, FILES), Settings(exclude=("a",)), kept)


def test_a_damaged_entry_counts_for_nothing(tmp_path: Path, kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:-9])
    with pytest.raises(LookupError):
        discover_proven(tree(tmp_path, FILES), Settings(), kept)


def test_a_file_that_is_written_to_meanwhile_proves_nothing(tmp_path: Path) -> None:
    texts = iter(range(1000))

    def read(path: str) -> bytes | None:
        return b"x==%d\n" % next(texts) if path == "base.txt" else FILES.get(path)

    file = tmp_path / "base"
    discover_proven(tree(tmp_path, FILES)._replace(reader=read), Settings(), file)
    reads = next(texts)
    discover_proven(tree(tmp_path, FILES)._replace(reader=read), Settings(), file)
    assert next(texts) > reads + 1


def test_nothing_is_kept_without_a_file(tmp_path: Path) -> None:
    assert discover_proven(tree(tmp_path, FILES), Settings(), None).projects
