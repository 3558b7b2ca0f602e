from __future__ import annotations

from pathlib import Path

from pytest_monorepo.affected.git.checkout import parents
from tests.affected.conftest import Repository, clone_of


def test_the_commits_that_one_contains(feature: Repository, tmp_path: Path) -> None:
    feature.git("switch", "--quiet", "feature")
    head, main, base = (feature.git("rev-parse", name) for name in ("feature", "main", "base"))
    assert {head, base} <= parents(feature.path, [head]).keys()
    assert main not in parents(feature.path, [head])
    feature.git("merge", "--quiet", "--no-edit", "main")
    assert main in parents(feature.path, [feature.git("rev-parse", "HEAD"), "f" * 40])
    shallow = clone_of(feature, tmp_path / "shallow", "--depth=1")
    head = shallow.git("rev-parse", "HEAD")
    assert parents(shallow.path, [head]) == {head: []}


def test_none_where_git_does_not_know(feature: Repository, tmp_path: Path) -> None:
    for commit in ("", "f" * 40, "--all"):
        assert parents(feature.path, [commit]) == {}
    assert parents(tmp_path / "nowhere", ["f" * 40]) == parents(tmp_path, ["f" * 40]) == {}
