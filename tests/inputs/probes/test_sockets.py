"""What audit events of sockets mean: a process that speaks to itself is traced, and nothing else is."""

from __future__ import annotations

import socket
import sys
from collections.abc import Collection
from typing import Any, NamedTuple

import pytest

from pytest_monorepo.inputs.probes.sockets import Sockets

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="results are kept on Linux")

RESOLVER = {"/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf"}
SERVICES = "/etc/services"


class Seen:
    """In place of a recorder."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.facts: set[str] = set()
        self.made: set[str] = set()
        self.reasons: list[str] = []

    def see_file(self, path: str) -> None:
        self.files.add(path)

    def see_fact(self, name: str) -> None:
        self.facts.add(name)

    def makes(self, path: str) -> None:
        self.made.add(path)

    def incomplete(self, reason: str) -> None:
        self.reasons.append(reason)


class Bound:
    """In place of a socket that is bound to an address."""

    def __init__(self, family: int, kind: int, at: Any) -> None:
        self.family, self.type, self.at = family, kind, at

    def getsockname(self) -> Any:
        return self.at


class Row(NamedTuple):
    event: str
    args: tuple[Any, ...]
    files: Collection[str] = ()
    reason: str = ""


def heard(*rows: Row) -> Seen:
    seen = Seen()
    recorder: Any = seen
    sockets = Sockets(recorder)
    for row in rows:
        sockets.handlers[f"socket.{row.event}"](row.args, None)
    return seen


@pytest.mark.parametrize(
    "row",
    [
        Row("getaddrinfo", (None, 80, 0, 0, 0)),
        Row("getaddrinfo", ("", 80)),
        Row("getaddrinfo", ("127.0.0.1", 80)),
        Row("getaddrinfo", (b"127.0.0.1", 80)),
        Row("getaddrinfo", ("::1", 80)),
        Row("getaddrinfo", ("192.0.2.1", "80")),
        Row("getaddrinfo", ("127.0.0.1", "http"), {SERVICES}),
        Row("getaddrinfo", (None, b"http"), {SERVICES}),
        Row("getaddrinfo", ("localhost", 80), RESOLVER),
        Row("getaddrinfo", (b"localhost", "http"), {*RESOLVER, SERVICES}),
        Row("getaddrinfo", ("example.org", 80), RESOLVER, "asks for the address of example.org"),
        Row(
            "getaddrinfo",
            ("localhost.example.org", 1),
            RESOLVER,
            "asks for the address of localhost.example.",
        ),
        Row("getaddrinfo", ("127.example.org", 1), RESOLVER, "asks for the address of 127.example.org"),
        Row("gethostbyname", ("localhost",), RESOLVER),
        Row("gethostbyname", ("here",), RESOLVER, "asks for the address of here"),
        Row("gethostbyname", ("127.0.0.1",)),
        # by number, for a name: getfqdn
        Row("gethostbyaddr", ("127.0.0.1",), RESOLVER),
        Row("gethostbyaddr", ("127.8.9.1",), RESOLVER),
        Row("gethostbyaddr", ("::1",), RESOLVER),
        Row("gethostbyaddr", ("0.0.0.0",), RESOLVER),
        Row("gethostbyaddr", ("localhost",), RESOLVER),
        Row("gethostbyaddr", ("192.0.2.1",), RESOLVER, "asks for the name of 192.0.2.1"),
        Row("gethostbyaddr", ("2001:db8::1",), RESOLVER, "asks for the name of 2001:db8::1"),
        Row("gethostbyaddr", ("here",), RESOLVER, "asks for the address of here"),
        Row("getnameinfo", (("127.0.0.1", 80),), {*RESOLVER, SERVICES}),
        Row("getnameinfo", (("::1", 80, 0, 0),), {*RESOLVER, SERVICES}),
        Row("getnameinfo", (("192.0.2.1", 80),), {*RESOLVER, SERVICES}, "asks for the name of 192.0.2.1"),
        Row("getservbyname", ("http", "tcp"), {SERVICES}),
        Row("getservbyport", (80, "tcp"), {SERVICES}),
    ],
    ids=lambda row: f"{row.event}-{row.args}",
)
def test_names_and_addresses_that_are_asked_for(row: Row) -> None:
    seen = heard(row)
    assert seen.files == set(row.files)
    assert [reason[: len(row.reason)] for reason in seen.reasons] == ([row.reason] if row.reason else [])


STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM


def bind(address: Any, family: int = socket.AF_INET, kind: int = STREAM, at: Any = None) -> Row:
    return Row("bind", (Bound(family, kind, at or address), address))


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        (bind(("127.0.0.1", 0)), []),
        (bind(("", 0)), []),
        (bind(("0.0.0.0", 0)), []),
        (bind(("localhost", 0)), []),
        (bind(("127.0.0.1", 8080)), ["asks for port 8080, which others may hold"]),
        (bind(("::1", 0, 0, 0), socket.AF_INET6), []),
        (bind(("127.0.0.1", 0), kind=DATAGRAM), []),
        (bind(("::1", 0, 0, 0), socket.AF_INET6, DATAGRAM), []),
        (bind(("", 0), kind=DATAGRAM), ["listens for what other machines send"]),
        (bind(("0.0.0.0", 0), kind=DATAGRAM), ["listens for what other machines send"]),
        (bind(("::", 0), socket.AF_INET6, DATAGRAM), ["listens for what other machines send"]),
        (
            bind(("192.0.2.1", 0), kind=DATAGRAM),
            [
                "asks for the address 192.0.2.1, which a machine has or has not",
                "listens for what other machines send",
            ],
        ),
        (bind("/tmp/x.sock", socket.AF_UNIX), []),
        (bind("/tmp/x.sock", socket.AF_UNIX, DATAGRAM), []),
        (bind(b"/tmp/x.sock", socket.AF_UNIX), []),
        (bind("\0abstract", socket.AF_UNIX), ["asks for an abstract name, which others may hold"]),
        (bind(("192.0.2.1", 0)), ["asks for the address 192.0.2.1, which a machine has or has not"]),
        (
            bind(("::2", 0, 0, 0), socket.AF_INET6),
            ["asks for the address ::2, which a machine has or has not"],
        ),
        (bind("", socket.AF_UNIX), []),
        (bind(("here", 0)), ["asks for the address of here"]),
    ],
)
def test_what_is_bound(row: Row, reasons: list[str]) -> None:
    assert heard(row).reasons == reasons


def test_a_socket_in_the_file_system_is_made_and_ipv6_is_a_fact() -> None:
    seen = heard(bind("/tmp/x.sock", socket.AF_UNIX), bind("\0y", socket.AF_UNIX), bind("", socket.AF_UNIX))
    assert seen.made == {"/tmp/x.sock"}
    assert heard(bind(("::1", 0), socket.AF_INET6)).facts == {"ipv6"}
    assert heard(bind(("127.0.0.1", 0))).facts == set()


@pytest.mark.parametrize(
    ("bound", "address", "own"),
    [
        (("127.0.0.1", 5000), ("127.0.0.1", 5000), True),
        (("0.0.0.0", 5000), ("127.0.0.1", 5000), True),
        (("127.0.0.1", 5000), ("localhost", 5000), True),
        (("127.0.0.1", 5000), ("0.0.0.0", 5000), True),
        (("127.0.0.1", 5000), ("127.0.0.2", 5000), True),
        (("::", 5000, 0, 0), ("::1", 5000, 0, 0), True),
        (("::", 5000, 0, 0), ("::ffff:127.0.0.1", 5000, 0, 0), True),
        (("127.0.0.1", 5000), ("127.0.0.1", 5001), False),
        (("0.0.0.0", 5000), ("192.0.2.1", 5000), False),
        (("0.0.0.0", 5000), ("localhost.example.org", 5000), False),
        (("0.0.0.0", 5000), ("127.example.org", 5000), False),
        (("::", 5000, 0, 0), ("::ffff:192.0.2.1", 5000, 0, 0), False),
        (("::", 5000, 0, 0), ("::2", 5000, 0, 0), False),
        ("/tmp/x.sock", "/tmp/x.sock", True),
        ("/tmp/x.sock", "/tmp/y.sock", False),
        ("", "", False),
    ],
)
@pytest.mark.parametrize("event", ["connect", "sendto", "sendmsg"])
def test_who_is_spoken_to(event: str, bound: Any, address: Any, own: bool) -> None:
    here = Bound(socket.AF_UNIX if isinstance(bound, str) else socket.AF_INET, STREAM, bound)
    seen = heard(Row("bind", (here, ("127.0.0.1", 0))), Row(event, (None, address)))
    assert [reason for reason in seen.reasons if reason.startswith("connects to")] == (
        [] if own else [f"connects to {':'.join(map(str, address[:2])) if bound[1:2] != 't' else address}"]
    )
    assert ("/etc/hosts" in seen.files) is (own and "localhost" in str(address))


def test_a_socket_that_is_gone_is_no_longer_ones_own() -> None:
    seen = Seen()
    recorder: Any = seen
    sockets = Sockets(recorder)
    here = Bound(socket.AF_INET, STREAM, ("127.0.0.1", 5000))
    sockets.handlers["socket.bind"]((here, ("127.0.0.1", 0)), None)
    del here
    sockets.handlers["socket.connect"]((None, ("127.0.0.1", 5000)), None)
    assert seen.reasons == ["connects to 127.0.0.1:5000"]
    sockets.handlers["socket.sendmsg"]((None, None), None)  # to whom it is connected
    assert len(seen.reasons) == 1


@pytest.mark.parametrize(("family", "reasons"), [(socket.AF_INET, 0), (socket.AF_UNIX, 0), (-1, 1)])
def test_a_socket_of_a_file_descriptor_has_no_family_of_its_own(family: int, reasons: int) -> None:
    assert len(heard(Row("__new__", (None, family, -1, -1))).reasons) == reasons


@pytest.mark.parametrize(
    ("family", "kind", "reasons", "facts"),
    [
        (socket.AF_INET, STREAM, 0, set()),
        (socket.AF_INET, STREAM | getattr(socket, "SOCK_CLOEXEC", 0), 0, set()),
        (socket.AF_INET6, STREAM, 0, {"ipv6"}),
        (socket.AF_INET, socket.SOCK_RAW, 1, set()),
        (16, socket.SOCK_RAW, 1, set()),
        (16, DATAGRAM, 1, set()),
    ],
)
def test_a_socket_that_takes_rights_is_none_to_keep(
    family: int, kind: int, reasons: int, facts: set[str]
) -> None:
    seen = heard(Row("__new__", (None, family, kind, 0)))
    assert (len(seen.reasons), seen.facts) == (reasons, facts)
