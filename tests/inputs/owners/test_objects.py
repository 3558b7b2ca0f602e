"""The state of a module as a number: another where anything in it is another, the same where nothing is."""

from __future__ import annotations

import logging
import re
import sys
import types
import weakref
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.attributes import named
from pytest_monorepo.inputs.owners.held import Held
from pytest_monorepo.inputs.owners.hidden import TooMuch
from pytest_monorepo.inputs.owners.objects import MOST_VALUES, fingerprint, of_values
from pytest_monorepo.inputs.record.asked import FIXTURE
from pytest_monorepo.inputs.record.homes import Homes
from tests.inputs.owners.test_insides import move

SOURCE = """
import collections, contextvars, functools, io, itertools, logging.handlers, threading, weakref
number, text, nothing = 1, 'a', None
many, deep, some = [1, 2], {'a': {'b': [1]}}, {1, 2}
data = bytearray(b'12')
turns = collections.deque([1])
counter = itertools.count()
context, local = contextvars.ContextVar('context'), threading.local()
weak, weak_values = weakref.WeakKeyDictionary(), weakref.WeakValueDictionary()
minus, large, fraction, pair, span, marks = -1, 0, -0.0, complex(-1, 0), range(-1, 5), {-1}
event, semaphore, condition = threading.Event(), threading.Semaphore(2), threading.Condition()
lock, again, thread = threading.Lock(), threading.RLock(), threading.Thread(target=int)

def steps(values):
    yield from (1, 2)
    yield values

stepping, held = steps(0), []
holding = steps(held)

@functools.lru_cache
def kept(value): return value

def function(one=[]): return one

def counting():
    state = [0]
    def inner(): state[0] += 1
    return inner

inner = counting()

class Thing:
    names = []
    def __init__(self): self.value = 1

class Slotted:
    __slots__ = ('value',)

thing = Thing()
last = weakref.finalize(thing, int)

class Name(str): pass
class Count(int): pass
class Page(io.StringIO):
    def getvalue(self): raise AssertionError('nothing of the project is called')

log = logging.getLogger('made_for_a_test')
buffered, adapted = logging.handlers.MemoryHandler(10), logging.LoggerAdapter(log, {'a': 1})
name, count = Name('a'), Count(-1)
written, page = io.BytesIO(b'a'), Page('a')
slotted = Slotted()
slotted.value = 1
import re
class Kind(type): pass
class Other(Kind): pass
class Plain(metaclass=Kind): pass
bounded, pattern = collections.deque([1], 5), re.compile('made for a test')
import functools
@functools.lru_cache(maxsize=None)
def given(): return []
holds_given = given()
SAME = object()
class Pair:
    __slots__ = ('a', 'b')
class Mixed(Pair): pass
moved, mixed = Pair(), Mixed()
moved.a = mixed.a = SAME
Homeless = eval("kind('Homeless', (), {'names': []})", {'kind': Kind})
"""

WALKS = """
import itertools

class Sequence:
    def __getitem__(self, number): return number

walks = {
    'list': iter([1, 2]), 'tuple': iter((1, 2)), 'text': iter('ab'), 'other text': iter('\u0101b'),
    'bytes': iter(b'ab'), 'array': iter(bytearray(b'ab')), 'range': iter(range(2)),
    'long': iter(range(2**70)),
    'set': iter({1, 2}), 'keys': iter({1: 2, 2: 3}), 'values': iter({1: 2, 2: 3}.values()),
    'items': iter({1: 2, 2: 3}.items()), 'back': reversed([1, 2]), 'tuple back': reversed((1, 2)),
    'keys back': reversed({1: 2, 2: 3}), 'sequence': iter(Sequence()), 'numbered': enumerate(Sequence()),
    'repeated': itertools.repeat(1, 2), 'zipped': zip([1, 2]), 'chained': itertools.chain([1], [2]),
}
turning = itertools.cycle([1, 2, 3])
for _ in range(4): next(turning)
walks.update({
    'turning': turning, 'sliced': itertools.islice(itertools.repeat(1), 3), 'tee': itertools.tee([1, 2])[0],
    'product': itertools.product([1, 2]), 'permutations': itertools.permutations([1, 2]),
    'combinations': itertools.combinations([1, 2], 1),
})
"""


