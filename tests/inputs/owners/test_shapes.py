"""A module that surely is as it was is not walked through, and any change of it is seen all the same."""

from __future__ import annotations

import gc
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners import objects, shape, shaped, shapes
from tests.inputs.owners.test_objects import CHANGES, SOURCE, WALKS, made

NAME = "made_for_a_test"
SHAPED = shape.SEES_TYPES
# since 3.13 no object tells the collector of the dictionary of its attributes: a module with a condition or a
# partial is walked through each time
EACH_TIME = set() if sys.version_info < (3, 13) else {NAME}
pytestmark = pytest.mark.skipif(not SHAPED, reason="objects do not tell the collector of their classes")

MORE = """
import abc, collections, contextlib, datetime, decimal, random, types
from _pytest.mark import MarkDecorator, Mark
class Base(abc.ABC):
    def run(self, one: int = 1, *, two=[2]) -> 'text': return one
class Deep(Base):
    class Inner: names = {'a': [1]}
class Own(dict): pass
class Row(list): pass
class Outer:
    class Base(abc.ABC): pass
class Under(Outer.Base): pass
class Left: pass
class Right: pass
class Sides(Thing, Left): pass
mark = MarkDecorator(Mark('a', (), {}, _ispytest=True), _ispytest=True)
own, row, ordered, chances = Own(a=1), Row([1]), collections.OrderedDict(a=1), random.Random(1)
when, amount, shown = datetime.date(2026, 1, 1), decimal.Decimal('1'), types.MappingProxyType({'a': [1]})
bound, keyed, pairs = Deep().run, {Deep: 1, (1, 2): Deep}, {frozenset([1]): 2}
first, second, texts = [], [], {'a': 1, 'b': 'a'}
foreign = contextlib.ExitStack
"""


def other_bases(module: Any) -> None:
    """The second ones lie where the first have been."""
    module.Sides.__bases__ = (module.Thing, module.Deep.Inner)
    module.Sides.__bases__ = (module.Thing, module.Right)


OTHER_CHANGES = {
    "the name of a class": lambda m: setattr(m.Deep, "__name__", "Other"),
    "the long name of a class": lambda m: setattr(m.Deep, "__qualname__", "Other"),
    "a base": lambda m: setattr(m.Deep, "__bases__", (m.Base, m.Thing)),
    "a class that is registered": lambda m: m.Base.register(m.Own),
    "bases that lie where others did": lambda m: other_bases(m),
    "a class that is registered, met as a base": lambda m: m.Outer.Base.register(m.Own),
    "an object that lies where another did": lambda m: (
        m.__setattr__("mark", None) or m.__setattr__("mark", m.Thing())
    ),
    "a text that was a key and is a value": lambda m: (
        m.texts.update({0: 0}) or m.texts.pop(0) or m.texts.pop("b")
    ),
    "deep in a class in a class": lambda m: m.Deep.Inner.names["a"].append(2),
    "a key": lambda m: m.own.update({"b": m.own.pop("a")}),
    "an order of keys": lambda m: m.keyed.update({m.Deep: m.keyed.pop(m.Deep)}),
    "a list of one's own kind": lambda m: m.row.append(2),
    "an attribute of a list of one's own kind": lambda m: setattr(m.row, "more", 1),
    "an ordered dictionary": lambda m: m.ordered.update(b=2),
    "an order in it": lambda m: m.ordered.update(b=2) or m.ordered.move_to_end("a"),
    "chance": lambda m: m.chances.random(),
    "a date": lambda m: setattr(m, "when", m.when.replace(year=2027)),
    "an amount": lambda m: setattr(m, "amount", m.amount + 1),
    "what is only shown": lambda m: m.shown["a"].append(2),
    "what a bound method is bound to": lambda m: setattr(m.bound.__self__, "more", 1),
    "a default by name": lambda m: m.Base.run.__kwdefaults__["two"].append(3),
    "other defaults": lambda m: setattr(m.Base.run, "__defaults__", (2,)),
    "other code": lambda m: setattr(m.Base.run, "__code__", (lambda self: 1).__code__),
    "an annotation": lambda m: m.Base.run.__annotations__.update(one=str),
    "what a function is said to do": lambda m: setattr(m.Base.run, "__doc__", "more"),
    "where a function is said to be": lambda m: setattr(m.Base.run, "__module__", "other"),
    "one list for two": lambda m: setattr(m, "second", m.first),
    "another type of the same contents": lambda m: setattr(m, "first", ()),
    "another class of an object": lambda m: setattr(m.row, "__class__", type("Other", (m.Row,), {})),
}
WALKED = {"a thread's own": "local", "a finalizer": "last"}
"""Where these are, a module has no shape."""
ALL: dict[str, Callable[[Any], object]] = {
    name: change for name, change in {**CHANGES, **OTHER_CHANGES}.items() if name not in WALKED
}


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """It is loaded, so that its classes are found in it."""
    found = made(SOURCE + MORE)
    found.last.detach()
    for name in WALKED.values():
        delattr(found, name)
    monkeypatch.setitem(sys.modules, NAME, found)
    return found


