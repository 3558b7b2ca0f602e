"""What tests leave in the standard library and in the process is seen; what is no change is not."""

from __future__ import annotations

import abc
import asyncio
import collections.abc
import concurrent.futures
import contextvars
import copyreg
import csv
import decimal
import email.charset
import email.policy
import enum
import gc
import html.entities
import http.client
import ipaddress
import json
import json.decoder
import json.encoder
import logging
import logging.config
import mimetypes
import multiprocessing.process
import os
import pickle
import random
import re
import socket
import subprocess
import sys
import threading
import types
import typing
import unittest
import unittest.mock
import warnings
import weakref
import xml.etree.ElementTree as trees
import xml.sax.saxutils
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.library.registered import Registered
from pytest_monorepo.inputs.owners.state import State
from pytest_monorepo.inputs.record.asked import FLAGS
from pytest_monorepo.inputs.record.homes import Homes
from tests.inputs.owners import few

Patch = pytest.MonkeyPatch
LIBRARY: Any = types.SimpleNamespace(
    json=json,
    logging=logging,
    http=http,
    random=random,
    asyncio=asyncio,
    pickle=pickle,
    trees=trees,
    saxutils=xml.sax.saxutils,
)
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)


class _Set:
    """As pytest's ``monkeypatch`` sets and takes away attributes, so is the variable set."""

    def __delattr__(self, name: str) -> None:
        VARIABLE.set(0)

    def __setattr__(self, name: str, value: int) -> None:
        VARIABLE.set(value)


