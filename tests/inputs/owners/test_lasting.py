"""What installed modules set: what is still so at the end of the turn was seen by nobody alone."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.inputs.owners.lasting import SETTING, Differences, Lasting
from pytest_monorepo.inputs.record.loading import NOTHING, Otherwise

WAS = [("value", int, 0), (list, 1), ("items", list), (None, str, "a")]
SET = [("value", int, 1), (list, 2), ("items", list), (None, str, "a"), (None, str, "b")]


def left(differences: Differences, now: Any) -> Otherwise:
    lasting = Lasting(lambda: differences, lambda name: now)
    lasting.look()
    return lasting.left(lasting.told)


@pytest.mark.parametrize(
    ("then", "now", "lasts"),
    [
        (SET, SET, True),
        (SET, WAS, False),
        (SET, [*SET, (None, str, "c"), (list, 3)], True),
        (SET, SET[:-1], False),
        (SET, [("value", int, 2), *SET[1:]], False),
        (WAS[1:], WAS[1:], True),
        (WAS[1:], WAS, False),
        (WAS[::-1], WAS, False),
        (SET, None, False),
    ],
    ids=["still", "back", "more", "one-less", "another", "taken", "put-back", "order", "gone"],
)
def test_whether_what_a_module_holds_lasts(then: list[Any], now: Any, lasts: bool) -> None:
    assert left({"third": (WAS, then)}, now) == (NOTHING if lasts else frozenset({"third"}))


def test_settings_are_told_by_who_asks_or_else_seen_by_anybody() -> None:
    assert left({f"{SETTING}loggers": (1, 2)}, 2) == NOTHING
    assert left({f"{SETTING}loggers": (1, 2)}, 1) == frozenset({"what is set otherwise: loggers"})
    assert left({f"{SETTING}locale": (1, 2)}, 1) is None


def test_what_was_set_before_another_look_counts_too() -> None:
    found: list[Differences] = [{"third": (WAS, SET)}, {}]
    lasting = Lasting(lambda: found.pop(0), lambda name: WAS)
    lasting.look()
    first = lasting.told
    lasting.look()
    assert lasting.told == NOTHING
    assert lasting.left(first) == frozenset({"third"})
    lasting.begins()
    assert lasting.told == NOTHING


def test_what_is_so_at_the_end_of_a_turn_is_looked_at_once_for_all_modules_in_it() -> None:
    """Each of a hundred modules that a file imports may have seen what the first one's library set."""
    asked: list[str] = []

    def now(name: str) -> Any:
        asked.append(name)
        return SET

    lasting = Lasting(lambda: {"third": (WAS, SET)}, now)
    lasting.look()
    assert [lasting.left(lasting.told) for _ in range(9)] == [NOTHING] * 9
    assert asked == ["third"]
    lasting.begins()
    lasting.look()
    lasting.left(lasting.told)
    assert asked == ["third", "third"]
