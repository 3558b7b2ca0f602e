"""``os.path.realpath`` gives what it gave, and is heard to ask what it asked, with fewer calls of ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ASKING = """
import json, os, posixpath, sys
from pytest_monorepo.inputs.probes import children, wrappers
from pytest_monorepo.inputs.record.recorder import Recorder

root = sys.argv[1]
os.chdir(root)
recorder = Recorder()
wrappers.Wrappers(recorder).install(children.Children(recorder))
ours = posixpath.realpath
assert os.path.realpath is ours and ours.__wrapped__.__module__ == "posixpath"


def asker(module):
    code = {"__name__": module, "__file__": "/x/site-packages/" + module.replace(".", "/") + ".py"}
    exec("import os\\ndef ask(path):\\n    return os.path.realpath(path)", code)
    return code["ask"]


def begin(turn="test_a.py"):
    recorder.begin([], root, {})
    recorder.scopes.begun(turn)


def noted():
    scopes = recorder.scopes
    named = {"all": scopes.shared, **scopes.files, **scopes.modules}
    return {name: section.inputs for name, section in named.items() if section.inputs}


def asked(ask, path):
    try:
        return repr(ask(path))
    except Exception as error:
        return repr(error)
"""

PATHS = [
    "a/b/file.py",
    "a/b",
    "a/none/b",
    "link",
    "linked/file.py",
    "a/../a/b",
    "a//b",
    "a/b/",
    "a/./b",
    "a/.b/c",
]
CALLERS = ["coverage.files", "inspect", "others.code"]


def child(root: Path, steps: str) -> Any:
    words = [sys.executable, "-c", ASKING + steps, str(root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("a/b", "a/.b"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("a/b/file.py", "a/.b/c"):
        (tmp_path / file).write_text("1")
    (tmp_path / "link").symlink_to("a/b/file.py")
    (tmp_path / "linked").symlink_to(tmp_path / "a" / "b", target_is_directory=True)
    return tmp_path


def test_it_gives_and_hears_the_same(root: Path) -> None:
    """Whoever asks, for whatever, the first time and later."""
    steps = f"""
rows = [os.path.join(root, path) for path in {PATHS!r}]
rows += ["a/b", "", "/", "/proc", "/nul\\0", b"/usr/lib", 3.5, os.fsencode(root)]
found = {{}}
for module in {CALLERS!r}:
    for path in rows:
        ways = []
        for function in (ours.__wrapped__, ours):
            posixpath.realpath = function
            begin()
            gave = [asked(asker(module), path) for _ in range(3)]
            ways.append([gave, noted()])
        found[module + " " + repr(path)] = ways
print(json.dumps(found))
"""
    found = child(root, steps)
    assert len(found) == len(CALLERS) * (len(PATHS) + 8)
    for row, (plain, heard) in found.items():
        assert heard == plain, row


def test_paths_of_pathlib_are_resolved_as_well(root: Path) -> None:
    """And no wrapper is called for each folder above them."""
    steps = f"""
import pathlib
found, calls = {{}}, []
accessor = getattr(pathlib, "_NormalAccessor", None)  # which has taken it, in Python 3.10
for path in [os.path.join(root, path) for path in {PATHS!r}] + ["a/b", ".", "/"]:
    ways = []
    for function in (ours.__wrapped__, ours):
        posixpath.realpath = function
        if hasattr(accessor, "realpath"):
            accessor.realpath = staticmethod(function)
        begin()
        for number in range(3):
            sys.setprofile(lambda frame, event, arg: calls.append((frame.f_code.co_name, event)))
            gave = asked(lambda path: str(pathlib.Path(path).resolve()), path)
            sys.setprofile(None)
        ways.append([gave, noted(), calls.count(("_stat", "call")) + calls.count(("stat", "call"))])
        calls.clear()
    found[path] = ways
print(json.dumps(found))
"""
    for row, (plain, heard) in child(root, steps).items():
        assert heard[:2] == plain[:2], row
        if row == str(root / "a/b/file.py") and sys.version_info >= (3, 10):
            assert heard[2] < plain[2] / 2, row  # it looks at what it has found itself


def test_what_the_tests_have_made_a_link_is_followed(root: Path) -> None:
    changes = [
        "os.rename(root + '/a', root + '/c'); os.symlink(root + '/c', root + '/a')",
        "os.rename(root + '/a/b', root + '/c'); os.symlink('../c', root + '/a/b')",
        "os.remove(root + '/a/b/file.py'); os.symlink('../.b/c', root + '/a/b/file.py')",
    ]
    steps = f"""
import shutil
from pytest_monorepo.inputs.probes import audit
audit.install(recorder, children.Children(recorder))
found = []
for module in {CALLERS!r}:
    for number, changes in enumerate({changes!r}):
        recorder.active = False
        again = f"{{root}}/{{module}}{{number}}"
        shutil.copytree(root + "/a", again + "/a")
        begin()
        ask, path = asker(module), again + "/a/b/file.py"
        before = [ask(path) for _ in range(3)]
        exec(changes, {{"__name__": "test_a", "os": os, "root": again}})
        found.append([path, before, [ask(path) for _ in range(2)], ours.__wrapped__(path)])
print(json.dumps(found))
"""
    found = child(root, steps)
    assert len(found) == len(CALLERS) * len(changes)
    for path, before, after, plain in found:
        assert before == [path] * 3
        assert after == [plain] * 2 != before[:2]


def test_what_stands_in_the_place_of_what_it_uses_is_asked(root: Path) -> None:
    # nothing else of its module is used since Python 3.13
    last = "posixpath.join" if sys.version_info < (3, 13) else "posixpath.os"
    steps = f"""
class Other:
    def __init__(self, plain):
        self.plain, self.called = plain, 0
    def __call__(self, *args, **kwargs):
        self.called += 1
        return self.plain(*args, **kwargs)
    def __getattr__(self, name):
        self.called += 1
        return getattr(self.plain, name)

found = []
for module in {CALLERS!r}:
    for holder, name in ((os, "lstat"), (os, "fspath"), (posixpath, {last.partition(".")[2]!r})):
        begin()
        ask, path = asker(module), root + "/a/b/file.py"
        for _ in range(3):
            ask(path)
        plain = getattr(holder, name)
        other = Other(plain)
        setattr(holder, name, other)
        gave = ask(path)
        setattr(holder, name, plain)
        found.append([gave, other.called])
print(json.dumps(found))
"""
    for gave, called in child(root, steps):
        assert gave == str(root / "a/b/file.py")
        assert called
