"""What the controller itself takes for each test, beyond the hooks of a bare pytest that hears the same.

    python -m benchmarks.throughput [--projects 20] [--tests 1000] [--workers 8] [--rounds 3]

One run of the workspace's empty tests; counted are the processor time of the controller's own process from
the first test's start to the last one's end, and its memory. Beside it a bare pytest in one process, whose
hooks are called with reports of the same tests: start, three reports, end. The reports are made before, and
count for its memory, since pytest's terminal reporter keeps all. The difference, a test, is ours.
Rounds alternate, and the smallest of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LIMIT_MS, LIMIT_BYTES = 0.06, 1000


class Probe:
    """What one pytest process takes between the first ``logstart`` and the last ``logfinish``."""

    def __init__(self, into: Path) -> None:
        self.into = into
        self.before: int | None = None
        self.first: tuple[float, int] | None = None
        self.last = (0.0, 0)
        self.tests = 0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        self.first = _spent()
        try:
            return (yield)
        finally:
            self.last = _spent()

    def pytest_runtest_logfinish(self) -> None:
        self.tests += 1

    def pytest_unconfigure(self) -> None:
        assert self.first is not None
        found = {
            "tests": self.tests,
            "seconds": self.last[0] - self.first[0],
            "bytes": self.last[1] - (self.first[1] if self.before is None else self.before),
        }
        self.into.write_text(json.dumps(found))


class Feeder:
    """Calls a bare pytest's hooks for tests that have run elsewhere."""

    def __init__(self, nodeids: list[str]) -> None:
        self.before = _resident()
        self.reports = [(nodeid, _reports(nodeid)) for nodeid in nodeids]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        session.testscollected = len(self.reports)
        return True

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        hook = session.config.hook
        for nodeid, reports in self.reports:
            location = reports[0].location
            hook.pytest_runtest_logstart(nodeid=nodeid, location=location)
            for report in reports:
                hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logfinish(nodeid=nodeid, location=location)
        return True


def _reports(nodeid: str) -> list[pytest.TestReport]:
    path, _, name = nodeid.partition("::")
    keywords: Any = {name: 1, os.path.basename(path): 1, "": 1}
    return [
        pytest.TestReport(
            nodeid, (path, 0, name), keywords, "passed", None, when, duration=0.0001, start=1.0, stop=1.0001
        )
        for when in ("setup", "call", "teardown")
    ]


def _spent() -> tuple[float, int]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, _resident()


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: the peak, which is about the same
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _make(root: Path, projects: int, tests: int) -> list[str]:
    nodeids = []
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    for number in range(projects):
        folder = root / f"p{number:02}" / "tests"
        folder.mkdir(parents=True)
        (folder.parent / "pyproject.toml").write_text(f'[project]\nname = "p{number:02}"\nversion = "1"\n')
        for part in range(4):
            file = folder / f"test_{number:02}_{part}.py"
            names = [f"test_{n:04}" for n in range(part * tests // 4, (part + 1) * tests // 4)]
            file.write_text("".join(f"def {name}(): pass\n" for name in names))
            nodeids += [f"{file.relative_to(root)}::{name}" for name in names]
    return nodeids


def _measured(root: Path, into: Path, *args: str) -> dict[str, Any]:
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "BENCHMARK_INTO": str(into)}
    command = [sys.executable, "-m", "pytest", "-p", "benchmarks.throughput", *args]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout[-3000:]}")
    found: dict[str, Any] = json.loads(into.read_text())
    return found


def pytest_configure(config: pytest.Config) -> None:
    """This module is the plugin of both of its runs."""
    into = os.environ.get("BENCHMARK_INTO")
    if into is None or hasattr(config, "workerinput"):
        return
    probe = Probe(Path(into))
    config.pluginmanager.register(probe)
    if nodeids := os.environ.get("BENCHMARK_FEED"):
        feeder = Feeder(json.loads(Path(nodeids).read_text()))
        probe.before = feeder.before
        config.pluginmanager.register(feeder)


def main() -> int:
    """Print the figures; exit code 1 where ours is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=20)
    parser.add_argument("--tests", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="throughput-") as name:
        root, feed = Path(name, "repo"), Path(name, "feed.json")
        root.mkdir()
        feed.write_text(json.dumps(_make(root, given.projects, given.tests)))
        bare, ours = [], []
        for _ in range(given.rounds):
            os.environ["BENCHMARK_FEED"] = str(feed)
            bare.append(_measured(root, Path(name, "bare.json"), "-p", "no:monorepo"))
            del os.environ["BENCHMARK_FEED"]
            words = (*_loaded(), "--monorepo", f"--workers={given.workers}")
            ours.append(_measured(root, Path(name, "ours.json"), *words))
    return _told(bare, ours)


def _loaded() -> tuple[str, ...]:
    """The plugin by name, where pytest looks for none that are installed."""
    return ("-p", "pytest_monorepo.plugin") if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") else ()


def _told(bare: list[dict[str, Any]], ours: list[dict[str, Any]]) -> int:
    tests = {run["tests"] for run in (*bare, *ours)}
    if len(tests) != 1:
        raise SystemExit(f"the runs have not told of the same tests: {sorted(tests)}")
    (count,) = tests
    print(f"{count} tests, load {os.getloadavg()[0]:.1f} after; a test:")
    per = {}
    for name, runs in (("bare pytest's hooks", bare), ("the controller", ours)):
        per[name] = min(r["seconds"] for r in runs) / count * 1000, min(r["bytes"] for r in runs) / count
        print(f"{name:<20} {per[name][0]:.4f} ms  {per[name][1]:6.0f} bytes")
    ms, size = (b - a for a, b in zip(*per.values(), strict=True))
    print(f"{'beyond':<20} {ms:.4f} ms  {size:6.0f} bytes   limits {LIMIT_MS} ms, {LIMIT_BYTES} bytes")
    return int(ms > LIMIT_MS or size > LIMIT_BYTES)


if __name__ == "__main__":
    raise SystemExit(main())
