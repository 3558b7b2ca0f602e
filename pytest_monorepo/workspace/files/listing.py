"""Which files there are: git's list where there is git, else a walk that leaves foreign folders out."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple

from .checkouts import is_apart
from .listing_delta import divided

# Environments, caches and build output: nothing in them is anyone's source, with git or without.
FOREIGN = frozenset(
    [
        "__pycache__",
        "__pypackages__",
        "_darcs",
        ".bzr",
        ".eggs",
        ".git",
        ".hg",
        ".hypothesis",
        ".idea",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "CVS",
        "bower_components",
        "build",
        "dist",
        "node_modules",
        "site-packages",
        "venv",
    ]
)
_FOREIGN_NAME = re.compile(r".*\.(?:egg|egg-info|dist-info)", re.DOTALL)
_MARKER = "pyvenv.cfg"

# `git rev-parse --local-env-vars`, without what only adds configuration (safe.directory, say)
_POINTS_ELSEWHERE = frozenset(
    [
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    ]
)


_ORDINARY = frozenset(("H 100644 ", "H 100755 "))
# what could hide an edit from git: a watcher that is wrong, a lax comparison, a user's own filters
_OPTIONS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.checkStat=default"),
    *("-c", "core.trustctime=true"),
    *("-c", "core.attributesFile="),
)


_ASK_SETTINGS = (
    *("config", "-z", "--name-only", "--get-regexp"),
    r"^(filter\..*\.(clean|process)|core\.(excludesfile|worktree))$",
)
# what the first three write into the index tells every edit; the last ones are for notebooks
_HARMLESS = frozenset((b"lfs", b"git-crypt", b"crypt", b"nbstripout", b"jupyternotebook"))


class Listing(NamedTuple):
    """``files`` are sorted; ``blobs`` maps those whose content git already knows to its hash of it.

    A file that differs from git's index has no entry in ``blobs``, so the hash can key a cache. ``output`` is
    what git printed, without the lines of ordinary files that are as the index has them; empty where git
    complained, had nothing to say, or may have left out some files (:class:`Answer`). ``checkouts`` are
    the other checkouts that lie here, of which nothing is listed.
    """

    files: tuple[str, ...]
    blobs: Mapping[str, str] = MappingProxyType({})
    output: bytes = b""
    checkouts: tuple[str, ...] = ()


def is_foreign(name: str) -> bool:
    """Whether a folder of this name holds environments, caches or build output."""
    return name in FOREIGN or _FOREIGN_NAME.fullmatch(name) is not None


def list_files(root: Path) -> Listing:
    """The files below ``root`` that git would know, or without a usable git those of a walk."""
    return read(root, ask(root))


class Answer(NamedTuple):
    """What git printed; ``filtered`` where a file may hold something else than git says.

    ``hiding`` where it is not all of the repository: the user has an ignore file of their own, by which
    untracked files are left out, or git's top level is named, and may be another folder.
    """

    output: bytes
    complaints: bytes
    filtered: bool = False
    hiding: bool = False


def read(root: Path, answer: Answer | None) -> Listing:
    """What git's answer says; without one, what a walk through ``root`` finds."""
    # nothing at all: the folder is ignored as a whole by a repository around it, or there is nothing
    if answer is None or not answer.output:
        return walked(root)
    entries = parse_ls_files(answer.output)
    files = dict.fromkeys(path for path in entries.files if os.path.lexists(root / path))
    files.update(dict.fromkeys(entries.sure))
    blobs = {} if answer.filtered else dict(entries.blobs)
    checkouts = list(entries.checkouts)
    for folder in entries.submodules:
        # --recurse-submodules cannot be combined with --others, so each is asked on its own
        inside = root / folder
        # without a .git it is empty, or what somebody has copied here
        below = list_files(inside) if (inside / ".git").exists() else walked(inside)
        files.update(dict.fromkeys(f"{folder}/{path}" for path in below.files))
        blobs.update((f"{folder}/{path}", blob) for path, blob in below.blobs.items())
        checkouts += (f"{folder}/{path}" for path in below.checkouts)
    output = b"" if answer.complaints or answer.hiding else divided(answer.output).output
    return Listing(tuple(sorted(files)), blobs, output, tuple(checkouts))


class Entries(NamedTuple):
    """What one ``git ls-files`` said: ``files`` must be looked at, ``submodules`` entered."""

    sure: tuple[str, ...]
    files: tuple[str, ...]
    submodules: tuple[str, ...]
    checkouts: tuple[str, ...]
    blobs: Mapping[str, str]


