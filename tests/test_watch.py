"""``--watch``: which round comes next, what a change affects, and whole watches on a terminal."""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.affected.files.decide import mentioned
from pytest_monorepo.affected.selection import select as choose
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.settings import Settings
from pytest_monorepo.watch.changes import (
    Event,
    Sieve,
    Snapshot,
    changed_paths,
    compare,
    left_out,
    of_workspace,
    read,
    without_ignored,
)
from pytest_monorepo.watch.keys import Line
from pytest_monorepo.watch.process import outputs
from pytest_monorepo.watch.rounds import Round, Rounds
from pytest_monorepo.workspace.discovery.discover import discover

from .patience import FOREVER, MINUTES
from .run.space import Space

ALL = {"a", "b", "c"}
GREEN = "def test_it():\n    pass\n"


# -- which round comes next


def started(**attrs: Any) -> Rounds:
    rounds = Rounds(**attrs)
    rounds.asked(Round())
    rounds.started()
    return rounds


def test_a_change_runs_what_it_affects() -> None:
    rounds = started()
    rounds.ended(0, False, ALL)
    assert rounds.affected({"a"}, ALL, "x", ALL)
    assert rounds.started() == Round(frozenset({"a"}), why="x")
    rounds.ended(1, False, ALL)
    assert (rounds.code, rounds.green, rounds.pending) == (1, False, set())


def test_files_are_left_out_only_where_nothing_of_an_earlier_change_is_to_run() -> None:
    rounds = started()
    rounds.ended(0, False, ALL)
    out = frozenset({"t"})
    rounds.affected({"a"}, ALL, "x", ALL, out)
    assert rounds.started().left_out == out
    rounds.affected({"b"}, ALL, "y", ALL, out)
    assert rounds.next is not None
    assert not rounds.next.left_out
    rounds.ended(2, True, ALL)
    rounds.started()
    rounds.ended(1, False, ALL)
    rounds.affected({"b"}, ALL, "z", ALL, out)
    assert rounds.started().left_out == out


def test_what_a_cancelled_round_was_to_run_is_run_by_the_next() -> None:
    rounds = started()
    rounds.ended(0, False, ALL)
    rounds.affected({"a"}, ALL, "x", ALL)
    rounds.started()
    assert rounds.affected({"b"}, ALL, "y", ALL)
    rounds.ended(2, True, ALL)
    assert rounds.code == 0
    assert rounds.started().projects == frozenset({"a", "b"})


def test_a_change_in_the_first_round_starts_all_anew() -> None:
    rounds = started()
    rounds.affected({"a"}, ALL, "x", ALL)
    rounds.ended(2, True, ALL)
    assert rounds.started().projects == frozenset(ALL)


def test_a_change_outside_the_filter_waits_for_it() -> None:
    rounds = started()
    rounds.ended(0, False, ALL)
    assert not rounds.affected({"a"}, {"b"}, "x", ALL)
    assert rounds.next is None
    assert rounds.affected({"b"}, ALL, "y", ALL)
    assert rounds.started().projects == frozenset({"a", "b"})


def test_a_round_that_changed_files_overtook_settles_nothing() -> None:
    rounds = started()
    rounds.affected({"a"}, ALL, "x", ALL)
    rounds.ended(0, False, ALL)  # it was over before it could be interrupted
    rounds.asked(Round(failed_only=True))
    rounds.started()
    rounds.ended(0, False, ALL)
    assert rounds.pending == {"a"}


@pytest.mark.parametrize(
    ("code", "maxfail", "pending"), [(1, False, set()), (1, True, {"a"}), (2, False, {"a"}), (0, True, set())]
)
def test_an_unfinished_round_is_still_owed(code: int, maxfail: bool, pending: set[str]) -> None:
    rounds = started(maxfail=maxfail)
    rounds.ended(0, False, ALL)
    rounds.affected({"a"}, ALL, "x", ALL)
    rounds.started()
    rounds.ended(code, False, ALL)
    assert rounds.pending == pending


# -- what an event means


def test_the_sieve_drops_what_means_nothing(tmp_path: Path) -> None:
    sieve = Sieve(tmp_path, frozenset({"out/page", "junit.xml"}))
    dropped = [
        "a/__pycache__/x.pyc",
        ".git/index",
        ".coverage.host.1",
        "a/.m.py.swp",
        "a/m.py~",
        "out/page/x",
        "junit.xml",
    ]
    kept = ["a/build/x.py", ".coveragerc", "a/dist.py", "../pytest.ini", "out/pages"]
    assert [path for path in dropped if sieve.by_name(path)] == []
    assert [path for path in kept if sieve.by_name(path)] == kept


