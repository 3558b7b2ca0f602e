"""The system's libraries that compiled modules, and Python itself, are linked with: they may be replaced."""

from __future__ import annotations

import os
import re
from typing import Iterator

from ..record.recorder import Recorder

__tracebackhide__ = True

_MAPPED = "/proc/self/maps"


def loaded() -> Iterator[str]:
    """The paths of those that are in this process."""
    try:
        with open(_MAPPED, "rb", buffering=0) as stream:
            text = stream.readall()
    except OSError:
        return
    for path in sorted(set(_PATHS.findall(text))):
        if not path.endswith(b" (deleted)"):
            yield os.fsdecode(path)


# proc(5): address, rights, offset, device, inode, and a path that may hold blanks; no other field has a slash
_PATHS = re.compile(rb" (/.*\.so.*)$", re.MULTILINE)


def note(recorder: Recorder) -> None:
    """Whoever runs here depends on them; it may be asked while nobody listens."""
    known = recorder.base.inputs.get("file", {})
    for path in loaded():
        if path not in known:  # as nearly all are by the time that a worker asks: they are everybody's
            recorder.see_file(path)
