"""What the workers of a node have read, told so that another machine can compare it with what it has.

A worker notes of a file its size and times, which are this machine's own. Here they become its content, if it
still is what was read; and the paths become those that the controller would have asked for.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pytest_monorepo.cluster.places import Places
from pytest_monorepo.cluster.words import Brief
from pytest_monorepo.results.entries import key
from pytest_monorepo.results.entries.entry import packed, unpacked
from pytest_monorepo.results.keeping.kept import Kept
from pytest_monorepo.results.values import places as named
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.section import merged
from pytest_monorepo.worker import protocol

from .leavings import File

Trace = Mapping[str, Any]


def sealed(trace: Trace) -> protocol.Traced:
    """A trace as it crosses: Dask's scheduler keeps notes for a while, and a trace is long."""
    return protocol.Traced({"packed": base64.b64encode(packed(trace)).decode("ascii")})


def opened(message: protocol.Traced) -> protocol.Traced:
    """The other way round; raises :class:`protocol.ProtocolError` for what was not sealed so."""
    try:
        return protocol.Traced(unpacked(base64.b64decode(message.trace["packed"], validate=True)))
    except (KeyError, TypeError, ValueError) as error:
        raise protocol.ProtocolError(f"a trace: {error}") from None


@dataclass
class Reading:
    """Of all workers of an agent. What was written since ``began``, in epoch nanoseconds, a test has written.

    ``files`` are (path on this node, content) of what the controller is to be given besides. ``_bases`` are
    what fork servers have read, and where of that the controller finds what was told.
    """

    brief: Brief
    places: Places
    files: list[File] = field(default_factory=list)
    current: Current = field(default_factory=lambda: Current(Digests()))
    began: int = 0
    _bases: dict[str, str] = field(default_factory=dict)

    def told(self, message: protocol.Traced, root: str, there: str, here: str) -> protocol.Traced:
        """What a worker has told, for the controller.

        ``root`` is the workspace's on this node, ``there`` and ``here`` are the controller's and the node's
        interpreter.
        """
        self.current.forget()  # tests have run since the last one
        home = named.Places(tuple((name, folder) for name, folder in self.brief.homes[there]))
        sections = _Sections(self, named.Places.of(Path(root), here), home)
        trace, suffixes = message.trace, message.trace["suffixes"]
        told = sections.told(trace, suffixes)
        told["reasons"] += self._unlike(there, here)
        told["base"] = self._base(trace["base"], sections)
        told["parts"] = [sections.told(part, suffixes) for part in trace["parts"]]
        told["collection"] = sections.told(trace["collection"], suffixes)
        told["node"] = self.brief.node
        return sealed(self._as_home(told))

    def _as_home(self, data: Trace) -> Any:
        """What stands in values may be paths, too."""
        return json.loads(self.places.home(json.dumps(data)))

    def _unlike(self, there: str, here: str) -> list[str]:
        theirs, ours = self.brief.machines[there], key.machine(here, self.current)
        return [f"{name} of node {self.brief.node}" for name in ours if ours[name] != theirs[name]]

    def _base(self, file: str, sections: _Sections) -> str:
        if file and file not in self._bases:
            with open(file, encoding="utf-8", errors="surrogateescape") as stream:
                data = json.load(stream)
            told = {**sections.told(data, data["suffixes"]), "node": self.brief.node}
            name = os.path.join(self.brief.tmp, f"inputs-{self.brief.token[-8:]}-{len(self._bases)}.json")
            self.files.append((name, json.dumps(self._as_home(told)).encode("ascii")))
            self._bases[file] = name
        return self._bases.get(file, "")


@dataclass(frozen=True)
class _Sections:
    """``here`` and ``home`` say where the same things lie on the node and at the controller."""

    reading: Reading
    here: named.Places
    home: named.Places

    def told(self, section: Trace, suffixes: list[str]) -> dict[str, Any]:
        """One section's inputs as they would be at home; where they are others by now a reason is added."""
        current = self.reading.current
        traced = merged([{**section, "suffixes": suffixes, "environment": {}}])
        kept = Kept(Now(current, self.here, os.environ, b"", frozenset()), self.reading.began)
        changed = kept.changed(traced)
        reasons = [*section["reasons"], *([changed] if changed is not None else [])]
        inputs: dict[str, dict[str, Any]] = {}
        for kind, paths in section["inputs"].items():
            known = inputs.setdefault(kind, {})
            for path, was in paths.items():
                if not self._is_way_to_ours(kind, path, was):
                    value = current.value(kind, path) if kind == "file" else was
                    self._put(known, path, value, reasons)
        lookups: dict[str, dict[str, Any]] = {}
        for folder, names in section["lookups"].items():
            self._put(lookups, folder, names, reasons)
        return {**section, "inputs": inputs, "lookups": lookups, "reasons": reasons}

    def _is_way_to_ours(self, kind: str, path: str, was: Any) -> bool:
        """Whether it is that temporary folders lie in a real folder, which has a name of this run here."""
        above = self.reading.brief.tmp.startswith(path)
        return above and kind in ("type", "ltype") and was == "folder" and self.here.portable(path) == path

    def _put(self, known: dict[str, Any], path: str, value: Any, reasons: list[str]) -> None:
        """Above the workspace two folders of the node may be one at home."""
        place = self.home.absolute(self.here.portable(path))
        if known.setdefault(place, value) != value:
            reasons.append(f"{place} is not one on node {self.reading.brief.node}")
