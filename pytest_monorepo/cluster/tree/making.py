"""A tree on a node gets its ``.git``, see :mod:`.repository`."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from .repository import INTENT, Repository, ask, state

_OURS = "pytest-monorepo"
# a clean filter that gives the content that the index names: the user's own need not be here
_AS_INDEXED = ("-c", f"filter.{_OURS}.clean=git cat-file blob :%f", "-c", f"filter.{_OURS}.required=true")

_LONG_AGO = 60.0
"""Seconds: git looks again into a file that is as young as the index (Documentation/technical/racy-git)."""


def make(tree: Path, repository: Repository) -> str | None:
    """Give a tree its ``.git``, and its submodules theirs; a sentence where that cannot be."""
    said = None
    for folder, one in repository.submodules:
        (tree / folder).mkdir(parents=True, exist_ok=True)
        said = make(tree / folder, one) or said
    return _made(tree, repository) or said


def _made(tree: Path, repository: Repository) -> str | None:
    git = tree / ".git"
    done = git / "pytest-monorepo"
    if _is_made(tree, done, repository):
        _refresh(tree, repository)
        return None
    shutil.rmtree(git, ignore_errors=True)
    form = () if repository.hashes == "sha1" else (f"--object-format={repository.hashes}",)
    # without templates: one of the node's could bring hooks (git-init(1))
    if ask(tree, "init", "--quiet", "--template=", *form, ".") is None:
        return "there is no git on the node, or one too old: tests that ask git get no answer"
    for key, value in repository.config:
        ask(tree, "config", key, value)
    (git / "info").mkdir(exist_ok=True)
    (git / "info" / "exclude").write_bytes(repository.exclude)
    (git / "info" / "attributes").write_bytes(repository.attributes)
    steps = [ask(tree, "unpack-objects", "-q", given=repository.pack)] if repository.pack else []
    if repository.head:
        # git looks for no parents of the commits that are named there (gitrepository-layout(5))
        (git / "shallow").write_text(repository.head + "\n")
    steps += _refs(tree, repository)
    steps.append(ask(tree, "update-index", "-z", "--index-info", given=repository.index))
    steps += _flags(tree, repository)
    _store(tree, set(repository.filtered))
    _refresh(tree, repository)
    if None in steps:
        return "the node's git refuses what was sent: tests that ask git may get another answer"
    done.write_text(repository.id)
    return None


def _is_made(tree: Path, done: Path, repository: Repository) -> bool:
    """By an earlier run, and no test has moved HEAD or staged anything since."""
    with contextlib.suppress(OSError):
        return done.read_text() == repository.id and state(tree) == repository.state
    return False


def _refs(tree: Path, repository: Repository) -> list[bytes | None]:
    steps = [ask(tree, "update-ref", name, oid) for name, oid in repository.tags]
    if repository.branch:
        steps.append(ask(tree, "symbolic-ref", "HEAD", repository.branch))
    if repository.head:
        own = ("update-ref", "--no-deref") if not repository.branch else ("update-ref",)
        steps.append(ask(tree, *own, "HEAD", repository.head))
    return steps


def _flags(tree: Path, repository: Repository) -> list[bytes | None]:
    steps = []
    for flag in sorted({flag for flag, _ in repository.flags}):
        paths = _ended(path for other, path in repository.flags if other == flag)
        if flag == INTENT:  # of which --index-info knows nothing
            ask(tree, "update-index", "--force-remove", "-z", "--stdin", given=paths)
            more = ("--pathspec-from-file=-", "--pathspec-file-nul")
            steps.append(ask(tree, "--literal-pathspecs", "add", "--force", flag, *more, given=paths))
        else:
            steps.append(ask(tree, "update-index", flag, "-z", "--stdin", given=paths))
    return steps


def _refresh(tree: Path, repository: Repository) -> None:
    """Let the index know the files' times; of what a filter has made that they are as it has them."""
    ask(tree, "update-index", "-q", "--refresh")  # says by its exit code whether a file has changed
    if not repository.filtered:
        return
    for path in repository.filtered:
        _age(tree / path)
    # before every .gitattributes (gitattributes(5)): for a moment there is this filter and no other change
    attributes = tree / ".git" / "info" / "attributes"
    attributes.write_text(f"* filter={_OURS} -text -ident !working-tree-encoding\n")
    given = _ended(repository.filtered)
    ask(tree, *_AS_INDEXED, "update-index", "-z", "--stdin", given=given)
    attributes.write_bytes(repository.attributes)


def _age(file: Path) -> None:
    with contextlib.suppress(OSError):
        before = time.time() - _LONG_AGO
        os.utime(file, (before, before), follow_symlinks=False)


def _store(tree: Path, filtered: set[str]) -> None:
    """What git would store of the files as they are."""
    listed = os.fsdecode(ask(tree, "ls-files", "-z") or b"").split("\0")
    files = [path for path in listed if path and path not in filtered and os.path.lexists(tree / path)]
    links = [path for path in files if os.path.islink(tree / path)]
    regular = [path for path in files if os.path.isfile(tree / path) and path not in set(links)]
    ask(tree, "hash-object", "-w", "--stdin-paths", given=b"\n".join(map(_quoted, regular)))
    for path in links:
        ask(tree, "hash-object", "-w", "--stdin", given=os.fsencode(os.readlink(tree / path)))


def _quoted(path: str) -> bytes:
    """One line for ``hash-object --stdin-paths``, where a quotation mark begins a string as C has them."""
    name = os.fsencode(path)
    if b"\n" not in name and not name.startswith(b'"'):
        return name
    return b'"' + b"".join(b"\\%03o" % byte for byte in name) + b'"'


def _ended(paths: Iterable[str]) -> bytes:
    return os.fsencode("".join(f"{path}\0" for path in paths))
