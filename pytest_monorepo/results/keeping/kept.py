"""Makes of what a worker told what can be kept, unless it has changed since."""

from __future__ import annotations

from typing import Any

from pytest_monorepo.inputs import tables
from pytest_monorepo.inputs.record import shown
from pytest_monorepo.inputs.record.values import PROGRAMS_CLOCK, SQL_CLOCK
from pytest_monorepo.results.values.asks import speaks_of_words
from pytest_monorepo.results.values.clock import clock_in
from pytest_monorepo.results.values.compare import Now
from pytest_monorepo.results.values.current import Current, keyed_environment
from pytest_monorepo.results.values.section import Section, Traced
from pytest_monorepo.value import value

from . import abroad


@value(frozen=True)
class Kept:
    """``began`` is when the run did, in epoch nanoseconds: a file written since was written by a test."""

    now: Now
    began: int = 0

    def section(self, traced: Traced, modules: tuple[str, ...] = ()) -> Section | str:
        """The inputs as they are compared later; a sentence where they cannot be."""
        if traced.reasons:
            return f"no complete trace: {traced.reasons[0]}"
        changed = abroad.differs(traced, self.now) if traced.node else self.changed(traced)
        if changed is not None:
            return changed
        places, now = self.now.places, self.now
        inputs = {
            kind: {places.portable(path): now.current.value(kind, path) for path in paths}
            for kind, paths in traced.inputs.items()
        }
        read = (path for kind in ("file", *tables.KINDS) for path in traced.inputs.get(kind, ()))
        if any(map(self._names_the_root, read)):
            inputs["place"] = {"<root>": places.absolute("<root>")}
        lookups = {places.portable(folder): dict(names) for folder, names in traced.lookups.items()}
        variables = {
            name: None if value is None else now.keyed(name, value)
            for name, value in traced.variables.items()
        }
        if any(self._asks_for_words(path) for path in traced.inputs.get("file", ())):
            variables.update({name: now.variable(name) for name in shown.NAMES})
        environment = None
        if traced.environment is not None:
            environ = {name: places.variable(name, value) for name, value in traced.environment.items()}
            environment = keyed_environment(now.secret, environ, now.ignored)
        return Section(inputs, lookups, variables, dict(traced.facts), environment, traced.suffixes, modules)

    def changed(self, traced: Traced) -> str | None:
        """The first input that is not any more what it was when it was asked for."""
        places, now = self.now.places, self.now
        for kind, paths in traced.inputs.items():
            for path, was in paths.items():
                if kind == "file":
                    changed = self._file_changed(path, was)
                else:
                    changed = "changed" if now.current.value(kind, path) != was else None
                if changed is not None:
                    return f"{places.shown(places.portable(path))} {changed} while the tests ran"
        for folder, names in traced.lookups.items():
            for name, _, _ in now.current.lookups(folder, names, traced.suffixes):
                shown = places.shown(places.portable(folder))
                return f"{shown}: what could be {name} changed while the tests ran"
        return None

    def _file_changed(self, path: str, was: Any) -> str | None:
        ours = self.now.places.portable(path).startswith("<root>")
        if not self.now.current.is_same_file(path, was, ours):
            return "changed"
        if not (isinstance(was, list) and self.began):
            return None
        # it may have been written before it was read, by what no trace holds
        written = was[2] if ours else min(was[1:3])  # installers make links, and anybody sets an mtime
        return "was written" if written >= self.began - _ticks(written) else None

    def _asks_for_words(self, path: str) -> bool:
        """``sys.argv`` has to be a plain list: who asks for it is read in the workspace's sources."""
        ours = path.endswith(".py") and self.now.places.portable(path).startswith("<root>")
        if not ours:
            return False
        current = self.now.current
        return bool(current.once(("asks for words", path), lambda: speaks_of_words(current.source(path))))

    def _names_the_root(self, path: str) -> bool:
        """Whether a file says where the workspace lies: another worktree's tests would look there, too."""
        root, current = self.now.places.absolute("<root>"), self.now.current
        if not (path.startswith(f"{root}/") or path.endswith(_POINTERS)):
            return False
        return bool(current.once(("names", path, root), lambda: _names(path, root, current)))


def _ticks(written: int) -> int:
    """Nanoseconds by which the time of a file may be behind the clock's: kernels and file systems round."""
    return _COARSE if written % 1_000_000_000 == 0 else _TICK


_TICK, _COARSE = 20_000_000, 2_000_000_000


def _names(path: str, folder: str, current: Current) -> bool:
    """Whether a file that may say where things lie holds the folder's path."""
    return folder.encode("utf-8", "surrogateescape") in current.source(path, _LONGEST)


_POINTERS = (".pth", ".egg-link", "_finder.py", "direct_url.json", "pyvenv.cfg")
"""How an environment says that packages lie elsewhere."""

_LONGEST = 4_000_000


def clocked(section: Section, now: Now, roots: tuple[str, ...], *, seeded: bool) -> str | None:
    """Why running the same again may give something else: the clock, or chance."""
    if not seeded and any(path.endswith("/hypothesis/core.py") for path in section.paths):
        return "hypothesis draws other examples each time (--hypothesis-seed or cached-clock = true lets it)"
    if PROGRAMS_CLOCK in section.facts:
        return "runs a program, which may ask for the time, or chance (cached-clock = true lets it)"
    if SQL_CLOCK in section.facts:
        return "SQLite tells the time, or draws a number (cached-clock = true lets it)"
    for path in section.paths:
        place = now.places.absolute(path)
        if _is_ours(place, roots) and (word := _clock_in(place, now.current)):
            return f"{now.places.shown(path)} calls {word} (cached-clock = true lets it)"
    return None


def _clock_in(path: str, current: Current) -> str | None:
    found: str | None = current.once(("clock", path), lambda: clock_in(current.source(path), path))
    return found


def _is_ours(path: str, roots: tuple[str, ...]) -> bool:
    return path.endswith((".py", ".sql")) and path.startswith(roots) and "/site-packages/" not in path
