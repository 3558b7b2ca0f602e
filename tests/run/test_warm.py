"""A run that is forked behind the import of pytest is one of ``python -m pytest``."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from . import warm
from .space import Space

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
    _, *names = warm._behind("pytest", ["--monorepo", "--cached"])
    ours = [name for name in names if name not in warm.WORKERS]
    assert set(warm._behind("pytest", ["--monorepo"])) < {warm.STORY, *names}
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
        assert (run.code, {*run.lines[2:]}) == (code, {*said, "at its end", "by a thread"}), run.out


def test_a_failing_run_and_its_errors_are_told(space: Space) -> None:
    space.projects({"a": "import sys\ndef test_it():\n    print('to err', file=sys.stderr)\n    assert 0\n"})
    run = space.run()
    assert (run.code, run.counts) == (1, {"failed": 1})
    assert "to err" in run.out
    assert space.run("--no-such-option").code == 4
