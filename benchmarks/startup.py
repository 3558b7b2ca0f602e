"""What the installed plugin costs a pytest run without ``--monorepo``: against bare pytest, in this very run.

    python benchmarks/startup.py [--rounds N]

Each round starts bare pytest and pytest with the plugin in turn, in an empty folder, and times the plugin's
own import and registration inside a process that has imported pytest. The medians are compared.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT_MS = 5.0

_PROBE = """\
import sys, time
import pytest
from _pytest.config import get_config
config = get_config([])
start = time.perf_counter()
import pytest_monorepo.plugin
config.pluginmanager.register(pytest_monorepo.plugin, "monorepo")
sys.stdout.write(str((time.perf_counter() - start) * 1000))
"""


def main() -> int:
    """Print the figures; exit code 1 where the plugin's own cost is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one(): pass\n")
        bare, ours, own = [], [], []
        for _ in range(rounds):
            bare.append(_run(folder, []))
            ours.append(_run(folder, ["-p", "pytest_monorepo.plugin"]))
            own.append(float(_python(folder, ["-c", _PROBE]).stdout))
    ratio = statistics.median(ours) / statistics.median(bare)
    cost = statistics.median(own)
    print(f"bare pytest              {statistics.median(bare):8.1f} ms")
    print(f"with the plugin, unused  {statistics.median(ours):8.1f} ms   {ratio:.3f} of bare pytest")
    print(f"import and registration  {cost:8.2f} ms   limit {LIMIT_MS:g} ms")
    return int(cost > LIMIT_MS)


def _run(folder: Path, args: list[str]) -> float:
    start = time.perf_counter()
    _python(folder, ["-m", "pytest", "-q", "-p", "no:cacheprovider", *args])
    return (time.perf_counter() - start) * 1000


def _python(folder: Path, args: list[str]) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[1])
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": root, "PYTEST_ADDOPTS": ""}
    command = [sys.executable, *args]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
