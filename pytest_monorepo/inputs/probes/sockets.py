"""Sockets: what a process says to itself is traced by tracing the process; what others say is in no trace."""

from __future__ import annotations

import functools
import socket
import weakref
from typing import Any, Callable, Dict, List, Tuple

from .. import callers
from ..record.recorder import Recorder

__tracebackhide__ = True

# a plugin that asks its other half in the controller how often it has run a test
_OF_THE_RUN = ("pytest_rerunfailures",)
_FAMILIES = (getattr(socket, "AF_UNIX", socket.AF_INET), socket.AF_INET, socket.AF_INET6)
_RAW, _KINDS = getattr(socket, "SOCK_RAW", None), 0xF  # beside the kind: SOCK_NONBLOCK, SOCK_CLOEXEC
_LOOPBACK = ("::1", "localhost", "::ffff:127.0.0.1")
_EVERYWHERE = ("0.0.0.0", "::")
# where the C library looks for names and addresses (nsswitch.conf(5), gai.conf(5), host.conf(5))
_RESOLVER = ("/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf")


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
            "socket.gethostbyaddr": self._name,
            "socket.getnameinfo": self._name,
            "socket.getservbyname": lambda args, frame: recorder.see_file("/etc/services"),
            "socket.getservbyport": lambda args, frame: recorder.see_file("/etc/services"),
        }

    def _made(self, args: Tuple[Any, ...], frame: Any) -> None:
        ours = callers.module(callers.outside("socket", frame)).startswith(callers.OURS)
        # socket.socket(fileno=…) raises the event with -1 for family, type and protocol
        if args[1] == -1 and not ours:
            self.recorder.incomplete("uses a socket by its file descriptor")
        elif not ours and (args[1] not in (-1, *_FAMILIES) or args[2] & _KINDS == _RAW):
            self.recorder.incomplete("uses a socket of the system's own kind")  # it takes rights
        if args[1] == socket.AF_INET6:
            self.recorder.see_fact("ipv6")

    def _bind(self, args: Tuple[Any, ...], frame: Any) -> None:
        bound, address = args[0], args[1]
        family = bound.family
        if family == getattr(socket, "AF_UNIX", None):
            self._bind_by_path(address)
        elif isinstance(address, tuple) and len(address) > 1 and address[1]:
            self.recorder.incomplete(f"asks for port {address[1]}, which others may hold")
        if family == socket.AF_INET6:
            self.recorder.see_fact("ipv6")
        if is_number(_host(address)) and not _is_local(address):
            self.recorder.incomplete(f"asks for the address {_host(address)}, which a machine has or has not")
        self._asks_for(_host(address))
        if bound.type & socket.SOCK_DGRAM and isinstance(address, tuple) and not _is_loopback(_host(address)):
            self.recorder.incomplete("listens for what other machines send")
        self._bound = [known for known in self._bound if known() is not None]
        self._bound.append(weakref.ref(bound))

    def _bind_by_path(self, address: Any) -> None:
        if not isinstance(address, (str, bytes)) or not address:
            return
        if address[:1] in ("\0", b"\0"):
            self.recorder.incomplete("asks for an abstract name, which others may hold")
        else:
            self.recorder.makes(_absolute(address))

    def _connect(self, args: Tuple[Any, ...], frame: Any) -> None:
        address = args[1] if len(args) > 1 else None
        if callers.module(frame) in _OF_THE_RUN:
            return
        if address is not None and self._is_own(address):
            self._asks_for(_host(address))  # in C, without an event of its own
        elif address is not None:
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
        host, service = (*args, None, None)[:2]
        self._asks_for(_text(host))
        if isinstance(service, (str, bytes)) and not service.isdigit():
            self.recorder.see_file("/etc/services")

    def _name(self, args: Tuple[Any, ...], frame: Any) -> None:
        """Of an address its name: :func:`socket.getfqdn` asks, and so does each ``http.server``."""
        self._asks_for(_host(args[0]) or _text(args[0]), name=True)
        if isinstance(args[0], tuple):  # of getnameinfo, which tells the service, too
            self.recorder.see_file("/etc/services")

    def _asks_for(self, host: str, name: bool = False) -> None:
        """For a host's address, or else for its ``name``."""
        if not host or (is_number(host) and not name):
            return
        if not (_is_loopback(host) or host in _EVERYWHERE):
            self.recorder.incomplete(f"asks for the {'name' if is_number(host) else 'address'} of {host}")
        for path in _RESOLVER:
            self.recorder.see_file(path)


def hear_unresolved(recorder: Recorder) -> None:
    """A name that ``connect`` and the like look up and do not find raises no audit event (3.8 to 3.13)."""
    for name in ("connect", "connect_ex", "bind", "sendto", "sendmsg"):
        if hasattr(socket.socket, name):  # sendmsg is not everywhere
            setattr(socket.socket, name, _telling(getattr(socket.socket, name), recorder))


def _telling(original: Any, recorder: Recorder) -> Any:
    @functools.wraps(original, assigned=("__name__", "__qualname__", "__doc__"))
    def wrapper(self: Any, *args: Any) -> Any:
        try:
            return original(self, *args)
        except socket.gaierror:
            if recorder.active:
                recorder.incomplete(f"asks for the address of {_host(args[-1]) if args else 'nobody'}")
            raise

    return wrapper


def _same(bound: Any, address: Any) -> bool:
    if isinstance(bound, tuple) and isinstance(address, tuple):
        return bool(bound[1] == address[1]) and _is_local(address)
    return bool(bound == address) and bool(address)


def _is_local(address: Any) -> bool:
    host = _host(address)
    return not isinstance(address, tuple) or _is_loopback(host) or host in _EVERYWHERE


def _is_loopback(host: str) -> bool:
    return host in _LOOPBACK or (host.startswith("127.") and is_number(host))


def is_number(host: str) -> bool:
    """Whether nobody needs to be asked for an address."""
    return ":" in host or host.replace(".", "").isdigit()


def _host(address: Any) -> str:
    return _text(address[0]) if isinstance(address, tuple) and address else ""


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _absolute(address: Any) -> str:
    import os

    from ..originals import absolute

    return absolute(os.fsdecode(address))


def _shown(address: Any) -> str:
    if isinstance(address, tuple):
        return ":".join(map(str, address[:2]))
    return address.decode("utf-8", "replace") if isinstance(address, bytes) else str(address)
