"""Projects on slow packages: loops, xdist in each, and one run of ours, on the clock and of the processors.

    python -m benchmarks.services [--kinds fastapi pandas django] [--projects N] [--rounds 2] [--turbo TURBO]

Run it by an environment that has the packages, pytest, pytest-xdist and this project. It makes a workspace of
services on FastAPI, pydantic and SQLAlchemy, of projects on NumPy and pandas, or of Django apps, with tests
that do small real work (their share of the loop is said), and runs ``cd project && pytest`` for each, the
same two at a time (``xargs -P2``), turbo with nothing kept where it is given, ``pytest -n 2`` in each, and
ours with ``preload = "off"`` and ``"auto"``, whose first runs only measure and are not counted. The best of
the rounds, in turn; the peak of memory (PSS) of ours in a run more. Every test's outcome, text, output and
warnings are compared with plain pytest's first. Exits 1 where one differs, or, without
``--projects``, where a goal is missed: of the loop, of ``xargs -P2``, and of the memory with off.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.goals import MISSED, missed
from benchmarks.processes import peak, prepare_turbo
from tests.equivalence import once
from tests.equivalence.harness import differences, monorepo, plain

_FASTAPI_APP = """
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Row(Base):
    __tablename__ = "rows"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))

class Item(BaseModel):
    name: str
    n: int = 0

app = FastAPI()

@app.post("/items")
def items(item: Item) -> dict[str, int]:
    return {"n": item.n + 1}
"""
_FASTAPI_TEST = """
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from service.main import Base, Row, app

client = TestClient(app)

@pytest.mark.parametrize("n", range(60))
def test_items(n):
    assert client.post("/items", json={"name": "x", "n": n}).json() == {"n": n + 1}

@pytest.mark.parametrize("n", range(12))
def test_rows(n):
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Row(name=str(k)) for k in range(200)])
        session.commit()
        assert len(session.scalars(select(Row)).all()) == 200
"""
_PANDAS_APP = """
import numpy
import pandas

def frame(rows):
    return pandas.DataFrame({"key": numpy.arange(rows) % 7, "value": numpy.linspace(0, 1, rows)})

def totals(rows):
    return frame(rows).groupby("key")["value"].sum()
"""
_PANDAS_TEST = """
import numpy
import pytest
from service.main import totals

@pytest.mark.parametrize("n", range(80))
def test_totals(n):
    assert len(totals(40_000 + n)) == 7

def test_product():
    one = numpy.ones((300, 300))
    assert (one @ one)[0, 0] == 300
"""
_DJANGO_APP = """
from django.http import JsonResponse
from django.urls import path

def items(request):
    return JsonResponse({"n": int(request.GET["n"]) + 1})

urlpatterns = [path("items", items)]
"""
_DJANGO_TEST = """
import pytest
from django.conf import settings

settings.configure(ROOT_URLCONF="service.main", ALLOWED_HOSTS=["*"], DEBUG=True)

import django
from django.test import Client

django.setup()

@pytest.mark.parametrize("n", range(60))
def test_items(n):
    for k in range(n, n + 14):
        assert Client().get("/items", {"n": k}).json() == {"n": k + 1}
