"""Files that a worker leaves on its node and the controller reads: its logs, and what it measured."""

from __future__ import annotations

import base64
import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from pytest_monorepo.cluster.places import Places
from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.coverage.shares import NAME as SHARES

MOST_INLINE = 48 << 10
"""Bytes that come with the note of the end; more is fetched: Dask's scheduler keeps notes for a while."""

_MOST_OF_A_LOG = 4 << 20

File = tuple[str, bytes]


@dataclass
class Leavings:
    """Of one project's workers on this node; ``job`` is theirs, with the node's paths.

    ``python`` is the controller's interpreter and the node's, ``more`` what is to go with them besides.
    """

    job: protocol.Job
    places: Places
    python: tuple[str, str] = ("", "")
    more: list[File] = field(default_factory=list)
    _sent: dict[str, tuple[int, int]] = field(default_factory=dict)

    def collect(self) -> list[File]:
        """(the controller's path, content) of all that is new since the last call."""
        found = [(path, self._log(path)) for path in (self.job.out, self.job.err) if self._is_new(path)]
        if self.job.coverage is not None:
            found += self._measured(str(self.job.coverage["data_dir"]))
        found += self.more
        self.more.clear()
        return [(self.places.path_home(path), content) for path, content in found]

    def _is_new(self, path: str) -> bool:
        try:
            facts = os.stat(path)
        except OSError:
            return False
        known = self._sent.get(path)
        self._sent[path] = now = (facts.st_size, facts.st_mtime_ns)
        return known != now and facts.st_size > 0

    def _log(self, path: str) -> bytes:
        with contextlib.suppress(OSError), open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.seek(max(0, size - _MOST_OF_A_LOG))
            return self.places.log_home(stream.read())
        return b""

    def _measured(self, folder: str) -> list[File]:
        from pytest_monorepo.reports.coverage.measured.data import data_files

        new = [name for name in data_files(folder) if self._is_new(name)]
        found = [(name, relocated(name, self.places)) for name in new]
        shares = filter(self._is_new, map(str, Path(folder).glob(f"{SHARES}*.json")))
        return found + [(name, self.places.home(Path(name).read_text()).encode("ascii")) for name in shares]


def relocated(data_file: str, places: Places) -> bytes:
    """The content of a data file of coverage.py, with the controller's paths in it."""
    import coverage

    from pytest_monorepo.reports.coverage.measured.data import opened

    copy = Path(f"{data_file}-home")
    try:
        with opened(data_file) as there, opened(str(copy)) as here:
            there.read()
            here.update(there, map_path=places.path_home)
            here.write()
        return copy.read_bytes()
    except (coverage.CoverageException, OSError):
        return Path(data_file).read_bytes()  # whoever reads it says so
    finally:
        copy.unlink(missing_ok=True)


def packed(files: list[File]) -> list[list[str]]:
    return [[path, base64.b64encode(content).decode("ascii")] for path, content in files]


def unpacked(files: list[list[str]]) -> list[File]:
    return [(path, base64.b64decode(content)) for path, content in files]


def write(files: list[File]) -> None:
    """On the controller's side; a log of several workers grows, what is measured takes its file's place."""
    for path, content in files:
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            Path(path).write_bytes(content)
