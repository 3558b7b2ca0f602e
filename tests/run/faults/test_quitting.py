"""Whoever quits a debugger ends the run, and Ctrl-C is the debugger's, however the workers were started."""

from __future__ import annotations

import re
import sys

import pytest

from tests.patience import FOREVER
from tests.run.space import Space
from tests.run.terminals import Terminal, terminal
from tests.run.test_output import FINE

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

# from Python 3.13 on pdb takes exit() for Python's own, which closes the input: plain pytest then falls over
EXIT = "exit()" if sys.version_info < (3, 13) else "exit"
HOW = [*(("q", ask) for ask in EVERYWHERE), (EXIT, ()), ("\x04", ())]
"""Each key once, and each way to run with one of them: what a key means is the debugger's."""


@pytest.mark.parametrize("ask", EVERYWHERE, ids=[" ".join(words) or "all" for words in EVERYWHERE])
@pytest.mark.parametrize("test", BREAKPOINTS.values(), ids=BREAKPOINTS)
@pytest.mark.sampled("ask", first=False)
def test_at_a_breakpoint(space: Space, terminal: type[Terminal], test: str, ask: tuple[str, ...]) -> None:
    _ends(space, terminal, test, "q", ask)


@pytest.mark.parametrize(("key", "ask"), HOW, ids=[f"{key!r} {' '.join(ask) or 'all'}" for key, ask in HOW])
@pytest.mark.parametrize("test", POST_MORTEM.values(), ids=POST_MORTEM)
@pytest.mark.sampled("key", "ask", first=False)
def test_after_a_failure(
    space: Space, terminal: type[Terminal], test: str, key: str, ask: tuple[str, ...]
) -> None:
    _ends(space, terminal, test, key, ("--pdb", *ask))


@pytest.mark.parametrize("ask", EVERYWHERE, ids=[" ".join(words) or "all" for words in EVERYWHERE])
@pytest.mark.sampled("ask", first=False)
def test_at_the_start_of_a_test(space: Space, terminal: type[Terminal], ask: tuple[str, ...]) -> None:
    _ends(space, terminal, FINE, EXIT, ("--trace", *ask))


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


PROMPTS = [
    (BREAKPOINTS["in a test"], ("-s",), ()),
    (POST_MORTEM["of a fixture"], ("--pdb",), ()),
    (FINE, ("--trace", "-k", "test_fine"), ()),
    *((POST_MORTEM["of a test"], ("--pdb",), ask) for ask in EVERYWHERE),
    *((BREAKPOINTS["in a test"], (), ask) for ask in EVERYWHERE),
]


@pytest.mark.parametrize(
    ("test", "words", "ask"), PROMPTS, ids=[" ".join(("at", *words, *ask)) for _, words, ask in PROMPTS]
)
@pytest.mark.sampled("ask", first=False)
def test_ctrl_c_at_the_prompt_asks_again(
    space: Space, terminal: type[Terminal], test: str, words: tuple[str, ...], ask: tuple[str, ...]
) -> None:
    """So does plain pytest: the debugger hears it, and nobody else."""
    space.projects({"one": test})
    run = terminal(space, *words, *ask)
    run.expect("(Pdb) ")
    run.insist("\x03", "--KeyboardInterrupt--")
    run.type("p 6 * 7")
    run.expect("42")
    run.type("c")
    out = COLOURS.sub("", run.end())
    assert run.code == (1 if test in POST_MORTEM.values() else 0), out


@pytest.mark.parametrize("words", [(), ("-s",)], ids=["lent", "-s"])
def test_ctrl_c_in_what_is_stepped_through_is_the_debuggers(
    space: Space, terminal: type[Terminal], words: tuple[str, ...]
) -> None:
    # told once it sleeps: Ctrl-C in the debugger's own code on the way there is another matter
    tells = f"threading.Timer(3, print, ['s' 'o']).start(), time.sleep({FOREVER})"
    sleeps = f"import threading, time\ndef test_x():\n    breakpoint()\n    {tells}\n"
    space.projects({"one": sleeps, "two": FINE})
    run = terminal(space, *words)
    for _ in range(1 + (sys.version_info >= (3, 13))):  # which stops at the breakpoint itself
        run.expect("(Pdb) ")
        run.type("n")
    run.expect("so")
    run.press("\x03")
    run.expect("(Pdb) ")
    run.type("q")
    assert LINE in COLOURS.sub("", run.end())
    assert run.code == 2


def test_ctrl_c_where_a_test_reads_a_line_ends_the_run(space: Space, terminal: type[Terminal]) -> None:
    space.projects({"one": f"def test_x(): input('your name: ')\n{LEAVES}", "two": FINE})
    run = terminal(space, "-s")
    run.expect("your name: ")
    run.press("\x03")
    out = COLOURS.sub("", run.end())
    assert (run.code, "!! KeyboardInterrupt !!" in out, "passed" in out) == (2, True, False), out


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
