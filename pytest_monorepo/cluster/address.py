"""What ``--cluster`` names, and whether it is safe to speak to: pure but for asking what a host's name means.

Dask deserializes with pickle on all sides, so whoever reaches a scheduler or a node runs code on all of them
(https://distributed.dask.org/en/stable/tls.html). Without TLS only this machine's own loopback is admitted.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pytest_monorepo.errors import MonorepoError

# distributed 2026.8 speaks inproc, ucx and ws, too (comm/)
_SCHEMES = ("tcp", "tls")
_MOST_LOCAL = 256


@dataclass(frozen=True)
class Address:
    """``local`` is how many nodes to start on this machine, 0 where ``url`` names a scheduler.

    ``word`` is what the user wrote.
    """

    word: str
    url: str = ""
    local: int = 0

    @property
    def encrypted(self) -> bool:
        return self.url.startswith("tls://")


def parse(word: str, folder: Path) -> Address:
    """``tcp://HOST:PORT``, ``tls://HOST:PORT``, ``local:N``, or a scheduler file, relative to ``folder``.

    Raises :class:`MonorepoError` for anything else.
    """
    if word.startswith("local:") or word == "local":
        return Address(word, local=_count(word))
    scheme, found, _ = word.partition("://")
    if found:
        return Address(word, _url(word, scheme.lower(), word))
    file = folder / word
    if word and file.is_file():
        return Address(word, _from_file(file, word))
    raise MonorepoError(
        f"--cluster {word}: is neither tcp://HOST:PORT, tls://HOST:PORT, local:N nor a scheduler file that"
        " is there"
    )


def _count(word: str) -> int:
    number = word.partition(":")[2]
    if re.fullmatch(r"[0-9]{1,6}", number) and 1 <= int(number) <= _MOST_LOCAL:
        return int(number)
    raise MonorepoError(f"--cluster {word}: local:N needs a number of nodes from 1 to {_MOST_LOCAL}")


def _url(url: str, scheme: str, word: str) -> str:
    if scheme not in _SCHEMES:
        raise MonorepoError(
            f"--cluster {word}: speaks {scheme}://, which is not supported: use tls:// (or tcp:// here)"
        )
    place = url.partition("://")[2].rstrip("/")
    host, port = _divided(place)
    if not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise MonorepoError(f"--cluster {word}: must name a host and a port, as in {scheme}://10.0.0.5:8786")
    return f"{scheme}://{place}"


def _divided(place: str) -> tuple[str, str]:
    host, _, port = place.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1], port
    return ("", "") if ":" in host or re.search(r"[\s/@?#\[\]]", host) else (host, port)


def _from_file(file: Path, word: str) -> str:
    """The scheduler's address in what ``dask scheduler --scheduler-file`` writes."""
    try:
        # the scheduler's identity (2026.8: scheduler.py), of which clients and workers read the address, too
        document = json.loads(file.read_text(encoding="utf-8"))
        url = document["address"]
        scheme, found, _ = str(url).partition("://")
    except (OSError, ValueError, KeyError, TypeError):
        raise MonorepoError(
            f"--cluster {word}: is no scheduler file with an address: let"
            " dask scheduler --scheduler-file write it"
        ) from None
    return _url(str(url) if found else f"tcp://{url}", scheme.lower() if found else "tcp", word)


def is_loopback(url: str, resolve: Callable[[str], Iterable[str]] | None = None) -> bool:
    """Whether nobody outside this machine hears what is said to it; not where its name is unknown."""
    host, _ = _divided(url.partition("://")[2].rstrip("/"))
    try:
        found = list((resolve or _addresses)(host)) if host else []
    except OSError:
        return False
    return bool(found) and all(_is_own(address) for address in found)


def _is_own(address: str) -> bool:
    try:
        own = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(own, "ipv4_mapped", None)  # Python before 3.13 calls ::ffff:127.0.0.1 no loopback
    return (mapped or own).is_loopback


def _addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None)]


def complaint(url: str, *, insecure: bool, what: str) -> str | None:
    """Why ``url`` is not spoken to; ``what`` names it. ``None`` where it may be."""
    if url.startswith("tls://") or (url.startswith("tcp://") and (insecure or is_loopback(url))):
        return None
    if not url.startswith("tcp://"):
        return f"{what}: {url} is neither tls:// nor tcp://"
    return (
        f"{what}: {url} is not on this machine and not encrypted, and whoever reaches it can run code there"
        " and here: use Dask's TLS (tls://), or set cluster-insecure = true for a network that you trust"
    )


def check(address: Address, *, insecure: bool) -> None:
    """Raises :class:`MonorepoError` where the scheduler must not be spoken to."""
    if address.url and (said := complaint(address.url, insecure=insecure, what=f"--cluster {address.word}")):
        raise MonorepoError(said)