LEFT: dict[str, Callable[[Patch], Any]] = {
    "context-variable": lambda m: m.setattr(_Set(), "value", 3, raising=False),
    "level-name": lambda m: m.setitem(LIBRARY.logging._levelToName, 10, "DBG"),
    "last-resort": lambda m: m.setattr(logging, "lastResort", None),
    "last-resort-level": lambda m: m.setattr(logging.lastResort, "level", 50),
    "method-of-loggers": lambda m: m.setattr(logging.Logger, "trace", print, raising=False),
    "converter-of-formatters": lambda m: m.setattr(logging.Formatter, "converter", print),
    "default-formatter": lambda m: m.setattr(LIBRARY.logging._defaultFormatter, "_fmt", "x"),
    "logger-class": lambda m: m.setattr(logging.root.manager, "loggerClass", logging.Logger),
    "attribute-of-a-logger": lambda m: m.setattr(logging.getLogger("left"), "more", 1, raising=False),
    "handler-of-all": lambda m: m.setattr(logging.root, "handlers", [logging.NullHandler()]),
    "converters-of-settings": lambda m: m.setitem(
        LIBRARY.logging.config.BaseConfigurator.value_converters, "zz", "x"
    ),
    "attribute-of-processes": lambda m: m.setattr(subprocess.Popen, "zz", 1, raising=False),
    "attribute-of-queues": lambda m: m.setattr(asyncio.Queue, "zz", 1, raising=False),
    "attribute-of-loops": lambda m: m.setattr(asyncio.BaseEventLoop, "time", print),
    "attribute-of-policies": lambda m: m.setattr(
        LIBRARY.asyncio.events.BaseDefaultEventLoopPolicy, "_loop_factory", print
    ),
    "function-of-asyncio": lambda m: m.setattr(asyncio.events, "get_running_loop", print),
    "types-of-files": lambda m: m.setitem(mimetypes.types_map, ".zz", "a/b"),
    "types-of-files-other": lambda m: m.setitem(mimetypes.types_map, ".html", "a/b"),
    "traps": lambda m: m.setitem(decimal.getcontext().traps, decimal.Inexact, True),
    "basic-context": lambda m: m.setattr(decimal.BasicContext, "prec", 3),
    "format-of-warnings": lambda m: m.setattr(warnings, "formatwarning", print),
    "default-of-warnings": lambda m: m.setattr(warnings, "defaultaction", "ignore"),
    "value-in-sys": lambda m: m.setattr(sys, "platform", "x"),
    "flag-in-sys": lambda m: m.setattr(sys, "dont_write_bytecode", not sys.dont_write_bytecode),
    "finders": lambda m: m.setattr(sys, "meta_path", sys.meta_path[::-1]),
    "path-hooks": lambda m: m.setattr(sys, "path_hooks", sys.path_hooks[::-1]),
    "callback-of-the-collector": lambda m: m.setattr(gc, "callbacks", [*gc.callbacks, print]),
    "words-of-a-status": lambda m: m.setattr(LIBRARY.http.HTTPStatus.OK, "phrase", "Good"),
    "name-of-a-status": lambda m: m.setitem(LIBRARY.http.HTTPStatus._member_map_, "GOOD", http.HTTPStatus.OK),
    "who-shows-warnings": lambda m: m.setattr(warnings, "showwarning", print),
    "class-of-a-module": lambda m: m.setattr(
        html.entities, "__class__", type("Other", (types.ModuleType,), {})
    ),
    "value-in-os": lambda m: m.setattr(os, "linesep", "zz"),
    "attribute-of-threads": lambda m: m.setattr(threading.Thread, "zz", 1, raising=False),
    "value-in-threading": lambda m: m.setattr(threading, "zz", 1, raising=False),
    "reducer": lambda m: m.setitem(copyreg.dispatch_table, complex, print),
    "dispatch-of-pickles": lambda m: m.setitem(LIBRARY.pickle._Pickler.dispatch, int, print),
    "default-encoder": lambda m: m.setattr(json, "_default_encoder", json.JSONEncoder(indent=3)),
    "default-encoder-indent": lambda m: m.setattr(LIBRARY.json._default_encoder, "indent", 3),
    "escapes": lambda m: m.setitem(LIBRARY.json.encoder.ESCAPE_DCT, "\n", "x"),
    "constants": lambda m: m.setitem(LIBRARY.json.decoder._CONSTANTS, "NaN", 0),
    "policy-of-mails": lambda m: m.setattr(email.policy, "default", email.policy.SMTP),
    "charsets": lambda m: m.setitem(email.charset.CHARSETS, "utf-8", (1, 1, None)),
    "name-spaces": lambda m: m.setitem(LIBRARY.trees._namespace_map, "urn:zz", "zz"),
    "generator": lambda m: m.setattr(LIBRARY.random, "_inst", random.Random(3)),
    "status-words": lambda m: m.setitem(http.client.responses, 200, "Good"),
    "entities": lambda m: m.setitem(html.entities.html5, "amp;", "x"),
    "attribute-of-patterns": lambda m: m.setattr(re, "Scanner", None, raising=False),
    "attribute-of-typing": lambda m: m.setattr(typing.Generic, "zz", 1, raising=False),
    "attribute-of-weak-sets": lambda m: m.setattr(weakref.WeakSet, "zz", 1, raising=False),
    "attribute-of-futures": lambda m: m.setattr(concurrent.futures.Future, "zz", 1, raising=False),
    "attribute-of-children": lambda m: m.setattr(multiprocessing.process.BaseProcess, "zz", 1, raising=False),
    "attribute-of-enumerations": lambda m: m.setattr(enum.Enum, "zz", 1, raising=False),
    "attribute-of-networks": lambda m: m.setattr(ipaddress.IPv4Network, "zz", 1, raising=False),
    "loader-of-tests": lambda m: m.setattr(unittest.defaultTestLoader, "testMethodPrefix", "x"),
    "class-of-sockets": lambda m: m.setattr(socket, "socket", int),
    "dialect": lambda m: m.setattr(csv.excel, "delimiter", ";"),
    "attribute-of-a-function": lambda m: m.setattr(json.dumps, "zz", 1, raising=False),
    "attribute-of-a-method": lambda m: m.setattr(json.JSONEncoder.encode, "zz", 1, raising=False),
    "option-of-the-interpreter": lambda m: m.setitem(sys._xoptions, "zz", "1"),
    "name-like-a-cache": lambda m: m.setattr(json, "cache_zz", 1, raising=False),
    "no-finder": lambda m: m.setitem(sys.path_importer_cache, "/nowhere", None),
    "attribute-of-this-thread": lambda m: m.setattr(threading.current_thread(), "zz", 1, raising=False),
    "name-of-this-thread": lambda m: m.setattr(threading.current_thread(), "name", "zz"),
    "default-by-name": lambda m: m.setitem(LIBRARY.json.dumps.__kwdefaults__, "sort_keys", True),
    "inside-of-a-default": lambda m: m.setitem(LIBRARY.saxutils.escape.__defaults__[0], "a", "b"),
}
QUIET: dict[str, Callable[[Patch], Any]] = {
    "a-logger": lambda m: logging.getLogger("left.behind").warning("x"),
    "flags": lambda m: re.compile("a", re.IGNORECASE | re.MULTILINE | re.VERBOSE),
    "an-equal-table": lambda m: m.setattr(http.client, "responses", dict(http.client.responses)),
    "a-sentinel": lambda m: unittest.mock.sentinel.left_behind,
    "a-thread": lambda m: threading.Thread(target=int).run(),
    "types": lambda m: mimetypes.guess_type("a.html"),
    "a-calculation": lambda m: decimal.Decimal(1) / 3,
    "a-class": lambda m: abc.ABCMeta("Left", (collections.abc.Mapping,), {}),
    "hints": lambda m: typing.get_type_hints(logging.Logger),
    "hook-of-pytest-for-a-test": lambda m: m.setattr(sys, "unraisablehook", OfPytest().hook),
}


