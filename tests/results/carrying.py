"""Random changes of a workspace whose coverage is carried forward, each beside a run of all."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coverage import CoverageData

from tests.run.space import Run, Space
from tests.workspace.trees import git

Data = dict[str, tuple[object, ...]]
PROJECTS = ("a", "b")
FILES = range(4)
FILES_OF_ALL = dict.fromkeys(PROJECTS, FILES)
UNEQUAL = {"a": range(9), "b": range(5)}
"""So that each of two shards has a part of the first."""
MODULES = range(3)
KINDS = (
    *("plain", "at-import", "parameters", "generated", "class", "module-fixture", "thread", "own-module"),
    "stranger",
)
"""How a test file comes to run what it covers, beside its test's own calls."""


@dataclass(frozen=True)
class Trial:
    """One change: what it was, how much was replayed, and where the two runs' data differ.

    ``partial`` is what the report says of numbers that are not those of a whole run.
    """

    done: str
    replayed: int
    ran: int
    differences: tuple[str, ...]
    partial: str = ""


@dataclass
class Bench:
    """``numbers`` are what sources are made of: a change is another number or something added.

    ``files`` are those of each project.
    """

    space: Space
    chance: random.Random
    files: Mapping[str, range] = field(default_factory=FILES_OF_ALL.copy)
    numbers: dict[str, int] = field(default_factory=dict)
    lazy: dict[str, bool] = field(default_factory=dict)
    uses: dict[str, tuple[int, ...]] = field(default_factory=dict)
    fixtures: dict[str, bool] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    gone: dict[str, bool] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        for project in PROJECTS:
            self.more[project] = 0
            for number in MODULES:
                self.numbers[f"{project}{number}"] = number
            for number in self.files[project]:
                name = f"{project}{number}"
                self.uses[name] = tuple(self.chance.sample(list(MODULES), 2))
                self.lazy[name] = self.chance.random() < 0.4
                self.fixtures[name] = self.chance.random() < 0.4
                self.kinds[name] = self.chance.choice(KINDS)
                self.gone[name] = False
        self.write()

    @property
    def count(self) -> int:
        """How many test files there are."""
        return sum(not gone for gone in self.gone.values())

    def write(self) -> None:
        self.space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
        self.space.write({"further/strange.py": MODULE.format(project="a", value=4)})
        for project in PROJECTS:
            self.space.write({f"libs/{path}": text for path, text in self._project(project)})
            for number in self.files[project]:
                if self.gone[f"{project}{number}"]:
                    for path in (f"tests/test_{project}{number}.py", f"pkg_{project}/own{number}.py"):
                        (self.space.root / f"libs/{project}" / path).unlink(missing_ok=True)

    def _project(self, project: str) -> Iterator[tuple[str, str]]:
        yield (
            f"{project}/pyproject.toml",
            "[tool.pytest.ini_options]\npythonpath = ['.', '../a', '../../further']\n",
        )
        yield f"{project}/pkg_{project}/__init__.py", ""
        yield f"{project}/pkg_{project}/registry.py", REGISTRY
        yield f"{project}/pkg_{project}/never.py", "x = 1\nif x:\n    y = 2\n"
        for number in range(self.more[project]):
            yield f"{project}/pkg_{project}/never{number}.py", "x = 1\n"
        for number in MODULES:
            value = self.numbers[f"{project}{number}"]
            yield f"{project}/pkg_{project}/m{number}.py", MODULE.format(project=project, value=value)
        yield f"{project}/tests/conftest.py", CONFTEST.format(project=project)
        for number in self.files[project]:
            name = f"{project}{number}"
            if not self.gone[name]:
                yield f"{project}/tests/test_{name}.py", self._tests(project, number)
                if self.kinds[name] == "own-module":
                    yield f"{project}/pkg_{project}/own{number}.py", MODULE.format(project=project, value=3)

    def _tests(self, project: str, number: int) -> str:
        name = f"{project}{number}"
        imports = [f"from pkg_{project} import m{one}" for one in self.uses[name]]
        if project == "b":
            imports.append("from pkg_a import m0 as other")
        head, body = ("", imports) if self.lazy[name] else ("\n".join(imports), [])
        calls = [f"m{one}.branchy({number + one})" for one in self.uses[name]]
        fixture = "shared" if self.fixtures[name] else ""
        lines = [*body, *calls, *(["other.branchy(9)"] if project == "b" else [])]
        text = f"{head}\ndef test({fixture}):\n" + "".join(f"    {line}\n" for line in lines)
        return text + FURTHER[self.kinds[name]].format(project=project, number=number)

    def change(self) -> str:
        """Do one thing at random; says what."""
        project = self.chance.choice(PROJECTS)
        number = self.chance.choice(self.files[project])
        name = f"{project}{number}"
        doings: list[Callable[[], str]] = [
            lambda: self._set(self.numbers, f"{project}{number % len(MODULES)}", self.chance.randint(0, 9)),
            lambda: self._set(self.uses, name, tuple(self.chance.sample(list(MODULES), 2))),
            lambda: self._set(self.lazy, name, not self.lazy[name]),
            lambda: self._set(self.fixtures, name, not self.fixtures[name]),
            lambda: self._set(self.kinds, name, self.chance.choice(KINDS)),
            lambda: self._set(self.gone, name, not self.gone[name]),
            lambda: self._set(self.more, project, self.more[project] + 1),
        ]
        # a source that is new makes all of its project run
        weights = [4, 4, 4, 4, 4, 4, 1]
        done = self.chance.choices(doings, weights)[0]()
        self.write()
        return done

    def named(self, words: Sequence[str], done: str) -> list[str]:
        """With one of the test files in them that are there, mostly that of what was ``done``."""
        there = [name for name, gone in self.gone.items() if not gone]
        changed = [name for name in there if name == done.split()[0]]
        name = (
            self.chance.choice(changed or there) if self.chance.random() < 0.8 else self.chance.choice(there)
        )
        return [word.format(project=name[0], number=name[1:]) for word in words]

    def _set(self, values: dict, key: str, value: object) -> str:  # type: ignore[type-arg]
        values[key] = value
        return f"{key} = {value}"


