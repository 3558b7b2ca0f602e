"""What a test sees of how it was started: ``__main__``, the command line, processes that it spawns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .space import Space

LOOKS = """
import __main__, inspect, json, multiprocessing, multiprocessing.spawn, os, sys

# as hypothesis tells whether somebody tries things by hand, while modules are collected
BY_HAND = getattr(sys, "ps1", None) is None and __main__.__spec__ is None

def spawned(queue):
    queue.put([sys.argv[0], getattr(sys.modules["__main__"], "__file__", None)])

def test_it():
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=spawned, args=(queue,))
    process.start()
    other = queue.get(timeout=600)
    process.join()
    prepared = multiprocessing.spawn.get_preparation_data("x")
    words = getattr(sys, "orig_argv", [])
    words = words[: len(words) - len(sys.argv) + 1]
    told = {
        "by hand": BY_HAND, "file": __main__.__file__, "package": __main__.__package__,
        "spec": __main__.__spec__ and __main__.__spec__.name, "loader": type(__main__.__loader__).__name__,
        "cached": __main__.__cached__, "name": __main__.__name__, "source": inspect.getsourcefile(__main__),
        "argv": sys.argv[0], "orig": [word for word in words if word != "-B"],  # which a variable says, too
        "flags": list(sys.flags),
        "prepared": {key: value for key, value in prepared.items() if key.startswith("init_main")},
        "other": other,
    }
    with open("told.json", "w") as stream:
        json.dump(told, stream)
"""


def _told(space: Space) -> dict[str, Any]:
    path = space.root / "one" / "told.json"
    found: dict[str, Any] = json.loads(path.read_text())
    path.unlink()
    return found


@pytest.mark.sampled("start")
@pytest.mark.parametrize("start", ["", "--monorepo-start=fork", "--monorepo-start=spawn"])
@pytest.mark.parametrize("bare", [True, False])
def test_a_worker_looks_as_pytest_does_that_is_started_in_the_project(
    space: Space, start: str, bare: bool
) -> None:
    space.bare = bare
    space.projects({"one": LOOKS})
    run = space.plain("-p", "no:monorepo", cwd="one")
    assert run.code == 0, run.out
    plain = _told(space)
    run = space.run(*[start] * bool(start))
    assert run.code == 0, run.out
    assert _told(space) == plain
