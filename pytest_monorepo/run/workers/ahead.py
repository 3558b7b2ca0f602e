"""A fork server that is forked from the controller's own start, where pytest and its plugins are imported.

A second interpreter that imports them once more is half of what a small run costs. The fork is made where
pytest is about to load conftests: nothing is configured, nothing of a project is loaded, and nothing of ours
but the plugin's own module. The child then leaves pytest as it came, frame by frame, so that what it serves
from is a process in which pytest is imported and no more; :func:`is_clean` says when that is so. Else, and
for any other interpreter, a fresh one is started (:mod:`.processes`).
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import signal
import socket
import sys
import warnings
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NoReturn

import pytest

from pytest_monorepo.worker.process.forking import is_alone, is_watched
from pytest_monorepo.workspace.files.pauses import OF_PYTHON

from .polled import Polled

_OWN = __name__.partition(".")[0]


class Child(Polled):
    """What the pool needs of a process, as :class:`subprocess.Popen` has it, for one that was forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or minus the signal; ``None`` while it lives."""
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:  # somebody else has waited for it
                self.returncode = 0
            else:
                self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def kill(self) -> None:
        """At once."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Ahead:
    """The fork server that waits for the pool of this run, and its end of the connection."""

    def __init__(self, process: Child, control: socket.socket) -> None:
        self.process = process
        self.control = control

    def dismiss(self) -> None:
        """Nobody has taken it: it ends as its connection does."""
        self.control.close()
        self.process.wait(10)


_WAITING: list[Ahead] = []


def start(config: pytest.Config) -> None:
    """Fork the server of a run that is to begin, where the process is fit for it."""
    if _WAITING or not is_clean(config):
        return
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    ours, theirs = socket.socketpair()
    try:
        pid = _forked()
    except OSError:  # no room for another process just now; the pool tries by its own way
        ours.close()
        theirs.close()
        return
    if not pid:
        ours.close()
        _become_server(theirs)
    theirs.close()
    _WAITING.append(Ahead(Child(pid), ours))
    config.add_cleanup(discard)


def _forked() -> int:
    """As :func:`os.fork`, with what is imported out of the sight of the child's collector.

    The server looks for garbage before it forks; among 100,000 objects of pytest and its plugins that took it
    0.02 s, and a copy of each page that it shares with this process. What it leaves of the controller's start
    goes once somebody asks the collector (:mod:`pytest_monorepo.worker.process.frozen`).
    """
    if gc.get_freeze_count() > OF_PYTHON:  # somebody else's, and not ours to undo
        return os.fork()
    gc.freeze()
    try:
        pid = os.fork()
    except OSError:
        gc.unfreeze()
        raise
    if pid:
        gc.unfreeze()
    return pid


def take() -> Ahead | None:
    """The server that waits, once; whoever takes it ends it."""
    return _WAITING.pop() if _WAITING else None


def discard() -> None:
    """It is not needed."""
    if (waiting := take()) is not None:
        waiting.dismiss()


# -- whether it may be


def is_clean(config: pytest.Config) -> bool:
    """Whether this process is one that has done nothing but start pytest from the command line."""
    return (
        hasattr(os, "fork")
        and sys.platform != "win32"
        and _is_the_first_start(config)
        and _has_no_plugins_of_its_own(config)
        and not any(map(_lies_beside, list(sys.modules.values())))
        and not is_watched()
        and is_alone()
        and all(map(_is_default, _SIGNALS))
        and not _own_files()
    )


_SCRIPTS = ("pytest", "py.test")


def _is_the_first_start(config: pytest.Config) -> bool:
    """By ``python -m pytest`` or the ``pytest`` script: not in an editor's adapter, nor by a test."""
    given = config.invocation_params
    main = getattr(sys.modules.get("__main__"), "__spec__", None)
    name = getattr(main, "name", None) or os.path.basename(sys.argv[0])
    # a script of somebody's that runs pytest may have imported anything before
    told = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    known = name in ("pytest.__main__", *_SCRIPTS)
    known = known and bool(told) and os.path.basename(told[-1].removeprefix("-m")) in _SCRIPTS
    return known and not given.plugins and list(given.args) == sys.argv[1:]


def _has_no_plugins_of_its_own(config: pytest.Config) -> bool:
    """The root's ``-p`` and ``pythonpath`` are not the projects'."""
    options = config.known_args_namespace
    named = {name for name in options.plugins if not name.startswith("no:") and name != f"{_OWN}.plugin"}
    named = named and named - _told_to_all(config)
    rewrites = getattr(options, "assertmode", "rewrite") == "rewrite"
    return not (named or os.environ.get("PYTEST_PLUGINS") or config.getini("pythonpath")) and rewrites


