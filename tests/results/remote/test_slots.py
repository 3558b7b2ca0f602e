"""Eight places for the path sets of a project: branches that read otherwise do not throw each other out."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_monorepo.results.entries.entry import packed
from pytest_monorepo.results.entries.shape import shape
from pytest_monorepo.results.remote import slots
from pytest_monorepo.results.remote.slots import SLOTS, PathSet, Slot, ones, placed
from pytest_monorepo.results.values.section import Section

EMPTY: list[Slot | None] = [None] * SLOTS


def reads(*files: str) -> PathSet:
    return PathSet(shape(Section({"file": dict.fromkeys(files)})))


def with_slot(number: int, slot: Slot) -> list[Slot | None]:
    return [slot if at == number else known for at, known in enumerate(EMPTY)]


def test_what_is_there_is_not_written_again() -> None:
    slot = Slot(1.0, {"a": reads("one"), "b": reads("two")})
    assert placed(with_slot(3, slot), {"a": reads("one")}) is None


def test_path_sets_join_those_they_agree_with() -> None:
    found = placed(with_slot(3, Slot(1.0, {"a": reads("one")})), {"b": reads("two")})
    assert found is not None
    assert (found[0], dict(found[1].sets)) == (3, {"a": reads("one"), "b": reads("two")})


def test_what_holds_only_together_joins_no_other_group() -> None:
    """The file is one with another than when it was put there: each result has its own name."""
    alone, paired = reads("one"), PathSet(reads("one").own, ones=ones("ab"))
    found = placed(with_slot(3, Slot(1.0, {"a": alone})), {"a": paired, "b": paired})
    assert found is not None
    assert found[0] != 3


def test_others_take_an_empty_slot_from_where_they_are_told() -> None:
    kept = with_slot(3, Slot(1.0, {"a": reads("one")}))
    for start, taken in ((0, 0), (3, 4), (7, 7)):
        found = placed(kept, {"a": reads("two")}, start)
        assert found is not None
        assert found[0] == taken


def test_the_oldest_makes_room() -> None:
    ages = (5.0, 2.0, 3.0, 4.0, 6.0, 7.0, 8.0, 9.0)
    found = placed([Slot(age, {"a": reads(str(age))}) for age in ages], {"a": reads("new")}, 4)
    assert found is not None
    assert found[0] == 1


def test_a_slot_that_grows_too_large_keeps_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "LARGEST", 10)
    found = placed(with_slot(3, Slot(1.0, {"a": reads("one")})), {"b": reads("two")})
    assert found is not None
    assert dict(found[1].sets) == {"b": reads("two")}


def test_a_slot_is_read_as_it_was_written() -> None:
    slot = Slot(1.5, {"a": reads("one"), "b": PathSet(reads("two").own, ("base", "other"), ones("ab"))})
    assert Slot.decoded(slot.encoded()) == slot


@pytest.mark.parametrize(
    "plain", [{}, [], {"format": 1, "created": 0, "sets": {}}, None, {"format": 2, "sets": 3}]
)
def test_what_is_no_slot_is_refused(plain: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        Slot.decoded(packed(plain))
