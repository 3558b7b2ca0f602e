"""A traced server that is forked behind the import of pytest records what a fresh one does."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from . import warm
from .space import Space

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")

TELLS = """
import gc, json, os, signal, sys

def test_it(tmp_path):
    (tmp_path / "x").write_text("x")
    os.environ.get("NOBODY_SETS_IT")
    told = {
        "argv": sys.argv[:3], "path": sys.path, "cwd": os.getcwd(), "flags": list(sys.flags),
        "orig": sys.orig_argv[:len(sys.orig_argv) - len(sys.argv) + 1],
        "environ": {name: os.environ[name] for name in os.environ if not name.startswith("PYTEST_")},
        "modules": sorted(sys.modules), "main": sorted(vars(sys.modules["__main__"])),
        "signals": [str(signal.getsignal(number)).partition(" at ")[0] for number in range(1, 30)],
        "group": os.getpgrp() == os.getpid(), "threshold": gc.get_threshold(),
        "fds": sum(os.path.exists("/dev/fd/%d" % number) for number in range(40)),
    }
    json.dump(told, open("../told", "w"), indent=1)
"""
BEHIND = """
import os
def test_it():
    with open("/proc/%d/cmdline" % os.getppid()) as stream:
        assert ("traced.py" in stream.read()) is FORKED
"""


def kept(folder: Path) -> dict[str, bytes | None]:
    """What the runs of a store have asked for, and the names of their results, which say when they hold."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(folder)) if "base" in path.parts else path.parent.name: (
            path.read_bytes() if "base" in path.parts else None
        )
        for path in files
        if {"base", "entries"} & set(path.parts)
    }


def test_it_sees_and_notes_what_a_fresh_one_does(
    tmp_path: Path, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.projects({"a": TELLS, "b": "def test_it():\n    import wave, json\n"})
    secret = tmp_path / "secret"
    found = []
    for can_run in (lambda *_: False, warm.can_run):
        monkeypatch.setattr(warm, "can_run", can_run)
        store = tmp_path / "cache" / "pytest-monorepo" / "v1"
        if secret.exists():  # with it what is read is made unreadable
            store.mkdir(parents=True)
            shutil.copy2(secret, store / "secret")
        with space.environment(XDG_CACHE_HOME=str(tmp_path / "cache"), HOME=str(tmp_path)):
            run = space.run("--cached", "--workers=1")
        assert run.counts == {"passed": 2}, run.out
        shutil.copy2(store / "secret", secret)
        found.append((json.loads((space.root / "told").read_text()), kept(store)))
        shutil.rmtree(tmp_path / "cache")
        shutil.rmtree(space.root / ".pytest_cache", ignore_errors=True)
    (fresh, noted), (forked, noted_too) = found
    for name, value in fresh.items():
        assert forked[name] == value, name
    assert [name for name, data in noted.items() if data], noted
    assert noted_too == noted


def test_what_is_read_while_it_starts_needs_a_fresh_one(space: Space) -> None:
    space.projects({"a": BEHIND.replace("FORKED", "True")})
    assert space.run("--cached").counts == {"passed": 1}
    space.projects({"a": BEHIND.replace("FORKED", "False")})
    assert space.run("--cached", env={"TZ": "Europe/Berlin"}).counts == {"passed": 1}
    assert space.run("--cached", "--monorepo-start=spawn").counts == {"passed": 1}


def test_how_it_ends_is_told(space: Space) -> None:
    space.projects({"a": "import os, signal\ndef test_it(): os.kill(os.getppid(), signal.SIGKILL)"})
    run = space.run("--cached")
    assert run.code == 1
    run.has("ended early .killed by SIGKILL")
