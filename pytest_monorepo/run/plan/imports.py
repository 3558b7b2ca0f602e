"""What projects import that is installed, as earlier runs have measured; which of it a fork server imports.

A module is imported for several projects only where each of them has been seen to import it: a module that a
project does not import must not be there. What those of one group share is what all of them have imported.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import field
from typing import Any, NamedTuple

import pytest

from pytest_monorepo.cache import cache_file, recorded
from pytest_monorepo.value import value

from .history import bearing_full_disks

_KEY = "monorepo/preload"
_SERVED = "shared"
_VERSION = 2
_DAY = 86400.0
LEAST_SECONDS = 0.02
"""Of one module; quicker ones are not worth a look."""
LEAST_SAVING = 0.1
"""Seconds on the clock that a group must save: its server takes 0.06 besides the imports."""
WATCHED = 1.2
"""How much longer an import takes that is watched: by a tenth, and as much for what is not foreseen."""
LEAST_HINT = 1.0
"""Seconds that are worth a line where nobody has asked."""

Seconds = Mapping[str, float]


class Refusal(NamedTuple):
    """Why a module must not be imported for several projects; ``instead`` is what it begins with."""

    reason: str
    instead: tuple[str, ...] = ()


@value(frozen=False)
class Known:
    """``seconds`` per project and module, ``digests`` of what the project looked like, by project.

    ``refused`` are modules per interpreter, with the time of the refusal.
    """

    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    refused: dict[str, dict[str, tuple[Refusal, float]]] = field(default_factory=dict)

    def refused_by(self, python: str, now: float) -> dict[str, Refusal]:
        """By module; what was refused long ago is tried again, since packages change."""
        found = self.refused.get(python, {})
        return {module: refusal for module, (refusal, when) in found.items() if 0 <= now - when < _DAY}


class Served(NamedTuple):
    """What servers have imported for workers in the last run, which was of the command ``call``.

    ``groups`` have interpreter and modules, and the projects that were not forked there all the same.
    """

    call: tuple[str, ...] = ()
    groups: Mapping[tuple[str, tuple[str, ...]], frozenset[str]] = {}


def call_of(config: pytest.Config) -> tuple[str, ...]:
    """The words by which a run is known as the same as the last, in characters that a file can hold."""
    words = (*map(str, config.invocation_params.args), os.environ.get("PYTEST_ADDOPTS", ""))
    return tuple(word.encode("utf-8", "backslashreplace").decode("utf-8") for word in words)


def load_served(config: pytest.Config) -> Served:
    """The recorded one, also before the cache is there; an unreadable one is none."""
    file = cache_file(config, _SERVED)
    try:
        return parsed_served(json.loads(file.read_bytes())) if file is not None else Served()
    except (OSError, ValueError, RecursionError):
        return Served()


def save_served(config: pytest.Config, served: Served) -> None:
    """Remember it; where nothing is shared and nothing was, no file is written."""
    cache = bearing_full_disks(config)
    if cache is not None and (served.groups or load_served(config).groups):
        groups = [[*key, sorted(others)] for key, others in sorted(served.groups.items())]
        cache.set(f"monorepo/{_SERVED}", {"version": _VERSION, "call": served.call, "groups": groups})


def parsed_served(data: object) -> Served:
    """What :func:`save_served` wrote; what is none of it is left out."""
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return Served()
    groups = {
        (entry[0], tuple(entry[1])): frozenset(entry[2])
        for entry in _list(data.get("groups"))
        if isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and all(isinstance(part, list) for part in entry[1:])
        and all(isinstance(name, str) for part in entry[1:] for name in part)
        and entry[1]
    }
    return Served(tuple(str(word) for word in _list(data.get("call"))), groups)


def _list(data: object) -> list[Any]:
    return data if isinstance(data, list) else []


def load(config: pytest.Config) -> Known:
    """The recorded one; an unreadable one is none."""
    return parsed(recorded(config, _KEY))


def save(config: pytest.Config, known: Known, existing: Collection[str]) -> None:
    """Remember what there is of the projects that ``existing`` names."""
    cache = bearing_full_disks(config)
    if cache is None:
        return
    projects = {
        path: [known.digests.get(path, ""), seconds]
        for path, seconds in sorted(known.seconds.items())
        if path in existing
    }
    refused = {
        python: {module: [told.reason, when, told.instead] for module, (told, when) in own.items()}
        for python, own in known.refused.items()
    }
    cache.set(_KEY, {"version": _VERSION, "projects": projects, "refused": refused})


def parsed(data: object) -> Known:
    """What :func:`save` wrote; what is none of it is left out."""
    known = Known()
    if not isinstance(data, dict) or data.get("version") != _VERSION:
        return known
    for path, entry in _items(data.get("projects")):
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str):
            known.digests[path], known.seconds[path] = entry[0], read(entry[1])
    for python, modules in _items(data.get("refused")):
        known.refused[python] = {
            module: (Refusal(str(told[0]), tuple(map(str, _list(told[2])))), float(told[1]))
            for module, told in _items(modules)
            if isinstance(told, list) and len(told) == 3 and _is_number(told[1])
        }
    return known


def read(data: object) -> dict[str, float]:
    """Seconds by module, of what a worker or a file says."""
    return {name: float(seconds) for name, seconds in _items(data) if _is_number(seconds) and seconds >= 0}


def _is_number(data: object) -> bool:
    """Whether it is one that fits a float: JSON has larger ones."""
    return isinstance(data, (int, float)) and abs(data) <= sys.float_info.max


def _items(data: object) -> Iterable[tuple[str, Any]]:
    return [(k, v) for k, v in data.items() if isinstance(k, str)] if isinstance(data, dict) else []


def groups(
    seconds: Mapping[str, Seconds],
    allowed: Collection[str] | None = None,
    refused: Mapping[str, Refusal] = {},
    least: float = LEAST_SAVING,
    at_once: int = 1,
) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Modules to import once, and the projects to do it for; the one that saves most is the first.

    ``seconds`` are those of projects of one interpreter, of each in the order in which it imported.
    ``allowed`` are the modules among which to choose, ``None`` for all that take their time; a module's name
    allows for those below it. With ``allowed`` no saving is too small. ``at_once`` projects would import
    side by side, and all of them wait for a server that does it for them.
    """
    left = {path: _worth(own, allowed, refused) for path, own in seconds.items()}
    found = []
    while best := _best(left, least if allowed is None else -math.inf, at_once):
        modules, projects = best
        found.append((modules, projects))
        left = {path: own for path, own in left.items() if path not in projects}
    return found