def settled(module: Any, *others: Any) -> tuple[shapes.Shapes, dict[str, Any]]:
    """Modules that have been the same for a while, and how they are."""
    known = shapes.Shapes()
    modules = {NAME: module, **{one.__name__: one for one in others}}
    for _ in range(3):
        states = known.states(modules)
    return known, states


def walked(patch: pytest.MonkeyPatch) -> list[str]:
    """The names of those that are walked through from here on."""
    names: list[str] = []

    def walk(one: Any) -> Any:
        names.append(one.__name__)
        return original(one)

    original = objects.walked
    patch.setattr(objects, "walked", walk)
    return names


@pytest.mark.parametrize("change", ALL)
def test_any_change_is_seen(module: Any, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = types.ModuleType("other_for_a_test")
    exec("class Thing: pass\nthings = [Thing()]", vars(other))
    known, before = settled(module, other)
    names = walked(monkeypatch)
    modules = {NAME: module, other.__name__: other}
    assert known.states(modules) == before
    assert set(names) == EACH_TIME
    ALL[change](module)
    now = known.states(modules)
    assert now[NAME] != before[NAME]
    assert now[other.__name__] == before[other.__name__]
    assert set(names) == {NAME}


def test_where_an_iterator_stands_is_seen() -> None:
    if sys.version_info >= (3, 14):
        pytest.skip("itertools' objects do not say where they are: unknown")
    module = made(WALKS)
    for name, walk in module.walks.items():
        known, before = settled(module)
        next(walk)
        assert known.states({NAME: module}) != before, name


def test_a_module_that_has_changed_is_compared_by_how_it_is_now(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, before = settled(module)
    module.many.append(3)
    between = known.states({NAME: module})
    module.many.pop()
    assert known.states({NAME: module}) == before != between
    for _ in range(5):
        assert known.states({NAME: module}) == before
    names = walked(monkeypatch)
    assert known.states({NAME: module}) == before
    assert set(names) == EACH_TIME


def test_what_unittest_notes_of_a_class_is_no_change_and_what_comes_beside_it_is(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    exec("import unittest\nclass Tests(unittest.TestCase): pass", vars(module))
    monkeypatch.setattr(module.Tests, "__module__", NAME)
    known, before = settled(module)
    for _ in range(5):
        module.Tests.doClassCleanups()
        assert known.states({NAME: module}) == before
    module.Tests.tearDown_exceptions.append(1)
    assert known.states({NAME: module}) != before


def test_a_class_that_is_no_longer_found_where_it_counts_counts_where_it_is_held(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home: Any = types.ModuleType("home_for_a_test")
    exec("class Thing:\n    names = []\n    class Inner:\n        names = []", vars(home))
    monkeypatch.setitem(sys.modules, home.__name__, home)
    thing = home.Thing
    module.held, module.inner_one = [thing], thing.Inner
    known, before = settled(module)
    home.Thing = None
    between = known.states({NAME: module})
    thing.names.append(1)
    last = known.states({NAME: module})
    assert len({before[NAME], between[NAME], last[NAME]}) == 3
    thing.Inner.names.append(1)
    assert known.states({NAME: module}) != last


def test_nothing_of_it_is_kept_alive(module: Any) -> None:
    """But plain values: a test may look whether something has gone."""
    module.filled = {"a": [module.Thing()]}
    gone = [
        weakref.ref(one) for one in (module.thing, module.function, module.Slotted, module.filled["a"][0])
    ]
    settled_ones = settled(module)
    del module.slotted
    for name in ("thing", "function", "Slotted", "filled", "buffered"):
        delattr(module, name)
    gc.collect()
    assert [one() for one in gone] == [None] * 4
    assert settled_ones[0].states({NAME: module}) != settled_ones[1]


def test_nothing_of_the_projects_runs_meanwhile() -> None:
    module: Any = types.ModuleType(NAME)
    source = """
class Thing:
    def __eq__(self, other): raise SystemExit('asked')
    def __hash__(self): raise SystemExit('asked')
    def __bool__(self): raise SystemExit('asked')
    def __len__(self): raise SystemExit('asked')
    def __iter__(self): raise SystemExit('asked')
class Text(str):
    def __eq__(self, other): raise SystemExit('asked')
    __hash__ = str.__hash__
thing, text, nothing, number = Thing(), Text('a'), None, 1
things, named = [thing, 1], {text: 1, 'b': thing}
"""
    exec(source, vars(module))
    known, before = settled(module)
    assert known.states({NAME: module}) == before
    module.nothing, module.number, module.thing = module.thing, module.Thing(), module.text
    module.things[1] = module.thing
    module.named["b"] = module.Thing
    assert known.states({NAME: module}) != before


@pytest.mark.parametrize(
    "source", ["", "import os\nfrom os.path import join\nfrom importlib.util import find_spec"]
)
def test_functions_in_place_of_the_librarys_are_not_looked_into(source: str) -> None:
    """Behind them is all that has been recorded."""
    module: Any = types.ModuleType(NAME)
    exec(source, vars(module))
    recorded: list[int] = []

    def stands_for() -> list[int]:
        return recorded

    ours = {"__name__": "pytest_monorepo_worker.probes.wrappers"}
    module.stands = types.FunctionType(stands_for.__code__, ours, closure=stands_for.__closure__)
    known, before = settled(module)
    recorded.append(1)
    assert known.states({NAME: module}) == before
    module.stands.more = 1
    assert known.states({NAME: module}) != before


def test_what_is_not_all_in_the_shape_is_walked_through(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module.weak[module.Thing] = module.Base  # a class that counts elsewhere
    hidden = module.Thing()
    module.reference = weakref.ref(hidden)
    known, before = settled(module)
    names = walked(monkeypatch)
    assert known.states({NAME: module}) == before
    assert names == [NAME]
    hidden.value = 2
    assert known.states({NAME: module}) != before


def test_a_thread_that_changes_something_meanwhile_is_seen(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = shaped.shape_of

    def shape_of(*given: Any) -> Any:
        module.many.append(3)
        return original(*given)

    known = shapes.Shapes()
    states = [known.states({NAME: module})]
    with monkeypatch.context() as patch:
        patch.setattr(shapes, "shape_of", shape_of)
        states.append(known.states({NAME: module}))
    assert known.states({NAME: module}) != states[0] == states[1]


def test_what_comes_after_others_is_compared_by_itself() -> None:
    """However many there are, and whichever of them goes."""
    modules = {}
    for number in range(70):
        one = types.ModuleType(f"numbered_{number}")
        exec(f"class Thing: pass\nthings = [[], Thing(), {{'a': {number}}}]", vars(one))
        modules[one.__name__] = one
    known = shapes.Shapes()
    for _ in range(3):
        before = known.states(modules)
    del modules["numbered_3"]
    modules["numbered_40"].things[0].append(1)
    now = known.states(modules)
    assert {name for name in now if now[name] != before[name]} == {"numbered_40"}
