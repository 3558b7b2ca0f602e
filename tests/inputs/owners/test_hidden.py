"""What objects of types in C, and of their subclasses, keep to themselves is seen, or counts as changed."""

from __future__ import annotations

import io
import sqlite3
import types
from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.originals import identity
from pytest_monorepo.inputs.owners import hidden, in_c
from pytest_monorepo.inputs.owners.hidden import Opaque
from pytest_monorepo.inputs.owners.objects import fingerprint

# code that makes it, and what changes it
SEEN: dict[str, tuple[str, Callable[[Any], object]]] = {
    "a text by characters": ("io.TextIOWrapper(io.BytesIO(b'a\\nb\\nc'))", lambda v: v.readline()),
    "one of one's own": ("Text(io.BytesIO(b'a\\nb\\nc'))", lambda v: v.readline()),
    "half a line's end": ("io.IncrementalNewlineDecoder(None, True)", lambda v: v.decode("a\r")),
    "where one's own page is read": ("Page('a\\nb')", lambda v: v.readline()),
    "where one's own bytes are read": ("Bytes(b'a\\nb')", lambda v: v.readline()),
    "where a buffer of one's own is read": ("Buffer(io.BytesIO(b'ab'))", lambda v: v.read(1)),
    "where a file of one's own is read": ("File(__file__)", lambda v: v.read(1)),
    "chance of one's own": ("Chance(1)", lambda v: v.random()),
    "an array of one's own": ("Many('i', [1])", lambda v: v.append(2)),
    "a key of a counter": ("collections.Counter(a=1)", lambda v: v.update(b=v.pop("a"))),
    "a key where others are made": (
        "collections.defaultdict(int, a=1)",
        lambda v: v.setdefault("b", v.pop("a")),
    ),
    "the order of keys": ("collections.OrderedDict(a=1, b=1)", lambda v: v.move_to_end("a")),
    "a counter of one's own": ("Counter()", lambda v: next(v)),
    "repetition of one's own": ("Repeats(1, 2)", lambda v: next(v)),
    "a context of one's own": ("Rules()", lambda v: setattr(v, "prec", 3)),
    "numbers unpacked": ("struct.iter_unpack('b', b'ab')", lambda v: next(v)),
    "numbers of an array": ("iter(array.array('b', [1, 2]))", lambda v: next(v)),
    "turns": ("iter(collections.deque([1, 2]))", lambda v: next(v)),
    "a lock of several processes": ("multiprocessing.Lock()", lambda v: v.acquire()),
    "an event of several processes": ("multiprocessing.Event()", lambda v: v.set()),
    "a pipe": ("multiprocessing.Pipe(duplex=False)", lambda v: v[1].send(1)),
    "two sockets": ("multiprocessing.Pipe()", lambda v: v[1].send(1)),
    "an end that is closed": ("multiprocessing.Pipe()", lambda v: v[1].close()),
    "keys in order": ("iter(collections.OrderedDict(a=1, b=2))", lambda v: next(v)),
}
VALUES = {
    "a day": ("Day(2020, 1, 1)", "Day(2020, 1, 2)"),
    "a number": ("Number(1)", "Number(2)"),
    "what lasts": ("Lasts(1)", "Lasts(2)"),
}
UNSEEN = [
    "io.BufferedRWPair(io.BytesIO(b'ab'), io.BytesIO())",
    "sqlite3.connect(':memory:')",
    "Connection(':memory:')",
    "sqlite3.connect(':memory:').execute('select 1')",
    "ctypes.c_int(1)",
    "iter(memoryview(b'ab'))",
    "ssl.create_default_context()",
    "codecs.getincrementaldecoder('gbk')()",
    "scanned()",
    "ET.Element('a').iter()",
    # the stack of a TreeBuilder is a list with empty places, which killed who looked at it
    "ET.TreeBuilder()",
    "ET.XMLParser()",
    "ET.XMLPullParser()",
]
SOURCE = """
import array, codecs, collections, ctypes, datetime, decimal, io, itertools, os, random, sqlite3, ssl, struct
import multiprocessing
import xml.etree.ElementTree as ET

class Text(io.TextIOWrapper): pass
class Page(io.StringIO): pass
class Bytes(io.BytesIO): pass
class Buffer(io.BufferedReader): pass
class File(io.FileIO): pass
class Chance(random.Random): pass
class Many(array.array): pass
class Counter(itertools.count): pass
class Repeats(itertools.repeat): pass
class Rules(decimal.Context): pass
class Day(datetime.date): pass
class Number(decimal.Decimal): pass
class Lasts(datetime.timedelta): pass

def scanned():
    with os.scandir() as found: return found

class Connection(sqlite3.Connection): pass
"""


