"""Remembering a :class:`~.model.Workspace` from one run to the next.

An entry proves itself: it names every file that discovery read, with a hash of what was in it, and a
digest of all else that discovery depends on (the settings, the version of pytest) beside the list of files.
Git's own hashes serve where it has them, so that a look costs no reading. Files that came or went since are
judged by :mod:`discovery_delta`. Whatever does not fit is discovered anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.settings import Settings

from .discovery_delta import Look, updated
from .listing import Listing
from .model import Dependency, Project, PytestSettings, Scope, Workspace
from .tree import Tree

# raise it whenever discovery comes to different conclusions from the same files
FORMAT = 5


def cached(
    file: Path,
    entry: Mapping[str, Any],
    listing: Listing,
    tree: Tree,
    settings: Settings,
    discover: Callable[[Tree, Settings], Workspace],
    look: Look,
) -> Workspace:
    """What ``discover`` returns: from ``entry``, which :func:`load` found in ``file``, or written there.

    ``look`` sees to a single project whose files are other ones, as in :func:`.discovery_delta.updated`.

    A cache that cannot be read or written costs time and nothing else.
    """
    key = _key(tree, settings)
    if entry.get("key") == key and _holds(entry, listing, tree):
        files = tuple(entry["files"].split("\0"))
        known = _decode(entry["workspace"], tree.root, tree.files if files == tree.files else files)
        if known.files is tree.files:
            return known
        # a folder that the settings list may be a project without any manifest
        listed = settings.projects or settings.added
        found = None if listed else updated(known, tree, entry["asked"], entry["links"], look)
        if found is not None:
            return found
    workspace = discover(tree, settings)
    _store(
        file,
        {
            "key": key,
            "files": "\0".join(tree.files),
            "reads": {path: _identity(path, listing, tree) for path in tree.reads()},
            "asked": sorted(tree.asked()),
            "links": sorted(tree.links),
            "workspace": _encode(workspace),
        },
    )
    return workspace


def _key(tree: Tree, settings: Settings) -> str:
    facts = (FORMAT, pytest.__version__, str(tree.root), repr(settings))
    return hashlib.sha256("\0".join(map(str, facts)).encode("utf-8", "surrogateescape")).hexdigest()


def _holds(entry: Mapping[str, Any], listing: Listing, tree: Tree) -> bool:
    return all(_identity(path, listing, tree) == known for path, known in entry["reads"].items())


def _identity(path: str, listing: Listing, tree: Tree) -> str:
    blob = listing.blobs.get(path)
    if blob:
        return blob
    if not tree.has(path):
        return "absent"
    data = tree.reader(path)
    return f"link to {tree.linked(path)}" if data is None else hashlib.sha256(data).hexdigest()


def load(file: Path) -> Mapping[str, Any]:
    """What the last run wrote; empty where there is nothing of use."""
    try:
        entry = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _store(file: Path, entry: Mapping[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        with os.fdopen(handle, "w", encoding="ascii") as output:
            json.dump(entry, output, separators=(",", ":"))
        os.replace(name, file)
    except OSError:
        return


def _encode(workspace: Workspace) -> list[Any]:
    return [[_encode_project(p) for p in workspace.projects], workspace.warnings, workspace.foreign]


def _encode_project(project: Project) -> dict[str, Any]:
    dependencies = [(d.name, d.path, d.scope.value, d.how) for d in project.dependencies]
    return {**vars(project), "dependencies": dependencies, "settings": vars(project.settings)}


def _decode(data: Any, root: Path, files: tuple[str, ...]) -> Workspace:
    projects, warnings, foreign = data
    return Workspace(root, tuple(map(_decode_project, projects)), files, tuple(warnings), tuple(foreign))


def _decode_project(data: dict[str, Any]) -> Project:
    dependencies = tuple(Dependency(n, p, _SCOPES[s], how) for n, p, s, how in data.pop("dependencies"))
    settings = PytestSettings(**_frozen(data.pop("settings")))
    return Project(**_frozen(data), dependencies=dependencies, settings=settings)


_SCOPES = {scope.value: scope for scope in Scope}


def _frozen(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