def test_the_sieve_drops_a_file_written_again_as_it_was(tmp_path: Path) -> None:
    sieve = Sieve(tmp_path)
    file, events = tmp_path / "f", [Event("f")]
    file.write_text("1")
    assert sieve.changed(events)
    assert not sieve.changed(events)
    file.write_text("2")
    assert sieve.changed(events)
    file.chmod(0o755)
    assert sieve.changed(events)
    file.unlink()
    assert sieve.changed(events)
    assert not sieve.changed(events)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    found: list[tuple[Event, ...]] = []
    ask = threading.Thread(target=lambda: found.append(Sieve(tmp_path).changed([Event("pipe")])), daemon=True)
    ask.start()
    ask.join(MINUTES)
    assert found == [(Event("pipe"),)]


def test_what_a_round_writes_starts_none(pytester: pytest.Pytester) -> None:
    config = pytester.parseconfig(
        "--monorepo",
        "--watch",
        "--monorepo-receipt=run.json",
        "--cached-explain=~/why.txt",
        f"--junitxml={pytester.path / 'out' / 'all.xml'}",
        "--monorepo-html=../page",
    )
    config.option.json_report_file = "more.json"  # pytest-json-report
    config.option.benchmark_json = SimpleNamespace(name="times.json")
    root = pytester.path / "a"
    home = os.path.relpath(os.path.expanduser("~/why.txt"), root)
    found = set(outputs(config, Invocation(root, root, (), (), as_module=False)))
    written = {"run.json", home, "../out/all.xml", "../page", "more.json", "times.json", "monorepo-shards"}
    assert written <= found
    assert "." not in found


@pytest.fixture
def space(tmp_path: Path) -> Space:
    root = tmp_path / "repo"
    root.mkdir()
    space = Space(root)
    manifest = '[project]\nname = "{}"\nversion = "1"\ndependencies = [{}]\n'
    manifest += '[tool.pytest.ini_options]\npythonpath = ["src"]\n'
    test = "import lib_{0}\n\ndef test_x():\n    assert lib_{0}.x == 1\n"
    space.write({".gitignore": "ignored/\n", "pyproject.toml": "[tool.pytest-monorepo]\n", "README.md": ""})
    for name, needs in (("a", ""), ("b", '"a"'), ("c", "")):
        space.write(
            {
                f"libs/{name}/pyproject.toml": manifest.format(name, needs),
                f"libs/{name}/src/lib_{name}.py": "x = 1\n",
                f"libs/{name}/tests/test_{name}.py": test.format(name),
            }
        )
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    return space


def look(root: Path) -> Snapshot:
    return of_workspace(discover(root, Settings()), Settings())


def affected(space: Space, before: Snapshot, *events: Event) -> set[str]:
    return set(compare(before, look(space.root), events).selected)


def test_an_event_affects_the_project_and_its_dependents(space: Space) -> None:
    before = look(space.root)
    assert affected(space, before, Event("libs/a/src/lib_a.py")) == {"libs/a", "libs/b"}
    assert affected(space, before, Event("libs/b/tests/test_b.py")) == {"libs/b"}
    assert affected(space, before, Event("README.md")) == set()
    assert affected(space, before, Event("pytest.toml", True)) == set()  # it is not there


def by_file(space: Space) -> Snapshot:
    found = look(space.root)
    return replace(found, names=mentioned(found.state))


@pytest.mark.parametrize(
    ("path", "text", "out"),
    [
        ("libs/a/src/lib_a.py", "x = 2\n", {"libs/a/tests/test_more.py", "libs/b/tests/test_b.py"}),
        # the import that led to it is gone with the same change
        ("libs/a/tests/test_a.py", "def test_x():\n    pass\n", {"libs/a/tests/test_more.py"}),
        ("libs/a/tests/conftest.py", "def pytest_sessionfinish(): pass\n", set()),
        ("libs/a/tests/test_new.py", GREEN, {"libs/a/tests/test_a.py", "libs/a/tests/test_more.py"}),
        ("libs/a/pytest.ini", "[pytest]\n", set()),
    ],
)
def test_an_event_leaves_out_the_test_files_that_it_does_not_reach(
    space: Space, path: str, text: str, out: set[str]
) -> None:
    space.write({"libs/a/tests/test_more.py": GREEN, "libs/a/tests/conftest.py": ""})
    before = by_file(space)
    space.write({path: text})
    now = by_file(space)
    files = read(before, now, [Event(path)])
    selection = choose(files, now.state.side, [before.state.side], now.settings)
    assert left_out(before, now, files, selection, ()) == out
    assert left_out(replace(before, names=None), now, files, selection, ()) == frozenset()


