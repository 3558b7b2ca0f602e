"""The value of an input, as worker and controller both take it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_monorepo.inputs.probes.imports import preloaded
from pytest_monorepo.inputs.record import values
from pytest_monorepo.inputs.record.recorder import Recorder, source_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="traces are not taken on Windows")


def test_every_kind_says_none_where_there_is_nothing(tmp_path: Path) -> None:
    for kind in sorted(values.KINDS - {"file"}):
        # a folder of nothing to collect may go
        nothing: object = False if "access" in kind else [] if kind.endswith("folders of code") else None
        assert values.now(kind, str(tmp_path / "missing")) == nothing, kind


def test_kinds_of_stat_tell_files_folders_and_links_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("12")
    (tmp_path / "link").symlink_to("file")
    assert values.now("type", str(tmp_path)) == "folder"
    assert values.now("type", str(tmp_path / "link")) == "file"
    assert values.now("ltype", str(tmp_path / "link")) == "link"
    assert values.now("regular", str(tmp_path / "link")) is True
    assert values.now("regular", str(tmp_path)) is values.now("regular", str(tmp_path / "gone")) is None
    assert values.now("link", str(tmp_path / "link")) == "file"
    assert values.now("size", str(tmp_path / "file")) == 2
    assert values.now("names", str(tmp_path)) == ["file", "link"]
    assert values.now("types", str(tmp_path)) == ["file", "link@"]


def test_what_python_leaves_in_a_folder_is_no_code(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "a.py").touch()
    assert values.now("names of code", str(tmp_path)) == ["a.py"]
    assert values.now("types of code", str(tmp_path)) == ["a.py"]


def test_of_a_folder_those_who_collect_see_modules_texts_and_what_is_no_file(tmp_path: Path) -> None:
    for name in ("a.py", "b.pyw", "test_c.txt", "c.txt", "NOTES.md", "a.pyc", "test_d.rst"):
        (tmp_path / name).touch()
    (tmp_path / "docs.md").mkdir()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "link.md").symlink_to("docs.md")
    assert values.now("types of tests and of code", str(tmp_path)) == [
        "a.py",
        "b.pyw",
        "docs.md/",
        "link.md@",
        "test_c.txt",
    ]


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        (["notes.md", "deep/er/rows.csv", "__pycache__/a.py"], False),
        (["deep/er/rows.csv", "deep/er/a.py"], True),
        (["deep/test_a.txt"], True),
        ([f"{number}.csv" for number in range(501)], True),
        ([f"{number}.csv" for number in range(500)], False),
    ],
    ids=["nothing", "module", "text", "too many", "many"],
)
def test_a_folder_counts_for_who_collects_where_something_below_may_be_collected(
    tmp_path: Path,
    files: Sequence[str],
    counts: bool,
) -> None:
    for folder in ("docs", ".docs"):
        for name in files:
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).touch()
    assert values.now("types with plain folders of code", str(tmp_path)) == (["docs/"] if counts else [])
    assert values.now("types with folders of code", str(tmp_path)) == ([".docs/", "docs/"] if counts else [])
    (tmp_path / "docs/link").symlink_to("anywhere")
    assert values.now("types with plain folders of code", str(tmp_path)) == ["docs/"]


def test_a_lookup_finds_modules_packages_and_what_may_become_one(tmp_path: Path) -> None:
    suffixes = [".so", ".py", ".pyc"]
    assert values.lookup(str(tmp_path), "a", suffixes) == []
    (tmp_path / "a").mkdir()
    assert values.lookup(str(tmp_path), "a", suffixes) == ["a/"]
    (tmp_path / "a" / "__init__.py").touch()
    (tmp_path / "a.so").touch()
    assert values.lookup(str(tmp_path), "a", suffixes) == ["a.so", "a/.py"]


@pytest.mark.parametrize(
    ("bytecode", "source"),
    [
        ("/x/__pycache__/a.cpython-311.pyc", "/x/a.py"),
        ("/x/__pycache__/a.cpython-311.opt-1.pyc", "/x/a.py"),
        ("/x/__pycache__/test_a.cpython-312-pytest-9.2.0.pyc", "/x/test_a.py"),
        ("/x/__pycache__/other.pyc", "/x/__pycache__/other.pyc"),
    ],
)
def test_bytecode_is_of_a_source(bytecode: str, source: str) -> None:
    assert source_of(bytecode) == source


def recording(*own: Path) -> Recorder:
    recorder = Recorder()
    recorder.begin(map(str, own), "", {})
    return recorder


def test_what_is_made_is_no_input_but_that_it_was_not_there_is(tmp_path: Path) -> None:
    recorder = recording()
    path = str(tmp_path / "made")
    recorder.makes(path)
    Path(path).write_text("1")
    recorder.see_file(path)
    recorder.see_now("size", f"{path}")
    folder = str(tmp_path)
    assert recorder.scopes.shared.inputs == {
        "ltype": {path: None},
        "type": {folder: "folder"},
        "access3": {folder: True},
    }


def test_what_was_there_before_is_not_made(tmp_path: Path) -> None:
    path = str(tmp_path / "there")
    Path(path).write_text("1")
    recorder = recording()
    assert not recorder.makes(path)
    recorder.moves(str(tmp_path / "missing"), path)
    recorder.replaces(path)  # and fails
    recorder.see_file(path)
    assert path in recorder.scopes.shared.inputs["file"]


def test_what_has_been_replaced_is_made(tmp_path: Path) -> None:
    path = str(tmp_path / "there")
    Path(path).write_text("1")
    recorder = recording()
    recorder.replaces(path)
    Path(path).write_text("22")
    recorder.see_file(path)
    assert "file" not in recorder.scopes.shared.inputs


def test_what_lies_in_a_folder_of_the_run_is_no_input(tmp_path: Path) -> None:
    recorder = recording(tmp_path)
    recorder.see_file(str(tmp_path / "x" / ".." / "y"))
    recorder.changes(str(tmp_path / "z"))
    assert recorder.scopes.shared.inputs == {}


def test_a_link_of_the_tests_own_leads_to_an_input(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_text("1")
    recorder = recording(tmp_path / "own")
    recorder.links("../data", str(tmp_path / "own" / "link"))
    os.symlink("../data", tmp_path / "own" / "link")
    recorder.see_file(str(tmp_path / "own" / "link" / "x"))
    assert list(recorder.scopes.shared.inputs["file"]) == [str(tmp_path / "data" / "x")]


def test_a_file_that_is_changed_in_place_was_seen_before(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("1")
    recorder = recording()
    recorder.changes(str(tmp_path / "x"))
    assert list(recorder.scopes.shared.inputs) == ["lstat"]


def test_what_changes_by_itself_makes_a_trace_incomplete() -> None:
    recorder = recording()
    recorder.see_file("/proc/self/environ")
    recorder.see_file("/dev/null")
    assert list(recorder.scopes.shared.reasons) == ["reads /proc/self/environ"]


@pytest.mark.parametrize(
    "path",
    [
        "/sys/fs/cgroup/cpu.max",
        "/sys/fs/cgroup/user.slice/cpu.max",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/devices/system/cpu/online",
    ],
)
def test_what_the_system_gives_a_process_is_an_input_there_or_not(path: str) -> None:
    recorder = recording()
    recorder.see_file(path)
    assert recorder.scopes.shared.reasons == {}
    held = Path(path).read_text() if os.path.exists(path) else None
    assert recorder.scopes.shared.inputs == {"limits": {path: held}}


@pytest.mark.parametrize(
    "path",
    [
        "/sys/fs/cgroup/cpu.stat",
        "/sys/fs/cgroup/memory.current",
        "/sys/fs/cgroup/../kernel/cpu.max/x",
        "/sys/devices/system/cpu/vulnerabilities",
        "/proc/cpuinfo",
    ],
)
def test_what_the_system_counts_makes_a_trace_incomplete(path: str) -> None:
    recorder = recording()
    recorder.see_file(path)
    assert list(recorder.scopes.shared.reasons) == [f"reads {path}"]


def test_a_limit_is_told_by_what_it_holds_now(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("max 100000\n")
    times = os.stat(tmp_path / "cpu.max")
    first = values.now("limits", str(tmp_path / "cpu.max"))
    (tmp_path / "cpu.max").write_text("200 100000\n")
    os.utime(tmp_path / "cpu.max", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (first, values.now("limits", str(tmp_path / "cpu.max"))) == ("max 100000\n", "200 100000\n")


def test_a_path_file_that_comes_is_new(tmp_path: Path) -> None:
    (tmp_path / "a.pth").write_text("")
    (tmp_path / "b.py").write_text("")
    assert values.now("path files", str(tmp_path)) == ["a.pth"]


def test_path_files_of_the_search_path_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    recorder = recording()
    preloaded(recorder)
    assert recorder.scopes.shared.inputs["path files"][str(tmp_path)] == []
