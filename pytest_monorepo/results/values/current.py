"""What the inputs are now. All is asked for once in a run; contents are remembered by size and times."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, NamedTuple

import tomli  # noqa: F401 - inputs/tables.py parses with what is loaded, which on a cluster's node nothing else is

from pytest_monorepo.inputs import tables
from pytest_monorepo.inputs.record import values
from pytest_monorepo.options import ROUND
from pytest_monorepo.value import value

_RACE = 2.0
"""Seconds within which a file may be written twice and keep its times, on a coarse file system."""


@value(frozen=False)
class Digests:
    """Content digests by path and :func:`values.fingerprint`, kept in ``file`` from one run to the next.

    ``read`` are contents that have been read for them, of Python sources that are small.
    """

    file: Path | None = None
    known: dict[str, list[Any]] = field(default_factory=dict)
    fresh: bool = False
    read: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> Digests:
        """Those remembered; none where there are none or they cannot be read."""
        try:
            known = json.loads(file.read_text(encoding="ascii"))
            return cls(file, known if isinstance(known, dict) else {})
        except (OSError, ValueError):
            return cls(file)

    def of(self, path: str, fingerprint: Any) -> Any:
        """The content of the file as a digest; ``None`` where it cannot be read."""
        if (known := self._as_was(path, fingerprint)) is not None:
            return known
        try:
            digest = _digest(path, fingerprint, self.read)
        except OSError as error:
            return values.of_error(error)
        if digest is None:
            return _unsettled()
        self._remember(path, fingerprint, digest)
        return digest

    def taken(self, kind: str, path: str, fingerprint: Any) -> Any:
        """What its reader takes out of a file, as :mod:`~pytest_monorepo.inputs.tables` has it.

        To parse it takes as long as to hash a hundred of its size. Not remembered is what our own code reads.
        """
        parser = tables.parser(kind)
        if parser is None:
            return values.now(kind, path)
        # another Python's may take for TOML what this one's does not
        name = f"{kind} by {parser}: {path}"
        if (known := self._as_was(name, fingerprint)) is not None:
            return known
        found = values.now(kind, path)
        if values.fingerprint(path) != fingerprint:
            return _unsettled()
        if not values.is_error(found):  # which may be over, or another user's
            self._remember(name, fingerprint, found)
        return found

    def _as_was(self, name: str, fingerprint: Any) -> Any:
        known = self.known.get(name)
        return known[-1] if isinstance(known, list) and known[:-1] == fingerprint else None

    def _remember(self, name: str, fingerprint: Any, found: Any) -> None:
        if max(fingerprint[1], fingerprint[2]) / 1e9 < time.time() - _RACE:
            self.known[name], self.fresh = [*fingerprint, found], True

    def save(self) -> None:
        """Remember them; what cannot be written is read again next time."""
        if self.file is None or not self.fresh:
            return
        from pytest_monorepo.results.files import write_atomically

        kept = dict(list(self.known.items())[-_MOST:])
        write_atomically(self.file, json.dumps(kept).encode("ascii"))


def _digest(path: str, fingerprint: Any, contents: dict[str, bytes]) -> str | None:
    """Of the file that had the fingerprint; ``None`` where it is another by now.

    A small source is kept in ``contents``: what is asked of it next has to read all of it, too.

    Of a small file at once: ``hashlib`` makes a buffer of 256 kB for each, and these are hundreds.
    """
    size = fingerprint[0]
    # a stream asks four questions more of the system
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_BINARY", 0))
    try:
        if size > _AT_ONCE and hasattr(hashlib, "file_digest"):  # Python 3.11
            with open(number, "rb", buffering=0, closefd=False) as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        else:
            found = os.read(number, size + 1)
            if len(found) != size:
                # it is another size by now, or has come in part (FUSE with direct I/O)
                while more := os.read(number, _AT_ONCE):
                    found += more
            digest = hashlib.sha256(found).hexdigest()
            if size <= _SMALL and path.endswith(_SOURCES) and len(contents) < _MANY:
                contents[path] = found
        # of a file that is open it may be told otherwise than by its name, where something is in between
        same = values.of_regular(os.fstat(number)) == fingerprint or values.fingerprint(path) == fingerprint
    finally:
        os.close(number)
    return digest if same else None


def _unsettled() -> list[str]:
    """The content of what is being written: it is never the same."""
    return ["written", os.urandom(8).hex()]


_OF_ENVIRONMENTS = ("/pyvenv.cfg", "/conda-meta/history")
_SOURCES, _SMALL, _MANY = (".py", ".sql"), 64_000, 2_000
_AT_ONCE = 1_000_000
_MOST = 200_000


class _Names(NamedTuple):
    """Those in a folder; ``stems`` are what comes before the first dot, which no module's name holds."""

    names: frozenset[str]
    stems: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> _Names:
        return cls(frozenset(names), frozenset(name.partition(".")[0] for name in names))


