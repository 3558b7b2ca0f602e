"""Remembering what a tree that is not on disk holds: the base that a change is compared with.

The entry proves itself: it names every file that discovery read with a digest of what was in it, and what
else discovery depends on: the names of all files, the settings, the version of pytest. So it serves for
whatever commit looks the same to discovery, whichever hash it has, and nothing of it counts otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files import kept as kept_file
from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.model import Workspace

from .cache import decoded, encoded, key_of
from .discover import discover_tree

_HEADER = "pytest-monorepo base 1"

Read = Callable[[str], "bytes | None"]


def discover_proven(tree: Tree, settings: Settings, file: Path | None) -> Workspace:
    """:func:`.discover.discover_tree`, remembered in ``file``. The reader must be all that tells of content.

    A tree that follows links is not remembered: where those lead no digest says.
    """
    if file is None:
        return discover_tree(tree, settings)
    key = _key(tree, settings)
    known = _recalled(file, key, tree)
    if known is not None:
        return known
    seen: dict[str, str] = {}
    steady = True

    def read(path: str) -> bytes | None:
        nonlocal steady
        data = tree.reader(path)
        # a file that is written to while it is read proves nothing
        steady = seen.setdefault(path, _digest(data)) == _digest(data) and steady
        return data

    found = discover_tree(tree._replace(reader=read), settings)
    if steady:
        body = json.dumps({"key": key, "reads": seen, "found": encoded(found)})
        kept_file.save(file, _HEADER, body.encode("ascii"))
    return found


def _recalled(file: Path, key: str, tree: Tree) -> Workspace | None:
    body = kept_file.load(file, _HEADER)
    entry = None if body is None else json.loads(body)
    if entry is None or entry["key"] != key:
        return None
    if any(_digest(tree.reader(path)) != digest for path, digest in entry["reads"].items()):
        return None
    return decoded(entry["found"], tree.root, tree.files)


def _key(tree: Tree, settings: Settings) -> str:
    names = "\0".join(tree.files).encode("utf-8", "surrogateescape")
    return f"{key_of(tree.root, settings)} {hashlib.sha256(names).hexdigest()}"


def _digest(data: bytes | None) -> str:
    return "absent" if data is None else hashlib.sha256(data).hexdigest()
