"""A Dask cluster by the documented command lines, each Dask worker for a machine of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.patience import until

MARK = "MONOREPO_TEST_MACHINE"


def need_dask() -> None:
    """Skip where it is not installed. Nothing imports it: that is a tenth of what it takes to collect all."""
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("Dask is not installed: pip install distributed", allow_module_level=True)


class Machines:
    """``file`` is the scheduler's; what a machine has started, in whatever session, is found by its mark.

    ``environ`` is Dask's configuration as variables, ``protocol`` what scheduler and workers speak.
    """

    def __init__(
        self,
        folder: Path,
        count: int,
        threads: int = 1,
        *,
        environ: Mapping[str, str] | None = None,
        protocol: str = "tcp",
    ) -> None:
        self.folder, self.file = folder, folder / "scheduler.json"
        self._environ, self._protocol = environ or {}, protocol
        folder.mkdir(parents=True, exist_ok=True)
        self.marks: list[str] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--protocol", protocol),
            *("--scheduler-file", str(self.file)),
        )
        until(lambda: self.file.exists() and self.file.read_text().endswith("}"), shown=self.logs)
        for _ in range(count):
            self.add(threads)
        until(lambda: self.logs().count("Registered to:") >= count, shown=self.logs)

    def add(self, threads: int = 1) -> int:
        """One more machine; its number."""
        number = len(self.processes)
        return self._start(
            *("worker", "--scheduler-file", str(self.file), "--host", "127.0.0.1", "--no-dashboard"),
            *("--nthreads", str(threads), "--memory-limit", "0", "--protocol", self._protocol),
            *("--local-directory", str(self.folder / f"machine-{number}")),
        )

    def logs(self) -> str:
        return "".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("*.log")))

    def works(self, number: int) -> bool:
        """Whether an agent of a run is on a machine."""
        return any((self.folder / f"machine-{number}").glob("**/pytest-monorepo/run-*"))

    def _start(self, *words: str) -> int:
        mark = uuid.uuid4().hex
        log = (self.folder / f"{words[0]}-{len(self.processes)}.log").open("wb")
        with log:
            process = subprocess.Popen(
                [str(Path(sys.executable).parent / "dask"), *words],
                env={**os.environ, **self._environ, MARK: mark},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        self.marks.append(mark)
        return len(self.processes) - 1

    def pids(self, number: int) -> list[int]:
        """All that live of a machine; 0 is the scheduler's."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if self._is_of(pid, number)]

    def _is_of(self, pid: int, number: int) -> bool:
        with contextlib.suppress(OSError):
            facts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            if facts[0] not in (b"Z", b"X"):
                variables = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
                return f"{MARK}={self.marks[number]}".encode() in variables
        return False

    def signal(self, number: int, what: signal.Signals) -> None:
        """For every process of the machine."""
        for pid in self.pids(number):
            with contextlib.suppress(OSError):
                os.kill(pid, what)

    def workers(self) -> list[int]:
        """Those of our own workers and fork servers that live on any machine."""
        ours = []
        for number in range(1, len(self.processes)):
            for pid in self.pids(number):
                with contextlib.suppress(OSError):
                    if b"pytest_monorepo_worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        ours.append(pid)
        return ours

    def left(self) -> list[str]:
        """Folders that runs have left, but for trees that are kept."""
        alive = [number for number in range(1, len(self.processes)) if self.pids(number)]
        found = (
            each for n in alive for each in (self.folder / f"machine-{n}").glob("**/pytest-monorepo/run-*")
        )
        return [path.name for path in found]

    def close(self) -> None:
        for number, process in enumerate(self.processes):
            self.signal(number, signal.SIGCONT)
            self.signal(number, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def machines(
    folder: Path,
    count: int,
    threads: int = 1,
    *,
    environ: Mapping[str, str] | None = None,
    protocol: str = "tcp",
) -> Iterator[Machines]:
    made = Machines(folder, count, threads, environ=environ, protocol=protocol)
    try:
        yield made
    finally:
        made.close()
