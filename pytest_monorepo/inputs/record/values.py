"""The value of one input now: what was seen is compared with what would be seen.

An input is a kind and an absolute path. The worker takes the value when it is first asked for; the controller
asks again after the run, and before the next one. Plain data that JSON holds; ``None`` is "not there".
"""

from __future__ import annotations

import errno
import fnmatch
import functools
import hashlib
import os
import stat as modes
from typing import Any, Callable, Dict, List, Optional, Sequence

from .. import originals, storage, tables
from ..originals import BYTECODE
from . import questions

Value = Any


def now(kind: str, path: str) -> Value:
    """The value of an input of any kind but ``file``, whose content is the controller's to read."""
    return questions.answer(kind, path) if kind in questions.KINDS else _KINDS[kind](path)


def fingerprint(path: str) -> Value:
    """What changes when a file is written: size, times and inode; a word for what is no file."""
    return _asked(path, originals.stat, fingerprint_of)


def status(path: str) -> Any:
    """What ``stat`` answers; of what cannot be asked for the value that all :data:`FOLLOWED` have."""
    return _asked(path, originals.stat, lambda result: result)


def fingerprint_of(result: os.stat_result) -> Value:
    """The same, of what is known."""
    return of_regular(result) if modes.S_ISREG(result.st_mode) else _type(result)


def of_regular(result: os.stat_result) -> List[int]:
    """The fingerprint of a plain file."""
    return [result.st_size, result.st_mtime_ns, result.st_ctime_ns, result.st_ino]


def of_stat(kind: str, result: Optional[os.stat_result]) -> Value:
    """The value of one of the kinds that ``stat`` answers; ``None`` where there was no answer."""
    return None if result is None else _OF_STAT[kind](result)


def of_error(error: OSError) -> Value:
    """That there is nothing, or why it cannot be asked for."""
    return None if error.errno in (errno.ENOENT, errno.ENOTDIR) else f"{_ERROR}{error.errno}"


_ERROR = "error "


def is_error(value: Value) -> bool:
    """Whether it is what :func:`of_error` says of something that is there."""
    return isinstance(value, str) and value.startswith(_ERROR)


def _type(result: os.stat_result) -> str:
    mode = result.st_mode
    tests = (("file", modes.S_ISREG), ("folder", modes.S_ISDIR), ("link", modes.S_ISLNK))
    return next((word for word, test in tests if test(mode)), "other")


def _everything(result: os.stat_result) -> List[int]:
    times = (result.st_mtime_ns, result.st_ctime_ns)
    return [
        *(result.st_mode, result.st_ino, result.st_dev, result.st_nlink, result.st_uid, result.st_gid),
        *(result.st_size, *times),
    ]


def _identity(result: os.stat_result) -> List[int]:
    return [result.st_dev, result.st_ino]


_OF_STAT: Dict[str, Callable[[os.stat_result], Value]] = {
    # a folder is as if nothing were there
    "regular": lambda result: modes.S_ISREG(result.st_mode) or None,
    "type": _type,
    "ltype": _type,
    "size": lambda result: result.st_size,
    "mode": lambda result: result.st_mode,
    "times": lambda result: [result.st_mode, result.st_mtime_ns],
    "identity": _identity,
    "stat": _everything,
    "lstat": _everything,
}
_NOT_FOLLOWED = {"ltype", "lstat"}
FOLLOWED = frozenset(_OF_STAT) - _NOT_FOLLOWED
"""The kinds that are told of what a link leads to."""


def _asked(path: str, ask: Callable[..., Any], read: Callable[[Any], Value]) -> Value:
    try:
        return read(ask(path))
    except OSError as error:
        return of_error(error)
    except ValueError:  # a null byte
        return None


def _text(path: str) -> str:
    with open(path, encoding="ascii", errors="replace") as stream:
        return stream.read()


def _stat_kind(kind: str) -> Callable[[str], Value]:
    ask = originals.lstat if kind in _NOT_FOLLOWED else originals.stat
    return lambda path: _asked(path, ask, _OF_STAT[kind])


def _accessible(mode: int, follow: bool) -> Callable[[str], Value]:
    return lambda path: originals.access(path, mode, follow_symlinks=follow)


def names(path: str) -> Value:
    """The names in a folder, sorted."""
    return _asked(path, originals.listdir, sorted)


def types(path: str) -> Value:
    """The names in a folder with what each is, as a scan tells without asking for more."""

    def read(entries: Any) -> List[str]:
        with entries:
            return sorted(entry.name + _mark(entry) for entry in entries)

    return _asked(path, originals.scandir, read)


def _mark(entry: Any) -> str:
    if entry.is_symlink():
        return "@"
    if entry.is_dir(follow_symlinks=False):
        return "/"
    return "" if entry.is_file(follow_symlinks=False) else "="