def _told_to_all(config: pytest.Config) -> set[str]:
    """Installed plugins that the command line names: each worker is told to import them as well.

    They count as those that pytest finds by itself; what ``addopts`` name is the root's, and a module that is
    no entry point may tell by its first lines where it was imported.
    """
    words, manager = config.invocation_params.args, config.pluginmanager
    given = {word[2:] for word in map(str, words) if word.startswith("-p")}
    given |= {str(following) for word, following in pairwise(words) if word == "-p"}
    installed = [plugin for plugin, _ in manager.list_plugin_distinfo()]
    given = {name for name in given if not _cannot_be_rewritten(name, config)}
    return {name for name in given if any(manager.get_plugin(name) is one for one in installed)}


def _cannot_be_rewritten(name: str, config: pytest.Config) -> bool:
    """Whether pytest would warn of a module that is loaded already, in a worker that has it from here.

    The plugin of pytest-mypy is called as the compiled package that it imports.
    """
    module, hook = sys.modules.get(name), getattr(config.pluginmanager, "rewrite_hook", None)
    return module is not None and (hook is None or getattr(module, "__loader__", None) is not hook)


def _lies_beside(module: Any) -> bool:
    """Whether it was found where ``python -m`` looks first: in the working directory, that no project has."""
    name, file = getattr(module, "__name__", ""), getattr(module, "__file__", None)
    if _first() is None or not isinstance(file, str) or "." in name or name in ("__main__", _OWN):
        return False
    # Python 3.10 says /repo/./helper.py of what a relative entry of the path has
    folder = os.path.dirname(os.path.abspath(file))
    return sys.path[0] in (folder, os.path.dirname(folder) if hasattr(module, "__path__") else None)


def _first() -> str | None:
    """The folder that Python has put in front of its path for what it was told to run."""
    return None if sys.flags.isolated or getattr(sys.flags, "safe_path", False) else sys.path[0]


_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGCHLD", "SIGALRM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
]


def _is_default(number: int) -> bool:
    """What a fresh interpreter would do, too."""
    return signal.getsignal(number) in (signal.SIG_DFL, signal.SIG_IGN, signal.default_int_handler)


def _own_files() -> Iterable[int]:
    """Open files that a program started from here would not have, and a fork has."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            found = [int(name) for name in os.listdir(folder)]
        except OSError:
            continue
        return [fd for fd in found if fd > 2 and _is_closed_by_exec(fd)]
    return [-1]  # it cannot be known


def _is_closed_by_exec(fd: int) -> bool:
    # PEP 446: what Python opens is closed in a program that is started, and open in a fork
    try:
        return not os.get_inheritable(fd)
    except OSError:  # the listing's own
        return False


# -- the child


class _Unwinding(BaseException):
    """Leaves the controller's pytest; its frames end, its hook for imports and its variables go with it."""


def _become_server(channel: socket.socket) -> NoReturn:
    group = os.getpgrp()
    os.setpgid(0, 0)  # a Ctrl-C from now on is the controller's
    # pluggy warns of a hook that is left by an exception, from 1.4 on (PluggyTeardownRaisedWarning)
    silence = warnings.catch_warnings()
    silence.__enter__()
    warnings.simplefilter("ignore")
    usual, main = sys.excepthook, sys.modules["__main__"]

    def unwound(kind: type[BaseException], error: BaseException, traceback: object) -> None:
        sys.excepthook = usual
        silence.__exit__(None, None, None)
        if not isinstance(error, _Unwinding):
            usual(kind, error, error.__traceback__)
            os._exit(1)
        error.__traceback__ = None
        sys.modules["__main__"] = main  # runpy takes back the one it has made
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            if hasattr(sys, name):
                delattr(sys, name)
        _serve(channel, group)

    sys.excepthook = unwound
    raise _Unwinding


def _serve(channel: socket.socket, group: int) -> NoReturn:
    """Go on as the fork server, whose code is loaded by path and name as in any other interpreter."""
    folder = os.path.join(os.path.dirname(sys.modules[_OWN].__path__[0]), _OWN, "worker")
    for name in [name for name in sys.modules if name.partition(".")[0] == _OWN]:
        del sys.modules[name]
    spec = importlib.util.spec_from_file_location(
        f"{_OWN}_worker", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    path = sys.path if _first() is None else sys.path[1:]
    importlib.import_module(f"{spec.name}.forkserver").go_on(channel.detach(), group, path)
    os._exit(0)
