"""Whose a covered line is, as tables of labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_monorepo.inputs.record import labels
from pytest_monorepo.results.entries.shares import Share, Shares, info_of_all, joined, read
from pytest_monorepo.worker.coverage.shares import split

ALL = {
    labels.ALL: {"conftest.py": {"": [1]}, "never.py": {}},
    labels.of_file("test_a.py"): {"m.py": {"": [2], "test_a.py::test|run": [3]}},
    labels.of_file("test_b.py"): {"m.py": {"": [4]}},
    labels.of_import("m"): {"m.py": {"test_b.py::test|run": [5]}},
    labels.of_import("other"): {"other.py": {"": [6]}},
    labels.of_fixture("shared"): {"conftest.py": {"": [7]}},
}


def lines(share: Share) -> dict[str, list[int]]:
    return {path: sorted({n for many in of.values() for n in many}) for path, of in share.files.items()}


@pytest.mark.parametrize(
    ("file", "modules", "fixtures", "expected"),
    [
        ("test_a.py", ["m"], [], {"conftest.py": [1], "never.py": [], "m.py": [2, 3, 5]}),
        ("test_a.py", [], [], {"conftest.py": [1], "never.py": [], "m.py": [2, 3]}),
        ("test_b.py", ["m"], ["shared"], {"conftest.py": [1, 7], "never.py": [], "m.py": [4, 5]}),
        ("test_c.py", ["other"], [], {"conftest.py": [1], "never.py": [], "other.py": [6]}),
    ],
)
def test_a_file_has_its_own_lines_and_those_of_what_it_reaches(
    file: str, modules: list[str], fixtures: list[str], expected: dict[str, list[int]]
) -> None:
    assert lines(Shares(False, ALL).of(file, modules, fixtures)) == expected


def test_another_files_test_is_no_context_of_a_replayed_one() -> None:
    found = Shares(False, ALL).of("test_a.py", ["m"], []).files["m.py"]
    assert found == {"": [2, 5], "test_a.py::test|run": [3]}


def test_a_file_brings_those_of_others_that_it_reached() -> None:
    shares = Shares(False, ALL, frozenset({"m.py", "other.py"}))
    assert shares.of("test_a.py", [], []).others == ("m.py",)
    assert shares.of("test_c.py", ["other"], []).others == ("other.py",)


def test_shares_of_several_workers_are_one(tmp_path: Path) -> None:
    for name, arcs in (("a", [[1, 2]]), ("b", [[2, 3], [1, 2]])):
        data = {"branch": True, "labels": {"file t.py": {"m.py": {"": arcs}}}}
        (tmp_path / name).write_text(json.dumps(data))
    (tmp_path / "c").write_text(json.dumps({"branch": False, "labels": {"": {}}}))
    infos = [{"data_dir": str(tmp_path), "shares": name} for name in "abc"]
    found = read(infos)
    assert found == Shares(True, {"": {}, "file t.py": {"m.py": {"": [(1, 2), (2, 3)]}}})
    assert read([*infos, {"data_dir": str(tmp_path), "shares": None}]) is None
    assert read([]) is None


def test_of_several_measurements_only_what_all_warn_of_is_a_warning() -> None:
    one = {"warnings": ["a", "b"], "others": ["x"], "project": "p"}
    other = {"warnings": ["b"], "others": ["y"], "project": "p"}
    assert info_of_all([one, other]) == {"warnings": ["b"], "others": ["x", "y"], "project": "p"}


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ("", ("", "")),
        ("static", ("static", "")),
        ("\x1ffile a", ("", "file a")),
        ("a::test|run\x1fimport m", ("a::test|run", "import m")),
        ("static|\x1fimport m", ("static", "import m")),
        ("static|a::test|run\x1f", ("static|a::test|run", "")),
    ],
)
def test_a_context_is_the_users_and_ours(context: str, expected: tuple[str, str]) -> None:
    assert split(context) == expected


def test_what_is_joined_is_sorted() -> None:
    assert joined([{"a": {"": [3, 1]}}, {"a": {"": [2], "c": [1]}}]) == {"a": {"": [1, 2, 3], "c": [1]}}
