"""What audit events (PEP 578) tell: an event's name to what it means for the recorder.

A hook cannot be removed; it does nothing while the recorder is not active. What raises no event is wrapped,
see :mod:`wrappers`. Measured with CPython 3.8 to 3.13.
"""

from __future__ import annotations

import os
import sys
import types
from threading import get_ident
from typing import Any, Callable, Dict, Tuple

from .. import callers, originals, storage, tables
from ..originals import BYTECODE, VOLATILE, path_of
from ..record import values
from ..record.asked import FOR_CHILDREN
from ..record.recorder import Recorder
from . import functions, libraries, natives, programs, psutils
from .children import Children
from .databases import Databases
from .sockets import Sockets
from .system import see_lock

__tracebackhide__ = True

Args = Tuple[Any, ...]


class Audit:
    """:meth:`hook` makes what :func:`sys.addaudithook` takes."""

    def __init__(self, recorder: Recorder, children: Children) -> None:
        self.recorder = recorder
        self._sockets = Sockets(recorder)
        databases = Databases(recorder)
        self._handlers: Dict[str, Callable[[Args, Any], None]] = {
            "open": self._open,
            "os.listdir": self._listdir,
            "os.scandir": self._scandir,
            "import": self._import,
            "exec": self._exec,
            "os.mkdir": self._mkdir,
            "os.rmdir": self._at(recorder.changes, 1),
            "os.remove": self._at(recorder.changes, 1),
            "os.truncate": self._at(recorder.changes),
            "os.chmod": self._at(recorder.changes, 2),
            "os.chown": self._at(recorder.changes, 3),
            "os.utime": self._at(recorder.changes, 3),
            "os.setxattr": self._at(recorder.changes),
            "os.removexattr": self._at(recorder.changes),
            "os.rename": self._rename,
            "os.link": self._link,
            "os.symlink": self._symlink,
            "tempfile.mkstemp": lambda args, frame: recorder.made.surely([path_of(args[0])]),
            "tempfile.mkdtemp": lambda args, frame: recorder.made.surely([path_of(args[0])]),
            "ctypes.dlopen": self._dlopen,
            # neither the hook nor the wrappers are there
            "cpython.PyInterpreterState_New": lambda args, frame: recorder.incomplete("makes an interpreter"),
            "sqlite3.connect": databases.connects,
            "sqlite3.connect/handle": databases.connected,
            "sqlite3.load_extension": databases.loads,
            "socket.gethostname": lambda args, frame: recorder.see_fact("uname"),
            "os.fork": lambda args, frame: children.forks(frame),
            "os.forkpty": lambda args, frame: recorder.runs("forks a process"),
            "os.system": lambda args, frame: recorder.runs(f"runs {_word(args[0])}"),
            "subprocess.Popen": self._popen,
            "os.exec": lambda args, frame: recorder.runs(f"runs {_word(args[0])}"),
            "os.posix_spawn": lambda args, frame: recorder.runs(f"runs {_word(args[0])}"),
            "os.spawn": lambda args, frame: recorder.runs(f"runs {_word(args[1])}"),
            "fcntl.flock": self._lock,
            "fcntl.lockf": self._lock,
            "fcntl.fcntl": self._control,
            "fcntl.ioctl": self._device,
            "os.kill": self._kill,
            "os.killpg": self._kill,
            "pty.spawn": lambda args, frame: recorder.runs("runs a program on a terminal"),
            **self._sockets.handlers,
        }

    def hook(self) -> Callable[[str, Args], None]:
        """A plain function: Python looks for an attribute of a hook at each event, and in a method in vain.

        That took three quarters of the time of an event (CPython 3.11 and 3.13).
        """
        recorder, handlers, quietly = self.recorder, self._handlers, self._quietly
        meaningless = set(_FREQUENT)

        def hook(event: str, args: Args) -> None:
            if event in meaningless or not recorder.active:
                return
            handler = handlers.get(event)
            if handler is not None:
                if not (event in _MOSTLY_NOTHING and _MOSTLY_NOTHING[event](args)):
                    quietly(handler, args)
            elif event in functions.SETS:
                if args[1] in functions.ATTRIBUTES:
                    quietly(self._redefines, args)
            # a whole family that reaches what no trace holds
            elif event.startswith(_OPAQUE) and event not in _HARMLESS:
                quietly(lambda _, frame: self._opaque(event, frame), args)
            elif len(meaningless) < _MOST_MEANINGLESS:
                meaningless.add(event)

        return hook

    def _quietly(self, handler: Callable[[Args, Any], None], args: Args) -> None:
        recorder = self.recorder
        me = get_ident()
        if me in recorder.quiet:
            return
        frame = callers.behind_wrapper(originals.frame(2))
        if callers.module(frame).startswith(callers.OURS):
            return
        recorder.quiet.add(me)
        try:
            handler(args, frame)
        except Exception as error:  # a hook that raises would fail the test
            recorder.incomplete(f"could not be traced ({type(error).__name__}: {error})")
        finally:
            recorder.quiet.discard(me)

    def _opaque(self, event: str, frame: Any) -> None:
        if natives.may_use(event, callers.module(callers.outside("ctypes", frame))):
            return
        reason = f"uses {event.partition('.')[0]} ({event})"
        (self.recorder.unseen if event.startswith("ctypes.") else self.recorder.incomplete)(reason)

    # -- files

    def _at(self, note: Callable[[str], object], folder: int = 0) -> Callable[[Args, Any], None]:
        """For an event whose first argument is a path, relative to the descriptor at ``folder``."""

        def handle(args: Args, frame: Any) -> None:
            place = path_of(args[0], args[folder] if folder else -1)
            own = f"/{BYTECODE}" in place and callers.is_machinery(frame)
            if not (own or storage.keeps(frame, place)):
                note(place)

        return handle

    def _open(self, args: Args, frame: Any) -> None:
        path, _, flags = args
        if isinstance(path, int):
            self._descriptor(path)
            return
        place = path_of(path)
        # open(2), O_TMPFILE: the path is a folder, and the file has no name that anybody could open
        if flags & _TMPFILE == _TMPFILE:
            return
        writes = flags & (os.O_WRONLY | os.O_RDWR)
        if not writes and not flags & os.O_CREAT:
            table = tables.kind_of_reading(frame, place)
            if table is not None:
                self.recorder.see_now(table, place)
            elif storage.keeps(frame, place):
                self._kept(place)
            elif not (place.endswith(_PYTESTS_OWN) or psutils.begins_to_count(place, frame)):
                self.recorder.see_file(place)
        elif f"/{BYTECODE}/" in place and callers.is_machinery(frame):
            return
        elif flags & os.O_EXCL and callers.module(frame) == "tempfile":
            self.recorder.made.surely([place])  # of a random name: nobody asks whether it was there
        elif storage.keeps(frame, place):
            return
        elif flags & os.O_EXCL:
            self.recorder.makes(place)
        elif flags & os.O_TRUNC:
            self.recorder.replaces(place)
        else:
            self.recorder.see_file(place)

    def _kept(self, path: str) -> None:
        """hypothesis asks for what it keeps, whichever file has made that."""
        place = "" if self.recorder.made.holds(path) else storage.table(path)
        for section in self.recorder.scopes.sections() if place else ():
            known = section.inputs.setdefault(storage.CONSTANTS, {})
            if place not in known:
                known[place] = values.now(storage.CONSTANTS, place)

    def _mkdir(self, args: Args, frame: Any) -> None:
        by = callers.outside_pathlib(frame)
        base = callers.makes_base(by)
        self._at(self.recorder.makes_base if base else self.recorder.makes, 2)(args, frame)
        if callers.names_folder(by):
            self.recorder.scopes.numbers(os.path.basename(path_of(args[0])))

    def _descriptor(self, number: int) -> None:
        if number in self.recorder.inherited:
            self.recorder.incomplete(f"reads file descriptor {number}, which it inherited")

    def _listdir(self, args: Args, frame: Any) -> None:
        self._listed(callers.kind_of_listing(frame), path_of(args[0]))

    def _scandir(self, args: Args, frame: Any) -> None:
        # by somebody who took the function before it was wrapped: what is asked of the entries is not seen
        self.recorder.incomplete(f"lists {path_of(args[0])} in a way that is not traced")

    def _listed(self, kind: str, path: str) -> None:
        if path.startswith(VOLATILE):
            self.recorder.incomplete(f"lists {path}")
        else:
            self.recorder.see_now(kind, path)

    def _rename(self, args: Args, frame: Any) -> None:
        source, target = path_of(args[0], args[2]), path_of(args[1], args[3])
        if f"/{BYTECODE}/" in target and callers.is_machinery(frame):
            return
        if not storage.keeps(frame, target):
            self.recorder.moves(source, target)

    def _link(self, args: Args, frame: Any) -> None:
        source, target = path_of(args[0], args[2]), path_of(args[1], args[3])
        self.recorder.see_file(source)
        self.recorder.makes(target)

    def _symlink(self, args: Args, frame: Any) -> None:
        self.recorder.links(os.fsdecode(args[0]), path_of(args[1], args[2]))

    # -- code

    def _import(self, args: Args, frame: Any) -> None:
        name, filename = args[0], args[1]
        # a path stands there for an extension module alone, and for all others None (CPython 3.8 to 3.13)
        if filename is not None:
            self.recorder.see_file(path_of(filename))
            reason = natives.complaint(str(name), str(filename))
            if reason is not None:
                # what no test file has loaded a plugin or a conftest has
                by = "" if self.recorder.scopes.is_somebodys else callers.leads(frame)
                reason += f" (by {by})" if by else ""
                self.recorder.unseen(reason, self.recorder.scopes.looks_for(str(name)))
            natives.note(self.recorder, natives.named(str(name), str(filename)))

    def _redefines(self, args: Args, frame: Any) -> None:
        self.recorder.redefinitions += args[1] == functions.CODE
        name = functions.redefined(args[0], frame)
        if name is not None:
            self.recorder.redefined.add(name)

    def _exec(self, args: Args, frame: Any) -> None:
        # PEP 578 hands over the code object: of exec(), of runpy, and of modules as they are imported
        filename = getattr(args[0], "co_filename", "")
        if filename in (os.__file__, _FROZEN_OS):
            self.recorder.incomplete("loads the module os again, which undoes the trace")
        if filename and not filename.startswith("<"):
            self.recorder.see_file(path_of(filename))

    def _popen(self, args: Args, frame: Any) -> None:
        if callers.module(callers.outside("subprocess", frame)) == "platform" and _command(args) == "uname":
            self.recorder.see_fact("uname")
            return
        if natives.may_use("ctypes.util", callers.module(callers.outside_of(_LOOKS_FOR_LIBRARIES, frame))):
            self.recorder.see_file("/etc/ld.so.cache")
            return
        self.recorder.asks(FOR_CHILDREN)
        start = programs.started(args, frame)
        seen = not storage.names_benchmarks(frame)
        if start is None or not programs.note(self.recorder, start, seen=seen):
            self.recorder.runs(f"runs {_command(args)}")

    def _lock(self, args: Args, frame: Any) -> None:
        see_lock(self.recorder, args[0])

    def _device(self, args: Args, frame: Any) -> None:
        """How wide the terminal is, which a worker never has, alembic asks while it is imported."""
        if args[1] != _SIZE_OF_TERMINAL or args[0] not in (0, 1, 2) or os.isatty(args[0]):
            self._opaque("fcntl.ioctl", frame)

    def _control(self, args: Args, frame: Any) -> None:
        if args[1] in _LOCKS:
            see_lock(self.recorder, args[0])

    def _kill(self, args: Args, frame: Any) -> None:
        # a signal to oneself is no question to anybody
        if args[0] != os.getpid():
            self.recorder.incomplete("asks for another process, or ends it")

    def _dlopen(self, args: Args, frame: Any) -> None:
        if args[0] is None:
            return
        if natives.may_use("ctypes.dlopen", callers.module(callers.outside("ctypes", frame))):
            libraries.note(self.recorder)  # or once it is there, at the end
        else:
            self.recorder.unseen(f"loads {_word(args[0])} with ctypes")


