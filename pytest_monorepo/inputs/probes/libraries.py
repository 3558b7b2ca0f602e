"""The system's libraries that compiled modules, and Python itself, are linked with: they may be replaced."""

from __future__ import annotations

from typing import Iterator

from ..record.recorder import Recorder

_MAPPED = "/proc/self/maps"


def loaded() -> Iterator[str]:
    """The paths of those that are in this process."""
    try:
        with open(_MAPPED, encoding="utf-8", errors="surrogateescape") as stream:
            # proc(5): address, rights, offset, device, inode, and a path that may hold blanks
            fields = [line.rstrip("\n").split(None, 5) for line in stream]
    except OSError:
        return
    paths = {parts[5] for parts in fields if len(parts) > 5 and parts[5].startswith("/")}
    yield from sorted(path for path in paths if ".so" in path and not path.endswith(" (deleted)"))


def note(recorder: Recorder) -> None:
    """Whoever runs here depends on them; it may be asked while nobody listens."""
    for path in loaded():
        recorder.see_file(path)
