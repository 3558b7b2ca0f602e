"""What the standard library changes in itself, by its own doing: no test file has left it there.

All else in it counts as left. What is missing here costs a run in vain, what is too much may hide a change.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Set

_ANYWHERE = {
    # made when somebody asks: annotations of a class without any, a flag's combinations
    *("__annotations__", "__annotations_cache__", "_value2member_map_", "__warningregistry__"),
    *("_hashable_values_", "_unhashable_values_"),
    *("__abstractmethods__", "_abc_impl", "__builtins__", "__cached__"),
    # of functools.singledispatch
    *("cache_token", "dispatch_cache"),
}
# what would be made again (3.8 to 3.13); who puts lines into linecache's is seen among the settings
_CACHES = {
    *("cache", "_cache", "_cache2", "_caches", "_TimeRE_cache", "_regex_cache", "_iscoroutine_typecache"),
    *("_extension_cache", "_c_functype_cache", "__builtin_constructor_cache", "_method_cache", "fncache"),
    *("_path_cache", "_relaxed_path_cache", "_netmask_cache", "class_cache", "prop_cache", "_parse_cache"),
    *("_os_release_cache", "_platform_cache", "_sys_version_cache", "_uname_cache", "_zip_directory_cache"),
    *("auth_cache", "ftpcache", "tempcache", "_id_cache", "_strong_cache", "_weak_cache", "_from_cache"),
    *("_strong_cache_size", "_abc_cache", "_pointer_type_cache", "_abc_negative_cache", "_caller_cache"),
    *("_abc_negative_cache_version", "_cached_cparts", "_tail_cached", "_parts_normcase_cached", "_cached"),
    *("_str_normcase_cached", "_cachedoverviewfmt", "_cache_default_sysroot"),
}
_OF_MODULES: Dict[str, Set[str]] = {
    # what is alive, and goes again; loggers have a place of their own among the settings
    "logging": {"_handlerList", "_handlers", "root", "manager", "_startTime", "_lock"},
    "weakref": {"_registry", "_dirty", "_shutdown", "_registered_with_atexit"},
    "threading": {
        "_active",
        "_limbo",
        "_dangling",
        "_counter",
        "_shutdown_locks",
        "_main_thread",
        "_threading_atexits",
        "excepthook",  # among the hooks; pytest before 8.4 sets it around each test
    },
    "subprocess": {"_active"},
    "asyncio.events": {"_event_loop_policy", "_running_loop"},
    "asyncio.tasks": {"_current_tasks", "_all_tasks", "_scheduled_tasks", "_eager_tasks"},
    "_asyncio": {"_current_tasks", "_all_tasks", "_scheduled_tasks", "_eager_tasks"},
    "multiprocessing.util": {"_finalizer_registry", "_afterfork_registry"},
    "multiprocessing.process": {"_children", "_process_counter", "_dangling"},
    "multiprocessing.resource_tracker": {"_resource_tracker"},
    "multiprocessing.forkserver": {"_forkserver"},
    "concurrent.futures": {"ThreadPoolExecutor", "ProcessPoolExecutor"},
    "concurrent.futures.thread": {"_threads_queues"},
    # what has been found out on demand, and what pytest puts back after each test
    "inspect": {"modulesbyfile", "_filesbymodname"},
    "typing": {"_overload_registry", "_cleanups"},
    "pkgutil": {"_NAME_PATTERN"},
    "unittest.mock": {"_sentinels"},
    "urllib.parse": {
        "_hostprog",
        "_typeprog",
        "_portprog",
        "_userprog",
        "_passwdprog",
        "_queryprog",
        "_tagprog",
        "_safe_quoters",
    },
    "base64": {"_a85chars", "_a85chars2", "_b85chars", "_b85chars2", "_b85dec"},
    "ftplib": {"_150_re", "_227_re"},
    "tempfile": {"_name_sequence", "tempdir"},
    "uuid": {"_node", "_last_timestamp", "_has_uuid_generate_time_safe", "_generate_time_safe"},
    "mimetypes": {"_db", "inited", "types_map", "encodings_map", "suffix_map", "common_types"},
    "sysconfig": {"_CONFIG_VARS", "_CONFIG_VARS_INITIALIZED"},
    "warnings": {"filters", "_filters_version", "showwarning", "_showwarnmsg_impl", "onceregistry"},
    "random": {"gauss_next"},
    "os": {"environ", "environb", "_data"},
    "posix": {"environ"},
    "_frozen_importlib": {"_module_locks", "_blocking_on"},
    "importlib._bootstrap": {"_module_locks", "_blocking_on"},
}

PUT_BY_IMPORTS = {
    "__mp_main__",  # of multiprocessing: another name for the main module
    *("pyexpat.errors", "pyexpat.model", "xml.parsers.expat.errors", "xml.parsers.expat.model"),
}
"""Modules that another one puts among all that are loaded while it is imported; most of those in C."""

OF_CYTHON = ("_cython_", "cython_runtime")
"""How the names of modules begin that each one compiled by Cython puts there, or adds to: its own types."""

BY_ANY_NAME: Dict[str, Set[str]] = {
    "logging": {"_handlerList"},  # a default of logging.shutdown, whose callers are heard (probes/loggers.py)
}


def restless(module: str) -> FrozenSet[str]:
    """The names in a module, or in its classes and objects, that are others by the library's own doing."""
    own = _OF_MODULES.get(module)
    return _USUAL if own is None else _USUAL | own


_USUAL = frozenset(_ANYWHERE | _CACHES)


def is_made_on_demand(name: str) -> bool:
    """Whether a name in an installed module, likewise, is another since somebody has asked for something."""
    return name in _ANYWHERE


def is_cache(name: str) -> bool:
    """Whether what has that name may hold what would be made again: objects, and no values of somebody's."""
    return "cache" in name.lower()
