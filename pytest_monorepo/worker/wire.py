"""Messages as bytes: one line of JSON each, ``["TypeName", value, value, …]``, the values in field order."""

from __future__ import annotations

import array
import json
import os
import socket
from typing import Any, Dict, List, Tuple, Type

from . import protocol
from .protocol import ProtocolError


def _fields(cls: Type[Any]) -> Dict[str, str]:
    """The names of its values and what each may be, as written."""
    told = getattr(cls, "__annotations__", {})
    return {name: told[name] for name in getattr(cls, "_fields", ())}


_NO_MESSAGES = (ProtocolError, protocol.Word)
_TYPES: Dict[str, Type[Any]] = {
    name: thing
    for name, thing in vars(protocol).items()
    if isinstance(thing, type) and thing.__module__ == protocol.__name__ and thing not in _NO_MESSAGES
}
_FIELDS = {name: _fields(cls) for name, cls in _TYPES.items()}
_JSON_TYPES = {"str": str, "int": int, "bool": bool, "List": list, "Tuple": list, "Dict": dict}


def _accepted(annotation: str) -> Tuple[type, ...]:
    optional = annotation.startswith("Optional[")
    plain = annotation[len("Optional[") :] if optional else annotation
    kind = _JSON_TYPES[plain.partition("[")[0].rstrip("]")]
    return (kind, type(None)) if optional else (kind,)


# a test that writes to our socket by mistake must not get further than this
_ACCEPTED = {
    name: tuple(_accepted(annotation) for annotation in fields.values()) for name, fields in _FIELDS.items()
}

# made here: a test may set the defaults of json's own class
_encode = json.JSONEncoder(default=repr, separators=(", ", ": ")).encode

# json.loads looks for white space before and after, which no line of ours has
_parse = json.JSONDecoder().raw_decode


def encode(message: object) -> bytes:
    """One line, newline included. Values JSON does not know are sent as their ``repr``."""
    name = type(message).__name__
    values = message if isinstance(message, tuple) else ()
    # ascii: whatever a test has put into its ids and outputs, lone surrogates too, is one line
    return _encode([name, *values]).encode("ascii") + b"\n"


def decode(line: bytes) -> Any:
    """The message of one line; raises :class:`ProtocolError` for anything else."""
    try:
        text = line.decode("ascii")  # of bytes json would guess the encoding first
        said, end = _parse(text)
        if text[end:] not in ("", "\n"):
            raise ValueError("more than one value")
    except (ValueError, RecursionError) as error:  # json goes as deep into brackets as somebody has opened
        raise ProtocolError(f"{line[:200]!r}: {error}") from None
    return of(said)


def of(said: Any) -> Any:
    """The message that a parsed line is; raises :class:`ProtocolError` for anything else."""
    try:
        name, *values = said
        cls = _TYPES[name]
        if len(values) != len(_FIELDS[name]):
            raise ValueError("wrong number of values")
        if not all(map(isinstance, values, _ACCEPTED[name])):
            raise ValueError("wrong type of value")
        return cls(*values)
    except (ValueError, KeyError, TypeError) as error:
        raise ProtocolError(f"{str(said)[:200]}: {error}") from None


class Lines:
    """Cuts a byte stream into messages."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> List[Any]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        messages: List[Any] = []
        for line in lines:
            try:
                messages.append(decode(line))
            except ProtocolError as error:
                raise ProtocolError(str(error), messages) from None
        return messages


def received(sock: socket.socket, size: int, most: int) -> Tuple[bytes, List[int]]:
    """What has come over a Unix socket, with the file descriptors that came along, ``most`` of them."""
    room = socket.CMSG_SPACE(most * array.array("i").itemsize)
    data, ancillary, _, _ = sock.recvmsg(size, room)
    return data, file_descriptors(ancillary)


def file_descriptors(ancillary: List[Any]) -> List[int]:
    """Those that came along with data; ``ancillary`` is what :meth:`socket.socket.recvmsg` returned."""
    fds = array.array("i")
    for level, kind, payload in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(payload[: len(payload) - len(payload) % fds.itemsize])
    for fd in fds:
        os.set_inheritable(fd, False)  # as every other of Python's: not for the programs that tests run
    return list(fds)
