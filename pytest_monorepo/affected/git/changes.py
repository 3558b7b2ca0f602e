"""What git says about changed files, as values, and the pure parsers of its bytes.

Names are decoded with ``surrogateescape``, as :mod:`os` does: one that is not UTF-8 survives the way back.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

# modes as git's trees have them: a submodule is the commit that it stands at, a link its target as a text
GITLINK = "160000"
SYMLINK = "120000"
UNKNOWN = "S"
"""The status of a submodule of which nobody can tell here which files it had, or has."""
# the letters of `git ls-files -v`: H as the index has it, R deleted, C changed on disk, M unmerged; small
# where `git update-index --assume-unchanged` has told git not to look
_ORDINARY = (b"H 100644 ", b"H 100755 ")
_EDITED = (b"R ", b"C ", b"r ", b"c ")


class Change(NamedTuple):
    """One path, POSIX and relative to the workspace root (``../x`` for what lies outside of it).

    ``status`` is git's letter (``A`` added, ``D`` deleted, ``M`` modified, ``T`` type, ``U`` unmerged), ``?``
    for an untracked file, ``L`` for a link whose target changed and :data:`UNKNOWN` for a submodule of which
    the files are not known. Renames are ``D`` and ``A``.
    """

    path: str
    status: str


class Changes(NamedTuple):
    """What differs from ``ref``: ``bases`` are the full hashes compared with, ``base`` their short form.

    ``notes`` are sentences for the user, such as what ``--affected-fetch`` has done.
    """

    ref: str
    base: str | None
    bases: tuple[str, ...]
    changed: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The changed paths, sorted, each once."""
        return tuple(sorted({change.path for change in self.changed}))

    @property
    def untracked(self) -> frozenset[str]:
        """Those that git knows neither now nor at the base."""
        known = {change.path for change in self.changed if change.status != "?"}
        return frozenset(change.path for change in self.changed if change.status == "?") - known

    @property
    def unknown(self) -> frozenset[str]:
        """The submodules of which not all files that changed can be told."""
        return frozenset(change.path for change in self.changed if change.status == UNKNOWN)

    @property
    def files(self) -> int:
        """How many files changed."""
        return len(self.paths)


class Delta(NamedTuple):
    """One line of ``git diff --raw``, path relative to git's top level; hashes not known are zeros."""

    path: str
    status: str
    old_mode: str
    new_mode: str
    old: str
    new: str


class Entry(NamedTuple):
    """A file in the index. ``tag`` is the letter of ``git ls-files -v``."""

    path: str
    mode: str
    hash: str
    stage: int
    tag: str

    @property
    def assumed(self) -> bool:
        """Git was told to assume that the file on disk is unchanged."""
        return self.tag.islower()

    @property
    def unseen(self) -> bool:
        """Git does not look at the file on disk: assumed unchanged, or outside of a sparse checkout."""
        return self.assumed or self.tag == "S"


class Listing(NamedTuple):
    """Entries of the index and the untracked files that are not ignored, relative to git's top level.

    ``tracked`` may leave out ordinary files, see :func:`parse_listing`. An untracked path that ends with
    ``/`` is another checkout.
    """

    tracked: tuple[Entry, ...]
    untracked: tuple[str, ...]

    def of_mode(self, mode: str) -> tuple[Entry, ...]:
        """The entries of one file mode (``GITLINK``, ``SYMLINK``)."""
        return tuple(entry for entry in self.tracked if entry.mode == mode)


def decoded(name: bytes) -> str:
    """A path as git stores it → text that :func:`encoded` turns back into the same bytes."""
    return name.decode("utf-8", "surrogateescape")


def encoded(name: str) -> bytes:
    """The inverse of :func:`decoded`."""
    return name.encode("utf-8", "surrogateescape")


def parse_raw(out: bytes) -> Iterator[Delta]:
    """``git diff --raw -z`` → one :class:`Delta` a path; both ends if git reports a rename or copy."""
    fields = iter(out.split(b"\0"))
    for head in fields:
        if not head:
            continue
        old_mode, new_mode, old, new, status = head.decode("ascii").removeprefix(":").split(" ")
        # asked with --no-renames; one that is reported all the same (R100, C75: with a score) names two paths
        ends = 2 if status[0] in "RC" else 1
        for _ in range(ends):
            yield Delta(decoded(next(fields)), status[0], old_mode, new_mode, old, new)


