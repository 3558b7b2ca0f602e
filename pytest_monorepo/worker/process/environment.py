"""The process around a project's pytest: working directory, environment, ``sys.argv`` and ``sys.path``."""

from __future__ import annotations

import argparse
import contextlib
import importlib.machinery
import importlib.util
import os
import re
import shlex
import sys
from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, NoReturn, Sequence, Set, Tuple

from .. import protocol
from . import guarding


class Installed(NamedTuple):
    """Canonical names of the distributions of an environment; ``copies`` without the editable ones."""

    names: FrozenSet[str]
    copies: FrozenSet[str]


def prepare(job: protocol.Job, base_path: List[str]) -> List[str]:
    """Make this process look like one started by ``cd project && pytest``, and put source roots first.

    Returns those of the source roots that are on the path because of us alone: not installed, and in nobody's
    ``PYTHONPATH`` or ``.pth`` file.
    """
    os.chdir(job.folder)
    os.environ.update(job.environ)
    # shells and programs that keep links in the path ask it instead of the system
    os.environ["PWD"] = job.folder
    _drop_inherited_options(job)
    sys.argv[:] = job.argv
    be_started(sys.argv, as_module=job.as_module)
    first = job.folder if job.as_module else os.path.dirname(job.argv[0])
    sys.path[:] = [*_source_roots(job, base_path), first, *base_path]
    return _uninstalled(job, base_path)


def be_started(argv: List[str], as_module: bool) -> None:
    """Let ``__main__`` and the command line be those of ``pytest``, or ``python -m pytest``, with ``argv``.

    What looks there: hypothesis, whether somebody tries things by hand; ``multiprocessing``, what a process
    that it spawns has to load again; whatever starts the same program once more.
    """
    main: Any = sys.modules["__main__"]
    spec = None
    if as_module:
        with contextlib.suppress(ImportError):  # where there is no pytest, that is told later
            spec = importlib.util.find_spec("pytest.__main__")
    if spec is not None and spec.origin:
        argv[0] = spec.origin
        package: Any = spec.parent
        loader, cached = spec.loader, spec.cached
    else:
        package = cached = None
        loader = importlib.machinery.SourceFileLoader("__main__", argv[0])
    main.__spec__, main.__package__, main.__loader__, main.__cached__ = spec, package, loader, cached
    main.__file__ = argv[0]
    words: List[str] = getattr(sys, "orig_argv", [])  # Python 3.10
    if "-c" in words:  # of a process that was forked from the user's call they are right
        words[words.index("-c") :] = ["-m", "pytest"] if spec is not None else argv[:1]
    words += argv[1:]


def _drop_inherited_options(job: protocol.Job) -> None:
    """A pytest that a test starts must not take ``--monorepo`` and its like out of the environment."""
    addopts = os.environ.get("PYTEST_ADDOPTS")
    if addopts:
        os.environ["PYTEST_ADDOPTS"] = without_options(addopts, job.inherited_options)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def without_options(addopts: str, options: Sequence[Sequence[Any]]) -> str:
    """The words without those of ``options`` (names and attributes of each) and their values.

    What cannot be taken apart stays as it is.
    """
    if not any(name in addopts for names, _ in options for name in names):
        return addopts
    parser = _Parser(add_help=False, allow_abbrev=False)
    for names, attributes in options:
        parser.add_argument(*names, **attributes)
    try:
        others = parser.parse_known_args(shlex.split(addopts))[1]
    except ValueError:
        return addopts
    return " ".join(map(shlex.quote, others))


def _source_roots(job: protocol.Job, base_path: List[str]) -> List[str]:
    """The folders that make the project and its dependencies importable without an installation.

    A project that is installed as a copy is left to the environment: its compiled modules are only
    there, and plain pytest would test that copy too.
    """
    if not job.source_roots:
        return []
    copies = installed(base_path).copies
    roots = (folder for folder, name in job.source_roots if not name or name not in copies)
    return [guarding.entry(root, job.guarded[root]) if root in job.guarded else root for root in roots]


def _uninstalled(job: protocol.Job, base_path: List[str]) -> List[str]:
    if not job.source_roots:
        return []
    names = installed(base_path).names
    there = {os.path.normpath(folder) for folder in base_path if folder}
    return [root for root, name in job.source_roots if name not in names and root not in there]


_KNOWN: Dict[Tuple[str, ...], Installed] = {}
# an egg-link is what `setup.py develop` leaves
# PEP 376 and 660, and what setuptools wrote before
_METADATA = (".dist-info", ".egg-info", ".egg-link")


def installed(path: Iterable[str]) -> Installed:
    """What is installed in the folders of ``path`` (PEP 376; editable: PEP 610, 660)."""
    key = tuple(path)
    if key not in _KNOWN:
        names: Set[str] = set()
        copies: Set[str] = set()
        for folder in key:
            for entry in _metadata(folder):
                name = canonical_name(os.path.splitext(entry)[0].split("-")[0])
                names.add(name)
                if entry.endswith(".dist-info") and not _editable(os.path.join(folder, entry)):
                    copies.add(name)
        _KNOWN[key] = Installed(frozenset(names), frozenset(copies))
    return _KNOWN[key]


def _metadata(folder: str) -> List[str]:
    try:
        return [entry for entry in os.listdir(folder or ".") if entry.endswith(_METADATA)]
    except OSError:
        return []


def canonical_name(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _editable(dist_info: str) -> bool:
    try:
        with open(os.path.join(dist_info, "direct_url.json"), encoding="utf-8") as stream:
            return re.search(r'"editable"\s*:\s*true', stream.read()) is not None
    except OSError:
        return False
