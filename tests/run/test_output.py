"""What a run looks like: in a pipe, in CI, on a terminal, and with the terminal lent to a test."""

from __future__ import annotations

import re

import pytest

from .space import Space
from .terminals import Terminal, screen, terminal

__all__ = ["terminal"]

FINE = "def test_fine(): pass\n"
MAIN = "tests/test_main.py"
SLOW = (
    "import time\ndef test_a(): time.sleep(.1)\ndef test_b(): time.sleep(.1)\ndef test_c(): time.sleep(.1)\n"
)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


# -- in a pipe


def test_a_green_run_is_short_and_ordered(space: Space) -> None:
    space.projects({"one": SLOW, "two": SLOW})
    space.write({"one/tests/test_more.py": SLOW, "two/tests/test_more.py": SLOW})
    run = space.run()
    assert run.code == 0
    run.has(
        "= test session starts =",
        "^platform ",
        r"^monorepo: 2 projects, 2 workers, Python \d+\.\d+\.\d+$",
        "^rootdir: ",
        r"\[100%\]$",
        "= projects =",
        "^project +passed +time$",
        r"^(one|two) +6 +\d+\.\d\ds$",
        r"^=+ 12 passed in \d+\.\d\ds( \(\d:\d\d:\d\d\))? =+$",
    )
    files = [line for line in run.lines if re.match(r"(one|two)/tests/test_\w+\.py \.\.\. ", line)]
    assert len(files) == 4, run.out  # each file on one line, whichever worker it came from
    assert not CONTROL.search(run.out)


def test_failures_come_project_by_project(space: Space) -> None:
    failing = "import time\ndef test_{0}1(): assert 0\ndef test_{0}2():\n    time.sleep(.1)\n    assert 0\n"
    space.projects({name: failing.format(name) for name in ("c", "a", "b")} | {"d": FINE})
    run = space.run()
    titles = re.findall(r"^_+ \w: test_(\w+) _+$", run.out, re.MULTILINE)
    assert titles == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert [line.split()[1] for line in run.summary] == [f"{t[0]}/{MAIN}::test_{t}" for t in titles]
    run.has("^project +passed +failed +time$", "^[abc] +- +2 ", "^[abc] ", "^[abc] ", "^d +1 +- ")


def test_quiet_and_verbose(space: Space) -> None:
    space.projects({"one": FINE, "two": FINE})
    quiet = space.run("-q")
    assert quiet.lines[-1].startswith("2 passed in ")
    quiet.lacks("project", "rootdir")
    silent = space.run("-qq")
    assert silent.counts == {} or silent.lines[-1].startswith("2 passed")
    verbose = space.run("-vv")
    assert set(verbose.words) == {f"one/{MAIN}::test_fine", f"two/{MAIN}::test_fine"}


def test_many_green_projects_are_counted_not_listed(space: Space) -> None:
    space.projects({f"p{number:02}": FINE for number in range(14)})
    run = space.run("--monorepo-start=fork")
    run.has("= projects =", r"^and 9 more, all passed, none over \d+\.\d\ds \(-v lists them\)$")
    assert run.counts == {"passed": 14}


def test_a_workspace_of_one_project_needs_no_table(space: Space) -> None:
    space.projects({"one": FINE})
    run = space.run()
    run.has("monorepo: 1 project, 1 worker, ")
    run.lacks("= projects =")


# -- on a terminal


def test_the_live_line_comes_and_goes(space: Space, terminal: type[Terminal]) -> None:
    slow = SLOW.replace(".1", ".5")  # drawn while they run: a loaded machine may take its time
    space.projects({"one": slow, "two": slow})
    run = terminal(space)
    out = run.end()
    assert run.code == 0
    assert re.search(rf"0/2 projects: .*(one|two)/{MAIN}::test_[abc]", out)
    final = screen(out)
    assert not [line for line in final if "/2 projects" in line]
    assert [line for line in final if line.startswith(f"one/{MAIN} ...")], "\n".join(final)
    assert [line for line in final if line.startswith(f"two/{MAIN} ...")], "\n".join(final)
    assert not [line for line in final if "collect" in line], "\n".join(final)


@pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true", "TERM": "xterm"}])
def test_no_live_line_where_it_would_be_noise(
    space: Space, terminal: type[Terminal], env: dict[str, str]
) -> None:
    space.projects({"one": SLOW, "two": FINE})
    run = terminal(space, "--color=no", env=env)
    out = run.end()
    assert run.code == 0
    assert "/2 projects" not in out
    assert not CONTROL.search(out), out


