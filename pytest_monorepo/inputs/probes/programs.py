"""Programs whose reads are known from their words: what they look at is noted, and the trace stays complete.

A short list of those that were tried, found where a system has its own: another file of the name is another
program. Whatever else is about the process (the loader's variables, code run before it) makes it unknown.
"""

from __future__ import annotations

import os
import re
import signal
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from .. import callers, originals
from ..record import questions, values
from ..record.recorder import Recorder
from . import environ

__tracebackhide__ = True

# where distributions and the images of CI systems have them
_FOLDERS = ("/bin", "/usr/bin", "/usr/local/bin")
# what changes a program beside its words: ld.so(8), setlocale(3), mallopt(3), bash(1)
_NATIVE = (
    *("LD_", "LC_", "GCONV", "LOCPATH", "LANG", "MALLOC_", "GLIBC_", "POSIXLY_CORRECT"),
    *("BASH", "ENV", "SHELLOPTS"),
)

Words = Sequence[str]


class Start:
    """A process that is about to start: ``words`` its command, ``variables`` its environment.

    ``fed``: whoever starts it writes what it reads as its standard input.
    """

    def __init__(
        self, executable: Any, words: Any, folder: Any, variables: Any, *, fed: bool = False
    ) -> None:
        self.fed = fed
        self.executable = os.fsdecode(executable)
        self.words = [os.fsdecode(word) for word in words]
        self.folder = originals.path_of(folder)
        given = environ.snapshot() if variables is None else variables
        self.variables: Dict[str, str] = {os.fsdecode(k): os.fsdecode(v) for k, v in given.items()}


def started(args: Sequence[Any], frame: Any) -> Optional[Start]:
    """What the event of ``subprocess`` tells; ``None`` where more happens than the program's start."""
    inside = frame.f_locals if frame is not None and frame.f_code.co_name == "_execute_child" else {}
    more = [inside.get(name, -1) for name in _MORE if name != "umask" and name in inside]
    if "preexec_fn" not in inside or any(one not in (None, (), []) for one in more):
        return None
    if inside.get("umask", -1) != -1 or isinstance(args[1], (str, bytes)):
        return None
    try:
        # subprocess.PIPE, of which the other end is at hand
        return Start(*args[:4], fed=inside.get("p2cwrite", -1) != -1)
    except (TypeError, ValueError, OSError):
        return None


_MORE = ("preexec_fn", "pass_fds", "uid", "gid", "gids", "umask")


def note(recorder: Recorder, start: Start, *, seen: bool = True) -> bool:
    """Note what the program reads; whether it is known at all. ``seen``: a test can see what git answers."""
    if _is_nowhere(recorder, start):
        return True
    initial = recorder.began_with if recorder.initial is None else recorder.initial
    # platform.architecture() has its question answered in no language
    of_kind = _is_of_kind(start)
    told = {**initial, "LC_ALL": "C"} if of_kind else initial
    names = {*start.variables, *initial}
    if any(n.startswith(_NATIVE) and start.variables.get(n) != told.get(n) for n in names):
        return False
    if not start.words or os.path.basename(start.executable) != os.path.basename(start.words[0]):
        return False  # Popen(["cat", "x"], executable="awk"): its name is no more than a word to it
    # git is asked again instead: what it reads is its own affair
    kind = questions.ANSWER + " ".join(start.words)
    if kind in questions.KINDS:
        return _asks(recorder, start, kind, seen=seen)
    if of_kind:
        return _tells_kind(recorder, start)
    read = reads(start.words)
    if read is None or (STANDARD_INPUT in read and not start.fed):
        return False
    program = _found(recorder, start)
    if program is None:
        return False
    recorder.see_now("type", start.folder)
    recorder.see_file(program)
    for path in read:
        if path != STANDARD_INPUT:
            recorder.see_file(os.path.join(start.folder, path))
    return True


def _is_nowhere(recorder: Recorder, start: Start) -> bool:
    """Whether there is no such program, so that none starts: each place where it could be was looked at."""
    if "/" in start.executable or not start.variables.get("PATH"):
        return False
    folders = start.variables["PATH"].split(os.pathsep)
    places = [os.path.join(start.folder, folder, start.executable) for folder in folders]
    if any(values.now("ltype", place) is not None for place in places):
        return False
    recorder.see_variable("PATH", start.variables["PATH"])
    recorder.see_now("type", start.folder)
    for place in places:
        recorder.see_now("ltype", place)
    return True


def _asks(recorder: Recorder, start: Start, kind: str, *, seen: bool) -> bool:
    """Note the answer that git gives; what it is asked of folders of the tests' own is another matter."""
    initial = recorder.began_with if recorder.initial is None else recorder.initial
    names = {name for name in (*start.variables, *initial) if name.startswith("GIT_")}
    names.update(questions.VARIABLES)
    if any(start.variables.get(name) != initial.get(name) for name in names) or _hears_of_children():
        return False
    told = any(n.startswith("GIT_") and not n.startswith(questions.OF_NO_MATTER) for n in initial)
    folder = asked_in(recorder, start.folder)
    if told or folder is None:
        return False
    program = _looked_up(recorder, start, start.executable)
    if program is None:
        return False
    recorder.see_file(program)
    recorder.see_now("type", folder)
    for name in questions.VARIABLES:
        recorder.see_variable(name, initial.get(name))
    if seen:
        recorder.see(kind, folder, lambda: questions.answer(kind, str(folder), initial))
    return True


