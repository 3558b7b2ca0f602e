"""The files of a commit and what they hold, and those on disk that are as the index has them."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from pytest_monorepo.workspace.files import kept as keeping
from pytest_monorepo.workspace.model import ROOT, parents

from .changes import GITLINK, SYMLINK, encoded, parse_batch, parse_hashes, parse_raw, parse_tree, relative_to
from .diff import DIFF, FEW, without_touched
from .place import place_of
from .process import LostObject, run, start
from .submodules import APART, Stored, stored_within

_HEADER = "pytest-monorepo former files 1"
# a diff of more than this takes longer for other reasons
_KEPT_BYTES = 1_000_000
BLOBS = ("100644", "100755", "100664", SYMLINK)


def blob_hashes(root: Path) -> dict[str, str]:
    """Workspace path → blob hash, for each file below ``root`` that is on disk just as the index has it.

    Edited, untracked, conflicted and linked files are absent: their content is known from disk only.
    """
    with (
        start(root, "ls-files", "-z", "-v", "--stage", "--full-name", "--", ".") as asked_files,
        start(root, *DIFF, "--", ".") as asked_edits,
    ):
        place = place_of(root)
        edited = {delta.path for delta in without_touched(place.top, parse_raw(asked_edits.output()))}
        hashes = parse_hashes(asked_files.output())
    relative = relative_to(place.prefix)
    return {relative(path): blob for path, blob in hashes.items() if path not in edited}


def files_at(root: Path, commit: str) -> tuple[str, ...]:
    """The files below the workspace root in ``commit``, as workspace paths, sorted; submodules left out."""
    return tuple(sorted(hashes_at(root, commit)))


def hashes_at(root: Path, commit: str) -> dict[str, str]:
    """Workspace path → blob hash for each file below the workspace root in ``commit``."""
    # without --full-tree it lists what lies below the folder where it runs, relative to that
    tree = parse_tree(run(root, "ls-tree", "-r", "-z", "--end-of-options", commit))
    return {path: blob for path, (mode, blob) in tree.items() if mode != GITLINK}


def read_at(
    root: Path,
    commit: str,
    paths: Iterable[str],
    stored: Mapping[str, str] = MappingProxyType({}),
    cache: Path | None = None,
) -> dict[str, bytes]:
    """Workspace path → content in ``commit``, for those of ``paths`` that were files there.

    ``../x`` may leave the workspace. A symbolic link's content is its target's path. A file that the commit
    has and git cannot read is a :class:`GitError`, not an absent one. ``stored`` says of some paths what
    :class:`Difference` does. ``cache`` is the file that keeps what was read last.
    """
    paths = list(paths)
    hashes = {path: stored[path] for path in paths if path in stored}
    more, within = _hashes_of(root, commit, [path for path in paths if path not in stored])
    hashes |= more
    wanted = {path: hashes[path] for path in paths if hashes.get(path)}
    found: dict[str, bytes] = {}
    for data in {one.data for one in within.values()}:
        kept_there = {path: one.blob for path, one in within.items() if one.data == data}
        found |= read_blobs(data, kept_there, *APART)
    if cache is None or not wanted:
        return read_blobs(root, wanted) | found
    kept = _kept(cache)
    if not kept.keys() >= set(wanted.values()):
        read = read_blobs(root, wanted)
        _keep(cache, {wanted[path]: content for path, content in read.items()})
        return read | found
    return {path: kept[blob] for path, blob in wanted.items()} | found


def _kept(cache: Path) -> dict[str, bytes]:
    """Content by hash, as the last decision read it: what a hash names never changes."""
    body = keeping.load(cache, _HEADER)
    if body is None:
        return {}
    head, _, rest = body.partition(b"\n")
    sizes: dict[str, int] = json.loads(head)
    return dict(zip(sizes, keeping.cut(rest, sizes.values()), strict=True))


def _keep(cache: Path, contents: Mapping[str, bytes]) -> None:
    if sum(map(len, contents.values())) <= _KEPT_BYTES:
        head = json.dumps({blob: len(content) for blob, content in contents.items()}).encode("ascii")
        keeping.save(cache, _HEADER, head, b"\n", *contents.values())


def _hashes_of(root: Path, commit: str, paths: Collection[str]) -> tuple[dict[str, str], dict[str, Stored]]:
    """The hash of each path that is a file in ``commit``, and where those in its submodules are kept."""
    if not paths:
        return {}, {}
    place = place_of(root)
    names = {path: posixpath.normpath(place.prefix + path) for path in paths}
    names = {path: name for path, name in names.items() if not name.startswith("../")}
    files = _entries_at(root, commit, set(names.values())) if names else {}
    found = {path: files[name][1] for path, name in names.items() if name in files and _is_file(files[name])}
    rest = {name: path for path, name in names.items() if name not in files}
    above = {folder for name in rest for folder in parents(posixpath.dirname(name)) if folder != ROOT}
    links = _entries_at(root, commit, above) if above else {}
    modules = {folder: blob for folder, (mode, blob) in links.items() if mode == GITLINK}
    within = stored_within(place.top, modules, rest) if modules else {}
    return found, {rest[name]: one for name, one in within.items()}


def _is_file(entry: tuple[str, str]) -> bool:
    return entry[0] in BLOBS


def _entries_at(root: Path, commit: str, names: set[str]) -> dict[str, tuple[str, str]]:
    """Path below git's top level → mode and hash, for those of ``names`` that are in ``commit``."""
    # ./ keeps a leading colon from being pathspec magic
    which = [f"./{name}" for name in sorted(names)] if len(names) <= FEW else []
    deep = () if which else ("-r",)
    tree = parse_tree(run(root, "ls-tree", "-z", "--full-tree", *deep, "--end-of-options", commit, *which))
    return {name: entry for name, entry in tree.items() if name in names}


def read_blobs(root: Path, hashes: Mapping[str, str], *options: str) -> dict[str, bytes]:
    """Content by blob hash, under the keys of ``hashes``: what :func:`hashes_at` returns, or a part of it.

    ``options`` are git's own, before its command.
    """
    found = _cat(root, hashes, *options)
    if lost := sorted(set(hashes) - set(found)):
        raise LostObject(
            f"git cannot read {hashes[lost[0]][:7]}, the content of {lost[0]!r}: "
            f"run 'git fsck' in {root}, then fetch or clone again"
        )
    return found


def _cat(root: Path, names: Mapping[str, str], *options: str) -> dict[str, bytes]:
    if not names:
        return {}
    question = b"".join(encoded(name) + b"\n" for name in names.values())
    return parse_batch(run(root, *options, "cat-file", "--batch", stdin=question), names)
