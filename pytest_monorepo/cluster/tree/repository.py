"""A ``.git`` for a tree on a node: HEAD and the index, for tests that ask git.

``git status``, ``ls-files``, ``rev-parse``, ``describe`` and a diff to HEAD answer as here. There is one
commit: history, remotes and configuration stay here. What git stores of files that are as the index has them
the node makes from its own files, so that they do not cross twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pytest_monorepo.workspace.files.listing import clean_environment

# of the configuration, what decides how git compares a file with what it stores
_KEPT = ("core.autocrlf", "core.eol", "core.filemode", "core.symlinks", "core.ignorecase", "core.safecrlf")
_EXACT = ("-c", "core.fsmonitor=false", "-c", "core.splitIndex=false")


@dataclass(frozen=True)
class Repository:
    """``head`` is HEAD's commit, ``branch`` what it is on, both ``""`` where there is none.

    ``pack`` are the commit, its folders, tags on it and contents that no file has any more. ``index`` is what
    ``git ls-files --stage -z`` prints, ``tags`` are (name, object); ``exclude`` is ``.git/info/exclude``.
    """

    head: str
    branch: str
    pack: bytes
    index: bytes
    tags: tuple[tuple[str, str], ...] = ()
    config: tuple[tuple[str, str], ...] = ()
    exclude: bytes = b""

    @property
    def id(self) -> str:
        words = repr((self.head, self.branch, self.index, self.tags, self.config, self.exclude))
        return hashlib.sha256(words.encode()).hexdigest()


def of(top: Path) -> Repository | None:
    """What of git the nodes get; ``None`` where there is no repository."""
    index = _ask(top, "ls-files", "--stage", "-z")
    if index is None or not (top / ".git").exists():
        return None
    head = (_ask(top, "rev-parse", "--verify", "--quiet", "HEAD^{commit}") or b"").decode().strip()
    branch = (_ask(top, "symbolic-ref", "--quiet", "HEAD") or b"").decode().strip()
    found = (
        _ask(top, "for-each-ref", "--points-at=HEAD", "--format=%(refname) %(objectname)", "refs/tags") or b""
    )
    tags = tuple(
        (name, oid) for name, _, oid in (line.partition(" ") for line in found.decode().splitlines())
    )
    config = [(key, (_ask(top, "config", "--get", key) or b"").decode().strip()) for key in _KEPT]
    return Repository(
        head,
        branch,
        _pack(top, head, [oid for _, oid in tags]),
        index,
        tags,
        tuple((key, value) for key, value in config if value),
        _exclude(top),
    )


def _exclude(top: Path) -> bytes:
    place = (_ask(top, "rev-parse", "--git-path", "info/exclude") or b"").rstrip(b"\r\n")
    with contextlib.suppress(OSError):
        return (top / os.fsdecode(place)).read_bytes()
    return b""


def _pack(top: Path, head: str, tags: list[str]) -> bytes:
    oids = {*tags, *_of_changed(top, head)}
    if head:
        listed = _ask(top, "rev-list", "--objects", "--max-count=1", "--filter=blob:none", head) or b""
        oids |= {line.split(b" ", 1)[0].decode() for line in listed.splitlines()}
    return _ask(top, "pack-objects", "--stdout", "-q", given="\n".join(sorted(oids)).encode()) or b""


def _of_changed(top: Path, head: str) -> set[str]:
    """Contents in the index or in HEAD that the working tree has not."""
    lines = _ask(top, "diff-files", "--raw", "--no-abbrev", "-z") or b""
    if head:
        lines += (
            _ask(top, "diff-index", "--cached", "--raw", "--no-abbrev", "-z", "--no-renames", head) or b""
        )
    # each is ":mode mode old new status" NUL path NUL; a submodule's commit is in another repository
    found = [line.decode()[1:].split(" ") for line in lines.split(b"\0") if line.startswith(b":")]
    oids = {oid for row in found if "160000" not in row[:2] for oid in row[2:4]}
    return {oid for oid in oids if oid.strip("0")}


def make(tree: Path, repository: Repository) -> str | None:
    """Give a tree its ``.git``; a sentence where that cannot be."""
    git = tree / ".git"
    done = git / "pytest-monorepo"
    with contextlib.suppress(OSError):
        if done.read_text() == repository.id:
            _ask(tree, "update-index", "-q", "--really-refresh")
            return None
    shutil.rmtree(git, ignore_errors=True)
    if _ask(tree, "init", "--quiet", "--template=", ".") is None:
        return "there is no git on the node: tests that ask git get no answer"
    for key, value in repository.config:
        _ask(tree, "config", key, value)
    (git / "info").mkdir(exist_ok=True)
    (git / "info" / "exclude").write_bytes(repository.exclude)
    steps = [_ask(tree, "unpack-objects", "-q", given=repository.pack)] if repository.pack else []
    if repository.head:
        (git / "shallow").write_text(repository.head + "\n")
    steps += _refs(tree, repository)
    steps.append(_ask(tree, "update-index", "-z", "--index-info", given=repository.index))
    _store(tree)
    _ask(tree, "update-index", "-q", "--really-refresh")  # says by its exit code whether a file has changed
    if None in steps:
        return "the node's git refuses what was sent: tests that ask git may get another answer"
    done.write_text(repository.id)
    return None


def _refs(tree: Path, repository: Repository) -> list[bytes | None]:
    steps = [_ask(tree, "update-ref", name, oid) for name, oid in repository.tags]
    if repository.branch:
        steps.append(_ask(tree, "symbolic-ref", "HEAD", repository.branch))
    if repository.head:
        own = ("update-ref", "--no-deref") if not repository.branch else ("update-ref",)
        steps.append(_ask(tree, *own, "HEAD", repository.head))
    return steps


def _store(tree: Path) -> None:
    """What git would store of the files as they are."""
    listed = _ask(tree, "ls-files", "-z") or b""
    files = [path for path in listed.split(b"\0") if path and b"\n" not in path]
    plain = [path for path in files if os.path.isfile(tree / os.fsdecode(path))]
    regular = [path for path in plain if not os.path.islink(tree / os.fsdecode(path))]
    _ask(tree, "hash-object", "-w", "--stdin-paths", given=b"\n".join(regular))
    for path in files:
        link = tree / os.fsdecode(path)
        if link.is_symlink():
            _ask(tree, "hash-object", "-w", "--stdin", given=os.fsencode(os.readlink(link)))


def _ask(top: Path, *words: str, given: bytes | None = None) -> bytes | None:
    """What git prints, ``None`` where it fails or is missing."""
    try:
        return subprocess.run(
            ["git", *_EXACT, *words],
            cwd=top,
            env=clean_environment(),
            input=given if given is not None else b"",
            capture_output=True,
            check=True,
            timeout=600,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
