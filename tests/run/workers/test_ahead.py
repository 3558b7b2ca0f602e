"""The fork server that is forked from the controller's own start, and when it is not."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.run.workers import ahead
from pytest_monorepo.worker.process import forking
from tests.patience import MINUTES
from tests.run.space import Run, Space

FACTS = """
import __main__, json, os, sys, threading

def test_it():
    facts = {
        "main": __main__.__spec__ and __main__.__spec__.name,
        "modules": sorted(name for name in sys.modules if not name.startswith("pytest_monorepo_worker")),
        "path": sys.path,
        "finders": [getattr(one, "__name__", type(one).__name__) for one in sys.meta_path],
        "hook": sys.excepthook is sys.__excepthook__,
        "last": [name for name in vars(sys) if name.startswith("last_")],
        "threads": threading.active_count(),
        "fresh": "forkserver" in vars(__main__),
        "version": os.environ.get("PYTEST_VERSION"),  # pytest >= 8.2
    }
    open("facts.json", "w").write(json.dumps(facts))
"""


@pytest.fixture
def space(tmp_path: Path) -> Space:
    return Space(tmp_path)


def facts(space: Space, run: Run) -> dict[str, Any]:
    assert run.code == 0, run.out
    found: dict[str, Any] = json.loads((space.root / "one" / "facts.json").read_text())
    return found


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no forking here")


@needs_fork
@pytest.mark.parametrize("named", [(), ("-p", "pytest_cov")], ids=["none", "pytest-cov"])
def test_a_project_finds_what_plain_pytest_leaves_it(space: Space, named: tuple[str, ...]) -> None:
    space.bare = True
    space.projects({"one": FACTS})
    ours = facts(space, space.run(*named))
    alone = facts(space, space.plain("-p", "no:monorepo", *named, cwd="one"))
    assert not ours["fresh"]
    # what the search for plugins has read, and what it and talking need: Python 3.13 imports these late
    spare = {"email.feedparser", "email.parser", "csv", "_csv", "socket", "_socket", "array"}
    assert set(ours.pop("modules")) - set(alone.pop("modules")) <= spare
    assert ours.pop("path")[-len(alone["path"]) + 1 :] == alone.pop("path")[1:]
    assert ours == alone


@needs_fork
@pytest.mark.parametrize("by", ["a module of the root", "a path of the root", "a plugin of the variables"])
def test_what_the_root_brings_stays_with_the_controller(space: Space, by: str) -> None:
    space.projects({"one": FACTS.replace('"main":', '"own": "helper" in sys.modules, "main":')})
    space.write({"helper.py": "", "lib/helper.py": ""})
    environ = {}
    if by == "a module of the root":  # python -m looks into the working directory
        space.write(
            {"sub/sitecustomize.py": "import sys; sys.path.insert(0, '.')\nimport helper\nsys.path.pop(0)"}
        )
        environ["PYTHONPATH"] = os.pathsep.join([str(space.root / "sub"), space.environ()["PYTHONPATH"]])
    elif by == "a path of the root":
        space.write({"pytest.ini": "[pytest]\npythonpath = lib\n"})
    else:
        space.write({"sub/extra.py": ""})
        environ["PYTHONPATH"] = os.pathsep.join([str(space.root / "sub"), space.environ()["PYTHONPATH"]])
        environ["PYTEST_PLUGINS"] = "extra"
    assert facts(space, space.run(env=environ))["fresh"]


# -- each of the signs


def config(**options: Any) -> Any:
    settings = {"pythonpath": options.pop("pythonpath", [])}
    words = options.pop("words", "").split()
    known = SimpleNamespace(**{"plugins": [], "assertmode": "rewrite", **options})
    plugins = {name: types.ModuleType(name) for name in ("cov", "json", "mine")}
    return SimpleNamespace(
        known_args_namespace=known,
        getini=settings.__getitem__,
        invocation_params=SimpleNamespace(args=words),
        pluginmanager=SimpleNamespace(
            get_plugin=plugins.get,
            list_plugin_distinfo=lambda: [(plugins["cov"], None), (plugins["json"], None)],
            rewrite_hook=object(),
        ),
    )


@pytest.mark.parametrize(
    ("given", "own"),
    [
        ({}, False),
        ({"plugins": ["no:cov", "pytest_monorepo.plugin"]}, False),
        ({"plugins": ["mine"]}, True),
        ({"plugins": ["cov"]}, True),  # of the root's addopts
        ({"plugins": ["cov"], "words": "--monorepo -p cov"}, False),
        ({"plugins": ["cov"], "words": "-pcov -q"}, False),
        ({"plugins": ["mine"], "words": "-p mine"}, True),  # no entry point
        ({"plugins": ["cov", "mine"], "words": "-p cov -p mine"}, True),
        ({"plugins": ["other"], "words": "-p cov -p other"}, True),
        (
            {"plugins": ["json"], "words": "-p json"},
            True,
        ),  # a plugin called as a module that was loaded plainly
        ({"pythonpath": [Path("src")]}, True),
        ({"assertmode": "plain"}, True),
    ],
)
def test_plugins_of_its_own(given: dict[str, Any], own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_PLUGINS", raising=False)
    assert ahead._has_no_plugins_of_its_own(config(**given)) is not own
    monkeypatch.setenv("PYTEST_PLUGINS", "mine")
    assert not ahead._has_no_plugins_of_its_own(config(**given))


@pytest.mark.parametrize(
    ("main", "orig", "words", "given", "plugins", "first"),
    [
        ("pytest.__main__", "-m pytest -q", "/x/__main__.py -q", "-q", None, True),
        ("pytest.__main__", "-mpytest", "/x/__main__.py", "", None, True),
        (None, "/x/bin/pytest -q", "/x/bin/pytest -q", "-q", None, True),
        (None, "-Xdev /x/bin/py.test", "/x/bin/py.test", "", None, True),
        (None, "/x/adapter.py -q", "/x/adapter.py -q", "-q", None, False),
        ("pytest.__main__", "/x/script.py -q", "/x/__main__.py -q", "-q", None, False),
        ("debugpy.__main__", "-m debugpy /x/bin/pytest", "/x/bin/pytest", "", None, False),
        ("pytest.__main__", "-m pytest -q", "/x/__main__.py -q", "-q other", None, False),
        ("pytest.__main__", "-m pytest", "/x/__main__.py", "", [object()], False),
    ],
)
def test_the_first_start(
    main: str | None,
    orig: str,
    words: str,
    given: str,
    plugins: object,
    first: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = types.ModuleType("__main__")
    module.__spec__ = SimpleNamespace(name=main) if main else None  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.setattr(sys, "argv", words.split())
    monkeypatch.setattr(sys, "orig_argv", ["python", *orig.split()])
    start = SimpleNamespace(invocation_params=SimpleNamespace(args=tuple(given.split()), plugins=plugins))
    assert ahead._is_the_first_start(start) is first  # type: ignore[arg-type]


def test_modules_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", ["/root", *sys.path])

    def module(name: str, file: str | None, *, package: bool = False) -> types.ModuleType:
        made = types.ModuleType(name)
        made.__file__ = file
        if package:
            made.__path__ = [os.path.dirname(str(file))]
        return made

    assert ahead._lies_beside(module("mine", "/root/mine.py"))
    assert ahead._lies_beside(module("mine", "/root/mine/__init__.py", package=True))
    assert not ahead._lies_beside(module("mine.below", "/root/mine/below.py"))  # its package does
    assert not ahead._lies_beside(module("numpy", "/root/.venv/site/numpy/__init__.py", package=True))
    assert not ahead._lies_beside(module("six", "/root/lib/six.py"))
    assert not ahead._lies_beside(module("namespace", None))
    assert not ahead._lies_beside(
        module("pytest_monorepo", "/root/pytest_monorepo/__init__.py", package=True)
    )


@contextmanager
def a_thread() -> Iterator[None]:
    ended = threading.Event()
    thread = threading.Thread(target=ended.wait)
    thread.start()
    yield
    ended.set()
    thread.join()


@contextmanager
def a_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


@contextmanager
def a_tracer() -> Iterator[None]:
    before = sys.getprofile()
    sys.setprofile(lambda *_: None)
    yield
    sys.setprofile(before)


@needs_fork
@pytest.mark.parametrize(
    ("spoilt", "sign"),
    [
        (a_thread, lambda: threading.active_count() > 1 and not forking.is_alone()),
        (a_handler, lambda: not ahead._is_default(signal.SIGTERM)),
        (a_tracer, forking.is_watched),
    ],
)
def test_what_a_fork_would_share(spoilt: Callable[[], Any], sign: Callable[[], bool]) -> None:
    with spoilt():
        assert sign()


@needs_fork
def test_open_files() -> None:
    before = set(ahead._own_files())
    with socket.socket() as ours, socket.socket() as handed_over:
        handed_over.set_inheritable(True)
        assert set(ahead._own_files()) - before == {ours.fileno()}


@needs_fork
def test_a_forked_child_as_a_process() -> None:
    reader, writer = os.pipe()
    pid = os.fork()
    if not pid:
        os.read(reader, 1)
        os._exit(3)
    child = ahead.Child(pid)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.01)
    os.write(writer, b".")
    assert (child.wait(MINUTES), child.poll(), child.returncode) == (3, 3, 3)
    child.kill()  # of what is gone already
    os.close(reader)
    os.close(writer)
