"""Projects on slow packages: a shell loop, two loops side by side, and one run of ours.

    python -m benchmarks.services --kind fastapi --python ENVIRONMENT/bin/python

Makes a workspace of services on FastAPI, pydantic and SQLAlchemy, of projects on NumPy and pandas, or of
Django apps, with tests that do small real work, and runs it in that environment, which has the packages,
pytest and this project: ``cd project && pytest`` for each, the same two at a time (``xargs -P2``), ours
with ``preload = "off"`` and with ``"auto"`` (whose first run only measures, and is not counted). Says
seconds on the clock and of the processors, the best of the rounds, and compares the numbers of tests. Exits
1 where they differ.
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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

Files = Mapping[str, str]

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

@pytest.mark.parametrize("n", range(30))
def test_items(n):
    assert client.post("/items", json={"name": "x", "n": n}).json() == {"n": n + 1}

@pytest.mark.parametrize("n", range(5))
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

@pytest.mark.parametrize("n", range(40))
def test_totals(n):
    assert len(totals(20_000 + n)) == 7

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
    assert Client().get("/items", {"n": n}).json() == {"n": n + 1}
"""
KINDS: Mapping[str, tuple[int, str, str]] = {
    "fastapi": (12, _FASTAPI_APP, _FASTAPI_TEST),
    "pandas": (8, _PANDAS_APP, _PANDAS_TEST),
    "django": (6, _DJANGO_APP, _DJANGO_TEST),
}


def make(root: Path, kind: str) -> Sequence[str]:
    """Write the workspace; the folders of its projects."""
    count, app, test = KINDS[kind]
    folders = [f"services/s{number:02}" for number in range(count)]
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


def timed(command: str, root: Path, python: str) -> tuple[float, float, int]:
    """Seconds on the clock and of the processors, and the number of tests that passed."""
    environ = {**os.environ, "PYTHON": python, "PYTHONDONTWRITEBYTECODE": ""}
    start, used = time.perf_counter(), _cpu()
    done = subprocess.run(["bash", "-c", command], cwd=root, env=environ, capture_output=True, text=True)
    passed = sum(map(int, re.findall(r"(\d+) passed", done.stdout)))
    return time.perf_counter() - start, _cpu() - used, passed


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


_PLAIN = "(cd {} && $PYTHON -m pytest -q)"
_OURS = "$PYTHON -m pytest --monorepo -q"


def measure(kind: str, python: str, rounds: int) -> dict[str, tuple[float, float, int]]:
    """By way of running: the best of the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        folders = make(root, kind)
        each = " ".join(folders)
        ways: dict[str, tuple[str, Callable[[], None]]] = {
            "loop": ("; ".join(_PLAIN.format(one) for one in folders), lambda: None),
            "xargs -P2": (f"echo {each} | tr ' ' '\\n' | xargs -P2 -I{{}} sh -c '{_PLAIN}'", lambda: None),
            "ours, off": (_OURS, lambda: preload(root, "off")),
            "ours, auto": (_OURS, lambda: preload(root, "auto")),
        }
        for _, prepare in ways.values():
            prepare()
        for _ in range(2):  # what is imported is measured, and what cannot be shared is found
            timed(_OURS, root, python)
        found: dict[str, tuple[float, float, int]] = {}
        for _ in range(rounds):
            for name, (command, prepare) in ways.items():
                prepare()
                if name == "ours, auto":
                    timed(_OURS, root, python)
                one = timed(command, root, python)
                known = found.get(name, one)
                found[name] = (min(known[0], one[0]), min(known[1], one[1]), one[2])
        return found


def main() -> int:
    """Measure and print; 1 where the numbers of tests differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kind", choices=KINDS, default="fastapi")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    found = measure(given.kind, given.python, given.rounds)
    loop = found["loop"]
    for name, (clock, cpu, passed) in found.items():
        share = cpu / loop[1]
        print(f"{name}: {clock:.1f} s, processors {cpu:.1f} s ({share:.2f} of the loop), {passed} passed")
    return int(len({passed for _, _, passed in found.values()}) > 1)


if __name__ == "__main__":
    sys.exit(main())