def parse_ls_files(output: bytes) -> Entries:
    """Read ``git ls-files -z -v -s --cached --deleted --modified --others``.

    Each entry is ``<tag> <path>`` for an untracked file, else ``<tag> <mode> <hash> <stage>TAB<path>``; a
    deleted or modified file appears once more under the tag ``R`` or ``C``, an unmerged one once per stage. A
    small letter marks a file that git was told to assume unchanged, and so does not look at.
    """
    entries = output.decode("utf-8", "surrogateescape").split("\0")
    # nearly all are ordinary files that git watches, and have their hash and their name at the same place
    ordinary = [entry for entry in entries if entry[:9] in _ORDINARY]
    start = ordinary[0].index("\t") + 1 if ordinary else 0
    sure = {entry[start:]: entry[9 : start - 3] for entry in ordinary}
    unsure: set[str] = set()
    submodules: set[str] = set()
    checkouts: set[str] = set()
    changed: set[str] = set()
    gone: set[str] = set()
    for entry in (entry for entry in entries if entry[:9] not in _ORDINARY):
        tag, rest = entry[:1], entry[2:]
        if tag == "?":
            if rest.endswith("/"):  # a linked worktree or a clone
                checkouts.add(rest.rstrip("/"))
            else:
                sure[rest] = ""
        elif tag in ("R", "C"):
            (gone if tag == "R" else changed).add(rest.partition("\t")[2])
        elif tag in ("H", "S", "M", "h", "s", "m"):
            facts, _, path = rest.partition("\t")
            mode, blob, _ = facts.split(" ")
            if mode == "160000":
                submodules.add(path)
            elif tag in ("S", "h", "s"):  # a sparse checkout has it in the index alone, or git does not look
                unsure.add(path)
            else:
                # a link's blob is its target's name, not what is read through it
                sure[path] = blob if tag == "H" and mode != "120000" else ""
    without = {path for path, blob in sure.items() if not blob} | changed | gone
    blobs = {path: blob for path, blob in sure.items() if path not in without} if without else sure
    return Entries(
        tuple(path for path in sure if path not in gone),
        tuple(unsure),
        tuple(submodules),
        tuple(sorted(checkouts)),
        blobs,
    )


def clean_environment() -> dict[str, str]:
    """The environment without what would point git elsewhere: in a hook, git itself sets ``GIT_DIR``."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in _POINTS_ELSEWHERE and not key.startswith("GIT_TRACE")
    }
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_ATTR_NOSYSTEM": "1", "LC_ALL": "C"}


def ask(root: Path, meanwhile: Callable[[], None] | None = None) -> Answer | None:
    """What git lists below ``root``, ``None`` where it fails or is missing.

    ``meanwhile`` is called once, while git works.
    """
    command = "ls-files -z -v -s --cached --deleted --modified --others --exclude-standard"
    # into a file: into a pipe that nobody reads yet git could not go on writing
    with tempfile.TemporaryFile() as output:
        git = _start(root, (*_OPTIONS, *command.split()), output)
        settings = _start(root, _ASK_SETTINGS, subprocess.PIPE)
        with git or nullcontext(), settings or nullcontext():
            if meanwhile is not None:
                meanwhile()
            if git is None or settings is None:
                return None
            try:
                configured = settings.communicate()[0]
                complaints = git.communicate()[1]
            except BaseException:
                git.kill()
                raise
        output.seek(0)
        filtered, hiding = hides_edits(configured), _hides_files(configured)
        return None if git.returncode else Answer(output.read(), complaints, filtered, hiding)


def _start(root: Path, arguments: Sequence[str], output: int | IO[bytes]) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(
            ["git", *arguments],
            cwd=root,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
        )
    except OSError:
        return None


def hides_edits(configured: bytes) -> bool:
    """Whether git's word that a file is as the index has it does not tell what is on disk.

    Git compares what a file becomes on its way into the index. A clean filter that drops lines meant for one
    machine hides that they are there, and pytest reads them all the same. ``configured`` are the keys of
    filters in git's configuration. Which files they are for does not matter: attributes may have been others
    when git looked.
    """
    keys = (key for key in configured.split(b"\0") if key.startswith(b"filter."))
    return not _HARMLESS.issuperset(key.removeprefix(b"filter.").rpartition(b".")[0] for key in keys)


def _hides_files(configured: bytes) -> bool:
    """Whether the user has an ignore file of their own, or git's top level is named by its settings."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    named = {b"core.excludesfile", b"core.worktree"}.intersection(configured.split(b"\0"))
    return bool(named) or os.path.exists(os.path.join(home, "git", "ignore"))


def walked(root: Path) -> Listing:
    """The files below ``root`` without git's word of them."""
    checkouts: list[str] = []
    return Listing(tuple(sorted(_walk(root, checkouts))), checkouts=tuple(sorted(checkouts)))


def _walk(root: Path, checkouts: list[str]) -> Iterator[str]:
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = list(found)
        except OSError:
            continue
        if folder and any(entry.name == _MARKER for entry in entries):
            continue
        # in a folder that is no checkout itself, clones are what the workspace is made of
        if folder and any(entry.name == ".git" for entry in entries) and is_apart(root / folder):
            checkouts.append(folder)
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if not is_foreign(entry.name):
                    waiting.append(path)
            elif entry.name != ".git" and not _is_special(entry):
                yield path


def _is_special(entry: os.DirEntry[str]) -> bool:
    """Sockets, pipes and devices: git ignores them, and reading one may wait for ever."""
    if entry.is_symlink() or entry.is_file():  # of a link that leads to itself nobody can say what it is
        return False
    return not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode)
