"""The questions asked of git, one small function each. Only ``fetch`` writes, and only history.

A git that fails is a :class:`~pytest_monorepo.errors.GitError`, never an empty answer.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
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
from .mergebase import commit_of, compared
from .process import BadGitObject, Running, run, start

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
_GONE = "000000"
_FILES = ("100644", "100755")
# an empty file, and what ``git add --intent-to-add`` leaves in the index of one that no commit has
_EMPTY = frozenset(hashlib.new(name, b"blob 0\0").hexdigest() for name in ("sha1", "sha256"))
_BLOBS = ("100644", "100755", "100664", SYMLINK)


class Place(NamedTuple):
    """Where the workspace lies: git's top level, and the workspace's path below it (``""`` or ``"a/b/"``)."""

    top: Path
    prefix: str


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
    # questions at once, where none needs another's answer
    with _ask_place(root) as asked_place, _ask_excludes(root) as asked_excludes:
        sides = compared(root, ref, source=source, fetch=fetch)
        place = _place(root, asked_place)
        if place.prefix or not _excludes_nothing(asked_excludes):
            listed = b""
    if listed:
        edited = tuple(parse_edited(listed))
        found_of = [_diff(place.top, base, sides.target, edited) for base in sides.bases]
        listing = parse_listing(listed, ordinary=False)
    else:
        with _ask_listing(root) as asked_files:
            found_of = [_diff(place.top, base, sides.target) for base in sides.bases]
            listing = parse_listing(asked_files.output(), ordinary=False)
    deltas = [delta for found in found_of for delta in found]
    to_disk = sides.target is None
    found = {Change(delta.path, delta.status) for delta in deltas}
    found = _with_submodules(place.top, found, deltas, listing, to_disk=to_disk)
    if to_disk:
        found |= _not_in_index(place.top, listing)
    found |= {Change(path, "L") for path in _seen_through_links(place.top, listing, found)}
    relative = relative_to(place.prefix)
    changed = sorted({Change(relative(change.path), change.status) for change in found})
    short = ", ".join(base[:7] for base in sides.bases)
    # what is in neither the index nor the difference from it is not in the base either
    new = {relative(path): "" for path in listing.untracked} if to_disk else {}
    stored = tuple(
        new | {relative(path): blob for path, blob in _stored(deltas).items()} for deltas in found_of
    )
    return Difference(Changes(ref, short, sides.bases, tuple(changed), sides.notes), stored)


def _stored(deltas: Sequence[Delta]) -> dict[str, str]:
    # of an unmerged file git lists more than one thing
    unmerged = {delta.path for delta in deltas if delta.status == "U"}
    return {
        delta.path: delta.old if delta.old_mode in _BLOBS else ""
        for delta in deltas
        if delta.path not in unmerged
    }


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


def read_at(
    root: Path, commit: str, paths: Iterable[str], stored: Mapping[str, str] = MappingProxyType({})
) -> dict[str, bytes]:
    """Workspace path → content in ``commit``, for those of ``paths`` that were files there.

    ``../x`` may leave the workspace. A symbolic link's content is its target's path. A file that the commit
    has and git cannot read is a :class:`GitError`, not an absent one. ``stored`` says of some paths what
    :class:`Difference` does.
    """
    paths = list(paths)
    hashes = {path: stored[path] for path in paths if path in stored}
    hashes |= _hashes_of(root, commit, [path for path in paths if path not in stored])
    return read_blobs(root, {path: hashes[path] for path in paths if hashes.get(path)})


def _hashes_of(root: Path, commit: str, paths: Collection[str]) -> dict[str, str]:
    if not paths:
        return {}
    prefix = place_of(root).prefix
    names = {path: posixpath.normpath(prefix + path) for path in paths}
    names = {path: name for path, name in names.items() if not name.startswith("../")}
    tree = _entries_at(root, commit, set(names.values())) if names else {}
    return {path: tree[name] for path, name in names.items() if name in tree}


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


def _diff(top: Path, old: str, new: str | None, edited: Collection[Entry] | None = None) -> list[Delta]:
    """From the commit ``old`` to the commit ``new``, or to the files on disk.

    ``edited`` are the files on disk that differ from the index, if that is known: then only these, and those
    of the index that differ from ``old``, are looked at.
    """
    if new is None and edited is not None:
        staged = list(parse_raw(run(top, *_DIFF, "--cached", "--end-of-options", old, "--")))
        if not edited:
            return staged
        if (found := _to_disk(top, staged, edited)) is not None:
            return _without_touched(top, found)
        paths = {*(entry.path for entry in edited), *(delta.path for delta in staged)}
        if len(paths) <= _FEW:
            which = [f":(literal){path}" for path in sorted(paths)]
            return _without_touched(top, parse_raw(run(top, *_DIFF, "--end-of-options", old, "--", *which)))
    sides = (old,) if new is None else (old, new)
    deltas = parse_raw(run(top, *_DIFF, "--end-of-options", *sides, "--"))
    return list(deltas) if new else _without_touched(top, deltas)


def _to_disk(top: Path, staged: Iterable[Delta], edited: Collection[Entry]) -> list[Delta] | None:
    """The differences of the index from a commit, carried on to the files on disk that differ from it.

    ``None`` where only git can tell: of what is more than an ordinary file whose text is another one.
    """
    if len(edited) > _FEW or not all(map(_is_ordinary, edited)):
        return None
    found = {delta.path: delta for delta in staged}
    for entry in {entry.path: entry for entry in edited}.values():
        mode = _mode_on_disk(top / entry.path)
        if mode not in (entry.mode, _GONE):
            return None
        before = found.pop(entry.path, None)
        old_mode, old = (entry.mode, entry.hash) if before is None else (before.old_mode, before.old)
        if old_mode != _GONE or mode != _GONE:
            kind = "D" if mode == _GONE else "A" if old_mode == _GONE else "M"
            status = "T" if kind == "M" and old_mode[:2] != mode[:2] else kind
            found[entry.path] = Delta(entry.path, status, old_mode, mode, old, "0" * len(old))
    return list(found.values())


def _is_ordinary(entry: Entry) -> bool:
    """Whether the index knows the file as an ordinary one that is neither unmerged nor only intended."""
    return entry.tag in "RC" and entry.stage == 0 and entry.mode in _FILES and entry.hash not in _EMPTY


def _mode_on_disk(path: Path) -> str:
    """As git would store it; of folders and the like something that it never stores."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _GONE
    if stat.S_ISREG(mode):
        return "100755" if mode & stat.S_IXUSR else "100644"
    return SYMLINK if stat.S_ISLNK(mode) else oct(mode)


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


def _with_submodules(
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
        if pairs and (inside / ".git").exists():
            looked = _inside(inside, pairs)
            within |= {Change(f"{entry.path}/{change.path}", change.status) for change in looked.found}
            if whole and looked.whole:
                explained.add(entry.path)
    return {change for change in found if change.path not in explained} | within


def _is_pointer(delta: Delta) -> bool:
    """Whether nothing but a submodule was or is there."""
    return {delta.old_mode, delta.new_mode} <= {GITLINK, _GONE}


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
        deltas = _diff(submodule, old, new)
        changed = {Change(delta.path, delta.status) for delta in deltas}
        found |= _with_submodules(submodule, changed, deltas, listing, to_disk=new is None)
    if any(new is None for _, new in pairs):
        found |= _not_in_index(submodule, listing)
    return _Inside(found, whole)


def _not_in_index(top: Path, listing: Listing) -> set[Change]:
    """Untracked files, and edits to files that git was told not to look at."""
    found = {Change(path, "M") for path in _edited_unseen(top, listing)}
    # with a slash at its end it is a linked worktree or a clone, and nothing of this checkout
    return found | {Change(path, "?") for path in listing.untracked if not path.endswith("/")}


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
