"""What a run leaves on the machine: processes, and files.

Processes are found by a marker in their environment, which those do not show that were forked from a process
that has started without it, and by where they work.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.patience import until

MARK = "MONOREPO_TEST_MARK"


@dataclass(frozen=True)
class Traces:
    """``environ`` is what a run must be given so that its traces are found; ``tmp`` its folder.

    ``workspace`` is where it runs, and nobody else.
    """

    tmp: Path
    workspace: Path

    @property
    def environ(self) -> dict[str, str]:
        return {MARK: str(self.tmp), "TMPDIR": str(self.tmp)}

    def processes(self) -> dict[int, str]:
        """Process id and command of what lives."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and (self._is_marked(name) or self._is_at_work(name)):
                found[int(name)] = _read(name, "cmdline").replace("\0", " ").strip()
        return found

    def _is_marked(self, pid: str) -> bool:
        return f"{MARK}={self.tmp}\0" in _read(pid, "environ")

    def _is_at_work(self, pid: str) -> bool:
        """None of a process that has ended and is not waited for yet."""
        try:
            return Path("/proc", pid, "cwd").readlink().is_relative_to(self.workspace)
        except OSError:
            return False

    def files(self) -> list[str]:
        """Ours in the folder for temporary files; pytest's own ``pytest-of-…`` stays by its own rules."""
        return sorted(name for name in os.listdir(self.tmp) if not name.startswith("pytest-of-"))

    def none(self) -> None:
        """Wait until nothing is left: what would stay must outlast the wait, or this cannot fail."""
        until(lambda: not (self.processes() or self.files()), shown=lambda: (self.processes(), self.files()))


def _read(pid: str, name: str) -> str:
    try:
        return Path("/proc", pid, name).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