INI = "[tool.pytest.ini_options]\npythonpath = ['.', '../a', '../../further']\n"
FURTHER = {
    "plain": "",
    "at-import": "from pkg_{project} import m1 as used\nkept = used.branchy({number})\n",
    "parameters": (
        "import pytest\nfrom pkg_{project} import m2 as used\n"
        "@pytest.mark.parametrize('one', [used.branchy(7), used.branchy(-1)])\n"
        "def test_each(one): assert one\n"
    ),
    "generated": (
        "def pytest_generate_tests(metafunc):\n"
        "    from pkg_{project} import m1\n"
        "    if 'made' in metafunc.fixturenames:\n"
        "        metafunc.parametrize('made', [m1.branchy(8)])\n"
        "def test_made(made): assert made\n"
    ),
    "class": (
        "from pkg_{project} import m2 as used\n"
        "class TestAll:\n"
        "    @classmethod\n"
        "    def setup_class(cls): used.branchy(8)\n"
        "    @classmethod\n"
        "    def teardown_class(cls): used.branchy(-2)\n"
        "    def test(self): pass\n"
    ),
    "module-fixture": (
        "import pytest\nfrom pkg_{project} import m1 as used\n"
        "@pytest.fixture(scope='module', autouse=True)\n"
        "def around():\n    used.branchy(8)\n    yield\n    used.branchy(-2)\n"
    ),
    "thread": (
        "import threading\nfrom pkg_{project} import m2 as threaded\n"
        "def test_thread():\n"
        "    one = threading.Thread(target=threaded.branchy, args=(8,))\n    one.start()\n    one.join()\n"
    ),
    "own-module": "from pkg_{project} import own{number}\ndef test_own(): own{number}.branchy(5)\n",
    # code of no project counts for nobody
    "stranger": "def test_stranger():\n    import strange\n    strange.branchy(8)\n",
}
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


