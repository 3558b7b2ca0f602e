"""Whether an installed source is what its installer brought: ``RECORD`` holds a digest of each file."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from typing import Dict, Iterator, Tuple

from . import originals


class Installed:
    """Asked of one file after the other; each ``RECORD`` is read once."""

    def __init__(self) -> None:
        self._known: Dict[str, Dict[str, str]] = {}

    def brought(self, source: str) -> bool:
        """Whether the file holds what an installer has noted of it; not where nobody has noted anything."""
        for folder, name in _below_search_path(source):
            for record in _records(folder, name):
                if record not in self._known:
                    self._known[record] = _read(record)
                if name in self._known[record]:
                    return self._known[record][name] == _digest(source)
        return False


def _below_search_path(source: str) -> Iterator[Tuple[str, str]]:
    """(folder of the search path, name below it, as ``RECORD`` has it)."""
    for folder in dict.fromkeys(map(str, sys.path)):
        if folder and source.startswith(f"{folder}/"):
            yield folder, source[len(folder) + 1 :]


def _records(folder: str, name: str) -> Iterator[str]:
    """Those of the folder, first the ones that look like the package's."""
    top = name.partition("/")[0].partition(".")[0].lower()
    try:
        found = [one for one in originals.listdir(folder) if one.endswith(".dist-info")]
    except OSError:
        return
    for one in sorted(found, key=lambda one: (not one.lower().startswith(top), one)):
        yield os.path.join(folder, one, "RECORD")


def _read(record: str) -> Dict[str, str]:
    """The digests by name; a name with a comma is in quotes, and so is never asked for."""
    try:
        with open(record, encoding="utf-8") as stream:
            lines = [line.rstrip("\n").split(",") for line in stream]
    except (OSError, ValueError):
        return {}
    return {line[0]: line[1] for line in lines if len(line) == _FIELDS and line[1].startswith(_KIND)}


# path, digest, size: https://packaging.python.org/en/latest/specifications/recording-installed-packages/
_FIELDS = 3
_KIND = "sha256="


def _digest(source: str) -> str:
    try:
        with open(source, "rb") as stream:
            found = hashlib.sha256(stream.read()).digest()
    except OSError:
        return ""
    return _KIND + base64.urlsafe_b64encode(found).rstrip(b"=").decode("ascii")
