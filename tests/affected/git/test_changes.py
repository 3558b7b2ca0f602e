from __future__ import annotations

import pytest

from pytest_monorepo.affected.git.changes import (
    Delta,
    decoded,
    encoded,
    parse_batch,
    parse_hashes,
    parse_listing,
    parse_raw,
    relative_to,
    through_links,
)

A, B = "a" * 40, "b" * 40


def test_a_reported_rename_has_two_ends() -> None:
    out = f":100644 100755 {A} {B} R087\0old name\0new\nname\0:100644 000000 {A} {B} D\0gone\0".encode()
    assert list(parse_raw(out)) == [
        Delta("old name", "R", "100644", "100755", A, B),
        Delta("new\nname", "R", "100644", "100755", A, B),
        Delta("gone", "D", "100644", "000000", A, B),
    ]


def test_the_sieve_leaves_out_ordinary_files_only() -> None:
    lines = [
        f"H 100644 {A} 0\tplain.py",
        f"H 100755 {A} 0\tscript",
        f"H 120000 {A} 0\tlink",
        f"H 160000 {A} 0\tmodule",
        f"h 100644 {A} 0\tassumed",
        f"S 100644 {A} 0\tskipped",
        f"M 100644 {A} 2\tconflicted",
        "? untracked\tname",
        "? nested/",
    ]
    out = "".join(line + "\0" for line in lines).encode()
    sieved, whole = parse_listing(out, ordinary=False), parse_listing(out)
    assert [entry.path for entry in whole.tracked[:2]] == ["plain.py", "script"]
    assert sieved.tracked == whole.tracked[2:]
    assert sieved.untracked == whole.untracked == ("untracked\tname", "nested/")
    assert [entry.path for entry in sieved.tracked if entry.unseen] == ["assumed", "skipped"]
    assert parse_hashes(out) == {"plain.py": A, "script": A}


def test_a_batch_is_read_by_size() -> None:
    out = f"{A} blob 12\nx missing\n\0\n\n{B} missing\n{A} tree 3\nabc\n{A} blob 0\n\n".encode()
    assert parse_batch(out, ["one", "two", "three", "four"]) == {"one": b"x missing\n\0\n", "four": b""}


def test_any_bytes_come_back() -> None:
    name = bytes(range(1, 256))
    assert encoded(decoded(name)) == name


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        ("", "a/b", "a/b"),
        ("ws/", "ws/a", "a"),
        ("ws/", "README", "../README"),
        ("ws/", "wsx/a", "../wsx/a"),
        ("a/b/", "a/c", "../c"),
        ("a/b/", "x/y", "../../x/y"),
        ("a/b/", "a/b/c/d", "c/d"),
    ],
)
def test_relative_to(prefix: str, path: str, expected: str) -> None:
    assert relative_to(prefix)(path) == expected


@pytest.mark.parametrize(
    ("targets", "changed", "expected"),
    [
        ({}, {"a"}, set()),
        ({"link": ["data.json"]}, {"data.json"}, {"link"}),
        ({"link": ["data.json"]}, {"data.json2", "x/data.json"}, set()),
        ({"p/link": ["data"]}, {"data/a/b.json"}, {"p/link/a/b.json"}),
        ({"p/link": ["data"]}, {"database/a"}, set()),
        # the way to the target changed: a folder became a link, say
        ({"p/link": ["other/x/y"]}, {"other"}, {"p/link"}),
        ({"p/all": [""]}, {"x/y"}, {"p/all/x/y"}),
        ({"out": ["../../elsewhere"]}, {"x"}, set()),
        ({"one": ["f"], "two": ["f"]}, {"f", "one"}, {"two"}),
    ],
)
def test_through_links(targets: dict[str, list[str]], changed: set[str], expected: set[str]) -> None:
    assert through_links(targets, changed) == expected
