"""How many workers the machine bears: cores and memory, as a container's limits leave them."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
PROC = Path("/proc")

_NEVER_LESS = 64 << 20
"""What a worker is taken to need at least, in bytes."""


def workers(peak: int = 0) -> int:
    """The cores this process may use, or fewer where workers of ``peak`` bytes would not all fit."""
    count = cores()
    room = memory()
    if peak and room is not None:
        count = min(count, room // max(peak, _NEVER_LESS))
    return max(1, count)


def cores(cgroups: Path = CGROUPS, proc: Path = PROC) -> int:
    """Those of the processor affinity, and no more than cgroups give time for."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:
        count = os.cpu_count() or 1
    quotas = [math.ceil(quota) for quota in _quotas(cgroups, proc)]
    return max(1, min([count, *quotas]))


def memory(cgroups: Path = CGROUPS, proc: Path = PROC) -> int | None:
    """Bytes that may still be used; ``None`` where the system does not tell."""
    found = [limit - used for limit, used in _memory(cgroups, proc)]
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (proc / "meminfo").read_text().splitlines():
            # proc(5): what new programs may take without swapping, caches that can go among it
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) << 10)
    return max(0, min(found)) if found else None


def _quotas(cgroups: Path, proc: Path) -> Iterator[float]:
    """Cores' worth of time that each cgroup around us allows; both versions of the interface."""
    for folder in _folders(cgroups, proc, ""):
        with contextlib.suppress(OSError, ValueError):
            # "max" where there is no limit, which is no number (the kernel's admin-guide/cgroup-v2)
            quota, period = (folder / "cpu.max").read_text().split()
            yield int(quota) / int(period)
    for folder in _folders(cgroups, proc, "cpu"):
        with contextlib.suppress(OSError, ValueError):
            # -1 where there is no limit (scheduler/sched-bwc in the kernel's documentation)
            quota_us = int((folder / "cpu.cfs_quota_us").read_text())
            if quota_us > 0:
                yield quota_us / int((folder / "cpu.cfs_period_us").read_text())


def _memory(cgroups: Path, proc: Path) -> Iterator[tuple[int, int]]:
    """(Limit, use) in bytes of each cgroup around us; files that the kernel may drop are no use."""
    for controller, limit, used, droppable in (
        ("", "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        for folder in _folders(cgroups, proc, controller):
            with contextlib.suppress(OSError, ValueError):
                allowed = int((folder / limit).read_text())
                yield allowed, int((folder / used).read_text()) - _stat(folder, droppable)


def _stat(folder: Path, key: str) -> int:
    with contextlib.suppress(OSError, ValueError):
        for line in (folder / "memory.stat").read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == key:
                return int(value)
    return 0


def _folders(cgroups: Path, proc: Path, controller: str) -> Iterator[Path]:
    """Our cgroup of a version 1 controller, or with ``""`` of version 2, and those around it."""
    try:
        lines = (proc / "self" / "cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        # hierarchy-ID:controllers:path, and 0::path of version 2 (cgroups(7))
        _, names, path = (*line.split(":", 2), "", "")[:3]
        if controller not in names.split(","):
            continue
        top = cgroups / names if controller else cgroups
        if controller and not top.is_dir():
            top = cgroups / controller
        own = top / path.lstrip("/")
        # in a container the path may be the host's, and the container's own files lie at the top
        yield from (folder for folder in (own, *own.parents) if folder == top or top in folder.parents)
