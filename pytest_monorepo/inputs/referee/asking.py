"""The worker's side: it calls its referee before the first thing that Python does not see; then it asks.

What Python tells of by itself is taken from there, since that knows what the caller looks at. So each such
event is counted: what the system was asked for more often was asked for by compiled code.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import sys
from collections import Counter
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from .. import originals
from ..record import values
from ..record.recorder import Recorder
from ..record.section import Section
from . import machines
from .kernel import Kernel
from .process import TELL, stand_by
from .seen import CONNECTIONS, SOCKETS, Seen

__tracebackhide__ = True


class Referee:
    """``pid`` is its process; ``why`` it cannot be called where it cannot. ``own_folders`` are the run's."""

    def __init__(
        self, kernel: Kernel, sock: socket.socket, pid: int, own_folders: Sequence[str] = ()
    ) -> None:
        self._kernel = kernel
        self._sock = sock
        self.pid = pid
        self._own_folders = own_folders
        self.why = ""
        self._called = False
        self._owner = os.getpid()
        self._opened: Counter[str] = Counter()
        self._listed: Counter[str] = Counter()
        self._changed: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()

    def sees(self) -> bool:
        """Call it, at the first time; whether it sees all from here on."""
        if os.getpid() != self._owner:
            return False
        if not self._called:
            self._called = True
            try:
                self._call()
            except OSError as error:
                self.why = f"no referee: {error.strerror}"
        return not self.why

    @property
    def is_called(self) -> bool:
        return self._called and not self.why

    def _call(self) -> None:
        sys.addaudithook(self._hook())
        with _undisturbed():
            number = self._kernel.filtered()
            passed = struct.pack("=i", number)
            # nothing may be looked for until the other side has it
            self._sock.sendmsg([b"!"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
            os.close(number)

    def _hook(self) -> Any:
        opened, listed = self._opened, self._listed
        changed, counted = self._changed, self._counted

        def hook(event: str, args: Tuple[Any, ...]) -> None:
            if event in _OPENS:
                path = _absolute(args[0] if args else None)
                if path is not None:
                    (opened if event == "open" else listed)[path] += 1
            elif event in _CHANGES:
                for argument in args[: _CHANGES[event]]:
                    path = _absolute(argument)
                    if path is not None:
                        changed[path] += 1
            elif event in _STARTS:
                counted[_STARTED] += 1
            elif event in _COUNTED:
                counted[_COUNTED[event]] += 1
            elif event == "socket.__new__" and len(args) > 2 and args[1] not in (-1, 1):
                counted[SOCKETS] += (args[2] & 0xF) != 1

        return hook

    def told(self, recorder: Recorder) -> Optional[str]:
        """Ask what it has seen, and note that as inputs of all; why that cannot be, where it cannot."""
        if not self.sees():
            return self.why or "no referee: it is another process'"
        try:
            os.write(self._sock.fileno(), TELL)
            (length,) = struct.unpack("=Q", self._read(8))
            found = json.loads(self._read(length))
            recorder.made.surely(self._own_folders)
            self._note(recorder, found)
        except Exception as error:
            return f"no referee: {error}"
        return None

    def _read(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            more = os.read(self._sock.fileno(), length - len(found))
            if not more:
                raise OSError("it has ended")
            found += more
        return found

    # -- what it tells

    def _note(self, recorder: Recorder, found: Dict[str, Any]) -> None:
        shared = recorder.scopes.shared
        written = frozenset(recorder.made.writes())
        sections = [recorder.base, *recorder.scopes.every()]
        own, others = found["own"], found["others"]
        for kind, paths in others["inputs"].items():
            for path, value in paths.items():
                _add(recorder, written, kind, path, value)
        for kind, paths in own["inputs"].items():
            for path, value in paths.items():
                if self._is_told(kind, path, found["opened"].get(path, 0)):
                    continue
                opened = found["opened"].get(path, 0) > self._opened[path]
                # what it holds, and not when it was written, is what somebody asks for
                if kind == "stat" and isinstance(value, list) and (opened or _is_asked_for(path, sections)):
                    _add(recorder, written, "file", path, [value[6], value[7], value[8], value[1]])
                    _add(recorder, written, "mode", path, value[0])
                    continue
                _add(recorder, written, kind, path, value)
        for facts in (own["facts"], others["facts"]):
            for name, value in facts.items():
                shared.facts.setdefault(name, value)
        if found["ran"] and not self._counted[_STARTED]:  # by compiled code
            shared.facts[values.PROGRAMS_CLOCK] = None
        for name in _OF_THE_MACHINE:
            shared.facts.setdefault(name, values.fact(name))
        shared.whole_environment = True
        shared.reasons.update(dict.fromkeys([*own["reasons"], *others["reasons"]]))
        shared.reasons.update(dict.fromkeys(self._further(recorder, found)))

    def _is_told(self, kind: str, path: str, opened: int) -> bool:
        """Whether Python has told of each time that the worker has opened something.

        A folder that Python opens may be listed by another who is given the descriptor.
        """
        if kind == "types":
            return opened <= self._listed[path]
        return kind == "file" and opened <= self._opened[path] + self._listed[path]

    def _further(self, recorder: Recorder, found: Dict[str, Any]) -> Iterator[str]:
        for path in found["left"]:
            if recorder.made.place(path) is not None:
                yield f"a program writes {path}"
        changed = [path for path, count in found["changed"].items() if count > self._changed[path]]
        opened = [p for p in found["wrote"] if found["opened"].get(p, 0) > self._opened[p]]
        for path in sorted({*changed, *opened}):
            if recorder.made.place(path) is not None and values.now("ltype", path) is not None:
                yield f"compiled code writes {path}"
        for what, count in found["counted"].items():
            if count > self._counted[what]:
                yield f"{what} (compiled code)"


def _is_asked_for(path: str, sections: List[Section]) -> bool:
    return any(path in paths for section in sections for paths in section.inputs.values())


def _add(recorder: Recorder, written: Any, kind: str, path: str, value: Any) -> None:
    place = recorder.made.place(path)
    section = recorder.scopes.shared
    if place is None:
        if value is not None and path in written:
            section.reasons[
                f"{path} is written by the tests, and looked at by compiled code or a program"
            ] = None
        return
    if place != path:  # by a link of the tests' own
        value = values.fingerprint(place) if kind == "file" else values.now(kind, place)
    known = section.inputs.setdefault(kind, {})
    before = recorder.base.inputs.get(kind, {}).get(place, value)
    if known.setdefault(place, value) != value or before != value:
        section.reasons[f"{place} changed while the tests ran"] = None


def _absolute(path: Any) -> Optional[str]:
    if path is None:
        path = "."
    try:
        text = os.fsdecode(path) if not isinstance(path, int) else None
        return None if text is None else os.path.join(originals.getcwd(), text)
    except (TypeError, OSError):
        return None


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Neither a handler of a signal nor a finalizer runs meanwhile."""
    with originals.uncollected():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, set(range(1, signal.NSIG)) - {32, 33})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


_OPENS = frozenset(("open", "os.listdir", "os.scandir"))
_CHANGES = {
    **dict.fromkeys(
        ("os.mkdir", "os.rmdir", "os.remove", "os.truncate", "os.chmod", "os.chown", "os.utime"), 1
    ),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), 2),
}
_STARTS = frozenset(("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.spawn"))
_STARTED = "starts a program"
_COUNTED = {
    "socket.connect": CONNECTIONS,
    **dict.fromkeys(
        ("os.getxattr", "os.listxattr", "os.setxattr", "os.removexattr"), "uses extended attributes"
    ),
}
_OF_THE_MACHINE = ("processor", "cpu_count")
"""What the processor itself tells who asks it."""


def call(own_folders: List[str], root: str, closes: List[int]) -> Optional[Referee]:
    """Have this process be the referee of its child, in which this returns; ``None`` where there is none."""
    machine = machines.machine()
    if machine is None:
        return None
    kernel = Kernel(machine)
    pid = os.getpid()

    def seen(worker: int) -> Seen:
        assert machine is not None
        return Seen(kernel, machine, worker, own_folders, root)

    return Referee(kernel, stand_by(kernel, closes, seen), pid, own_folders)
