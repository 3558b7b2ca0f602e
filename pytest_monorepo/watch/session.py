"""``--watch``: a fresh pytest process for every round, started by changed files and by keys."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import pytest

from pytest_monorepo.affected.decision import Decision
from pytest_monorepo.affected.rules.values import Selection
from pytest_monorepo.affected.selection import select
from pytest_monorepo.cache import recorded
from pytest_monorepo.call import choosing, hooks, printing
from pytest_monorepo.call.planning import wants_terminal
from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.options import ROUND, without_run
from pytest_monorepo.run.plan import plan as planning
from pytest_monorepo.run.plan.invocation import Invocation
from pytest_monorepo.workspace.files import checkouts

from .changes import Event, Sieve, Snapshot, left_out, read, take, without_ignored
from .keys import Keyboard, Line
from .process import command, outputs
from .rounds import Round, Rounds
from .source import Source

_PATIENCE = 20.0
"""Seconds that an interrupted round gets; the controller itself takes ten for its fixtures."""

_HELP = """\
  a      run all, and forget the filter
  f      run the failed tests only
  p      run the projects that match a glob only
  Enter  run the last round again
  q      quit
  h      this help
"""


@dataclass(frozen=True)
class _Changed:
    events: tuple[Event, ...]


@dataclass(frozen=True)
class _Key:
    key: str


@dataclass(frozen=True)
class _Ended:
    process: subprocess.Popen[bytes]
    code: int


@dataclass(frozen=True)
class _Broken:
    error: BaseException


def run(config: pytest.Config, call: Invocation) -> int:
    """Watch until ``q`` or SIGINT; the exit code is the last round's, with ``q`` 0 or 1."""
    if others := without_run(config.option):
        raise MonorepoError(f"--watch runs tests again and again: leave out {' and '.join(others)}")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is not None:
        # pytest has put /dev/null where the keys come from
        capture.suspend_global_capture(in_=True)
    try:
        return Watch(config, call).run()
    finally:
        if capture is not None:
            capture.resume_global_capture()


