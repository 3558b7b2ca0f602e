"""One kept result: the inputs, the values that they had, and everything that the workers said."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_monorepo.inputs.record.asked import ANYTHING, BELOW, LOADED
from pytest_monorepo.results.values.section import Section, digest
from pytest_monorepo.value import value
from pytest_monorepo.worker import wire

from .shares import Share

FORMAT = 7


@value(frozen=True)
class Carried:
    """What workers measured: ``infos`` of each, and the contents of their data files by name.

    Of a single file only its ``share``.
    """

    infos: Sequence[Mapping[str, Any]] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    share: Share | None = None

    @classmethod
    def fetched(cls, infos: Sequence[Mapping[str, Any]]) -> Carried:
        """The data behind what workers said; raises :class:`OSError` where it cannot be read."""
        folders = sorted({str(info["data_dir"]) for info in infos})
        found = {}
        for folder in folders:
            for path in sorted(Path(folder).iterdir()) if Path(folder).is_dir() else ():
                found[path.name] = path.read_bytes()
        return cls(infos, found)

    def restored(self, folder: Path) -> tuple[dict[str, Any], ...]:
        """Put the files into a folder; what the workers said, of that. No file counts as changed since."""
        if not self.infos:
            return ()
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in self.files.items():
            (folder / os.path.basename(name)).write_bytes(data)
        return tuple({**info, "data_dir": str(folder), "started": 0} for info in self.infos)

    def plain(self) -> dict[str, Any]:
        files = {name: base64.b64encode(data).decode("ascii") for name, data in self.files.items()}
        share = {} if self.share is None else {"share": self.share.plain()}
        return {"infos": list(self.infos), "files": files, **share}


@value(frozen=True)
class Effect:
    """What a file leaves that others may see.

    ``modules`` whose variables are others, ``facets`` of the process, the files that it ``writes``.
    ``at_import``: it is there before the first test. ``fixture``: that one does it for each of its users.
    """

    modules: tuple[str, ...] = ()
    facets: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    at_import: bool = False
    fixture: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Effect:
        modules, facets, writes = (tuple(data[name]) for name in ("modules", "facets", "writes"))
        return cls(modules, facets, writes, bool(data["at_import"]), str(data.get("fixture", "")))

    @property
    def words(self) -> str:
        """The first of what there is."""
        if self.facets:
            return f"other {self.facets[0]}"
        return f"variables of {self.modules[0]}" if self.modules else f"{self.writes[0]} written"


UNTRACED = Effect(facets=("things than a trace can hold",))
"""What a file leaves that runs a program, say."""


@value(frozen=True)
class Entry:
    """The result of one test file, or, where ``file`` is empty, which files the project has: ``unit``.

    ``bases`` name the inputs that it shares with others; ``payload`` are the packed words of the workers.
    ``created`` is in epoch seconds, ``commit`` the commit's short name then, ``seconds`` what the tests took.
    ``run`` tells runs apart; ``unit`` are the files whose results hold only together with this one, of one
    run. ``whole``: only all files together are replayed. ``together`` are files that one worker should run,
    ``order`` is that of a run of all, as far as it is known. ``asked`` names the variables that it reads,
    ``looking`` files that mean something only where all files of the project are loaded: of a test file's
    result itself. ``part``: a shard has run it, and what other shards' files leave it has not seen.
    ``tied`` is the only folder where what was measured can be carried on, where there is one. ``beside`` says
    what all were that it holds together with: of several runs in which they were the same each will do.
    """

    project: str
    file: str
    created: float
    commit: str
    bases: tuple[str, ...]
    own: Section
    payload: bytes
    tests: int
    seconds: float
    run: str = ""
    unit: tuple[str, ...] = ()
    whole: bool = False
    effects: tuple[Effect, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    order: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    looking: tuple[str, ...] = ()
    part: bool = False
    tied: str = ""
    beside: str = ""

    @property
    def runs(self) -> tuple[str, ...]:
        """By which others go with it: the run, and all runs in which what it holds with was the same."""
        return (self.run, self.beside) if self.beside else (self.run,)

    def goes_with(self, other: Entry) -> bool:
        """Whether it is known that both hold side by side."""
        return not {*self.runs}.isdisjoint(other.runs)

    @property
    def looks(self) -> bool:
        """Whether it matters to the file what others load."""
        return bool(self.looking) or any(name.startswith((LOADED, BELOW)) for name in self.asked)

    @property
    def apart(self) -> bool:
        """Whether it ran without others that the project has, or may come to have."""
        return self.part or ANYTHING in self.asked

    @property
    def name(self) -> str:
        """By which what has other inputs is another object under one key."""
        further = [word for word in (self.tied, self.beside) if word]
        return digest([self.own.answers, self.bases, *further])[:32]

    def encoded(self) -> bytes:
        data = {
            "format": FORMAT,
            "project": self.project,
            "file": self.file,
            "created": self.created,
            "commit": self.commit,
            "bases": self.bases,
            "own": self.own.plain(),
            "tests": self.tests,
            "seconds": self.seconds,
            "run": self.run,
            "unit": self.unit,
            "whole": self.whole,
            "together": self.together,
            "order": self.order,
            "asked": self.asked,
            "looking": self.looking,
            "part": self.part,
            "tied": self.tied,
            "beside": self.beside,
            "effects": [dataclasses.asdict(effect) for effect in self.effects],
        }
        header = packed(data)
        return len(header).to_bytes(4, "big") + header + self.payload

    def decoded_messages(self) -> list[Any]:
        """The messages as values; raises :class:`protocol.ProtocolError` for what is none."""
        return list(map(wire.of, self._said["messages"]))

    @property
    def coverage(self) -> Carried:
        """What was measured."""
        found = self._said["coverage"]
        return Carried(found["infos"], {n: base64.b64decode(data) for n, data in found["files"].items()})

    @property
    def gave(self) -> Mapping[str, Sequence[str]]:
        """Of a record, the outcomes; it has no messages."""
        return dict(self._said.get("gave", {}))

    @property
    def flaky(self) -> Sequence[str]:
        """Of a record, the tests that gave one thing and another in one run."""
        return list(self._said.get("flaky", ()))

    @property
    def share(self) -> Share | None:
        """What this file covered; ``None`` where that was not told apart."""
        found = self._said["coverage"].get("share")
        return None if found is None else Share.from_plain(found)

    @cached_property
    def _said(self) -> dict[str, Any]:
        found: dict[str, Any] = unpacked(self.payload)
        return found

    @property
    def origin(self) -> str:
        """``3f2c1ab, 2 h ago``."""
        age = ago(time.time() - self.created)
        return f"{self.commit}, {age}" if self.commit else age


def packed(data: object) -> bytes:
    return compressed(json.dumps(data, separators=(",", ":")).encode("ascii"))


def compressed(text: bytes) -> bytes:
    """As :func:`packed`, of JSON."""
    return zlib.compress(text, 1)


LARGEST = 512_000_000
"""Bytes that anything kept may have once it is unpacked."""


def unpacked(data: bytes, largest: int = LARGEST) -> Any:
    """Raises ``ValueError`` for what was not packed, or is larger than anything that is."""
    reader = zlib.decompressobj()
    try:
        plain = reader.decompress(data, largest)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not reader.eof:
        raise ValueError("cut short, or too large")
    return json.loads(plain)


def decoded(data: bytes) -> Entry:
    """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything but an entry of this format."""
    size = int.from_bytes(data[:4], "big")
    plain = unpacked(data[4 : 4 + size])
    if plain["format"] != FORMAT:
        raise ValueError(f"format {plain['format']}")
    return Entry(
        project=str(plain["project"]),
        file=str(plain["file"]),
        created=float(plain["created"]),
        commit=str(plain["commit"]),
        bases=tuple(map(str, plain["bases"])),
        own=Section.of(plain["own"]),
        payload=data[4 + size :],
        tests=int(plain["tests"]),
        seconds=float(plain["seconds"]),
        run=str(plain["run"]),
        unit=tuple(map(str, plain["unit"])),
        whole=bool(plain["whole"]),
        effects=tuple(map(Effect.of, plain["effects"])),
        together=tuple(tuple(map(str, files)) for files in plain["together"]),
        order=tuple(map(str, plain["order"])),
        asked=tuple(map(str, plain["asked"])),
        looking=tuple(map(str, plain["looking"])),
        part=bool(plain["part"]),
        tied=str(plain["tied"]),
        beside=str(plain["beside"]),
    )


def ago(seconds: float) -> str:
    """``just now``, ``5 min ago``, ``2 h ago``, ``3 days ago``."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 48 * 3600:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86400)} days ago"
