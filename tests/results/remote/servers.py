"""A server of the Turborepo cache API in this process, which can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a-token"


@dataclass
class Artifacts:
    """What is kept, by hash; ``asked`` are (method, path) of every request.

    ``answer`` is a status in place of the right one, ``hang`` holds every answer until it is set.
    ``mischief`` is told the method: it may wait, return a status, or ``cut`` for half of the data.
    """

    kept: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answer: int | None = None
    hang: threading.Event | None = None
    redirect: str | None = None
    mischief: Callable[[str], int | str | None] | None = None
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving(artifacts: Artifacts) -> Iterator[Artifacts]:
    """Answer on a port of the loopback address until the end of the block; sets ``url``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, data: bytes | None = None) -> None:
            artifacts.asked.append((self.command, self.path))
            artifacts.headers.append({name.lower(): value for name, value in self.headers.items()})
            if artifacts.hang is not None:
                artifacts.hang.wait(120)
            name = self.path.partition("?")[0].rpartition("/")[2]
            trouble = artifacts.mischief(self.command) if artifacts.mischief is not None else artifacts.answer
            if isinstance(trouble, int):
                self._send(trouble)
            elif artifacts.redirect is not None and data is None:
                self._send(302, location=artifacts.redirect + self.path)
            elif self.headers["Authorization"] not in (f"Bearer {TOKEN}", None):
                self._send(403)
            elif data is not None:
                artifacts.kept[name] = data
                self._send(202, b'{"urls": []}')
            elif name in artifacts.kept:
                self._send(200, artifacts.kept[name], cut=trouble == "cut")
            else:
                self._send(404)

        def _send(self, status: int, body: bytes = b"", location: str = "", cut: bool = False) -> None:
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    artifacts.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield artifacts
    finally:
        if artifacts.hang is not None:
            artifacts.hang.set()
        server.shutdown()
        server.server_close()
