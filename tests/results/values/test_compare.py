"""Which questions two projects may answer once for both."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pytest_monorepo.inputs.record import values
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places


def now(environ: dict[str, str], root: str = "/workspace") -> Now:
    return Now(Current(Digests()), Places.of(Path(root), "/usr/bin/python"), environ, b"secret", frozenset())


@pytest.mark.parametrize(
    ("other", "asked", "everything", "same"),
    [
        ({"PWD": "/b", "A": "1"}, ["A"], False, True),
        ({"PWD": "/b", "A": "1"}, ["A", "PWD"], False, False),
        ({"PWD": "/a", "A": "2"}, ["A"], False, False),
        ({"PWD": "/a"}, ["A"], False, False),
        ({"PWD": "/a"}, [], False, True),
        ({"PWD": "/b", "A": "1"}, [], True, False),
        ({"PWD": "/a", "A": "1", "MORE": ""}, ["A"], True, False),
        ({"PWD": "/a", "A": "1", "PYTEST_XDIST_WORKER": "gw1"}, ["PYTEST_XDIST_WORKER"], False, True),
    ],
)
def test_projects_share_answers_where_the_variables_that_are_asked_for_are_equal(
    other: dict[str, str], asked: list[str], everything: bool, same: bool
) -> None:
    one = now({"PWD": "/a", "A": "1"})
    assert (
        one.facing(asked, everything=everything) == now(other).facing(asked, everything=everything)
    ) == same


def test_projects_with_other_places_share_no_answer() -> None:
    assert now({}).facing([], everything=False) != now({}, "/elsewhere").facing([], everything=False)


@pytest.mark.parametrize(
    ("was", "made", "differs"),
    [
        ({"a": []}, [], []),
        ({"a": []}, ["b.py", "ab.py", "a-b.py"], []),
        ({"a": []}, ["a.py"], ["a"]),
        ({"a": []}, ["a.cpython-311.so"], []),
        ({"a": []}, ["a.so"], ["a"]),
        ({"a": []}, ["a/__init__.py"], ["a"]),
        ({"a": []}, ["a/data.txt"], ["a"]),
        ({"a": ["a.py"]}, ["a.py"], []),
        ({"a": ["a.py"]}, [], ["a"]),
        ({"a": ["a.py"]}, ["a.py", "a.so"], ["a"]),
        ({"a": ["a/.py"]}, ["a/__init__.py"], []),
        ({"a": ["a/.py"]}, ["a/data.txt"], ["a"]),
        ({"a": [], "b": ["b.py"], "c": []}, ["b.py", "c.py"], ["c"]),
    ],
)
def test_modules_that_are_looked_for_in_vain_are_told_from_a_folder_at_once(
    tmp_path: Path, was: dict[str, list[str]], made: list[str], differs: list[str]
) -> None:
    for name in made:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    suffixes = (".py", ".so")
    found = list(Current(Digests()).lookups(str(tmp_path), was, suffixes))
    assert [name for name, _, _ in found] == differs
    one_by_one = ((name, Current(Digests()).lookup(str(tmp_path), name, suffixes)) for name in was)
    assert differs == [name for name, is_now in one_by_one if is_now != was[name]]


def test_a_folder_that_is_not_there_holds_no_module(tmp_path: Path) -> None:
    current = Current(Digests())
    assert list(current.lookups(str(tmp_path / "none"), {"a": []}, (".py",))) == []
    (tmp_path / "none").mkdir()
    (tmp_path / "none/a.py").touch()
    assert list(current.lookups(str(tmp_path / "none"), {"a": []}, (".py",))) == []
    current.forget()
    assert list(current.lookups(str(tmp_path / "none"), {"a": []}, (".py",))) == [("a", [], ["a.py"])]


def test_a_file_that_comes_in_parts_is_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"123456789")
    read = os.read
    # FUSE with direct I/O may give less than there is
    monkeypatch.setattr(os, "read", lambda number, size: read(number, min(size, 2)))
    found = Digests().of(str(path), values.fingerprint(str(path)))
    assert found == hashlib.sha256(b"123456789").hexdigest()
