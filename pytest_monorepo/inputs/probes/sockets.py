"""Sockets: what a process says to itself is traced by tracing the process; what others say is in no trace."""

from __future__ import annotations

import socket
import weakref
from typing import Any, Callable, Dict, List, Tuple

from .. import callers
from ..record.recorder import Recorder

# a plugin that asks its other half in the controller how often it has run a test
_OF_THE_RUN = ("pytest_rerunfailures",)
_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::")


class Sockets:
    """Knows the sockets that the process has bound, and so whether it talks to itself."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self._bound: List[Any] = []
        self.handlers: Dict[str, Callable[[Tuple[Any, ...], Any], None]] = {
            "socket.__new__": self._made,
            "socket.bind": self._bind,
            "socket.connect": self._connect,
            "socket.sendto": self._connect,
            "socket.sendmsg": self._connect,
            "socket.getaddrinfo": self._resolve,
            "socket.gethostbyname": self._resolve,
            "socket.gethostbyaddr": self._resolve,
            "socket.getnameinfo": self._resolve,
            "socket.getservbyname": lambda args, frame: recorder.see_file("/etc/services"),
            "socket.getservbyport": lambda args, frame: recorder.see_file("/etc/services"),
        }

    def _made(self, args: Tuple[Any, ...], frame: Any) -> None:
        ours = callers.module(callers.outside("socket", frame)).startswith(callers.OURS)
        if args[1] == -1 and not ours:
            self.recorder.incomplete("uses a socket by its file descriptor")

    def _bind(self, args: Tuple[Any, ...], frame: Any) -> None:
        bound, address = args[0], args[1]
        family = bound.family
        if family == getattr(socket, "AF_UNIX", None):
            if isinstance(address, (str, bytes)) and address and address[:1] not in ("\0", b"\0"):
                self.recorder.makes(_absolute(address))
        elif family not in (socket.AF_INET, socket.AF_INET6):
            self.recorder.incomplete("uses a socket of the system's own kind")
        elif isinstance(address, tuple) and len(address) > 1 and address[1]:
            self.recorder.incomplete(f"asks for port {address[1]}, which others may hold")
        if family == socket.AF_INET6:
            self.recorder.see_fact("ipv6")
        if bound.type & socket.SOCK_DGRAM and not _is_local(address):
            self.recorder.incomplete("listens for what other machines send")
        self._bound = [known for known in self._bound if known() is not None]
        self._bound.append(weakref.ref(bound))

    def _connect(self, args: Tuple[Any, ...], frame: Any) -> None:
        address = args[1] if len(args) > 1 else None
        if callers.module(frame) in _OF_THE_RUN:
            return
        if address is not None and not self._is_own(address):
            self.recorder.incomplete(f"connects to {_shown(address)}")

    def _is_own(self, address: Any) -> bool:
        for known in self._bound:
            bound = known()
            try:
                at = bound.getsockname() if bound is not None else None
            except OSError:
                continue
            if at is not None and _same(at, address):
                return True
        return False

    def _resolve(self, args: Tuple[Any, ...], frame: Any) -> None:
        host = args[0][0] if args and isinstance(args[0], tuple) else args[0] if args else None
        host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if host and not _is_number(str(host)):
            if str(host) != "localhost":
                self.recorder.incomplete(f"asks for the address of {host}")
            for path in ("/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf"):
                self.recorder.see_file(path)
        service = args[1] if len(args) > 1 and not isinstance(args[0], tuple) else None
        if isinstance(service, (str, bytes)) and not service.isdigit():
            self.recorder.see_file("/etc/services")


def _same(bound: Any, address: Any) -> bool:
    if isinstance(bound, tuple) and isinstance(address, tuple):
        return bool(bound[1] == address[1]) and _is_local(address)
    return bool(bound == address) and bool(address)


def _is_local(address: Any) -> bool:
    host = address[0] if isinstance(address, tuple) and address else address
    return not isinstance(address, tuple) or str(host).startswith(_LOOPBACK)


def _is_number(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _absolute(address: Any) -> str:
    import os

    from ..originals import absolute

    return absolute(os.fsdecode(address))


def _shown(address: Any) -> str:
    if isinstance(address, tuple):
        return ":".join(map(str, address[:2]))
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)