def asked_in(recorder: Recorder, folder: str) -> Optional[str]:
    """Where git's answer is looked for later; ``None`` in a folder that the tests have made.

    A fork server stands in one of the run, in which there is no repository: what lies above it is asked.
    """
    if recorder.initial is None:
        while recorder.place(folder) is None or os.path.basename(folder).startswith(_OF_THE_RUN):
            folder = os.path.dirname(folder)
    return folder if recorder.place(folder) is not None else None


_OF_THE_RUN = "pytest-monorepo-"


def _hears_of_children() -> bool:
    """Whether the tests would hear of a process that we start for ourselves.

    A fork server hears of its workers: that handler is ours.
    """
    handler = signal.getsignal(signal.SIGCHLD)
    ours = str(getattr(handler, "__module__", "")).startswith(callers.OURS)
    return handler != signal.SIG_DFL and not ours


def _is_of_kind(start: Start) -> bool:
    """Whether ``platform.architecture`` asks what a file is: ``file -b`` and a whole path, in no language."""
    words = start.words
    asked = len(words) == 3 and os.path.basename(words[0]) == "file" and words[1] == "-b"
    return asked and os.path.isabs(words[2]) and start.variables.get("LC_ALL") == "C"


def _tells_kind(recorder: Recorder, start: Start) -> bool:
    """Note what ``file`` looks at: a regular file, and the tables that tell kinds apart, see file(1)."""
    path = start.words[2]
    if values.now("ltype", path) != "file" or path.endswith(originals.SUFFIX_OF_BYTECODE):
        return False  # of bytecode it is the source that counts elsewhere
    if "MAGIC" in start.variables:
        return False
    program = _looked_up(recorder, start, start.executable)
    if program is None:
        return False
    recorder.see_variable("MAGIC", None)
    home = start.variables.get("HOME")
    recorder.see_variable("HOME", home)
    own = [os.path.join(start.folder, home, name) for name in _OWN_TABLES] if home else []
    for kind in ("ltype", "mode"):
        recorder.see_now(kind, path)
    for read in (program, path, *own, *_TABLES):
        recorder.see_file(read)
    return True


_OWN_TABLES = (".magic", ".magic.mgc")
# of Debian, Fedora, Arch and Alpine, compiled or not
_TABLES = tuple(
    f"{folder}/magic{suffix}"
    for folder in ("/etc", "/usr/share/misc", "/usr/share/file/misc", "/usr/share/file")
    for suffix in ("", ".mgc")
)


STANDARD_INPUT = "-"
"""As ``cat`` calls it, whose file of that name is ``./-``."""


def reads(words: Words) -> Optional[List[str]]:
    """The files that a command reads; ``None`` for one that is not known. Pure."""
    rule = _RULES.get(os.path.basename(words[0])) if words else None
    return rule(list(words[1:])) if rule is not None else None


def _nothing(words: List[str]) -> Optional[List[str]]:
    return []


def _files(words: List[str]) -> Optional[List[str]]:
    if any(word.startswith("-") and word != STANDARD_INPUT for word in words):
        return None
    return words or [STANDARD_INPUT]


def _waits(words: List[str]) -> Optional[List[str]]:
    """``sleep 0.1``: GNU's has options and units, others do not."""
    return [] if words and all(map(_NUMBER.match, words)) else None


_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?\Z")


def _shell(words: List[str]) -> Optional[List[str]]:
    """``sh -c 'cat x'``: of plain words, which the shell leaves as they are."""
    if len(words) < 2 or words[0] != "-c" or not _PLAIN.match(words[1]):
        return None
    inner = words[1].split()
    if inner and inner[0] in _BUILTIN:
        return []
    if not inner or os.path.basename(inner[0]) in _SHELLS:
        return None
    # its own look for the program is that of who has started the shell
    return reads(inner) if "/" not in inner[0] or os.path.isabs(inner[0]) else None


_PLAIN = re.compile(r"[A-Za-z0-9_./:,@+ -]*\Z")
_BUILTIN = ("true", "false", "echo", "exit", ":")
_SHELLS = ("sh",)
_RULES: Mapping[str, Callable[[List[str]], Optional[List[str]]]] = {
    "true": _nothing,
    "false": _nothing,
    "echo": _nothing,
    "cat": _files,
    "sleep": _waits,
    "sh": _shell,
}


def _found(recorder: Recorder, start: Start) -> Optional[str]:
    """The program's file; ``None`` unless each that would run is a system's own."""
    names = [start.executable]
    if os.path.basename(start.words[0]) in _SHELLS:
        inner = start.words[2].split()[0]
        names += [] if inner in _BUILTIN else [inner]
    found = [_looked_up(recorder, start, name) for name in names]
    if None in found:
        return None
    for path in found[1:]:
        recorder.see_file(str(path))
    return found[0]


def _looked_up(recorder: Recorder, start: Start, name: str) -> Optional[str]:
    if "/" in name:
        candidates = [name]
    else:
        recorder.see_variable("PATH", start.variables.get("PATH"))
        candidates = [os.path.join(one, name) for one in start.variables.get("PATH", "").split(os.pathsep)]
    for candidate in candidates:
        path = os.path.join(start.folder, candidate)
        recorder.see_now("type", path)
        recorder.see_now("access1", path)
        if values.now("type", path) == "file":
            return path if _is_the_systems(path) else None
    return None


def _is_the_systems(path: str) -> bool:
    """Whether it is a program, and no script, in a folder that belongs to the system."""
    if os.path.dirname(path) not in _FOLDERS:
        return False
    try:
        with open(path, "rb") as stream:
            return stream.read(4) == b"\x7fELF"
    except OSError:
        return False
