"""What of the kernel only a call by its number gives: filters, notifications, another process' memory."""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import sys
from typing import Any, Iterator, NamedTuple, Optional, Tuple

from . import filters
from .machines import Machine

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER = 1, 38, 36  # prctl(2)
_SET_MODE_FILTER, _NEW_LISTENER, _TSYNC, _TSYNC_ESRCH, _WAIT_KILLABLE = 1, 8, 1, 16, 32  # seccomp(2)
_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104  # linux/seccomp.h
_CONTINUE = _SYNC_WAKE_UP = 1
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_ANSWER = struct.Struct("=QqiI")


class Notification(NamedTuple):
    """A call that waits to go on; ``thread`` is who makes it, by the number that we know it by."""

    id: int
    thread: int
    flags: int
    number: int
    arch: int
    pointer: int
    arguments: Tuple[int, ...]


def decoded(data: bytes) -> Notification:
    id_, thread, flags, number, arch, pointer, *arguments = _NOTIFICATION.unpack_from(data)
    return Notification(id_, thread, flags, number, arch, pointer, tuple(arguments))


def answer(id_: int) -> bytes:
    """That the call goes on as if nobody had been told."""
    return _ANSWER.pack(id_, 0, 0, _CONTINUE)


class Kernel:
    """Made once, before it is needed: ``ctypes`` is loaded for it, and taken away again.

    What is loaded here the tests must not find.
    """

    def __init__(self, machine: Machine) -> None:
        before = set(sys.modules)
        import ctypes

        self._ctypes: Any = ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        self._call, self._prctl = libc.syscall, libc.prctl
        self._call.restype = ctypes.c_long
        self._read = libc.process_vm_readv
        self._read.restype = ctypes.c_ssize_t
        self._read.argtypes = (
            *(ctypes.c_int, ctypes.c_void_p, ctypes.c_ulong),
            *(ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong),
        )
        self._machine = machine
        steps = filters.program(machine)
        self._steps = ctypes.create_string_buffer(filters.packed(steps))
        address = ctypes.addressof(self._steps)
        self._program = ctypes.create_string_buffer(struct.pack("=H6xQ", len(steps), address))
        self._room = ctypes.create_string_buffer(2 * _PAGE)
        self._vectors = ctypes.create_string_buffer(48)
        self._places = [ctypes.addressof(one) for one in (self._room, self._vectors)]
        for name in set(sys.modules) - before:
            del sys.modules[name]

    def dies_with_parent(self, parent: int) -> None:
        """The kernel ends this process where its parent ends."""
        self._prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    def adopts_orphans(self) -> None:
        self._prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def filtered(self) -> int:
        """From here on it is told of all threads of this process and all that they start: by a descriptor.

        Raises :class:`OSError`. Who may not administer the system has to promise to gain no rights.
        """
        flags = _NEW_LISTENER | _TSYNC | _TSYNC_ESRCH
        number = -1
        for more in (_WAIT_KILLABLE, 0):  # Linux 5.19
            number = self._filter(flags | more)
            if number < 0 and self._ctypes.get_errno() == errno.EACCES:
                self._prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
                number = self._filter(flags | more)
            if number >= 0 or self._ctypes.get_errno() != errno.EINVAL:
                break
        if number < 0:
            code = self._ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return number

    def _filter(self, flags: int) -> int:
        program = self._ctypes.byref(self._program)
        return int(self._call(self._machine.filter, _SET_MODE_FILTER, flags, program))

    def text_at(self, thread: int, address: int) -> Optional[bytes]:
        """What stands there up to a null byte in the memory of a thread's process; ``None`` if unreadable."""
        found = b""
        while len(found) < _LONGEST:
            more = self.bytes_at(thread, address + len(found), _PAGE - (address + len(found)) % _PAGE)
            if not more:
                return None
            end = more.find(b"\0")
            if end >= 0:
                return found + more[:end]
            found += more
        return None

    def bytes_at(self, thread: int, address: int, size: int) -> bytes:
        room, vectors = self._places
        struct.pack_into("=4Q", self._vectors, 0, room, size, address, size)
        got = self._read(thread, vectors, 1, vectors + 16, 1, 0)
        return bytes(self._ctypes.string_at(room, got)) if got > 0 else b""


_PAGE = 4096
_LONGEST = 4096 * 2


class Listener:
    """The end at which calls are told of, by its descriptor."""

    def __init__(self, number: int) -> None:
        import fcntl

        self.number = number
        self._ioctl = fcntl.ioctl
        with contextlib.suppress(OSError):  # Linux 6.6: who waits goes on at once, on the same processor
            self._ioctl(number, _SET_FLAGS, _SYNC_WAKE_UP)

    def next(self) -> Optional[Notification]:
        """One that waits; ``None`` if it has been interrupted."""
        data = bytearray(_NOTIFICATION.size)
        try:
            self._ioctl(self.number, _RECEIVE, data)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                return None
            raise
        return decoded(bytes(data))

    def goes_on(self, notification: Notification) -> bool:
        """Whether it was still waiting: else it was interrupted, and comes again if it is made again."""
        try:
            self._ioctl(self.number, _SEND, bytearray(answer(notification.id)))
        except OSError:
            return False
        return True


def ancestors(pid: int) -> Iterator[int]:
    """The process and those that it comes from."""
    while pid > 1:
        yield pid
        try:
            with open(f"/proc/{pid}/stat", "rb") as stream:
                pid = int(stream.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError):
            return
