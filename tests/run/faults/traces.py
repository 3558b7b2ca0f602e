"""What a run leaves on the machine: processes, found by a marker in their environment, and files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.patience import until

MARK = "MONOREPO_TEST_MARK"


@dataclass(frozen=True)
class Traces:
    """``environ`` is what a run must be given so that its traces are found; ``tmp`` its folder."""

    tmp: Path

    @property
    def environ(self) -> dict[str, str]:
        return {MARK: str(self.tmp), "TMPDIR": str(self.tmp)}

    def processes(self) -> dict[int, str]:
        """Process id and command of what lives."""
        found = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and f"{MARK}={self.tmp}\0" in _read(name, "environ"):
                found[int(name)] = _read(name, "cmdline").replace("\0", " ").strip()
        return found

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
