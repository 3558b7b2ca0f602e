"""pytest imported once for all runs of a test process: each is forked right behind that import.

There ``python -m pytest`` has nothing behind it but the import of pytest and what it imports itself, a half
of the time that a small run takes; so has ``python -m coverage run -m pytest``. What is imported by then is
out of sight of the garbage collector, which pytest calls five times when it ends. Runs of ours have the
import of our controller's modules behind them, too, and not that of the plugin itself; a fork server drops
them, and finds its own loaded. What an interpreter only looks at when it starts (flags and ``PYTHON…``
variables) cannot be had this way, nor what it says when it takes itself apart: it ends behind its threads and
what was to be called at its end.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.patience import MINUTES

from . import behind

SERVER = """
import gc, importlib, importlib.util, json, os, runpy, sys
import pytest
from _pytest.config import default_plugins

module, behind, traced, folder, *ours = sys.argv[3:]
ahead = None
# not that one: pytest itself imports it where there is a cache alone
own = ["_pytest." + name for name in default_plugins if name != "stepwise"]
# what it imports in every run once it has a command line
own += ["faulthandler", "tomllib" if sys.version_info >= (3, 11) else "tomli"]
own += ["readline"] * bool(pytest.version_tuple >= (8, 3) and importlib.util.find_spec("readline"))
for name in (*own, *filter(None, [behind])):
    importlib.import_module(name)
if ours:
    worker = os.path.join(sys.modules["pytest_monorepo"].__path__[0], "worker")
    spec = importlib.util.spec_from_file_location(
        "pytest_monorepo_worker", os.path.join(worker, "__init__.py"), submodule_search_locations=[worker]
    )
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    there = set(sys.modules)
    for name in ("pdb", "email.parser", *ours):
        importlib.import_module(name)
    # a project's own modules of other names are found as they are behind a start of its own
    for name in set(sys.modules) - there - {"pdb", "bdb", "cmd"}:
        if not name.startswith(("pytest_monorepo", "email.")):
            del sys.modules[name]
    if traced:
        there, stream = {"__name__": "traced"}, open(traced, encoding="utf-8")
        exec(compile(stream.read(), traced, "exec"), there)
        stream.close()
        processes = importlib.import_module("pytest_monorepo.run.workers.processes")
        ahead = there["Ahead"](processes, traced, folder)
        del stream, processes
    del worker, spec, there


def prepared():
    # pytest's configuration with its own plugins, which each run begins with: a fifteenth of a small one
    import _pytest.config as config

    usual, given = config.get_config, {}
    if hasattr(config, "_get_prog_name"):  # what it is called in messages, since pytest 9.2
        given["prog"] = config._get_prog_name([importlib.util.find_spec("pytest.__main__").origin])
    ready = usual(**given)

    def get_config(args=None, plugins=None, **more):
        config.get_config = usual
        leaves_some_out = any(str(word).startswith(("-pno:", "no:")) for word in args or ())
        if leaves_some_out or more != given or "PYTEST_DEBUG" in os.environ:
            sys.modules.pop("_pytest.stepwise", None)  # goes with the cache
            return usual(args, plugins, **more)
        folder = config.Path.cwd() if hasattr(config, "Path") else config.pathlib.Path.cwd()
        ready.invocation_params = config.Config.InvocationParams(args=args or (), plugins=plugins, dir=folder)
        return ready

    config.get_config = get_config


if module == "pytest":
    prepared()