def to_collect(listed: Value) -> Value:
    """Types as those see them who take modules and pytest's texts alone: of files what ends like one.

    Of pytest's own hooks one takes ``*.py`` (_pytest/python.py), one these and, without ``--doctest-glob``,
    ``test*.txt`` (_pytest/doctest.py); coverage.py walks through its sources for ``*.py`` and ``*.pyw``.
    """
    if not isinstance(listed, list):
        return listed
    return [name for name in without_bytecode(listed) if name.endswith("/") or is_to_collect(name)]


def is_to_collect(name: str) -> bool:
    """Whether a file, or a link to what nobody knows, may be a module or a text of pytest's."""
    return name.endswith((".py", ".pyw", "@", "=")) or fnmatch.fnmatch(name, "test*.txt")


def to_descend(path: str, *, hidden: bool) -> Value:
    """As :func:`to_collect`, without the folders in which there is nothing of it.

    Without ``hidden`` none counts whose name begins with a dot: by default pytest goes into no such folder
    (``norecursedirs``).
    """
    listed = to_collect(types(path))
    if listed is None:
        return []  # the folder that held it says so, if there was anything in it
    if not isinstance(listed, list):
        return listed
    return [name for name in listed if not name.endswith("/") or _is_to_descend(path, name, hidden=hidden)]


def _is_to_descend(folder: str, name: str, *, hidden: bool) -> bool:
    return (hidden or not name.startswith(".")) and may_hold_code(os.path.join(folder, name[:-1]))


def may_hold_code(folder: str) -> bool:
    """Whether something at any depth may be collected; so it is where there is too much to look through."""
    left, pending = _MOST, [folder]
    while pending:
        try:
            with originals.scandir(pending.pop()) as entries:
                for entry in entries:
                    left -= 1
                    name = entry.name + _mark(entry)
                    if left < 0 or (not name.endswith("/") and is_to_collect(name)):
                        return True
                    if name.endswith("/") and without_bytecode([name]):
                        pending.append(entry.path)
        except OSError:
            return True
    return False


_MOST = 500
"""How many entries of a folder are looked through. All are counted, so that their order says nothing."""


def without_bytecode(listed: Value) -> Value:
    """A listing as those see it who do not look at what Python itself leaves in a folder."""
    if not isinstance(listed, list):
        return listed
    return [name for name in listed if name.rstrip("/") not in (BYTECODE, ".pytest_cache")]


def distributions(listed: Value) -> Value:
    """A listing as those see it who look for installed distributions."""
    if not isinstance(listed, list):
        return listed
    return [name for name in listed if name.lower().endswith((".dist-info", ".egg-info", ".egg"))]


def path_files(listed: Value) -> Value:
    """A listing as ``site`` sees it, which reads and runs what ends in ``.pth``."""
    return [name for name in listed if name.endswith(".pth")] if isinstance(listed, list) else listed


def test_folders(path: str) -> Value:
    """The folders of which pytest loads the conftests at first: a listing of those named ``test*``."""
    listed = names(path)
    if not isinstance(listed, list):
        return listed
    # _pytest/config: anchors, and the folders "test*" in them
    return [n for n in listed if n.startswith("test") and now("type", os.path.join(path, n)) == "folder"]


PATH_LIMITS = (
    *("PC_CHOWN_RESTRICTED", "PC_LINK_MAX", "PC_MAX_CANON", "PC_MAX_INPUT", "PC_NAME_MAX", "PC_NO_TRUNC"),
    *("PC_PATH_MAX", "PC_PIPE_BUF", "PC_VDISABLE"),
)
"""Names for ``os.pathconf`` of what is built in, or comes with a file system: POSIX' own."""


def path_limit(name: str) -> str:
    """The kind that it is."""
    return f"os.pathconf {name}"


def _path_limit(name: str) -> Callable[[str], Value]:
    def ask(path: str) -> Value:
        # of some names the C library answers without a look at the path
        if originals.pathconf is None or not originals.exists(path):
            return None
        return _asked(path, lambda one: originals.pathconf(one, name), int)

    return ask


def _table(kind: str) -> Callable[[str], Value]:
    return lambda path: _asked(path, functools.partial(tables.read, kind), str)


