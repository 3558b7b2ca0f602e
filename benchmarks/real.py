"""Compare packages as the index has them, each alone, with one run of a workspace that holds them all.

    python -m benchmarks.real SDIST... [--args "--workers=4 --monorepo-split=file"]

SDISTs (``pip download --no-deps --no-binary :all: h11 pluggy …``) are unpacked beside each other; the
environment must hold the packages themselves and what their tests need. Node ids, outcomes, failure texts,
skip reasons, output and warnings of ``cd package && python -m pytest`` are compared with those of
``pytest --monorepo``; 1 where they differ. A port or a time that a test prints differs between any two runs.
"""

from __future__ import annotations

import argparse
import shlex
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pytest_monorepo import settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.equivalence.harness import Outcomes, differences, monorepo, plain


def main() -> int:
    """Unpack, run both ways, print, and return 1 if there was any difference."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        root = _workspace(Path(folder).resolve() / "ws", options.sdists)
        alone = _alone(root)
        began = time.perf_counter()
        together = monorepo(root, shlex.split(options.args))
        found = differences(alone, together)
        print(f"together: {len(together.tests)} tests in {time.perf_counter() - began:.1f} s")
    for text in found:
        print(text, end="\n\n")
    tests = sum(len(one.tests) for one in alone.values())
    print(f"{len(alone)} packages, {tests} tests, {len(found)} differences")
    return 1 if found else 0


def _workspace(root: Path, sdists: Sequence[str]) -> Path:
    """Folders without their version: a node id is to be the same after the next release."""
    root.mkdir()
    (root / "pyproject.toml").write_text("[tool.pytest-monorepo]\n")
    for sdist in sdists:
        with tarfile.open(sdist) as archive:
            archive.extractall(root, filter="data")
    for folder in [path for path in root.iterdir() if path.is_dir()]:
        folder.rename(root / folder.name.rpartition("-")[0])
    return root


def _alone(root: Path) -> dict[str, Outcomes]:
    """``cd package && python -m pytest``, with what is installed."""
    found = {}
    for project in discover(root, settings.load(root)).projects:
        if project.runs:
            began = time.perf_counter()
            found[project.path] = plain(root, project.path)
            count, seconds = len(found[project.path].tests), time.perf_counter() - began
            print(
                f"{project.path}: {count} tests in {seconds:.1f} s, exit code {found[project.path].exitcode}"
            )
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sdists", nargs="+", help="source distributions, .tar.gz")
    parser.add_argument("--args", default="", help="more arguments for the run of all")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
