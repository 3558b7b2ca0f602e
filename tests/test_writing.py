"""Files are there whole or not at all, and stay what they were: links, modes, streams."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo import writing

Write = Callable[[Path, bytes], None]
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these modes nor these links")
WAYS = pytest.mark.parametrize("write", [writing.replace, writing.report], ids=["replace", "report"])


@WAYS
def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path, write: Write) -> None:
    file = tmp_path / "file"
    write(file, b"old")
    with file.open("rb") as old:
        if sys.platform != "win32":
            write(file, b"new")
            assert (old.read(), file.read_bytes()) == (b"old", b"new")
    assert os.listdir(tmp_path) == ["file"]


@WAYS
@pytest.mark.parametrize("trouble", ["no folder", "a folder", "full disk"])
def test_what_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write, trouble: str
) -> None:
    file = tmp_path / ("none/file" if trouble == "no folder" else "file")
    if trouble == "a folder":
        (file / "deep").mkdir(parents=True)
    if trouble == "full disk":
        file.write_bytes(b"old")
        monkeypatch.setattr(os, "replace", _failing(errno.ENOSPC))
    with pytest.raises(OSError):
        write(file, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ([] if trouble == "no folder" else ["file"])
    assert trouble != "full disk" or file.read_bytes() == b"old"


@posix
@pytest.mark.parametrize(
    ("before", "private", "umask", "after"),
    [
        (None, False, 0o022, 0o644),
        (None, False, 0o002, 0o664),
        (None, False, 0o077, 0o600),
        (None, True, 0o022, 0o600),
        (0o640, False, 0o022, 0o640),
        (0o666, False, 0o077, 0o666),
        (0o644, True, 0o022, 0o600),
    ],
)
def test_modes(tmp_path: Path, before: int | None, private: bool, umask: int, after: int) -> None:
    file = tmp_path / "file"
    if before is not None:
        file.touch()
        file.chmod(before)
    old = os.umask(umask)
    try:
        writing.replace(file, b"", private=private)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == after


@posix
def test_a_link_of_the_users_keeps_pointing_at_its_file(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "out" / "target"
    target.parent.mkdir()
    link.symlink_to(target)
    for _ in range(2):  # it leads nowhere at first
        writing.report(link, b"text")
        assert link.is_symlink()
        assert not target.is_symlink()
        assert target.read_bytes() == b"text"
    assert os.listdir(target.parent) == ["target"]


@pytest.mark.parametrize("number", sorted(writing.IN_PLACE))
def test_a_file_that_nothing_can_be_put_in_place_of_is_written_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old and longer")
    monkeypatch.setattr(os, "replace", _failing(number))
    writing.report(file, b"new")
    assert file.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]
    with pytest.raises(OSError):
        writing.report(tmp_path / "other", b"new")
    assert os.listdir(tmp_path) == ["file"]


@posix
@pytest.mark.parametrize(
    ("path", "stream"),
    [
        ("/dev/stdout", True),
        ("/dev/fd/1", True),
        ("/dev/null", True),
        ("/proc/self/fd/1", True),
        ("/dev/../dev/stderr", True),
        ("/dev/shm/report.xml", False),
        ("/device/report.xml", False),
        ("report.xml", False),
    ],
)
def test_streams_by_their_names(path: str, stream: bool) -> None:
    assert writing.is_stream(Path(path)) is stream


@posix
def test_a_pipe_takes_what_is_written_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        writing.report(pipe, b"text")
        assert os.read(reader, 10) == b"text"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


def _failing(number: int) -> Callable[..., None]:
    def replace(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return replace
