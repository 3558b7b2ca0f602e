"""What each TOML lock format means: ``uv.lock``, ``poetry.lock``, ``pdm.lock`` and ``pylock.toml`` (PEP 751).

A key at the top that is not listed here is a doubt, since nobody can tell whom it concerns. Keys left out of
``common`` on purpose say how the lock was made, not what it installs: the hash of the manifest (which is
compared on its own), the tool that wrote the file, the time before which it looked for releases.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from .entries import ReadError, Table, canonical, frozen, required_name
from .groups import is_aside
from .pieces import Edges, Format, Shared

_SOURCE = (
    "source",
    "index",
    "vcs",
    "archive",
    "directory",
    "url",
    "path",
    "editable",
    "git",
    "ref",
    "revision",
)
_HASHES = ("sdist", "wheels", "files", "hashes", "attestation-identities")
_MARKERS = (
    "marker",
    "markers",
    "resolution-markers",
    "requires-python",
    "requires_python",
    "python-versions",
    "groups",
    "category",
    "optional",
)
_WORDS = {
    **dict.fromkeys(_SOURCE, "source"),
    **dict.fromkeys(_HASHES, "hashes"),
    **dict.fromkeys(_MARKERS, "markers"),
    **dict.fromkeys(("dependencies", "optional-dependencies", "extras"), "dependencies"),
    "dev-dependencies": "dev dependencies",
}


def _only(table: Table, known: Iterable[str], where: str) -> None:
    unknown = sorted(table.keys() - set(known))
    if unknown:
        raise ReadError(f"unknown {where} {unknown[0]!r}")


def _versioned(version: object, known: str, key: str) -> None:
    if not isinstance(version, (str, int)) or isinstance(version, bool):
        raise ReadError(f"no {key}")
    if re.fullmatch(known, str(version)) is None:
        raise ReadError(f"unknown {key} {version!r}")


def _table(value: object, what: str) -> Table:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ReadError(f"{what} is no table")
    return value


def _list(value: object, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ReadError(f"{what} is no array")
    return value


def _common(table: Table, leave_out: Iterable[str], prefix: str = "") -> dict[str, Hashable]:
    return {prefix + key: frozen(value) for key, value in table.items() if key not in set(leave_out)}


def _named(items: object, what: str) -> frozenset[str]:
    """The names in ``[{ name = "idna", marker = … }, …]``."""
    names = [_table(item, f"an item of {what}").get("name") for item in _list(items, what)]
    if not all(isinstance(name, str) and name for name in names):
        raise ReadError(f"an item of {what} without a name")
    return frozenset(canonical(name) for name in names if name is not None)


def _named_in_groups(groups: object, what: str) -> frozenset[str]:
    return frozenset().union(*(_named(items, what) for items in _table(groups, what).values()))


# -- uv: https://docs.astral.sh/uv/concepts/resolution/#lockfile-versioning: a revision stays readable

_UV_TOP = (
    "version",
    "revision",
    "requires-python",
    "resolution-markers",
    "supported-markers",
    "required-markers",
    "conflicts",
    "options",
    "manifest",
)
_UV_OPTIONS_OF_THE_MOMENT = ("exclude-newer", "exclude-newer-span", "exclude-newer-package")
_UV_MANIFEST = (
    "members",
    "requirements",
    "constraints",
    "overrides",
    "excludes",
    "build-constraints",
    "dependency-groups",
    "dependency-metadata",
)


def _uv_shared(document: Table) -> Shared:
    _only(document, _UV_TOP, "top-level key")
    _versioned(document.get("version"), "1", "lock version")
    manifest = _table(document.get("manifest"), "manifest")
    _only(manifest, _UV_MANIFEST, "key in [manifest]")
    options = _table(document.get("options"), "options")
    listed = _list(manifest.get("members"), "manifest.members")
    members = frozenset(canonical(name) for name in listed if isinstance(name, str))
    groups = manifest.get("dependency-groups")
    return Shared(
        common={
            **_common(document, ("revision", "options", "manifest")),
            **_common(options, _UV_OPTIONS_OF_THE_MOMENT, "options."),
            **_common(manifest, ("members",), "manifest."),
        },
        per_name=dict.fromkeys(members, "member"),
        apart="membership",
        housed=members,
        ambient=_named(manifest.get("requirements"), "manifest.requirements")
        | _named_in_groups(groups, "manifest.dependency-groups"),
    )


def _uv_edges(table: Table) -> Edges:
    groups = _table(table.get("dev-dependencies"), "dev-dependencies")
    beside = {name: items for name, items in groups.items() if not is_aside(name)}
    return Edges(
        needs=_named(table.get("dependencies"), "dependencies")
        | _named_in_groups(table.get("optional-dependencies"), "optional-dependencies"),
        dev=_named_in_groups(groups, "dev-dependencies"),
        aside=_named_in_groups(groups, "dev-dependencies") - _named_in_groups(beside, "dev-dependencies"),
    )


def _uv_member(table: Table) -> str | None:
    source = _table(table.get("source"), "source")
    # uv 0.13: virtual is not installed itself; a member that another one needs is editable all the same
    places = (source.get(kind) for kind in ("virtual", "editable", "directory", "workspace"))
    return next((place for place in places if isinstance(place, str)), None)


UV = Format("package", _WORDS, _uv_shared, _uv_edges, _uv_member)


# -- Poetry: up to lock version 1.1 the hashes of all packages stand in [metadata.files]

_POETRY_METADATA = ("lock-version", "python-versions", "content-hash", "files", "hashes")


def _poetry_shared(document: Table) -> Shared:
    _only(document, ("extras", "metadata"), "top-level key")
    metadata = _table(document.get("metadata"), "metadata")
    if not metadata:
        raise ReadError("no [metadata]")
    _only(metadata, _POETRY_METADATA, "key in [metadata]")
    # Poetry 1.0 wrote none
    # 1.1 is Poetry 1.1's, 2.0 that of 1.3, 2.1 that of 2.0, which 2.5 still writes (packages/locker.py)
    _versioned(metadata.get("lock-version", "1.0"), r"1\.[01]|2\.[01]", "lock version")
    files = {key: _table(metadata.get(key), f"metadata.{key}") for key in ("files", "hashes")}
    return Shared(
        common={
            **_common(document, ("metadata",)),
            **_common(metadata, ("content-hash", "files", "hashes"), "metadata."),
        },
        per_name=_per_name(
            (canonical(name), item) for group in files.values() for name, item in group.items()
        ),
    )


def _per_name(pairs: Iterable[tuple[str, object]]) -> dict[str, Hashable]:
    found: dict[str, list[Hashable]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(frozen(value))
    return {name: tuple(values) for name, values in found.items()}


def _poetry_edges(table: Table) -> Edges:
    # a table by name; what an extra adds stands there as well, and in [extras] as lines of PEP 508
    needs = {canonical(name) for name in _table(table.get("dependencies"), "dependencies")}
    for lines in _table(table.get("extras"), "extras").values():
        needs.update(required_name(line) for line in _list(lines, "extras"))
    return Edges(frozenset(needs))


def _poetry_member(table: Table) -> str | None:
    source = _table(table.get("source"), "source")
    place = source.get("url")
    return place if source.get("type") == "directory" and isinstance(place, str) else None


POETRY = Format("package", _WORDS, _poetry_shared, _poetry_edges, _poetry_member)


# -- PDM: up to lock version 4.2 the hashes stand in [metadata.files] under "name version"

_PDM_METADATA = (
    "groups",
    "strategy",
    "lock_version",
    "content_hash",
    "targets",
    "cross_platform",
    "static_urls",
    "files",
    # 2.29: what the lock was made from, in place of the hash
    "lock_inputs",
)


def _pdm_shared(document: Table) -> Shared:
    _only(document, ("metadata",), "top-level key")
    metadata = _table(document.get("metadata"), "metadata")
    _only(metadata, _PDM_METADATA, "key in [metadata]")
    # 4.5.1 is that of 2.29, to which a lock with a later minor version is not compatible (pdmlock.py)
    _versioned(metadata.get("lock_version"), r"3(\.\d+)?|4\.[0-5](\.\d+)*", "lock version")
    files = _table(metadata.get("files"), "metadata.files")
    return Shared(
        common=_common(metadata, ("content_hash", "files", "lock_inputs"), "metadata."),
        per_name=_per_name((required_name(key), item) for key, item in files.items()),
    )


def _pdm_edges(table: Table) -> Edges:
    return Edges(frozenset(_pdm_needed(line) for line in _list(table.get("dependencies"), "dependencies")))


def _pdm_needed(line: object) -> str:
    # pdm writes an editable as "-e file:///${PROJECT_ROOT}/sub#egg=sub" (models/requirements.py)
    egg = (
        re.search(r"#egg=([A-Za-z0-9._-]+)", line)
        if isinstance(line, str) and line.startswith("-e ")
        else None
    )
    return canonical(egg[1]) if egg else required_name(line)


def _pdm_member(table: Table) -> str | None:
    place = table.get("path")
    # a path to an archive is a package like any other
    archive = isinstance(place, str) and re.search(r"\.(whl|zip|tar\.\w+|tgz)$", place) is not None
    return place if isinstance(place, str) and not archive else None


PDM = Format("package", _WORDS, _pdm_shared, _pdm_edges, _pdm_member)


# -- PEP 751: dependencies are optional there, and pip writes none

_PYLOCK_TOP = (
    "lock-version",
    "environments",
    "requires-python",
    "extras",
    "dependency-groups",
    "default-groups",
    "created-by",
    "tool",
)


def _pylock_shared(document: Table) -> Shared:
    _only(document, _PYLOCK_TOP, "top-level key")
    _versioned(document.get("lock-version"), r"1\.0", "lock version")
    tool = _table(document.get("tool"), "tool")
    pdm = _table(tool.get("pdm"), "tool.pdm")
    return Shared(
        common={
            **_common(document, ("created-by", "tool")),
            **_common(tool, ("pdm",), "tool."),
            **_common(pdm, ("hashes", "lock_inputs"), "tool.pdm."),
        }
    )


def _pylock_edges(table: Table) -> Edges:
    # PEP 751, packages.dependencies: optional, and for those who look at a lock, not for who installs it
    if "dependencies" not in table:
        return Edges(known=False)
    return Edges(_named(table["dependencies"], "dependencies"))


def _pylock_member(table: Table) -> str | None:
    place = _table(table.get("directory"), "directory").get("path")
    return place if isinstance(place, str) else None


PYLOCK = Format("packages", _WORDS, _pylock_shared, _pylock_edges, _pylock_member)
