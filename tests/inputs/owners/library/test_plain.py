"""Options of installed modules, which lie in their dictionaries and objects."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.glance import Outline
from pytest_monorepo.inputs.owners.library.plain import Bundles, Plain, Quick
from tests.inputs.owners.test_insides import INSIDE, SEEN_INSIDE

SOURCE = (
    """
class Options:
    def __init__(self):
        self.width, self.nested = 80, {'a': [{'b': 1}]}
class Lazy:
    def __getattribute__(self, name):
        raise RuntimeError(name)
class Registry:
    known = []
    def method(self): pass
def function(): pass
def marked(): pass
marked.state = 1
class Empty: pass
empty, hooks, marks, numbers = Empty(), {'a': {'x': function}}, [{'b'}], [[1, 2]]
options, table, lazy, made_cache = Options(), {'x': {'y': 1}}, Lazy(), {'z': {}}
class Cached:
    def __init__(self): self.cache, self.cache_size = {'one': {}}, 1
    def reset_cache(self): pass
    def known(self, name): return self.cache.setdefault(name, Known())
class Known:
    def __init__(self): self.value, self.parts, self.inner = 1, [], None
    def again(self): self.inner = len(self.parts)
class Shelf:
    _cache = {"a": Known()}
cached = Cached()
cached.known("a"), cached.known("b")
cached.cache["pair"] = (Known(), 1)
def _keeping():
    cache = {"a": Known()}
    def known(): return cache["a"]
    return known
known = _keeping()
import argparse, collections, configparser, pluggy, types
named, chained, parsed = types.SimpleNamespace(a=1), collections.ChainMap({}), configparser.ConfigParser()
manager, given = pluggy.PluginManager('of_a_test'), argparse.Namespace(a=1)
def by_default(value, seen=[]): pass
import array, contextvars, io
class Table(dict): pass
class Many(list): pass
class Some(set): pass
Pair = collections.namedtuple("Pair", "a")
tabled, several, some, pair, octets, page = Table(), Many(), Some(), Pair([]), bytearray(b"a"), io.StringIO()
values, context = array.array("i", [1]), contextvars.ContextVar("context", default=[])
apart = types.ModuleType("apart_for_a_test")
def _nameless():
    held = []
    class Nameless:
        @property
        def value(self): return held
    return Nameless()
nameless = _nameless()
import concurrent.futures, decimal, hashlib, hmac, itertools, random, threading, weakref
counter, parts, chance = itertools.count(), (n for n in range(9)), random.Random(1)
def ticks(counter=itertools.count()): return next(counter)
class Numbered:
    made = itertools.count()
letters, digest, precise = iter("abc"), hashlib.sha256(), decimal.Context(prec=9)
blake, any_length, keyed = hashlib.blake2s(), hashlib.shake_128(), hmac.new(b"a", digestmod="sha1")
aligned, read = itertools.zip_longest([1], [2, 3]), io.BytesIO(b"ab")
lock, again, future = threading.Lock(), threading.RLock(), concurrent.futures.Future()
alive, by_key, by_value = weakref.WeakSet(), weakref.WeakKeyDictionary(), weakref.WeakValueDictionary()
lived_cache = {"a": Empty()}
gone, steps, mapped = {"a": weakref.ref(lived_cache["a"])}, enumerate("abc"), map(int, (n for n in range(3)))
class Chance(random.Random):
    def getstate(self): raise RuntimeError
own_chance = Chance(1)
import csv, ctypes, functools, queue
rows, fetched = csv.reader(["a", "b"]), iter(itertools.count().__next__, 9)
waiting, number, several_numbers = queue.SimpleQueue(), ctypes.c_int(1), (ctypes.c_short * 2)()
class Record(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int)]
record, foreign = Record(), ctypes.CDLL(None).getpid
view = memoryview(bytearray(2))
import xml.etree.ElementTree
element = xml.etree.ElementTree.Element("a", b="1")
element.append(xml.etree.ElementTree.Element("c"))
watched = Empty()
finalizer = weakref.finalize(watched, int)
@functools.lru_cache(maxsize=None)
def counts(): return itertools.count()
@functools.lru_cache
def counts_of(name): return itertools.count()
@functools.lru_cache
def of(name): return name, threading.Lock()
counts()
import enum, pathlib
class Mode(enum.Enum):
    SLOW, FAST = range(2)
class Slow: pass
class Fast: pass
options.mode, options.size, options.way, options.place = Mode.SLOW, (1, 2), Slow(), pathlib.PurePath("a")
options.report, options.pattern = [].append, (1, [2])
kinds, some_defaults = collections.defaultdict(list), frozenset([Options()])
def by_object(value, seen=Options()): pass
import datetime, decimal, operator
class Day(datetime.datetime):
    def __repr__(self): raise RuntimeError
