"""The terminal in a test's hands: it comes back when the test ends, however it ends, and time limits hold."""

from __future__ import annotations

import os
import pdb
import re
import time
from typing import cast

import pytest

from pytest_monorepo.run.control.crew.lending import Lender, Loan
from pytest_monorepo.run.control.crew.members import Crew
from pytest_monorepo.run.hooks.audience import Watcher
from pytest_monorepo.run.plan.schedule import Task
from pytest_monorepo.run.state.conversation import Conversation
from pytest_monorepo.run.workers.events import Said
from pytest_monorepo.workspace.model import Project
from tests.run.space import Space
from tests.run.terminals import Terminal, terminal
from tests.run.test_output import FINE

__all__ = ["terminal"]

FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")

MOCKS = {
    "set_trace": "with mock.patch('pdb.Pdb.set_trace'): breakpoint()",
    "hook": "with mock.patch('sys.breakpointhook'): breakpoint()",
    "pytest's": "with mock.patch('pdb.Pdb.set_trace'): pytest.set_trace()",
    "class": "with mock.patch('_pytest.debugging.pytestPDB._init_pdb'): breakpoint()",
}
STEPPING = {
    "set_trace": MOCKS["set_trace"],
    # goes on to step through what comes after, as in plain pytest
    "interaction": "with mock.patch('pdb.Pdb.interaction'): breakpoint(); str()",
    "cmdloop": "with mock.patch('pdb.Pdb.cmdloop'): breakpoint(); str()",
}
ENDS = {
    "passes": "",
    "fails": "assert 0",
    "skips": "pytest.skip('no')",
    "expects": "pytest.xfail('so')",
}
OWN = '[tool.pytest.ini_options]\naddopts = "--pdbcls=own:Own"\npythonpath = "."\n'
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
HEAD = "import os, sys, time, threading, pytest\nfrom unittest import mock\n"


def test_what_was_kept_is_heard_once_the_terminal_is_back() -> None:
    """Nobody may say another word: those who wait for the terminal themselves do not."""
    loan = Loan()
    loan.give(1)
    assert list(loan.audible([Said(2, "wanted"), Said(3, "a")])) == []
    heard = []
    for event in loan.audible([Said(3, "b"), Said(1, "back"), Said(1, "more")]):
        heard.append((event.worker, getattr(event, "message", None)))
        if event == Said(1, "back"):
            loan.take_back()
    assert heard == [(1, "back"), (2, "wanted"), (3, "a"), (3, "b"), (1, "more")]


@pytest.mark.parametrize(
    ("reason", "ends"),
    [("Quitting debugger", pytest.exit.Exception), ("", KeyboardInterrupt)],
    ids=["who leaves the debugger", "Ctrl-C"],
)
def test_who_ends_the_run_at_a_prompt_ends_it(
    pytestconfig: pytest.Config, reason: str, ends: type[BaseException]
) -> None:
    """The whole of it, and not only the project whose prompt it was."""
    lender = Lender(pytestconfig, cast(Crew, None), cast(Watcher, None), announces=True)
    lender.end_where_told()
    lender.has_quit(Conversation(1, 3, Task("a"), Project("a", "a"), "out", "err", 100.0), reason)
    with pytest.raises(ends, match=reason or "^$"):
        lender.end_where_told()
    assert lender.quitter == 1


def test_debuggers_still_ask_where_the_terminal_is_taken() -> None:
    """Not documented: what :mod:`pytest_monorepo.worker.process.borrowing` puts itself before."""
    assert callable(pdb.Pdb.interaction)


@pytest.mark.sampled("mocked", first=False)
@pytest.mark.parametrize("mocked", STEPPING.values(), ids=STEPPING)
def test_a_mocked_debugger_asks_nobody(space: Space, mocked: str) -> None:
    tests = [
        f"def test_{name}_{number}():\n    {mocked}\n    {end}\n"
        for name, end in ENDS.items()
        for number in (1, 2)
    ]
    space.projects({"one": HEAD + "".join(tests), "two": FINE, "three": HEAD + "".join(reversed(tests))})
    plain = {
        f"{name}.{case}": outcome
        for name in ("one", "two", "three")
        for case, outcome in space.plain("--junitxml=out.xml", cwd=name).cases.items()
    }
    run = space.run("--workers=2", "--idle-timeout=300", "--junitxml=out.xml")
    assert run.cases == plain
    assert len(plain) == 4 * len(ENDS) + 1


