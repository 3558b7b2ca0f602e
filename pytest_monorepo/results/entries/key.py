"""The weak key: what a result depends on before anything is read. Pure but for what it asks with."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from typing import Any

from pytest_monorepo.inputs.record import shown
from pytest_monorepo.results.values.current import Current
from pytest_monorepo.results.values.places import Places
from pytest_monorepo.results.values.section import digest
from pytest_monorepo.worker import protocol

from . import entry

VERSION = 7
"""Goes up when a trace or an entry means something else."""


def weak_key(
    job: protocol.Job,
    environ: Mapping[str, str],
    interpreter: str,
    mode: str,
    places: Places,
    current: Current,
    extra: object = None,
) -> dict[str, Any]:
    """What tells runs apart that cannot share results, as plain data; its :func:`digest` names their entries.

    ``environ`` is the worker's environment, ``mode`` how it starts, ``extra`` what else counts.
    """
    own = current.once(("machine", interpreter), lambda: machine(interpreter, current))
    return {
        # in a store that machines share, what nobody can read any more would keep its place
        "version": [VERSION, entry.FORMAT],
        "project": job.project,
        "folder": places.portable(job.folder),
        "options": [places.text(word) for word in shown.told(job.args).counted],
        "order": [job.lastfailed, job.start_at],
        "as module": job.as_module,
        "source roots": [[places.portable(folder), name] for folder, name in job.source_roots],
        "guarded": {places.portable(folder): names for folder, names in sorted(job.guarded.items())},
        "told of reports": [places.text(repr(_reports(job.reports))), job.keep_whole],
        "told by plugins": _told(job.workerinput, places),
        "python": [places.portable(interpreter), own["interpreter"]],
        "flags": [repr(sys.flags), sys.warnoptions, repr(sys._xoptions)],
        "start": mode,
        "platform": own["platform"],
        "user": [own["user or limits"], current.once("ignored signals", _ignored_signals)],
        "variables": {k: places.text(v) for k, v in sorted(environ.items()) if counts(k)},
        "above": _above(places, current),
        "time zone": own["time zone"],
        "extra": extra,
    }


def machine(interpreter: str, current: Current) -> dict[str, Any]:
    """What a result depends on unasked, as plain data that another machine can compare with its own."""
    return {
        "interpreter": current.value("file", os.path.realpath(interpreter)),
        "platform": [sys.platform, platform.machine(), list(platform.libc_ver())],
        "user or limits": [_is_root(), _umask(), _limits()],
        "time zone": [current.value("file", path) for path in _ZONE],
    }


def _above(places: Places, current: Current) -> list[list[Any]]:
    """The files above the workspace by which pytest may take another folder or settings."""
    found = [path for path in places.above if current.value("type", path) is not None]
    return [[places.portable(path), current.value("file", path)] for path in found]


_ZONE = ("/etc/localtime", "/etc/timezone")
# whose worker it is, and how pytest-rerunfailures finds its other half
_UNTOLD = {"workerid", "workercount", "testrunuid", "mainargv", "sock_port", "statusdb_token"}
# an input where it is asked for, see shown.JUNIT
_UNTOLD |= {"junitxml"}


def counts(name: str) -> bool:
    """Whether a variable is one that the interpreter, the C library or a shell reads itself."""
    return name.startswith(_NATIVE) or name in _NATIVELY


# bash as sh takes functions out of its environment, and they stand before programs of the name
_NATIVE = ("PYTHON", "LC_", "LD_", "MALLOC_", "GLIBC_", "OPENSSL_", "LIBC_", "BASH_FUNC_")
_NATIVELY = frozenset(
    (
        *("SHELLOPTS", "BASHOPTS", "BASH_ENV"),
        *("LANG", "LANGUAGE", "TZ", "TZDIR", "LOCPATH", "NLSPATH", "GCONV_PATH", "OUTPUT_CHARSET"),
        *("HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "RESOLV_HOST_CONF", "POSIXLY_CORRECT"),
    )
)


def _told(workerinput: Mapping[str, Any], places: Places) -> dict[str, str]:
    return {k: places.text(repr(v)) for k, v in sorted(workerinput.items()) if k not in _UNTOLD}


def _reports(told: Mapping[str, Any]) -> dict[str, Any]:
    """As ``own_reports.asked_by_the_user`` says it, without pytest's own report."""
    return {k: [d for d in v if d != "xmlpath"] if isinstance(v, list) else v for k, v in told.items()}


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _ignored_signals() -> list[str]:
    """Those that who has started us lets its children ignore or not get, as ``nohup`` does with SIGHUP."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as stream:
            return [line.strip() for line in stream if line.startswith(("SigBlk", "SigIgn"))]
    except OSError:
        return []


def _limits() -> list[object]:
    """Those of the system that a test can run into without asking for them."""
    try:
        import resource
    except ImportError:  # Windows
        return []
    names = ("RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_AS", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CPU")
    return [resource.getrlimit(getattr(resource, name))[0] for name in names if hasattr(resource, name)]


def name_of(key: Mapping[str, Any]) -> str:
    """The key's digest."""
    return digest(key)


def of_file(weak: str, file: str) -> str:
    """The name of what is kept for a test file of the project; of all of it for an empty one."""
    return digest([weak, file])


def of_record(weak: str, file: str) -> str:
    """The name of what is remembered of a test file that failed, or gave one thing and another."""
    return digest([weak, file, "record"])


def of_leavings(weak: str, file: str) -> str:
    """The name of what is known of a test file's doings alone, where a shard ran it and keeps no result."""
    return digest([weak, file, "leavings"])


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """What of two keys differs first, in words."""
    return next((name for name in new if old.get(name) != new[name]), None)