def _worth(own: Seconds, allowed: Collection[str] | None, refused: Mapping[str, Refusal]) -> Seconds:
    found: dict[str, float] = {}
    for module, seconds in own.items():
        fit = without((module,), refused, allowed)
        counts = seconds >= LEAST_SECONDS if allowed is None else _is_allowed(module, allowed)
        if fit and counts:
            found[fit[0]] = found.get(fit[0], 0.0) + seconds
            found.update({one: found.get(one, 0.0) for one in fit})
    return found


def without(
    modules: Iterable[str], refused: Mapping[str, Refusal], allowed: Collection[str] | None = None
) -> tuple[str, ...]:
    """The modules; for one that is refused the package around it, and what the refused one begins with.

    Of the latter what is allowed, see :func:`groups`.
    """
    seen: set[str] = set()
    return tuple(dict.fromkeys(one for module in modules for one in _fit(module, refused, allowed, seen)))


def _fit(
    module: str, refused: Mapping[str, Refusal], allowed: Collection[str] | None, seen: set[str]
) -> list[str]:
    # whoever imports a module has imported the packages around it, and those first
    around = list(_around(module))
    those = [one for one in around if one in refused]
    found = [one for one in around if not any(_is_below(one, no) for no in those)][:1]
    for part in (part for no in reversed(those) for part in refused[no].instead):
        if part not in seen and _is_allowed(part, allowed):
            seen.add(part)
            found += _fit(part, refused, allowed, seen)
    return found


def _is_allowed(module: str, allowed: Collection[str] | None) -> bool:
    return allowed is None or any(_is_below(module, one) for one in allowed)


def _around(module: str) -> Iterable[str]:
    """The module, and the packages that hold it, the innermost first."""
    while module:
        yield module
        module = module.rpartition(".")[0]


def _is_below(module: str, other: str) -> bool:
    return module == other or module.startswith(f"{other}.")


def _best(
    left: Mapping[str, Seconds], least: float, at_once: int
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    importers: defaultdict[str, list[str]] = defaultdict(list)
    for path, own in left.items():
        for module in own:
            importers[module].append(path)
    several = [module for module, paths in importers.items() if len(paths) > 1]
    candidates = [_group(left, importers[module]) for module in several]
    rated = [(_saving(left, *one, at_once), one) for one in candidates]
    saving, best = max(rated, key=lambda pair: pair[0], default=(0.0, None))
    return best if best is not None and saving >= least else None


def _group(left: Mapping[str, Seconds], paths: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    first = left[paths[0]]
    return tuple(module for module in first if all(module in left[path] for path in paths)), tuple(paths)


def _saving(
    left: Mapping[str, Seconds], modules: tuple[str, ...], paths: tuple[str, ...], at_once: int = 1
) -> float:
    """Seconds on the clock: what they import by turns, less the one import that all of them wait for."""
    of_each = [sum(left[path][module] for module in modules) for path in paths]
    return sum(of_each) / at_once - WATCHED * max(of_each)


def hint(seconds: Mapping[str, Seconds]) -> tuple[tuple[str, ...], float, int, float] | None:
    """What could be shared in all: the modules that take longest, their seconds, projects, what is saved."""
    found = groups(seconds, least=LEAST_HINT)
    if not found:
        return None
    total = sum(seconds[path][name] for names, paths in found for path in paths for name in names)
    saved = sum(_saving(seconds, modules, paths) for modules, paths in found)
    modules = [module for modules, _ in found for module in modules]
    longest = sorted(set(modules), key=lambda one: -sum(own.get(one, 0.0) for own in seconds.values()))
    return tuple(longest[:2]), total, sum(len(paths) for _, paths in found), saved