def test_files_that_git_ignores_affect_nothing(space: Space) -> None:
    before = look(space.root)
    space.write({"libs/a/ignored/data.json": "{}"})
    assert affected(space, before, Event("libs/a/ignored/data.json", True)) == set()


def test_a_file_of_no_project_affects_all(space: Space) -> None:
    before = look(space.root)
    space.write({"data/shared.json": "{}"})
    assert affected(space, before, Event("data/shared.json", True)) == {"libs/a", "libs/b", "libs/c"}


def test_a_file_of_scripts_that_nobody_names_affects_none(space: Space) -> None:
    before = look(space.root)
    space.write({"scripts/data.json": "{}"})
    assert affected(space, before, Event("scripts/data.json", True)) == set()


def test_files_above_the_workspace_count_unless_git_ignores_them(space: Space) -> None:
    space.write({"inner/pyproject.toml": "", "ignored/x": "", "pytest.toml": ""})
    events = [Event("../ignored/x"), Event("../pytest.toml"), Event("libs/m.py")]
    assert without_ignored(space.root / "inner", events) == events[1:]
    root = space.root / "libs" / "a"
    before = look(root)
    assert set(compare(before, look(root), [Event("../../pytest.toml")]).selected) == {"."}


def test_a_folder_that_was_moved_tells_of_its_files(space: Space) -> None:
    before = look(space.root)
    (space.root / "libs/a/src").rename(space.root / "libs/a/lib")
    events = [Event("libs/a/src", True), Event("libs/a/lib", True)]
    assert set(changed_paths(before, look(space.root), events)) == {
        "libs/a/src/lib_a.py",
        "libs/a/lib/lib_a.py",
    }


def test_a_folder_moved_over_another_tells_of_files_that_keep_their_names(space: Space) -> None:
    before = look(space.root)
    assert set(changed_paths(before, before, [Event("libs/a/src", True)])) == {"libs/a/src/lib_a.py"}
    assert set(changed_paths(before, before, [Event("libs/a/src")])) == set()


def test_a_manifest_that_changes_unheard_is_not_lost(space: Space) -> None:
    before = look(space.root)
    manifest = space.root / "libs/c/pyproject.toml"
    manifest.write_text(manifest.read_text().replace("dependencies = []", 'dependencies = ["a"]'))
    assert affected(space, before) == {"libs/c"}
    now = look(space.root)
    assert affected(space, now, Event("libs/c/pyproject.toml")) == {"libs/c"}
    assert affected(space, now, Event("libs/a/src/lib_a.py")) == {"libs/a", "libs/b", "libs/c"}


def test_who_depended_before_the_change_is_affected_too(space: Space) -> None:
    before = look(space.root)
    manifest = space.root / "libs/b/pyproject.toml"
    manifest.write_text(manifest.read_text().replace('"a"]', "]"))
    assert affected(space, before, Event("libs/a/src/lib_a.py")) == {"libs/a", "libs/b"}


def test_a_line_is_typed_key_by_key() -> None:
    echo: list[str] = []
    line = Line("glob: ", echo.append)
    assert [line.press(key) for key in "lx\x7fibs/*"] == [None] * 8
    assert line.press("\n") == "libs/*"
    assert "".join(echo) == "glob: lx\b \bibs/*\n"
    left = Line("", echo.append)
    assert left.press("\x1b") == ""
    assert left.cancelled


# -- whole watches

needs_watchfiles = pytest.mark.skipif(
    importlib.util.find_spec("watchfiles") is None,
    reason="watchfiles is not installed: pip install --group test",
)
on_terminals = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
READY = "q to quit"
ENDLESS = f"import time\n\ndef test_slow():\n    time.sleep({FOREVER})\n"


