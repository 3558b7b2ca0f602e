"""From pytest's relative paths to those of the workspace, in node ids and in reports."""

from __future__ import annotations

import os
import re
from typing import Any, Dict, Iterable, Optional, Tuple

Location = Tuple[str, Optional[int], str]


class Paths:
    """Turns the worker's paths into workspace-relative ones; pytest's are relative to two other folders."""

    def __init__(self, root: str, folder: str) -> None:
        self.root = root
        self.folder = folder
        self.rootdir = folder
        self._known: Dict[str, str] = {}

    def nodeid(self, nodeid: str) -> str:
        path, sep, rest = nodeid.partition("::")
        return self.path(path) + sep + rest

    def path(self, path: str) -> str:
        """From relative to pytest's rootdir to relative to the workspace."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._relative(os.path.join(self.rootdir, path))
        return known

    def location(self, location: Iterable[Any]) -> Location:
        path, line, domain = location
        return self.path(path), line, domain

    def displayed(self, path: str) -> str:
        """From what a traceback shows, relative to the project's folder; anything unknown stays as it is."""
        if os.path.isabs(path):
            return path
        absolute = os.path.join(self.folder, path)
        return self._relative(absolute) if os.path.isfile(absolute) else path

    def local(self, nodeid: str) -> str:
        """From relative to the workspace to relative to pytest's rootdir."""
        path, sep, rest = nodeid.partition("::")
        local = os.path.relpath(os.path.join(self.root, path), self.rootdir)
        return local.replace(os.sep, "/") + sep + rest

    def _relative(self, absolute: str) -> str:
        return os.path.relpath(os.path.normpath(absolute), self.root).replace(os.sep, "/")


_TEXT_LOCATION = re.compile(r"^((?:E +)?)([^\s:][^:\n]*):(\d+): ", re.MULTILINE)


def relocate_report(data: Dict[str, Any], paths: Paths) -> Dict[str, Any]:
    """Make a serialised report's node id, location and failure paths workspace-relative, in place."""
    if data.get("nodeid") is not None:
        local, data["nodeid"] = data["nodeid"], paths.nodeid(data["nodeid"])
        for key, text in data.items():
            if isinstance(text, str) and "::" in local and text.startswith(f"{local}:"):
                data[key] = data["nodeid"] + text[len(local) :]  # Hypothesis's statistics
    if data.get("location"):
        data["location"] = paths.location(data["location"])
    longrepr = data.get("longrepr")
    if isinstance(longrepr, str):
        data["longrepr"] = _TEXT_LOCATION.sub(
            lambda m: f"{m.group(1)}{paths.displayed(m.group(2))}:{m.group(3)}: ", longrepr
        )
    elif isinstance(longrepr, dict):
        tracebacks = [longrepr.get("reprtraceback")]
        tracebacks += [element[0] for element in longrepr.get("chain") or []]
        for traceback in tracebacks:
            _relocate_traceback(traceback, paths)
    return data


def _relocate_traceback(traceback: Any, paths: Paths) -> None:
    for entry in (traceback or {}).get("reprentries") or []:
        location = (entry.get("data") or {}).get("reprfileloc")
        # The chain repeats its last traceback, and both may be one object: a second pass finds no such file.
        if location:
            location["path"] = paths.displayed(location["path"])