def parse_listing(out: bytes, *, ordinary: bool = True) -> Listing:
    """``git ls-files -z -v --stage --cached --others`` → :class:`Listing`.

    Without ``ordinary`` only links, submodules, unmerged files and those with a flag are in it: a fast sieve
    for workspaces of 20,000 files. What ``--deleted`` and ``--modified`` add is passed over.
    """
    tracked: list[Entry] = []
    untracked: list[str] = []
    for line in out.split(b"\0"):
        if line.startswith(_EDITED) or (not ordinary and line.startswith(_ORDINARY)):
            continue
        if line.startswith(b"? "):  # --others: such a line has neither mode nor hash
            untracked.append(decoded(line[2:]))
        elif line:
            tracked.append(_entry(line))
    return Listing(tuple(tracked), tuple(untracked))


def parse_edited(out: bytes) -> Iterator[Entry]:
    """``git ls-files -z -v --stage --deleted --modified`` → the files that are not as the index has them.

    Unmerged ones among them.
    """
    for line in out.split(b"\0"):
        if line.startswith((*_EDITED, b"M ", b"m ")):
            yield _entry(line)


def _entry(line: bytes) -> Entry:
    head, name = line.split(b"\t", 1)
    tag, mode, blob, stage = head.decode("ascii").split(" ")
    return Entry(decoded(name), mode, blob, int(stage), tag)


def parse_hashes(out: bytes) -> dict[str, str]:
    """``git ls-files -z -v --stage`` → path → blob hash, of ordinary files that have one and no flag."""
    found = {}
    for line in decoded(out).split("\0"):
        head, _, path = line.partition("\t")
        if head.startswith(("H 100644 ", "H 100755 ")) and head.endswith(" 0"):
            found[path] = head[9:-2]
    return found


def parse_tree(out: bytes) -> dict[str, tuple[str, str]]:
    """``git ls-tree -r -z`` → path → (mode, hash)."""
    found = {}
    for line in out.split(b"\0"):
        if line:
            head, name = line.split(b"\t", 1)
            mode, _, blob = head.decode("ascii").split(" ")
            found[decoded(name)] = (mode, blob)
    return found


def parse_batch(out: bytes, names: Iterable[str]) -> dict[str, bytes]:
    """``git cat-file --batch`` asked for one blob per name, in order → name → content, without missing ones.

    The answer for a missing object repeats the question, so the questions must hold no newline.
    """
    found = {}
    at = 0
    for name in names:
        end = out.index(b"\n", at)
        head = out[at:end]
        at = end + 1
        if head.endswith((b" missing", b" ambiguous")):  # no content follows (git cat-file, "BATCH OUTPUT")
            continue
        _, kind, size = head.rsplit(b" ", 2)
        if kind == b"blob":
            found[name] = out[at : at + int(size)]
        at += int(size) + 1
    return found


def relative_to(prefix: str) -> Callable[[str], str]:
    """Turns paths below git's top level into paths relative to the folder ``prefix`` (``""``, ``"a/b/"``)."""
    if not prefix:
        return lambda path: path
    folder = "/" + prefix.rstrip("/")

    def relative(path: str) -> str:
        return path[len(prefix) :] if path.startswith(prefix) else posixpath.relpath("/" + path, folder)

    return relative


def through_links(targets: Mapping[str, Iterable[str]], changed: Iterable[str]) -> set[str]:
    """The links whose content changed: ``targets`` maps a link to the paths it leads through or to.

    A changed file below a linked folder is returned as seen through the link, for the project that holds the
    link need not hold the file.
    """
    links: dict[str, list[str]] = {}
    for link, paths in targets.items():
        for target in paths:
            links.setdefault(target, []).append(link)
    if not links:
        return set()
    changed = set(changed)
    found = {link for target in links if not changed.isdisjoint(_above(target)) for link in links[target]}
    for path in changed:
        for above in (path, *_above(path), ""):
            rest = path[len(above) :] if above else "/" + path
            found.update(link + rest for link in links.get(above, ()))
    return found - changed


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
