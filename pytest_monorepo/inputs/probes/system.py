"""What the system is asked, or told, without a file: functions of ``os`` and ``time`` that raise no event."""

from __future__ import annotations

import os
import time
from typing import Any, Callable, Dict, Iterator, Tuple

from .. import callers, originals
from ..record import values
from ..record.asked import CHILDREN
from ..record.recorder import Recorder
from .environ import see_zone

__tracebackhide__ = True

OPAQUE = (
    *("getloadavg", "statvfs", "fstatvfs", "fpathconf", "getlogin"),
    *("nice", "getpriority", "setpriority", "sched_getscheduler", "sched_setscheduler", "sched_getparam"),
    *("sched_setparam", "sched_rr_get_interval", "sched_setaffinity", "pidfd_open", "unshare", "setns"),
    *("getgrouplist", "initgroups", "chroot", "setuid", "seteuid", "setgid", "setegid", "setreuid"),
    *("setregid", "setresuid", "setresgid", "setgroups"),
)
"""What these answer, or change, is in no trace."""

# whoever runs the tests: an account of CI has other numbers than a developer
_USER = ("getuid", "geteuid", "getgid", "getegid", "getgroups", "getresuid", "getresgid")

Wrapped = Tuple[Any, str, Callable[..., Any]]


def wrappers(recorder: Recorder) -> Iterator[Wrapped]:
    """(module, name, what stands for the function) of those that this Python has."""
    for name in _USER:
        if hasattr(os, name):
            yield os, name, _user(recorder, getattr(os, name))
    for name in ("mkfifo", "mknod"):
        if hasattr(os, name):
            yield os, name, _makes(recorder, getattr(os, name))
    for name, asks_any in _WAITING.items():
        if hasattr(os, name):
            yield os, name, _waits(recorder, getattr(os, name), asks_any)
    for name in ("chdir", "fchdir"):
        if hasattr(os, name):
            yield os, name, _enters(recorder, getattr(os, name))
    for name in ("getcwd", "getcwdb"):
        yield os, name, _places(getattr(os, name))
    if hasattr(os, "sysconf"):
        yield os, "sysconf", _limits(recorder, os.sysconf)
    if hasattr(os, "pathconf"):
        yield os, "pathconf", _limits_of_path(recorder, os.pathconf)
    if hasattr(os, "lockf"):
        yield os, "lockf", _locks(recorder, os.lockf)
    if hasattr(time, "tzset"):
        yield time, "tzset", _zone(recorder, time.tzset)


def _limits(recorder: Recorder, original: Any) -> Any:
    def sysconf(name: Any) -> Any:
        if recorder.listening and not asks_for_limits(originals.frame(1)):
            if name in values.LIMITS:
                recorder.see_fact(values.limit(name))
            else:
                recorder.incomplete("calls os.sysconf")
        return original(name)

    return sysconf


def _limits_of_path(recorder: Recorder, original: Any) -> Any:
    def pathconf(path: Any, name: Any) -> Any:
        if recorder.listening:
            if name in values.PATH_LIMITS and not isinstance(path, int):
                recorder.see_now(values.path_limit(name), originals.path_of(path))
            else:
                recorder.incomplete("calls os.pathconf")
        return original(path, name)

    return pathconf


def asks_for_limits(frame: Any) -> bool:
    """Whether who asks does so for itself, and not for who has told it what to call."""
    return (callers.module(frame), frame.f_code.co_name) in _LIMITS


_LIMITS = {
    ("asyncio.selector_events", "<module>"),  # since Python 3.12
    ("concurrent.futures.process", "_check_system_limits"),
    ("joblib.externals.loky.process_executor", "_check_system_limits"),
    ("multiprocessing.heap", "_choose_dir"),
    ("multiprocessing.util", "<module>"),
    ("pympler.asizeof", "<module>"),  # 1.1: for the type of the answer
}
"""Who asks for limits of the system, on which no result depends, from Python 3.8 to 3.13."""


def _user(recorder: Recorder, original: Any) -> Any:
    def user() -> Any:
        # pytest looks whose its temporary folder is
        if recorder.listening and not callers.module(originals.frame(1)).startswith("_pytest."):
            recorder.see_fact("user")
        return original()

    return user


_WAITING: Dict[str, Callable[..., bool]] = {
    "wait": lambda: True,
    "wait3": lambda options=0: True,
    "waitpid": lambda pid, options=0: pid <= 0,
    "wait4": lambda pid, options=0: pid <= 0,
    "waitid": lambda idtype, id, options=0: idtype in (os.P_ALL, os.P_PGID),
}
"""Each to whether it waits for any child that there is, also for those of other test files."""


def _waits(recorder: Recorder, original: Any, asks_any: Callable[..., bool]) -> Any:
    def wait(*args: Any, **kwargs: Any) -> Any:
        if recorder.listening and asks_any(*args, **kwargs):
            recorder.asks(CHILDREN)
        return original(*args, **kwargs)

    return wait


def _makes(recorder: Recorder, original: Any) -> Any:
    def make(path: Any, *args: Any, dir_fd: Any = None, **kwargs: Any) -> Any:
        if recorder.listening:
            recorder.makes(originals.path_of(path, -1 if dir_fd is None else dir_fd))
        return original(path, *args, dir_fd=dir_fd, **kwargs)

    return make


def _enters(recorder: Recorder, original: Any) -> Any:
    def enter(path: Any) -> Any:
        if recorder.listening and not callers.module(originals.frame(1)).startswith(callers.OURS):
            place = originals.path_of(path)
            recorder.see_now("type", place)
            recorder.see_now(_MAY_PASS, place)
            recorder.see_way(place)
        return original(path)

    return enter


def _places(original: Any) -> Any:
    def place() -> Any:
        originals.PLACED[0] += 1
        return original()

    return place


def _locks(recorder: Recorder, original: Any) -> Any:
    def lock(fd: int, *args: Any) -> Any:
        if recorder.listening:
            see_lock(recorder, fd)
        return original(fd, *args)

    return lock


def see_lock(recorder: Recorder, fd: int) -> None:
    """A file is about to be locked, which works only where nobody else has."""
    place = originals.path_of(fd)
    if recorder.place(place) is not None:
        recorder.incomplete(f"locks {place}, which others may hold")


def _zone(recorder: Recorder, original: Any) -> Any:
    def tzset() -> None:
        if recorder.listening:
            see_zone(recorder)
        original()

    return tzset


_MAY_PASS = "access1"
