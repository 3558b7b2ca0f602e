from __future__ import annotations

import ntpath
import os
from pathlib import Path

import pytest

from pytest_monorepo.run.control.collecting import _two_of_one_name
from pytest_monorepo.worker import protocol
from pytest_monorepo.workspace.files.checkouts import linked
from pytest_monorepo.workspace.files.relative import seen_from, within
from pytest_monorepo.workspace.files.tree import disk_links


@pytest.mark.parametrize(
    ("path", "seen", "inside"),
    [
        ("repo/libs/a", "libs/a", True),
        ("repo", ".", True),
        ("repo/..data/a", "..data/a", True),
        ("other", "../other", False),
        ("", "..", False),
    ],
)
def test_seen_from_a_folder(tmp_path: Path, path: str, seen: str, inside: bool) -> None:
    assert seen_from(tmp_path / "repo", tmp_path / path) == seen
    assert within(tmp_path / "repo", tmp_path / path) == (seen if inside else None)


@pytest.fixture
def two_drives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are those of Windows, wherever the tests run."""
    for name in ("relpath", "abspath", "isabs"):
        monkeypatch.setattr(os.path, name, getattr(ntpath, name))
    monkeypatch.setattr(os, "sep", "\\")


@pytest.mark.usefixtures("two_drives")
def test_another_drive_is_elsewhere() -> None:
    assert seen_from("D:\\repo", "D:\\repo\\libs\\a") == "libs/a"
    assert seen_from("D:\\repo", "C:\\Python\\lib") == "C:/Python/lib"
    assert within("D:\\repo", "C:\\Python\\lib") is None


@pytest.mark.usefixtures("two_drives")
def test_a_module_of_another_drive_is_named_by_its_path() -> None:
    told = protocol.WrongFile("tests/test_a.py", "D:\\repo\\tests\\test_a.py", "C:\\Python\\Lib\\test_a.py")
    assert "Python ran C:\\Python\\Lib\\test_a.py: " in _two_of_one_name(told, "D:\\repo").message


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege there")
def test_a_link_to_a_folder_whose_name_begins_with_dots_stays_below(tmp_path: Path) -> None:
    (tmp_path / "..data" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "..data")
    (tmp_path / "out").symlink_to(tmp_path.parent)
    follow = disk_links(tmp_path)
    assert follow("link") == "..data"
    assert follow("out") is None


def test_a_worktree_on_another_drive_is_none_of_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "near").mkdir()
    for name in ("near", "far"):
        admin = tmp_path / ".git" / "worktrees" / name
        admin.mkdir(parents=True)
        (admin / "gitdir").write_text(str(tmp_path / name / ".git"))
    relpath = os.path.relpath

    def by_drive(path: str, start: str) -> str:
        if path.endswith("far"):
            raise ValueError("path is on mount 'D:', start on mount 'C:'")
        return relpath(path, start)

    monkeypatch.setattr(os.path, "relpath", by_drive)
    assert list(linked(tmp_path)) == ["near"]
