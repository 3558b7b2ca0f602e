"""The questions asked of git, one small function each. Only ``fetch`` writes, and only history.

A git that fails is a :class:`~pytest_monorepo.errors.GitError`, never an empty answer.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.errors import GitError

from .changes import (
    GITLINK,
    SYMLINK,
    Change,
    Changes,
    Delta,
    Entry,
    Listing,
    decoded,
    encoded,
    parse_batch,
    parse_edited,
    parse_hashes,
    parse_listing,
    parse_raw,
    parse_tree,
    relative_to,
    through_links,
)
from .gitprocess import BadGitObject, Running, run, start
from .mergebase import commit_of, compared

_DIFF = (
    "diff",
    "--raw",
    "-z",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--no-relative",
    "--submodule=short",
    # what is inside of a submodule we ask there ourselves
    "--ignore-submodules=dirty",
    f"-O{os.devnull}",
)

# from here on one walk through the whole tree is cheaper than one walk a path
_FEW = 50
_BLOBS = ("100644", "100755", "100664", SYMLINK)


class Place(NamedTuple):
    """Where the workspace lies: git's top level, and the workspace's path below it (``""`` or ``"a/b/"``)."""

    top: Path
    prefix: str


def changes(
    root: Path, ref: str, *, source: str | None = None, fetch: bool = False, listed: bytes = b""
) -> Changes:
    """What differs from ``ref`` in the repository that holds the workspace ``root``.

    ``main``: from the merge base of main and HEAD (all of them, if there are several) to the files on disk:
    committed, staged, unstaged and untracked. ``A...B``: from their merge base to B. ``A..B``: from A to B
    directly. A missing side is HEAD; the files on disk do not matter for the last two.

    ``source`` names who chose ``ref`` if it was not the user. With ``fetch`` a shallow history is deepened
    until it holds the merge base. ``listed`` is what git has just answered to discovery
    (``Workspace.listed``): with it git need not look at every file again.
    Raises :class:`~.mergebase.UnknownRef`, :class:`~.mergebase.NoMergeBase` or another :class:`GitError`.
    """
    # questions at once, where none needs another's answer
    with _ask_place(root) as asked_place, _ask_excludes(root) as asked_excludes:
        sides = compared(root, ref, source=source, fetch=fetch)
        place = _place(root, asked_place)
        if place.prefix or not _excludes_nothing(asked_excludes):
            listed = b""
    if listed:
        edited = frozenset(parse_edited(listed))
        deltas = [delta for base in sides.bases for delta in _diff(place.top, base, sides.target, edited)]
        listing = parse_listing(listed, ordinary=False)
    else:
        with _ask_listing(root) as asked_files:
            deltas = [delta for base in sides.bases for delta in _diff(place.top, base, sides.target)]
            listing = parse_listing(asked_files.output(), ordinary=False)
    to_disk = sides.target is None
    found = {Change(delta.path, delta.status) for delta in deltas}
    found |= _in_submodules(place.top, deltas, listing, to_disk=to_disk)
    if to_disk:
        found |= _not_in_index(place.top, listing)
    found |= {Change(path, "L") for path in _seen_through_links(place.top, listing, found)}
    relative = relative_to(place.prefix)
    changed = sorted({Change(relative(change.path), change.status) for change in found})
    short = ", ".join(base[:7] for base in sides.bases)
    return Changes(ref, short, sides.bases, tuple(changed), sides.notes)


def blob_hashes(root: Path) -> dict[str, str]:
    """Workspace path → blob hash, for each file below ``root`` that is on disk just as the index has it.

    Edited, untracked, conflicted and linked files are absent: their content is known from disk only.
    """
    with (
        start(root, "ls-files", "-z", "-v", "--stage", "--full-name", "--", ".") as asked_files,
        start(root, *_DIFF, "--", ".") as asked_edits,
    ):
        place = place_of(root)
        edited = {delta.path for delta in _without_touched(place.top, parse_raw(asked_edits.output()))}
        hashes = parse_hashes(asked_files.output())
    relative = relative_to(place.prefix)
    return {relative(path): blob for path, blob in hashes.items() if path not in edited}


def files_at(root: Path, commit: str) -> tuple[str, ...]:
    """The files below the workspace root in ``commit``, as workspace paths, sorted; submodules left out."""
    return tuple(sorted(hashes_at(root, commit)))


def hashes_at(root: Path, commit: str) -> dict[str, str]:
    """Workspace path → blob hash for each file below the workspace root in ``commit``."""
    tree = parse_tree(run(root, "ls-tree", "-r", "-z", "--end-of-options", commit))
    return {path: blob for path, (mode, blob) in tree.items() if mode != GITLINK}


def read_at(root: Path, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
    """Workspace path → content in ``commit``, for those of ``paths`` that were files there.

    ``../x`` may leave the workspace. A symbolic link's content is its target's path. A file that the commit
    has and git cannot read is a :class:`GitError`, not an absent one.
    """
    prefix = place_of(root).prefix
    names = {path: posixpath.normpath(prefix + path) for path in paths}
    names = {path: name for path, name in names.items() if not name.startswith("../")}
    if not names:
        return {}
    tree = _entries_at(root, commit, set(names.values()))
    return read_blobs(root, {path: tree[name] for path, name in names.items() if name in tree})


def _entries_at(root: Path, commit: str, names: set[str]) -> dict[str, str]:
    """Path below git's top level → blob hash, for those of ``names`` that are files in ``commit``."""
    # ./ keeps a leading colon from being pathspec magic
    which = [f"./{name}" for name in sorted(names)] if len(names) <= _FEW else []
    deep = () if which else ("-r",)
    tree = parse_tree(run(root, "ls-tree", "-z", "--full-tree", *deep, "--end-of-options", commit, *which))
    return {name: blob for name, (mode, blob) in tree.items() if name in names and mode in _BLOBS}


