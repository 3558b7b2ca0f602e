"""What differs from a base in the workspace: the one question that the decision begins with.

A git that fails is a :class:`~pytest_monorepo.errors.GitError`, never an empty answer; here and in the files
beside. Only ``fetch`` writes, and only history.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .changes import (
    GITLINK,
    SYMLINK,
    Change,
    Changes,
    Delta,
    Listing,
    parse_edited,
    parse_listing,
    relative_to,
    through_links,
)
from .contents import BLOBS
from .diff import diff
from .mergebase import compared
from .place import Place, ask_place, is_top, placed
from .within import ask_listing, not_in_index, with_submodules


class Difference(NamedTuple):
    """``changes``, and of each base what the comparison has shown: workspace path → blob hash there.

    The hash is empty where the base has no such file; a path that is not in it has to be looked for.
    """

    changes: Changes
    stored: tuple[Mapping[str, str], ...] = ()


def changes(
    root: Path, ref: str, *, source: str | None = None, fetch: bool = False, listed: bytes = b""
) -> Changes:
    """The changes of :func:`difference`."""
    return difference(root, ref, source=source, fetch=fetch, listed=listed).changes


def difference(
    root: Path, ref: str, *, source: str | None = None, fetch: bool = False, listed: bytes = b""
) -> Difference:
    """What differs from ``ref`` in the repository that holds the workspace ``root``.

    ``main``: from the merge base of main and HEAD (all of them, if there are several) to the files on disk:
    committed, staged, unstaged and untracked. ``A...B``: from their merge base to B. ``A..B``: from A to B
    directly. A missing side is HEAD; the files on disk do not matter for the last two.

    ``source`` names who chose ``ref`` if it was not the user. With ``fetch`` a shallow history is deepened
    until it holds the merge base. ``listed`` is what git has just answered to discovery
    (``Workspace.listed``): with it git need not look at every file again.
    Raises :class:`~.mergebase.UnknownRef`, :class:`~.mergebase.NoMergeBase` or another :class:`GitError`.
    """
    if listed and is_top(root):
        place = Place(root, "")
        sides = compared(root, ref, source=source, fetch=fetch)
    else:
        # two questions at once: neither needs the other's answer
        with ask_place(root) as asked_place:
            sides = compared(root, ref, source=source, fetch=fetch)
            place = placed(root, asked_place)
    if place.prefix:
        listed = b""
    if listed:
        edited = tuple(parse_edited(listed))
        found_of = [diff(place.top, base, sides.target, edited) for base in sides.bases]
        listing = parse_listing(listed, ordinary=False)
    else:
        with ask_listing(root) as asked_files:
            found_of = [diff(place.top, base, sides.target) for base in sides.bases]
            listing = parse_listing(asked_files.output(), ordinary=False)
    deltas = [delta for found in found_of for delta in found]
    to_disk = sides.target is None
    found = {Change(delta.path, delta.status) for delta in deltas}
    found = with_submodules(place.top, found, deltas, listing, to_disk=to_disk)
    if to_disk:
        found |= not_in_index(place.top, listing)
    found |= {Change(path, "L") for path in _seen_through_links(place.top, listing, found)}
    relative = relative_to(place.prefix)
    changed = sorted({Change(relative(change.path), change.status) for change in found})
    short = ", ".join(base[:7] for base in sides.bases)
    # what is in neither the index nor the difference from it is not in the base either
    new = listing.untracked if to_disk else ()
    stored = tuple(
        {relative(path): blob for path, blob in _stored(new, deltas).items()} for deltas in found_of
    )
    return Difference(Changes(ref, short, sides.bases, tuple(changed), sides.notes), stored)


def _stored(new: Iterable[str], deltas: Sequence[Delta]) -> dict[str, str]:
    # of an unmerged file git lists more than one thing
    unmerged = {delta.path for delta in deltas if delta.status == "U"}
    found = dict.fromkeys(new, "") | {
        delta.path: delta.old if delta.old_mode in BLOBS else ""
        for delta in deltas
        if delta.path not in unmerged
    }
    # where a submodule was the difference says nothing of its files
    moved = tuple(f"{delta.path}/" for delta in deltas if delta.old_mode == GITLINK)
    return {path: blob for path, blob in found.items() if not path.startswith(moved)} if moved else found


def _seen_through_links(top: Path, listing: Listing, changed: Iterable[Change]) -> set[str]:
    real = os.path.realpath(top)
    targets = {entry.path: _targets(real, entry.path) for entry in listing.of_mode(SYMLINK)}
    return through_links(targets, (change.path for change in changed))


def _targets(top: str, link: str) -> set[str]:
    """The paths below ``top`` a link leads through: its text and its end; ``""`` is ``top`` itself."""
    path = os.path.join(top, link)
    if not os.path.islink(path):
        return set()
    steps = (os.path.join(os.path.dirname(path), os.readlink(path)), os.path.realpath(path))
    below = (os.path.relpath(step, top).replace(os.sep, "/") for step in steps)
    return {"" if step == "." else step for step in below}
