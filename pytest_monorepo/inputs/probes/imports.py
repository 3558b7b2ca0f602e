"""Modules: where each was looked for, in vain too, and which file it came from.

The import system asks without audit events, and with warm bytecode never opens a source. Every search of a
folder goes through ``FileFinder.find_spec``, pytest's own rewriting finder included.
"""

from __future__ import annotations

import importlib.machinery
import os
import site
import sys
from threading import get_ident
from typing import Any, Dict, Iterable, Iterator, List, Optional

from .. import callers, originals
from ..installed import Installed
from ..originals import absolute
from ..record import values
from ..record.recorder import Recorder
from . import natives

__tracebackhide__ = True


def install(recorder: Recorder) -> None:
    """Note what is imported already, and every search from here on."""
    recorder.suffixes = importlib.machinery.all_suffixes()
    finder: Any = importlib.machinery.FileFinder
    original = finder.find_spec

    def find_spec(self: Any, fullname: str, target: Any = None) -> Any:
        me, quiet = get_ident(), recorder.quiet
        if not recorder.active or me in quiet:
            return original(self, fullname, target)
        quiet.add(me)
        try:
            spec = original(self, fullname, target)
            _found(recorder, self, fullname, spec, originals.frame(1))
        finally:
            quiet.discard(me)
        return spec

    finder.find_spec = find_spec


def _found(recorder: Recorder, finder: Any, fullname: str, spec: Any, asks: Any) -> None:
    folder = absolute(finder.path)
    located = callers.locates(asks)  # nobody's import: who imports it asks again
    section = recorder.scopes.shared if located else recorder.scopes.looks_for(fullname)
    # the names in the folder as the finder knows them: by these it has decided, whatever is there now
    # (importlib/_bootstrap_external.py)
    name = fullname.rpartition(".")[2]
    recorder.see_lookup(folder, name, finder._path_cache, section)
    _see_others(recorder, finder, folder, name)
    if spec is None:  # as in most folders of the search path
        return
    origin = getattr(spec, "origin", None)
    if origin is None or not spec.has_location:
        return
    if located:
        recorder.see_now("type", absolute(origin))
        return
    recorder.see_file(absolute(origin), [section])
    if isinstance(spec.loader, importlib.machinery.SourceFileLoader):
        cached = spec.cached
        # pytest's own has it loaded only what it has looked for itself
        made = (cached,) if callers.finds_to_import(asks) else (cached, _pytests(origin, cached))
        distrust(absolute(origin), made)


def _see_others(recorder: Recorder, finder: Any, folder: str, name: str) -> None:
    """A finder of somebody's own takes files of other endings, too: Hy's, Cython's, a test's.

    So what it goes by is all that the folder holds, and what lies in the one of the module's name.
    """
    loaders = finder._loaders
    if loaders in _PLAIN:  # thousands of times, and nearly always
        return
    if all(suffix in recorder.suffixes for suffix, _ in loaders):
        _PLAIN[:] = [list(loaders)]  # not the list itself, to which somebody may add
        return
    recorder.see_now("names", folder)
    if name in finder._path_cache:
        recorder.see_now("names", os.path.join(folder, name))


def distrust(source: str, made: Iterable[Optional[str]]) -> None:
    """Remove bytecode that may be of an earlier source: Python compares sizes and whole seconds only.

    Installers write both within a second, and a cache of environments keeps times but not when it wrote them
    (actions/cache, layers of images): of a source that is as it was installed the bytecode is said to be of
    now, so that nobody asks again.
    """
    # importlib/_bootstrap_external.py, _validate_timestamp_pyc (PEP 552): both in 32 bits
    if source.startswith(_STANDARD):
        return
    changed = values.fingerprint(source)
    for bytecode in filter(None, made):
        written = values.fingerprint(bytecode)
        if isinstance(written, list) and isinstance(changed, list):
            latest = max(changed[1], changed[2])
            if written[1] < latest + _RACE:
                try:
                    (os.utime if _INSTALLED.brought(source) else os.unlink)(bytecode)
                except OSError:
                    pass  # whoever may not remove it has to trust it; its source is an input all the same


def _pytests(source: str, cached: Optional[str]) -> Optional[str]:
    """Where pytest keeps the module with its assertions rewritten."""
    tail = getattr(sys.modules.get("_pytest.assertion.rewrite"), "PYC_TAIL", None)
    if not cached or not isinstance(tail, str):
        return None
    # without os.path: it is asked for each module that is imported
    stem = source[source.rfind("/") + 1 : -len(".py")]
    return f"{cached[: cached.rfind('/')]}/{stem}{tail}"


