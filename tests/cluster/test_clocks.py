"""A node's clock may be off: when its tests ran is told by ours."""

from __future__ import annotations

import pytest

from pytest_monorepo.cluster.node import clocks
from pytest_monorepo.worker import protocol


@pytest.mark.parametrize(
    ("there", "asked", "answered", "expected"),
    [
        (100.0, 100.0, 100.2, 0.0),
        (100.2, 100.0, 100.2, 0.0),
        (109.0, 100.0, 110.0, 0.0),  # an answer that takes long tells little
        (3700.1, 100.0, 100.2, 3600.0),
        (40.1, 100.0, 100.2, -60.0),
    ],
)
def test_how_far_a_clock_is_ahead(there: float, asked: float, answered: float, expected: float) -> None:
    assert clocks.ahead(there, asked, answered) == pytest.approx(expected)


REPORT = {"when": "call", "duration": 1.0, "start": 3600.0, "stop": 3601.0}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            protocol.TestPassed("a", ["a"], [0.5, 3600.0, 3600.5, 2.0, 3601.0, 3603.0]),
            protocol.TestPassed("a", ["a"], [0.5, 0.5, 1.0, 2.0, 1.5, 3.5]),
        ),
        (protocol.TestPassed("a", [], [0.5, 0, 0]), protocol.TestPassed("a", [], [0.5, 0, 0])),
        (protocol.TestReport(REPORT), protocol.TestReport({**REPORT, "start": 0.5, "stop": 1.5})),
        (protocol.TestReport({"when": "call"}), protocol.TestReport({"when": "call"})),
        (protocol.Go(), protocol.Go()),
    ],
)
def test_times_are_told_by_our_clock(told: object, expected: object) -> None:
    assert clocks.as_here(told, 3599.5) == expected
    assert clocks.as_here(told, 0.0) is told
