"""Whether inputs have the values that they had, and which has not, in words for the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from pytest_monorepo.inputs.record import values
from pytest_monorepo.inputs.record.questions import KINDS
from pytest_monorepo.inputs.record.shown import OPTION
from pytest_monorepo.inputs.storage import CONSTANTS
from pytest_monorepo.inputs.tables import INI_OF_COVERAGE, INI_OF_PYTEST, OF_COVERAGE, OF_PYTEST
from pytest_monorepo.value import value

from .current import Current, keyed, keyed_environment
from .names import is_plain
from .places import Places
from .section import ASSIGNED, Section


@value(frozen=True)
class Now:
    """What there is to compare with: ``environ`` is that of the project's worker.

    ``secret`` keys the hashes of variables, ``plain``, unless it is empty, those of :data:`names.PLAIN`.
    ``shown`` are options (:mod:`~pytest_monorepo.inputs.record.shown`), which are asked for like variables.
    """

    current: Current
    places: Places
    environ: Mapping[str, str]
    secret: bytes
    ignored: frozenset[str]
    plain: bytes = b""
    shown: Mapping[str, str] = field(default_factory=dict)

    def facing(self, variables: Iterable[str], *, everything: bool) -> int:
        """Equal where all answers to one list of questions are; ``everything``: all variables are asked for.

        Each project's worker has a ``PWD`` of its own, for which what all share hardly ever asks.
        """
        named = sorted({*(self.environ if everything else ()), *variables} - ASSIGNED)
        return hash((self.places, tuple((name, self.asked(name)) for name in named)))

    def asked(self, name: str) -> str | None:
        """What who reads a variable of the name gets; with :data:`OPTION` before it, of an option."""
        return (self.shown if name.startswith(OPTION) else self.environ).get(name)

    def variable(self, name: str) -> str | None:
        """A variable's value as it is kept."""
        value = self.asked(name)
        return None if value is None else self.keyed(name, value)

    def keyed(self, name: str, value: str) -> str:
        """A value as it is kept."""
        secret = self.plain if self.plain and is_plain(name) else self.secret
        return keyed(secret, name, self.places.variable(name, value))

    def is_open(self, name: str) -> bool:
        """Whether a variable compares without the secret: it is not set, or holds none."""
        return name in ASSIGNED or self.asked(name) is None or (bool(self.plain) and is_plain(name))

    def environment(self) -> str:
        """All of them."""
        environ = {name: self.places.variable(name, value) for name, value in self.environ.items()}
        return keyed_environment(self.secret, environ, self.ignored)


def _option(name: str) -> str:
    """In the words that the user gives it in."""
    return f"{name} (-v, -q)" if name == f"{OPTION}verbose" else name


def differences(section: Section, now: Now) -> Iterator[str]:
    """One sentence for each input that is not as it was."""
    for name, was in section.variables.items():
        if name not in ASSIGNED and now.variable(name) != was:
            yield _option(name) if name.startswith(OPTION) else f"environment variable {name}"
    if section.environment is not None and now.environment() != section.environment:
        yield "an environment variable, where all of them are read"
    for name, was in section.facts.items():
        if values.fact(name) != was:
            yield f"{name} of this machine"
    for kind, paths in section.inputs.items():
        for path, was in paths.items():
            is_now = now.current.value(kind, now.places.absolute(path))
            if is_now != was:
                yield changed(kind, now.places.shown(path), was, is_now)
    for folder, names in section.lookups.items():
        place = now.places.absolute(folder)
        for name, found, is_now in now.current.lookups(place, names, section.suffixes):
            yield _looked_up(now.places.shown(folder), name, found, is_now)


def changed(kind: str, path: str, was: Any, is_now: Any) -> str:
    """``libs/core/limits.py changed``, ``data/ is listed: two.json is new``."""
    if isinstance(was, list) and isinstance(is_now, list) and kind in LISTINGS:
        new, gone = sorted(set(is_now) - set(was)), sorted(set(was) - set(is_now))
        words = f"{new[0]} is new" if new else f"{gone[0]} is gone" if gone else "its order"
        return f"{path}/ is listed: {words}"
    if was is None and is_now is not None:
        return f"{path} is new"
    if was is not None and is_now is None:
        return f"{path} is gone"
    if kind in KINDS:
        return f"{kind} in {path} changed"
    return f"{path} changed" if kind in ("file", "size") else f"{path} changed ({_WORDS.get(kind, kind)})"


LISTINGS = {
    "names",
    "types",
    "names of code",
    "types of code",
    "types of tests and of code",
    "types with folders of code",
    "types with plain folders of code",
    "distributions",
    "path files",
    "test folders",
}
_WORDS = {
    "stat": "its size, mode, owner or times",
    "lstat": "its size, mode, owner or times",
    "mode": "its mode",
    "times": "its mode or times",
    "identity": "it is another file",
    "link": "where it leads",
    "limits": "what the system gives a process",
    "place": "where it lies, which a file says",
    **dict.fromkeys((OF_PYTEST, INI_OF_PYTEST), "what pytest reads in it"),
    **dict.fromkeys((OF_COVERAGE, INI_OF_COVERAGE), "what coverage.py reads in it"),
    CONSTANTS: "what another hypothesis has found in a source",
    "type": "what it is",
    "regular": "whether it is a file",
    "ltype": "what it is",
}


def _looked_up(folder: str, name: str, was: list[str], is_now: list[str]) -> str:
    new = [one for one in is_now if one not in was]
    gone = [one for one in was if one not in is_now]
    words = f"{new[0].rstrip('/')} is new" if new else f"{gone[0].rstrip('/')} is gone"
    return f"module {name} is looked for in {folder}: {words}"