def on_terminal(ask):
    # to go on in a session of its own; a process between tells who waits
    if os.fork():
        os._exit(0)
    hears = os.open(ask["hears"], os.O_WRONLY)
    tty = os.open(ask["tty"], os.O_RDWR | os.O_NOCTTY)
    pid = os.fork()
    if pid:
        os.close(tty)
        try:
            os.write(hears, b"%d\\n" % pid)
            os.write(hears, b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        finally:
            os._exit(0)
    os.close(hears)
    os.setsid()
    os.close(os.open(ask["tty"], os.O_RDWR))  # a session has the first one that its leader opens
    return tty  # for whoever reads at the other end all is over once nobody holds it


def as_at_start(old, mode):
    # over the same descriptor: whether it is a terminal is asked where a stream is made
    import io

    fd, unbuffered = old.fileno(), isinstance(old.buffer, io.RawIOBase)
    raw = io.FileIO(fd, mode, closefd=False)
    raw.name = old.name
    kind = io.BufferedReader if mode == "r" else io.BufferedWriter
    new = io.TextIOWrapper(
        raw if unbuffered else kind(raw),
        encoding=old.encoding,
        errors=old.errors,
        newline="\\n",
        line_buffering=not old.write_through and (old.line_buffering or raw.isatty()),
        write_through=old.write_through,
    )
    new.mode = mode
    return new


gc.collect()
gc.freeze()
frozen = gc.get_freeze_count()
asked, told = map(int, sys.argv[1:3])
for fd in (asked, told):
    os.set_inheritable(fd, False)  # they came through
known = len([folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder])
while True:
    line = b""
    while not line.endswith(b"\\n"):
        data = os.read(asked, 1 << 16)
        if not data:
            sys.exit(ahead and ahead.end())
        line += data
    ask = json.loads(line)
    if ahead:
        ahead.before(ask["args"])
    pid = os.fork()
    if not pid:
        if ask["tty"]:
            held = on_terminal(ask)
        break
    os.write(told, b"%d\\n" % pid)
    os.write(told, b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os.close(asked)
os.close(told)
if ahead:
    ahead.let_go()
if ours:
    # ours asks whether anybody has frozen something, which takes a twelfth of a small run to count here
    # and its fork server lets go of our modules: to free each of them is to copy it first
    kept = list(sys.modules.values())

    def count(usual=gc.get_freeze_count, number=frozen, own=os.getpid(), pid=os.getpid, kept=kept):
        return number if pid() == own else usual()

    gc.get_freeze_count = count
    del count, kept
for fd, name, flags in ((0, "stdin", os.O_RDONLY), (1, "out", os.O_WRONLY | os.O_APPEND)):
    opened = os.open(ask["tty"] or ask[name], os.O_RDWR if ask["tty"] else flags)
    os.dup2(opened, fd)
    os.close(opened)
os.dup2(1, 2)
if ask["tty"]:
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        old = getattr(sys, name)
        setattr(sys, name, as_at_start(old, mode))
        setattr(sys, f"__{name}__", getattr(sys, name))
    os.close(held)
    del old, mode, held
os.chdir(ask["cwd"])
os.environ.clear()
os.environ.update(ask["environ"])
folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
sys.path[: 1 + known] = [os.getcwd(), *folders]
code = ask["code"]
sys.argv[:] = ["-c" if code else importlib.util.find_spec(module + ".__main__").origin, *ask["args"]]
sys.orig_argv[:] = [sys.executable, *(("-c", code) if code else ("-m", module)), *ask["args"]]
run_module, values = runpy.run_module, {"run_name": "__main__", "alter_sys": True}
del ask, line, data, known, folders, fd, name, flags, opened, pid, asked, told, own, default_plugins
del behind, traced, folder, ours, ahead, frozen, on_terminal, as_at_start, prepared
status = 0
try:
    if code:
        exec(code)
    else:
        run_module(module, **values)
except SystemExit as end:
    status = end.code or 0
    if not isinstance(status, int):
        print(status, file=sys.stderr)
        status = 1
import atexit, threading
threading._shutdown()
atexit._run_exitfuncs()
for stream in filter(None, (sys.stdout, sys.stderr)):
    stream.flush()
# nobody frees what was imported before the fork: each page of it would be copied for that
os._exit(status & 0xFF)
"""


def can_run(environ: Mapping[str, str], usual: Mapping[str, str]) -> bool:
    """Whether a run with these variables can be had; ``usual`` are those of a run that asks for nothing."""
    odd = {name for name in {*environ, *usual} if environ.get(name) != usual.get(name)}
    if odd & {"PYTHONPATH"} and _only_adds(environ, usual):
        odd.remove("PYTHONPATH")
    return hasattr(os, "fork") and not any(map(_at_start, odd))


def _only_adds(environ: Mapping[str, str], usual: Mapping[str, str]) -> bool:
    """Whether the path has folders more, and none with what Python imports when it starts."""
    folders, known = _folders(environ), _folders(usual)
    customs = [Path(folder, f"{who}customize.py") for folder in folders for who in ("site", "user")]
    return set(known) <= set(folders) and not any(custom.exists() for custom in customs)


def _folders(environ: Mapping[str, str]) -> list[str]:
    return [folder for folder in environ.get("PYTHONPATH", "").split(os.pathsep) if folder]


def _at_start(name: str) -> bool:
    """Variables that Python, or what a ``.pth`` file imports, reads before anything is run."""
    return name.startswith(("PYTHON", "COVERAGE_PROCESS", "COV_CORE", "LD_", "DYLD_"))


class Server:
    """One process that imports pytest and what is ``behind`` it, and forks; it ends when this one does."""

    def __init__(self, environ: Mapping[str, str], module: str, behind: Sequence[str]) -> None:
        first, *ours = behind or [""]
        self._folder = tempfile.mkdtemp(prefix="warm-")
        traced = str(Path(__file__).with_name("traced.py")) if ours and sys.platform == "linux" else ""
        words = (module, first, traced, self._folder, *ours)
        asked, self._ask = os.pipe()
        self._told, told = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(asked), str(told), *words],
            env={**environ, "TERM": "xterm"},  # readline asks for it when it is imported
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=(asked, told),
        )
        os.close(asked)
        os.close(told)
        self._said = b""

    def run(
        self,
        args: Sequence[str],
        *,
        cwd: Path,
        environ: Mapping[str, str],
        stdin: Path,
        out: Path,
        code: str,
    ) -> int:
        """The exit code of the module with ``args``; both kinds of its output go to ``out``."""
        self._begin(args, cwd, environ, code=code, stdin=str(stdin), out=str(out))
        pid = self._number(out)
        try:
            return self._number(out)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise

    def on_terminal(
        self, args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], tty: str, hears: Path
    ) -> None:
        """Begin such a run with this terminal; ``hears`` is a pipe for its number and how it ended."""
        self._begin(args, cwd, environ, tty=tty, hears=str(hears))
        for _ in ("who has begun it", "has ended"):
            self._number()

    def _begin(self, args: Sequence[str], cwd: Path, environ: Mapping[str, str], **more: str) -> None:
        asked = {"args": list(args), "cwd": str(cwd), "environ": dict(environ), "code": "", "tty": "", **more}
        os.write(self._ask, json.dumps(asked).encode() + b"\n")

    def _number(self, out: Path | None = None) -> int:
        """The next one that the server tells."""
        while b"\n" not in self._said:
            heard = select.select([self._told], [], [], MINUTES)[0]
            assert heard, f"no end:\n{out.read_text() if out else ''}"
            data = os.read(self._told, 1 << 10)
            assert data, f"the process that forks has ended:\n{out.read_text() if out else ''}"
            self._said += data
        line, _, self._said = self._said.partition(b"\n")
        return int(line)

    def close(self) -> None:
        os.close(self._ask)
        self._process.wait(MINUTES)
        os.close(self._told)
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def server(at_start: frozenset[tuple[str, str]], module: str, behind: tuple[str, ...]) -> Server:
    """That of this process, of the variables that it must be started with, and of what it is to run."""
    kept = {name: value for name, value in os.environ.items() if not _at_start(name)}
    started = Server({**kept, **dict(at_start)}, module, behind)
    atexit.register(started.close)
    return started


def run(
    args: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    usual: Mapping[str, str],
    stdin: bytes = b"",
    module: str = "pytest",
    code: str = "",
    bare: bool = False,
) -> tuple[int, bytes]:
    """Exit code and output of ``python -m pytest`` (or ``coverage``) with ``args``, where it can be had.

    With ``code`` it is that of ``python -c code args`` by a process that has imported ``module``.
    ``bare``: there is nothing behind it but pytest.
    """
    with tempfile.TemporaryDirectory(prefix="warm-") as folder:
        given, out = Path(folder, "in"), Path(folder, "out")
        given.write_bytes(stdin)
        out.touch()
        forking = server(_given_at_start(usual), module, () if bare else behind.of(module, args))
        ended = forking.run(args, cwd=cwd, environ=environ, stdin=given, out=out, code=code)
        return ended, out.read_bytes()


def on_terminal(
    args: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    usual: Mapping[str, str],
    tty: str,
    hears: Path,
) -> None:
    """Begin ``python -m pytest`` on a terminal: see :meth:`Server.on_terminal`."""
    assert can_run(environ, usual), "an interpreter of its own is to be had by nobody yet"
    forking = server(_given_at_start(usual), "pytest", behind.of("pytest", args))
    forking.on_terminal(args, cwd=cwd, environ=environ, tty=tty, hears=hears)


def _given_at_start(usual: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in usual.items() if _at_start(name))


def anyhow(
    args: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    module: str = "pytest",
    code: str = "",
) -> tuple[int, bytes]:
    """As :func:`run`, and by an interpreter of its own where it cannot be had. There is no input."""
    usual = {name: value for name, value in environ.items() if name != "PYTHONPATH"}
    if can_run(environ, usual):
        return run(args, cwd=cwd, environ=environ, usual=usual, module=module, code=code)
    return afresh(args, cwd=cwd, environ=environ, module=module, code=code)


def afresh(
    args: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    module: str = "pytest",
    code: str = "",
) -> tuple[int, bytes]:
    """Exit code and output of an interpreter of its own. There is no input."""
    done = subprocess.run(
        [sys.executable, *(("-c", code) if code else ("-m", module)), *args],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=MINUTES,
        check=False,
    )
    return done.returncode, done.stdout
