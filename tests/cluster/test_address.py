from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_monorepo.cluster import address
from pytest_monorepo.cluster.address import Address, parse
from pytest_monorepo.errors import MonorepoError


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("tcp://10.0.0.5:8786", Address("tcp://10.0.0.5:8786", "tcp://10.0.0.5:8786")),
        ("TLS://cluster:8786/", Address("TLS://cluster:8786/", "tls://cluster:8786")),
        ("tcp://[::1]:8786", Address("tcp://[::1]:8786", "tcp://[::1]:8786")),
        ("local:1", Address("local:1", local=1)),
        ("local:16", Address("local:16", local=16)),
    ],
)
def test_an_address_says_where_the_scheduler_is(word: str, expected: Address, tmp_path: Path) -> None:
    assert parse(word, tmp_path) == expected
    assert parse(word, tmp_path).encrypted == word.lower().startswith("tls")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "is neither"),
        ("local", "needs a number"),
        ("local:", "needs a number"),
        ("local:0", "needs a number"),
        ("local:-1", "needs a number"),
        ("local:two", "needs a number"),
        ("local:٣", "needs a number"),
        ("local:99999", "needs a number"),
        ("ucx://10.0.0.5:8786", "ucx://, which is not supported"),
        ("inproc://10.0.0.5:1", "not supported"),
        ("http://10.0.0.5:8787", "not supported"),
        ("tcp://10.0.0.5", "a host and a port"),
        ("tcp://:8786", "a host and a port"),
        ("tcp://10.0.0.5:0", "a host and a port"),
        ("tcp://10.0.0.5:99999", "a host and a port"),
        ("tcp://10.0.0.5:port", "a host and a port"),
        ("tcp://::1:8786", "a host and a port"),
        ("tcp://127.0.0.1@10.0.0.5:8786", "a host and a port"),
        ("tls://", "a host and a port"),
        ("nowhere.json", "a scheduler file that is there"),
        ("10.0.0.5:8786", "is neither"),
    ],
)
def test_anything_else_is_one_clear_line(word: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(MonorepoError, match=said) as caught:
        parse(word, tmp_path)
    assert str(caught.value).startswith(f"--cluster {word}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"type": "Scheduler", "address": "tls://10.0.0.5:8786"}', "tls://10.0.0.5:8786"),
        ('{"address": "10.0.0.5:8786"}', "tcp://10.0.0.5:8786"),
    ],
)
def test_a_scheduler_file_names_its_scheduler(content: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(content)
    assert parse("s.json", tmp_path) == Address("s.json", expected)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"address": 5}', '{"address": "ws://a:1"}', "\xff"]
)
def test_a_file_that_is_none_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(MonorepoError, match=r"--cluster s\.json: "):
        parse("s.json", tmp_path)


@pytest.mark.parametrize(
    ("url", "resolved", "expected"),
    [
        ("tcp://127.0.0.1:1", ["127.0.0.1"], True),
        ("tcp://127.9.9.9:1", ["127.9.9.9"], True),
        ("tcp://[::1]:1", ["::1"], True),
        ("tcp://h:1", ["::ffff:127.0.0.1"], True),
        ("tcp://h:1", ["fe80::1%eth0"], False),
        ("tcp://localhost:1", ["127.0.0.1", "::1"], True),
        # a name that means this machine today and another one too
        ("tcp://h:1", ["127.0.0.1", "10.0.0.5"], False),
        ("tcp://0.0.0.0:1", ["0.0.0.0"], False),
        ("tcp://10.0.0.5:1", ["10.0.0.5"], False),
        ("tcp://h:1", [], False),
        ("tcp://h:1", ["not an address"], False),
    ],
)
def test_only_loopback_is_this_machine(url: str, resolved: Sequence[str], expected: bool) -> None:
    assert address.is_loopback(url, lambda host: resolved) is expected


def test_a_name_that_nobody_knows_is_not_this_machine() -> None:
    def unknown(host: str) -> list[str]:
        raise OSError("no such host")

    assert not address.is_loopback("tcp://127.0.0.1.example.org:1", unknown)


@pytest.mark.parametrize(
    ("url", "insecure", "admitted"),
    [
        ("tls://10.0.0.5:1", False, True),
        ("tcp://127.0.0.1:1", False, True),
        ("tcp://10.0.0.5:1", False, False),
        ("tcp://10.0.0.5:1", True, True),
        # insecure admits plain tcp, and nothing else
        ("ucx://10.0.0.5:1", True, False),
        ("inproc://x/1", True, False),
    ],
)
def test_without_tls_only_loopback_is_spoken_to(url: str, insecure: bool, admitted: bool) -> None:
    said = address.complaint(url, insecure=insecure, what="node a")
    assert (said is None) is admitted
    assert admitted or str(said).startswith("node a: ")


def test_the_way_out_is_named() -> None:
    with pytest.raises(MonorepoError, match=r"tls://.*cluster-insecure = true"):
        address.check(Address("tcp://10.0.0.5:1", "tcp://10.0.0.5:1"), insecure=False)
    address.check(Address("local:2", local=2), insecure=False)
