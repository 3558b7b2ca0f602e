"""With a referee what compiled code and programs look for is kept, and seen when it changes."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from pytest_monorepo.inputs.referee import machines
from pytest_monorepo.inputs.referee.kernel import Kernel
from tests.run.space import Run, Space


@cache
def forbidden() -> str:
    """Why there can be no referee here; tried in a process of its own."""
    machine = machines.machine() if sys.platform == "linux" else None
    if machine is None:
        return "no referee is known for this machine"
    kernel = Kernel(machine)
    child = os.fork()
    if not child:
        try:
            kernel.filtered()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    code = os.WEXITSTATUS(os.waitpid(child, 0)[1])
    return f"the system allows for no referee: {os.strerror(code)}" if code else ""


pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _allowed() -> None:
    if forbidden():
        pytest.skip(forbidden())


TABLE = "[tool.pytest-monorepo]\ncached-referee = true\ncached-clock = true\n"
HEAD = """
import ctypes, os, subprocess, sys, threading
os.chdir(os.path.dirname(__file__))
def said(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, universal_newlines=True, **more).stdout.strip()
def native(path, wanted):
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    stream = libc.fopen(path.encode(), b"r")
    assert (libc.fgetc(ctypes.c_void_p(stream)) if stream else None) == wanted
"""
Change = Callable[[Path], object]


def _appended(name: str) -> Change:
    return lambda folder: (folder / name).write_text("2\n")


def leads(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


SEEN: dict[str, tuple[str, Change]] = {
    "program": ("assert said('sed', '', 'x') == '1'", _appended("x")),
    "through a shell": ("assert said('sh', '-c', 'cd sub; sed s/a/b/ ../x') == '1'", _appended("x")),
    "missing": ("assert said('sh', '-c', 'test -e y && echo 1') == ''", _appended("y")),
    "listing": ("assert said('sh', '-c', 'echo sub/*') == 'sub/one'", _appended("sub/two")),
    "link": (
        "assert said('sed', '', 'link') == '1'",
        lambda folder: os.replace(folder / "other", folder / "link"),
    ),
    "entered by a link": (
        "assert said('sh', '-c', 'cd way; sed s/a/b/ in') == '1'",
        lambda folder: leads(folder / "way", "ways/2"),
    ),
    "link by its descriptor": (
        f"libc, room = ctypes.CDLL(None), ctypes.create_string_buffer(9)\n"
        f"    link = libc.open(b'way', {os.O_PATH | os.O_NOFOLLOW})\n"
        f"    assert libc.readlinkat(link, b'', room, 9) > 0 and room.value == b'ways/1'",
        lambda folder: leads(folder / "way", "ways/2"),
    ),
    "time": (
        "assert said('sh', '-c', 'test x -nt sub/one && echo 1') == ''",
        lambda folder: os.utime(folder / "x", (2e9, 2e9)),
    ),
    "mode": (
        "assert said('sh', '-c', 'test -x x && echo 1') == ''",
        lambda folder: (folder / "x").chmod(0o755),
    ),
    "python": (
        "assert said(sys.executable, '-c', 'print(open(\"x\").read())') == '1'",
        _appended("x"),
    ),
    "program itself": (
        "assert said('./tool') == '1'",
        lambda folder: (folder / "tool").write_text("#!/bin/sh\necho 2\n"),
    ),
    "native": ("native('x', ord('1'))", _appended("x")),
    "native thread": (
        "t = threading.Thread(target=native, args=('x', ord('1'))); t.start(); t.join()\n"
        "    native('x', ord('1'))",
        _appended("x"),
    ),
    "native missing": ("native('y', None)", _appended("y")),
    "forked": (
        "c = os.fork()\n    if not c:\n        try: native('x', ord('1')); os._exit(0)\n"
        "        except BaseException: os._exit(1)\n    assert os.waitpid(c, 0)[1] == 0",
        _appended("x"),
    ),
    "spawned": (
        "assert os.waitpid(os.posix_spawn('/bin/sh', ['sh', '-c', 'test -e y'], {}), 0)[1]",
        _appended("y"),
    ),
    "native program": ("assert ctypes.CDLL(None).system(b'test -e y')", _appended("y")),
    "descriptor": (
        "f = os.open('sub', os.O_RDONLY)\n"
        "    assert said('ls', f'/proc/self/fd/{f}/', pass_fds=[f]) == 'one'",
        _appended("sub/two"),
    ),
    "after python": ("os.path.exists('x'); native('x', ord('1'))", _appended("x")),
}
NOT_KEPT: dict[str, tuple[str, str]] = {
    "writes": ("said('sh', '-c', 'echo 1 > written')", "a program writes .*/written"),
    "other process": ("said('sed', '', '/proc/1/status')", "reads /proc/1/status"),
    "uptime by a link": (
        "os.symlink('/proc/uptime', 'seen'); said('sed', '', 'seen'); os.unlink('seen')",
        "reads /proc/uptime",
    ),
    "uptime in other words": ("said('sed', '', '//proc/uptime')", "reads /proc/uptime"),
    "uptime by way of itself": (
        "said('sed', '', '/proc/self/../uptime')",
        r"reads /proc/self/\.\./uptime",
    ),
    "network": ("said('sed', '', '/proc/self/net/dev')", "reads /proc/self/net/dev"),
    "uptime": ("said('sed', '', '/proc/uptime')", "reads /proc/uptime"),
    "socket": (
        "said(sys.executable, '-c', 'import socket; socket.socket().close()')",
        "opens a socket .a program that it runs",
    ),
    "space": ("said('df', '.')", "asks for free space|reads /proc"),
    "native write": ("ctypes.CDLL(None).creat(b'written', 0o600)", "compiled code writes .*/written"),
    "io_uring": ("ctypes.CDLL(None).syscall(425, 0, 0)", "uses io_uring_setup"),
}


def written(space: Space, rows: dict[str, str]) -> None:
    space.write({"pyproject.toml": TABLE})
    for way, body in rows.items():
        name = way.replace(" ", "_")
        folder = f"libs/{name}"
        text = f"{HEAD}\ndef test_{name}(tmp_path):\n    {body}\n"
        space.write({f"{folder}/pyproject.toml": "", f"{folder}/test_{name}.py": text})
        space.write(
            {f"{folder}/x": "1\n", f"{folder}/sub/one": "5\n", f"{folder}/tool": "#!/bin/sh\necho 1\n"}
        )
        (space.root / folder / "tool").chmod(0o755)
        (space.root / folder / "link").symlink_to("x")
        (space.root / folder / "other").symlink_to("sub/one")
        space.write({f"{folder}/ways/1/in": "1\n", f"{folder}/ways/2/in": "2\n"})
        (space.root / folder / "way").symlink_to("ways/1")


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Space, Run, Run]:
    """All rows, each a project: the second run, and the one after each row's change."""
    base = tmp_path_factory.mktemp("referee")
    space = Space(base / "space")
    with space.environment(XDG_CACHE_HOME=str(base / "cache"), HOME=str(base)):
        written(space, {way: row[0] for way, row in {**SEEN, **NOT_KEPT}.items()})
        space.run("--cached")
        for folder in (space.root / "libs").iterdir():
            (folder / "written").unlink(missing_ok=True)
        second = space.run("--cached", "--cached-explain")
        for way, (_, change) in SEEN.items():
            change(space.root / "libs" / way.replace(" ", "_"))
        return space, second, space.run("--cached", "--cached-explain")


