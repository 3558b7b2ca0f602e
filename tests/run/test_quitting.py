"""Whoever quits a debugger ends the run, as in plain pytest, however the workers were started."""

from __future__ import annotations

import re

import pytest

from .space import Space
from .test_output import FINE, Terminal, terminal

__all__ = ["terminal"]

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
LINE = "!! _pytest.outcomes.Exit: Quitting debugger !!"
FIXTURE = (
    "import pytest\n@pytest.fixture\ndef f():\n    {}\n    yield\n    {}\n    f = 1\ndef test_x(f): pass\n"
)
BREAKPOINTS = {
    "in a test": "def test_x():\n    breakpoint()\n    x = 1\n",
    "in a fixture": FIXTURE.format("breakpoint()", "pass"),
    "in a teardown": FIXTURE.format("pass", "breakpoint()"),
    "while collecting": "breakpoint()\nx = 1\ndef test_x(): pass\n",
}
POST_MORTEM = {
    "of a test": "def test_x(): assert 0\n",
    "of a fixture": FIXTURE.format("assert 0", "pass"),
    "of a module": "assert 0\n",
}
LEAVES = "def test_y(): pass\n"
EVERYWHERE = [
    (),
    ("one",),
    ("--monorepo-start=spawn",),
    ("one", "--monorepo-start=spawn"),
    ("one", "--cached"),
]


@pytest.mark.parametrize("ask", EVERYWHERE, ids=[" ".join(words) or "all" for words in EVERYWHERE])
@pytest.mark.parametrize("test", BREAKPOINTS.values(), ids=BREAKPOINTS)
@pytest.mark.sampled("ask")
def test_at_a_breakpoint(space: Space, terminal: type[Terminal], test: str, ask: tuple[str, ...]) -> None:
    _ends(space, terminal, test, "q", ask)


@pytest.mark.parametrize("ask", EVERYWHERE, ids=[" ".join(words) or "all" for words in EVERYWHERE])
@pytest.mark.parametrize("key", ["q", "exit()", "\x04"], ids=["q", "exit", "Ctrl-D"])
@pytest.mark.parametrize("test", POST_MORTEM.values(), ids=POST_MORTEM)
@pytest.mark.sampled("ask", first=False)
def test_after_a_failure(
    space: Space, terminal: type[Terminal], test: str, key: str, ask: tuple[str, ...]
) -> None:
    _ends(space, terminal, test, key, ("--pdb", *ask))


@pytest.mark.parametrize("ask", EVERYWHERE, ids=[" ".join(words) or "all" for words in EVERYWHERE])
@pytest.mark.sampled("ask")
def test_at_the_start_of_a_test(space: Space, terminal: type[Terminal], ask: tuple[str, ...]) -> None:
    _ends(space, terminal, FINE, "exit()", ("--trace", *ask))


@pytest.mark.parametrize("ask", [(), ("one",)], ids=["all", "one"])
def test_the_end_of_input_at_a_breakpoint_fails_that_test_alone(
    space: Space, terminal: type[Terminal], ask: tuple[str, ...]
) -> None:
    space.projects({"one": BREAKPOINTS["in a test"] + LEAVES, "two": FINE})
    run = terminal(space, *ask)
    run.expect("(Pdb) ")
    run.type("\x04")
    out = COLOURS.sub("", run.end())
    assert run.code == 1
    assert f"1 failed, {1 if ask else 2} passed" in out


def test_a_test_that_ends_its_project_is_not_somebody_at_a_prompt(
    space: Space, terminal: type[Terminal]
) -> None:
    ends = "import pytest\ndef test_x():\n    breakpoint()\n    pytest.exit('enough')\n"
    space.projects({"one": ends, "two": FINE})
    run = terminal(space)
    run.expect("(Pdb) ")
    run.type("c")
    out = COLOURS.sub("", run.end())
    assert (run.code, "1 passed, 1 error" in out) == (1, True), out


def _ends(space: Space, terminal: type[Terminal], test: str, key: str, words: tuple[str, ...]) -> None:
    space.projects({"one": f"{test}{LEAVES}", "two": FINE})
    run = terminal(space, *words)
    run.expect("(Pdb) ")
    run.type(key)
    out = COLOURS.sub("", run.end())
    assert LINE in out, out
    assert run.code == 2
    assert "test_y" not in out
