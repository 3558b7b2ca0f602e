"""Disk → :class:`~.model.Workspace`: list the files once, and find the projects among them.

How they are found (:mod:`.folders`) is loaded only where what the last run found does not do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.files import checkouts
from pytest_monorepo.workspace.files.listing import Answer, ask, read
from pytest_monorepo.workspace.files.listing_delta import NOTHING, divided
from pytest_monorepo.workspace.files.pauses import without_collector
from pytest_monorepo.workspace.files.tree import (
    Tree,
    UnreadableError,
    Witness,
    disk_links,
    disk_reader,
    table_at,
)
from pytest_monorepo.workspace.model import Project, Workspace

from .cache import Entry, cached, load, recalled, store


def find_root(cwd: Path, rootdir: Path | None) -> Path:
    """The workspace root: ``--rootdir``; else the nearest folder upward whose ``pyproject.toml`` has
    ``[tool.pytest-monorepo]`` or ``[tool.uv.workspace]``; else git's top level; else ``cwd``."""
    if rootdir is not None:
        return rootdir.resolve()
    cwd = cwd.resolve()
    upward = (cwd, *cwd.parents)
    for folder in upward:
        if _marks_root(folder):
            return folder
        # what lies around another checkout is not its workspace
        if (folder / ".git").exists() and checkouts.is_apart(folder):
            break
    return checkouts.top_of(cwd) or cwd


def _marks_root(folder: Path) -> bool:
    try:
        table = Tree(folder, ("pyproject.toml",), disk_reader(folder)).toml("pyproject.toml")
    except UnreadableError:
        return False
    tool = table_at(table, "tool")
    return "pytest-monorepo" in tool or "workspace" in table_at(tool, "uv")


@without_collector
def discover(
    root: Path,
    settings: Settings,
    cache: Path | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Workspace:
    """The workspace at ``root``; ``cache`` is a file to remember it in, if wanted.

    ``meanwhile`` is called once, while git lists the files: whatever else takes time can be done there.
    Raises :class:`SettingsError` for a configured glob that matches no folder.
    """
    entry: Entry | None = None

    def prepare() -> None:
        nonlocal entry
        if cache is not None:
            entry = load(cache)
        if meanwhile is not None:
            meanwhile()

    answer = ask(root, prepare)
    # what git complains of may be missing in its list
    told = answer is not None and not (answer.complaints or answer.filtered)
    listed = divided(answer.output) if answer is not None and told else NOTHING
    if cache is not None and listed.usual:
        known = recalled(cache, entry, listed, root, settings, look_again)
        if known is not None:
            return _without_checkouts(_told(known, answer), checkouts.linked(root))
    listing = read(root, answer)
    reader = Witness(disk_reader(root), listing.blobs)
    tree = Tree(root, listing.files, reader, disk_links(root))
    found = None if cache is None else cached(cache, entry, listed, listing, tree, settings, look_again)
    if found is None:
        found = discover_tree(tree, settings)
        if cache is not None:
            stored = store(cache, found, listed, listing, tree, settings, reader.doubtful)
            found = found if stored is None else stored
    found = replace(found, blobs=listing.blobs, listed=listing.output)
    return _without_checkouts(found, (*listing.checkouts, *checkouts.linked(root)))


def _told(known: Workspace, answer: Answer | None) -> Workspace:
    """What an earlier run kept, without git's word on other files where an ignore file hides some."""
    return replace(known, listed=b"") if answer is not None and answer.hiding else known


def _without_checkouts(workspace: Workspace, found: Iterable[str]) -> Workspace:
    """The project around another checkout does not collect there."""
    foreign = (*workspace.foreign, *found)
    return replace(workspace, foreign=tuple(sorted(set(foreign)))) if foreign else workspace


def discover_tree(tree: Tree, settings: Settings) -> Workspace:
    """:func:`discover` for any tree: a commit's as well as the disk's."""
    from .folders import find_projects

    return find_projects(tree, settings)


def look_again(tree: Tree, project: Project, before: Sequence[str], after: Sequence[str]) -> Project | None:
    """The project with the files ``after``; ``None`` where more than its tests may differ from ``before``."""
    from .folders import find_again

    return find_again(tree, project, before, after)
