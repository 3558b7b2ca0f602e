"""Who wrote an entry: the signature is looked at before anything in it is.

An object is signed together with its name, so that no entry can stand in for another. What makes the hashes
of variables is derived from the writers' secret: who only reads with a public key cannot make them, but for
the variables that hold no secret anywhere (:data:`pytest_monorepo.results.values.names.PLAIN`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.values.names import CACHE_KEY

_HEADER = b"pytest-monorepo 1 "
_SHORTEST = 16
_MARK = "ed25519:"


@dataclass(frozen=True)
class Signing:
    """``secret`` makes the hashes of variables, ``plain`` those of variables that are no secret; empty: none.

    ``sign`` is ``None`` for who can only read.
    """

    sign: Callable[[bytes], bytes] | None
    verify: Callable[[bytes, bytes], bool]
    secret: bytes = b""
    plain: bytes = b""

    def sealed(self, name: str, body: bytes) -> bytes:
        """The body behind its signature."""
        assert self.sign is not None
        signature = self.sign(_message(name, body))
        return _HEADER + signature.hex().encode() + b"\n" + body

    def opened(self, name: str, raw: bytes) -> bytes | None:
        """The body; ``None`` where it was not signed as this name's by who has the key."""
        header, _, body = raw.partition(b"\n")
        if not header.startswith(_HEADER):
            return None
        try:
            signature = bytes.fromhex(header[len(_HEADER) :].decode("ascii"))
        except ValueError:
            return None
        return body if self.verify(signature, _message(name, body)) else None


def _message(name: str, body: bytes) -> bytes:
    return name.encode() + b"\0" + hashlib.sha256(body).digest()


def signing_of(environ: Mapping[str, str], public: str | None) -> Signing | None:
    """What the key in the environment and the public one of the settings allow; ``None`` without either.

    Raises :class:`MonorepoError` for what is no key. The error never shows the secret.
    """
    key = environ.get(CACHE_KEY, "").strip()
    if public is not None or key.startswith(_MARK):
        return _ed25519(key, public)
    if not key:
        return None
    if len(key) < _SHORTEST:
        raise MonorepoError(
            f"{CACHE_KEY}: has {len(key)} characters, too few for a key; make one with: openssl rand -hex 32"
        )
    return _hmac(key.encode())


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, f"pytest-monorepo {purpose}".encode(), "sha256").digest()


def _hmac(key: bytes) -> Signing:
    signer = _derived(key, "signatures")

    def sign(message: bytes) -> bytes:
        return hmac.new(signer, message, "sha256").digest()

    def verify(signature: bytes, message: bytes) -> bool:
        return hmac.compare_digest(signature, sign(message))

    return Signing(sign, verify, _derived(key, "variables"))


def _ed25519(key: str, public: str | None) -> Signing:
    private = _private_key(key) if key else None
    if private is not None:
        known = private.public_key().public_bytes_raw()
        if public is not None and _raw(public, "cached-public-key") != known:
            raise MonorepoError(f"{CACHE_KEY}: is not the private half of cached-public-key; give that one")
    else:
        assert public is not None
        known = _raw(public, "cached-public-key")
    verify = _verifier(known)
    plain = _derived(known, "plain variables")
    if private is None:
        return Signing(None, verify, b"", plain)
    return Signing(private.sign, verify, _derived(private.private_bytes_raw(), "variables"), plain)


def _private_key(key: str) -> Any:
    return _module().Ed25519PrivateKey.from_private_bytes(_raw(key, CACHE_KEY))


def _verifier(known: bytes) -> Callable[[bytes, bytes], bool]:
    public = _module().Ed25519PublicKey.from_public_bytes(known)
    invalid: type[Exception] = importlib.import_module("cryptography.exceptions").InvalidSignature

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            public.verify(signature, message)
        except invalid:
            return False
        return True

    return verify


def _module() -> Any:
    try:
        return importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    except ImportError:
        raise MonorepoError(
            "cached-public-key: needs the package cryptography; pip install 'pytest-monorepo[remote]'"
        ) from None


def _raw(key: str, name: str) -> bytes:
    try:
        raw = base64.b64decode(key.removeprefix(_MARK), validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 32 or not key.startswith(_MARK):
        raise MonorepoError(f"{name}: is no Ed25519 key; write '{_MARK}' and its 32 bytes in base64")
    return raw
