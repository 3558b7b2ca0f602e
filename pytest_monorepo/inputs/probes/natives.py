"""Which extension modules read through Python alone, so that everything they ask for is seen.

An extension that is in no list may open files, read variables or connect without a word: then the trace is
not complete.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import Dict, FrozenSet, Optional, Tuple

from ..originals import SITES, absolute
from ..record import values
from ..record.recorder import Recorder
from . import calls, environ, psutils

__tracebackhide__ = True

# of the standard library: each reads files by itself, and is not wrapped elsewhere
_READERS = frozenset({"_dbm", "_gdbm", "_tkinter", "nis", "ossaudiodev", "spwd", "_testcapi"})

KNOWN: FrozenSet[str] = frozenset(
    {
        "numpy",
        "markupsafe",
        "yaml",
        "coverage",
        "charset_normalizer",
        "pydantic_core",
        "rpds",
        "tomli",
        "greenlet",
        "librt",
        "wrapt",
        "multidict",
        "frozenlist",
        "yarl",
        "propcache",
        "msgpack",
        "regex",
        "simplejson",
        "ujson",
        "orjson",
        "lazy_object_proxy",
        "zope",
        "websockets",
        "httptools",
        "sqlalchemy",
        "typed_ast",
        "bitarray",
        "regress",
        "hypothesis",
        # linked with no function that opens, looks up, connects, or asks for variables, the time or chance
        # (nm -D --undefined-only: aiohttp 3.14, msgspec 0.23, pandas 3.1, the others as of November 2026)
        *("aiohttp", "dependency_injector", "msgspec", "pandas"),
        *("bson", "contourpy", "fontTools", "google_crc32c", "kiwisolver", "lz4", "ndindex", "statsmodels"),
        *("tornado", "xxhash", "zstandard"),
        # it puts other functions in the place of ``time``'s; its plugin of pytest loads it everywhere
        "_time_machine",
        # only as what Rust's and C++'s own libraries do when they tell where a program broke
        *("bcrypt", "cachebox", "jiter", "ormsgpack", "pendulum", "rapidfuzz", "shapely", "tiktoken"),
        "uuid_utils",
        # for the local time, in the zone that all of a run has (fastavro 1.13)
        "fastavro",
        # a number for what is sent to the server
        "pymongo",
        # for the time that something takes; HiGHS and UNU.RAN open what nobody asks them for
        *("scipy", "sklearn"),
        # FreeType reads by functions of Python's
        "matplotlib",
        # bottleneck 1.6 and asyncpg 0.32 (whose sockets are asyncio's) as those above; nh3 0.3 as the Rust
        # ones; PyNaCl 1.6, argon2-cffi-bindings 26.2: chance. Tried by strace, too (see calls.py),
        # asyncpg only while it was imported
        *("asyncpg", "bottleneck", "nh3", "nacl", "_argon2_cffi_bindings"),
        # wcwidth 0.9 (tabulate and prompt_toolkit load it) asks for two variables
        "wcwidth",
        # numexpr 2.14, which pandas loads where it is there: a variable, and how many processors there are
        "numexpr",
    }
)
# of packages whose other modules do read (fonts and profiles of colours, say), or that others share
_MODULES = frozenset(
    {
        "google._upb._message",
        # each function of theirs that asks the system says so, see psutils.py
        *psutils.MODULES,
        # cryptography 50: all that it is given is bytes; OpenSSL's settings are noted
        "cryptography.hazmat.bindings._rust",
        *("PIL._avif", "PIL._imaging", "PIL._imagingmath", "PIL._imagingmorph", "PIL._webp"),
    }
)


# what they ask the C library for, or the processor, and not Python
_OPENBLAS = (
    *("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    "OPENBLAS_CORETYPE",
)
_OPENMP = (
    *("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_DYNAMIC", "OMP_SCHEDULE", "OMP_MAX_ACTIVE_LEVELS"),
    *("OMP_NESTED", "OMP_PLACES", "OMP_PROC_BIND", "OMP_WAIT_POLICY", "GOMP_CPU_AFFINITY"),
)
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
# whether there is one, and what is on it (``ImageGrab``)
_ASK_DISPLAYS = ("matplotlib._c_internal_utils", "PIL._imaging")
_VARIABLES: Dict[str, Tuple[str, ...]] = {
    "numpy": (*_OPENBLAS, "NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES"),
    "scipy": _OPENBLAS,
    "sklearn": _OPENMP,
    **dict.fromkeys(("matplotlib", "PIL"), _DISPLAYS),
    "psutil": ("PSUTIL_DEBUG",),
    "numexpr": ("NUMEXPR_MAX_THREADS",),
    "wcwidth": ("TERM", "TERM_PROGRAM"),
    "cryptography": ("CRYPTOGRAPHY_OPENSSL_NO_LEGACY",),
    "pydantic_core": ("PYDANTIC_ERRORS_INCLUDE_URL", "PYDANTIC_ERRORS_OMIT_URL"),
}
_FACTS: Dict[str, Tuple[str, ...]] = {
    **dict.fromkeys(("numpy", "scipy"), ("processor", "cpu_count")),
    **dict.fromkeys(("sklearn", "cryptography", "numexpr"), ("cpu_count", "sched_getaffinity")),
    "psutil": (values.limit("SC_PAGESIZE"),),
    **dict.fromkeys(("zstandard", "contourpy", "rapidfuzz"), ("cpu_count",)),
}


def named(name: str, filename: str) -> str:
    """What a compiled module is called by where it is installed, whatever name it is loaded under.

    requests has those of charset_normalizer as ``requests.packages.charset_normalizer``, too.
    """
    return _installed_as(filename) or name


def _installed_as(filename: str) -> str:
    """Empty for what is not installed, which may be anybody's of that name."""
    for folder in SITES:
        if folder in filename:
            inside, _, file = filename.rpartition(folder)[2].rpartition("/")
            return f"{inside}/{file.partition('.')[0]}".lstrip("/").replace("/", ".")
    return ""