# -- the terminal is a test's


@pytest.mark.sampled("start")
@pytest.mark.parametrize("start", [(), ("--cached",), ("--monorepo-start=spawn",)], ids=" ".join)
@pytest.mark.parametrize("to", ["", " >&2"], ids=["out", "err"])
def test_prints_of_tests_come_in_their_place(space: Space, to: str, start: tuple[str, ...]) -> None:
    """Also where the worker comes from a fork server, whose own errors go into a log."""
    prints = f"import os, sys\nsays = lambda text: print(text, file=sys.{'stderr' if to else 'stdout'})\n"
    space.projects(
        {
            "one": f"{prints}def test_a(): says('a says')\ndef test_b(): os.system('echo b says{to}')\n",
            "two": f"{prints}def test_c(): says('c says')\n",
        }
    )
    run = space.run("-s", *start)
    assert run.code == 0
    body = run.out[run.out.index(f"one/{MAIN}") : run.out.index("= projects =")]
    assert re.findall(r"one/|two/|[abc] says|(?<=\n)\.|(?<= )\.", body) == [
        "one/", "a says", ".", "b says", ".", "two/", "c says", ".",
    ]  # fmt: skip
    run.lacks("test session starts\n=", "collected ")
    assert run.out.count("test session starts") == 1


def test_pdb_after_a_failure(space: Space, terminal: type[Terminal]) -> None:
    space.projects({"one": "def test_x():\n    value = 6 * 7\n    assert value == 0\n", "two": FINE})
    run = terminal(space, "--pdb")
    run.expect("(Pdb) ")
    assert "assert value == 0" in run.out
    assert "entering PDB" in run.out
    run.type("p value")
    run.expect("42")
    run.expect("(Pdb) ")
    run.type("c")
    out = run.end()
    assert run.code == 1
    assert any("1 failed, 1 passed in " in line for line in screen(out))
    assert out.count("test session starts") == 1


def test_a_breakpoint_borrows_the_terminal(space: Space, terminal: type[Terminal]) -> None:
    space.projects(
        {"one": "def test_x():\n    value = 6 * 7\n    breakpoint()\n    print(value)\n", "two": SLOW}
    )
    run = terminal(space)
    run.expect(f"> debugger in one/{MAIN}::test_x >")
    run.expect("(Pdb) ")
    run.type("p value")
    run.expect("42")
    run.expect("(Pdb) ")
    run.type("c")
    out = run.end()
    assert run.code == 0
    assert "4 passed" in out


def test_a_breakpoint_in_a_shared_project_stops_nobody_else(space: Space, terminal: type[Terminal]) -> None:
    stops = "def test_x():\n    value = 6 * 7\n    breakpoint()\n"
    space.projects({"one": FINE})
    space.write({f"one/tests/test_{n}.py": SLOW for n in range(4)})
    space.write({"one/tests/test_b.py": stops, "one/tests/test_c.py": stops})
    run = terminal(space, "--workers=2")
    for _ in range(2):  # one after the other, whichever workers they are in
        run.expect("(Pdb) ")
        run.type("p value")
        run.expect("42")
        run.expect("(Pdb) ")
        run.type("c")
    out = run.end()
    assert run.code == 0
    assert re.search(r"\d+ passed", out)
    assert "failed" not in out


def test_trace_stops_at_each_test(space: Space, terminal: type[Terminal]) -> None:
    space.projects({"one": FINE, "two": FINE})
    run = terminal(space, "--trace")
    for _ in range(2):
        run.expect("(Pdb) ")
        run.type("c")
    assert "2 passed" in run.end()
    assert run.code == 0


def test_quitting_the_debugger_ends_the_run(space: Space, terminal: type[Terminal]) -> None:
    space.projects({"one": "def test_x(): assert 0\n", "two": FINE})
    run = terminal(space, "--pdb")
    run.expect("(Pdb) ")
    run.type("q")
    out = run.end()
    assert "Exit: Quitting debugger" in out
    assert run.code == 2


def test_warnings_are_shown_with_q(space: Space) -> None:
    """They say that tests are missing, which fewer words must not hide."""
    space.projects({"libs/a": FINE})
    space.write(
        {"svc/x/requirements.txt": "x\n", "svc/x/tests/test_x.py": FINE, "svc/x/tests/__init__.py": ""}
    )
    for quiet in ((), ("-q",), ("-qq",)):
        run = space.run(*quiet)
        assert run.code == 0
        assert run.out.count("warning: ") == 1, run.out
        run.has(r"^warning: .*svc/x")
