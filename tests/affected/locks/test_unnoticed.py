"""No key of a lock changes unnoticed: every value of every sample is tried."""

from __future__ import annotations

import copy
import datetime
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import tomli

from pytest_monorepo.affected.locks.lockfiles import (
    LockChange,
    compare,
)

from .changing import TOML_LOCKS
from .samples import (
    PIPFILE_LOCK,
)


def _leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items: Iterator[tuple[str | int, object]]
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    else:
        yield path
        return
    for key, item in items:
        yield from _leaves(item, (*path, key))


def _mutated(document: dict[str, Any], path: tuple[str | int, ...], chance: random.Random) -> dict[str, Any]:
    """A copy with one leaf made another value of its own or of another type, or taken away."""
    result = copy.deepcopy(document)
    holder: Any = result
    for key in path[:-1]:
        holder = holder[key]
    old = holder[path[-1]]
    kind = chance.choice(["other", "type", "gone"])
    if kind == "gone":
        del holder[path[-1]]
    elif kind == "type":
        holder[path[-1]] = int(old) if isinstance(old, bool) else [old]
    elif isinstance(old, bool):
        holder[path[-1]] = not old
    elif isinstance(old, int):
        holder[path[-1]] = old + 1
    else:
        place = chance.randrange(len(str(old)) + 1)
        holder[path[-1]] = f"{str(old)[:place]}x{str(old)[place:]}"
    return result


def _noticed(found: LockChange) -> bool:
    return bool(found.changed or found.member_changes or found.whole or found.doubt)


def _toml(document: Mapping[str, Any], array: str) -> bytes:
    rest = {key: value for key, value in document.items() if key != array}
    blocks = [_lines(rest), *(f"[[{array}]]\n{_lines(table)}" for table in document[array])]
    return "\n".join(blocks).encode()


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{json.dumps(key)} = {_inline(value)}\n" for key, value in table.items())


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return value.isoformat() if isinstance(value, datetime.datetime) else json.dumps(value)


@pytest.mark.parametrize("name", TOML_LOCKS)
@pytest.mark.parametrize("seed", range(3))
def test_no_mutation_of_a_package_goes_unnoticed(name: str, seed: int) -> None:
    text, form = TOML_LOCKS[name]
    document = tomli.loads(text)
    before = _toml(document, form.array)
    assert not _noticed(compare(name, text.encode(), before))
    chance = random.Random(seed)
    paths = [path for path in _leaves(document) if path[0] == form.array or path[:2] == ("metadata", "files")]
    assert len(paths) > 5

    # when a file was uploaded says nothing of it
    for path in (path for path in paths if path[-1] != "upload-time"):
        after = _toml(_mutated(document, path, chance), form.array)
        assert _noticed(compare(name, before, after)), path


@pytest.mark.parametrize("seed", range(3))
def test_no_mutation_of_a_pipfile_lock_goes_unnoticed(seed: int) -> None:
    document = json.loads(PIPFILE_LOCK)
    chance = random.Random(seed)
    for path in _leaves(document):
        after = json.dumps(_mutated(document, path, chance)).encode()
        found = compare("Pipfile.lock", PIPFILE_LOCK.encode(), after)
        assert _noticed(found) or path[:2] == ("_meta", "hash"), path


def test_no_mutation_of_a_requirement_goes_unnoticed() -> None:
    for line in ("requests[socks]==2.31.0;python_version>'3'", "requests --hash=sha256:bb", "-r base.txt"):
        for place in range(len(line) + 1):
            changed = f"{line[:place]}x{line[place:]}"
            assert _noticed(compare("requirements.txt", line.encode(), changed.encode())), changed
