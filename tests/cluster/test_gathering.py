from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_monorepo.cluster.node.gathering import LONGEST, Gathering
from pytest_monorepo.cluster.words import Item
from pytest_monorepo.run.workers.events import Ended, Said
from pytest_monorepo.worker import protocol

STARTED = Said(1, protocol.TestStarted("a", ("a", 0, "a")))
PASSED = Said(1, protocol.TestPassed("a", [], []))
FINISHED = Said(1, protocol.TestFinished("a", ("a", 0, "a")))
REPORT = Said(1, protocol.TestReport({}))
HELLO = Said(2, protocol.Hello(1, "3.11", "9"))
ENDED = Ended(1, 0, None, ())

Step = tuple[float, Sequence[Said | Ended], list[Item], list[Item]]


def said(*lines: str, number: int = 1) -> Item:
    return ["said", number, [*lines]]


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            [
                (0, [STARTED], [said("s")], []),
                (0.01, [PASSED, STARTED], [said("p", "s")], []),
                (0.02, [PASSED, STARTED], [said("p", "s")], []),
                (LONGEST, [], [], [said("s", "p", "s", "p", "s")]),
            ],
            id="short ones that pass",
        ),
        pytest.param(
            [(0, [STARTED], [said("s")], []), (0.01, [FINISHED], [said("f")], [said("s", "f")])],
            id="a failure at once, with its begin",
        ),
        pytest.param(
            [
                (0, [STARTED], [said("s")], []),
                (LONGEST / 2, [], [], []),
                (LONGEST, [], [], [said("s")]),
                (9, [PASSED], [said("p")], []),
                (9 + LONGEST, [], [], [said("p")]),
            ],
            id="the begin of a long one after a moment",
        ),
        pytest.param(
            [
                (0, [STARTED], [said("s")], []),
                (LONGEST / 2, [STARTED], [said("t", number=2)], []),
                (LONGEST, [], [], [said("s"), said("t", number=2)]),
            ],
            id="since the first",
        ),
        pytest.param(
            [
                (0, [STARTED], [said("s")], []),
                (0.01, [HELLO], [said("h", number=2)], [said("s"), said("h", number=2)]),
            ],
            id="another worker's word",
        ),
        pytest.param(
            [(0, [REPORT], [], []), (0.01, [STARTED], [said("s")], []), (1, [], [], [said("s")])],
            id="a report that is held back hurries nobody",
        ),
        pytest.param(
            [(0, [STARTED], [said("s")], []), (0.01, [], [["ended", 2]], [said("s"), ["ended", 2]])],
            id="an end that was held back",
        ),
        pytest.param(
            [(0, [PASSED, ENDED], [said("p"), ["ended", 1]], [said("p"), ["ended", 1]])], id="an end of all"
        ),
    ],
)
def test_what_is_told_when(steps: Sequence[Step]) -> None:
    gathering = Gathering()
    for now, events, items, expected in steps:
        gathering.add(events, items, now)
        assert gathering.taken(now) == expected
    assert gathering.rest() == []
