"""What is everybody's is heard once of each piece of code that asks, until the tests make something there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_monorepo.inputs.record import values
from pytest_monorepo.inputs.record.recorder import Recorder
from pytest_monorepo.inputs.record.scopes import ALL

CODE = os.path.exists.__code__


@pytest.fixture
def recorder() -> Recorder:
    made = Recorder()
    made.begin([], "/w", {})
    made.active = True
    return made


def is_settled(recorder: Recorder, path: str) -> bool:
    return CODE in recorder.scopes.settled.get(path, ())


@pytest.mark.parametrize("does", ["claim", "surely", "alias", "moves"])
@pytest.mark.parametrize(
    ("made", "still"), [("/w/a/b", False), ("/w", False), ("/w/a/x", True), ("/else/where/is", True)]
)
def test_it_is_heard_again_where_something_is_made_near_it(
    recorder: Recorder, does: str, made: str, still: bool
) -> None:
    recorder.settle(CODE, "/w/a/b/c")
    assert is_settled(recorder, "/w/a/b/c")
    if does == "claim":
        recorder.made.claim(made)
    elif does == "surely":
        recorder.made.surely([made])
    elif does == "alias":
        recorder.made.alias(made, "/data")
    else:
        recorder.made.alias("/some/link", "/data")
        recorder.settle(CODE, "/w/a/b/c")
        recorder.made.moves("/some/link", made)
    # whatever is settled is forgotten; near it nothing settles any more
    assert not is_settled(recorder, "/w/a/b/c")
    recorder.settle(CODE, "/w/a/b/c")
    assert is_settled(recorder, "/w/a/b/c") == still


def test_another_job_hears_it_again(recorder: Recorder) -> None:
    recorder.settle(CODE, "/w/a/b/c")
    recorder.begin([], "/w", {})
    assert not is_settled(recorder, "/w/a/b/c")


@pytest.mark.parametrize("section", ["base", "shared"])
def test_that_it_is_a_file_is_said_by_what_it_holds(recorder: Recorder, tmp_path: Path, section: str) -> None:
    """And nothing else of it: not whether it is a link, nor what is no file."""
    file, folder = tmp_path / "a.py", tmp_path / "folder"
    file.write_text("1")
    folder.mkdir()
    known = recorder.base if section == "base" else recorder.scopes.shared
    for path in map(str, (file, folder, tmp_path / "none")):
        known.inputs.setdefault("file", {})[path] = values.fingerprint(path)
    recorder.scopes.begun("tests/test_a.py")
    assert recorder.is_everybodys("type", str(file))
    assert not recorder.is_everybodys("ltype", str(file))
    assert not recorder.is_everybodys("stat", str(file))
    assert not recorder.is_everybodys("type", str(folder))
    assert not recorder.is_everybodys("type", str(tmp_path / "none"))
    recorder.made.surely([str(file)])
    assert not recorder.is_everybodys("type", str(file))
    recorder.scopes.begun(ALL)


@pytest.mark.parametrize("turn", [ALL, "tests/test_a.py"])
def test_what_a_server_has_asked_for_is_another_where_a_link_is_made(recorder: Recorder, turn: str) -> None:
    """Also before a test is collected: a conftest makes what was looked for in vain."""
    recorder.base.inputs["type"] = {"/w/gen": None}
    recorder.scopes.begun(turn)
    assert recorder.is_everybodys("type", "/w/gen")
    recorder.made.alias("/w/gen", "/data/gen")
    assert not recorder.is_everybodys("type", "/w/gen")


WRAPPED = """
import os, sys
from pytest_monorepo.inputs.probes import children, wrappers
from pytest_monorepo.inputs.record.recorder import Recorder

recorder = Recorder()
wrappers.Wrappers(recorder).install(children.Children(recorder))
recorder.begin([], {root!r}, {{}})


def noted(kind, path):
    return [name for name, section in named() if path in section.inputs.get(kind, ())]


def named():
    scopes = recorder.scopes
    yield "all", scopes.shared
    yield from scopes.files.items()
    yield from scopes.modules.items()


def ask(module, name, path):
    code = {{"__name__": module, "__file__": "/x/site-packages/" + module.replace(".", "/") + ".py"}}
    exec("import os\\ndef ask(path): return " + name + "(path)", code)
    return code["ask"](path)


{steps}
"""


def run(root: Path, steps: str) -> str:
    code = WRAPPED.format(root=str(root), steps=dedent(steps))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


def test_who_asks_in_another_way_is_heard(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    printed = run(
        tmp_path,
        f"""
        path = {str(tmp_path / "a")!r}
        os.path.exists(path)
        for _ in range(3):
            os.path.samefile(path, path)  # what that tells depends on who has called it
        recorder.scopes.begun("test_a.py")
        os.path.exists(path), os.path.exists(path)
        assert recorder.scopes.settled == {{path: [os.path.exists.__code__]}}
        os.path.getsize(path), os.stat(path), os.path.islink(path)
        print(noted("type", path), noted("size", path), noted("stat", path), noted("ltype", path))
        """,
    )
    assert printed.split("\n")[0] == "['all'] ['test_a.py'] ['test_a.py'] ['test_a.py']"


def test_pathlib_asks_for_as_much_as_the_method_that_was_called(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        f"""
        import pathlib
        path = pathlib.Path({str(tmp_path / "none")!r})
        path.is_file(), path.is_file()
        recorder.scopes.begun("test_a.py")
        path.is_file()
        assert recorder.scopes.settled == {{str(path): [pathlib.Path.is_file.__code__]}}
        path.exists()
        try: path.stat()
        except OSError: pass
        print(noted("type", str(path)), noted("stat", str(path)), noted("ltype", str(path)))
        try: path.exists(follow_symlinks=False)
        except TypeError: path.is_symlink()  # before Python 3.12
        print(noted("ltype", str(path)))
        """,
    )
    assert printed.split("\n")[:2] == ["['all'] ['test_a.py'] []", "['test_a.py']"]


@pytest.mark.parametrize("asks", ["place", "holds"])
def test_what_lies_far_from_the_tests_own_may_come_to_lie_near(recorder: Recorder, asks: str) -> None:
    made, path = recorder.made, "/w/a/b"
    for _ in range(2):
        assert getattr(made, asks)(path) == {"place": path, "holds": False}[asks]
    made.surely(["/w/a"])
    for _ in range(2):
        assert getattr(made, asks)(path) == {"place": None, "holds": True}[asks]


def test_a_child_that_is_forked_says_itself_what_it_asks_for(tmp_path: Path) -> None:
    printed = run(
        tmp_path,
        f"""
        path = {str(tmp_path / "none")!r}
        os.path.exists(path), os.path.exists(path)
        assert recorder.scopes.settled
        recorder.scopes = type(recorder.scopes)({str(tmp_path)!r})
        os.path.exists(path)
        print(noted("type", path))
        """,
    )
    assert printed.split("\n")[0] == "['all']"


def test_where_the_measured_files_lie_is_everybodys(tmp_path: Path) -> None:
    """And what others ask in the same way is theirs."""
    printed = run(
        tmp_path,
        f"""
        recorder.scopes.begun("test_a.py")
        for name in ("coverage.files", "other.files"):
            ask(name, "os.path.realpath", {str(tmp_path)!r} + "/" + name)
            print(noted("ltype", {str(tmp_path)!r} + "/" + name))
        """,
    )
    assert printed.split("\n")[:2] == ["['all']", "['test_a.py', 'other.files']"]