class Terminal:
    """``pytest --monorepo --watch`` on a pseudo-terminal."""

    def __init__(self, space: Space, *args: str) -> None:
        import fcntl
        import pty
        import termios

        self.outer, self.inner = pty.openpty()
        self.before = termios.tcgetattr(self.inner)
        self.text = ""

        def take_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            space.command("-p", "pytest_monorepo.plugin", "--monorepo", "--watch", "--workers=2", *args),
            cwd=space.root,
            env=space.environ(TERM="xterm", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1"),
            stdin=self.inner,
            stdout=self.inner,
            stderr=self.inner,
            start_new_session=True,
            preexec_fn=take_terminal,
        )

    def until(self, text: str) -> str:
        """Read until ``text`` is there; what came since the last call."""
        end = time.monotonic() + MINUTES
        found = ""
        while text not in found:
            assert time.monotonic() < end, f"no {text!r} in:\n{found}"
            ready = select.select([self.outer], [], [], 0.1)[0]
            assert ready or self.process.poll() is None, f"ended, and no {text!r} in:\n{found}"
            if ready:
                found += os.read(self.outer, 65536).decode("utf-8", "replace")
        return found

    def press(self, keys: str) -> None:
        os.write(self.outer, keys.encode())

    @property
    def restored(self) -> bool:
        import termios

        return termios.tcgetattr(self.inner) == self.before

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.outer)
        os.close(self.inner)


@pytest.fixture
def terminals(space: Space) -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def test_failed_projects_are_run_first(space: Space) -> None:
    # the longest one would be the first
    sleeps = "import os, time\n\ndef test_x():\n    time.sleep(3 if os.path.exists('../slow') else 0)\n"
    space.write({"libs/a/tests/test_a.py": sleeps, "libs/slow": ""})
    edit(space, "c", "x = 2\n")
    space.run("--workers=1").has(r"libs/c/tests/test_c.py F.*")
    (space.root / "libs/slow").unlink()
    space.run("--workers=1").has(r"libs/a/.*", r"libs/c/tests/test_c.py F.*")
    space.run("--workers=1", "--ff").has(r"libs/c/tests/test_c.py F.*", r"libs/a/.*")


def edit(space: Space, name: str, text: str) -> None:
    replace_file(space, f"libs/{name}/src/lib_{name}.py", text)


def replace_file(space: Space, path: str, text: str) -> None:
    """In one step, so that it is one change, with a time of its own: bytecode is told by whole seconds."""
    file, new = space.root / path, space.root.parent / "new"
    new.write_text(text)
    os.utime(new, times=(file.stat().st_mtime - 2, file.stat().st_mtime - 2))
    new.replace(file)


@pytest.mark.slow
@needs_watchfiles
@on_terminals
def test_changes_and_keys_start_rounds(space: Space, terminals: list[Terminal]) -> None:
    terminal = Terminal(space)
    terminals.append(terminal)
    assert "3 passed" in terminal.until(READY)
    edit(space, "a", "x = 2\n")
    out = terminal.until(READY)
    assert "watch: libs/a/src/lib_a.py: 2 of 3 projects" in out
    assert "\x1b[2J" in out
    assert "1 failed" in out
    terminal.press("f")
    out = terminal.until(READY)
    assert "1 of 3 projects" in out
    assert "1 failed" in out
    terminal.press("plibs/[bc]\n")
    assert "2 of 3 projects" in terminal.until("projects libs/[bc]; h for help")
    edit(space, "a", "x = 1\n")
    assert "1 of 2 projects" in terminal.until("h for help")
    terminal.press("\n")
    assert "1 of 3 projects" in terminal.until("h for help")
    terminal.press("pnothing\n")
    terminal.until("nothing: matches no project that runs")
    (space.root / "README.md").write_text("new")
    terminal.until("README.md: ignored: root-level prose")
    terminal.press("h")
    terminal.until("this help")
    terminal.press("a")
    assert "3 passed" in terminal.until(READY)
    terminal.press("q")
    assert terminal.process.wait(MINUTES) == 0
    assert terminal.restored


@pytest.mark.slow
@needs_watchfiles
@on_terminals
def test_a_change_runs_the_test_files_that_it_reaches(space: Space, terminals: list[Terminal]) -> None:
    space.write({"libs/a/tests/test_more.py": GREEN})
    terminal = Terminal(space, "--affected-level=file")
    terminals.append(terminal)
    assert "4 passed" in terminal.until(READY)
    edit(space, "a", "x = 1  # as before\n")
    out = terminal.until(READY)
    assert "watch: libs/a/src/lib_a.py: 2 of 3 projects, 1 of 3 test files" in out
    assert "1 passed" in out
    terminal.press("a")
    assert "4 passed" in terminal.until(READY)