def other_pattern(module: Any) -> None:
    flags, module.pattern = module.pattern.flags, None
    re.purge()
    module.pattern = re.compile("made for b test", flags)


CHANGES: dict[str, Callable[[Any], object]] = {
    "a value": lambda m: setattr(m, "number", 2),
    "a value of another kind": lambda m: setattr(m, "number", True),
    "a new name": lambda m: setattr(m, "other", None),
    "a name that is gone": lambda m: delattr(m, "nothing"),
    "a list": lambda m: m.many.append(3),
    "an order": lambda m: m.many.reverse(),
    "what a function gives that others hold": lambda m: (m.given.cache_clear(), m.given()),
    "deep in a dictionary": lambda m: m.deep["a"]["b"].append(2),
    "a set": lambda m: m.some.add(3),
    "bytes": lambda m: m.data.extend(b"3"),
    "a queue": lambda m: m.turns.append(2),
    "a counter": lambda m: next(m.counter),
    "a cache": lambda m: m.kept(1),
    "an attribute of a function": lambda m: setattr(m.function, "seen", 1),
    "a default": lambda m: m.function().append(1),
    "a closure": lambda m: m.inner(),
    "an attribute of a class": lambda m: setattr(m.Thing, "more", 1),
    "a list of a class": lambda m: m.Thing.names.append(1),
    "an attribute": lambda m: setattr(m.thing, "value", 2),
    "a slot": lambda m: setattr(m.slotted, "value", 2),
    "where a generator stands": lambda m: next(m.stepping),
    "what a generator holds": lambda m: m.held.append(1),
    "a context variable": lambda m: m.context.set(1),
    "a thread's own": lambda m: setattr(m.local, "value", 1),
    "a weak dictionary": lambda m: m.weak.update({m.thing: 1}),
    "the values of a weak dictionary": lambda m: m.weak_values.update({1: m.thing}),
    "a finalizer": lambda m: m.last.detach(),
    "a number of the same hash": lambda m: setattr(m, "minus", -2),
    "a large number of the same hash": lambda m: setattr(m, "large", 2**61 - 1),
    "a number beyond what is written": lambda m: setattr(m, "large", 10**5000),
    "a fraction's sign": lambda m: setattr(m, "fraction", 0.0),
    "a complex number": lambda m: setattr(m, "pair", complex(-2, 0)),
    "a range": lambda m: setattr(m, "span", range(-2, 4)),
    "a set's number of the same hash": lambda m: m.marks.update([-2]) or m.marks.remove(-1),
    "a set's value of another kind": lambda m: m.some.remove(1) or m.some.add(True),
    "an event": lambda m: m.event.set(),
    "a semaphore": lambda m: m.semaphore.acquire(),
    "a condition": lambda m: m.condition.acquire(),
    "a lock": lambda m: m.lock.acquire(),
    "a lock of one's own": lambda m: m.again.acquire(),
    "a thread": lambda m: m.thread.start() or m.thread.join(),
    "a text of one's own kind": lambda m: setattr(m, "name", m.Name("b")),
    "a number of one's own kind": lambda m: setattr(m, "count", m.Count(-2)),
    "what is written in memory": lambda m: m.written.getbuffer().__setitem__(0, 1),
    "a page in memory": lambda m: (m.page.write("b"), m.page.seek(0)),
    "a handler's level": lambda m: m.buffered.setLevel(10),
    "a handler's filters": lambda m: m.buffered.addFilter(m.function),
    "a handler's buffer": lambda m: m.buffered.buffer.append(1),
    "an adapter": lambda m: m.adapted.extra.update(a=2),
    "the name of an attribute": lambda m: setattr(m.thing, "other", m.thing.__dict__.pop("value")),
    "the name of an attribute, in place": lambda m: (
        m.thing.__delattr__("value") or m.thing.__setattr__("other", 1)
    ),
    "how much fits in": lambda m: setattr(m, "bounded", type(m.bounded)(m.bounded, 6)),
    "a pattern that lies where another did": lambda m: other_pattern(m),
    "a class of a class": lambda m: setattr(m.Plain, "__class__", m.Other),
    "a class that names no module": lambda m: m.Homeless.names.append(1),
    "another slot": lambda m: move(m.moved),
    "another slot beside attributes": lambda m: move(m.mixed),
    "another function in its place": lambda m: setattr(m, "function", lambda: 1),
}


