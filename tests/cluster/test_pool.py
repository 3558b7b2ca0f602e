"""The pool of a cluster's workers, with a link that only notes what it is asked: no process, no network."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_monorepo.cluster import words
from pytest_monorepo.cluster.link import Arrival, Come, Down, Fetched, Gone, Noted
from pytest_monorepo.cluster.node import leavings
from pytest_monorepo.cluster.pool import ClusterPool
from pytest_monorepo.cluster.words import Item, Word
from pytest_monorepo.run.workers.events import Ended, Said
from pytest_monorepo.run.workers.interface import Broken, Joined, Late, Lost
from pytest_monorepo.worker import protocol, wire

JOB = protocol.Job(root="/r", project="p", folder="/r/p", args=[], argv=["pytest"])
HELLO = protocol.Hello(1, "3.11.7", "9.0")
TEST = wire.decode(wire.encode(protocol.TestStarted("p/test_a.py::test_a", ("p/test_a.py", 0, "test_a"))))


def line(message: object) -> str:
    return wire.encode(message).decode()


class Paper:
    """A link to nodes ``a`` and ``b``; ``said`` is what they were told."""

    def __init__(self) -> None:
        self.arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()
        self.said: list[tuple[object, ...]] = []
        self.notes = {"a": 0, "b": 0}
        self.now = 0.0
        self.pool = ClusterPool(self, self.arrivals, silence=30.0, since=lambda: 77, clock=lambda: self.now)
        for name in self.notes:
            self.arrivals.put(Come(name, f"token of {name}", 2))
        self.pool.opened()

    def start(self, node: str, number: int, python: str, job: str) -> None:
        self.said.append(("start", node, number))

    def tell(self, node: str, told: Sequence[Word]) -> None:
        self.said += [("tell", node, *word) for word in told]

    def fetch(self, node: str, number: int) -> None:
        self.said.append(("fetch", node, number))

    def dismiss(self, node: str) -> None:
        self.said.append(("dismiss", node))

    def close(self) -> None:
        self.said.append(("close",))

    def note(self, node: str, *items: Item, number: int | None = None) -> None:
        self.notes[node] += 1
        text = words.note(f"token of {node}", number or self.notes[node], items)
        self.arrivals.put(Noted(text))

    def events(self) -> list[Said | Ended]:
        return self.pool.wait(0.0)

    def pass_time(self, seconds: float) -> list[Said | Ended]:
        """In steps, as a loop that looks does."""
        found = []
        for _ in range(int(seconds)):
            self.now += 1.0
            found += self.events()
        return found


@pytest.fixture
def paper() -> Paper:
    return Paper()


def test_what_a_node_says_comes_out_as_it_was_said(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.note("a", ["said", number, [line(HELLO), line(TEST)]])
    paper.note("a", ["ended", number, -9, None, [[5, "sleep"]], []])
    assert paper.events() == [
        Said(number, HELLO),
        Said(number, TEST),
        Ended(number, -9, None, [[5, "sleep"]]),
    ]
    assert paper.said == [("start", "a", number)]
    assert paper.pool.changes() == []


def test_words_go_to_the_worker_s_node_until_it_ends(paper: Paper) -> None:
    first, second = paper.pool.start("python", JOB, "a"), paper.pool.start("python", JOB, "b")
    paper.said.clear()
    for tell in (paper.pool.kill, paper.pool.interrupt, paper.pool.dump_stacks):
        tell(second)
    siblings = paper.pool.begin(first, protocol.Begin("gw0"), 2)
    paper.pool.send(siblings[1], protocol.Dismissed())
    assert [entry[1:] for entry in paper.said] == [
        ("b", "kill", second),
        ("b", "interrupt", second),
        ("b", "stacks", second),
        ("a", "begin", first, line(protocol.Begin("gw0")), siblings),
        ("a", "send", siblings[1], line(protocol.Dismissed())),
    ]
    assert [paper.pool.place_of(n) for n in (*siblings, second)] == ["a", "a", "b"]
    paper.note("b", ["ended", second, 0, None, [], []])
    paper.events()
    paper.said.clear()
    paper.pool.kill(second)
    assert paper.pool.begin(second, protocol.Begin("gw1"), 3) == []
    assert paper.said == []


def test_notes_are_heard_in_their_order_and_none_twice(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.note("a", ["said", number, [line(TEST)]], number=2)
    assert paper.events() == []
    paper.note("a", ["said", number, [line(HELLO)]], number=1)
    assert paper.events() == [Said(number, HELLO), Said(number, TEST)]
    paper.note("a", ["said", number, [line(HELLO)]], number=1)
    assert paper.events() == []


def test_a_note_that_never_comes_is_a_silence(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.note("a", ["ended", number, 0, None, [], []], number=2)
    paper.note("b")
    found = paper.pass_time(29)
    assert found == []
    paper.note("b")
    assert paper.pass_time(3) == [Ended(number, 1, lost="a")]
    assert paper.pool.slots == {"b": 2}


def test_a_silent_node_is_lost_with_its_workers_and_told_to_end(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    for _ in range(6):
        paper.note("b")
        events = paper.pass_time(6)
    assert paper.pool.changes() == [] or events
    assert paper.pool.slots == {"b": 2}
    assert ("dismiss", "a") in paper.said
    # what is asked of it afterwards ends at once, and nothing is sent
    paper.said.clear()
    paper.pool.send(number, protocol.Go())
    again = paper.pool.start("python", JOB, "a")
    assert paper.events() == [Ended(again, 1, lost="a")]
    assert paper.said == []


def test_changes_are_told_before_what_follows_from_them(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.arrivals.put(Gone("a", "Dask has lost it"))
    paper.arrivals.put(Gone("a", "twice"))
    paper.arrivals.put(Come("c", "token of c", 3))
    assert paper.events() == [Ended(number, 1, lost="a")]
    assert paper.pool.changes() == [Lost("a", "Dask has lost it"), Joined("c", 3)]
    assert paper.pool.changes() == []


def test_this_process_may_sleep_and_nobody_is_lost(paper: Paper) -> None:
    paper.pool.start("python", JOB, "a")
    paper.now += 3600
    assert paper.events() == []
    assert paper.pool.slots == {"a": 2, "b": 2}


def test_one_that_speaks_after_it_was_lost_is_heard_apart(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.arrivals.put(Gone("a", "cut off"))
    paper.events()
    paper.pool.changes()
    paper.said.clear()
    paper.note("a", ["said", number, [line(TEST)]], ["ended", number, 0, None, [], []])
    paper.note("a")
    assert paper.events() == []
    assert paper.pool.changes() == [Late(number, "a", TEST)]
    assert paper.said == [("dismiss", "a")]


def test_without_a_scheduler_every_worker_ends_once(paper: Paper) -> None:
    numbers = [paper.pool.start("python", JOB, place) for place in "ab"]
    paper.arrivals.put(Down("the scheduler was lost"))
    paper.arrivals.put(Gone("a", "of course"))
    assert paper.events() == [Ended(n, 1, lost=place) for n, place in zip(numbers, "ab", strict=True)]
    assert paper.pool.changes() == [Broken("the scheduler was lost")]
    assert paper.pool.slots == {}


def test_files_are_there_when_an_end_is_told(paper: Paper, tmp_path: Path) -> None:
    small, large = tmp_path / "small" / "out", tmp_path / "large" / "out"
    first, second = (paper.pool.start("python", JOB, "a") for _ in range(2))
    paper.note("a", ["ended", first, 0, None, [], leavings.packed([(str(small), b"\x00log")])])
    paper.note("a", ["ended", second, 0, None, [], second])
    assert paper.events() == [Ended(first, 0, None, [])]
    assert small.read_bytes() == b"\x00log"
    assert ("fetch", "a", second) in paper.said
    paper.arrivals.put(Fetched("a", second, [(str(large), b"x")]))
    assert paper.events() == [Ended(second, 0, None, [])]
    assert large.read_bytes() == b"x"


def test_files_that_cannot_be_fetched_are_lost_with_their_node(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.note("a", ["ended", number, 0, None, [], number])
    paper.arrivals.put(Fetched("a", number, None))
    assert paper.events() == [Ended(number, 1, lost="a")]


def test_what_is_measured_there_is_of_the_code_that_was_sent(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    finished = protocol.Finished(0, {}, {"project": "p", "started": 5})
    paper.note("a", ["said", number, [line(finished)]])
    (event,) = paper.events()
    assert isinstance(event, Said)
    assert event.message.coverage == {"project": "p", "started": 77}


@pytest.mark.parametrize("nonsense", ["", "{}", '["Job"]', '["Hello", 1, 2]', "\x00"])
def test_a_node_that_speaks_nonsense_is_lost(paper: Paper, nonsense: str) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.note("a", ["said", number, [nonsense]])
    assert paper.events() == [Ended(number, 1, lost="a")]
    (change,) = paper.pool.changes()
    assert isinstance(change, Lost)
    assert "spoke nonsense" in change.reason


def test_a_worker_that_says_what_is_not_its_to_say_is_ended(paper: Paper) -> None:
    number = paper.pool.start("python", JOB, "a")
    paper.note("a", ["said", number, [line(protocol.Go())]])
    assert paper.events() == []
    assert paper.said[-1][1:4] == ("a", "reject", number)


def test_a_fault_of_an_agent_loses_its_node(paper: Paper) -> None:
    paper.note("a", ["fault", "OSError: no space"])
    assert paper.events() == []
    assert paper.pool.changes() == [Lost("a", "its agent failed: OSError: no space")]


def test_closing_closes_the_link(paper: Paper) -> None:
    paper.pool.close()
    assert paper.said == [("close",)]
