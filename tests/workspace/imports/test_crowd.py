"""Files that several processes read: divided by their size, and none lost whatever becomes of a process."""

from __future__ import annotations

import os
import select
import signal
import sys
from pathlib import Path

import pytest

from pytest_monorepo import limits
from pytest_monorepo.workspace.imports import crowd
from pytest_monorepo.workspace.imports.cache import ImportCache
from pytest_monorepo.workspace.imports.sources import Sources

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="nothing is forked there")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on three quiet processors, where ten bytes are worth a process."""
    monkeypatch.setattr(crowd, "_WORTH", 10)
    monkeypatch.setattr(limits, "cores", lambda: 3)
    monkeypatch.setattr(crowd, "_may_fork", lambda: True)


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([], [[]]),
        ([("a", 19)], [["a"]]),
        ([("a", 9), ("b", 10)], [["a", "b"]]),
        ([("a", 10), ("b", 10)], [["a"], ["b"]]),
        ([("a", 10), ("b", 30), ("c", 11), ("d", 20), ("e", 0)], [["b"], ["d", "e"], ["c", "a"]]),
    ],
)
@pytest.mark.usefixtures("three")
def test_files_are_divided_by_what_they_hold(sizes: list[tuple[str, int]], parts: list[list[str]]) -> None:
    assert [sorted(part) for part in crowd.shares(sizes)] == [sorted(part) for part in parts]


@pytest.mark.usefixtures("three")
def test_nothing_is_divided_where_forking_is_not_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "_may_fork", lambda: False)
    assert crowd.shares([("a", 100), ("b", 100)]) == [["a", "b"]]


def test_each_process_answers_for_its_part() -> None:
    big = "x" * 300_000
    with crowd.helping([["a", "b"], ["c"]], lambda path: [path + big, os.getpid()]) as answers:
        found = dict(answers())
    assert {path: name for path, (name, _) in found.items()} == {path: path + big for path in "abc"}
    assert len({pid for _, pid in found.values()} | {os.getpid()}) == 3
    for _, pid in found.values():
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def _fails(path: str) -> str:
    if path == "b":
        raise OSError(path)
    if path == "c":
        os._exit(3)
    return path


def test_a_process_that_fails_answers_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with crowd.helping([["a"], ["a", "b"], ["c"]], _fails) as answers:
        assert list(answers()) == [("a", "a")]
    assert capfd.readouterr() == ("", "")


def test_none_waits_for_a_reader_that_was_killed() -> None:
    """More than a pipe holds: whoever still writes is to hear that nobody reads."""
    told, tell = os.pipe()
    parent = os.fork()
    if not parent:
        try:
            with crowd.helping([["a"], ["b"]], lambda path: path * 1_000_000):
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(0)
    os.close(tell)
    os.waitpid(parent, 0)
    # its other end is held by the parent and those that it has started
    assert select.select([told], [], [], 60)[0]
    os.close(told)


_FILES = {
    "one.py": "import shop.cart\n",
    "two.py": "from . import x\nimport shop.cart\n",
    "three.py": "def test(): pass\n",
    "notes.txt": ">>> import shop.notes\n",
}


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.usefixtures("three")
def test_what_is_found_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: bool) -> None:
    for name, text in _FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        os.utime(tmp_path / name, (1, 1))
    found = []
    for number in (1, 3):
        monkeypatch.setattr(limits, "cores", lambda number=number: number)
        if broken and number > 1:
            monkeypatch.setattr(crowd, "write_all", lambda file, data: None)
        cache = ImportCache(None)
        numbers = Sources(tmp_path, {}, cache).numbers(_FILES)
        found.append(
            ({path: [cache.names[one] for one in each] for path, each in numbers.items()}, cache.names)
        )
    assert found[0] == found[1]
    assert "shop.cart" in found[0][0]["two.py"]