class OfPytest:
    """As ``catch_unraisable_exception`` until 8.3."""

    def __init__(self) -> None:
        self._old_hook = sys.unraisablehook

    def hook(self, *args: Any) -> None:
        """Take what cannot be raised."""


OfPytest.__module__ = "_pytest.unraisableexception"


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    with pytest.MonkeyPatch.context() as patch:
        few.of_the_library(patch)
        found = State(Homes("/nowhere"))
        found.look()
        yield found


@pytest.mark.parametrize("name", LEFT)
def test_what_is_left_in_the_library_is_seen(state: State, name: str) -> None:
    state.look()
    with pytest.MonkeyPatch.context() as patch:
        LEFT[name](patch)
        assert state.look()
    assert state.look(), "it is as it was, which is another change"
    assert not state.look()


@pytest.mark.parametrize("name", QUIET)
def test_what_the_library_does_itself_is_nobodys_doing(state: State, name: str) -> None:
    state.look()
    with pytest.MonkeyPatch.context() as patch:
        QUIET[name](patch)
        change = state.look()
    # of flags, which each calculation raises, only those hear who look at them
    assert (change.modules, change.facets - {FLAGS}) == (set(), set())


def test_who_registers_a_class_is_told_by_the_class() -> None:
    holder = types.ModuleType("holder")
    vars(holder)["Base"] = base = abc.ABCMeta("Base", (), {"__module__": "holder"})
    registered = Registered()
    registered.adds(holder)
    assert not registered.changed()
    base.register(type("One", (), {"__module__": "app.one"}))
    assert registered.changed() == {"app.one"}
    assert not registered.changed()
    base.register(int)
    assert registered.changed() == {"builtins"}


def test_a_module_registers_its_own_while_it_is_imported() -> None:
    holder = types.ModuleType("holder")
    vars(holder)["Base"] = base = abc.ABCMeta("Base", (), {"__module__": "holder"})
    registered = Registered()
    registered.adds(holder)
    kept = [type("One", (), {"__module__": "app.one"}), type("Other", (), {"__module__": "other"})]
    for cls in kept:
        base.register(cls)
    registered.begins("app")
    assert registered.changed() == {"other"}


def test_of_modules_that_begin_one_behind_the_other_each_has_registered_its_own() -> None:
    holder = types.ModuleType("holder")
    vars(holder)["Base"] = base = abc.ABCMeta("Base", (), {"__module__": "holder"})
    registered = Registered()
    registered.adds(holder)
    first, second, third = (
        type("One", (), {"__module__": name}) for name in ("app.one", "other", "app.more")
    )
    base.register(first)
    base.register(second)
    registered.begins("app")  # what is asked for it is told to the next, too, until more is registered
    registered.begins("other")
    base.register(third)
    registered.begins("app")
    assert registered.changed() == set()
    base.register(int)
    assert registered.changed() == {"builtins"}
