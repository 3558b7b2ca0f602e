"""What is kept between two runs never shows but in what is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_monorepo.workspace.imports import sources as import_sources
from pytest_monorepo.workspace.imports.edges import import_edges

from .repository import Repository, blobs, pairs


class Counting:
    """Reads below ``root`` and remembers what."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: list[str] = []

    def __call__(self, path: str) -> bytes | None:
        self.read.append(path)
        return (self.root / path).read_bytes()


@pytest.fixture
def cached(core_and_ml: Repository, tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, Path]:
    """A workspace whose imports are cached."""
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "import core\n", "app/b.py": ""})
    cache = tmp_path_factory.mktemp("cache") / "v" / "imports"
    import_edges(core_and_ml.workspace, blobs=blobs(core_and_ml.workspace), cache=cache)
    return core_and_ml, cache


def test_a_file_system_that_gives_little_at_a_time(
    core_and_ml: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    core_and_ml.project("api", ["app"], files={"app/__init__.py": "x = 1\nimport core\n"})
    whole = os.read
    monkeypatch.setattr(os, "read", lambda file, size: whole(file, min(size, 5)))
    found = import_edges(core_and_ml.workspace, blobs=blobs(core_and_ml.workspace))
    monkeypatch.undo()
    assert ("api", "libs/core") in pairs(found)


def test_a_second_run_reads_nothing(cached: tuple[Repository, Path]) -> None:
    repo, cache = cached
    reader = Counting(repo.root)
    before = cache.stat().st_mtime_ns
    found = import_edges(repo.workspace, blobs=blobs(repo.workspace), cache=cache, read=reader)
    assert found == repo.imports()
    assert not reader.read
    assert cache.stat().st_mtime_ns == before


def test_a_changed_file_is_read_again(cached: tuple[Repository, Path]) -> None:
    repo, cache = cached
    repo.write({"api/app/b.py": "import ml\n"})
    reader = Counting(repo.root)
    found = import_edges(repo.workspace, blobs=blobs(repo.workspace), cache=cache, read=reader)
    assert set(reader.read) == {"api/app/b.py"}
    assert pairs(found) == {("api", "libs/core"), ("api", "libs/ml")}


def test_a_new_project_gives_old_entries_a_new_meaning(cached: tuple[Repository, Path]) -> None:
    repo, cache = cached
    repo.write({"api/app/b.py": "import late\n"})
    import_edges(repo.workspace, blobs=blobs(repo.workspace), cache=cache)
    repo.project("libs/late", ["late"], files={"late/__init__.py": ""})
    found = import_edges(repo.workspace, blobs=blobs(repo.workspace), cache=cache)
    assert ("api", "libs/late") in pairs(found)


def test_a_hash_that_is_not_of_the_bytes_read_is_not_cached(cached: tuple[Repository, Path]) -> None:
    repo, cache = cached
    # as for a link, whose hash is that of where it leads, or a file written to after git looked
    wrong = {**blobs(repo.workspace), "api/app/b.py": "0" * 40}
    for text, expected in (("import ml\n", 2), ("", 1)):
        repo.write({"api/app/b.py": text})
        assert len(import_edges(repo.workspace, blobs=wrong, cache=cache).edges) == expected


def test_without_hashes_size_and_times_tell(
    cached: tuple[Repository, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo, cache = cached
    monkeypatch.setattr(import_sources, "_SETTLED_NS", 0)
    assert pairs(import_edges(repo.workspace, cache=cache)) == {("api", "libs/core")}
    assert b":api/app/__init__.py" in cache.read_bytes()
    repo.write({"api/app/__init__.py": "import ml\n"})
    assert pairs(import_edges(repo.workspace, cache=cache)) == {("api", "libs/ml")}


def test_a_file_that_was_just_written_is_not_cached_by_its_time(cached: tuple[Repository, Path]) -> None:
    repo, cache = cached
    import_edges(repo.workspace, cache=cache)
    assert b":api/app" not in cache.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content.replace(b"core", b"cure"),
        lambda content: b"\0" * len(content),
        lambda content: content.replace(b"imports 1", b"imports 0"),
    ],
    ids=["empty", "cut short", "altered", "zeroed", "another version"],
)
def test_a_damaged_cache_is_ignored_and_replaced(cached: tuple[Repository, Path], damage: object) -> None:
    repo, cache = cached
    whole = cache.read_bytes()
    assert callable(damage)
    cache.write_bytes(damage(whole))
    assert import_edges(repo.workspace, blobs=blobs(repo.workspace), cache=cache) == repo.imports()
    assert cache.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_error(core_and_ml: Repository, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert not import_edges(core_and_ml.workspace, cache=blocked / "imports").edges
    assert not list(tmp_path.glob("imports*"))


def test_entries_of_former_commits_are_dropped_in_the_end(cached: tuple[Repository, Path]) -> None:
    repo, cache = cached
    for number in range(100):
        repo.write({"api/app/b.py": f"import ml\nimport name{number}\n"})
        found = import_edges(repo.workspace, blobs=blobs(repo.workspace), cache=cache)
        assert pairs(found) == {("api", "libs/core"), ("api", "libs/ml")}
    assert b'"name99"' in cache.read_bytes()
    assert b'"name9"' not in cache.read_bytes()
