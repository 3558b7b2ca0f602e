"""What an input is now: asked for once, and remembered of files by their size and times."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from pytest_monorepo.inputs import tables
from pytest_monorepo.inputs.record import values
from pytest_monorepo.results.values import current as asking
from pytest_monorepo.results.values.current import Current, Digests


def written(path: Path, text: str) -> Path:
    """A file that has not been touched for an hour."""
    path.write_text(text)
    os.utime(path, (path.stat().st_mtime - 3600,) * 2)
    return path


@pytest.fixture(autouse=True)
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file counts as just written: its ctime cannot be set."""
    monkeypatch.setattr(asking, "_RACE", -3600.0)


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_file_written_since_it_was_held_to_be_the_same_has_no_content_that_counts(
    tmp_path: Path, size: int
) -> None:
    path = written(tmp_path / "data.txt", "a" * size)
    current, was = Current(Digests()), values.fingerprint(str(path))
    assert current.is_same_file(str(path), was, ours=True)
    path.write_text("b" * size)
    found = current.value("file", str(path))
    current.forget()
    fresh = current.value("file", str(path))
    assert isinstance(fresh, str)
    assert found != fresh
    assert Current(Digests()).value("file", str(path)) == fresh


def test_what_a_reader_takes_out_of_a_table_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tomllib")
    path = written(tmp_path / "pyproject.toml", "[tool.pytest.ini_options]\nminversion = '1'\n")
    kept = tmp_path / "digests.json"
    first = Digests.load(kept)
    found = Current(first).value(tables.OF_PYTEST, str(path))
    first.save()
    monkeypatch.setattr(values, "now", None)
    assert Current(Digests.load(kept)).value(tables.OF_PYTEST, str(path)) == found


def test_that_a_table_cannot_be_read_at_the_moment_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tomllib")
    path, digests = written(tmp_path / "pyproject.toml", "[tool.pytest.ini_options]\n"), Digests()
    with monkeypatch.context() as patched:
        error = OSError(errno.EMFILE, "too many open files")
        patched.setattr(tables, "_open", lambda *_: (_ for _ in ()).throw(error))
        assert Current(digests).value(tables.OF_PYTEST, str(path)) == f"error {errno.EMFILE}"
    assert Current(digests).value(tables.OF_PYTEST, str(path)) == tables.read(tables.OF_PYTEST, str(path))


def test_what_another_python_s_parser_took_out_of_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tomllib")
    path = written(tmp_path / "pyproject.toml", "[tool.pytest.ini_options]\nminversion = '1'\n")
    digests = Digests()
    found = Current(digests).value(tables.OF_PYTEST, str(path))
    monkeypatch.setattr(values, "now", lambda kind, path: "another")
    monkeypatch.setattr(sys, "version_info", (3, 99, 0, "final", 0))
    assert Current(digests).value(tables.OF_PYTEST, str(path)) == "another" != found


@pytest.mark.parametrize("edit", ["[tool.pytest.ini_options]\nminversion = '2'\n", "[tool.pytest", ""])
def test_a_table_that_is_edited_is_read_again(tmp_path: Path, edit: str) -> None:
    path = written(tmp_path / "pyproject.toml", "[tool.pytest.ini_options]\nminversion = '1'\n")
    digests = Digests()
    found = Current(digests).value(tables.OF_PYTEST, str(path))
    path.write_text(edit)
    assert Current(digests).value(tables.OF_PYTEST, str(path)) != found


@pytest.mark.parametrize("kind", sorted(tables.KINDS))
def test_of_no_file_there_is_no_table(tmp_path: Path, kind: str) -> None:
    assert Current(Digests()).value(kind, str(tmp_path / "none.toml")) is None


@pytest.mark.parametrize("kind", sorted({*values.FOLLOWED, "file"}))
def test_what_stat_answers_is_asked_once_and_as_it_is(tmp_path: Path, kind: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.py").write_text("a")
    (tmp_path / "link.py").symlink_to("file.py")
    (tmp_path / "loop").symlink_to("loop")
    current = Current(Digests())
    for name in ("folder", "file.py", "link.py", "loop", "none", "file.py/pyvenv.cfg", "nul\0"):
        path = str(tmp_path / name)
        expected = values.fingerprint(path) if kind == "file" else values.now(kind, path)
        found = current.value(kind, path)
        assert isinstance(found, str) if kind == "file" and isinstance(expected, list) else found == expected


@pytest.mark.parametrize("name", ["pyvenv.cfg", "conda-meta/history"])
def test_whether_something_is_an_environment_is_seen(tmp_path: Path, name: str) -> None:
    path = tmp_path / "some.py" / name
    assert Current(Digests()).value("type", str(path)) is None
    (tmp_path / "some.py").write_text("")
    assert Current(Digests()).value("type", str(path)) is None
    (tmp_path / "some.py").unlink()
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert Current(Digests()).value("type", str(path)) == "file"
    (tmp_path / "other.py").symlink_to("some.py")
    assert Current(Digests()).value("type", str(tmp_path / "other.py" / name)) == "file"


def test_a_source_is_what_it_holds_when_its_digest_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "code.py", "a = 1")
    current = Current(Digests())
    current.value("file", str(path))
    assert current.source(str(path)) == b"a = 1"
    path.write_text("b = 2")
    current.forget()
    assert current.source(str(path)) == b"b = 2"
    assert current.source(str(tmp_path / "none.py")) == b""