@pytest.mark.parametrize("way", SEEN)
def test_what_is_looked_for_is_an_input(twice: tuple[Space, Run, Run], way: str) -> None:
    name = way.replace(" ", "_")
    _, second, third = twice
    assert f"libs/{name} cached from" in second.out
    assert f"FAILED libs/{name}/test_{name}.py::test_{name} " in third.out


@pytest.mark.parametrize("way", NOT_KEPT)
def test_what_cannot_be_compared_is_not_kept(twice: tuple[Space, Run, Run], way: str) -> None:
    _, second, _ = twice
    name, reason = way.replace(" ", "_"), NOT_KEPT[way][1]
    assert re.search(rf"libs/{name} runs: .*no complete trace: .*({reason})", second.out), second.out


def test_all_files_of_a_project_that_needs_its_referee_are_one(space: Space) -> None:
    written(space, {"one": "native('x', ord('1'))"})
    space.write({"libs/one/test_two.py": "def test_two(): pass\n"})
    space.run("--cached")
    assert "2 cached" in space.run("--cached").out
    (space.root / "libs/one/test_two.py").write_text("def test_two(): assert 1\n")
    run = space.run("--cached", "--cached-explain")
    assert "cached from" not in run.out, run.out


def test_a_worker_that_is_started_afresh_has_one_too(space: Space) -> None:
    written(space, {"one": "native('x', ord('1'))"})
    space.run("--cached", "--monorepo-start=spawn")
    assert "1 cached" in space.run("--cached", "--monorepo-start=spawn").out
    (space.root / "libs/one/x").write_text("2\n")
    assert "1 failed" in space.run("--cached", "--monorepo-start=spawn").out


def test_a_worker_that_dies_is_told_of_as_without_one(space: Space) -> None:
    written(
        space,
        {
            "dies": "native('x', ord('1')); os._exit(7)",
            "killed": "said('sed', '', 'x'); os.kill(os.getpid(), 11)",
        },
    )
    out = space.run("--cached").out
    assert "(exit code 7)" in out
    assert "(killed by SIGSEGV)" in out


def test_signals_to_all_of_a_worker_s_group_do_not_stop_its_referee(space: Space) -> None:
    text = """
    import signal
    said('sed', '', 'x')
    for name in ('PROF', 'TSTP', 'TERM'):
        number, got = getattr(signal, f'SIG{name}'), []
        signal.signal(number, lambda *told: got.append(told))
        os.killpg(0, number)
        said('sed', '', 'x')
        assert len(got) == 1
"""
    written(space, {"group": text.strip()})
    assert "1 passed" in space.run("--cached").out


def test_a_program_that_compiled_code_runs_asks_for_cached_clock(space: Space) -> None:
    body = (
        "c = os.fork()\n    if not c: os._exit(0)\n"
        "    os.waitpid(c, 0); assert not ctypes.CDLL(None).system(b'true')"
    )
    written(space, {"one": body})
    space.write({"pyproject.toml": TABLE.replace("cached-clock = true\n", "")})
    space.run("--cached")
    run = space.run("--cached", "--cached-explain")
    assert "runs a program, which may ask for the time" in run.out, run.out
