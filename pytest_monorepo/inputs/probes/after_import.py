"""Modules of the standard library that read files in C without a word: wrapped once they are there."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from typing import Any, Callable, Dict

from .. import callers, originals
from ..originals import absolute
from ..record.recorder import Recorder
from . import machine


def install(recorder: Recorder) -> None:
    """Wrap what is imported, and the rest when it will be."""
    waiting = dict(_WRAPPED)
    for name in list(waiting):
        if name in sys.modules:
            waiting.pop(name)(recorder, sys.modules[name])
    loader: Any = importlib.machinery.SourceFileLoader
    _after(recorder, waiting, loader)
    for other in (importlib.machinery.ExtensionFileLoader, importlib.machinery.BuiltinImporter):
        _after(recorder, waiting, other)


def _after(recorder: Recorder, waiting: Dict[str, Callable[..., None]], loader: Any) -> None:
    original = loader.exec_module
    # a class method before Python 3.10
    static = isinstance(vars(loader).get("exec_module"), (staticmethod, classmethod))

    def wrap(module: Any) -> None:
        if recorder.loaded is not None and recorder.active:
            recorder.loaded(module)
        found = waiting.pop(getattr(module, "__name__", ""), None) if waiting else None
        if found is not None:
            found(recorder, module)

    def method(self: Any, module: Any) -> None:
        original(self, module)
        wrap(module)

    def function(module: Any) -> None:
        original(module)
        wrap(module)

    loader.exec_module = staticmethod(function) if static else method


def _reads(recorder: Recorder, holder: Any, name: str, files: Callable[..., Any]) -> None:
    """Let a function tell which files it is about to read."""
    original = getattr(holder, name, None)
    if original is None:
        return

    def reading(*args: Any, **kwargs: Any) -> Any:
        if recorder.listening:
            for file in files(*args, **kwargs):
                if file is None:
                    recorder.incomplete(f"calls {holder.__name__}.{name}")
                elif isinstance(file, (str, bytes, os.PathLike)):
                    recorder.see_file(absolute(os.fsdecode(file)))
        return original(*args, **kwargs)

    setattr(holder, name, reading)


def _ssl(recorder: Recorder, module: Any) -> None:
    context = module.SSLContext
    _reads(recorder, context, "load_cert_chain", lambda self, cert, key=None, *a, **k: [cert, key or cert])
    _reads(
        recorder,
        context,
        "load_verify_locations",
        lambda self, cafile=None, capath=None, cadata=None: [
            *([cafile] if cafile else []),
            *_nothing(capath),
        ],
    )
    _default_certificates(recorder, context)


def _default_certificates(recorder: Recorder, context: Any) -> None:
    """OpenSSL asks for two variables and reads what they name, or its own file, without a word."""
    original = context.set_default_verify_paths

    def set_default_verify_paths(self: Any) -> Any:
        if recorder.listening:
            import _ssl

            names = _ssl.get_default_verify_paths()
            for variable, default in (names[:2], names[2:]):
                value = os.environ.get(variable)
                recorder.see_variable(variable, value)
                place = default if value is None else value
                if place:
                    recorder.see_file(absolute(place))
                    recorder.see_now("names", absolute(place))
        return original(self)

    context.set_default_verify_paths = set_default_verify_paths


def _opaque(*names: str) -> Callable[[Recorder, Any], None]:
    """For functions that ask the system for what no trace holds."""

    def wrap(recorder: Recorder, module: Any) -> None:
        for name in names:
            _reads(recorder, module, name, lambda *args, **kwargs: [None])

    return wrap


def _socket(recorder: Recorder, module: Any) -> None:
    _opaque("if_nameindex", "if_nametoindex", "if_indextoname")(recorder, module)
    _reads(recorder, module, "getprotobyname", lambda *args: ["/etc/protocols"])


def _nothing(value: Any) -> Any:
    return [] if value is None else [None]


def _accounts(recorder: Recorder, module: Any) -> None:
    for name in ("getpwnam", "getpwuid", "getpwall", "getgrnam", "getgrgid", "getgrall"):
        _reads(recorder, module, name, lambda *args: ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf"))


def _readline(recorder: Recorder, module: Any) -> None:
    for name in ("read_history_file", "read_init_file"):
        _reads(recorder, module, name, lambda *args: [None])


def _fork_exec(recorder: Recorder, module: Any) -> None:
    """multiprocessing starts its processes by it without an event."""
    original = module.fork_exec

    def fork_exec(*args: Any, **kwargs: Any) -> Any:
        # of subprocess an event has told
        if recorder.listening and callers.module(originals.frame(1)) != "subprocess":
            recorder.incomplete("starts a process")
        return original(*args, **kwargs)

    module.fork_exec = fork_exec


_WRAPPED: Dict[str, Callable[..., None]] = {
    "platform": machine.wrap,
    "ssl": _ssl,
    "pwd": _accounts,
    "grp": _accounts,
    "readline": _readline,
    "_posixsubprocess": _fork_exec,
    "_socket": _socket,
    "socket": _socket,
    "resource": _opaque("getrlimit", "prlimit"),
    # terminfo, and the variables that say where it lies
    "_curses": _opaque("setupterm", "initscr"),
    "curses": _opaque("setupterm", "initscr"),
    # catalogues of messages, read by the C library
    "_locale": _opaque("gettext", "dgettext", "dcgettext"),
    "locale": _opaque("gettext", "dgettext", "dcgettext"),
}