def made(source: str = SOURCE) -> Any:
    module = types.ModuleType("made_for_a_test")
    exec(source, vars(module))
    return module


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_seen(change: str) -> None:
    module = made()
    before = fingerprint(module)
    assert fingerprint(module) == before
    CHANGES[change](module)
    assert fingerprint(module) != before


GIVEN = """
import pluggy, pytest, re, threading, typing
values = [1]
alone, table, among = pytest.approx([1]), pytest.approx({'a': 1}), pytest.approx(1)
mark, parameter = pytest.mark.usefixtures(*[], a=[]), pytest.param([])
patch, stash, key = pytest.MonkeyPatch(), pytest.Stash(), pytest.StashKey()
raised, Kind = pytest.raises(ValueError), typing.NewType('Kind', int)
manager, thread = pluggy.PluginManager('of_a_test'), threading.Thread(target=int)
timer = threading.Timer(9, int)
main, scanner, kept = threading.main_thread(), re.Scanner([('a', None)]), []
waiting = threading.Thread(target=print, args=(kept,))
def made():
    calls = []
    @pytest.fixture
    def fixture(): return calls
    return fixture, calls
fixture, calls = made()
del calls, kept
"""
# what somebody has given to pytest's objects and to threads, or set of them
CHANGES_GIVEN: dict[str, Callable[[Any], object]] = {
    "what is expected": lambda m: setattr(m.among, "expected", 2),
    "how much it may differ": lambda m: setattr(m.among, "rel", 0.5),
    "inside of what is expected": lambda m: m.alone.expected.append(2),
    "a key of what is expected": lambda m: m.table.expected.update(b=2),
    "what a mark is given": lambda m: m.mark.kwargs["a"].append(1),
    "a name that a mark is given": lambda m: m.mark.kwargs.update(b=1),
    "a parameter": lambda m: m.parameter.values[0].append(1),
    "what is patched": lambda m: m.patch.setattr(m, "values", m.values),
    "a stash": lambda m: m.stash.__setitem__(m.key, 1),
    "who waits for an exception": lambda m: setattr(m.raised, "mine", 1),
    "a type with a name": lambda m: setattr(m.Kind, "mine", 1),
    "a plugin": lambda m: m.manager.register(m.Kind, "mine"),
    "an attribute of a thread": lambda m: setattr(m.thread, "mine", 1),
    "whether a thread is waited for": lambda m: setattr(m.thread, "daemon", True),
    "what a thread is given": lambda m: m.waiting._args[0].append(1),
    "how long a timer waits": lambda m: setattr(m.timer, "interval", 3),
    "a timer that is cancelled": lambda m: m.timer.cancel(),
    "a scanner": lambda m: m.scanner.lexicon.append(1),
    "what a fixture has at hand": lambda m: closure_of(m.fixture).append(1),
}


def closure_of(fixture: Any) -> Any:
    """It is a function until pytest 8.3."""
    function = getattr(fixture, "_fixture_function", fixture)
    function = getattr(function, "__pytest_wrapped__", function)
    return getattr(function, "obj", function).__closure__[0].cell_contents


@pytest.mark.parametrize("change", CHANGES_GIVEN)
def test_what_is_given_to_an_object_of_others_is_seen(change: str) -> None:
    module = made(GIVEN)
    before = fingerprint(module)
    assert fingerprint(module) == before
    CHANGES_GIVEN[change](module)
    assert fingerprint(module) != before


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="itertools' objects do not say where they are: unknown"
)
def test_where_an_iterator_stands_is_seen() -> None:
    module = made(WALKS)
    for name, walk in module.walks.items():
        before = fingerprint(module)
        assert fingerprint(module) == before
        next(walk)
        assert fingerprint(module) != before, name


def test_what_a_weak_reference_refers_to_is_seen() -> None:
    module = made()
    target = module.Thing()
    module.reference = weakref.ref(target)
    first = fingerprint(module)
    target.value = 2
    second = fingerprint(module)
    del target
    assert len({first, second, fingerprint(module)}) == 3


