from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.attributes import hides_edits
from pytest_monorepo.workspace.files.listing import ask

from .trees import git, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write(tmp_path / "repo", {"libs/a.py": "", "top.py": ""})
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "start")
    return root


def hides(root: Path) -> bool:
    answer = ask(root)
    assert answer is not None
    assert answer.filtered == hides_edits(root, answer.output)
    return answer.filtered


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*.py filter=mine", True),
        ("*.py\ttext -diff filter=mine eol=lf", True),
        ("# a comment\n  *.toml  filter=mine\r\n", True),
        ("* filter=lfs\n*.py filter=mine", True),
        ("[attr]local filter=mine\n*.py local", True),
        ('"with space.py" filter=mine', True),
        ("*.bin filter=lfs diff=lfs merge=lfs -text", False),
        ("secret.toml filter=git-crypt diff=git-crypt", False),
        ("*.ipynb filter=nbstripout", False),
        ("* text=auto\n*.py linguist-language=Python -filter", False),
    ],
)
@pytest.mark.parametrize("place", [".gitattributes", "libs/.gitattributes", ".git/info/attributes"])
def test_attributes(root: Path, place: str, line: str, expected: bool) -> None:
    assert not hides(root)
    write(root, {place: line})
    assert hides(root) is expected


@pytest.mark.parametrize("place", [".gitattributes", ".git/info/attributes"])
def test_those_above_a_subfolder_count(root: Path, place: str) -> None:
    write(root, {place: "*.py filter=mine\n"})
    assert hides(root / "libs")


def test_a_linked_worktree_has_those_of_its_repository(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    assert not hides(tmp_path / "linked")
    write(root, {".git/info/attributes": "*.py filter=mine\n"})
    assert hides(tmp_path / "linked")


def test_a_deleted_one_still_counts_for_git(root: Path) -> None:
    write(root, {"libs/.gitattributes": "*.bin -text\n"})
    git(root, "add", "-A")
    assert not hides(root)
    (root / "libs/.gitattributes").unlink()
    assert hides(root)
