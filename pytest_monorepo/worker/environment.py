"""The process around a project's pytest: working directory, environment, ``sys.argv`` and ``sys.path``."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import Dict, Iterable, List, Set, Tuple

from . import guarding, protocol


def prepare(job: protocol.Job, base_path: List[str]) -> None:
    """Make this process look like one started by ``cd project && pytest``, and put source roots first."""
    os.chdir(job.folder)
    os.environ.update(job.environ)
    os.environ["PWD"] = job.folder
    _drop_inherited_switch()
    sys.argv[:] = job.argv
    first = job.folder if job.as_module else os.path.dirname(job.argv[0])
    sys.path[:] = [*_source_roots(job, base_path), first, *base_path]


def _drop_inherited_switch() -> None:
    """A pytest that a test starts must not take our ``--monorepo`` out of the environment."""
    addopts = os.environ.get("PYTEST_ADDOPTS")
    if addopts:
        os.environ["PYTEST_ADDOPTS"] = without_switch(addopts)


def without_switch(addopts: str) -> str:
    """The words without ``--monorepo``; what cannot be taken apart stays as it is."""
    if "--monorepo" not in addopts:
        return addopts
    try:
        words = shlex.split(addopts)
    except ValueError:
        return addopts
    return " ".join(shlex.quote(word) for word in words if word != "--monorepo")


def _source_roots(job: protocol.Job, base_path: List[str]) -> List[str]:
    """The folders that make the project and its dependencies importable without an installation.

    A project that is installed as a copy is left to the environment: its compiled modules are only
    there, and plain pytest would test that copy too.
    """
    if not job.source_roots:
        return []
    copies = installed_copies(base_path)
    roots = (folder for folder, name in job.source_roots if not name or name not in copies)
    return [guarding.entry(root, job.guarded[root]) if root in job.guarded else root for root in roots]


_COPIES: Dict[Tuple[str, ...], frozenset] = {}  # type: ignore[type-arg]


def installed_copies(path: Iterable[str]) -> "frozenset[str]":
    """Canonical names of the distributions installed in ``path``, without editable ones (PEP 610, 660)."""
    key = tuple(path)
    if key not in _COPIES:
        names: Set[str] = set()
        for folder in key:
            try:
                entries = os.listdir(folder or ".")
            except OSError:
                continue
            names.update(
                canonical_name(entry.split("-")[0])
                for entry in entries
                if entry.endswith(".dist-info") and not _editable(os.path.join(folder, entry))
            )
        _COPIES[key] = frozenset(names)
    return _COPIES[key]


def canonical_name(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _editable(dist_info: str) -> bool:
    try:
        with open(os.path.join(dist_info, "direct_url.json"), encoding="utf-8") as stream:
            return re.search(r'"editable"\s*:\s*true', stream.read()) is not None
    except OSError:
        return False
