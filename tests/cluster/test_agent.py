"""An agent with real workers, and no Dask: what it hears, says, leaves and ends."""

from __future__ import annotations

import json
import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pytest_monorepo.cluster.node import agent
from pytest_monorepo.cluster.node.agent import Agent
from pytest_monorepo.cluster.node.holding import Holding
from pytest_monorepo.cluster.node.leavings import unpacked
from pytest_monorepo.cluster.node.trees import interpreter
from pytest_monorepo.cluster.words import Brief, Item
from pytest_monorepo.worker import protocol, wire
from tests.patience import FOREVER, MINUTES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

HOME = "/home/of the controller/repo"


class Controller:
    """Hears the notes of one agent."""

    def __init__(self, tmp: Path, lease: float = MINUTES, flags: Sequence[str] = ()) -> None:
        self.tmp, self.tree = tmp / "run", tmp / "tree"
        self.tree.mkdir()
        self.notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        brief = Brief(
            node="n",
            token="t",
            tmp=str(self.tmp),
            folders={HOME: str(self.tree), "/home/tmp": str(self.tmp)},
            pythons={"/home/python": sys.executable},
            environ={"FROM_HOME": "1"},
            without=["NOT_THERE"],
            flags={"/home/python": list(flags)},
            lease=lease,
        )
        self.agent = Agent(Brief.of(brief.text), self.notes.put)
        self.count = 0
        self.alive = lease != MINUTES

    def job(self, code: str, **changed: object) -> str:
        (self.tree / "test_it.py").write_text(code)
        (self.tree / "pytest.ini").write_text("[pytest]\n")
        facts: dict[str, object] = {
            "root": HOME,
            "project": ".",
            "folder": HOME,
            "args": ["-p", "no:cacheprovider"],
            "argv": ["/home/bin/pytest"],
            "out": "/home/tmp/it.out",
            "err": "/home/tmp/it.err",
        }
        return wire.encode(protocol.Job(**{**facts, **changed})).decode()  # type: ignore[arg-type]

    def items(self) -> Iterator[Item]:
        end = time.monotonic() + MINUTES
        while time.monotonic() < end:
            note = json.loads(self.notes.get(timeout=MINUTES))
            self.count += 1
            if self.alive:
                self.agent.hear("[]")  # a machine with other work takes longer than a lease to say hello
            assert note["note"] == self.count
            yield from note["items"]
        raise AssertionError("nothing came")

    def until(self, found: Callable[[Item], bool]) -> list[Item]:
        items = []
        for item in self.items():
            items.append(item)
            if found(item):
                return items
        raise AssertionError("unreachable")

    def until_ended(self) -> list[Item]:
        return self.until(lambda item: item[0] == "ended")


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    made = Controller(tmp_path)
    yield made
    made.agent.close()
    assert made.agent.join(MINUTES)
    assert not made.tmp.exists()


def messages(items: list[Item]) -> list[object]:
    return [wire.decode(line.encode()) for item in items if item[0] == "said" for line in item[2]]


def test_words_come_with_the_controller_s_paths_and_so_do_files(
    controller: Controller,
) -> None:
    code = """\
        import os, sys
        def test_a():
            print("printed")
            sys.stderr.write(os.getcwd())
            assert os.environ["FROM_HOME"] == "1"
            assert not __file__
    """
    job = controller.job("\n".join(line[8:] for line in code.splitlines()))
    end = controller.agent.start(7, "/home/python", job)
    items = controller.until_ended()
    assert end.result(MINUTES) == 1
    kind, number, code_, reason, left, files = items[-1]
    assert (kind, number, code_, reason, left) == ("ended", 7, 1, None, [])
    assert "/home/tmp/it.out" in dict(unpacked(files))
    text = json.dumps(items)
    assert str(controller.tree) not in text
    assert HOME in text  # what the test has printed of its folder
    told = messages(items)
    assert isinstance(told[0], protocol.Hello)
    assert isinstance(told[-1], protocol.Finished)


@pytest.mark.parametrize(
    ("flags", "code"),
    [((), 0), (("-O",), 1), (("-X", "dev"), 2), (("-W", "error::SyntaxWarning"), 4), (("-X", "utf8=0"), 8)],
)
def test_the_controller_s_flags_hold_and_not_those_of_dask(
    tmp_path: Path, flags: Sequence[str], code: int
) -> None:
    controller = Controller(tmp_path, flags=flags)
    text = """\
import os, sys, warnings
def test_a():
    found = sys.flags.optimize + 2 * sys.flags.dev_mode + 8 * (sys._xoptions.get("utf8") == "0")
    try:
        warnings.warn("this", SyntaxWarning)
    except SyntaxWarning:
        found += 4
    os._exit(found)
"""
    end = controller.agent.start(1, "/home/python", controller.job(text))
    try:
        assert end.result(MINUTES) == code
    finally:
        controller.agent.close()
        assert controller.agent.join(MINUTES)


def test_a_test_that_kills_its_process_kills_none_of_ours(controller: Controller) -> None:
    end = controller.agent.start(
        1, "/home/python", controller.job("import os\ndef test_a(): os.kill(os.getpid(), 9)")
    )
    assert controller.until_ended()[-1][:3] == ["ended", 1, -9]
    assert end.result(MINUTES) == -9
    controller.agent.start(2, "/home/python", controller.job("def test_a(): pass"))
    assert controller.until_ended()[-1][:3] == ["ended", 2, 0]


