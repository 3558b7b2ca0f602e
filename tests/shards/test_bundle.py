"""The folders of shards, as values; whole runs are in ``tests/shards/test_merge.py``."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.reports.coverage.measured.data import opened as measured
from pytest_monorepo.shards import bundle
from pytest_monorepo.shards.bundle import Bundle, Manifest


def shard(index: int, count: int = 2, **more: Any) -> Manifest:
    known: dict[str, Any] = {"selection": "s", "division": "d", "root": "/there", "commit": "c" * 40}
    return Manifest(index, count, **{**known, **more})


def laid(folder: Path, manifest: Manifest, records: list[dict[str, Any]] | None = None) -> Path:
    """The manifest as a folder, with the ends of its projects among the records."""
    folder.mkdir(parents=True)
    finished = [{"kind": "finish", "project": path, "data": {}} for path in manifest.projects]
    lines = [json.dumps(record) + "\n" for record in records or finished]
    (folder / "reports.jsonl").write_text("".join(lines))
    bundle.write_json(folder / bundle.MANIFEST, dataclasses.asdict(manifest))
    return folder


def opened(*folders: Path) -> list[Bundle]:
    return [found for folder in folders for found in bundle.read_all(folder, str(folder))]


def complaint(bundles: list[Bundle], here: str | None = None) -> str:
    with pytest.raises(MonorepoError) as error:
        bundle.check(bundles, here)
    return str(error.value)


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = shard(1, 1, projects={"a": None, "b": ["b/t.py"]}, filters=("-k",), changed=("x.py",))
    laid(tmp_path / "x" / "y" / "1-of-1", manifest)
    (found,) = bundle.read_all(tmp_path, "dir")
    assert found.manifest == manifest
    assert found.manifest.shard == "1/1"
    bundle.check([found], "c" * 40)


def test_records_are_read_by_project_and_in_order(tmp_path: Path) -> None:
    records: list[dict[str, Any]] = [
        {"kind": "start", "project": "a"},
        {"kind": "report", "project": "b", "data": {"nodeid": "ü"}},
        {"kind": "finish", "project": "a", "data": {}},
    ]
    found = Bundle(laid(tmp_path / "1", shard(1), records), shard(1))
    assert [record["kind"] for record in found.records("a")] == ["start", "finish"]
    assert list(found.records("b")) == [records[1]]
    assert list(found.records("c")) == []
    assert found.finished() == {"a"}


@pytest.mark.parametrize("line", ["{", "[]", '{"kind": "future", "project": "a"}', '{"kind": "start"}'])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    folder = laid(tmp_path / "1", shard(1, 1, projects={"a": None}))
    with open(folder / "reports.jsonl", "a") as stream:
        stream.write(line)
    assert "reports.jsonl:2: cannot be read" in complaint(opened(folder))


def test_another_format_is_refused(tmp_path: Path) -> None:
    laid(tmp_path / "1", dataclasses.replace(shard(1), format=99))
    with pytest.raises(MonorepoError, match="has format 99, this pytest-monorepo reads 1: use one version"):
        opened(tmp_path)
    (tmp_path / "1" / bundle.MANIFEST).write_text("{}")
    with pytest.raises(MonorepoError, match="has format None"):
        opened(tmp_path)
    (tmp_path / "1" / bundle.MANIFEST).write_text("no json")
    with pytest.raises(MonorepoError, match=r"manifest.json: cannot be read"):
        opened(tmp_path)


def test_a_manifest_of_a_later_version_may_say_more_but_not_less(tmp_path: Path) -> None:
    path = laid(tmp_path / "1", shard(1)) / bundle.MANIFEST
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, "weather": "fine"}))
    assert opened(tmp_path)[0].manifest == shard(1)
    del data["division"]
    path.write_text(json.dumps(data))
    with pytest.raises(MonorepoError, match="division"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ({"commit": "e" * 40}, "ran at commit eeeeeeeeeeee, but"),
        ({"selection": "t"}, "ran with another choice of tests"),
        ({"division": "e"}, "divided the run by other durations"),
        ({"count": 4}, "has shards 4, but"),
    ],
)
def test_the_odd_one_out_is_named(tmp_path: Path, odd: dict[str, Any], words: str) -> None:
    for index in (1, 2, 3):
        manifest = shard(index, 3)
        laid(tmp_path / f"s{index}", dataclasses.replace(manifest, **odd) if index == 2 else manifest)
    message = complaint(opened(tmp_path))
    assert message.startswith(f"{tmp_path / 's2'}: {words}")


def test_this_checkout_must_be_what_was_tested(tmp_path: Path) -> None:
    laid(tmp_path / "1", shard(1, 1))
    assert "but this checkout is at ffffffffffff: check out" in complaint(opened(tmp_path), "f" * 40)
    bundle.check(opened(tmp_path), None)


def test_projects_without_an_end_make_a_shard_incomplete_unless_it_stopped(tmp_path: Path) -> None:
    manifest = shard(1, 1, projects={"a": None, "b": None})
    records = [{"kind": "finish", "project": "a", "data": {}}]
    laid(tmp_path / "1", manifest, records)
    assert "shard 1/1 has no end of b (1 of 2 projects): run it again" in complaint(opened(tmp_path))
    stopped = laid(tmp_path / "x", dataclasses.replace(manifest, stopped=True), records)
    bundle.check(opened(stopped), None)


def test_an_unfinished_folder_beside_the_finished_one_is_from_an_earlier_try(tmp_path: Path) -> None:
    laid(tmp_path / "1-of-1", shard(1, 1))
    (tmp_path / "1-of-1.part").mkdir()
    assert len(opened(tmp_path)) == 1
    (tmp_path / "2-of-2.part").mkdir()
    with pytest.raises(MonorepoError, match=r"2-of-2.part: this shard was killed"):
        opened(tmp_path)


def test_paths_are_moved_wherever_they_stand() -> None:
    given = {"omit": ["/there/a/*", "/therefore/x", "*/y"], "n": 3, "config_file": "/there", "none": None}
    expected = {"omit": ["/here/a/*", "/therefore/x", "*/y"], "n": 3, "config_file": "/here", "none": None}
    assert bundle.moved(given, "/there", "/here") == expected
    assert bundle.moved("C:\\w\\a", "C:\\w", "/here") == "/here\\a"


def test_coverage_data_is_moved_with_its_contexts(tmp_path: Path) -> None:
    folder = laid(tmp_path / "1", shard(1, 1))
    (folder / "coverage" / "a").mkdir(parents=True)
    with measured(str(folder / "coverage" / "a" / ".coverage.x")) as data:
        data.set_context("t1")
        data.add_lines({"/there/a/m.py": [1, 2], "/usr/lib/other.py": [5]})
        data.write()
    info = {"project": "a", "data_dir": "coverage/a", "started": 5, "configuration": {"omit": ["/there/x"]}}
    bundle.write_json(folder / "coverage.json", {"infos": [info, info]})
    found, _ = bundle.coverage_infos(opened(tmp_path)[0], "/here", tmp_path / "into")
    assert (found["started"], found["configuration"]) == (0, {"omit": ["/here/x"]})
    with measured(str(Path(found["data_dir"]) / ".coverage.x")) as moved:
        moved.read()
        assert moved.measured_files() == {"/here/a/m.py", "/usr/lib/other.py"}
        assert moved.contexts_by_lineno("/here/a/m.py") == {1: ["t1"], 2: ["t1"]}