class Watch:
    """One watch: the main thread's loop over what the other threads put in its queue."""

    def __init__(self, config: pytest.Config, call: Invocation) -> None:
        option = config.option
        self._config = config
        self._call = call
        # a debugger needs the terminal for itself
        self._shares = wants_terminal(option)
        self._queue: queue.SimpleQueue[_Changed | _Key | _Ended | _Broken] = queue.SimpleQueue()
        self._rounds = Rounds(maxfail=bool(option.maxfail) or bool(getattr(option, "stepwise", False)))
        self._sieve = Sieve(call.root, frozenset(outputs(config, call)))
        self._keyboard = Keyboard(lambda key: self._queue.put(_Key(key)))
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline: float | None = None
        self._filter: str | None = None
        self._line: Line | None = None
        self._events: list[Event] = []
        self._before: Snapshot | None = None
        self._source = Source(
            checkouts.top_of(call.root) or call.root,  # files above the workspace may matter, too
            call.root,
            self._sieve.by_name,
            lambda events: self._queue.put(_Changed(events)),
            lambda error: self._queue.put(_Broken(error)),
        )
        # last: nobody takes it away where the above is refused
        self._folder = Path(tempfile.mkdtemp(prefix="pytest-monorepo-watch-"))

    def run(self) -> int:
        try:
            self._source.start()
            self._before = take(self._config, self._call.root)
            self._rounds.asked(Round())
            with _ends_by_signals(), self._keyboard:
                return self._loop()
        except KeyboardInterrupt:
            self._end_process()
            code = self._rounds.code
            return int(pytest.ExitCode.INTERRUPTED) if code is None else code
        finally:
            self._end_process()
            self._source.stop()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _loop(self) -> int:
        while True:
            self._advance()
            try:
                message = self._queue.get(timeout=self._timeout())
            except queue.Empty:
                self._kill()
                continue
            if isinstance(message, _Changed):
                self._change(message.events)
            elif isinstance(message, _Ended):
                self._end(message)
            elif isinstance(message, _Broken):
                raise MonorepoError(f"--watch: cannot watch {self._call.root}: {message.error}")
            elif self._press(message.key):
                cut = self._end_process()
                return 0 if self._rounds.green and not cut else 1

    # -- rounds

    def _advance(self) -> None:
        """Start the next round, or end the running one for it."""
        if self._rounds.next is None:
            return
        if self._process is None:
            self._start(self._rounds.started())
        elif self._deadline is None and not self._shares:
            self._interrupt(self._process)

    def _start(self, round_: Round) -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")
        self._say(round_.why)
        if self._shares:
            self._keyboard.stop()
            # Ctrl-C is the round's; not SIG_IGN, which the round would inherit
            signal.signal(signal.SIGINT, lambda *_: None)
        self._process = process = subprocess.Popen(
            command(self._config, self._call, round_, again=self._rounds.code is not None),
            cwd=self._call.cwd,
            env={**os.environ, ROUND: self._told(round_)},
            stdin=None if self._shares else subprocess.DEVNULL,
            # so that the terminal's Ctrl-C reaches us alone, and each round is told once
            start_new_session=not self._shares,
        )
        threading.Thread(target=lambda: self._queue.put(_Ended(process, process.wait())), daemon=True).start()

    def _told(self, round_: Round) -> str:
        """What the round finds in its environment: the file that lists what it leaves out, if anything."""
        if not round_.left_out:
            return "1"
        file = self._folder / "left-out.json"
        try:
            file.write_text(json.dumps(sorted(round_.left_out)), "utf-8")
        except OSError:  # a full disk, say: then all of them run
            return "1"
        return str(file)

    def _end(self, message: _Ended) -> None:
        if message.process is not self._process:
            return
        cancelled = self._deadline is not None
        self._process = self._deadline = None
        code = message.code if message.code >= 0 else 128 - message.code
        self._rounds.ended(code, cancelled, self._chosen(filtered=False))
        if self._shares:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            self._keyboard.start()
        if self._rounds.next is None:
            self._prompt()

    def _interrupt(self, process: subprocess.Popen[bytes]) -> None:
        self._deadline = time.monotonic() + _PATIENCE
        with contextlib.suppress(OSError):
            process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)

    def _timeout(self) -> float | None:
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._deadline = time.monotonic() + _PATIENCE

    def _end_process(self) -> bool:
        """Let the running round, if there is one, come to an orderly end. Says whether there was one."""
        process = self._process
        if process is None:
            return False
        self._process = None
        if process.poll() is not None:
            return False
        self._interrupt(process)
        try:
            code = process.wait(_PATIENCE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            code = process.wait()
        self._rounds.code = code if code >= 0 else 128 - code
        return True

    # -- changes

    def _change(self, events: Sequence[Event]) -> None:
        changed = self._sieve.changed(without_ignored(self._call.root, events))
        if not changed or self._before is None:
            return
        self._events += changed
        try:
            now = take(self._config, self._call.root)
            selection, out = self._selection(self._before, now)
        except MonorepoError as error:
            # half-written settings; what happened until they are whole again counts too
            self._say(f"{error}")
            return
        self._before, self._events = now, []
        if not selection.files:
            return
        within, everything = self._chosen(), self._chosen(filtered=False)
        affected = set(selection.selected) & everything
        total = len(within)
        named = _named(list(selection.files))
        why = f"{named}: {len(affected & within)} of {total} project{'s' * (total != 1)}"
        why += self._files(affected & within, out)
        if self._rounds.affected(affected, within, why, everything, out):
            return
        if self._process is None:
            self._say(f"{named}: {_nothing(selection, affected, self._filter)}")

    def _selection(self, before: Snapshot, now: Snapshot) -> tuple[Selection, frozenset[str]]:
        """The projects to run, and those of their test files that need not."""
        asked = hooks.for_selection(self._config, now.workspace)
        files = read(before, now, self._events, asked, self._sieve.by_name)
        found = select(files, now.state.side, [before.state.side], now.settings)
        decision = Decision(now.workspace, now.state.side.graph, found)
        selection = hooks.modified(self._config, decision).selection
        # what a hook selects it selects whole
        if selection != found:
            return selection, frozenset()
        return found, left_out(before, now, files, found, hooks.plugins_of(self._config))

    def _files(self, projects: set[str], out: frozenset[str]) -> str:
        if not out or self._before is None:
            return ""
        chosen = [
            file for p in self._before.workspace.projects if p.path in projects for file in p.test_files
        ]
        return f", {len(chosen) - len(out.intersection(chosen))} of {len(chosen)} test files"

    def _chosen(self, *, filtered: bool = True) -> set[str]:
        """The projects that the command line and the filter leave."""
        assert self._before is not None
        workspace = self._before.workspace
        try:
            choice = choosing.choose(self._config, self._call, workspace, None)
        except MonorepoError:
            # a path of the command line is gone: the round itself says so
            return {project.path for project in workspace.projects if project.runs}
        chosen = {project.path for project in (*choice.projects, *choice.left_out)}
        if not filtered or self._filter is None:
            return chosen
        with contextlib.suppress(MonorepoError):
            return chosen & {p.path for p in planning.matching(workspace, [self._filter])}
        return set()

    # -- keys

    def _press(self, key: str) -> bool:
        """Whether this was the key to quit."""
        if self._line is not None:
            self._typed(key)
        elif key == "q":
            return True
        elif key == "a":
            self._filter = None
            self._rounds.asked(Round(why="all"))
        elif key == "f":
            self._failed()
        elif key in ("\r", "\n"):
            self._rounds.asked(self._rounds.last or Round())
        elif key == "p":
            self._line = Line("project glob (Enter for all, Esc to leave): ", _write)
        elif key in ("h", "?"):
            _write(_HELP)
        return False

    def _failed(self) -> None:
        if not recorded(self._config, "cache/lastfailed"):
            self._say("no test has failed")
            return
        projects = None if self._filter is None else frozenset(self._chosen())
        self._rounds.asked(Round(projects, failed_only=True, why="failed tests"))

    def _typed(self, key: str) -> None:
        assert self._line is not None
        text = self._line.press(key)
        if text is None:
            return
        cancelled = self._line.cancelled
        self._line = None
        if cancelled:
            return
        before, self._filter = self._filter, text or None
        within = self._chosen()
        if not within:
            self._filter = before
            self._say(f"{text}: matches no project that runs")
            return
        self._rounds.asked(Round(frozenset(within) if text else None, why=text or "all"))

    # -- words

    def _prompt(self) -> None:
        if not self._keyboard.open:
            self._say("waiting for changes; Ctrl-C ends it")
            return
        shown = f"; projects {self._filter}" if self._filter else ""
        self._say(f"waiting for changes{shown}; h for help, q to quit")

    def _say(self, text: str) -> None:
        if text:
            _write("".join(f"watch: {line}\n" for line in text.splitlines()))


def _write(text: str) -> None:
    printing.write(text)
    sys.stdout.flush()


def _named(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:3])
    return f"{shown} and {len(paths) - 3} more" if len(paths) > 3 else shown


def _nothing(selection: Selection, affected: set[str], pattern: str | None) -> str:
    if affected and pattern:
        count = len(affected)
        return f"{count} affected project{'s' * (count != 1)}, none in the filter {pattern}"
    words = {word for word in selection.files.values() if word.startswith("ignored")}
    return next(iter(words)) if len(words) == 1 else "no project affected"


@contextlib.contextmanager
def _ends_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end us as Ctrl-C does: with the round ended and the terminal restored."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), end) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)
