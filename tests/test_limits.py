from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_monorepo import limits


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 cores and 4 GiB of free memory; ``write`` its cgroups below."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    write(tmp_path, {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable: 4194304 kB\n"})
    return tmp_path


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def cores(system: Path) -> int:
    return limits.cores(system / "cgroup", system / "proc")


def memory(system: Path) -> int | None:
    return limits.memory(system / "cgroup", system / "proc")


def test_without_cgroups(system: Path) -> None:
    assert cores(system) == 8
    assert memory(system) == 4 << 30


def test_version_2_with_the_tightest_of_all_around(system: Path) -> None:
    write(
        system,
        {
            "proc/self/cgroup": "0::/outer/inner\n",
            "cgroup/outer/inner/cpu.max": "max 100000\n",
            "cgroup/outer/cpu.max": "250000 100000\n",
            "cgroup/outer/inner/memory.max": "2147483648\n",
            "cgroup/outer/inner/memory.current": "1073741824\n",
            "cgroup/outer/inner/memory.stat": "anon 1\ninactive_file 536870912\n",
            "cgroup/outer/memory.max": "max\n",
            "cgroup/outer/memory.current": "1073741824\n",
        },
    )
    assert cores(system) == 3
    assert memory(system) == (2 << 30) - (1 << 30) + (512 << 20)


def test_version_1_with_the_host_s_path(system: Path) -> None:
    write(
        system,
        {
            "proc/self/cgroup": "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n",
            "cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
            "cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "cgroup/memory/memory.limit_in_bytes": "1073741824\n",
            "cgroup/memory/memory.usage_in_bytes": "268435456\n",
        },
    )
    assert cores(system) == 2
    assert memory(system) == 768 << 20


def test_no_quota(system: Path) -> None:
    write(
        system,
        {
            "proc/self/cgroup": "4:cpu:/\n",
            "cgroup/cpu/cpu.cfs_quota_us": "-1\n",
            "cgroup/cpu/cpu.cfs_period_us": "100000\n",
        },
    )
    assert cores(system) == 8


def test_workers_that_would_not_fit_are_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "cores", lambda: 8)
    monkeypatch.setattr(limits, "memory", lambda: 1 << 30)
    assert limits.workers() == 8
    assert limits.workers(peak=300 << 20) == 3
    assert limits.workers(peak=2 << 30) == 1
    assert limits.workers(peak=1) == 8
