"""A run that is forked behind the import of pytest is one of ``python -m pytest``."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from . import behind, warm
from .space import Space
from .terminals import Terminal, terminal

__all__ = ["terminal"]

__all__ = ["terminal"]

TELLS = """
import json, os, sys

def test_it():
    told = {
        "argv": sys.argv, "orig": sys.orig_argv, "path": sys.path, "cwd": os.getcwd(),
        "stdin": sys.stdin.read(),
        "main": sys.modules["__main__"].__spec__.name, "flags": list(sys.flags),
        "environ": {name: value for name, value in os.environ.items() if name not in ("_", "SHLVL")},
        "fds": [fd for fd in range(3, 30) if os.path.exists("/dev/fd/%d" % fd)],
        "modules": sorted(name for name in sys.modules if not name.startswith("encodings")),
        "tty": [stream.isatty() for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__)],
    }
    json.dump(told, open(os.environ["TELL"], "w"), indent=1)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="is forked")
@pytest.mark.parametrize("more", [[], ["more"]], ids=" ".join)
def test_it_sees_what_a_fresh_one_sees(
    space: Space, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    space.write({"test_it.py": TELLS})
    words = ("-s", "-p", "no:cacheprovider", "-p", "no:monorepo", "test_it.py")
    told = []
    for can_run in (lambda *_: False, warm.can_run):
        monkeypatch.setattr(warm, "can_run", can_run)
        path = os.pathsep.join([*(str(space.root / name) for name in more), space.environ()["PYTHONPATH"]])
        env = {"TELL": str(space.root / "told"), "PYTHONPATH": path}
        run = space.plain(*words, env=env, stdin="said")
        assert run.counts == {"passed": 1}, run.out
        told.append(json.loads((space.root / "told").read_text()))
    fresh, forked = told
    for name, value in fresh.items():
        assert forked[name] == value, name


ON_A_TERMINAL = """
import json, os, sys

def facts(stream):
    kinds = [type(part).__name__ for part in (stream, stream.buffer)]
    own = [stream.name, stream.mode, stream.encoding, stream.errors, stream.fileno(), stream.buffer.name]
    return [*kinds, *own, stream.isatty(), stream.line_buffering, stream.write_through, stream.seekable()]

told = {
    "streams": [facts(one) for one in (sys.stdin, sys.stdout, sys.stderr)],
    "same": (sys.stdin, sys.stdout, sys.stderr) == (sys.__stdin__, sys.__stdout__, sys.__stderr__),
    "leads": [os.getpid() == own for own in (os.getsid(0), os.getpgrp(), os.tcgetpgrp(0))],
    "names": len({os.ttyname(fd) for fd in (0, 1, 2)}), "size": list(os.get_terminal_size()),
}
os.close(os.open("/dev/tty", os.O_RDWR))  # which is its session's
json.dump({**told, "said": input("what? ")}, open(os.environ["TELL"], "w"), indent=1)
"""


def test_on_a_terminal_it_sees_what_a_fresh_one_sees(
    space: Space, terminal: type[Terminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    space.write({"facts.py": ON_A_TERMINAL})
    path = os.pathsep.join([str(space.root), space.environ()["PYTHONPATH"]])
    told = []
    for begin in (afresh, warm.on_terminal):
        monkeypatch.setattr(warm, "on_terminal", begin)
        env = {"TELL": str(space.root / "told"), "PYTHONPATH": path}
        run = terminal(space, "-p", "facts", "-s", "--monorepo-list", env=env)
        run.expect("what? ")
        run.type("this")
        out = run.end()
        assert run.code == 0, out
        told.append(json.loads((space.root / "told").read_text()))
    assert told[0] == told[1]


def afresh(
    args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], tty: str, hears: Path, **_: object
) -> None:
    """As :func:`warm.on_terminal`, by an interpreter of its own."""
    program = [sys.executable, "-m", "pytest", *args]
    told, held = os.open(hears, os.O_WRONLY), os.open(tty, os.O_RDWR | os.O_NOCTTY)
    if not os.fork():
        pid = os.fork()
        if pid:
            os.close(held)
            os.write(told, b"%d\n" % pid)
            os.write(told, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
            os._exit(0)
        os.setsid()
        os.close(os.open(tty, os.O_RDWR))
        for fd in (0, 1, 2):
            os.dup2(held, fd)
        os.chdir(cwd)
        os.execve(program[0], program, environ)
    os.close(told)
    os.close(held)


def test_what_python_reads_when_it_starts_needs_a_fresh_one(tmp_path: Path) -> None:
    usual = {"PYTHONPATH": "x", "HOME": "h"}
    assert not warm.can_run({**usual, "PYTHONHASHSEED": "0"}, usual)
    assert not warm.can_run({"HOME": "h"}, usual)
    assert not warm.can_run({**usual, "PYTHONPATH": "y"}, usual)
    (tmp_path / "sitecustomize.py").touch()
    assert not warm.can_run({**usual, "PYTHONPATH": f"{tmp_path}{os.pathsep}x"}, usual)


IMPORTS = """
import importlib, sys
import pytest, tomli
there = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
tops = {name.partition(".")[0] for name in set(sys.modules) - there}
odd = tops - sys.stdlib_module_names - {"pytest_monorepo", "_pytest"}
print(sorted(odd | tops & {"sqlite3", "ssl", "asyncio"}))
"""


def test_what_a_run_has_behind_it_is_ours_alone() -> None:
    """Whatever else is imported with it is imported again by who needs it: there would be two of it."""
    _, *names = behind.of("pytest", ["--monorepo", "--cached"])
    ours = [name for name in names if name not in behind.WORKERS]
    assert set(behind.of("pytest", ["--monorepo"])) < {behind.STORY, *names}
    code, said = warm.afresh(ours, cwd=Path.cwd(), environ=os.environ, code=IMPORTS)
    assert (code, said.decode()) == (0, "[]\n"), said.decode()


LEAVES = """
import atexit, sys, threading, time

def late():
    while threading.main_thread().is_alive():
        time.sleep(0.01)
    sys.stdout.write("by a thread\\n")

def pytest_unconfigure():
    threading.Thread(target=late).start()
    atexit.register(sys.stdout.write, "at its end\\n")
    {}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="is forked")
@pytest.mark.parametrize(
    ("end", "code", "said"),
    [("pass", 0, ()), ("sys.exit(3)", 3, ()), ("sys.exit('words')", 1, ("words",))],
    ids=["usual", "number", "words"],
)
def test_it_ends_as_a_fresh_one(
    space: Space, monkeypatch: pytest.MonkeyPatch, end: str, code: int, said: tuple[str, ...]
) -> None:
    space.write({"conftest.py": LEAVES.format(end), "test_it.py": "def test_it(): pass"})
    for can_run in (lambda *_: False, warm.can_run):
        monkeypatch.setattr(warm, "can_run", can_run)
        run = space.plain("-q", "-p", "no:cacheprovider", "-p", "no:monorepo")
        lines = re.sub(r"\. +\[100%\]|1 passed in .*", "", run.out).splitlines()
        assert (run.code, {*filter(None, lines)}) == (code, {*said, "at its end", "by a thread"}), run.out


def test_a_failing_run_and_its_errors_are_told(space: Space) -> None:
    space.projects({"a": "import sys\ndef test_it():\n    print('to err', file=sys.stderr)\n    assert 0\n"})
    run = space.run()
    assert (run.code, run.counts) == (1, {"failed": 1})
    assert "to err" in run.out
    assert space.run("--no-such-option").code == 4