def read_blobs(root: Path, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """Content by blob hash, under the keys of ``hashes``: what :func:`hashes_at` returns, or a part of it."""
    found = _cat(root, hashes)
    if lost := sorted(set(hashes) - set(found)):
        raise BadGitObject(
            f"git cannot read {hashes[lost[0]][:7]}, the content of {lost[0]!r}: "
            f"run 'git fsck' in {root}, then fetch or clone again"
        )
    return found


def default_branch(root: Path) -> str:
    """What ``--affected`` alone means: the remote's default branch (``origin/main``), else a local one."""
    remote = _remote_branches(root)
    for name in ("origin", *sorted({name.split("/")[0] for name in remote})):
        for branch in ("HEAD", "main", "master"):
            if known := remote.get(f"{name}/{branch}"):
                return known
    with start(root, "config", "--get", "init.defaultBranch") as asked:
        configured = decoded(asked.answer().out).strip()
    for branch in (configured, "main", "master"):
        if branch and commit_of(root, f"refs/heads/{branch}"):
            return branch
    raise GitError(
        "cannot tell the default branch: name one (--affected origin/main), "
        "or record it with 'git remote set-head origin --auto'"
    )


def place_of(root: Path) -> Place:
    """Where ``root`` lies in its repository; no repository, or a bare one, is a :class:`GitError`."""
    with _ask_place(root) as asked:
        return _place(root, asked)


def _ask_place(root: Path) -> Running:
    return start(root, "rev-parse", "--is-inside-work-tree", "--show-cdup", "--show-prefix")


def _place(root: Path, asked: Running) -> Place:
    inside, _, rest = decoded(asked.output()).partition("\n")
    if inside != "true":
        raise GitError(
            f"{root} is in a bare repository, which has no files to test: run in a clone or worktree"
        )
    up, _, prefix = rest.partition("\n")
    return Place(root / up, prefix.removesuffix("\n"))


def _ask_listing(root: Path, below: str = ":/") -> Running:
    what = ("--cached", "--stage", "--others", "--exclude-standard", "--full-name")
    return start(root, "ls-files", "-z", "-v", *what, "--", below)


def _listing(root: Path) -> Listing:
    with _ask_listing(root) as asked:
        return parse_listing(asked.output())


def _ask_excludes(root: Path) -> Running:
    return start(root, "config", "--get-all", "core.excludesFile")


def _excludes_nothing(asked: Running) -> bool:
    """Whether the user has no ignore file of their own, which would hide untracked files from a listing."""
    # the one that every question of ours sets is empty
    configured = asked.answer().out != b"\n"
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return not configured and not os.path.exists(os.path.join(home, "git", "ignore"))


def _diff(top: Path, old: str, new: str | None, edited: Collection[str] | None = None) -> list[Delta]:
    """From the commit ``old`` to the commit ``new``, or to the files on disk.

    ``edited`` are the files on disk that differ from the index, if that is known: then only these, and those
    of the index that differ from ``old``, are looked at.
    """
    if new is None and edited is not None:
        staged = parse_raw(run(top, *_DIFF, "--cached", "--end-of-options", old, "--"))
        paths = {*edited, *(delta.path for delta in staged)}
        if not paths:
            return []
        if len(paths) <= _FEW:
            which = [f":(literal){path}" for path in sorted(paths)]
            found = parse_raw(run(top, *_DIFF, "--end-of-options", old, "--", *which))
            return _without_touched(top, found)
    sides = (old,) if new is None else (old, new)
    deltas = parse_raw(run(top, *_DIFF, "--end-of-options", *sides, "--"))
    return list(deltas) if new else _without_touched(top, deltas)


def _without_touched(top: Path, found: Iterable[Delta]) -> list[Delta]:
    """Leave out files that differ in time stamps only; git would find that out, and write the index."""
    deltas = list(found)
    suspects = {
        delta.path: (delta.old_mode, delta.old)
        for delta in deltas
        if delta.status == "M" and delta.old_mode == delta.new_mode != GITLINK and not delta.new.strip("0")
    }
    touched = _as_stored(top, suspects)
    return [delta for delta in deltas if delta.path not in touched]


def _remote_branches(root: Path) -> dict[str, str]:
    patterns = [f"refs/remotes/*/{branch}" for branch in ("HEAD", "main", "master")]
    out = run(root, "for-each-ref", "--format=%(refname) %(symref)", *patterns)
    found = {}
    for line in decoded(out).splitlines():
        name, _, target = line.partition(" ")
        found[name.removeprefix("refs/remotes/")] = (target or name).removeprefix("refs/remotes/")
    return found


def _in_submodules(top: Path, deltas: Iterable[Delta], listing: Listing, *, to_disk: bool) -> set[Change]:
    """Changed files inside of submodules, for a project may lie there. The pointers are in ``deltas``."""
    moved: dict[str, list[Delta]] = {}
    for delta in deltas:
        if GITLINK in (delta.old_mode, delta.new_mode):
            moved.setdefault(delta.path, []).append(delta)
    found: set[Change] = set()
    for entry in listing.of_mode(GITLINK):
        inside = top / entry.path
        pairs: list[tuple[str, str | None]] = [
            (delta.old, None if to_disk else delta.new) for delta in moved.get(entry.path, ())
        ]
        # a pointer that did not move is the submodule's HEAD
        pairs += [("HEAD", None)] if to_disk else []
        if pairs and (inside / ".git").exists():
            found |= {
                Change(f"{entry.path}/{change.path}", change.status) for change in _inside(inside, pairs)
            }
    return found


def _inside(submodule: Path, pairs: Iterable[tuple[str, str | None]]) -> set[Change]:
    listing = _listing(submodule)
    found: set[Change] = set()
    for old, new in pairs:
        if not all(commit_of(submodule, side) for side in (old, new) if side not in (None, "HEAD")):
            # never fetched here, or no submodule before: any file may differ
            found |= {Change(entry.path, "M") for entry in listing.tracked}
            continue
        deltas = _diff(submodule, old, new)
        found |= {Change(delta.path, delta.status) for delta in deltas}
        found |= _in_submodules(submodule, deltas, listing, to_disk=new is None)
    if any(new is None for _, new in pairs):
        found |= _not_in_index(submodule, listing)
    return found


def _not_in_index(top: Path, listing: Listing) -> set[Change]:
    """Untracked files, and edits to files that git was told not to look at."""
    found = {Change(path, "M") for path in _edited_unseen(top, listing)}
    for path in listing.untracked:
        found |= {Change(path, "?")} if not path.endswith("/") else _nested_repository(top, path)
    return found


def _nested_repository(top: Path, path: str) -> set[Change]:
    nested = _listing(top / path)
    names = {entry.path for entry in nested.tracked}
    names |= {change.path for change in _not_in_index(top / path, nested)}
    return {Change(path + name, "?") for name in names}


def _edited_unseen(top: Path, listing: Listing) -> set[str]:
    """Files whose edits assume-unchanged and skip-worktree hide from git, though not from the tests."""
    unseen = [entry for entry in listing.tracked if entry.unseen and _plain(entry)]
    there = {entry.path: (entry.mode, entry.hash) for entry in unseen if (top / entry.path).is_file()}
    gone = {entry.path for entry in unseen if entry.assumed and entry.path not in there}
    return gone | (set(there) - _as_stored(top, there))


def _as_stored(top: Path, files: Mapping[str, tuple[str, str]]) -> set[str]:
    """Those of ``files`` (path → mode and hash) whose content on disk is what git has stored."""
    links = {path: blob for path, (mode, blob) in files.items() if mode == SYMLINK}
    same = {path for path, blob in links.items() if _link_hash(top / path, len(blob)) == blob}
    # the question to git is a line; a name with a newline counts as edited
    asked = [path for path in files if path not in links and "\n" not in path]
    if not asked:
        return same
    names = b"".join(encoded(path) + b"\n" for path in asked)
    hashes = run(top, "hash-object", "--stdin-paths", stdin=names).decode("ascii").split()
    return same | {path for path, now in zip(asked, hashes, strict=True) if files[path][1] == now}


def _link_hash(link: Path, length: int) -> str:
    text = os.fsencode(os.readlink(link))
    return hashlib.new("sha1" if length == 40 else "sha256", b"blob %d\0%b" % (len(text), text)).hexdigest()


def _plain(entry: Entry) -> bool:
    return entry.mode not in (GITLINK, SYMLINK)


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


def _cat(root: Path, names: Mapping[str, str]) -> dict[str, bytes]:
    if not names:
        return {}
    question = b"".join(encoded(name) + b"\n" for name in names.values())
    return parse_batch(run(root, "cat-file", "--batch", stdin=question), names)
