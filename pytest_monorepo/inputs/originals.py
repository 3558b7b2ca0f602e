"""What this package itself asks the system with: the functions as they were before they were wrapped."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import sys
import types
from typing import Any, Callable, Iterator

stat = os.stat
lstat = os.lstat
access = os.access
readlink = os.readlink
listdir = os.listdir
scandir = os.scandir
getcwd = os.getcwd
fstat = os.fstat
open_file = os.open
leave = os._exit
cpu_count = os.cpu_count
uname: Any = getattr(os, "uname", None)
sysconf: Any = getattr(os, "sysconf", None)
pathconf: Any = getattr(os, "pathconf", None)
affinity: Any = getattr(os, "sched_getaffinity", None)
priority: Any = getattr(os, "getpriority", None)
scheduled: Any = [getattr(os, name, None) for name in ("sched_getscheduler", "sched_getparam")]
waitid: Any = getattr(os, "waitid", None)
frame = sys._getframe
identity = object.__hash__
"""Another number for each object, as :func:`id`, which raises an audit event and so calls our own hook."""
variables: Any = vars(types.ModuleType)["__dict__"].__get__
"""What a module holds, as :func:`vars`, which loads one that ``importlib.util.LazyLoader`` has made."""
_is_on, _off, _on = gc.isenabled, gc.disable, gc.enable


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector, which goes through all there is again and again while much is noted.

    It took more than half of the time beside two thousand modules (CPython 3.11). Nothing of anybody's runs
    here, so that nobody can turn it off meanwhile, or see that it is; whether it is on is asked outside.
    """
    was_on = _is_on()
    try:
        _off()
        yield
    finally:
        if was_on:
            _on()


def is_module(value: Any) -> bool:
    """Whether it is one; :func:`isinstance` also asks its ``__class__``.

    There cffi's libraries (2.0, in ``sys.modules``) and ``Mock(spec=module)`` say so, and proxies run code.
    """
    return issubclass(type(value), types.ModuleType)


def is_class(value: Any) -> bool:
    """Whether it is one, likewise."""
    return issubclass(type(value), type)


def attribute(module: Any, name: str) -> Any:
    """An attribute of a module, likewise; of what else may be in its place, as Python has it, or ``None``."""
    if is_module(module):
        return variables(module) if name == "__dict__" else variables(module).get(name)
    try:
        return getattr(module, name, None)
    except Exception:  # it is made when it is asked for, which may fail in any way
        return None


def in_place_of(original: Any, wrapper: Callable[..., Any]) -> Any:
    """``wrapper`` as it can stand where ``original`` stood.

    Like a builtin, and unlike a function, it is no method where a class keeps it (pathlib before 3.11).
    """
    if type(original) is not types.BuiltinFunctionType:
        return functools.wraps(original)(wrapper)
    return functools.update_wrapper(functools.partial(wrapper), original)


def of_importlib(function: Any) -> Any:
    """``function`` as one of the import system, whose frames are known by the name of their file.

    ``warnings`` steps over them, and CPython cuts those before a module that fails out of its traceback.
    """
    function.__code__ = function.__code__.replace(co_filename="<frozen importlib._bootstrap>")
    return function


_user: Any = [getattr(os, name, None) for name in ("getuid", "geteuid", "getgid", "getegid", "getgroups")]


def user() -> Any:
    """Who the process is to the system: user and groups, by their numbers."""
    return [sorted(found) if isinstance(found, list) else found for found in (ask() for ask in _user if ask)]


SITES = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
"""Where installers put packages."""


def is_installed(file: str) -> bool:
    """Whether a file lies where packages are installed: else it may be anybody's."""
    return any(folder in file for folder in SITES)


SUFFIX_OF_BYTECODE = ".pyc"
BYTECODE = "__pycache__"


def absolute(path: str, folder: str = "") -> str:
    """The path from the root on, without taking ``..`` away: a link may stand before it."""
    if path.startswith("/"):
        return path
    if not folder:
        PLACED[0] += 1
    return os.path.join(folder or getcwd(), path)


PLACED = [0]
"""How often somebody has asked for what is where the process stands, or where that is."""


OWN_PROCESS = ("/proc/self/", "/proc/thread-self/", "/dev/fd/")
"""What leads to what this process has open, or where it stands: to anybody else it is another thing."""
VOLATILE = ("/proc", "/sys", "/dev")
"""What is no file there changes by itself."""
_LIMITS = frozenset(
    (
        *("cpu.max", "cpu.cfs_quota_us", "cpu.cfs_period_us"),
        *("cpuset.cpus", "cpuset.cpus.effective", "cpuset.effective_cpus"),
        *("memory.max", "memory.high", "memory.limit_in_bytes"),
    )
)
_CORES = "/sys/devices/system/cpu/"


def is_limit(path: str) -> bool:
    """Whether it is a file of the system that says how much a process gets, and is set, not counted.

    pandas 3.1, joblib and others ask these for how many workers to start (the kernel's admin-guide/cgroup-v2
    and cgroup-v1/cpusets).
    """
    folder, _, name = path.rpartition("/")
    is_of_cgroup = f"{folder}/".startswith("/sys/fs/cgroup/") and name in _LIMITS
    return is_of_cgroup or path in (f"{_CORES}online", f"{_CORES}possible", f"{_CORES}present")


def path_of(path: Any, folder: int = -1) -> str:
    """An absolute path; of a folder's file descriptor the folder, of nothing the current one.

    ``folder`` is the descriptor that a relative path starts from, where there is one.
    """
    if path is None:
        PLACED[0] += 1
        return getcwd()
    if isinstance(path, int):
        return readlink(f"/proc/self/fd/{path}")
    base = readlink(f"/proc/self/fd/{folder}") if folder >= 0 else ""
    return absolute(os.fsdecode(path), base)


def real_path(path: str) -> str:
    """:func:`os.path.realpath`, whose own questions are to raise no event and go to no wrapper."""
    parts, arrived, links = path.split("/")[::-1], "", 0
    while parts:
        part = parts.pop()
        if part == "..":
            arrived = arrived.rpartition("/")[0]
        elif part not in ("", "."):
            try:
                target = readlink(f"{arrived}/{part}") if links < _MOST_LINKS else ""
            except OSError:
                target = ""  # no link, or nothing
            if target:
                links += 1
                arrived = "" if target.startswith("/") else arrived
                parts.extend(target.split("/")[::-1])
            else:
                arrived = f"{arrived}/{part}"
    return arrived or "/"


def links_on(path: str) -> Iterator[str]:
    """The links on the way to a path, each by where it lies."""
    parts, arrived, known = path.split("/")[::-1], "", 0
    while parts and known < _MOST_LINKS:
        part = parts.pop()
        if part == "..":
            arrived = arrived.rpartition("/")[0]
        elif part not in ("", "."):
            try:
                target = readlink(f"{arrived}/{part}")
            except OSError:
                arrived = f"{arrived}/{part}"
                continue
            known += 1
            yield f"{arrived}/{part}"
            arrived = "" if target.startswith("/") else arrived
            parts.extend(target.split("/")[::-1])


_MOST_LINKS = 40


def exists(path: str) -> bool:
    """:func:`os.path.exists`, likewise."""
    try:
        stat(path)
    except (OSError, ValueError):
        return False
    return True


def package_root(path: str) -> str:
    """The folder that pytest puts on ``sys.path`` for a test file: the first above it that is no package."""
    folder = os.path.dirname(path)
    while exists(os.path.join(folder, "__init__.py")) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder
