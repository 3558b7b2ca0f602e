"""A path set asks again what was asked, and equal answers have equal names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.entries import shape
from pytest_monorepo.results.values.compare import Now, differences
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.results.values.section import Section


def now(root: Path, **environ: str) -> Now:
    return Now(Current(Digests()), Places((("root", str(root)),)), environ, b"secret", frozenset())


def asked(root: Path, **environ: str) -> Section:
    plain = {
        "inputs": {
            "file": ["<root>/one.py", "<root>/missing.py"],
            "names": ["<root>"],
            "type": ["<root>/two", "<root>/one.py"],
            "access4": ["<root>/one.py"],
        },
        "lookups": {"<root>": ["one", "two", "three"]},
        "variables": ["FEATURE", "GONE", "PYTEST_VERSION"],
        "facts": ["cpu_count", "uname"],
        "environment": True,
        "suffixes": [".py"],
        "modules": ["one"],
    }
    return shape.valued(shape.checked(plain), now(root, **environ))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "two").mkdir()
    return tmp_path


def test_the_answers_are_those_that_a_kept_result_is_compared_with(root: Path) -> None:
    section = asked(root, FEATURE="on")
    assert list(differences(section, now(root, FEATURE="on"))) == []
    assert section.inputs["names"] == {"<root>": ["one.py", "two"]}
    assert section.lookups == {"<root>": {"one": ["one.py"], "two": ["two/"], "three": []}}
    again = shape.valued(shape.checked(shape.shape(section)), now(root, FEATURE="on"))
    assert again == section


def write(root: Path, name: str, text: str) -> dict[str, str]:
    (root / name).write_text(text)
    return {}


CHANGES = {
    "content": lambda root: write(root, "one.py", "2"),
    "a file that was missing": lambda root: write(root, "missing.py", ""),
    "a listing, and a module": lambda root: write(root, "three.py", ""),
    "a variable": lambda root: {"FEATURE": "off"},
    "a variable that was not set": lambda root: {"GONE": "1"},
    "one of all variables": lambda root: {"OTHER": "1"},
}


@pytest.mark.parametrize("kind", CHANGES)
def test_another_answer_is_another_name_just_where_a_comparison_finds_it(root: Path, kind: str) -> None:
    before = asked(root, FEATURE="on")
    changes: Any = CHANGES[kind]
    environ = {"FEATURE": "on", **changes(root)}
    assert list(differences(before, now(root, **environ)))
    assert shape.strong_name(before) != shape.strong_name(asked(root, **environ))


def test_what_pytest_sets_for_each_run_is_no_part_of_the_name(root: Path) -> None:
    first, second = asked(root), asked(root, PYTEST_VERSION="9")
    second = replace(second, environment=first.environment)
    assert shape.strong_name(first) == shape.strong_name(second)
    assert shape.strong_name(first) != shape.strong_name(first, [second])


def good() -> dict[str, Any]:
    return shape.shape(Section({"file": {"a": None}}, {"b": {"c": []}}, {"D": None}, {"uname": 1}))


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": {"exec": ["a"]}},
        {"inputs": {"file": "a"}},
        {"inputs": {"file": [1]}},
        {"inputs": {"file": ["a\0b"]}},
        {"inputs": ["file"]},
        {"inputs": {"file": {"a": None}}},
        {"lookups": {"a": [["b"]]}},
        {"variables": "A"},
        {"facts": ["password"]},
        {"environment": 1},
        {"suffixes": None},
        {"modules": "one"},
    ],
)
def test_what_is_no_path_set_is_refused(change: dict[str, Any]) -> None:
    assert shape.checked(good()) == good()
    with pytest.raises(ValueError):
        shape.checked({**good(), **change})


def test_a_path_set_without_a_part_or_with_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in good():
        with pytest.raises((ValueError, KeyError)):
            shape.checked({key: value for key, value in good().items() if key != name})
    with pytest.raises(ValueError):
        shape.checked([])
    monkeypatch.setattr(shape, "MOST", 2)
    with pytest.raises(ValueError):
        shape.checked(good())