def preloaded(recorder: Recorder) -> None:
    """Note every module that is there already, and where else it would have been found first.

    Called again, only those that have come since.
    """
    come = _come_since(recorder)
    if not come:
        return
    path = [absolute(folder) for folder in sys.path if folder]
    first = not recorder.preloaded
    lookups: Dict[str, List[str]] = {}
    for name in come:
        module = sys.modules[name]
        origin = _origin(module) if name not in recorder.preloaded else None
        recorder.preloaded.add(name)
        if origin is None:
            continue
        recorder.see_file(origin)
        _note_native(recorder, name, module, origin)
        for folder in _searched(name, origin, path):
            lookups.setdefault(folder, []).append(name.rpartition(".")[2])
    for folder, names in lookups.items():
        recorder.see_lookups(folder, names)
    if first:
        _startup(recorder, path)


def _come_since(recorder: Recorder) -> List[str]:
    """The names of those that may not have been noted, in the order in which they have come.

    To go through all of them touches pages that a worker shares with its server; what comes is the last.
    """
    count, newest = recorder.newest
    come: List[str] = []
    for name in reversed(sys.modules):
        if len(sys.modules) - len(come) == count and (name, originals.identity(sys.modules[name])) == newest:
            break
        come.append(name)
    if come:
        recorder.newest = len(sys.modules), (come[0], originals.identity(sys.modules[come[0]]))
    return come[::-1]


def _startup(recorder: Recorder, path: List[str]) -> None:
    """What ``site`` has looked for and read before anybody could watch."""
    # site.py imports both where it finds them, and is silent where it does not
    for name in ("sitecustomize", "usercustomize"):
        if name not in sys.modules:
            for folder in path:
                recorder.see_lookup(folder, name, None)
    _site_files(recorder, path)


def _origin(module: Any) -> Optional[str]:
    spec = originals.attribute(module, "__spec__")
    origin = getattr(spec, "origin", None)
    known = isinstance(origin, str) and getattr(spec, "has_location", False)
    return absolute(origin) if known and isinstance(origin, str) else None


def _places(package: Any) -> Iterable[Any]:
    return (originals.attribute(package, "__path__") or ()) if originals.is_module(package) else ()


def _note_native(recorder: Recorder, name: str, module: Any, origin: str) -> None:
    loader = getattr(originals.attribute(module, "__spec__"), "loader", None)
    if isinstance(loader, importlib.machinery.ExtensionFileLoader):
        reason = natives.complaint(name, origin)
        if reason is not None:
            recorder.incomplete(reason)
        natives.note(recorder, name)


def _searched(name: str, origin: str, path: List[str]) -> Iterator[str]:
    """The folders looked through for a module, up to the one that holds it."""
    parent = name.rpartition(".")[0]
    folders = path
    if parent:
        folders = [absolute(one) for one in _places(sys.modules.get(parent)) if isinstance(one, str)]
    holder = os.path.dirname(origin)
    if os.path.basename(origin).startswith("__init__."):
        holder = os.path.dirname(holder)
    if holder in folders:
        yield from folders[: folders.index(holder) + 1]


def _site_files(recorder: Recorder, path: List[str]) -> None:
    """``.pth`` files and ``pyvenv.cfg``."""
    # False by -s, -I or PYTHONNOUSERSITE, None for another user's rights (site.py, check_enableusersite)
    if site.ENABLE_USER_SITE:
        recorder.see_now("type", site.getusersitepackages())  # would be searched if it were there
    for folder in path:
        recorder.see_now("path files", folder)
        listed = values.names(folder)
        for name in listed if isinstance(listed, list) else ():
            if name.endswith(".pth"):
                recorder.see_file(os.path.join(folder, name))
    recorder.see_file(os.path.join(sys.prefix, "pyvenv.cfg"))


def missing_folders(recorder: Recorder) -> None:
    """Entries of the search path where there was nothing: what comes there would be found.

    Of the server's those that were folders are asked once for all workers: what is looked for there is noted.
    """
    for folder in {*map(str, sys.path), *map(str, sys.path_importer_cache)} - recorder.folders:
        found = values.now("type", absolute(folder)) if folder else "folder"
        if found == "folder":
            if folder.startswith("/"):  # the server stands elsewhere
                recorder.folders.add(folder)
            continue
        recorder.see_now("type", absolute(folder))
        if found == "file":
            recorder.see_file(absolute(folder))


_PLAIN: List[Any] = []
"""The loaders of the last finder that took nothing but what Python itself takes."""
_RACE = 2_000_000_000
_STANDARD = f"{os.path.dirname(os.__file__)}/"
_INSTALLED = Installed()