@pytest.mark.slow
@needs_watchfiles
@on_terminals
def test_a_change_ends_the_running_round_and_starts_anew(space: Space, terminals: list[Terminal]) -> None:
    space.write({"libs/c/tests/test_c.py": ENDLESS})
    terminal = Terminal(space, "--project=libs/[ac]")
    terminals.append(terminal)
    terminal.until("test_slow")
    replace_file(space, "libs/c/tests/test_c.py", GREEN)
    out = terminal.until(READY)
    assert "2 passed" in out
    assert "libs/c/tests/test_c.py: 1 of 2 projects" in out
    terminal.press("q")
    assert terminal.process.wait(MINUTES) == 0


@pytest.mark.slow
@needs_watchfiles
@on_terminals
@pytest.mark.parametrize(
    ("how", "code"), [(b"\x03", 1), (signal.SIGTERM, 1), (b"q", 1)], ids=["ctrl-c", "sigterm", "q"]
)
def test_the_terminal_is_given_back(
    space: Space, terminals: list[Terminal], how: bytes | signal.Signals, code: int
) -> None:
    edit(space, "a", "x = 2\n")
    terminal = Terminal(space, "--project=libs/a")
    terminals.append(terminal)
    terminal.until(READY)
    assert not terminal.restored
    if isinstance(how, bytes):
        os.write(terminal.outer, how)
    else:
        terminal.process.send_signal(how)
    assert terminal.process.wait(MINUTES) == code
    assert terminal.restored


@pytest.mark.slow
@needs_watchfiles
@on_terminals
def test_ctrl_c_ends_a_running_round_with_its_exit_code(space: Space, terminals: list[Terminal]) -> None:
    space.write({"libs/c/tests/test_c.py": ENDLESS})
    terminal = Terminal(space, "--project=libs/c")
    terminals.append(terminal)
    terminal.until("test_slow")
    terminal.press("\x03")
    terminal.until("no tests ran")
    assert terminal.process.wait(MINUTES) == pytest.ExitCode.INTERRUPTED
    assert terminal.restored


@pytest.mark.slow
@needs_watchfiles
@on_terminals
def test_with_s_a_test_reads_from_the_terminal(space: Space, terminals: list[Terminal]) -> None:
    space.write({"libs/c/tests/test_c.py": "def test_name():\n    assert input('your name? ') == 'ann'\n"})
    terminal = Terminal(space, "--project=libs/c", "-s")
    terminals.append(terminal)
    terminal.until("your name?")
    terminal.press("\x03")
    assert "KeyboardInterrupt" in terminal.until(READY)
    terminal.press("\n")
    terminal.until("your name?")
    terminal.press("ann\n")
    assert "1 passed" in terminal.until(READY)
    terminal.press("q")
    assert terminal.process.wait(MINUTES) == 0
    assert terminal.restored


@pytest.mark.slow
@needs_watchfiles
@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent")
@pytest.mark.parametrize("more", [[], ["-p", "no:cacheprovider"]])
def test_without_a_terminal_sigint_ends_it(space: Space, more: list[str]) -> None:
    process = space.start("--watch", "--workers=2", "--project=libs/c", *more)
    assert process.stdout is not None
    out = ""
    for line in process.stdout:
        out += line.decode()
        if "waiting for changes; Ctrl-C ends it" in out:
            break
    assert "1 passed" in out
    assert "\x1b[2J" not in out
    process.send_signal(signal.SIGINT)
    assert process.wait(MINUTES) == 0
    process.stdout.close()


def test_says_how_to_install_what_is_missing(space: Space) -> None:
    space.write({"hidden/watchfiles.py": "raise ImportError\n"})
    path = f"{space.root / 'hidden'}{os.pathsep}{space.environ()['PYTHONPATH']}"
    folder = space.root.parent / "temporary"
    folder.mkdir()
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    run = space.run("--watch", env={"PYTHONPATH": path, **temporary})
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert not any(path.name.startswith("pytest-monorepo") for path in folder.iterdir())
    run.has(r"ERROR: --watch needs the package watchfiles: python -m pip install 'pytest-monorepo\[watch\]'")


@needs_watchfiles
@pytest.mark.parametrize("other", ["--monorepo-list", "--cached-clear", "--monorepo-merge=shards"])
def test_does_nothing_else(space: Space, other: str) -> None:
    run = space.run("--watch", other)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    run.has(f"^ERROR: --watch runs tests again and again: leave out {other.partition('=')[0]}$")


def test_means_nothing_in_its_own_rounds(space: Space) -> None:
    run = space.run("--watch", env={"PYTEST_MONOREPO_WATCH": "1"})
    assert run.counts == {"passed": 3}