class Price(decimal.Decimal): pass
class Count(int): pass
class Word(str): pass
class Word8(bytes): pass
class Share(float): pass
options.day, options.price, options.count, options.word = Day(2020, 1, 1), Price(1), Count(1), Word("a")
several_kinds, options.first = {"share": Share(1), "word": Word8(b"a")}, operator.itemgetter(0)
class Slots:
    __slots__ = ("way",)
slots = Slots()
slots.way = Slow()
options.singly = functools.singledispatch(Slow)
"""
    + INSIDE
)
SEEN: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda m: setattr(m.options, "width", 3),
    "all attributes": lambda m: setattr(m.options, "__dict__", {**vars(m.options), "width": 3}),
    "new attribute": lambda m: setattr(m.options, "more", 3),
    "nested in an object": lambda m: m.options.nested["a"][0].update(b=2),
    "nested": lambda m: m.table["x"].update(y=2),
    "another kind": lambda m: m.table["x"].update(y=True),
    "another dictionary": lambda m: setattr(m.options, "nested", {}),
    "nested in a list": lambda m: m.numbers[0].append(3),
    "another number in a list": lambda m: m.numbers[0].__setitem__(0, 3),
    "in a set": lambda m: m.marks[0].add("c"),
    "a function": lambda m: m.hooks["a"].update(x=print),
    "one more": lambda m: m.hooks["a"].update(y=object()),
    "another key": lambda m: m.hooks["a"].update(y=m.hooks["a"].pop("x")),
    "a list of a class": lambda m: m.Registry.known.append(object()),
    "an attribute of a function": lambda m: setattr(m.marked, "state", 2),
    "a new one of a function": lambda m: setattr(m.function, "state", 2),
    "a new one of a method": lambda m: setattr(m.Registry.method, "state", 2),
    "an object without any": lambda m: setattr(m.empty, "state", 2),
    "hook of an object": lambda m: setattr(m.options, "hook", print),
    "a text in what is called a cache": lambda m: m.cached.cache.update(two="a"),
    "one more for somebody": lambda m: m.cached.cache.update(two={}),
    "in a dictionary of a cache": lambda m: m.cached.cache["one"].update(a=1),
    "an object in a cache": lambda m: setattr(m.cached.known("a"), "value", 2),
    "below an object in a cache": lambda m: m.cached.known("a").parts.append(1),
    "another object in a place of a cache": lambda m: m.cached.cache.update(a=m.Options()),
    "an object in a pair in a cache": lambda m: setattr(m.cached.cache["pair"][0], "value", 2),
    "an object in a cache of a class": lambda m: setattr(m.Shelf._cache["a"], "value", 2),
    "an object in a cache at hand": lambda m: setattr(m.known(), "value", 2),
    "another time of a kind of times": lambda m: setattr(m.options, "day", m.Day(2021, 1, 1)),
    "another of a kind of decimals": lambda m: setattr(m.options, "price", m.Price(2)),
    "another of a kind of numbers": lambda m: setattr(m.options, "count", m.Count(2)),
    "another of a kind of fractions": lambda m: m.several_kinds.update(share=m.Share(2)),
    "another of a kind of texts": lambda m: setattr(m.options, "word", m.Word("b")),
    "another of a kind of bytes": lambda m: m.several_kinds.update(word=m.Word8(b"b")),
    "another item that is got": lambda m: setattr(m.options, "first", m.operator.itemgetter(1)),
    "how much a cache holds": lambda m: setattr(m.cached, "cache_size", 2),
    "what empties a cache": lambda m: setattr(m.cached, "reset_cache", print),
    "in a name space": lambda m: setattr(m.named, "a", 2),
    "in a chain of dictionaries": lambda m: m.chained.update(a=1),
    "in parsed settings": lambda m: m.parsed.read_dict({"a": {"b": "c"}}),
    "a plugin": lambda m: m.manager.register(m.SAME, "one"),
    "an argument": lambda m: setattr(m.given, "a", 2),
    "in a kind of dictionary": lambda m: m.tabled.update(a=1),
    "in a kind of list": lambda m: m.several.append(1),
    "in a kind of set": lambda m: m.some.add(1),
    "in a pair with names": lambda m: m.pair.a.append(1),
    "bytes": lambda m: m.octets.extend(b"b"),
    "a page in memory": lambda m: m.page.write("a"),
    "an array": lambda m: m.values.append(2),
    "inside of a variable of contexts": lambda m: m.context.get().append(1),
    "a module that is nowhere else": lambda m: setattr(m.apart, "value", 1),
    "behind a class without a name": lambda m: m.nameless.value.append(1),
    "inside of a default": lambda m: m.by_default.__defaults__[0].append(1),
    "a counter": lambda m: next(m.counter),
    "a counter of a class": lambda m: next(m.Numbered.made),
    "a counter as a default": lambda m: m.ticks(),
    "a generator": lambda m: next(m.parts),
    "a generator that is over": lambda m: list(m.parts),
    "an iterator": lambda m: next(m.letters),
    "an enumeration": lambda m: next(m.steps),
    "a generator below an iterator": lambda m: next(m.mapped),
    "random numbers": lambda m: m.chance.random(),
    "own random numbers": lambda m: m.own_chance.random(),
    "a lock": lambda m: m.lock.acquire(),
    "a lock for one thread": lambda m: m.again.acquire(),
    "a future": lambda m: m.future.set_result(1),
    "a digest": lambda m: m.digest.update(b"a"),
    "a digest of another module": lambda m: m.blake.update(b"a"),
    "a digest of any length": lambda m: m.any_length.update(b"a"),
    "a digest with a key": lambda m: m.keyed.update(b"a"),
    "an iterator of which the collector must not be asked": lambda m: next(m.aligned),
    "how far a page in memory is read": lambda m: m.page.seek(0, 2) or m.read.read(1),
    "a context of decimals": lambda m: setattr(m.precise, "prec", 3),
    "what is alive": lambda m: m.alive.add(m.Empty),
    "what is known of who is alive": lambda m: m.by_key.update({m.Empty: 1}),
    "lines of a table": lambda m: next(m.rows),
    "who asks until an end": lambda m: next(m.fetched),
    "a number in memory": lambda m: setattr(m.number, "value", 2),
    "numbers in memory": lambda m: m.several_numbers.__setitem__(1, 2),
    "a record in memory": lambda m: setattr(m.record, "x", 2),
    "what a function of a library gives": lambda m: setattr(m.foreign, "restype", None),
    "what a view shows": lambda m: m.view.__setitem__(0, 1),
    "an element's attribute": lambda m: m.element.set("b", "2"),
    "an element's first attribute": lambda m: m.element[0].set("b", "2"),
    "an element's text": lambda m: setattr(m.element, "text", "x"),
    "what a function of a library takes": lambda m: setattr(m.foreign, "argtypes", [m.ctypes.c_int]),
    "what is called at an end": lambda m: m.finalizer.detach(),
    "a counter that is remembered": lambda m: next(m.counts()),
    "a counter that is remembered from now on": lambda m: next(m.counts_of("a")),
    "another member": lambda m: setattr(m.options, "mode", m.Mode.FAST),
    "another pair": lambda m: setattr(m.options, "size", (1, 3)),
    "another kind of object": lambda m: setattr(m.options, "way", m.Fast()),
    "another kind of object in a slot": lambda m: setattr(m.slots, "way", m.Fast()),
    "another path": lambda m: setattr(m.options, "place", m.pathlib.PurePath("b")),
    "another method": lambda m: setattr(m.options, "report", {}.update),
    "in a list of a pair": lambda m: m.options.pattern[1].append(3),
    "what makes values": lambda m: setattr(m.kinds, "default_factory", dict),
    "in a frozen set": lambda m: setattr(next(iter(m.some_defaults)), "width", 3),
    "an object as a default": lambda m: setattr(m.by_object.__defaults__[0], "width", 3),
    "who is alive by a name": lambda m: m.by_value.update(a=m.Empty),
    "one that has gone": lambda m: m.lived_cache.clear(),
    "what a function without a place of its own chooses from": lambda m: m.options.singly.register(
        int, lambda value: m.SAME
    ),
    **SEEN_INSIDE,
    "behind a proxy": lambda m: object.__getattribute__(m.lazy, "__dict__").update(value=3),
}
QUIET: dict[str, Callable[[Any], Any]] = {
    "equal": lambda m: m.table["x"].update(y=int("1")),
    "cache": lambda m: m.made_cache["z"].update(a=m.Options()),
    "equal ones of kinds of plain values": lambda m: vars(m.options).update(
        day=m.Day(2020, 1, 1), word=m.Word("a"), price=m.Price(1)
    ),
    "equal ones in a dictionary": lambda m: m.several_kinds.update(share=m.Share(1)),
    "more in a cache": lambda m: (m.cached.known("c"), m.cached.known("d")),
    "one less in a cache": lambda m: m.cached.cache.pop("a"),
    "the same again in a cache": lambda m: m.cached.cache.update(a=m.Known()),
    "more than is gone through in caches": lambda m: [m.cached.known(f"k{n}") for n in range(2000)],
    "cache of an object": lambda m: m.cached.cache.update({m.SAME: m.Options()}),
    "an object of the same kind": lambda m: setattr(m.options, "way", m.Slow()),
    "the same path": lambda m: vars(m.options).update(place=m.pathlib.PurePath(str(m.options.place))),
    "made on demand": lambda m: setattr(m.options, "made", object()),
    "a lock that was held": lambda m: m.lock.acquire() and m.lock.release(),
    "what is remembered": lambda m: m.of("a"),
    "a counter that was remembered": lambda m: m.counts(),
    "an empty queue in C": lambda m: m.waiting.put(1) or m.waiting.get(),
    "an equal list": lambda m: m.numbers.__setitem__(0, [1, 2]),
}


UNTOLD = {
    "matches": "import re; held = re.finditer('a', 'aaa')",
    "compressor": "import zlib; held = zlib.compressobj()",
    "decompressor": "import zlib; held = zlib.decompressobj()",
    "bz2": "import bz2; held = bz2.BZ2Compressor()",
    "lzma": "import lzma; held = [lzma.LZMADecompressor()]",
    "queue": "import queue; held = queue.SimpleQueue(); held.put(1)",
    "database": "import sqlite3; held = sqlite3.connect(':memory:')",
    "parser": "from xml.parsers import expat; held = expat.ParserCreate()",
    "remembered": "import bz2, functools\n@functools.lru_cache\ndef of(): return bz2.BZ2Compressor()\nof()",
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_nobody_tells_of_may_have_gone_on(name: str) -> None:
    module: Any = types.ModuleType("installed_for_a_test")
    exec(UNTOLD[name], vars(module))
    known = Plain(module)
    assert not known.is_same(module)
    assert known.differs(module)
    if name == "database":
        module.held.close()  # or Python 3.13 warns whenever it is found to be garbage, in any test


# of installed classes in C: what makes the first, and what sets another
IN_C = {
    "an address": ("from pydantic_core import Url\nheld = Url('http://a:1/')", "m.Url('http://a:2/')"),
    "one that shows nothing": (
        "import functools\nfrom pydantic_core import SchemaValidator\n"
        "made = functools.partial(SchemaValidator, {'type': 'int'})\nheld = made()",
        "m.SchemaValidator({'type': 'str'})",
    ),
}


@pytest.mark.parametrize("name", IN_C)
def test_another_object_in_c_is_seen_below_the_top(name: str) -> None:
    pytest.importorskip("pydantic_core")
    source, another = IN_C[name]
    module: Any = types.ModuleType("installed_for_a_test")
    exec(f"{source}\nclass Holder: pass\nholder = Holder()\nholder.held = held", vars(module))
    known = Plain(module)
    assert not known.differs(module)
    module.holder.held = eval(another, {"m": module})
    assert known.differs(module)
    assert not known.differs(module)


def test_numpy_s_random_numbers_stand_elsewhere_however_it_prints_them() -> None:
    numpy: Any = pytest.importorskip("numpy")
    module: Any = types.ModuleType("installed_for_a_test")
    exec("class Holder: pass\nholder = Holder()", vars(module))
    module.holder.chance = numpy.random.RandomState(1)
    module.holder.chance.rand()
    with numpy.printoptions(threshold=3, edgeitems=1):
        known = Plain(module)
        assert not known.differs(module)
        kind, numbers, *rest = module.holder.chance.get_state()
        numbers[300] += 1
        module.holder.chance.set_state((kind, numbers, *rest))
        assert known.differs(module)
    assert not known.differs(module)


@pytest.fixture
def module() -> Any:
    found = types.ModuleType("installed")
    exec(SOURCE, vars(found))
    return found


@pytest.mark.parametrize("name", SEEN)
def test_options_below_the_top_are_seen(module: Any, name: str) -> None:
    plain, others = Plain(module), {"before": _with([1]), "behind": _with([2])}
    bundles, all_of_them = _bundled(first=others["before"]), {**others, "installed": module}
    bundles.adds("installed", Outline(module), plain)
    bundles.adds("behind", Outline(others["behind"]), Plain(others["behind"]))
    assert not plain.differs(module)
    SEEN[name](module)
    assert bundles.calm({**all_of_them, "first": others["before"]}) == {"first", "behind"}
    assert plain.differs(module)
    assert not plain.differs(module)


def _with(*tables: Any) -> types.ModuleType:
    module = types.ModuleType("installed_beside")
    vars(module).update({f"table_{number}": [table] for number, table in enumerate(tables)})
    return module


def _bundled(**modules: types.ModuleType) -> Bundles:
    bundles = Bundles()
    for name, module in modules.items():
        bundles.adds(name, Outline(module), Plain(module))
    return bundles


_A, _B, _C = object(), object(), object()
MOVED: dict[str, Callable[[Any, Any], Any]] = {
    "from the end of a list to the next one": lambda first, second: second.insert(0, first.pop()),
    "from the beginning to the one before": lambda first, second: first.append(second.pop(0)),
    "to the other end, through both": lambda first, second: first.insert(0, second.pop()),
}


@pytest.mark.parametrize("way", MOVED)
def test_what_goes_from_one_module_of_a_bundle_to_the_next_is_seen(way: str) -> None:
    first, second = _with([_A, _B]), _with([_C, _A])
    modules = {"first": first, "second": second}
    bundles = _bundled(**modules)
    assert bundles.calm(modules) == {"first", "second"}
    MOVED[way](vars(first)["table_0"][0], vars(second)["table_0"][0])
    assert bundles.calm(modules) == set()


def test_a_variable_that_goes_from_one_module_of_a_bundle_to_the_next_is_seen() -> None:
    first, second = _with(), _with()
    vars(first)["last"] = _A
    modules = {"first": first, "second": second}
    bundles = _bundled(**modules)
    others = dict(vars(second))
    vars(second).clear()
    vars(second).update(last=vars(first).pop("last"), **others)
    assert bundles.calm(modules) == set(), "the first one of the second, behind the last one of the first"


def test_of_a_bundle_only_what_is_asked_for_and_is_that_module_is_calm() -> None:
    first, second, other = _with([_A]), _with([_B]), _with([_A])
    bundles = _bundled(first=first, second=second)
    assert bundles.calm({"second": second}) == {"second"}
    assert bundles.calm({"first": other, "second": second}) == {"second"}


def test_what_a_bundle_no_longer_has_is_not_calm_until_it_is_known_again() -> None:
    first, second = _with([_A]), _with([_B])
    modules = {"first": first, "second": second}
    bundles = _bundled(**modules)
    vars(first)["table_0"][0].append(_C)
    bundles.keep(bundles.calm(modules))
    vars(first)["table_0"][0].pop()
    assert bundles.calm(modules) == {"second"}, "in between it was looked at by itself"
    bundles.adds("first", Outline(first), Plain(first))
    assert bundles.calm(modules) == {"first", "second"}


@pytest.mark.parametrize("way", MOVED)
def test_what_goes_from_one_list_to_the_next_is_seen_though_all_are_there(way: str) -> None:
    first, second = types.ModuleType("installed"), types.ModuleType("installed_beside")
    vars(first)["table"], vars(second)["table"] = [_A, _B], [_C, _A]
    both = Quick.of_all([Plain(first).quick, Plain(second).quick])
    assert both.is_still_so()
    MOVED[way](vars(first)["table"], vars(second)["table"])
    assert not both.is_still_so()


def test_who_tells_of_an_object_is_another_where_it_is_of_another_class() -> None:
    module: Any = types.ModuleType("installed_for_a_test")
    exec(
        "import concurrent.futures\nclass Quiet(concurrent.futures.Future): pass\n"
        "class Holder: pass\nholder = Holder()\nholder.future = concurrent.futures.Future()",
        vars(module),
    )
    plain = Plain(module)
    assert not plain.differs(module)
    module.holder.future.__class__ = module.Quiet
    assert plain.differs(module)


@pytest.mark.parametrize("name", QUIET)
def test_what_is_made_on_demand_is_not(module: Any, name: str) -> None:
    plain = Plain(module)
    QUIET[name](module)
    assert not plain.differs(module)


def test_what_a_module_holds_now_is_told_of_the_one_that_stands_in_its_place() -> None:
    def made() -> types.ModuleType:
        module = types.ModuleType("pytest_monorepo_replaced")
        vars(module)["table"] = {"a": 1}
        return module

    first, second = made(), made()
    plain = Plain(first)
    before = plain.picture
    assert plain.picture_now(first) == before
    vars(second)["table"]["a"] = 2
    assert plain.picture_now(second) != before
    assert plain.picture_now(first) == before
    vars(first)["table"]["a"] = 3
    assert plain.picture_now(first) not in (before, plain.picture_now(second))