def note(recorder: Recorder, name: str) -> None:
    """A compiled module is being loaded: what it asks for without a word."""
    top = name.partition(".")[0]
    for variable in _VARIABLES.get(top, ()):
        recorder.see_variable(variable, environ.snapshot().get(variable))
    for fact in _FACTS.get(top, ()):
        recorder.see_fact(fact)
    if top == "cryptography":
        note_openssl(recorder)


def note_openssl(recorder: Recorder) -> None:
    """The library reads its settings when it is first used."""
    for folder in (*_OF_OPENSSL, os.path.join(sys.base_prefix, "ssl"), os.path.join(sys.prefix, "ssl")):
        recorder.see_file(os.path.join(folder, "openssl.cnf"))
    named = environ.snapshot().get("OPENSSL_CONF")
    if named:
        recorder.see_file(absolute(named))


# the last in the wheels of cryptography
_OF_OPENSSL = (
    *("/usr/lib/ssl", "/etc/ssl", "/etc/pki/tls", "/usr/local/ssl"),
    "/opt/pyca/cryptography/openssl",
)


def complaint(name: str, filename: str) -> Optional[str]:
    """Why an extension module makes a trace incomplete; ``None`` where it does not."""
    if _in_standard_library(filename):
        return f"loads {name}, which reads files by itself" if name in _READERS else None
    installed, loaded = _installed_as(filename), name
    name = installed or name
    if name in _ASK_DISPLAYS and any(map(environ.snapshot().get, _DISPLAYS)):
        return f"loads {name}, which may ask the display"
    # what mypyc compiled has no frames that would tell whose a read is: only those that read nothing
    if name.endswith("__mypyc") and "." not in name:
        return None
    # under another name it is not the one whose functions tell
    if installed in calls.CALLS and installed == loaded:
        return None
    if installed in _MODULES or installed.partition(".")[0] in KNOWN:
        return None
    return f"loads {name}, a compiled module that may read files by itself"


_STANDARD: Tuple[str, ...] = tuple(
    {
        f"{folder}/"
        for folder in (sysconfig.get_config_var("DESTSHARED"), sysconfig.get_path("platstdlib"))
        if folder
    }
)


def _in_standard_library(filename: str) -> bool:
    return filename.startswith(_STANDARD) and "/site-packages/" not in filename


def may_use(event: str, module: str) -> bool:
    """Whether a module of the standard library is known to use what an event tells of and read nothing."""
    return event.startswith(_ALLOWED.get(module, "-"))


# a copy takes the extended attributes along, and ctypes looks at the interpreter while it is imported
_ALLOWED = {
    "importlib._bootstrap": "ctypes.",
    "_frozen_importlib": "ctypes.",
    "importlib._bootstrap_external": "ctypes.",
    "_frozen_importlib_external": "ctypes.",
    "shutil": "os.",
    # which libraries are loaded, and how many threads each of OpenBLAS and OpenMP has
    "threadpoolctl": "ctypes.",
    # it names its threads by pthread_setname_np, and looks for that while it is imported
    "trio._core._thread_cache": "ctypes.",
}
