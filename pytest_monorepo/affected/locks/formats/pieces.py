"""Read a TOML lock in pieces, so that what two versions share is not parsed.

A lock is long and a change small: of 2,000 ``[[package]]`` tables two or three differ. Where the text holds
no multi-line string, a line that reads ``[[package]]`` is the header of a table and nothing else (inside an
array it would be a syntax error), so every piece between two such lines is a document of its own, and equal
pieces hold equal packages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import tomli

from .entries import Content, Entry, Knowledge, ReadError, Table, entry, named

# An array item on a line of its own that names a file, not a package: needless when looking for edges, and
# nine tenths of a lock. In a text without multi-line strings such a line can be nothing else.
_FILE_LINE = re.compile(
    r'^ +\{ ?(?:url|file) = "[^"\\\n]*"(?:, (?:url|hash|size|upload-time) = (?:"[^"\\\n]*"|\d+))* ?\},\n',
    re.M,
)


@dataclass(frozen=True)
class Shared:
    """What a lock says outside its packages: see :class:`.entries.Content` and ``Knowledge`` there."""

    common: Mapping[str, Hashable] = field(default_factory=dict)
    per_name: Mapping[str, Hashable] = field(default_factory=dict)
    apart: str = "hashes"
    housed: frozenset[str] = frozenset()
    ambient: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Edges:
    """What one package needs; ``known`` is false where its lock does not say."""

    needs: frozenset[str] = frozenset()
    dev: frozenset[str] = frozenset()
    aside: frozenset[str] = frozenset()
    known: bool = True


@dataclass(frozen=True)
class Part:
    """What a piece of the text holds for the graph: ``(name, edges, folder)`` per package, and the rest."""

    packages: tuple[tuple[str, Edges, str | None], ...]
    rest: Table


@dataclass(frozen=True)
class Format:
    """One TOML lock format. All functions raise :class:`.entries.ReadError` on what they do not understand.

    ``array`` is the name of the packages' array, ``words`` names a difference in a key, ``shared`` reads the
    rest of the document, ``edges`` and ``member`` (the folder of a package that lies in the repository) one
    package.
    """

    array: str
    words: Mapping[str, str]
    shared: Callable[[Table], Shared]
    edges: Callable[[Table], Edges]
    member: Callable[[Table], str | None]

    def contents(self, before: str, after: str) -> tuple[Content, Content]:
        """Both versions, without the packages that they share."""
        old, new = pieces(before, self.array), pieces(after, self.array)
        # what is no package stands in the first and the last piece
        skip = (set(old) & set(new)) - {old[0], old[-1], new[0], new[-1]}
        try:
            documents = _merged(old, skip, self.array), _merged(new, skip, self.array)
        except _UnmergeableError:
            documents = parse(before), parse(after)
        return self._content(documents[0]), self._content(documents[1])

    def content(self, text: str) -> Content:
        """One version, with all its packages."""
        return self._content(parse(text))

    def knowledge(self, text: str, seen: dict[str, Part]) -> Knowledge:
        """The graph of one version; ``seen`` keeps what was read of another one of the same format."""
        rest: Table
        try:
            parts = [self._part(piece, seen) for piece in pieces(text, self.array)]
            rest = _united(part.rest for part in parts)
        except _UnmergeableError:
            parts = [self._part_of(parse(text))]
            rest = parts[0].rest
        edges: dict[str, frozenset[str]] = {}
        dev: dict[str, frozenset[str]] = {}
        aside: dict[str, frozenset[str]] = {}
        members: dict[str, str] = {}
        for name, found, folder in (package for part in parts for package in part.packages):
            edges[name] = edges.get(name, frozenset()) | found.needs
            if found.dev:
                dev[name] = dev.get(name, frozenset()) | found.dev
                aside[name] = aside.get(name, frozenset()) | found.aside
            if folder is not None:
                members[name] = folder
        complete = all(found.known for part in parts for _, found, _ in part.packages)
        shared = self.shared(rest)
        return Knowledge(
            frozenset(edges), edges, dev, aside, members, shared.housed, shared.ambient, complete
        )

    def _part(self, piece: str, seen: dict[str, Part]) -> Part:
        if piece not in seen:
            seen[piece] = self._part_of(
                _loaded(piece if _has_multiline(piece) else _FILE_LINE.sub("", piece))
            )
        return seen[piece]

    def _part_of(self, document: Table) -> Part:
        packages = tuple(
            (named(table), self.edges(table), self.member(table)) for table in self._tables(document)
        )
        return Part(packages, _without(document, self.array))

    def _content(self, document: Table) -> Content:
        shared = self.shared(_without(document, self.array))
        entries = frozenset(map(self._entry, self._tables(document)))
        return Content(entries, shared.common, shared.per_name, shared.apart)

    def _entry(self, table: Table) -> Entry:
        self.edges(table)
        return entry(table, self.words, self.member(table))

    def _tables(self, document: Table) -> list[Table]:
        tables = document.get(self.array, [])
        if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
            raise ReadError(f"'{self.array}' is no array of tables")
        return tables


def parse(text: str) -> dict[str, Any]:
    """The whole document."""
    try:
        return tomli.loads(text)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        raise ReadError(f"not valid TOML: {error}") from error


def pieces(text: str, array: str) -> list[str]:
    """The text cut before every header of ``array``; whole where a cut might go through a string."""
    if _has_multiline(text):
        return [text]
    header = f"[[{array}]]\n"
    head, *rest = text.split(f"\n{header}")
    return [head, *(header + part for part in rest)]


def _has_multiline(text: str) -> bool:
    return '"""' in text or "'''" in text


class _UnmergeableError(Exception):
    """The pieces say something of one top-level key twice: only the whole document tells whether they may."""


def _loaded(piece: str) -> dict[str, Any]:
    try:
        return tomli.loads(piece)
    except (tomli.TOMLDecodeError, RecursionError) as error:
        # the whole text gives the line that the user sees in the file
        raise _UnmergeableError from error


def _united(documents: Iterable[Table]) -> dict[str, Any]:
    united: dict[str, Any] = {}
    for document in documents:
        if document.keys() & united.keys():
            raise _UnmergeableError
        united.update(document)
    return united


def _merged(parts: Iterable[str], skip: Container[str], array: str) -> dict[str, Any]:
    """One document of all pieces but those to skip."""
    documents = [_loaded(part) for part in parts if part not in skip]
    tables = [document.pop(array, []) for document in documents]
    if not all(isinstance(own, list) for own in tables):
        raise _UnmergeableError
    return {**_united(documents), array: [table for own in tables for table in own]}


def _without(document: Table, array: str) -> Table:
    return {key: value for key, value in document.items() if key != array}
