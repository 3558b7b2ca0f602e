"""Where a name leads to that another process has asked for, and what of the system's own files it is told."""

from __future__ import annotations

import os
import re
import struct
from typing import Optional

from .. import originals
from ..record import values
from ..record.recorder import Recorder


def current(thread: int) -> Optional[str]:
    """Where a thread stands."""
    return _link(f"/proc/{thread}/cwd")


def of_descriptor(thread: int, number: int) -> Optional[str]:
    """What it has open under a number; ``None`` for what is no file."""
    found = _link(f"/proc/{thread}/fd/{number}")
    return found if found is not None and found.startswith("/") else None


def _link(path: str) -> Optional[str]:
    try:
        return originals.readlink(path)
    except OSError:
        return None


def led(thread: int, path: str) -> str:
    """Where a path by way of the process itself leads to."""
    for prefix, folder in _OWN:
        if path == prefix or path.startswith(f"{prefix}/"):
            path = f"/proc/{thread}{folder}{path[len(prefix) :]}"
    if path.startswith(f"/proc/{thread}/"):
        parts = path.split("/")
        if parts[3] in ("cwd", "root", "exe") or (parts[3] == "fd" and len(parts) > 4):
            length = 5 if parts[3] == "fd" else 4
            target = _link("/".join(parts[:length]))
            if target is not None and target.startswith("/"):
                return "/".join([target.rstrip("/"), *parts[length:]]) or "/"
        return "/".join([_ITSELF, *parts[3:]])
    return path


_ITSELF = "/proc/self"
_OWN = (
    ("/dev/stdin", "/fd/0"),
    ("/dev/stdout", "/fd/1"),
    ("/dev/stderr", "/fd/2"),
    ("/dev/fd", "/fd"),
    ("/proc/thread-self", ""),
    ("/proc/self", ""),
)


def is_volatile(path: str) -> bool:
    """Whether it is no file that lies anywhere."""
    return path.startswith(("/proc/", "/sys/", "/dev/")) or path in originals.VOLATILE


def see(recorder: Recorder, path: str, *, looks: bool = False, writes: bool = False) -> None:
    """Note a file of the system's own; what changes by itself nobody can look at later."""
    is_itself = path.startswith(f"{_ITSELF}/") and not _LEAVES.match(path)
    if is_itself or path in (_ITSELF, "/proc/mounts"):
        return  # what a process is told of itself, which is another one each time
    if path.startswith("/dev/shm/") or path == "/dev/shm":
        _see_memory(recorder, path, writes=writes)
    elif path in _CONSTANT or (looks and path in originals.VOLATILE):
        return
    elif path == "/proc/cpuinfo":
        recorder.see_fact("processor")
    elif path == "/proc/stat":
        recorder.see_fact("cpu_count")  # the C library counts them there (glibc 2.35)
    elif path == "/proc/meminfo" or _USED.match(path):
        # how much is free changes by itself; libraries ask how much they may take at once (polars 2.1)
        recorder.see_fact(values.limit("SC_PHYS_PAGES"))
    elif values.now("type", path) is None:
        recorder.see_now("type", path)
    elif _SET.match(path) or originals.is_limit(path):
        folder = values.now("type", path) == "folder"
        recorder.see_now("type" if looks else "names" if folder else "limits", path)
    elif looks:
        recorder.see_now("type", path)
    else:
        recorder.incomplete(f"reads {path}")


# what is of all processes, or of another
_LEAVES = re.compile(r"/proc/self/(net(/|$)|(.*/)?\.\.(/|$))")


def _see_memory(recorder: Recorder, path: str, *, writes: bool) -> None:
    """Shared memory and semaphores by their names, which the tests have made, or not."""
    if values.now("type", path) is None:
        recorder.see_now("type", path)
        if writes:
            recorder.made.surely([path])
    elif path != "/dev/shm" and recorder.place(path) is not None:
        recorder.incomplete(f"reads {path}")


_CONSTANT = (
    *("/dev/null", "/dev/urandom", "/dev/random", "/dev/zero", "/dev/full", "/dev/stdin", "/dev/stdout"),
    "/dev/stderr",
)
_USED = re.compile(r"/sys/fs/cgroup/(.*/)?memory\.(usage_in_bytes|current|stat)$")
# what is set, or built in; how fast a processor is at the moment is neither
_SET = re.compile(
    r"/proc/(sys/|filesystems$|version$|devices$)"
    r"|/sys/kernel/mm/"
    r"|/sys/fs/cgroup$"
    r"|/sys/devices/system/(cpu|node)($|/(?!.*(freq|cpuidle|thermal|vmstat|numastat|meminfo)))"
)


def interpreter(path: str) -> Optional[str]:
    """Which other file the system runs a program with: that of a script, or the loader of its libraries."""
    try:
        with open(path, "rb") as stream:
            head = stream.read(_HEAD)
            if head[:2] == b"#!":
                words = head[2:].partition(b"\n")[0].split()
                return os.fsdecode(words[0]) if words else None
            return _loader(head, stream) if head[:5] == b"\x7fELF\x02" else None
    except (OSError, struct.error):
        return None


def _loader(head: bytes, stream: object) -> Optional[str]:
    """``PT_INTERP`` of a program of 64 bits, see elf(5)."""
    offset = struct.unpack_from("<Q", head, 32)[0]
    size, count = struct.unpack_from("<HH", head, 54)
    for index in range(min(count, 64)):
        at = offset + index * size
        if at + 40 > len(head):
            return None
        kind, _, start, _, _, length = struct.unpack_from("<IIQQQQ", head, at)
        if kind == 3:
            return os.fsdecode(head[start : start + length].rstrip(b"\0"))
    return None


_HEAD = 4096
