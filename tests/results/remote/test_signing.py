"""Who may write an entry, and who sees that it was somebody else."""

from __future__ import annotations

import base64
import importlib
import importlib.util

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.remote.signing import Signing, signing_of
from pytest_monorepo.results.values.names import CACHE_KEY, is_plain

KEY = "0123456789abcdef"
needs_cryptography = pytest.mark.skipif(
    importlib.util.find_spec("cryptography") is None, reason="the package cryptography is not installed"
)


def signing(key: str = KEY, public: str | None = None) -> Signing:
    found = signing_of({CACHE_KEY: key}, public)
    assert found is not None
    return found


def pair(seed: int) -> tuple[str, str]:
    """A private key and its public one, as users write them."""
    keys = importlib.import_module("cryptography.hazmat.primitives.asymmetric.ed25519")
    private = keys.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    raw = private.private_bytes_raw(), private.public_key().public_bytes_raw()
    first, second = ("ed25519:" + base64.b64encode(one).decode() for one in raw)
    return first, second


def test_what_was_signed_is_opened_under_its_own_name_alone() -> None:
    raw = signing().sealed("entries/a/b", b"body\nmore")
    assert signing().opened("entries/a/b", raw) == b"body\nmore"
    assert signing().opened("entries/a/c", raw) is None
    assert signing(KEY + "x").opened("entries/a/b", raw) is None


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"body", b"pytest-monorepo 1 !!\nbody", b"pytest-monorepo 1 \nbody"]
)
def test_what_was_not_signed_is_nothing(raw: bytes) -> None:
    assert signing().opened("name", raw) is None


def test_every_changed_byte_is_seen() -> None:
    raw = signing().sealed("name", b"body")
    for place in range(len(raw)):
        damaged = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert signing().opened("name", damaged) is None
        assert signing().opened("name", raw[:place]) is None


def test_without_a_key_there_is_nothing_to_sign_or_verify_with() -> None:
    assert signing_of({}, None) is None
    assert signing_of({CACHE_KEY: "  "}, None) is None


@needs_cryptography
def test_who_has_only_the_public_key_reads_and_cannot_write() -> None:
    private, public = pair(1)
    writer, reader = signing(private, public), signing("", public)
    assert reader.opened("name", writer.sealed("name", b"body")) == b"body"
    assert (reader.sign, reader.secret) == (None, b"")
    assert (writer.plain, bool(writer.secret)) == (reader.plain, True)
    assert signing("", pair(2)[1]).opened("name", writer.sealed("name", b"body")) is None
    # the private key alone says the same
    assert signing(private).opened("name", writer.sealed("name", b"body")) == b"body"


@pytest.mark.parametrize(
    ("key", "public", "words"),
    [
        ("short", None, "has 5 characters"),
        pytest.param("ed25519:AAAA", None, "is no Ed25519 key", marks=needs_cryptography),
        pytest.param("", "nonsense", "cached-public-key: is no Ed25519 key", marks=needs_cryptography),
        pytest.param("", "ed25519:!", "cached-public-key: is no Ed25519 key", marks=needs_cryptography),
        pytest.param(KEY, "ed25519:" + "A" * 43 + "=", f"{CACHE_KEY}: is no", marks=needs_cryptography),
    ],
)
def test_what_is_no_key_is_said_without_showing_it(key: str, public: str | None, words: str) -> None:
    with pytest.raises(MonorepoError) as error:
        signing_of({CACHE_KEY: key}, public)
    assert words in str(error.value)
    assert not key or key not in str(error.value)


@needs_cryptography
def test_a_private_key_that_is_not_the_public_ones_is_said() -> None:
    with pytest.raises(MonorepoError, match="not the private half"):
        signing_of({CACHE_KEY: pair(1)[0]}, pair(2)[1])


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        *(("PATH", True), ("LC_ALL", True), ("PYTHONPATH", True), ("PYTEST_ADDOPTS", True), ("HOME", True)),
        *((CACHE_KEY, False), ("TURBO_TOKEN", False), ("AWS_SECRET_ACCESS_KEY", False), ("FEATURE", False)),
    ],
)
def test_no_secret_is_a_plain_variable(name: str, plain: bool) -> None:
    assert is_plain(name) == plain
