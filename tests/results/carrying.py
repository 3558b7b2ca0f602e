"""Random changes of a workspace whose coverage is carried forward, each beside a run of all."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData

from tests.run.space import Run, Space

Data = dict[str, tuple[object, ...]]
PROJECTS = ("a", "b")
FILES = range(4)
MODULES = range(3)


@dataclass(frozen=True)
class Trial:
    """One change: what it was, how much was replayed, and where the two runs' data differ."""

    done: str
    replayed: int
    ran: int
    differences: tuple[str, ...]


@dataclass
class Bench:
    """``numbers`` are what sources are made of: a change is another number or something added."""

    space: Space
    chance: random.Random
    numbers: dict[str, int] = field(default_factory=dict)
    lazy: dict[str, bool] = field(default_factory=dict)
    uses: dict[str, tuple[int, ...]] = field(default_factory=dict)
    fixtures: dict[str, bool] = field(default_factory=dict)

    def begin(self) -> None:
        for project in PROJECTS:
            for number in MODULES:
                self.numbers[f"{project}{number}"] = number
            for number in FILES:
                name = f"{project}{number}"
                self.uses[name] = tuple(self.chance.sample(list(MODULES), 2))
                self.lazy[name] = self.chance.random() < 0.4
                self.fixtures[name] = self.chance.random() < 0.4
        self.write()

    def write(self) -> None:
        self.space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
        for project in PROJECTS:
            self.space.write({f"libs/{path}": text for path, text in self._project(project)})

    def _project(self, project: str) -> Iterator[tuple[str, str]]:
        yield f"{project}/pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['.', '../a']\n"
        yield f"{project}/pkg_{project}/__init__.py", ""
        yield f"{project}/pkg_{project}/registry.py", REGISTRY
        yield f"{project}/pkg_{project}/never.py", "x = 1\nif x:\n    y = 2\n"
        for number in MODULES:
            value = self.numbers[f"{project}{number}"]
            yield f"{project}/pkg_{project}/m{number}.py", MODULE.format(project=project, value=value)
        yield f"{project}/tests/conftest.py", CONFTEST.format(project=project)
        for number in FILES:
            yield f"{project}/tests/test_{project}{number}.py", self._tests(project, number)

    def _tests(self, project: str, number: int) -> str:
        name = f"{project}{number}"
        imports = [f"from pkg_{project} import m{one}" for one in self.uses[name]]
        if project == "b":
            imports.append("from pkg_a import m0 as other")
        head, body = ("", imports) if self.lazy[name] else ("\n".join(imports), [])
        calls = [f"m{one}.branchy({number + one})" for one in self.uses[name]]
        fixture = "shared" if self.fixtures[name] else ""
        lines = [*body, *calls, *(["other.branchy(9)"] if project == "b" else [])]
        return f"{head}\ndef test({fixture}):\n" + "".join(f"    {line}\n" for line in lines)

    def change(self) -> str:
        """Do one thing at random; says what."""
        project, number = self.chance.choice(PROJECTS), self.chance.choice(FILES)
        name = f"{project}{number}"
        doings: list[Callable[[], str]] = [
            lambda: self._set(self.numbers, f"{project}{number % len(MODULES)}", self.chance.randint(0, 9)),
            lambda: self._set(self.uses, name, tuple(self.chance.sample(list(MODULES), 2))),
            lambda: self._set(self.lazy, name, not self.lazy[name]),
            lambda: self._set(self.fixtures, name, not self.fixtures[name]),
        ]
        done = self.chance.choice(doings)()
        self.write()
        return done

    def _set(self, values: dict, key: str, value: object) -> str:  # type: ignore[type-arg]
        values[key] = value
        return f"{key} = {value}"


REGISTRY = """
seen = 0
def register(value):
    if value > 5:
        return "high"
    return "low"
def setup():
    return [register(9)]
"""
MODULE = """
from pkg_{project}.registry import register
VALUE = {value}
if VALUE % 2:
    KIND = register(VALUE)
else:
    KIND = "even"
def branchy(number):
    if number > VALUE:
        for one in range(number):
            register(one)
        return 1
    return 2
"""
CONFTEST = """
import pytest
@pytest.fixture(scope="session")
def shared():
    from pkg_{project}.registry import setup
    yield setup()
    setup()
"""


def read(path: Path) -> Data:
    """Of each file the lines, the arcs, and whose tests reach what no import does."""
    data = CoverageData(basename=str(path))
    data.read()
    assert not any("\x1f" in context for context in data.measured_contexts())
    return {
        os.path.basename(os.path.dirname(name)) + "/" + os.path.basename(name): (
            sorted(data.lines(name) or ()),
            sorted(data.arcs(name) or ()) if data.has_arcs() else None,
            sorted(_contexts(data, name)) if os.path.basename(name).startswith("m") else None,
        )
        for name in data.measured_files()
    }


def _contexts(data: CoverageData, name: str) -> Iterator[tuple[int, list[str]]]:
    for line, contexts in data.contexts_by_lineno(name).items():
        if line > 8:
            yield line, sorted(contexts)


def different(one: Mapping[str, object], other: Mapping[str, object]) -> Iterator[str]:
    for name in sorted({*one, *other}):
        if one.get(name) != other.get(name):
            yield f"{name}: carried {one.get(name)}, whole {other.get(name)}"


def trials(folder: Path, seed: int, count: int, *words: str) -> Iterator[Trial]:
    """Each after one more change; ``words`` are further options."""
    bench = Bench(Space(folder / "space"), random.Random(seed))
    bench.begin()
    kept = {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    args = ("-p", "pytest_cov", "--cov", "--cov-report=", "--workers=2", *words)
    with bench.space.environment(**kept):
        bench.space.run("--cached", *args)
        for _ in range(count):
            done = bench.change()
            run = bench.space.run("--cached", *args)
            carried = read(bench.space.root / ".coverage")
            whole = bench.space.run(*args)
            assert whole.code == run.code == 0, whole.out + run.out
            found = tuple(different(carried, read(bench.space.root / ".coverage")))
            yield Trial(done, cached_tests(run), len(PROJECTS) * len(FILES) - cached_tests(run), found)


def cached_tests(run: Run) -> int:
    """How many of its tests were replayed."""
    words = run.lines[-1].split(", ")
    return next((int(word.split()[0]) for word in words if " cached" in word), 0)