_KINDS: Dict[str, Callable[[str], Value]] = {
    **{kind: _stat_kind(kind) for kind in _OF_STAT},
    **{f"access{mode}": _accessible(mode, True) for mode in range(8)},
    **{f"laccess{mode}": _accessible(mode, False) for mode in range(8)},
    # where it lies: for what has the absolute path in its text
    "place": lambda path: path if originals.exists(path) else None,
    "link": lambda path: _asked(path, originals.readlink, str),
    "limits": lambda path: _asked(path, _text, str),
    **{path_limit(name): _path_limit(name) for name in PATH_LIMITS},
    "names": names,
    "types": types,
    "test folders": test_folders,
    "names of code": lambda path: without_bytecode(names(path)),
    "distributions": lambda path: distributions(names(path)),
    "path files": lambda path: path_files(names(path)),
    **{kind: _table(kind) for kind in tables.KINDS},
    storage.CONSTANTS: lambda path: _asked(path, storage.read, lambda found: found),
    "types of code": lambda path: without_bytecode(types(path)),
    "types of tests and of code": lambda path: to_collect(types(path)),
    "types with folders of code": lambda path: to_descend(path, hidden=True),
    "types with plain folders of code": lambda path: to_descend(path, hidden=False),
}
KINDS = frozenset(_KINDS) | {"file"} | frozenset(questions.KINDS)


def lookup(folder: str, name: str, suffixes: Sequence[str], listed: Optional[Any] = None) -> List[str]:
    """What in a folder could be the module ``name``; for a folder with what would make it a package.

    ``listed`` are the folder's names where they are known. ``suffixes`` are those of the interpreter asked
    for, as ``importlib.machinery.all_suffixes`` has them.
    """
    if listed is None:
        listed = names(folder)
        listed = set(listed) if isinstance(listed, list) else ()
    found = [name + suffix for suffix in suffixes if name + suffix in listed]
    if name in listed:
        found.append(_package(os.path.join(folder, name), suffixes))
    return found


def _package(path: str, suffixes: Sequence[str]) -> str:
    """``name/`` with the suffixes of the ``__init__`` in it, ``name`` where it is no folder."""
    name = os.path.basename(path)
    if _KINDS["type"](path) != "folder":
        return name
    inits = [suffix for suffix in suffixes if _KINDS["type"](os.path.join(path, "__init__" + suffix))]
    return f"{name}/{','.join(inits)}"


def fact(name: str) -> Value:
    """What the machine answers to a question that names no file."""
    return _FACTS[name]()


SQL_CLOCK = "clock or chance, asked by SQLite"
"""Only that somebody asks: the answer would be another each time."""

PROGRAMS_CLOCK = "clock or chance, asked by a program"
"""Likewise: that one runs of which it is not known."""

LIMITS = (
    *("SC_NPROCESSORS_ONLN", "SC_NPROCESSORS_CONF", "SC_PHYS_PAGES", "SC_PAGE_SIZE", "SC_PAGESIZE"),
    *("SC_CLK_TCK", "SC_SEM_NSEMS_MAX", "SC_IOV_MAX"),
)
"""Names for ``os.sysconf`` of what is set, or built in: who starts workers asks it for the processors."""


def limit(name: str) -> str:
    """The fact that it is."""
    return f"os.sysconf({name!r})"


def _limit(name: str) -> Value:
    try:
        return originals.sysconf(name)
    except (OSError, ValueError):
        return None


_FACTS: Dict[str, Callable[[], Value]] = {
    **{limit(name): functools.partial(_limit, name) for name in LIMITS},
    **dict.fromkeys((SQL_CLOCK, PROGRAMS_CLOCK), lambda: None),
    "system": lambda: originals.uname().sysname if originals.uname is not None else None,
    "machine": lambda: originals.uname().machine if originals.uname is not None else None,
    "uname": lambda: list(originals.uname()) if originals.uname is not None else None,
    "cpu_count": originals.cpu_count,
    "sched_getaffinity": lambda: sorted(originals.affinity(0)) if originals.affinity is not None else None,
    "user": originals.user,
    "processor": lambda: _processor(),
    "line editing": lambda: _line_editing(),
    "ipv6": lambda: originals.exists("/proc/net/if_inet6"),
}
FACTS = frozenset(_FACTS)


def _line_editing() -> Value:
    """What GNU readline reads when pytest loads it: by content, since each user has a home."""
    known = {os.fsdecode(name): os.fsdecode(value) for name, value in dict.items(_environ._data)}
    own = known.get("INPUTRC") or os.path.join(known.get("HOME", ""), ".inputrc")
    found: List[Value] = []
    for path in (own, "/etc/inputrc"):
        try:
            with open(path, "rb") as stream:
                found.append(hashlib.sha256(stream.read()).hexdigest())
        except OSError:
            found.append(None)
    return found


_environ: Any = os.environ


def _processor() -> Value:
    """What numerical libraries choose their code by; none where the system does not tell."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as stream:
            lines = [line for line in stream if line.startswith(("model name", "flags", "Features"))]
    except OSError:
        return None
    return sorted({" ".join(line.split()) for line in lines})
