"""A REF as the user or the CI gave it → the commits to compare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from pytest_monorepo.errors import GitError

from .changes import decoded
from .process import LostObject, ask, failure, run

# how far --affected-fetch deepens a shallow history, step by step, and how long one step may take
_DEEPEN = (50, 200, 1000, 5000)
_FETCH_SECONDS = 300.0
_HASH = re.compile(r"[0-9a-fA-F]{40,64}")


class UnknownRef(GitError):
    """The user named a base that is not there: a usage error whatever ``affected-fallback`` says."""


class NoMergeBase(GitError):
    """There is nothing to compare with, so what changed is unknown: run everything, or stop."""


class Compared(NamedTuple):
    """Full hashes: from each of ``bases`` to ``target``, or to the files on disk where that is ``None``."""

    bases: tuple[str, ...]
    target: str | None
    notes: tuple[str, ...] = ()


def compared(root: Path, ref: str, *, source: str | None = None, fetch: bool = False) -> Compared:
    """What ``ref`` (``REF``, ``A..B`` or ``A...B``) asks to compare; see :func:`.git.changes`."""
    if not ref.strip() or "\0" in ref:
        raise UnknownRef(f"{ref!r} names no commit: give --affected a branch, a tag or a hash")
    old, dots, new = _split(ref)
    try:
        return _compared(root, old, dots, new, fetch=fetch)
    except UnknownRef as error:
        if source is None:
            raise
        # the CI names commits that a shallow clone does not hold
        raise NoMergeBase(
            f"{ref!r} (from {source}) is not in this clone: fetch more history "
            "(actions/checkout: fetch-depth: 0) or name another base"
        ) from error


def commit_of(root: Path, ref: str) -> str | None:
    """The full hash of the commit that ``ref`` names, ``None`` if there is none in this clone."""
    answer = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    found = answer.out.decode("ascii").strip()
    # ^main is a revision too, with a hat on its hash
    return found if answer.code == 0 and _HASH.fullmatch(found) else None


def _split(ref: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        old, found, new = ref.partition(dots)
        if found:
            return old or "HEAD", dots, new or "HEAD"
    return ref, "", "HEAD"


def _compared(root: Path, old: str, dots: str, new: str, *, fetch: bool) -> Compared:
    notes: tuple[str, ...] = ()
    bases = _bases(root, old, dots, new)
    if bases is None and fetch:
        notes = _deepened(root, old, dots, new)
        bases = _bases(root, old, dots, new)
    if bases is None:
        _known(root, new)
        _known(root, old)
        raise _no_merge_base(root, old, new, notes)
    return Compared(bases, _known(root, new) if dots else None, notes)


def _bases(root: Path, old: str, dots: str, new: str) -> tuple[str, ...] | None:
    if dots == "..":
        commit = commit_of(root, old)
        return (commit,) if commit else None
    # --all: of several merge bases (criss-cross merges) git names one otherwise, and none is better
    args = ("merge-base", "--all", "--end-of-options", f"{old}^{{commit}}", f"{new}^{{commit}}")
    answer = ask(root, *args)
    if answer.code == 0:
        return tuple(sorted(answer.out.decode("ascii").split()))
    # 1: there is no common ancestor; 128: a name that leads nowhere, or damage (git 2.39)
    if answer.code != 1 and commit_of(root, old) and commit_of(root, new):
        raise failure(root, args, answer)
    return None


def _known(root: Path, ref: str) -> str:
    if commit := commit_of(root, ref):
        return commit
    # also where git itself fails: a folder that is no repository, say
    refs = decoded(run(root, "for-each-ref", "--format=%(refname:short)")).splitlines()
    if ref == "HEAD" and _unborn(root):
        raise NoMergeBase("HEAD has no commit yet, so there is nothing to compare with: commit first")
    _refuse_damage(root, ref)
    near = _near(ref, refs)
    hint = f"did you mean {' or '.join(near)}? else " if near else ""
    cure = "try 'git fetch' first"
    if _is_shallow(root):
        cure += ", for this clone is shallow (actions/checkout: fetch-depth: 0)"
    raise UnknownRef(f"{ref!r} names no commit in this repository: {hint}{cure}")


def _unborn(root: Path) -> bool:
    return ask(root, "rev-parse", "--verify", "--quiet", "HEAD").code != 0


def _refuse_damage(root: Path, ref: str) -> None:
    """A name that leads to a hash whose object cannot be read is damage, not a typing error."""
    answer = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", ref)
    if answer.code or _HASH.fullmatch(ref):
        return
    found = decoded(answer.out).strip()
    if _HASH.fullmatch(found) and ask(root, "cat-file", "-t", found).code:
        raise LostObject(
            f"git cannot read {found[:7]}, which {ref!r} names: "
            f"run 'git fsck' in {root}, then fetch or clone again"
        )


def _near(ref: str, names: list[str]) -> list[str]:
    from difflib import get_close_matches

    same = [name for name in names if name.endswith("/" + ref)]
    return list(dict.fromkeys([*same, *get_close_matches(ref, names, 3)]))[:3]


def _is_shallow(root: Path) -> bool:
    return run(root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def _no_merge_base(root: Path, old: str, new: str, notes: tuple[str, ...]) -> NoMergeBase:
    if _is_shallow(root):
        cure = "fetch more history (actions/checkout: fetch-depth: 0, or git fetch --unshallow)"
    else:
        cure = "their histories are unrelated, so merge them,"
    tried = "".join(f"; {note}" for note in notes)
    return NoMergeBase(f"no common ancestor of {old!r} and {new}: {cure} or name another base{tried}")


def _deepened(root: Path, old: str, dots: str, new: str) -> tuple[str, ...]:
    """Fetch the base, then more and more history until there is a merge base; says what was done."""
    wanted = [wish for side in (old, new) if (wish := _refspec(root, side))]
    fetched = 0
    for depth in _DEEPEN:
        shallow = _is_shallow(root)
        how = (f"--deepen={depth}",) if shallow else ()
        args = (
            "--no-tags",
            "--no-recurse-submodules",
            # FETCH_HEAD is the user's, and maintenance may write as long as the fetch itself (git-fetch(1))
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            *how,
        )
        answer = ask(root, "fetch", "--quiet", *args, "origin", *wanted, timeout=_FETCH_SECONDS)
        if answer.code:
            return (f"fetching from origin failed ({' '.join(answer.err.split())})",)
        fetched += depth if shallow else 0
        if not shallow or _bases(root, old, dots, new):
            break
    return (f"fetched {fetched} more commits of history from origin" if fetched else "fetched from origin",)


def _refspec(root: Path, ref: str) -> str | None:
    if ref.startswith("origin/"):
        branch = ref.removeprefix("origin/")
        return f"+refs/heads/{branch}:refs/remotes/origin/{branch}"
    return commit_of(root, ref) or (ref if _HASH.fullmatch(ref) else None)
