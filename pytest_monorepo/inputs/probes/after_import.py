"""Modules of the standard library that read files in C without a word: wrapped once they are there."""

from __future__ import annotations

import functools
import importlib.machinery
import os
import re
import sys
from typing import Any, Callable, Dict, List, Set

from .. import callers, originals
from ..originals import absolute
from ..record import labels, values
from ..record.asked import AT_EXIT, CHILDREN, LINES, OVERLOADS
from ..record.homes import OTHER, OWN
from ..record.recorder import Recorder
from . import calls, databases, descriptors, loggers, loops, machine, natives, psutils

__tracebackhide__ = True


def install(recorder: Recorder) -> None:
    """Wrap what is imported, and the rest when it will be."""
    calls.come_too_late(recorder, _EACH_TIME)
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
        # before anybody looks at how the module is at first: ours is no change that a test has made
        found = waiting.pop(getattr(module, "__name__", ""), None) if waiting else None
        if found is not None:
            found(recorder, module)
        again = _EACH_TIME.get(getattr(module, "__name__", ""))
        if again is not None:
            again(recorder, module)
        if recorder.loaded is not None and recorder.active:
            recorder.loaded(module)

    def method(self: Any, module: Any) -> None:
        run_heard(recorder, module, original, self)
        wrap(module)

    def function(module: Any) -> None:
        original(module)
        wrap(module)

    loader.exec_module = (
        staticmethod(originals.of_importlib(function)) if static else originals.of_importlib(method)
    )


def run_heard(recorder: Recorder, module: Any, execute: Callable[[Any, Any], None], loader: Any) -> None:
    """What is otherwise while a module is imported, and what it says then, is noted."""
    loading = recorder.loading
    if not recorder.active or recorder.scopes.sole:
        run_labelled(recorder, module, execute, loader)
    elif recorder.scopes.is_librarys(module):
        imported = loading.begins_librarys(module)
        try:
            execute(loader, module)
        finally:
            loading.ends(imported)
    elif recorder.scopes.keeps(module):
        imported, failed = loading.begins(module), True
        try:
            run_labelled(recorder, module, execute, loader)
            failed = False
        finally:
            loading.ends(imported, failed=failed)
    else:
        before = loading.heard()
        run_labelled(recorder, module, execute, loader)
        if before is not None and before != loading.heard():
            loading.told(str(originals.attribute(module, "__name__")))


def run_labelled(recorder: Recorder, module: Any, execute: Callable[[Any, Any], None], loader: Any) -> None:
    """What a module of the workspace does while it is imported is said to be its import's doing."""
    relabel = recorder.relabel
    if relabel is None or not recorder.scopes.imports_own(module):
        execute(loader, module)
        return
    before = relabel(labels.of_import(module.__name__))
    try:
        execute(loader, module)
    finally:
        relabel(before)


# they stand between the import system and the module that it executes
for _between in (run_heard, run_labelled):
    originals.of_importlib(_between)


def hear_test_files(recorder: Recorder) -> None:
    """pytest imports test files, conftests and what else it rewrites by a loader of its own.

    It is on the search path itself.
    """
    loaders: Set[Any] = {type(finder) for finder in sys.meta_path if hasattr(type(finder), "exec_module")}
    for cls in loaders:
        original = cls.exec_module
        if getattr(original, "recorder", None) is recorder:
            continue

        def exec_module(self: Any, module: Any, original: Any = original) -> None:
            run_heard(recorder, module, original, self)
            if recorder.loaded is not None and recorder.active and recorder.scopes.keeps(module):
                recorder.loaded(module)

        exec_module.recorder = recorder  # type: ignore[attr-defined]
        cls.exec_module = originals.of_importlib(exec_module)


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

    setattr(holder, name, originals.in_place_of(original, reading))


def _ssl(recorder: Recorder, module: Any) -> None:
    context = module.SSLContext
    _reads(recorder, context, "load_cert_chain", lambda self, cert, key=None, *a, **k: [cert, key or cert])
    _reads(
        recorder,
        context,
        "load_verify_locations",
        lambda self, cafile=None, capath=None, cadata=None: [
            *([cafile] if cafile else []),
            *(certificates(recorder, absolute(os.fsdecode(capath))) if capath else ()),
        ],
    )
    _reads(recorder, context, "load_dh_params", lambda self, path: [path])
    _default_certificates(recorder, context)


def _openssl(recorder: Recorder, module: Any) -> None:
    """The library reads its settings when it is first used."""
    natives.note_openssl(recorder)
    _reads(recorder, module, "_test_decode_cert", lambda path: [path])


def certificates(recorder: Recorder, folder: str) -> List[str]:
    """The files of a folder in which OpenSSL looks for certificates, by a hash of whose they are."""
    recorder.see_now("names", folder)
    listed = values.names(folder)
    names = listed if isinstance(listed, list) else []
    return [os.path.join(folder, name) for name in names if _HASHED.match(name)]


