"""A project is kept only where each of its workers that spoke has told what it read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.keeping.heard import UNTOLD, Heard
from pytest_monorepo.worker import protocol
from tests.run.space import Space, replayed

HELLO = protocol.Hello(1, "3.11", "9.0")
WANTS = protocol.NextWanted()
STARTED = protocol.TestStarted("test_a.py::one", ("test_a.py", 1, "one"))
TRACED = protocol.Traced({})
FINISHED = protocol.Finished(0, {})
ALL = (HELLO, TRACED, FINISHED)


@pytest.mark.parametrize(
    ("said", "unfit"),
    [
        ({1: ALL}, None),
        ({1: ALL, 2: ALL}, None),
        # forked ahead, it has said hello before there was a slot in which it is heard
        ({1: ALL, 2: (WANTS, TRACED, FINISHED)}, None),
        ({1: (HELLO, TRACED, FINISHED), 2: (STARTED,)}, UNTOLD),
        ({1: ALL, 2: (HELLO,)}, UNTOLD),
        ({1: ALL, 2: (WANTS, FINISHED)}, UNTOLD),
        ({1: ALL, 2: (WANTS, TRACED)}, UNTOLD),
        ({1: (TRACED, TRACED, FINISHED), 2: (STARTED, FINISHED)}, UNTOLD),
        ({1: (HELLO,)}, UNTOLD),
        ({}, UNTOLD),
    ],
)
def test_each_worker_that_spoke_must_have_told(said: dict[int, tuple[Any, ...]], unfit: str | None) -> None:
    heard = Heard()
    for worker, messages in said.items():
        for message in messages:
            heard.add(worker, message)
    assert heard.unfit == unfit


@pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")
def test_a_sibling_that_waited_for_a_slot_is_heard(tmp_path: Path) -> None:
    """The other project has the second slot while the first one's sibling is forked and says hello.

    A worker takes two files at once, so there is a third for the sibling.
    """
    space = Space(tmp_path / "space")
    sleeps = "import time\ndef test(): time.sleep({})\n"
    space.projects({"libs/b": sleeps.format(0.7)})
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    space.write({f"libs/a/tests/test_{name}.py": sleeps.format(1) for name in ("one", "two", "three")})
    space.write({"libs/a/pyproject.toml": ""})
    with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
        space.run("--cached", "--workers=2")
        second = space.run("--cached", "--workers=2", "--cached-explain")
    assert replayed(second) == 4, second.out
