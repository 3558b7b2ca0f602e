"""One line for a test that passed: what the controller makes of it, and what keeps it from being one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.run.hooks import passes
from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins.reports.passes import Passes
from pytest_monorepo.worker.protocol import PHASES

NODEID, LOCATION = "tests/test_a.py::test_it[1]", ("tests/test_a.py", 3, "test_it[1]")


def report(when: str, **changes: Any) -> pytest.TestReport:
    given = {
        "nodeid": NODEID,
        "location": LOCATION,
        "keywords": {"test_it[1]": 1, "tests/test_a.py": 1, "": 1},
        "outcome": "passed",
        "longrepr": None,
        "when": when,
        "duration": 0.25,
        "start": 10.5,
        "stop": 10.75,
    }
    return pytest.TestReport(**{**given, **changes})


def heard(*reports: pytest.TestReport, makers: tuple[str, ...] = ("_pytest.reports",)) -> Passes:
    held = Passes(wanted=True)
    impls = [SimpleNamespace(function=SimpleNamespace(__module__=name)) for name in makers]
    hook = SimpleNamespace(pytest_report_to_serializable=SimpleNamespace(get_hookimpls=lambda: impls))
    held.configure(SimpleNamespace(hook=hook))
    held.begin(NODEID, list(LOCATION))
    for one in reports:
        held.hold(one)
    return held


def test_the_reports_are_those_that_pytest_makes_of_its_own_words(pytestconfig: pytest.Config) -> None:
    phases = [report(when) for when in PHASES]
    message = heard(*phases).end(NODEID)
    assert message is not None
    passes.check(message)
    made = list(passes.reports(message, LOCATION))
    hook = pytestconfig.hook
    for ours, phase in zip(made, phases, strict=True):
        data = hook.pytest_report_to_serializable(config=pytestconfig, report=phase)
        theirs = hook.pytest_report_from_serializable(config=pytestconfig, data=data)
        # what it was made from stays on it; on a report of a plain run there is no such thing
        assert vars(ours) == {k: v for k, v in vars(theirs).items() if k != "$report_type"}
        assert type(ours) is type(theirs)
    assert made[0].keywords is not made[1].keywords
    assert made[0].sections is not made[1].sections
    assert made[0].user_properties is not made[1].user_properties


@pytest.mark.skipif(not hasattr(pytest.TestReport, "id"), reason="pytest < 9.2 has a text alone")
def test_its_id_is_taken_to_pieces_once() -> None:
    first, second, third = passes.reports(protocol.TestPassed(NODEID, ["test_it"], [0.0] * 9), LOCATION)
    assert vars(first)["_id"] is vars(second)["_id"] is vars(third)["_id"]
    second.nodeid = "tests/test_a.py::other"
    assert [first.nodeid, third.nodeid] == [NODEID, NODEID]


def with_extra(one: pytest.TestReport) -> pytest.TestReport:
    vars(one)["extras"] = []  # pytest-html
    return one


class Other(pytest.TestReport):
    pass


@pytest.mark.parametrize(
    "odd",
    [
        lambda: report("call", outcome="failed", longrepr="no"),
        lambda: report("call", outcome="skipped", longrepr=("a", 1, "why")),
        lambda: report("call", outcome="rerun"),
        lambda: report("call", sections=[("Captured stdout call", "printed")]),
        lambda: report("call", user_properties=[("key", 1)]),
        lambda: report("call", keywords={"other": 1}),
        lambda: report("call", location=("elsewhere.py", 1, "test_it[1]")),
        lambda: report("call", nodeid="tests/test_a.py::test_other"),
        lambda: report("setup"),
        lambda: with_extra(report("call")),
        lambda: Other(**{**vars(report("call")), "nodeid": NODEID}),
    ],
)
def test_what_is_out_of_the_ordinary_is_told_in_full(odd: Callable[[], pytest.TestReport]) -> None:
    first = report("setup")
    held = heard(first)
    assert not held.hold(odd())
    assert held.release() == [first]
    assert not held.hold(report("call"))
    assert held.end(NODEID) is None


def test_a_test_that_ends_early_or_goes_on(pytestconfig: pytest.Config) -> None:
    assert heard(report("setup"), report("teardown")).end(NODEID) is None
    four = heard(*map(report, PHASES))
    assert not four.hold(report("teardown"))
    assert not Passes(wanted=False).hold(report("setup"))
    assert not heard(report("setup"), makers=("_pytest.reports", "their.plugin")).wanted
    assert passes.are_enough(pytestconfig) is all(
        one.function.__module__.startswith("_pytest.")
        for one in pytestconfig.hook.pytest_report_from_serializable.get_hookimpls()
    )


@pytest.mark.parametrize(
    ("keywords", "times"),
    [([1], [0.0] * 9), (["a"], [0.0] * 8), (["a"], ["0"] * 9), (["a"], [True] * 9), (["a"], [None] * 9)],
)
def test_nonsense(keywords: Any, times: Any) -> None:
    with pytest.raises(protocol.ProtocolError):
        passes.check(protocol.TestPassed(NODEID, keywords, times))


def test_in_full_it_is_what_the_worker_would_have_said(pytestconfig: pytest.Config) -> None:
    message = heard(*map(report, PHASES)).end(NODEID)
    assert message is not None
    *told, finished = passes.in_full(message, LOCATION)
    assert finished == protocol.TestFinished(NODEID, LOCATION)
    hook = pytestconfig.hook
    theirs = [hook.pytest_report_to_serializable(config=pytestconfig, report=report(when)) for when in PHASES]
    assert [one.data for one in told] == [{**one, "location": LOCATION} for one in theirs]
