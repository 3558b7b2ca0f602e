"""What a difference from the index does not show: files inside of submodules, untracked and unseen ones."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from pytest_monorepo.errors import GitError
from pytest_monorepo.workspace.files.listing import walked

from .changes import GITLINK, SYMLINK, UNKNOWN, Change, Delta, Entry, Listing, parse_listing
from .diff import GONE, as_stored, diff
from .mergebase import commit_of
from .process import Running, start
from .submodules import Stores, tree_of

_NOTHING: tuple[str, str] = (GONE, "")


def with_submodules(
    top: Path, found: Set[Change], deltas: Iterable[Delta], listing: Listing, *, to_disk: bool
) -> set[Change]:
    """``found`` with the changed files inside of submodules, for a project may lie there.

    They stand for the pointer that moved, came or went. Where they cannot be known it stays.
    """
    moved = {delta.path: delta for delta in deltas if GITLINK in (delta.old_mode, delta.new_mode)}
    stores = Stores(top)
    within = {
        change for delta in moved.values() for change in _of_pointer(top, stores, delta, to_disk=to_disk)
    }
    for entry in listing.of_mode(GITLINK) if to_disk else ():
        if (top / entry.path / ".git").exists():
            within |= _within(top, entry.path)
        # not initialised it is an empty folder (gitsubmodules(7)), unless somebody has copied files to it
        elif walked(top / entry.path).files:
            within.add(Change(entry.path, UNKNOWN))
        elif entry.path not in moved:
            within |= _emptied(stores, entry)
    return {change for change in found if change.path not in moved} | within


def _within(top: Path, path: str) -> set[Change]:
    """What differs in a submodule on disk from its commit; all of it where its data is not there."""
    try:
        edited = _edited(top / path)
    except GitError:
        if _is_repository(top / path):
            raise
        return {Change(path, UNKNOWN)}
    return {Change(f"{path}/{change.path}", change.status) for change in edited}


def _is_repository(folder: Path) -> bool:
    """Whether git finds what the folder's ``.git`` leads to, and a commit in it."""
    return commit_of(folder, "HEAD") is not None


def _emptied(stores: Stores, entry: Entry) -> set[Change]:
    """The files that a submodule had before ``git submodule deinit``, which is no change to git.

    That keeps the data. Where there is none nothing was ever checked out, and so nothing is gone.
    """
    old = (entry.mode, entry.hash)
    if stores.having(entry.path, entry.hash) is None:
        return set()
    return {
        change for change in _between(stores, entry.path, old, _NOTHING, "D") if change.path != entry.path
    }


def _edited(submodule: Path) -> set[Change]:
    """What differs on disk from the commit that is checked out there."""
    deltas = diff(submodule, "HEAD", None)
    listing = _listing(submodule)
    changed = {Change(delta.path, delta.status) for delta in deltas}
    return with_submodules(submodule, changed, deltas, listing, to_disk=True) | not_in_index(
        submodule, listing
    )


def _of_pointer(top: Path, stores: Stores, delta: Delta, *, to_disk: bool) -> Iterator[Change]:
    """What one entry of a tree that is, or was, a submodule says of files."""
    old = (delta.old_mode, delta.old)
    new = (delta.new_mode, delta.new)
    if to_disk and delta.new_mode == GITLINK:
        inside = top / delta.path
        here = commit_of(inside, "HEAD") if (inside / ".git").exists() else None
        if here is None:
            yield Change(delta.path, delta.status)
            # nothing is there now; of what never was fetched nothing was there before
            if _files(stores, delta.path, old):
                yield from _between(stores, delta.path, old, _NOTHING, delta.status)
            return
        new = (GITLINK, here)
    yield from _between(stores, delta.path, old, new, delta.status)


def _between(
    stores: Stores, path: str, old: tuple[str, str], new: tuple[str, str], status: str
) -> Iterator[Change]:
    """The files that differ between two entries of a tree of which one is a submodule, at least."""
    before, after = _files(stores, path, old), _files(stores, path, new)
    in_doubt = before is None or (after is None and old[0] == GITLINK)
    if in_doubt:
        # of what never was fetched nobody knows which files are gone
        yield Change(path, UNKNOWN)
    elif after is None or not {old[0], new[0]} <= {GITLINK, GONE}:
        yield Change(path, status)  # nothing is there, or a file or a link is, or was
    before, after = before or {}, after or {}
    for name in before.keys() | after.keys():
        one, other = before.get(name, _NOTHING), after.get(name, _NOTHING)
        if one != other:
            below = posixpath.join(path, name)
            letter = "M" if in_doubt else "A" if one == _NOTHING else "D" if other == _NOTHING else "M"
            if GITLINK in (one[0], other[0]):
                yield from _between(stores, below, one, other, letter)
            else:
                yield Change(below, letter)


def _files(stores: Stores, path: str, entry: tuple[str, str]) -> dict[str, tuple[str, str]] | None:
    mode, commit = entry
    if mode != GITLINK:
        return {}
    data = stores.having(path, commit)
    return None if data is None else tree_of(data, commit)


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
