"""The open Turborepo cache API: artifacts by hash over HTTP, with a bearer token.

https://turborepo.dev/docs/core-concepts/remote-caching and the OpenAPI document named there. The last writer
wins, nothing can be listed and nothing removed.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_monorepo.errors import MonorepoError

from .backend import LARGEST, StoreError

PREFIX = "turborepo+"


@dataclass(frozen=True)
class Turborepo:
    """``url`` is the API's address, ``team`` its query; ``timeout`` is in seconds for one answer."""

    url: str
    team: str
    token: str = field(repr=False)
    timeout: float

    @classmethod
    def of(cls, url: str, environ: Mapping[str, str], timeout: float) -> Turborepo:
        """``turborepo+https://cache.example.org?teamId=…``; the team may stand in the variables of turbo."""
        parts = _taken_apart(url.removeprefix(PREFIX))
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise MonorepoError(
                f"cached-store {url}: is no address; write it as {PREFIX}https://cache.example.org"
            )
        if parts.username or parts.password:
            raise MonorepoError("cached-store: holds a password; put the token into TURBO_TOKEN")
        query = dict(urllib.parse.parse_qsl(parts.query))
        for name, variable in (("teamId", "TURBO_TEAMID"), ("slug", "TURBO_TEAM")):
            if environ.get(variable) and not ({"teamId", "slug"} & query.keys()):
                query[name] = environ[variable]
        token = environ.get("TURBO_TOKEN", "")
        if not token.isprintable() or not token.isascii():
            raise MonorepoError("TURBO_TOKEN: holds characters that no token has; set it anew")
        address = urllib.parse.urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
        return cls(address, urllib.parse.urlencode(query), token, timeout)

    @property
    def shown(self) -> str:
        return PREFIX + self.url

    def prepare(self) -> None:
        pass

    def get(self, name: str) -> bytes | None:
        return self._ask("GET", name)

    def put(self, name: str, data: bytes, *, new: bool) -> None:
        self._ask("PUT", name, data)

    def sizes(self) -> None:
        return None

    def delete(self, names: list[str]) -> None:
        raise StoreError("this store cannot remove anything")

    def _ask(self, method: str, name: str, data: bytes | None = None) -> bytes | None:
        # servers differ in which characters they take for a hash; hexadecimal digits they all do
        artifact = hashlib.sha256(name.encode()).hexdigest()
        # https://vercel.com/docs/rest-api/artifacts/upload-a-cache-artifact, with teamId or slug in the query
        address = f"{self.url}/v8/artifacts/{artifact}?{self.team}".rstrip("?")
        request = urllib.request.Request(address, data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/octet-stream")
            # optional: the milliseconds that making it took (vercel.com/docs/rest-api/artifacts)
            request.add_header("x-artifact-duration", "0")
        # unredirected: where the server sends us elsewhere for the data, the token does not come along
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        return self._answer(request)

    def _answer(self, request: urllib.request.Request) -> bytes | None:
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                data: bytes = answer.read(LARGEST + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404 and request.method == "GET":
                return None
            raise StoreError(f"answers {request.method} with {error.code} {error.reason}".strip()) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise StoreError(str(reason).lower() or type(error).__name__) from None
        if len(data) > LARGEST:
            raise StoreError("sends an object that is too large to be one of ours")
        return data


def _taken_apart(url: str) -> urllib.parse.SplitResult | None:
    """``None`` for what is no URL: an open bracket in its host, a port that is no number."""
    try:
        parts = urllib.parse.urlsplit(url)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None
