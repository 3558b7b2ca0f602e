"""What plugins and tests hand over as values: nothing changes on its way, and nothing ends the worker."""

from __future__ import annotations

import datetime
import enum
import json
import math
from collections import OrderedDict
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.worker.plugins import lastrun, seeds
from pytest_monorepo.worker.plugins.reports import own_reports, packing, properties


class Colour(enum.Enum):
    RED = "red"


class Number(int):
    pass


class Loud:
    def __str__(self) -> str:
        raise ValueError("no words")


SAME: list[Any] = ["", "ü\ud800\n", 0, -1, 1.5, True, None, [], {}, [1, [2]], {"a": [None]}]
LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    ("value", "after"),
    [
        *((value, value) for value in SAME),
        ((), ()),
        ((1, (2, [3])), (1, (2, [3]))),
        ({"a": (1,)}, {"a": (1,)}),
        (math.inf, math.inf),
        # what would come back as something else is its text, as in JUnit XML
        (b"x", "b'x'"),
        ({1: 2}, "{1: 2}"),
        ({1}, "{1}"),
        (Colour.RED, "Colour.RED"),
        (Number(3), "3"),
        ([Colour.RED], "[<Colour.RED: 'red'>]"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (OrderedDict(a=1), str(OrderedDict(a=1))),
        (LOOP, "[[...]]"),
        (Loud(), "<Loud whose str() raises ValueError>"),
    ],
)
def test_what_a_test_records(value: Any, after: Any) -> None:
    [[name, over]] = json.loads(json.dumps(properties.packed([("name", value)])))
    assert (name, properties.unpacked(over)) == ("name", after)
    assert type(properties.unpacked(over)) is type(after)


def test_a_name_is_text() -> None:
    assert properties.packed([(1, 2)]) == [["1", 2]]


@pytest.mark.parametrize(
    ("value", "after"),
    [
        *((value, value) for value in (*SAME, b"", b"\x00\xff", {"a": [b"x"]})),
        ((1, b"x"), [1, b"x"]),
        ({1: b"x"}, {"1": b"x"}),
        ({"a": {b"x"}}, {"a": [b"x"]}),
        (frozenset([1]), [1]),
        (Colour.RED, "<Colour.RED: 'red'>"),
        ({"a": object}, {"a": "<class 'object'>"}),
    ],
)
def test_what_a_plugin_leaves_for_its_main_process(value: Any, after: Any) -> None:
    assert packing.unpack(json.loads(json.dumps(packing.pack(value)))) == after


@pytest.mark.parametrize(
    ("options", "handed_over", "words"),
    [
        ({}, False, []),
        ({"lf": False, "failedfirst": False, "newfirst": False, "stepwise": False}, False, []),
        ({"lf": True}, False, ["--lf"]),
        ({"lf": True}, True, []),
        ({"failedfirst": True}, False, ["--ff"]),
        ({"failedfirst": True}, True, []),
        ({"newfirst": True}, False, ["--nf"]),
        ({"newfirst": True}, True, ["--nf"]),
        ({"stepwise": True}, True, ["--sw"]),
        ({"lf": True, "newfirst": True, "stepwise": True}, False, ["--lf", "--nf", "--sw"]),
        ({"lf": True, "newfirst": True}, True, ["--nf"]),
    ],
)
def test_what_the_last_run_decides(options: dict[str, bool], handed_over: bool, words: list[str]) -> None:
    found = lastrun.dependence(SimpleNamespace(**options), handed_over)
    assert found == [f"{word} chooses or orders tests by the last run" for word in words]


def test_a_pytest_that_came_to_no_session_depends_on_nothing() -> None:
    assert lastrun.dependence(None, False) == []


@pytest.mark.parametrize(
    ("options", "told", "seeds_after"),
    [
        ({}, {}, {}),
        ({"randomly_seed": 7}, {"randomly_seed": 3}, {"randomly_seed": 7}),
        ({"randomly_seed": "default"}, {"randomly_seed": 3}, {"randomly_seed": 3}),
        ({"randomly_seed": "last"}, {"randomly_seed": 3}, {"randomly_seed": 3}),
        ({"random_order_seed": "9"}, {"random_order_seed": "1"}, {"random_order_seed": "9"}),
        ({"random_order_seed": "default:9"}, {"random_order_seed": "1"}, {"random_order_seed": "1"}),
        ({"random_order_seed": "default:9"}, {}, {"random_order_seed": "default:9"}),
        ({"random_order_seed": None}, {"random_order_seed": "1"}, {"random_order_seed": "1"}),
    ],
)
def test_a_project_s_own_seed_counts(
    options: dict[str, Any], told: dict[str, Any], seeds_after: dict[str, Any]
) -> None:
    seeds.keep_own(SimpleNamespace(**options), told)
    assert told == seeds_after


@pytest.mark.parametrize("reporter", own_reports.REPORTERS, ids=lambda reporter: reporter.option)
def test_whose_report_a_file_is(reporter: own_reports.Reporter) -> None:
    """The project's, unless it was typed, or the controller read it in the same ini file."""

    def asked(words: list[str], *, ini: str, at_root: bool = False) -> list[own_reports.Reporter]:
        option = SimpleNamespace(**{reporter.dest: "out"})
        root = option if at_root else SimpleNamespace()
        told = own_reports.asked_by_the_user(root, words, "pytest.ini")
        return own_reports.own(SimpleNamespace(option=option, inipath=ini), told)

    assert asked([], ini="a/pytest.ini") == asked(["-q"], ini="pytest.ini") == [reporter]
    assert asked([], ini="a/pytest.ini", at_root=True) == [reporter]
    assert asked([], ini="pytest.ini", at_root=True) == []
    for spelling in (reporter.option, *reporter.aliases):
        assert asked([f"{spelling}=out"], ini="a/pytest.ini") == asked([spelling, "out"], ini="a/i") == []
