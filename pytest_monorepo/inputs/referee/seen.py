"""What a call looks for, as inputs: of the worker itself, and apart from that of all that it has started."""

from __future__ import annotations

import os
import re
import struct
from collections import Counter
from typing import Any, Dict, List, Optional, Set, Tuple

from .. import originals
from ..originals import BYTECODE
from ..record import values
from ..record.recorder import Recorder
from . import calls, places
from .calls import CALLS, Call
from .filters import NAMESPACES
from .kernel import Kernel, Notification, ancestors
from .machines import Machine


class Seen:
    """``worker`` is the process whose Python tells by itself what it asks for."""

    def __init__(
        self, kernel: Kernel, machine: Machine, worker: int, own_folders: List[str], root: str
    ) -> None:
        self._kernel = kernel
        self._arch = machine.arch
        self._calls = {machine.numbers[name]: call for name, call in CALLS.items() if name in machine.numbers}
        self._names = {number: name for name, number in machine.numbers.items()}
        self._worker = worker
        self.own, self.others = Recorder(), Recorder()
        for recorder in (self.own, self.others):
            recorder.begin(own_folders, root, {})
        self.others.made = self.own.made
        self.opened: Counter[str] = Counter()
        self.changed: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()
        self.wrote: Set[str] = set()
        self.left: Set[str] = set()
        self.ran = False
        self._known: Set[Tuple[bool, str, str]] = set()
        self._doors = {
            calls.LOOKS: self._looks,
            calls.LOOKS_AT_LINK: self._looks,
            calls.ENTERS: self._enters,
            calls.ASKS_ACCESS: self._asks_access,
            calls.READS_LINK: self._reads_link,
            calls.RUNS: self._runs,
            calls.MAKES: self._makes,
            calls.CHANGES: self._changes,
        }

    def see(self, told: Notification) -> None:
        """Note what a call asks for, before it is answered."""
        recorder = self.own if self._is_own(told.thread) else self.others
        try:
            self._see(told, recorder)
        except Exception as error:  # who waits is to go on in any case
            recorder.incomplete(f"could not be followed ({type(error).__name__}: {error})")

    def plain(self) -> Dict[str, Any]:
        return {
            "own": self.own.scopes.shared.plain(),
            "others": self.others.scopes.shared.plain(),
            "opened": dict(self.opened),
            "changed": dict(self.changed),
            "counted": dict(self.counted),
            "wrote": sorted(self.wrote),
            "ran": self.ran,
            "left": sorted(path for path in self.left if values.now("ltype", path) is not None),
        }

    # -- who, and what

    def _is_own(self, thread: int) -> bool:
        return thread == self._worker or originals.exists(f"/proc/{self._worker}/task/{thread}")

    def _see(self, told: Notification, recorder: Recorder) -> None:
        call = self._calls.get(told.number)
        if told.arch != self._arch or call is None:
            recorder.incomplete("makes calls of another kind of machine")
            return
        if call.kind == calls.UNSEEN:
            self._counts(recorder, call.why)
        elif call.kind == calls.CLONES:
            if self._number_at(told, told.arguments[0], by=self._names[told.number] == "clone3") & NAMESPACES:
                recorder.incomplete("enters another view of the file system")
        elif call.kind == calls.SPACE:
            self._asks_for_space(told, call, recorder)
        elif call.kind == calls.ASKS:
            recorder.see_fact(call.why)
        elif call.kind == calls.SIGNALS:
            self._signals(told, recorder)
        elif call.kind == calls.SOCKET:
            self._makes_socket(told, recorder)
        elif call.kind == calls.CONNECTS:
            self._connects(told, recorder)
        else:
            self._asks(told, call, recorder)

    def _asks_for_space(self, told: Notification, call: Call, recorder: Recorder) -> None:
        """Which changes by itself; a file system that is the system's own is asked for its kind."""
        if call.names:
            path = self._path(told, *call.names[0], call, recorder)
        else:
            path = places.of_descriptor(told.thread, told.arguments[0] & 0xFFFFFFFF)
        if path is not None and (places.is_volatile(path) or values.now("type", path) is None):
            self._looks(recorder, path, 0)
        elif path is not None:
            self._counts(recorder, "asks for free space")

    def _signals(self, told: Notification, recorder: Recorder) -> None:
        """To a process that the worker has started it is no question to anybody."""
        pid = struct.unpack("=i", struct.pack("=Q", told.arguments[0])[:4])[0]
        if recorder is self.others and not (pid == 0 or self._worker in ancestors(abs(pid))):
            recorder.incomplete("asks for another process, or ends it (a program that it runs)")

    def _counts(self, recorder: Recorder, what: str) -> None:
        """Of the worker itself Python may have told it, too."""
        if recorder is self.own:
            self.counted[what] += 1
        else:
            recorder.incomplete(f"{what} (a program that it runs)")

    def _number_at(self, told: Notification, argument: int, *, by: bool) -> int:
        if not by:
            return argument
        found = self._kernel.bytes_at(told.thread, argument, 8)
        return int(struct.unpack("=Q", found)[0]) if len(found) == 8 else NAMESPACES

    def _asks(self, told: Notification, call: Call, recorder: Recorder) -> None:
        paths = [self._path(told, *named, call, recorder) for named in call.names]
        if None in paths:
            return
        first, second = (*map(str, paths), "")[:2]
        if call.kind == calls.OPENS:
            self._opens(told, call, recorder, first)
        elif call.kind == calls.MOVES:
            self._moves(recorder, first, second)
        elif call.kind == calls.LINKS:
            self._content(recorder, first)
            self._makes(recorder, second, 0)
        elif call.kind == calls.LINKS_BY_NAME:
            self._links(told, recorder, second)
        else:
            flags = told.arguments[call.flags] if call.flags >= 0 else 0
            if call.kind == calls.LOOKS_AT_LINK or (call.kind == calls.LOOKS and flags & _NOFOLLOW):
                self._reads_link(recorder, first, 0)
            self._doors[call.kind](recorder, first, flags)

    def _path(
        self, told: Notification, folder: int, name: int, call: Call, recorder: Recorder
    ) -> Optional[str]:
        """The absolute path that a call has there; ``None`` where it asks for nothing by its name."""
        if told.arguments[name] == 0:
            return None
        text = self._kernel.text_at(told.thread, told.arguments[name])
        if text is None:
            recorder.incomplete("asks for a name that nobody else could read")
            return None
        path = os.fsdecode(text)
        if call.kind == calls.LINKS_BY_NAME and (folder, name) == call.names[0]:
            return path
        number = told.arguments[folder] & 0xFFFFFFFF if folder >= 0 else _HERE
        if not path:
            if call.kind != calls.RUNS:
                return None  # of what is open already
            return places.of_descriptor(told.thread, number)
        if not path.startswith("/"):
            base = places.of_descriptor(told.thread, number) if number != _HERE else None
            if number == _HERE:
                base = places.current(told.thread)
            if base is None:
                recorder.incomplete("asks for a name in a folder that nobody else could find")
                return None
            path = os.path.join(base, path)
        return places.led(told.thread, path.replace("/./", "/"))

    # -- what is read

    def _is_known(self, recorder: Recorder, kind: str, path: str) -> bool:
        key = recorder is self.own, kind, path
        if key in self._known:
            return True
        self._known.add(key)
        return False

    def _is_runners(self, recorder: Recorder, path: str) -> bool:
        """Whether the worker looks where its test runner keeps something (pytest 6.2 follows its links)."""
        return recorder is self.own and _RUNNERS.search(path) is not None

    def _looks(self, recorder: Recorder, path: str, flags: int) -> None:
        if self._is_known(recorder, "looks", path) or self._is_runners(recorder, path):
            return
        if places.is_volatile(path):
            places.see(recorder, path, looks=True)
            return
        if _is_bytecode(path):
            recorder.see_file(path)
            return
        result = values.status(path)
        kind = values.of_stat("type", result) if isinstance(result, os.stat_result) else None
        if kind is None:
            recorder.see_now("ltype", path)
            recorder.see_now("type", path)
        elif kind == "file" and not path.endswith(_CODE):
            recorder.see_now("stat", path)
        else:
            # that a folder has another time says what its listing says, to who asks for that
            recorder.see_now("mode", path)
            if kind == "file":
                recorder.see_file(path)

    def _enters(self, recorder: Recorder, path: str, flags: int) -> None:
        """What is asked for from there comes by its real name: so the links that led there count."""
        self._looks(recorder, path, 0)
        if not (places.is_volatile(path) or self._is_known(recorder, "way", path)):
            recorder.see_way(path)

    def _asks_access(self, recorder: Recorder, path: str, flags: int) -> None:
        if not (self._is_known(recorder, f"access{flags & 7}", path) or self._is_runners(recorder, path)):
            if places.is_volatile(path):
                places.see(recorder, path, looks=True)
            elif not _is_bytecode(path):
                recorder.see_now(f"access{flags & 7}", path)
                recorder.see_now("type", path)

    def _reads_link(self, recorder: Recorder, path: str, flags: int) -> None:
        skipped = places.is_volatile(path) or _is_bytecode(path) or self._is_runners(recorder, path)
        if not (skipped or self._is_known(recorder, "link", path)):
            recorder.see_now("ltype", path)
            if values.now("ltype", path) == "link":
                recorder.see_now("link", path)

    def _content(self, recorder: Recorder, path: str) -> None:
        if self._is_known(recorder, "content", path):
            return
        if places.is_volatile(path):
            places.see(recorder, path)
            return
        place = places.led(os.getpid(), originals.real_path(path))  # /proc/self is ours to us
        if places.is_volatile(place):  # by a link, or in other words
            places.see(recorder, place)
            return
        kind = values.now("type", path)
        recorder.see_file(path)
        if kind == "folder":
            recorder.see_now("types", path)

    def _runs(self, recorder: Recorder, path: str, flags: int) -> None:
        self.ran = True
        for _ in range(_MOST_INTERPRETERS):
            self._content(recorder, path)
            self._asks_access(recorder, path, os.X_OK)
            by = places.interpreter(path)
            if by is None:
                return
            path = by

    # -- what is made, and changed

    def _opens(self, told: Notification, call: Call, recorder: Recorder, path: str) -> None:
        flags = _CREATES
        if call.flags >= 0:
            by = self._names[told.number] == "openat2"
            flags = self._number_at(told, told.arguments[call.flags], by=by)
        if flags & os.O_NOFOLLOW:
            self._reads_link(recorder, path, 0)
        if flags & _PATH_ONLY:
            self._enters(recorder, path, 0)
            return
        if recorder is self.own:
            self.opened[path] += 1
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            return
        if not flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self._content(recorder, path)
            return
        if not self._writes(recorder, path):
            return
        if flags & os.O_EXCL and flags & os.O_CREAT:
            recorder.makes(path)
        elif flags & os.O_TRUNC:
            recorder.replaces(path)
        else:
            recorder.see_file(path)

    def _writes(self, recorder: Recorder, path: str) -> bool:
        """Note that something may be made there; what Python keeps there of sources is no input."""
        if _is_bytecode(path) or self._is_runners(recorder, path):
            return False
        if places.is_volatile(path):
            places.see(recorder, path, writes=True)
            return False
        (self.wrote if recorder is self.own else self.left).add(path)
        return True

    def _makes(self, recorder: Recorder, path: str, flags: int) -> None:
        self._tells_change(recorder, path)
        if self._writes(recorder, path):
            recorder.makes(path)

    def _changes(self, recorder: Recorder, path: str, flags: int) -> None:
        self._tells_change(recorder, path)
        if self._writes(recorder, path):
            recorder.changes(path)

    def _moves(self, recorder: Recorder, source: str, target: str) -> None:
        self._tells_change(recorder, source)
        if self._writes(recorder, source) and self._writes(recorder, target):
            recorder.moves(source, target)

    def _links(self, told: Notification, recorder: Recorder, path: str) -> None:
        self._tells_change(recorder, path)
        target = self._kernel.text_at(told.thread, told.arguments[0])
        if target is not None and self._writes(recorder, path):
            recorder.links(os.fsdecode(target), path)

    def _tells_change(self, recorder: Recorder, path: str) -> None:
        if recorder is self.own:
            self.changed[path] += 1

    # -- sockets

    def _makes_socket(self, told: Notification, recorder: Recorder) -> None:
        family, kind = told.arguments[0], told.arguments[1] & 0xF
        if family == _UNIX:
            return
        if recorder is not self.own:
            recorder.incomplete("opens a socket (a program that it runs)")
        elif kind != _STREAM:
            self.counted[SOCKETS] += 1

    def _connects(self, told: Notification, recorder: Recorder) -> None:
        address = self._kernel.bytes_at(told.thread, told.arguments[1], min(told.arguments[2], 110))
        family = int.from_bytes(address[:2], "little") if len(address) > 1 else -1
        name = address[2:].partition(b"\0")[0]
        if family == _UNIX and name:
            path = os.path.join(places.current(told.thread) or "/", os.fsdecode(name))
            if values.now("type", path) is None:
                self._looks(recorder, path, 0)
                return
        if recorder is self.own:
            self.counted[CONNECTIONS] += 1
        else:
            recorder.incomplete("connects to something (a program that it runs)")


SOCKETS, CONNECTIONS = "opens a socket", "connects to something"
_UNIX, _STREAM = 1, 1
_HERE = 0xFFFFFF9C  # AT_FDCWD
_NOFOLLOW = 0x100  # AT_SYMLINK_NOFOLLOW
_PATH_ONLY = getattr(os, "O_PATH", 0o10000000)
_CREATES = os.O_CREAT | os.O_WRONLY | os.O_TRUNC
_CODE = (".py", ".pyc", ".so")
_MOST_INTERPRETERS = 5

# what pytest and hypothesis keep of earlier runs, and ask for themselves
_RUNNERS = re.compile(r"/\.(pytest_cache|hypothesis)(/|$)")


def _is_bytecode(path: str) -> bool:
    """What Python keeps of sources, which are what counts; or the folder for it."""
    return _BYTECODE.search(path) is not None


_BYTECODE = re.compile(rf"/{BYTECODE}(/[^/]*\.pyc(\.\d+)?)?$")