@pytest.mark.sampled("mocked")
@pytest.mark.parametrize("mocked", MOCKS.values(), ids=MOCKS)
def test_a_mocked_debugger_at_import_in_a_fixture_and_at_the_end(space: Space, mocked: str) -> None:
    fixture = f"@pytest.fixture\ndef f():\n    {mocked}\n    yield\n    {mocked}\n"
    space.projects(
        {"one": f"{HEAD}{mocked}\n{fixture}def test_a(f): pass\ndef test_b(f):\n    {mocked}\n", "two": FINE}
    )
    space.write({"one/conftest.py": f"{HEAD}def pytest_sessionfinish():\n    {mocked}\n"})
    run = space.run("--workers=2", "--idle-timeout=300")
    assert (run.code, run.counts) == (0, {"passed": 3}), run.out


@pytest.mark.sampled("end")
@pytest.mark.parametrize(
    "end",
    [
        "pass",
        "assert 0",
        "raise SystemExit(3)",
        "pytest.exit('enough')",
        "os._exit(3)",
        "os.kill(os.getpid(), 9)",
    ],
)
def test_the_terminal_comes_back_however_the_test_ends(space: Space, end: str) -> None:
    class_without = (
        "class Own:\n    def __init__(self, *args, **kwargs): pass\n    def set_trace(self, frame): pass\n"
    )
    space.write({"one/own.py": class_without, "two/own.py": class_without})
    test = f"{HEAD}def test_a():\n    breakpoint()\n    {end}\n"
    space.projects({"one": test, "two": test, "three": FINE})
    space.write({f"{name}/pyproject.toml": OWN for name in ("one", "two")})
    run = space.run("--workers=3", "--idle-timeout=300")
    assert "no word for" not in run.out
    assert run.out.count("debugger in ") == 2
    assert run.counts["passed"] == (3 if end == "pass" else 1)


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["--idle-timeout=12", "--project-timeout=20"])
@pytest.mark.parametrize("options", [(), ("-s",)], ids=["lent", "-s"])
def test_limits_hold_for_a_test_that_has_the_terminal_and_reads_nothing(
    space: Space, terminal: type[Terminal], limit: str, options: tuple[str, ...]
) -> None:
    own = "class Own:\n    def __init__(self, *args, **kwargs): pass\n"
    own += "    def set_trace(self, frame): self.interaction(frame)\n    def interaction(self, frame): pass\n"
    space.projects({"one": f"{HEAD}def test_a():\n    breakpoint()\n    time.sleep(600)\n", "two": FINE})
    space.write({"one/own.py": own, "one/pyproject.toml": OWN})
    run = terminal(space, limit, *options)
    out = COLOURS.sub("", run.end())
    assert run.code == 1
    assert ("debugger in " in out) == (not options)
    assert "no word for 12s" in out or "timeout of 20s is over" in out
    # with a warning where a run beside it takes away the same old temporary folders
    assert re.search(r"1 failed, 1 passed(, \d+ warnings?)?(, 1 error)? in", out), out


@pytest.mark.slow
@pytest.mark.parametrize("how", ["breakpoint", "-s"])
def test_no_limit_holds_while_somebody_is_asked(space: Space, terminal: type[Terminal], how: str) -> None:
    asks = "breakpoint()" if how == "breakpoint" else "print(int(input('your number: ')) * 2)"
    space.projects({"one": f"def test_x():\n    value = 6 * 7\n    {asks}\n    assert value\n"})
    run = terminal(space, "--idle-timeout=12", "--project-timeout=40", *(["-s"] if how == "-s" else []))
    run.expect("(Pdb) " if how == "breakpoint" else "your number: ")
    time.sleep(14)
    run.type("p value" if how == "breakpoint" else "21")
    run.expect("42")
    if how == "breakpoint":
        run.expect("(Pdb) ")
        run.type("c")
    assert "1 passed" in COLOURS.sub("", run.end())


@FORK
def test_a_process_that_a_test_forks_asks_for_no_terminal(space: Space) -> None:
    test = f"""{HEAD}
def test_a():
    pid = os.fork()
    if not pid:
        try:
            breakpoint(); str()
        finally:
            os._exit(7)
    assert os.waitpid(pid, 0)[0] == pid

def test_b(): pass
"""
    space.projects({"one": test, "two": FINE})
    run = space.run("--workers=2", "--idle-timeout=300")
    assert run.counts == {"passed": 3}, run.out


def test_a_breakpoint_after_going_on_gets_the_terminal_again(space: Space, terminal: type[Terminal]) -> None:
    """pytest tells that the debugger is left, and not that it is entered again."""
    space.projects(
        {"one": "def test_x():\n    breakpoint()\n    value = 6\n    value *= 7\n    assert value\n"}
    )
    run = terminal(space)
    run.expect("(Pdb) ")
    run.type("b 5")
    run.expect("(Pdb) ")
    run.type("c")
    run.expect("(Pdb) ")
    run.type("p value")
    run.expect("42")
    run.expect("(Pdb) ")
    run.type("c")
    assert "1 passed" in COLOURS.sub("", run.end())
    assert run.code == 0