# X509_LOOKUP_hash_dir(3): HHHHHHHH.D holds a certificate, HHHHHHHH.rD a list of revoked ones
_HASHED = re.compile(r"[0-9a-f]{8}\.r?\d+$")


def _default_certificates(recorder: Recorder, context: Any) -> None:
    """OpenSSL asks for two variables and reads what they name, or its own file, without a word."""
    original = context.set_default_verify_paths

    def set_default_verify_paths(self: Any) -> Any:
        if recorder.listening:
            import _ssl

            # SSL_CERT_FILE and SSL_CERT_DIR, and what the library has been built with for each
            names = _ssl.get_default_verify_paths()
            for variable, default in (names[:2], names[2:]):
                value = os.environ.get(variable)
                recorder.see_variable(variable, value)
                place = default if value is None else value
                if place:
                    recorder.see_file(absolute(place))
                    for file in certificates(recorder, absolute(place)):
                        recorder.see_file(file)
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


def _lines(recorder: Recorder, module: Any) -> None:
    """It remembers what it has read; reading it the first time is seen anyway."""

    def known(filename: Any, *args: Any, **kwargs: Any) -> List[Any]:
        found = module.cache.get(filename, ())
        remembered = len(found) == _OF_LINES
        if found[1] is None if remembered else isinstance(filename, str) and not originals.exists(filename):
            recorder.asks(LINES)
        return [found[3]] if len(found) == _OF_LINES else []

    _reads(recorder, module, "getlines", known)


# size, mtime, lines, full name; an entry that waits to be read has one part (linecache.lazycache)
_OF_LINES = 4


def _locales(recorder: Recorder, module: Any) -> None:
    _opaque("gettext", "dgettext", "dcgettext")(recorder, module)
    _reads(recorder, module, "setlocale", lambda category, name=None: locales(recorder, name))
    _reads(recorder, module, "resetlocale", lambda *args: locales(recorder, ""))


def locales(recorder: Recorder, name: Any) -> List[Any]:
    """What the C library looks through for a locale, unless it has that one in itself."""
    if name is None or name in ("C", "POSIX"):
        return []
    # setlocale(3), locale(7) of glibc: folders named by LOCPATH, or else one archive of all locales
    for folder in filter(None, (os.environ.get("LOCPATH"), _LOCALES)):
        recorder.see_now("names", absolute(folder))
    return [os.path.join(_LOCALES, "locale-archive")]


_LOCALES = "/usr/lib/locale"


def _shared_memory(recorder: Recorder, module: Any) -> None:
    """What others may have put there; of what is made anew, and of a random name, nobody else knows."""
    fresh = os.O_CREAT | os.O_EXCL
    _reads(
        recorder,
        module,
        "shm_open",
        lambda path, flags=0, mode=0o777: [] if flags & fresh == fresh else [None],
    )