class Current:
    """Asks for each input once."""

    def __init__(self, digests: Digests) -> None:
        self.digests = digests
        self._known: dict[tuple[str, str], Any] = {}
        self._statuses: dict[str, Any] = {}
        self._listed: dict[str, _Names] = {}
        self._found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        self._once: dict[Hashable, Any] = {}

    def once(self, name: Hashable, ask: Callable[[], Any]) -> Any:
        """What is the same for all projects, asked for the first of them."""
        if name not in self._once:
            self._once[name] = ask()
        return self._once[name]

    def value(self, kind: str, path: str) -> Any:
        """As :func:`values.now`; of a file its content."""
        key = (kind, path)
        if key not in self._known:
            self._known[key] = self._asked(kind, path)
        return self._known[key]

    def _asked(self, kind: str, path: str) -> Any:
        if kind in values.FOLLOWED:
            found = self._status(path)
            return values.of_stat(kind, found) if isinstance(found, os.stat_result) else found
        if kind != "file" and kind not in tables.KINDS:
            return values.now(kind, path)
        fingerprint = self._fingerprint(path)
        if not isinstance(fingerprint, list):
            return fingerprint if kind == "file" else values.now(kind, path)
        if kind == "file":
            return self.digests.of(path, fingerprint)
        return self.digests.taken(kind, path, fingerprint)

    def _fingerprint(self, path: str) -> Any:
        """That by which it was held to be the same is that of the content which counts for it."""
        found = self._status(path)
        return values.fingerprint_of(found) if isinstance(found, os.stat_result) else found

    def _status(self, path: str) -> Any:
        if path not in self._statuses:
            self._statuses[path] = None if self._lies_in_a_file(path) else values.status(path)
        return self._statuses[path]

    def _lies_in_a_file(self, path: str) -> bool:
        """So pytest asks of each file whether it is an environment (``_in_venv`` in _pytest/main.py)."""
        for end in _OF_ENVIRONMENTS:
            if path.endswith(end):
                around = self._status(path[: -len(end)])
                return isinstance(around, os.stat_result) and stat.S_ISREG(around.st_mode)
        return False

    def source(self, path: str, most: int = -1) -> bytes:
        """What the file holds, its first ``most`` bytes at least; nothing where it cannot be read."""
        found = self.digests.read.get(path)
        if found is None:
            try:
                with open(path, "rb") as stream:
                    found = stream.read(most)
            except OSError:
                return b""
        return found

    def is_same_file(self, path: str, was: Any, ours: bool) -> bool:
        """Whether the file is as it was when it had that fingerprint.

        Of an installed file the ctime may be another: it changes with each link to the file, and installers
        make one for every environment.
        """
        seen = self._fingerprint(path)
        if seen == was or ours or not (isinstance(seen, list) and isinstance(was, list)):
            return bool(seen == was)
        return [*seen[:2], seen[3]] == [*was[:2], was[3]]

    def lookup(self, folder: str, name: str, suffixes: tuple[str, ...]) -> list[str]:
        """What could be the module ``name`` in the folder."""
        key = (folder, name, suffixes)
        if key not in self._found:
            self._found[key] = values.lookup(folder, name, suffixes, self._names(folder).names)
        return self._found[key]

    def lookups(
        self, folder: str, names: Mapping[str, list[str]], suffixes: tuple[str, ...]
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        """(name, what it was, what it is) for each module that is looked for in a folder and is another."""
        stems = self._names(folder).stems
        for name, was in names.items():
            # nearly all are looked for in vain
            if was or name in stems:
                found = self.lookup(folder, name, suffixes)
                if found != was:
                    yield name, was, found

    def _names(self, folder: str) -> _Names:
        if folder not in self._listed:
            listed = values.names(folder)
            self._listed[folder] = _Names.of(listed if isinstance(listed, list) else ())
        return self._listed[folder]

    def forget(self) -> None:
        """Tests have run since."""
        self._known.clear()
        self._statuses.clear()
        self.digests.read.clear()
        self._listed.clear()
        self._found.clear()
        self._once.clear()


def keyed(secret: bytes, name: str, value: str) -> str:
    """A hash that tells equal values, and nothing of them to who has not the key."""
    return hmac.new(secret, f"{name}={value}".encode("utf-8", "surrogateescape"), "sha256").hexdigest()[:32]


def keyed_environment(secret: bytes, environ: Mapping[str, str], ignored: frozenset[str]) -> str:
    """Of all variables but those that are ignored."""
    counted = {name: value for name, value in environ.items() if not _is_ignored(name, ignored)}
    return keyed(secret, "", json.dumps(counted, sort_keys=True))


def _is_ignored(name: str, ignored: frozenset[str]) -> bool:
    return name in ignored or any(one.endswith("*") and name.startswith(one[:-1]) for one in ignored)


PER_RUN = frozenset(
    (
        ROUND,  # of --watch: there is one in each of its rounds, and another in some
        "PYTEST_CURRENT_TEST",
        "PYTEST_MONOREPO_WORKER",
        "PYTEST_VERSION",
        "PYTEST_XDIST_TESTRUNUID",
        "PYTEST_XDIST_WORKER",
        "PYTEST_XDIST_WORKER_COUNT",
    )
)
"""The variables that pytest and we set for each run: they do not count where all are read at once.

Those of a CI or a terminal do: what Python copies it can look at, and a program that a test starts keeps its
project from being kept in any case.
"""


def ignored(more: tuple[str, ...]) -> frozenset[str]:
    """Those that do not count, with what ``cached-ignore-env`` adds; a name may end in ``*``."""
    return PER_RUN | frozenset(more)
