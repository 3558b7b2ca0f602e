"""Make a workspace to measure with.

    python benchmarks/workspaces.py DIR --projects 60 --tests 20 --files 20 --git

Every project has a manifest, a package, filler modules of a few thousand bytes and tests; libraries depend on
earlier libraries, services on libraries, some without saying so. Names repeat as they do in real ones: each
service's package is ``app``, each project's tests are ``tests``. The same arguments make the same bytes.
"""

from __future__ import annotations

import argparse
import random
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_STDLIB = (
    "asyncio",
    "collections",
    "dataclasses",
    "functools",
    "itertools",
    "json",
    "logging",
    "os",
    "re",
    "sys",
)
_MANIFEST = """\
[project]
name = "{name}"
version = "1.0.0"
requires-python = ">=3.10"
dependencies = [{dependencies}]

[dependency-groups]
test = ["pytest"]

[tool.uv.sources]
{sources}
[tool.pytest.ini_options]
testpaths = ["tests"]
"""


@dataclass(frozen=True)
class Shape:
    """How large a workspace is.

    ``files`` are the Python files of a project, its tests among them, and ``tests`` its test functions, each
    of which spins for ``cpu_ms`` milliseconds of processor time.
    """

    projects: int = 60
    tests: int = 20
    files: int = 20
    cpu_ms: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class _Plan:
    path: str
    name: str
    package: str
    needs: tuple[_Plan, ...]
    unsaid: tuple[_Plan, ...]


def generate(root: Path, shape: Shape, *, git: bool = False) -> None:
    """Write the workspace into ``root``, and with ``git`` commit it there as branch ``main``."""
    for path, text in files(shape):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    if git:
        commit(root)


def commit(root: Path) -> None:
    """Make ``root`` a git repository that holds everything in it."""
    identity = [
        "-c",
        "user.name=benchmark",
        "-c",
        "user.email=benchmark@example.org",
        "-c",
        "commit.gpgsign=false",
    ]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", *identity, *words], cwd=root, check=True)


def files(shape: Shape) -> Iterator[tuple[str, str]]:
    """Every file of the workspace: its path and text."""
    yield "pyproject.toml", "[tool.pytest-monorepo]\n"
    yield ".gitignore", "__pycache__/\n.pytest_cache/\n"
    for plan in _plans(shape):
        chance = random.Random(f"{shape.seed} {plan.path}")
        yield f"{plan.path}/pyproject.toml", _manifest(plan)
        yield from ((f"{plan.path}/{path}", text) for path, text in _sources(plan, shape, chance))


def _plans(shape: Shape) -> list[_Plan]:
    chance = random.Random(shape.seed)
    plans: list[_Plan] = []
    for number in range(shape.projects):
        library = number < max(1, shape.projects // 2)
        name = f"lib{number:04}" if library else f"service{number:04}"
        known = [plan for plan in plans if plan.path.startswith("libs/")][-50:]
        needs = chance.sample(known, min(len(known), chance.randint(0, 3)))
        rest = [plan for plan in known if plan not in needs]
        unsaid = [chance.choice(rest)] if rest and chance.random() < 0.1 else []
        path = f"{'libs' if library else 'services'}/{name}"
        plans.append(_Plan(path, name, name if library else "app", tuple(needs), tuple(unsaid)))
    return plans


def _manifest(plan: _Plan) -> str:
    dependencies = ", ".join(f'"{need.name}"' for need in plan.needs)
    sources = "".join(
        f'{need.name} = {{ path = "../../{need.path}", editable = true }}\n' for need in plan.needs
    )
    return _MANIFEST.format(name=plan.name, dependencies=dependencies, sources=sources)


def _sources(plan: _Plan, shape: Shape, chance: random.Random) -> Iterator[tuple[str, str]]:
    imported = [*plan.needs, *plan.unsaid]
    lines = [f"from {need.package} import VALUE as {need.name}" for need in imported]
    yield f"{plan.package}/__init__.py", "\n".join([*lines, "", "VALUE = 1", ""])
    yield "tests/__init__.py", ""
    yield "tests/conftest.py", _CONFTEST
    yield "tests/test_main.py", _tests(plan, shape)
    for number in range(max(0, shape.files - 4)):
        yield f"{plan.package}/module{number:02}.py", _module(plan, number, chance)


_CONFTEST = """\
import pytest


@pytest.fixture
def value() -> int:
    return 1
"""


_SPIN = """\
    end = time.process_time() + {seconds}
    while time.process_time() < end:
        pass
"""


def _tests(plan: _Plan, shape: Shape) -> str:
    spin = _SPIN.format(seconds=shape.cpu_ms / 1000)
    tests = [
        f"def test_{number:03}(value: int) -> None:\n"
        + (spin if shape.cpu_ms else "")
        + "    assert VALUE == value\n"
        for number in range(shape.tests)
    ]
    return "\n\n".join([f"import time\n\nfrom {plan.package} import VALUE\n", *tests])


def _module(plan: _Plan, number: int, chance: random.Random) -> str:
    imports = [f"import {name}" for name in sorted(chance.sample(_STDLIB, 4))]
    if number:
        imports.append(f"from {plan.package}.module{chance.randrange(number):02} import function_0")
    if plan.needs and chance.random() < 0.2:
        imports.append(f"import {chance.choice(plan.needs).package}")
    body = [_function(index, chance) for index in range(chance.randint(8, 16))]
    return "\n".join([f'"""Filler module {number} of {plan.name}."""', "", *imports, "", "", *body])


def _function(index: int, chance: random.Random) -> str:
    a, b, c = (chance.randint(2, 99) for _ in range(3))
    return (
        f"def function_{index}(values: list[int], scale: int = {a}) -> dict[str, int]:\n"
        f'    """Sum what is above {b}, scaled; import of goods from others is not meant."""\n'
        f"    total = 0\n"
        f"    for position, value in enumerate(values):\n"
        f"        if value > {b} and position % {c}:\n"
        f"            total += value * scale\n"
        f'    return {{"total": total, "count": len(values)}}\n\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, metavar="DIR")
    parser.add_argument("--projects", type=int, default=60)
    parser.add_argument("--tests", type=int, default=20, help="test functions per project")
    parser.add_argument("--files", type=int, default=20, help="Python files per project")
    parser.add_argument("--cpu-ms", type=float, default=0.0, help="processor time per test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--git", action="store_true", help="commit the workspace to a new repository")
    given = parser.parse_args()
    shape = Shape(given.projects, given.tests, given.files, given.cpu_ms, given.seed)
    generate(given.root, shape, git=given.git)


if __name__ == "__main__":
    main()
