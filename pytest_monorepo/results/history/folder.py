"""A folder of records, one file a run: nobody writes into another's file, so that none can be lost or torn.

The folders of shards, branches and machines are put together by copying their files into one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pytest_monorepo.results.files import write_atomically

from .plain import DAMAGED
from .record import Record, decoded, encoded

RUNS = 60
"""How many runs are remembered; the oldest go first."""

_SUFFIX = ".jsonl.gz"


def read(folders: Iterable[Path], most: int = RUNS) -> tuple[Record, ...]:
    """The newest runs of all the folders, oldest first; what is damaged is passed over."""
    files: dict[str, Path] = {}
    for folder in folders:
        for name in _names(folder):
            files.setdefault(name, folder / name)
    found = []
    for name in sorted(files, reverse=True):
        with contextlib.suppress(*DAMAGED):
            found.append(decoded(files[name].read_bytes()))
        if len(found) == most:
            break
    return tuple(reversed(found))


def write(folder: Path, record: Record, most: int, also: Collection[str] = ()) -> bool:
    """Whether the run is remembered there; see :func:`~.record.encoded` for ``most`` and ``also``."""
    if not write_atomically(folder / record.name, encoded(record, most, also)):
        return False
    with contextlib.suppress(OSError):
        os.chmod(folder / record.name, 0o644)  # a page is published, and made anew by another user
    for name in sorted(_names(folder))[:-RUNS]:
        with contextlib.suppress(OSError):
            os.unlink(folder / name)
    return True


def _names(folder: Path) -> Sequence[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(_SUFFIX) and not name.startswith(".")]
    except OSError:
        return []