@pytest.mark.parametrize(
    "name",
    [
        "registry",
        "repo.base",
        "reports",
        "retry",
        "typing_more",
        "logging2.a",
        "threadings",
        "weakrefs",
        "_abcd",
    ],
)
def test_a_module_named_like_one_of_the_librarys_is_looked_into(name: str) -> None:
    module = types.ModuleType(name)
    exec("class Thing:\n    value = 1\nthing = Thing()\nother = [thing]", vars(module))
    before = fingerprint(module)
    module.thing.value = 2
    assert fingerprint(module) != before


def test_what_does_not_change_what_anybody_sees_is_no_change() -> None:
    module = made()
    module.kept(1)
    before = fingerprint(module)
    module.kept(1)
    module.function([1])
    logging.getLogger("made_for_a_test.other").addHandler(logging.NullHandler())
    module.submodule = types.ModuleType(f"{module.__name__}.submodule")  # as its import does
    module.many = list(module.many)
    assert fingerprint(module) == before


CASES = """
import unittest
class Tests(unittest.TestCase): pass
class Others: pass
"""


@pytest.mark.parametrize(
    ("cls", "name", "value", "same"),
    [
        ("Tests", "tearDown_exceptions", [], True),
        ("Tests", "tearDown_exceptions", [(ValueError, None, None)], False),
        ("Tests", "tearDown_exceptions", (), False),
        ("Tests", "exceptions", [], False),
        ("Others", "tearDown_exceptions", [], False),
    ],
    ids=["as-it-is", "failed", "another", "another-name", "no-case"],
)
def test_what_unittest_notes_of_a_class_whose_tests_have_run_is_no_change(
    cls: str, name: str, value: object, *, same: bool
) -> None:
    module = made(CASES)
    before = fingerprint(module)
    module.Tests.doClassCleanups()
    assert fingerprint(module) == before
    setattr(getattr(module, cls), name, value)
    assert (fingerprint(module) == before) is same


def test_more_than_can_be_compared_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    module = made()
    monkeypatch.setattr("pytest_monorepo.inputs.owners.objects.MOST", 3)
    with pytest.raises(TooMuch):
        fingerprint(module)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import a.b\na.b.c()", {"a": {"b.c"}}),
        ("import a.b as x\nx.c", {"a.b": {"c"}}),
        ("from a import b\nb.c.d", {"a.b": {"c.d"}}),
        ("from . import b\nb.c", {"pkg.b": {"c"}}),
        ("from .. import b\nb.c", {"b": {"c"}}),
        ("import a\nf(a)", {"a": {""}}),
        ("import a\nx = a\nx.b", {"a": {""}}),
        ("import a\na.b\na", {"a": {"b", ""}}),
        ("import a\nf(a.b.c).d", {"a": {"b.c"}}),
        ("import a\neval('a.b')", None),
        ("import", None),
    ],
)
def test_what_a_source_names_below_a_package(source: str, expected: Any) -> None:
    assert named(source, "pkg") == expected


def test_values_of_fixtures_are_looked_at_only_as_far_as_that_is_quick() -> None:
    with pytest.raises(TooMuch):
        of_values([list(range(MOST_VALUES + 1))])
    with pytest.raises(TooMuch):
        of_values([[{"row": number} for number in range(MOST_VALUES // 2 + 1)]])
    assert of_values([[1, 2]]) != of_values([[1, 3]])


def test_a_fixture_that_holds_too_much_counts_as_changed_and_is_not_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[object] = []
    held = Held(Homes("/nowhere"))
    large = SimpleNamespace(argname="rows", cached_result=([[]] * 3, None, None))

    def of(values: object) -> int:
        looked.append(values)
        raise TooMuch

    monkeypatch.setattr("pytest_monorepo.inputs.owners.objects.of_values", of)
    held.begins(large)
    assert [held.look() & {f"{FIXTURE}rows"} for _ in range(2)] == [{f"{FIXTURE}rows"}] * 2
    assert len(looked) == 1
    held.begins(large)
    assert len(looked) == 2


def test_a_fixture_that_was_left_before_it_had_a_value_is_not_held() -> None:
    held = Held(Homes("/nowhere"))
    held.begins(SimpleNamespace(argname="gone", cached_result=None))
    assert held.look() & {f"{FIXTURE}gone"} == set()
