"""Two machines and a store between them, as their users see it; the store is a server in this process."""

from __future__ import annotations

import re
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.patience import MINUTES
from tests.run.space import Run, Space

from .servers import TOKEN, Artifacts, serving

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

KEY = "a key that nobody else has"


class Machines:
    """The same workspace on as many machines as are asked for: nothing but the server is shared."""

    def __init__(self, tmp_path: Path, artifacts: Artifacts) -> None:
        self.tmp, self.artifacts, self.count = tmp_path, artifacts, 0
        self.settings, self.wait = "", MINUTES

    @contextmanager
    def new(self, **environ: str) -> Iterator[Space]:
        self.count += 1
        home = self.tmp / f"machine-{self.count}"
        space = Space(home / "space")
        store = f'cached-store = "turborepo+{self.artifacts.url}"\ncached-wait = {self.wait}\n'
        space.write({"pyproject.toml": f"[tool.pytest-monorepo]\n{store}{self.settings}"})
        space.projects({"libs/a": "def test(): pass", "libs/b": "import os\ndef test(): os.environ.get('X')"})
        ours = {"XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home), "TURBO_TOKEN": TOKEN}
        with space.environment(**{**ours, "TURBO_TEAM": "team", "PYTEST_MONOREPO_CACHE_KEY": KEY, **environ}):
            yield space
        shutil.rmtree(home)

    def run(self, *args: str, **environ: str) -> Run:
        """On a machine of its own."""
        with self.new(**environ) as space:
            return space.run("--cached", *args)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with serving(Artifacts()) as artifacts:
        yield Machines(tmp_path, artifacts)


def replayed(run: Run) -> int:
    found = re.search(r"(\d+) cached", run.lines[-1])
    return int(found[1]) if found else 0


def test_what_one_machine_has_proved_another_replays_and_keeps(machines: Machines) -> None:
    first = machines.run("-v")
    assert (first.code, first.counts, replayed(first)) == (0, {"passed": 2}, 0), first.out
    with machines.new() as space:
        second = space.run("--cached", "-v")
        assert (second.code, second.counts, replayed(second)) == (0, first.counts, 2), second.out
        asked = len(machines.artifacts.asked)
        third = space.run("--cached", "-v")
        assert (replayed(third), len(machines.artifacts.asked)) == (2, asked), third.out
        # a variable that a test reads, and a file
        assert replayed(space.run("--cached", "-v", env={"X": "1"})) == 1
        space.write({"libs/a/tests/test_main.py": "def test(): assert 0"})
        assert (space.run("--cached", "-v").code, replayed(space.run("--cached", "-v"))) == (1, 1)
    assert "warning" not in first.out + second.out + third.out


def test_a_damaged_or_foreign_object_is_a_miss_and_is_written_anew(machines: Machines) -> None:
    machines.run()
    good = dict(machines.artifacts.kept)
    for damage in (lambda data: data[:-1], lambda data: b"", lambda data: data[:100] + b"x" + data[101:]):
        machines.artifacts.kept.update({name: damage(data) for name, data in good.items()})
        run = machines.run()
        assert (run.code, run.counts, replayed(run)) == (0, {"passed": 2}, 0), run.out
        assert replayed(machines.run()) == 2
    other = machines.run(PYTEST_MONOREPO_CACHE_KEY="of somebody else's")
    assert (other.code, replayed(other)) == (0, 0), other.out


def test_who_has_no_key_gets_nothing_and_is_told_once(machines: Machines) -> None:
    machines.run()
    run = machines.run(PYTEST_MONOREPO_CACHE_KEY="")
    assert (run.code, replayed(run), run.out.count("PYTEST_MONOREPO_CACHE_KEY is not set")) == (0, 0, 1)
    short = machines.run(PYTEST_MONOREPO_CACHE_KEY="short")
    assert short.code == 4
    short.has(r"^ERROR: PYTEST_MONOREPO_CACHE_KEY: has 5 characters")


@pytest.mark.parametrize("kind", ["fails", "hangs", "is gone", "takes nothing", "forbids"])
def test_a_store_that_fails_costs_one_warning_and_no_result(machines: Machines, kind: str) -> None:
    artifacts = machines.artifacts
    if kind == "is gone":
        artifacts.url = "http://127.0.0.1:9"
    elif kind == "hangs":
        artifacts.hang, machines.wait = threading.Event(), 0.5
    else:
        artifacts.answer = {"fails": 500, "takes nothing": 507, "forbids": 403}[kind]
    run = machines.run()
    assert (run.code, run.counts) == (0, {"passed": 2}), run.out
    assert run.out.count("warning: cached-store turborepo+http://127.0.0.1") == 1, run.out


def test_a_forks_pull_request_reads_and_does_not_write(machines: Machines) -> None:
    fork = {"CIRCLECI": "true", "CIRCLE_PR_REPONAME": "repo"}
    assert machines.run(**fork).code == 0
    assert not machines.artifacts.kept
    machines.run()
    kept = dict(machines.artifacts.kept)
    assert replayed(machines.run(**fork)) == 2
    machines.settings = "cached-write = true\n"
    machines.run("-W", "ignore", **fork)
    assert machines.artifacts.kept.keys() > kept.keys()
    machines.settings = "cached-write = false\n"
    before = dict(machines.artifacts.kept)
    assert machines.run("-W", "error").code == 0
    assert machines.artifacts.kept == before
