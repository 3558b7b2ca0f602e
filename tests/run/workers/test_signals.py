import os
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from pytest_monorepo.run.workers.signals import Interrupts
from tests.patience import MINUTES

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")

Step = Callable[[Interrupts], object]


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    found = Interrupts()
    with found.interrupting():
        yield found


def sends(number: signal.Signals = signal.SIGINT) -> Step:
    return lambda interrupts: os.kill(os.getpid(), number)


def waits(*within: Step) -> Step:
    """Waits, and sees the steps ``within`` happen meanwhile."""

    def wait(interrupts: Interrupts) -> None:
        with interrupts.audible():
            for step in within:
                step(interrupts)

    return wait


def nothing(interrupts: Interrupts) -> None:
    """A step that takes no time."""


def exits(interrupts: Interrupts) -> None:
    pytest.exit("enough")


def sends_while_another_thread_waits(interrupts: Interrupts) -> None:
    waiting, told = threading.Event(), threading.Event()

    def wait() -> None:
        with interrupts.audible():
            waiting.set()
            told.wait(MINUTES)

    beside = threading.Thread(target=wait)
    beside.start()
    waiting.wait(MINUTES)
    try:
        sends()(interrupts)
    finally:
        told.set()
        beside.join(MINUTES)


def held(interrupts: Interrupts, steps: tuple[Step, ...]) -> tuple[type[BaseException] | None, int]:
    """What ended the steps, and how many were done by then."""
    done = 0
    try:
        with interrupts.holding():
            for step in steps:
                step(interrupts)
                done += 1
    except BaseException as error:
        return type(error), done
    return None, done


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_is_an_interrupt_and_held_until_nothing_is_half_done(
    interrupts: Interrupts, number: signal.Signals
) -> None:
    with pytest.raises(KeyboardInterrupt):
        sends(number)(interrupts)
    assert held(interrupts, (sends(number), nothing, waits(nothing), nothing)) == (KeyboardInterrupt, 2)


@pytest.mark.parametrize(
    ("steps", "end", "done"),
    [
        pytest.param((nothing, waits(), nothing), None, 3, id="none"),
        pytest.param((waits(sends(), nothing), nothing), KeyboardInterrupt, 0, id="while it waits"),
        pytest.param((nothing, sends()), KeyboardInterrupt, 2, id="in the last step"),
        pytest.param(
            (sends(), nothing, sends(), nothing), KeyboardInterrupt, 2, id="a second one does not wait"
        ),
        pytest.param((waits(), sends(), nothing), KeyboardInterrupt, 3, id="held again after waiting"),
        pytest.param((sends(), exits), pytest.exit.Exception, 1, id="another end goes before"),
        pytest.param((sends_while_another_thread_waits, nothing), KeyboardInterrupt, 2, id="other thread"),
        pytest.param((sends(), Interrupts.check, nothing), KeyboardInterrupt, 1, id="asked for"),
    ],
)
def test_where_an_interrupt_is_raised(
    interrupts: Interrupts, steps: tuple[Step, ...], end: type[BaseException] | None, done: int
) -> None:
    assert held(interrupts, steps) == (end, done)
    assert held(interrupts, (nothing, waits(), Interrupts.check)) == (None, 3)  # nothing of it is left


def test_handlers_are_those_of_before_at_the_end() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with Interrupts().interrupting():
        assert [signal.getsignal(number) for number in numbers] != before
    assert [signal.getsignal(number) for number in numbers] == before


def test_ctrl_c_that_somebody_else_hears_is_theirs() -> None:
    heard = []
    old = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with Interrupts().interrupting():
            os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, old)
    assert heard == [signal.SIGINT]