_TMPFILE = getattr(os, "O_TMPFILE", -1)
# what --lf, --ff and --sw know (_pytest/cacheprovider.py, stepwise.py): nothing in them changes what a
# test does
_PYTESTS_OWN = ("/v/cache/lastfailed", "/v/cache/nodeids", "/v/cache/stepwise")
_OPAQUE = (
    "ctypes.",
    "sqlite3.",
    "os.getxattr",
    "os.listxattr",
    "syslog.",
    "winreg.",
    "_winapi.",
)
_HARMLESS = {"ctypes.dlopen"}


def _is_made_up(args: Args) -> bool:
    """Whether code is run that is no file's: dataclasses make four such functions for each class."""
    code = args[0] if args else None
    file = code.co_filename if type(code) is types.CodeType else ""
    return file[:1] == "<" and file != _FROZEN_OS


_FROZEN_OS = "<frozen os>"
# args may be anybody's; of no extension module nothing is asked that its finder has not told
_MOSTLY_NOTHING: Dict[str, Callable[[Args], bool]] = {
    "import": lambda args: args[1:2] == (None,),
    "exec": _is_made_up,
}
"""Events that come with each module, and when they say nothing: then nobody need know who has raised one."""
_LOOKS_FOR_LIBRARIES = ("subprocess", "ctypes")
_MOST_MEANINGLESS = 200
"""Names of events that are known to say nothing: anybody may raise one of any name."""
# thousands a project, of which none says anything
_FREQUENT = frozenset({"builtins.id", "object.__getattr__", "sys._getframe", "compile", "marshal.loads"})
# F_GETLK, F_SETLK and F_SETLKW, also of open files, by their numbers: the module fcntl may not be loaded
_LOCKS = {5, 6, 7, 36, 37, 38}


_SIZE_OF_TERMINAL = 0x5413  # TIOCGWINSZ, asm-generic/ioctls.h: the module termios may not be loaded


def _word(value: Any) -> str:
    return (
        os.path.basename(os.fsdecode(value)) if isinstance(value, (str, bytes, os.PathLike)) else str(value)
    )


def _command(args: Args) -> str:
    words = args[1]
    first = words if isinstance(words, (str, bytes)) else next(iter(words or ()), args[0])
    return _word(first).split(" ")[0] if first else "a program"


def install(recorder: Recorder, children: Children) -> None:
    """From here on the recorder hears of every event."""
    sys.addaudithook(Audit(recorder, children).hook())
