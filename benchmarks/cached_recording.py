"""What recording with ``--cached`` costs in a large project: a checkout of a package with its own tests.

    python -m benchmarks.cached_recording CHECKOUT [--every 4] [--leave-out NAME ...] [-- WORD ...]

It runs in this environment, which has what the tests need, on a copy, of whose test files every fourth is
kept. Each round runs it without and with ``--cached``, with an empty store; processor seconds are compared.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path


def main() -> int:
    """Print the figures; exit code 1 where the tests end otherwise with ``--cached``."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--leave-out", nargs="*", default=[], help="names of test files, or parts of them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("arguments", nargs="*", metavar="WORD")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "project")
        shutil.copytree(asked.checkout, folder, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
        kept = _thinned(folder, asked.every, asked.leave_out)
        words = [*asked.arguments, "-p", "no:cacheprovider"]
        ways: dict[str, list[str]] = {"without": [], "recorded": ["--cached"]}
        found: dict[str, list[tuple[float, str]]] = {way: [] for way in ways}
        for _ in range(asked.rounds):
            for way, more in ways.items():
                found[way].append(_run(folder, [*words, *more]))
    return _told(kept, found)


def _thinned(folder: Path, every: int, leave_out: Sequence[str]) -> int:
    files = sorted({*folder.rglob("test_*.py"), *folder.rglob("*_test.py")})
    named = [file for file in files if not any(part in str(file.relative_to(folder)) for part in leave_out)]
    kept = set(named[::every])
    for file in set(files) - kept:
        file.unlink()
    return len(kept)


def _run(folder: Path, words: Sequence[str]) -> tuple[float, str]:
    """(seconds of the processor, the last line without its time)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as cache:
        variables = {**os.environ, "XDG_CACHE_HOME": cache}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "pytest", "--monorepo", "--workers=1", "-q", *words]
        ran = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, (ran.stdout.strip().splitlines() or [ran.stderr])[-1].rpartition(" in ")[0]


def _told(kept: int, found: dict[str, list[tuple[float, str]]]) -> int:
    ends = {end for runs in found.values() for _, end in runs}
    print(f"{kept} test files: {' | '.join(sorted(ends))}")
    usual = statistics.median(used for used, _ in found["without"])
    for way, runs in found.items():
        used = statistics.median(used for used, _ in runs)
        print(f"{way:10} {used:7.2f} s   {used / usual:.2f}")
    return int(len(ends) > 1)


if __name__ == "__main__":
    sys.exit(main())
