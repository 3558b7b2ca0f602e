"""The imports that a fork server makes for its workers, each of them watched."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set

from ..process.leaving import Refused
from . import homes
from .replaced import Replaced
from .state import Known
from .watch import Watch, listen


class Imported(NamedTuple):
    """``tops`` are the first names of all modules that came, and of those that were looked for in vain.

    A project that has one of these itself would give it to whoever looks. ``reads`` are variables that were
    asked for. ``missing`` are those of ``tops`` that nobody had: a mere folder of data would be one of them;
    and ``NAME.dist-info`` for distributions that were asked for, ``*.dist-info`` where all were looked at.
    """

    tops: List[str]
    reads: List[str]
    missing: List[str]


def import_all(names: Sequence[str], root: str) -> Imported:
    """Import them one after the other; ``root`` is the workspace's.

    Raises :class:`Refused` for the first that must not be shared. The process is of no use after that.
    """
    listen()
    before = set(sys.modules)
    missing = _Missing()
    finders = list(sys.meta_path)
    distributions = _Distributions()
    sys.meta_path[:] = [distributions, *finders, missing]
    try:
        reads = _import_each(names, root)
    except Refused as refused:
        sys.meta_path = finders  # it may have put others in the place of all of them
        from .leading import leading

        raise Refused(refused.module, refused.reason, leading(refused.module, root)) from None
    sys.meta_path.remove(missing)
    sys.meta_path.remove(distributions)
    tops = {one.partition(".")[0] for one in sys.modules.keys() - before}
    absent = {one.partition(".")[0] for one in missing.names} - tops
    return Imported(sorted(tops | absent), sorted(reads), sorted(absent | distributions.names))


class _Missing:
    """The last to be asked for a module: nobody else has found it."""

    def __init__(self) -> None:
        self.names: Set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        self.names.add(name)


class _Distributions:
    """The first to be asked for a distribution: another one may lie on a project's own path."""

    def __init__(self) -> None:
        self.names: Set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        pass

    def find_distributions(self, context: Any) -> Iterator[Any]:
        self.names.add(homes.token_of(getattr(context, "name", None) or "*"))
        return iter(())  # Python 3.8 takes the next one of it


def _import_each(names: Sequence[str], root: str) -> Set[str]:
    reads: Set[str] = set()
    replaced = Replaced(homes.is_standard)
    brought: Dict[str, Set[str]] = {}
    known = Known()
    for name in names:
        if sys.modules.get(name) is not None:  # one before it has imported it
            continue
        replaced.begin()
        before = set(sys.modules)
        watch = Watch(name, known)
        try:
            with watch:
                watch.load()
        except BaseException as error:
            if not watch.reasons:  # the watch says so, unless it was the comparing that failed
                watch.reasons.append(f"leaves what cannot be looked at ({error!r})")
        new = {one: sys.modules[one] for one in sys.modules.keys() - before}
        reason = next(iter([*watch.reasons, *_strangers(new, root)]), None)
        if reason is not None:
            raise Refused(name, reason)
        reads |= watch.reads
        brought[name] = set(new)
        replaced.learn(new)
    for what, origin in replaced.told():
        by = next((name for name, new in brought.items() if origin in new), names[-1])
        raise Refused(by, f"replaces {what}")
    return reads


def _strangers(modules: Dict[str, Any], root: str) -> Iterable[str]:
    """Modules that are neither installed nor Python's own: a project may have them otherwise."""
    known = (*homes.standard(), *homes.installed(root))
    for name, module in sorted(modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            if not os.path.abspath(file).startswith(known):
                yield f"loads {name} from {os.path.dirname(file)}"
        elif not all(os.path.abspath(folder).startswith(known) for folder in getattr(module, "__path__", ())):
            yield f"loads {name}, of which parts lie elsewhere"