def _accounts(recorder: Recorder, module: Any) -> None:
    for name in ("getpwnam", "getpwuid", "getpwall", "getgrnam", "getgrgid", "getgrall"):
        # nsswitch.conf(5) says whether these two are asked, and is an input itself
        _reads(recorder, module, name, lambda *args: ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf"))


def _readline(recorder: Recorder, module: Any) -> None:
    for name in ("read_history_file", "read_init_file", "append_history_file", "write_history_file"):
        _reads(recorder, module, name, lambda *args: [None])
    _reads(recorder, module, "parse_and_bind", lambda text: [None] if "$include" in text else [])
    recorder.see_fact("line editing")


def _fork_exec(recorder: Recorder, module: Any) -> None:
    """multiprocessing starts its processes by it without an event."""
    # spawn and forkserver: multiprocessing/util.py, spawnv_passfds
    original = module.fork_exec

    def fork_exec(*args: Any, **kwargs: Any) -> Any:
        # of subprocess an event has told
        if recorder.listening and callers.module(originals.frame(1)) != "subprocess":
            recorder.runs("starts a process")
        return original(*args, **kwargs)

    module.fork_exec = fork_exec


def _processes(recorder: Recorder, module: Any) -> None:
    """Each is told by its number among all; whoever asks which there are may be told of others' children."""
    original = module.active_children

    @functools.wraps(original)
    def active_children() -> Any:
        if recorder.listening and callers.module(originals.frame(1)).partition(".")[0] != "multiprocessing":
            recorder.asks(CHILDREN)
        return original()

    module.active_children = active_children


def _asks(setting: str, *names: str) -> Callable[[Recorder, Any], None]:
    """For functions that tell what others have set, or do something by it."""

    def wrap(recorder: Recorder, module: Any) -> None:
        for name in names:
            original = getattr(module, name, None)
            if original is not None:
                setattr(module, name, asking(recorder, original))

    def asking(recorder: Recorder, original: Any) -> Any:
        def asked(*args: Any, **kwargs: Any) -> Any:
            if recorder.listening:
                recorder.asks(setting)
            return original(*args, **kwargs)

        return originals.in_place_of(original, asked)

    return wrap


def _at_exit(recorder: Recorder, module: Any) -> None:
    _counts("register", "unregister")(recorder, module)
    _asks(AT_EXIT, "_ncallbacks", "_run_exitfuncs")(recorder, module)


def _wakeup(recorder: Recorder, module: Any) -> None:
    """Which descriptor is woken by signals can only be asked by setting another."""
    module.set_wakeup_fd = _told(module.set_wakeup_fd)
    _counts("siginterrupt", by_tests=True)(recorder, module)


def _told(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def told(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        told.last = (args, sorted(kwargs.items()))  # type: ignore[attr-defined]
        return result

    told.last = ((-1,), [])  # type: ignore[attr-defined]
    return told


def _counts(*names: str, by_tests: bool = False) -> Callable[[Recorder, Any], None]:
    """For functions whose effect nobody can ask for; :mod:`settings` compares how often they were called.

    ``by_tests``: libraries call it, too, while they are imported, each for itself.
    """

    def wrap(recorder: Recorder, module: Any) -> None:
        def by_test() -> bool:
            return recorder.scopes.homes.of(originals.frame(2).f_globals) == OWN

        for name in names:
            setattr(module, name, _counted(getattr(module, name), by_test if by_tests else lambda: True))

    return wrap


def _counted(original: Callable[..., Any], counts: Callable[[], bool]) -> Callable[..., Any]:
    @functools.wraps(original)
    def counted(*args: Any, **kwargs: Any) -> Any:
        counted.calls += counts()  # type: ignore[attr-defined]
        return original(*args, **kwargs)

    counted.calls = 0  # type: ignore[attr-defined]
    return counted


def _in_os(recorder: Recorder, module: Any) -> None:
    """What ``os.environ`` sets it tells itself; what packages do concerns who starts children."""
    _counts("register_at_fork", by_tests=True)(recorder, module)
    for name in ("putenv", "unsetenv"):
        setattr(module, name, _counted_apart(recorder, getattr(module, name)))


def _counted_apart(recorder: Recorder, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def counted(*args: Any) -> Any:
        # six times a test: whoever else sets it, pytest has set it anew before the next one asks
        if args and type(args[0]) is bytes and args[0] == _CURRENT_TEST:
            return original(*args)
        home = recorder.scopes.homes.of(originals.frame(1).f_globals)
        counted.calls += home == OWN  # type: ignore[attr-defined]
        counted.by_packages += home == OTHER  # type: ignore[attr-defined]
        return original(*args)

    counted.calls = counted.by_packages = 0  # type: ignore[attr-defined]
    return counted


_CURRENT_TEST = b"PYTEST_CURRENT_TEST"  # as os.environ hands it on

_WRAPPED: Dict[str, Callable[..., None]] = {
    "platform": machine.wrap,
    "asyncio.events": loops.wrap,
    "logging": loggers.wrap,
    "_sqlite3": databases.wrap,
    "ssl": _ssl,
    "_ssl": _openssl,
    "_hashlib": _openssl,
    "pwd": _accounts,
    "grp": _accounts,
    "readline": _readline,
    "signal": _wakeup,
    "atexit": _at_exit,
    "typing": _asks(OVERLOADS, "get_overloads"),
    "fcntl": descriptors.wrap_fcntl,
    "faulthandler": _counts("register", "unregister"),
    "codecs": _counts("register", "register_error"),
    "mimetypes": _counts("add_type"),
    "zoneinfo": _counts("reset_tzpath"),
    "os": _in_os,
    "sys": _counts("addaudithook", by_tests=True),
    "_posixsubprocess": _fork_exec,
    "multiprocessing.process": _processes,
    "_socket": _socket,
    "socket": _socket,
    "linecache": _lines,
    "_posixshmem": _shared_memory,
    "resource": _opaque("getrlimit", "setrlimit", "prlimit"),
    # terminfo, and the variables that say where it lies
    "_curses": _opaque("setupterm", "initscr"),
    "curses": _opaque("setupterm", "initscr"),
    # catalogues of messages, read by the C library
    "_locale": _locales,
    "locale": _locales,
}
# a compiled module that is loaded again has the functions that it was made with
_EACH_TIME: Dict[str, Callable[..., None]] = {
    **dict.fromkeys(calls.WRAPPED, calls.wrap),
    **dict.fromkeys(psutils.MODULES, psutils.wrap),
}
