"""What every lock format comes down to: entries that compare exactly, and who needs whom."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import field
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from pytest_monorepo.value import value
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.manifests import requirements

# a lock names each package as often as others need it
canonical = lru_cache(maxsize=1 << 14)(requirements.canonical)

Table = Mapping[str, Any]
Needs = Mapping[str, frozenset[str]]

_NAME = late(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?![A-Za-z0-9._-])")
_WORDS_IN_ORDER = (
    "source",
    "hashes",
    "markers",
    "dependencies",
    "dev dependencies",
    "metadata",
)


class ReadError(Exception):
    """A lock that cannot be understood; the message says why, without the file's name."""


class Entry(NamedTuple):
    """One locked version of a package: canonical ``name``, and per word (``"hashes"``) what is said of it."""

    name: str
    version: str
    facets: tuple[tuple[str, Hashable], ...]
    member: str | None = None


@value(frozen=True)
class Content:
    """The comparable half of a lock.

    ``entries`` may leave out those that are the same in the version compared with. ``common`` concerns all
    packages, ``per_name`` is what a table apart says of one (Poetry's ``[metadata.files]``) and ``apart`` the
    word for a difference there.
    """

    entries: frozenset[Entry]
    common: Mapping[str, Hashable] = field(default_factory=dict)
    per_name: Mapping[str, Hashable] = field(default_factory=dict)
    apart: str = "hashes"


@value(frozen=True)
class Knowledge:
    """The graph in a lock: unions over versions, markers and extras of one name.

    ``members`` maps what lies in the repository to the folder the lock gives; ``housed`` are those of them
    that are tested in the lock's environment wherever they lie (uv's workspace members, not mere path
    dependencies). ``dev`` is what a member's development groups need, ``aside`` what of that only groups
    for documentation or releases do, ``ambient`` what the workspace's own
    groups do. ``complete`` is false for formats that do not say what needs what.
    """

    names: frozenset[str] = frozenset()
    edges: Needs = field(default_factory=dict)
    dev: Needs = field(default_factory=dict)
    aside: Needs = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    housed: frozenset[str] = frozenset()
    ambient: frozenset[str] = frozenset()
    complete: bool = True


class Side:
    """The :class:`Knowledge` of one version of a lock, read when first asked for.

    Most lock changes touch a workspace member's version only, and then nobody asks.
    """

    def __init__(self, read: Callable[[], Knowledge] = Knowledge) -> None:
        self._read = read

    @cached_property
    def known(self) -> Knowledge:
        return self._read()


def frozen(value: object) -> Hashable:
    """A hashable stand-in, equal only for values of equal type: ``true`` is not ``1``, nor ``1`` ``1.0``."""
    if isinstance(value, Mapping):
        return "{", tuple(sorted((key, frozen(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return "[", tuple(frozen(item) for item in value)
    return type(value).__name__, repr(value)


def entry(table: Table, words: Mapping[str, str], member: str | None) -> Entry:
    """Group the keys of a package's table by the word that names a difference in them."""
    name, version = named(table), table.get("version", "")
    if not isinstance(version, str):
        raise ReadError(f"the version of {name!r} is no string")
    # the name as written as well: a lock never changes that without a reason
    grouped: dict[str, dict[str, Hashable]] = {"name": {"name": table["name"]}}
    for key, said in table.items():
        if key == "metadata" and isinstance(said, Mapping):
            for part, item in said.items():
                # newer uv lists the names of all extras, which says nothing of what they install
                if part == "provides-extras":
                    continue
                word = "dev dependencies" if part == "requires-dev" else "metadata"
                grouped.setdefault(word, {})[f"metadata.{part}"] = frozen(item)
        elif key not in ("name", "version"):
            word = words.get(key, key)
            grouped.setdefault(word, {})[key] = frozen(_untimed(said) if word == "hashes" else said)
    facets = tuple(sorted((word, tuple(sorted(parts.items()))) for word, parts in grouped.items()))
    return Entry(name, version, facets, member)


def _untimed(value: object) -> object:
    """Files without the time of their upload, which newer tools add to what they had locked before."""
    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if key != "upload-time"}
    return [_untimed(item) for item in value] if isinstance(value, list) else value


def named(table: Table) -> str:
    """The canonical name of a package's table."""
    name = table.get("name")
    if not isinstance(name, str) or not name:
        raise ReadError("a package without a name")
    return canonical(name)


@value(frozen=True)
class Difference:
    """How one package differs; ``facets`` are the words for it, ``"version"`` and ``"presence"`` included."""

    words: str
    facets: frozenset[str]
    member: bool


def differences(before: Content, after: Content) -> dict[str, Difference]:
    """What differs, by canonical name and sorted by it."""
    gone, new = _by_name(before.entries - after.entries), _by_name(after.entries - before.entries)
    apart = {
        name
        for name in before.per_name.keys() | after.per_name.keys()
        if before.per_name.get(name) != after.per_name.get(name)
    }
    return {
        name: _difference(
            name, gone.get(name, []), new.get(name, []), {after.apart} if name in apart else set()
        )
        for name in sorted(gone.keys() | new.keys() | apart)
    }


def _by_name(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for item in entries:
        found.setdefault(item.name, []).append(item)
    return found


def _difference(name: str, gone: list[Entry], new: list[Entry], apart: set[str]) -> Difference:
    member = any(item.member is not None for item in (*gone, *new))
    old, now = _versions(gone), _versions(new)
    facets = _differing_facets(gone, new) | apart
    if not gone and new:
        return Difference(f"added {name} {now}".rstrip(), frozenset((*facets, "presence")), member)
    if not new and gone:
        return Difference(f"removed {name} {old}".rstrip(), frozenset((*facets, "presence")), member)
    if old != now:
        words = f"{name} {old or '(no version)'} → {now or '(no version)'}"
        return Difference(words, frozenset((*facets, "version")), member)
    known = [word for word in _WORDS_IN_ORDER if word in facets]
    listed = ", ".join([*known, *sorted(facets - set(known))]) or "entry"
    return Difference(f"{f'{name} {now}'.rstrip()}: {listed} changed", frozenset(facets or {"entry"}), member)


def _versions(entries: Iterable[Entry]) -> str:
    return ", ".join(sorted({item.version for item in entries}))


def _differing_facets(gone: Iterable[Entry], new: Iterable[Entry]) -> set[str]:
    old = {facet for item in gone for facet in item.facets}
    now = {facet for item in new for facet in item.facets}
    return {word for word, _ in old ^ now}


def required_name(line: object) -> str:
    """The canonical name at the start of a PEP 508 line."""
    found = _NAME.match(line) if isinstance(line, str) else None
    if found is None:
        raise ReadError(f"a dependency that is no requirement: {line!r:.80}")
    return canonical(found[1])
