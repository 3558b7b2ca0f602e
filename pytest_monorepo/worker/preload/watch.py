"""Watches one import: whether it is the same here, before a fork, as in a project's own process.

It is where the import leaves nothing that a fork loses or shares, and asks for nothing that differs between
two projects. What it asks the environment for is told, since only whoever knows the projects can judge that.
"""

from __future__ import annotations

import atexit
import codecs
import gc
import logging
import os
import pkgutil
import random
import sys
import tempfile
import time
import warnings
from typing import Any, Callable, List, Optional, Sequence, Set

from ..process import forking, frozen
from . import asking, harmless, homes, noting, state
from .homes import is_standard
from .noting import Importer, NotingCallers, Stand

_OURS = (__name__, Stand.__module__)
_PATHS = (
    *(*_OURS, "os", "posixpath", "ntpath", "genericpath"),
    *("pathlib", "pathlib._local", "pathlib._abc", "pathlib._os"),
)
"""They pass on what others look for."""
_STREAMS = ("stdout", "stderr", "stdin")
_PROCESSES = "multiprocessing.process"
_DRAWING = (*_OURS, "random", "secrets", "uuid")


class Watch:
    """Around one import; then ``reasons`` say why it cannot be shared, and ``reads`` are variables.

    ``name`` is the module's. Nothing else may run meanwhile, nor since the import before, which ``known``
    has been through.
    """

    def __init__(self, name: str, known: Optional[state.Known] = None) -> None:
        self.name = name
        self.known = known or state.Known()
        self.reasons: List[str] = []
        self.reads: Set[str] = set()
        self._undo: List[Callable[[], None]] = []
        self._stands: List[Stand] = [Stand(None, None)]  # nobody ever takes the first one
        self._lookers: List[str] = []
        self._types = asking.Types(self._say)
        self._importer = Importer(lambda caller: self._say("asks who imports it"))

    def __enter__(self) -> Watch:
        self._warnings = warnings.catch_warnings(record=True)
        self._warned: Any = self._warnings.__enter__()
        warnings.simplefilter("always")
        self._written = state.size_of_output()
        self._callbacks = state.callbacks()
        self.known.learn()
        self._listen()
        return self

    def __exit__(self, *error: object) -> None:
        frozen.freeze()  # garbage says what it has to say, and nobody looks for it again
        self._types.end()
        while self._undo:
            self._undo.pop()()
        self._look_at_streams()
        self._compare()
        # these hold this, which has been frozen: it would stay for ever, with all workers
        self._stands.clear()
        self._streams.clear()
        del self._importer, self._types
        self._warnings.__exit__(None, None, None)
        if error[0] is not None:
            self._say(f"cannot be imported ({error[1]!r})")

    def _say(self, reason: str) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)

    # -- what it does meanwhile

    def _listen(self) -> None:
        self._collect_nothing()
        self._patch(atexit, "register", self._registering(atexit.register, "a function for the end"))
        if hasattr(os, "register_at_fork"):
            told = self._registering(os.register_at_fork, "a function for forks")
            self._patch(os, "register_at_fork", told)
        self._patch(os, "getpid", self._asking(os.getpid, "asks for the process id", (*_PATHS, _PROCESSES)))
        self._patch(os, "getcwd", self._asking(os.getcwd, "asks for the working directory"))
        for name in ("stat", "lstat", "access", "readlink"):
            self._patch(os, name, self._looking(getattr(os, name)))
        for holder, name in ((os, "urandom"), (random, "_urandom")):
            self._patch(holder, name, self._drawing(getattr(holder, name)))
        # of this one there is no event
        self._patch(tempfile, "mktemp", self._asking(tempfile.mktemp, "takes the name of a temporary file"))
        self._patch(pkgutil, "iter_modules", self._listing(pkgutil.iter_modules))
        self._patch(random.Random, "seed", self._seeding(random.Random.seed))
        shared: Any = vars(random)["_inst"]
        self._patch(random, "seed", lambda *args, **named: shared.seed(*args, **named))
        self._patch(codecs, "register", self._asking(codecs.register, "registers a codec"))
        self._patch(codecs, "register_error", self._naming(codecs.register_error))
        for holder, name, words in asking.functions():
            self._patch(holder, name, self._asking(getattr(holder, name), words))
        for holder, name, stand in asking.clocks_and_errors(self._asked):
            self._patch(holder, name, stand)
        self._patch(logging.Logger, "__getattribute__", asking.of_loggers(self._asked))
        self._hear_of_variables()
        self._keep_streams()
        self._keep_lists()
        self._keep_modules()
        _AUDITING.append(self)

    def _collect_nothing(self) -> None:
        """The server looks for garbage once, when this is imported, and not again and again meanwhile."""
        threshold = gc.get_threshold()
        gc.set_threshold(0)
        self._undo.append(lambda: gc.set_threshold(*threshold))
        for name, does in (("get_threshold", "asks"), ("set_threshold", "says")):
            self._patch(gc, name, self._asking(getattr(gc, name), f"{does} when garbage is collected"))

    def _patch(self, holder: Any, name: str, value: Any) -> None:
        original = vars(holder).get(name, self)
        setattr(holder, name, value)
        if isinstance(value, Stand):
            self._stands.append(value)

        def back() -> None:
            if vars(holder).get(name) is not value:
                self._say(f"replaces {holder.__name__}.{name}")
            if original is self:
                delattr(holder, name)
            else:
                setattr(holder, name, original)

        self._undo.append(back)

    def _registering(self, original: Any, what: str) -> Any:
        def register(*functions: Any, **named: Any) -> Any:
            caller = _caller(_OURS)
            if not is_standard(caller):
                self._say(f"registers {what} ({caller})")
            self._callbacks += bool(functions)
            return original(*functions, **named)

        return Stand(register, original)

    def _asking(self, original: Any, words: str, passed: Sequence[str] = _PATHS) -> Any:
        def ask(*args: Any, **named: Any) -> Any:
            self._asked(words, _caller(passed))
            return original(*args, **named)

        return Stand(ask, original)

    def _asked(self, words: str, caller: str) -> None:
        # who asks for distributions asks ours, which notes it; Python's own looks at the path as well
        if not is_standard(caller) and not caller.startswith(homes.OURS):
            self._say(f"{words} ({caller})")

    def _naming(self, original: Any) -> Any:
        def register(name: str, handler: Any) -> Any:
            caller = _caller(_OURS)
            # one that is named after its package nobody else means
            if not is_standard(caller) and name.partition(".")[0] != caller.partition(".")[0]:
                self._say(f"registers a codec's handler {name} ({caller})")
            return original(name, handler)

        return Stand(register, original)

    def _looking(self, original: Any) -> Any:
        def look(path: Any, *args: Any, **named: Any) -> Any:
            if named.get("dir_fd") is None and homes.is_relative(path) and not is_standard(_caller(_PATHS)):
                self._say(f"looks below the working directory ({os.fspath(path)})")
            elif homes.is_of_process(path):
                self._asked("asks the system for its process", _caller(_PATHS))
            return original(path, *args, **named)

        return Stand(look, original)

    def _listing(self, original: Any) -> Any:
        def modules(path: Any = None, prefix: str = "") -> Any:
            if path is None:
                self._say("looks at all modules that there are")
            return original(path, prefix)

        return Stand(modules, original)

    def _drawing(self, original: Any) -> Any:
        def draw(size: int) -> Any:
            caller = _caller(_DRAWING)
            if not is_standard(caller) and caller not in harmless.DRAWERS:
                self._say(f"draws random numbers ({caller})")
            return original(size)

        return Stand(draw, original)

    def _seeding(self, original: Any) -> Any:
        def seed(generator: Any, *args: Any, **named: Any) -> Any:
            caller = _caller(("random", *_OURS))
            if not (args and args[0] is not None) and not is_standard(caller):
                self._say(f"makes a generator of random numbers ({caller})")
            return original(generator, *args, **named)

        return seed

    def _hear_of_variables(self) -> None:
        kind: Any = type(os.environ)
        get, iterate = kind.__getitem__, kind.__iter__

        def getitem(environ: Any, name: str) -> Any:
            if _caller(_MAPPINGS) not in harmless.WHOLE_READERS:
                self.reads.add(name if isinstance(name, str) else os.fsdecode(name))
            return get(environ, name)

        def iterated(environ: Any) -> Any:
            caller = _caller(_MAPPINGS)
            if caller not in harmless.WHOLE_READERS:
                self._say(f"reads the whole environment ({caller})")
            return iterate(environ)

        self._patch(kind, "__getitem__", getitem)
        self._patch(kind, "__iter__", iterated)

    def _keep_streams(self) -> None:
        """Whoever keeps a stream now keeps it from before pytest captures."""
        self._streams = [asking.Stream(name, self._asked) for name in _STREAMS]
        self._counts = list(map(sys.getrefcount, self._streams))
        for number, name in enumerate(_STREAMS):
            self._patch(sys, name, self._streams[number])

    def _keep_lists(self) -> None:
        """Where modules lie is another list in each project, and the command line another one in each run.

        So are who finds them, and what of warnings is shown.
        """
        self._keep("path", lambda caller: self._asked("looks at sys.path", caller))
        self._keep("argv", lambda caller: self._say("reads the command line"))
        self._keep("meta_path", self._lookers.append)
        self._undo += [noting.keep_finders(self._asked), noting.keep_filters(self._asked)]

    def _keep(self, name: str, asked: Callable[[str], None]) -> None:
        original = getattr(sys, name)
        noted = NotingCallers(original, asked)
        setattr(sys, name, noted)
        holders = sys.getrefcount(noted)

        def back() -> None:
            if getattr(sys, name) is noted:
                original[:] = list.copy(noted)
            else:
                self._say(f"changes sys.{name}")
            setattr(sys, name, original)
            if sys.getrefcount(noted) >= holders:  # sys itself has let go of it
                self._say(f"keeps sys.{name}")

        self._undo.append(back)

    def _keep_modules(self) -> None:
        """Which of them a project has loaded by then is its own affair."""
        original = sys.modules
        noted = sys.modules = asking.Modules(original, self.known.modules, self._asked)
        holders = sys.getrefcount(noted)

        def back() -> None:
            if sys.modules is not noted:
                self._say("replaces sys.modules")
            sys.modules = original
            if sys.getrefcount(noted) >= holders:  # sys itself has let go of it
                self._say("keeps sys.modules")

        self._undo.append(back)

    def _look_at_streams(self) -> None:
        counts = list(map(sys.getrefcount, self._streams))
        for number, name in enumerate(_STREAMS):
            if counts[number] > self._counts[number]:
                self._say(f"keeps sys.{name}")
            self._streams[number].flush()
            if self._streams[number].written():
                self._say(f"prints to {name}")

    def load(self) -> None:
        """Import it; who looks at the frame that does, by whichever way, is heard."""
        self._importer.load(self.name)

    def heard(self, event: str, args: Any) -> None:
        """An audit event."""
        if event == _OF_FRAMES:
            if self._importer.is_outside(args[0]):
                self._say("asks who imports it")
        elif event == "exec":
            self._types.look(args[0])
        elif event == "open" and isinstance(args[0], str) and not os.path.isabs(args[0]):
            self._say(f"reads below the working directory ({args[0]})")
        elif event == "open" and homes.is_of_process(args[0]):
            self._asked("asks the system for its process", _caller(_PATHS))
        elif event in _LISTS:  # Python looks for distributions there, too
            if homes.is_relative(args[0]) and not is_standard(_caller((*_PATHS, "glob"))):
                self._say("looks below the working directory")
        elif event.startswith("tempfile."):
            self._say("makes a temporary file or folder")
        elif event in _LIMITS:
            self._say(_LIMITS[event])
        elif event in _STARTS:
            self._say("starts a program")
        elif event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
            self._say("uses the network")

    # -- what is left

    def _compare(self) -> None:
        _AUDITING.remove(self)
        for warning in self._warned:
            self._say(f"warns ({warning.category.__name__}: {warning.message})")
        for change in self.known.changes():
            self._say(change)
        for caller in self._lookers:
            if caller.rpartition(".")[2] != "six":  # it looks whether its own finder is there already
                self._asked("looks at sys.meta_path", caller)
        if state.callbacks() > self._callbacks:
            self._say("registers a function for the end past atexit.register")
        if state.size_of_output() != self._written:
            self._say("prints past Python")
        for name, module in self.known.modules.items():
            if sys.modules.get(name) is not module:
                self._say(f"replaces the module {name}")
        if self._taken():
            came = sys.modules.keys() - self.known.modules.keys()
            noting.give_back([sys.modules[name] for name in came], self._taken)
            with frozen.in_sight():
                self._give_back_elsewhere()
        if forking.native_threads() > 1:
            self._judge_threads()

    def _give_back_elsewhere(self) -> None:
        """Where they are in nobody's sight they stay, and do from now on what they stand for."""
        if not (taken := self._taken()):
            return
        noting.give_back_to_holders(taken, self._stands)
        taken.clear()  # which has them, too
        taken += self._taken()
        for stand in taken:
            stand.function = stand.original
            kinds = {type(one).__module__ for one in noting.holders(stand, [self._stands, taken])}
            if (not kinds or kinds - {*harmless.HOLDERS}) and stand.original in vars(time).values():
                self._say(f"keeps time.{stand.original.__name__}")

    def _taken(self) -> List[Stand]:
        """What stood in for a function, and somebody has taken by its name."""
        counts = list(map(sys.getrefcount, self._stands))
        return [self._stands[place] for place, count in enumerate(counts) if count > counts[0]]

    def _judge_threads(self) -> None:
        if not any(name in sys.modules for name in harmless.NATIVE_POOLS):
            self._say("starts native threads")
            return
        pid = os.fork()
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        if forking.native_threads() > 1:
            self._say("starts native threads")


_STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn")
_LISTS = ("os.listdir", "os.scandir")
_LIMITS = {
    "resource.setrlimit": "sets limits of the process",
    "resource.prlimit": "sets limits of the process",
    "sys.addaudithook": "adds an audit hook",
}
_OF_FRAMES = "object.__getattr__"
_TELLING = frozenset(("open", "exec", "tempfile.mkdtemp", "tempfile.mkstemp", *_LISTS, *_STARTS, *_LIMITS))
_MAPPINGS = ("collections.abc", "_collections_abc", "os")
_AUDITING: List[Watch] = []


def listen() -> None:
    """Once in a process: what is heard of cannot be unheard, and costs a look while nothing is watched."""

    def hook(event: str, args: Any) -> None:
        # of an import's thousands of events few tell anything
        if not _AUDITING:
            return
        if event in _TELLING or event[:7] == "socket." or (event == _OF_FRAMES and args[1] == "f_code"):
            _AUDITING[-1].heard(event, args)

    sys.addaudithook(hook)


def _caller(passed: Sequence[str]) -> str:
    """The module that is running, those that only passed the call on left out."""
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_globals.get("__name__") in passed:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", ""))
