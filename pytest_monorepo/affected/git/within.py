"""What a difference from the index does not show: files inside of submodules, untracked and unseen ones."""

from __future__ import annotations

from collections.abc import Iterable, Set
from pathlib import Path
from typing import NamedTuple

from .changes import GITLINK, SYMLINK, Change, Delta, Entry, Listing, parse_listing
from .diff import GONE, as_stored, diff
from .mergebase import commit_of
from .process import Running, start


def with_submodules(
    top: Path, found: Set[Change], deltas: Iterable[Delta], listing: Listing, *, to_disk: bool
) -> set[Change]:
    """``found`` with the changed files inside of submodules, for a project may lie there.

    They stand for the pointer that moved. Where they cannot be known it stays, and is a file of nobody's.
    """
    moved: dict[str, list[Delta]] = {}
    for delta in deltas:
        if GITLINK in (delta.old_mode, delta.new_mode):
            moved.setdefault(delta.path, []).append(delta)
    explained, within = set(), set[Change]()
    for entry in listing.of_mode(GITLINK):
        inside = top / entry.path
        pairs: list[tuple[str, str | None]] = [
            (delta.old, None if to_disk else delta.new) for delta in moved.get(entry.path, ())
        ]
        whole = bool(pairs) and all(_is_pointer(delta) for delta in moved[entry.path])
        # a pointer that did not move is the submodule's HEAD
        pairs += [("HEAD", None)] if to_disk else []
        # of a submodule that is not initialised there is an empty folder alone (gitsubmodules(7))
        if pairs and (inside / ".git").exists():
            looked = _inside(inside, pairs)
            within |= {Change(f"{entry.path}/{change.path}", change.status) for change in looked.found}
            if whole and looked.whole:
                explained.add(entry.path)
    return {change for change in found if change.path not in explained} | within


def _is_pointer(delta: Delta) -> bool:
    """Whether nothing but a submodule was or is there."""
    return {delta.old_mode, delta.new_mode} <= {GITLINK, GONE}


class _Inside(NamedTuple):
    """The changes inside of a submodule; ``whole`` where that is all that differs."""

    found: set[Change]
    whole: bool


def _inside(submodule: Path, pairs: Iterable[tuple[str, str | None]]) -> _Inside:
    listing = _listing(submodule)
    found: set[Change] = set()
    whole = True
    for old, new in pairs:
        if not all(commit_of(submodule, side) for side in (old, new) if side not in (None, "HEAD")):
            # never fetched here, or no submodule before: any file may differ
            found |= {Change(entry.path, "M") for entry in listing.tracked}
            # of what never was fetched nobody knows which files are gone
            whole = whole and not old.strip("0")
            continue
        deltas = diff(submodule, old, new)
        changed = {Change(delta.path, delta.status) for delta in deltas}
        found |= with_submodules(submodule, changed, deltas, listing, to_disk=new is None)
    if any(new is None for _, new in pairs):
        found |= not_in_index(submodule, listing)
    return _Inside(found, whole)


def ask_listing(root: Path, below: str = ":/") -> Running:
    # -v marks by a small letter, or an S, what git was told not to look at
    what = ("--cached", "--stage", "--others", "--exclude-standard", "--full-name")
    return start(root, "ls-files", "-z", "-v", *what, "--", below)


def _listing(root: Path) -> Listing:
    with ask_listing(root) as asked:
        return parse_listing(asked.output())


def not_in_index(top: Path, listing: Listing) -> set[Change]:
    """Untracked files, and edits to files that git was told not to look at."""
    found = {Change(path, "M") for path in _edited_unseen(top, listing)}
    # with a slash at its end it is a linked worktree or a clone, and nothing of this checkout
    return found | {Change(path, "?") for path in listing.untracked if not path.endswith("/")}


def _edited_unseen(top: Path, listing: Listing) -> set[str]:
    """Files whose edits assume-unchanged and skip-worktree hide from git, though not from the tests."""
    unseen = [entry for entry in listing.tracked if entry.unseen and _plain(entry)]
    there = {entry.path: (entry.mode, entry.hash) for entry in unseen if (top / entry.path).is_file()}
    gone = {entry.path for entry in unseen if entry.assumed and entry.path not in there}
    return gone | (set(there) - as_stored(top, there))


def _plain(entry: Entry) -> bool:
    return entry.mode not in (GITLINK, SYMLINK)
