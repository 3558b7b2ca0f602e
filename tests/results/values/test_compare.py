"""Which questions two projects may answer once for both."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.places import Places


def now(environ: dict[str, str], root: str = "/workspace") -> Now:
    return Now(Current(Digests()), Places.of(Path(root), "/usr/bin/python"), environ, b"secret", frozenset())


@pytest.mark.parametrize(
    ("other", "asked", "everything", "same"),
    [
        ({"PWD": "/b", "A": "1"}, ["A"], False, True),
        ({"PWD": "/b", "A": "1"}, ["A", "PWD"], False, False),
        ({"PWD": "/a", "A": "2"}, ["A"], False, False),
        ({"PWD": "/a"}, ["A"], False, False),
        ({"PWD": "/a"}, [], False, True),
        ({"PWD": "/b", "A": "1"}, [], True, False),
        ({"PWD": "/a", "A": "1", "MORE": ""}, ["A"], True, False),
        ({"PWD": "/a", "A": "1", "PYTEST_XDIST_WORKER": "gw1"}, ["PYTEST_XDIST_WORKER"], False, True),
    ],
)
def test_projects_share_answers_where_the_variables_that_are_asked_for_are_equal(
    other: dict[str, str], asked: list[str], everything: bool, same: bool
) -> None:
    one = now({"PWD": "/a", "A": "1"})
    assert (
        one.facing(asked, everything=everything) == now(other).facing(asked, everything=everything)
    ) == same


def test_projects_with_other_places_share_no_answer() -> None:
    assert now({}).facing([], everything=False) != now({}, "/elsewhere").facing([], everything=False)
