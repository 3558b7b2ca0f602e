"""What was freed is kept for what comes next."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

import pytest_monorepo
from tests.patience import MINUTES

PROGRAM = """
import resource, sys
if sys.argv[1] == "kept":
    from pytest_monorepo.worker.preload import freed
    freed.keep()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for turn in range(60):
    if turn == 10:
        before = faults()
    frame = [bytes(300_000) for _ in range(10)]
    assert sum(part.count(1) for part in frame) == 0
    del frame
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries keep what they like")
def test_what_is_freed_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 MB, fifty times: 35,000 pages where each turn gets its own."""
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "LD_PRELOAD"):
        monkeypatch.delenv(name, raising=False)
    given, kept = (_faults(way) for way in ("given", "kept"))
    assert given > 10_000
    assert kept < 2_000


def _faults(way: str) -> int:
    root = pytest_monorepo.__path__[0].rpartition("/")[0]
    command = [sys.executable, "-c", PROGRAM, way]
    return int(subprocess.check_output(command, cwd=root, text=True, timeout=MINUTES))
