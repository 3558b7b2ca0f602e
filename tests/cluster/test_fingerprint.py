from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.cluster import fingerprint
from pytest_monorepo.cluster.fingerprint import Fingerprint, differences, shortened
from pytest_monorepo.cluster.joining.locked import locked

OURS = Fingerprint(
    "CPython 3.11.7",
    "linux x86_64",
    " 64 bit",
    {"pytest": "9.0", "numpy": "2.0", "six": "1.0", "mine": "editable", "pip": "25"},
    {"mine": "", "six": "abc"},
    ["pytest-plug"],
)


def theirs(**changed: object) -> Fingerprint:
    return replace(OURS, **changed)  # type: ignore[arg-type]


def with_(**versions: str | None) -> Fingerprint:
    found = {**OURS.distributions, **{name.replace("_", "-"): v for name, v in versions.items()}}
    return theirs(distributions={name: version for name, version in found.items() if version is not None})


@pytest.mark.parametrize(
    ("there", "named", "expected"),
    [
        (OURS, None, []),
        (theirs(python="CPython 3.11.8"), None, ["Python CPython 3.11.8 instead of CPython 3.11.7"]),
        (theirs(python="PyPy 3.11.7"), None, ["Python PyPy 3.11.7 instead of CPython 3.11.7"]),
        (theirs(platform="linux aarch64"), [], ["platform linux aarch64 instead of linux x86_64"]),
        (theirs(flags="-O 64 bit"), [], ["interpreter -O 64 bit instead of  64 bit"]),
        (with_(numpy="2.1"), None, ["numpy 2.1 instead of 2.0"]),
        (with_(numpy=None), None, ["no numpy (here 2.0)"]),
        (with_(extra="1"), None, ["extra 1 instead of none"]),
        (with_(six="editable"), None, ["six editable instead of 1.0"]),
        # where there is a lock, what it does not name does not count
        (with_(numpy="2.1"), ["six"], []),
        (with_(extra="1"), ["six"], []),
        (with_(numpy="2.1"), ["numpy"], ["numpy 2.1 instead of 2.0"]),
        # but for what decides how tests run at all
        (with_(pytest="9.1"), ["six"], ["pytest 9.1 instead of 9.0"]),
        (with_(pytest_plug="1"), ["six"], ["pytest-plug 1 instead of none"]),
        # installers
        (with_(pip="26"), None, []),
        (with_(uv="1"), None, []),
    ],
)
def test_differences_are_named(
    there: Fingerprint, named: Collection[str] | None, expected: list[str]
) -> None:
    assert differences(OURS, there, named, {"mine"}) == expected


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("", "", None),
        ("abc", "abc", None),
        ("", "abc", "would be tested instead of the code that is sent"),
        ("abc", "", "is not installed as a copy, as it is here"),
        ("abc", "abd", "is installed as another copy"),
    ],
)
def test_a_copy_of_one_s_own_package_counts(here: str, there: str, said: str | None) -> None:
    def one(record: str) -> Fingerprint:
        return theirs(
            records={"mine": record} if record else {},
            distributions={**OURS.distributions, "mine": "1" if record else "editable"},
        )

    found = differences(one(here), one(there), None, {"mine"})
    assert (found == []) if said is None else (len(found) == 1 and said in found[0])


def test_of_many_differences_some_are_named() -> None:
    assert shortened(["a", "b"]) == "a, b"
    assert shortened([str(n) for n in range(11)]) == "0, 1, 2, 3, 4, 5, 6, 7 and 3 more"


def test_this_interpreter_has_one() -> None:
    text = fingerprint.ask(sys.executable)
    assert text is not None
    own = Fingerprint.of(text)
    assert own.distributions["pytest"] == pytest.__version__
    assert own.python.endswith(".".join(map(str, sys.version_info[:3])))
    assert "pytest-monorepo" in own.plugins
    assert differences(own, own, None, ()) == []


def test_what_is_no_interpreter_has_none(tmp_path: Path) -> None:
    assert fingerprint.ask(str(tmp_path / "python")) is None


UV = 'version = 1\n[[package]]\nname = "{}"\nversion = "1"\n'
PYLOCK = 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "{}"\nversion = "1"\n'
SIX, NUMPY = UV.format("six"), UV.format("numpy")


@pytest.mark.parametrize(
    ("locks", "folders", "expected"),
    [
        ({}, {""}, None),
        ({"uv.lock": SIX}, {""}, {"six"}),
        ({"pylock.toml": PYLOCK.format("six")}, {""}, {"six"}),
        ({"pylock.test.toml": PYLOCK.format("six")}, {""}, {"six"}),
        ({"uv.lock": SIX, "pylock.toml": PYLOCK.format("numpy")}, {""}, {"six", "numpy"}),
        # an environment of one's own has a lock of one's own
        ({"uv.lock": SIX, "libs/a/uv.lock": NUMPY}, {"", "libs/b"}, {"six"}),
        ({"uv.lock": SIX, "libs/a/uv.lock": NUMPY}, {"libs/a"}, {"numpy"}),
        ({"uv.lock": SIX, "libs/a/uv.lock": NUMPY}, {"", "libs/a"}, {"six", "numpy"}),
        ({"uv.lock": SIX, "libs/a/sub/uv.lock": NUMPY}, {"", "libs/a"}, {"six"}),
        ({"uv.lock": SIX}, {"libs/a"}, None),
        # in doubt, all that is installed
        ({"uv.lock": "not a lock ["}, {""}, None),
        ({"uv.lock": "not a lock [", "pylock.toml": PYLOCK.format("six")}, {""}, None),
        ({"requirements.txt": "six==1"}, {""}, None),
        ({"requirements.txt": "numpy==1", "uv.lock": SIX}, {""}, {"six", "numpy"}),
        ({"uv.lock.orig": SIX, "Cargo.lock": ""}, {""}, None),
    ],
)
def test_the_locks_say_what_counts(
    tmp_path: Path, locks: Mapping[str, str], folders: Collection[str], expected: Collection[str] | None
) -> None:
    for name, text in locks.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert locked(tmp_path, sorted(locks), folders) == expected


def test_a_lock_that_is_gone_meanwhile_lets_everything_count(tmp_path: Path) -> None:
    assert locked(tmp_path, ["uv.lock"], {""}) is None
