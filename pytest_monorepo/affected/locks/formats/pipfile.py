"""``Pipfile.lock``: JSON, one table per category, and nothing about what needs what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .entries import Content, Entry, Knowledge, ReadError, Table, entry, frozen

_META = ("hash", "pipfile-spec", "requires", "sources", "host-environment-markers")
_WORDS = {
    "hashes": "hashes",
    "markers": "markers",
    "extras": "dependencies",
    **dict.fromkeys(("index", "git", "ref", "path", "file", "editable", "subdirectory"), "source"),
}


def content(text: str) -> Content:
    """All entries; the category of one counts among its markers."""
    document, meta = _read(text)
    common = {f"_meta.{key}": frozen(value) for key, value in meta.items() if key != "hash"}
    # a new category is a new top-level key
    common["categories"] = tuple(sorted(document))
    return Content(frozenset(_entries(document)), common)


def knowledge(text: str) -> Knowledge:
    """Names and local folders, without edges."""
    found = list(_entries(_read(text)[0]))
    members = {item.name: item.member for item in found if item.member is not None}
    return Knowledge(frozenset(item.name for item in found), members=members, complete=False)


def _read(text: str) -> tuple[Table, Table]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"not valid JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(meta := document.pop("_meta", None), dict):
        raise ReadError("no table '_meta'")
    # pipenv 2026.10 writes 6, too (its vendored plette, lockfiles.py, PIPFILE_SPEC_CURRENT)
    if type(meta.get("pipfile-spec")) is not int or meta["pipfile-spec"] != 6:
        raise ReadError(f"unknown pipfile-spec {meta.get('pipfile-spec')!r}")
    unknown = sorted(meta.keys() - set(_META))
    if unknown:
        raise ReadError(f"unknown key in '_meta' {unknown[0]!r}")
    return document, meta


def _entries(document: Table) -> Iterator[Entry]:
    for category, tables in document.items():
        if not isinstance(tables, Mapping):
            raise ReadError(f"unknown top-level key {category!r}")
        for name, table in tables.items():
            if not isinstance(table, Mapping) or not isinstance(version := table.get("version", ""), str):
                raise ReadError(f"an entry of {category!r} that is no package: {name!r}")
            path = table.get("path")
            said = {**table, "name": name, "version": version.removeprefix("=="), "as written": version}
            words = {**_WORDS, "as written": "version", "category": "markers"}
            yield entry({**said, "category": category}, words, path if isinstance(path, str) else None)