def read(path: Path, root: Path | None = None) -> Data:
    """Of each file the lines, the arcs, and whose tests reach what no import does."""
    data = CoverageData(basename=str(path))
    data.read()
    assert not any("\x1f" in context for context in data.measured_contexts())
    return {
        os.path.relpath(name, root or path.parent): (
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


def trials(folder: Path, seed: int, count: int, *words: str, moving: bool = False) -> Iterator[Trial]:
    """Each after one more change; ``words`` are further options. ``moving``: and in another folder."""
    bench = Bench(Space(folder / "space"), random.Random(seed))
    bench.begin()
    args = (*MEASURED, *words)
    with bench.space.environment(XDG_CACHE_HOME=str(folder / "cache"), HOME=str(folder)):
        bench.space.run("--cached", *args)
        for number in range(count):
            done = bench.change()
            if moving:
                bench.space.root = bench.space.root.rename(folder / f"checkout{number}")
            run = bench.space.run("--cached", *args)
            assert run.code == 0, run.out
            yield _trial(bench, done, cached_tests(run), args)


def sharded(folder: Path, seed: int, count: int, *words: str, by_hand: bool = False) -> Iterator[Trial]:
    """The same where each run is one of two or three shards, in any order, that are merged.

    ``by_hand``: what they measured is held against coverage.py's own command, too.
    """
    bench = Bench(Space(folder / "space"), random.Random(seed), UNEQUAL)
    bench.begin()
    args = (*MEASURED, *words)
    with bench.space.environment(XDG_CACHE_HOME=str(folder / "cache"), HOME=str(folder)):
        for number in range(count + 1):
            done = bench.change() if number else ""
            shards = bench.chance.choice([2, 3])
            replayed = 0
            for one in bench.chance.sample(range(1, shards + 1), shards):
                # by the durations of an earlier run the shards would divide otherwise
                shutil.rmtree(bench.space.root / ".pytest_cache", ignore_errors=True)
                run = bench.space.run("--cached", f"--shard={one}/{shards}", *args)
                assert run.code == 0, run.out
                replayed += cached_tests(run)
            merged = bench.space.run("--monorepo-merge=monorepo-shards", *args)
            assert merged.code == 0, merged.out
            shutil.rmtree(bench.space.root / "monorepo-shards")
            if number:
                yield _trial(bench, f"{done}, {shards} shards", replayed, args, by_hand=by_hand)


WAYS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (6, ("--affected=HEAD", "--affected-level=file")),
    (3, ("--affected=HEAD",)),
    (1, ("--project=libs/{project}",)),
    (1, ("libs/{project}",)),
    (1, ("libs/{project}/tests/test_{project}{number}.py",)),
    (1, ("libs/{project}/tests/test_{project}{number}.py::test",)),
    (1, ("-k", "{project}{number}")),
    (1, ("--deselect=libs/{project}/tests/test_{project}{number}.py",)),
    (1, ("-x", "--lf")),
)
"""How a run comes to leave tests out, each as often as told."""


def narrowed(
    folder: Path, seed: int, count: int, *words: str, by_hand: bool = False, shards: bool = False
) -> Iterator[Trial]:
    """The same where each run leaves out what no change reaches, or what was not asked for.

    ``shards``: two, merged, and only what no change reaches is left out.
    """
    bench = Bench(Space(folder / "space"), random.Random(seed), UNEQUAL if shards else FILES_OF_ALL)
    bench.begin()
    root = bench.space.root
    bench.space.write({".gitignore": "__pycache__/\n.pytest_cache/\n.coverage\nmonorepo-shards/\n"})
    git(root, "init", "-q", "-b", "main")
    args = (*MEASURED[:-2], "--cov-report=term", MEASURED[-1], *words)
    with bench.space.environment(XDG_CACHE_HOME=str(folder / "cache"), HOME=str(folder)):
        bench.space.run("--cached", *args)
        for _ in range(count):
            git(root, "add", "-A")
            git(root, "commit", "-q", "--allow-empty", "-m", "x")
            done = bench.change()
            weights, ways = zip(*(WAYS[:2] if shards else WAYS), strict=True)
            way = bench.named(bench.chance.choices(ways, weights)[0], done)
            if shards:
                run = _in_shards(bench, way, args)
            else:
                run = bench.space.run("--cached", *args, *way)
            assert run.code in (0, 5), run.out
            trial = _trial(
                bench, f"{done}, {' '.join(way)}", cached_tests(run), args, by_hand=by_hand, run=run
            )
            yield trial
            if trial.partial:  # else nearly all that follow would be, too
                bench.space.run("--cached", *args)


def _in_shards(bench: Bench, way: Sequence[str], args: Sequence[str]) -> Run:
    for one in bench.chance.sample((1, 2), 2):
        shutil.rmtree(bench.space.root / ".pytest_cache", ignore_errors=True)
        run = bench.space.run("--cached", f"--shard={one}/2", *args, *way)
        assert run.code == 0, run.out
    merged = bench.space.run("--monorepo-merge=monorepo-shards", *args)
    shutil.rmtree(bench.space.root / "monorepo-shards")
    return merged


MEASURED = ("-p", "pytest_cov", "--cov", "--cov-report=", "--workers=2")


def _trial(
    bench: Bench,
    done: str,
    replayed: int,
    args: Sequence[str],
    *,
    by_hand: bool = False,
    run: Run | None = None,
) -> Trial:
    """``replayed`` are tests of the run whose data lies in the root, which is held against one of all.

    ``run`` is that run, where its report may call its numbers partial.
    """
    carried = read(bench.space.root / ".coverage")
    whole = bench.space.run(*args)
    assert whole.code == 0, whole.out
    words = ("partial: ", "WARNING: no coverage: ")
    partial = next((line for line in run.lines if line.startswith(words)), "") if run else ""
    if partial.startswith(words[1]):
        return Trial(done, replayed, 0, (), partial)  # nothing has been written
    if partial:
        found = [*more(carried, read(bench.space.root / ".coverage"))]
        return Trial(done, replayed, 0, tuple(found), partial)
    found = list(different(carried, read(bench.space.root / ".coverage")))
    if run is not None:
        found += different(table(run), table(whole))
    if by_hand:
        executed = {name: lines for name, (lines, *_) in carried.items() if lines}
        found += different(executed, measured_by_hand(bench.space))
    return Trial(done, replayed, sum(whole.counts.values()) - replayed, tuple(found))


def table(run: Run) -> dict[str, str]:
    """The rows of the coverage report."""
    return {line.split()[0]: line for line in run.lines if line.endswith("%") and "|" not in line}


def more(carried: Data, whole: Data) -> Iterator[str]:
    """What a part has that all of it has not."""
    for name, (lines, arcs, _) in carried.items():
        known, known_arcs, _ = whole.get(name, ((), (), None))
        if not {*lines} <= {*known} or not {*(arcs or ())} <= {*(known_arcs or ())}:  # type: ignore[misc]
            yield f"{name}: a part has {lines} {arcs}, all {known} {known_arcs}"


def measured_by_hand(space: Space) -> dict[str, object]:
    """The lines by coverage.py's own command in each project, over all of the root but its tests."""
    found: dict[str, set[int]] = {}
    data = space.root.parent / "by-hand"
    measure = ["run", f"--data-file={data}", f"--source={space.root}", "--omit=*/tests/*", "-m", "pytest"]
    words = [word for name in ("cacheprovider", "monorepo", "cov") for word in ("-p", f"no:{name}")]
    for project in PROJECTS:
        subprocess.run(
            [sys.executable, "-m", "coverage", *measure, *words],
            cwd=space.root / "libs" / project,
            env=space.environ(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
            check=True,
            capture_output=True,
        )
        for name, (lines, *_) in read(data, space.root).items():
            # an empty file has a line 0
            found.setdefault(name, set()).update({*lines} - {0})  # type: ignore[misc]
    return {name: sorted(lines) for name, lines in found.items() if lines}


def cached_tests(run: Run) -> int:
    """How many of its tests were replayed."""
    words = run.lines[-1].split(", ")
    return next((int(word.split()[0]) for word in words if " cached" in word), 0)