"""
KINDS: Mapping[str, tuple[int, str, str]] = {
    "fastapi": (12, _FASTAPI_APP, _FASTAPI_TEST),
    "pandas": (8, _PANDAS_APP, _PANDAS_TEST),
    "django": (6, _DJANGO_APP, _DJANGO_TEST),
}


@dataclass(frozen=True)
class Took:
    """Seconds on the clock and of the processors, and the number of tests that passed."""

    clock: float
    cpu: float
    passed: int

    def best(self, other: Took) -> Took:
        return Took(min(self.clock, other.clock), min(self.cpu, other.cpu), other.passed)


GOALS = {
    "fastapi": {"loop": 1 / 4, "xargs -P2": 1 / 2},
    "pandas": {"loop": 1 / 4, "xargs -P2": 1 / 2},
    "django": {"loop": 1 / 3, "xargs -P2": 0.6},
}
"""Of each kind: the share on the clock that ours takes at most."""
MEMORY = 1.2
"""Times that of a run which shares no import."""


def make(root: Path, kind: str, projects: int) -> Sequence[str]:
    """Write the workspace; the folders of its projects."""
    count, app, test = KINDS[kind]
    folders = [f"services/s{number:02}" for number in range(projects or count)]
    for folder in folders:
        files = {
            "pyproject.toml": f'[project]\nname = "{Path(folder).name}"\nversion = "1"\n',
            "service/__init__.py": "",
            "service/main.py": app,
            "tests/test_main.py": test,
            # so that plain pytest finds the package, too
            "conftest.py": "",
        }
        for name, text in files.items():
            file = root / folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return folders


def preload(root: Path, value: str) -> None:
    (root / "pyproject.toml").write_text(f'[tool.pytest-monorepo]\npreload = "{value}"\n')


def timed(command: str, root: Path) -> Took:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = ["bash", "-c", command.replace("PYTHON", sys.executable)]
    start, used = time.perf_counter(), _cpu()
    done = subprocess.run(words, cwd=root, env=environ, capture_output=True, text=True, check=False)
    clock, cpu = time.perf_counter() - start, _cpu() - used
    return Took(clock, cpu, sum(map(int, re.findall(r"(\d+) passed", done.stdout))))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


_PLAIN = "(cd {} && PYTHON -m pytest -q{})"
OURS = "PYTHON -m pytest --monorepo -q --workers=2 -o cache_dir=.cache-{}"


def ways(root: Path, folders: Sequence[str], turbo: str) -> Mapping[str, Callable[[], Took]]:
    """By its name: one run, timed; ``turbo`` is its executable, ``""`` for none."""
    each = " ".join(folders)

    def run(command: str) -> Callable[[], Took]:
        return lambda: timed(command, root)

    def ours(value: str) -> Callable[[], Took]:
        def measured() -> Took:
            preload(root, value)
            # a run with off forgets what the projects looked like
            return timed(OURS.format(value), root)

        return measured

    return {
        "loop": run("; ".join(_PLAIN.format(one, "") for one in folders)),
        "xargs -P2": run(f"echo {each} | tr ' ' '\\n' | xargs -P2 -I{{}} sh -c '{_PLAIN.format('{}', '')}'"),
        **({"turbo, cold": run(f"{turbo} run test --force --concurrency=2")} if turbo else {}),
        "xdist in each": run("; ".join(_PLAIN.format(one, " -n2") for one in folders)),
        "ours, off": ours("off"),
        "ours, auto": ours("auto"),
    }


def compared(root: Path, folders: Sequence[str]) -> list[str]:
    """The differences from plain pytest of runs with ``auto``: one that learns, one that shares."""
    expected = {folder: plain(root, folder) for folder in folders}
    preload(root, "auto")
    found: list[str] = []
    served = root.parent / "served"
    for _ in range(3):
        found += differences(expected, monorepo(root, served=served))
    print(f"compared; modules imported for {len(once.served(served))} projects", flush=True)
    return found


_BODIES = """
import pytest, time

spent = [0.0]

@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    before = time.process_time()
    yield
    spent[0] += time.process_time() - before

def pytest_unconfigure():
    print(f"bodies {spent[0] / time.process_time():.3f}")
"""


def share_of_tests(root: Path, folder: str) -> float:
    """The test functions' own part of the processor time that plain pytest takes in one project."""
    (root.parent / "bodies.py").write_text(_BODIES)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "bodies"]
    environ = {**os.environ, "PYTHONPATH": str(root.parent)}
    said = [subprocess.check_output(words, cwd=root / folder, env=environ, text=True) for _ in range(2)]
    return float(said[-1].split()[-1])


def measure(kind: str, projects: int, rounds: int, turbo: str = "") -> Iterator[str]:
    """The lines of a table, and one of differences."""
    with tempfile.TemporaryDirectory(prefix="services-") as folder:
        root = Path(folder).resolve() / "ws"
        folders = make(root, kind, projects)
        found = compared(root, folders)
        yield from found
        yield f"{kind}: {len(folders)} projects, {len(found)} differences"
        yield f"tests are {share_of_tests(root, folders[0]):.0%} of a project; load {os.getloadavg()[0]:.1f}"
        if turbo:
            prepare_turbo(root, [str(root / one) for one in folders])
        best = _best(ways(root, folders, turbo), rounds)
        loop = best["loop"]
        for name, took in best.items():
            yield (
                f"| {name} | {took.clock:.1f} | {took.clock / loop.clock:.2f} | {took.cpu:.1f} "
                f"| {took.cpu / loop.cpu:.2f} | {took.passed} passed |"
            )
        held = {}
        for value in ("auto", "off"):  # a run with off forgets what the projects looked like
            preload(root, value)
            held[value] = peak(root)
            yield f"peak memory (PSS), {value}: {held[value] >> 20} MB"
        yield f"memory with auto: {held['auto'] / held['off']:.2f} x of off"
        if not projects:
            clock = {name: took.clock for name, took in best.items()}
            yield from missed(kind, clock, "ours, auto", GOALS[kind])
            yield from missed(f"{kind}, memory", held, "auto", {"off": MEMORY})


def _best(measured: Mapping[str, Callable[[], Took]], rounds: int) -> dict[str, Took]:
    for name in ("ours, auto", "ours, auto"):  # what is imported is learned, and what cannot be shared
        measured[name]()
    best: dict[str, Took] = {}
    for _ in range(rounds):
        for name, run in measured.items():
            took = run()
            best[name] = best.get(name, took).best(took)
    return best


def main() -> int:
    """Measure and print; 1 where an outcome differs or a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--projects", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--turbo", default="", help="turbo's executable; without it turbo is left out")
    given = parser.parse_args()
    turbo = str(Path(given.turbo).resolve()) if given.turbo else ""
    worst = 0
    for kind in given.kinds:
        for line in measure(kind, given.projects, given.rounds, turbo):
            print(line, flush=True)
            worst |= ("difference" in line and " 0 differences" not in line) or line.startswith(MISSED)
    return int(worst)


if __name__ == "__main__":
    sys.exit(main())
