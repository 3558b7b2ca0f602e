"""The equivalence workspaces and the sample, imports made once for all, against plain pytest in each project.

    python -m benchmarks.once_equivalence [NAME ...] [--modules numpy fastapi ...]

The yardstick and the comparison are those of ``tests/equivalence``: every test's node id, outcome, failure
text, captured output and warnings. Each test file and conftest imports the modules at its end, on both
sides; ours runs twice, since the first run learns what is imported. A row a workspace: how many of its
projects found modules imported, and how many differences there were. Exit code 1 where one differs.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.equivalence import once, workspaces
from tests.equivalence.harness import differences, monorepo
from tests.equivalence.test_equivalence import SAMPLE, SAMPLE_ROOTS, alone, need
from tests.equivalence.workspaces import Workspace

MODULES = "attr click cryptography.fernet django.test fastapi flask jinja2 lxml.etree numpy pandas pydantic"
MORE = "scipy sqlalchemy starlette yaml"


def sample() -> Workspace:
    files = {
        str(path.relative_to(SAMPLE)): path.read_text(encoding="utf-8")
        for path in SAMPLE.rglob("*")
        if path.suffix in (".py", ".toml", ".ini", ".cfg", ".txt", ".json", ".yaml")
    }
    return Workspace("sample", files, list(SAMPLE_ROOTS), SAMPLE_ROOTS)


def compared(workspace: Workspace, modules: Sequence[str]) -> tuple[int, int, list[str]]:
    """How many projects found modules imported, how many tests there are, and each difference."""
    need(*workspace.needs)
    with tempfile.TemporaryDirectory(prefix="once-") as tmp:
        changed = once.importing(workspace, modules)
        expected = alone(changed, Path(tmp, "1", "ws"))
        there = changed.write(Path(tmp, "2", "ws"), for_plain=False)
        served = Path(tmp, "served")
        found: list[str] = []
        for _ in range(2):
            actual = monorepo(there, changed.args, served=served)
            found += differences(expected, actual, frozenset(changed.crashes))
        tests = sum(len(one.tests) for one in expected.values())
        return len(once.served(served)), tests, [*found, *([actual.output] if found else ())]


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--modules", nargs="+", default=[*MODULES.split(), *MORE.split()])
    given = parser.parse_args(words)
    modules = [name for name in given.modules if importlib.util.find_spec(name.partition(".")[0])]
    print(f"imported once: {', '.join(modules)}", flush=True)
    all_of_them = {workspace.name: workspace for workspace in (*workspaces.ALL, sample())}
    worst = 0
    for name in given.names or all_of_them:
        try:
            shared, tests, found = compared(all_of_them[name], modules)
        except pytest.skip.Exception as skipped:
            print(f"{name}: not run: {skipped}")
            continue
        of = len(all_of_them[name].projects)
        print(
            f"{name}: {shared} of {of} projects, {tests} tests, {max(0, len(found) - 1)} differences",
            flush=True,
        )
        print("".join(f"    {line}\n" for text in found for line in text.splitlines()), end="")
        worst = max(worst, int(bool(found)))
    return worst


if __name__ == "__main__":
    sys.exit(main())
