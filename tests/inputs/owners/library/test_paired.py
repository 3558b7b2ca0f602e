"""What modules in C are set to by their functions is seen where another of theirs tells it."""

from __future__ import annotations

import importlib.machinery
import types
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import hidden, settings
from pytest_monorepo.inputs.owners.library import moving, worth
from pytest_monorepo.inputs.owners.library.paired import settings_of
from pytest_monorepo.inputs.owners.library.plain import Plain

SETS: dict[str, Callable[[Any], Any]] = {
    "one more": lambda kept: kept.append(2),
    "another": lambda kept: kept.__setitem__(0, 2),
    "of another kind": lambda kept: kept.__setitem__(0, True),
    "an object": lambda kept: kept.__setitem__(1, []),
    "in a dictionary": lambda kept: kept[2].update(a=2),
    "in a pair": lambda kept: kept.__setitem__(3, (1, 3)),
}


@pytest.fixture
def kept() -> list[Any]:
    return [1, object(), {"a": 1}, (1, 2)]


@pytest.fixture
def module(kept: list[Any]) -> Any:
    """Its functions are in C, and where they keep what they are told is no variable of its."""
    found = types.ModuleType("compiled")
    found.__file__ = f"/site-packages/compiled{importlib.machinery.EXTENSION_SUFFIXES[0]}"
    vars(found).update(geterr=kept.copy, seterr=kept.extend, get_size=len, set_size=len, getattr=kept.count)
    return found


@pytest.mark.parametrize("name", SETS)
def test_what_one_function_sets_and_another_tells_is_seen(module: Any, kept: list[Any], name: str) -> None:
    plain = Plain(module)
    assert not plain.differs(module)
    assert plain.is_same(module)
    SETS[name](kept)
    assert not plain.is_same(module)
    assert plain.differs(module)
    assert not plain.differs(module)


def test_only_what_tells_the_same_twice_and_in_c_alone_is_asked(module: Any, kept: list[Any]) -> None:
    assert settings_of(vars(module)) == [module.geterr]
    module.geterr = iter([[], [[]]]).__next__
    assert settings_of(vars(module)) == []
    module.geterr = lambda: 1
    assert settings_of(vars(module)) == []
    module.geterr, module.__file__ = kept.copy, "/site-packages/compiled.py"
    assert settings_of(vars(module)) == []


def test_it_is_seen_of_packages() -> None:
    special: Any = pytest.importorskip("scipy.special")
    plain = Plain(special._ufuncs)
    before = special.seterr(all="raise")
    try:
        assert plain.differs(special._ufuncs)
    finally:
        special.seterr(**before)


RENAMES: dict[str, Callable[[Any], Any]] = {
    "field": lambda kind: setattr(kind, "names", ("x", "b", "many")),
    "below": lambda kind: setattr(kind["b"], "names", ("x",)),
    "of several": lambda kind: setattr(kind["many"].base, "names", ("x",)),
}


@pytest.mark.parametrize("name", RENAMES)
def test_another_name_of_a_field_of_numpys_records_is_seen(name: str) -> None:
    numpy = pytest.importorskip("numpy")
    kind = numpy.dtype([("a", int), ("b", [("c", float)]), ("many", numpy.dtype([("d", int)]), 2)])
    array = numpy.zeros(1, kind)

    def told() -> list[Any]:
        return [worth.worth_of(kind), hidden.of(kind, type(kind)), moving.told(array)[0]]

    before = told()
    assert told() == before
    RENAMES[name](kind)
    assert before[0] != told()[0]
    assert before[1] != told()[1]
    RENAMES[name](array.dtype)
    assert before[2] != told()[2]


def test_another_generator_of_numpys_is_seen_and_where_it_stands() -> None:
    random = pytest.importorskip("numpy.random")
    told: Any = settings._OF_MODULES["random numbers of numpy"][1]
    found, before = [told(random)], random.get_bit_generator()
    try:
        random.set_bit_generator(random.PCG64(1))
        found += [told(random), told(random)]
        random.random()
        found.append(told(random))
    finally:
        random.set_bit_generator(before)
    assert found[1] == found[2]
    assert found[0] != found[1] != found[3]
    assert told(random) == found[0]