def made(code: str) -> Any:
    module = types.ModuleType("made_for_a_test")
    module.__file__ = __file__
    exec(f"{SOURCE}\nheld = {code}", vars(module))
    return module


@pytest.mark.parametrize("what", SEEN)
def test_what_has_moved_is_seen_each_time(what: str) -> None:
    code, change = SEEN[what]
    module = made(code)
    before = fingerprint(module)
    assert fingerprint(module) == before
    change(module.held)
    after = fingerprint(module)
    if isinstance(module.held, io.FileIO):
        module.held.close()
    assert after != before


@pytest.mark.parametrize("what", VALUES)
def test_another_value_of_ones_own_kind_is_seen(what: str) -> None:
    first, second = VALUES[what]
    module = made(first)
    before = fingerprint(module)
    module.held = eval(second, vars(module))
    assert fingerprint(module) != before


@pytest.mark.parametrize("code", UNSEEN)
def test_what_nobody_can_see_counts_as_changed(code: str) -> None:
    module = made(code)
    with pytest.raises(Opaque):
        fingerprint(module)
    held = getattr(module.held, "connection", module.held)
    if isinstance(held, sqlite3.Connection):
        held.close()  # else Python 3.13 warns of it in some test to come


def test_arrays_of_objects_are_followed() -> None:
    numpy = pytest.importorskip("numpy")
    module = made("None")
    module.held = numpy.empty(1, dtype=object)
    module.held[0] = []
    before = fingerprint(module)
    module.held[0].append(1)
    assert fingerprint(module) != before


def test_whether_an_array_of_numpy_can_be_written_to_is_seen() -> None:
    numpy = pytest.importorskip("numpy")
    module = made("None")
    module.held = numpy.zeros(1)
    before = fingerprint(module)
    module.held.flags.writeable = False
    assert fingerprint(module) != before


def test_generators_of_numpy_are_seen() -> None:
    random = pytest.importorskip("numpy.random")
    module = made("None")
    module.held = random.default_rng(1)
    before = fingerprint(module)
    assert fingerprint(module) == before
    module.held.random()
    assert fingerprint(module) != before


@pytest.mark.parametrize("code", ["Url('http://a:2/')", "Holder(Url('http://a:2/'))", "[Url('http://a:2/')]"])
def test_another_object_of_an_installed_class_in_c_is_seen(code: str) -> None:
    core = pytest.importorskip("pydantic_core")
    module = made("None")
    module.Url, module.Holder = core.Url, _Holder
    module.held = eval(code.replace("2", "1"), vars(module))
    before = fingerprint(module)
    assert fingerprint(module) == before
    module.held = eval(code, vars(module))
    assert fingerprint(module) != before


def test_another_in_the_place_where_one_has_gone_is_seen_by_what_it_is_worth() -> None:
    core = pytest.importorskip("pydantic_core")
    first, second = core.Url("http://a:1/"), core.Url("http://a:2/")
    of_first, of_second = hidden.of(first, core.Url), hidden.of(second, core.Url)
    assert of_first[0] == identity(first)
    assert of_first[1:] != of_second[1:] == hidden.of(core.Url("http://a:2/"), core.Url)[1:]


def test_whether_a_frozen_list_is_frozen_is_seen() -> None:
    frozen = pytest.importorskip("frozenlist")
    module = made("None")
    module.held = frozen.FrozenList([1])
    before = fingerprint(module)
    assert fingerprint(module) == before
    module.held.freeze()
    assert fingerprint(module) != before


def test_only_installed_classes_in_c_keep_anything_apart() -> None:
    core, numpy = pytest.importorskip("pydantic_core"), pytest.importorskip("numpy")
    module = made("None")
    ours = [module.Text, module.Day, module.Many, _Holder, _Slotted, type("Table", (dict,), {}), dict, type]
    assert not any(map(in_c.keeps_apart, ours))
    assert all(map(in_c.keeps_apart, [core.Url, core.SchemaValidator, numpy.ufunc]))


class _Holder:
    def __init__(self, held: Any) -> None:
        self.held = held


class _Slotted:
    __slots__ = ("__weakref__", "one", "two")