def test_who_goes_with_the_machine_is_not_told_of(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker may be killed before the agent is: its test is to run elsewhere, and has not failed."""
    monkeypatch.setattr(agent, "_HOLD", MINUTES)
    end = controller.agent.start(1, "/home/python", controller.job("import os\ndef test_a(): os.kill(0, 9)"))
    assert end.result(MINUTES) == -9
    # one that the controller ends is told of at once
    job = controller.job(f"import time\ndef test_b(): time.sleep({FOREVER})")
    controller.agent.start(2, "/home/python", job)
    controller.until(lambda item: item[:2] == ["said", 2])
    controller.agent.hear(json.dumps([["kill", 2]]))
    items = controller.until_ended()
    controller.agent.close()
    assert controller.agent.join(MINUTES)
    while not controller.notes.empty():
        items += json.loads(controller.notes.get())["items"]
    assert [item[:3] for item in items if item[0] == "ended"] == [["ended", 2, -9]]


def test_words_reach_a_worker_even_before_its_start_does(controller: Controller, tmp_path: Path) -> None:
    go = tmp_path / "go"
    job = controller.job(
        "import os, time\n"
        f"def test_a():\n    while not os.path.exists({str(go)!r}): time.sleep(0.05)\n"
        f"def test_b(): time.sleep({FOREVER})"
    )
    controller.agent.hear(json.dumps([["kill", 99], ["send", 1, wire.encode(protocol.Stop("x")).decode()]]))
    controller.agent.start(1, "/home/python", job)
    controller.until(lambda item: "Hello" in str(item))
    go.touch()  # by now it has been told to stop, before its tests or while the first one waits
    assert controller.until_ended()[-1][:3] == ["ended", 1, 2]
    controller.agent.hear(
        json.dumps([["kill", 1], ["interrupt", 1]])
    )  # it is gone: nothing to do, and no fault
    controller.agent.start(2, "/home/python", controller.job("def test_a(): pass"))
    assert controller.until_ended()[-1][:2] == ["ended", 2]


def test_siblings_share_the_tests_and_those_that_never_came_are_told(controller: Controller) -> None:
    job = controller.job("def test_a(): pass\ndef test_b(): pass\n", split="test")
    controller.agent.start(1, "/home/python", job)
    controller.until(lambda item: "Collected" in str(item))
    begin, run = wire.encode(protocol.Begin("gw0")).decode(), wire.encode(protocol.Run([])).decode()
    controller.agent.hear(
        json.dumps([["begin", 1, begin, [2]], ["send", 1, run], ["send", 2, begin], ["send", 2, run]])
    )
    ended = [controller.until_ended()[-1] for _ in range(2)]
    assert sorted(item[1] for item in ended) == [1, 2]


def test_large_files_are_fetched(controller: Controller) -> None:
    code = "def test_a(capfd):\n    with capfd.disabled():\n        print('x' * 100_000, flush=True)\n"
    controller.agent.start(3, "/home/python", controller.job(code))
    assert controller.until_ended()[-1][5] == 3
    files = dict(controller.agent.fetch(3))
    assert files["/home/tmp/it.out"].count(b"x") >= 100_000
    assert controller.agent.fetch(3) == []


def test_an_agent_that_hears_nothing_ends_everything(tmp_path: Path) -> None:
    controller = Controller(tmp_path, lease=15.0)
    end = controller.agent.start(
        1, "/home/python", controller.job(f"import time\ndef test_a(): time.sleep({FOREVER})")
    )
    controller.until(lambda item: "Hello" in str(item))
    assert controller.agent.join(MINUTES)
    assert end.result(MINUTES) == 1
    assert not controller.tmp.exists()
    assert controller.agent.start(2, "/home/python", "").result(MINUTES) == 1


def test_one_test_is_told_whole_or_not_at_all() -> None:
    holding = Holding()
    started = protocol.TestStarted("a", ("a", 0, "a"))
    report, finished = protocol.TestReport({}), protocol.TestFinished("a", ("a", 0, "a"))
    assert holding.heard(started) == [started]
    assert holding.heard(report) == []
    assert holding.heard(report) == []
    assert holding.heard(finished) == [report, report, finished]
    assert holding.heard(protocol.Deselected([])) == []
    assert holding.rest() == [protocol.Deselected([])]
    assert holding.rest() == []


def test_an_interpreter_of_the_tree_goes_before_any_other(tmp_path: Path) -> None:
    inside = tmp_path / "libs/a/.venv/bin/python"
    inside.parent.mkdir(parents=True)
    inside.touch()
    here = str(tmp_path)
    assert interpreter("/home/r/libs/a/.venv/bin/python", "/home/r", here, current=False) == str(inside)
    assert interpreter("/home/r/libs/a/.venv/bin/python", "/home/r", here, current=True) == str(inside)
    assert interpreter("/home/r/.venv/bin/python", "/home/r", here, current=True) == sys.executable
    assert interpreter("/home/r/.venv/bin/python", "/home/r", here, current=False) is None
    assert interpreter("/home/r2/python", "/home/r", here, current=False) is None
    assert interpreter(sys.executable, "/home/r", here, current=False) == sys.executable
