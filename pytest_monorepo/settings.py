"""``[tool.pytest-monorepo]`` of the workspace root, as one frozen :class:`Settings`.

TOML cannot hold ``projects = [...]`` and ``[tool.pytest-monorepo.projects."libs/core"]`` at once. So
``projects`` is either the list of globs or the tables, and ``members`` is another word for the list, to be
used beside tables::

    [tool.pytest-monorepo]
    members = ["libs/*", "services/*"]

    [tool.pytest-monorepo.projects."services/api"]
    depends-on = ["libs/proto"]
"""

from __future__ import annotations

import datetime
import difflib
import ntpath
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

import tomli

from .errors import SettingsError
from .quarantine import MOST_DAYS, Entry, is_too_far, latest
from .records import Edge
from .worker.plugins.whole import KINDS

T = TypeVar("T")
FILE = "pyproject.toml"
TABLE = "tool.pytest-monorepo"


@dataclass(frozen=True)
class ProjectSettings:
    """``[tool.pytest-monorepo.projects."libs/core"]``: what no tool can see of one project.

    ``args`` are pytest arguments for this project alone; ``env`` is added to its workers' environment;
    ``python`` names its interpreter, ``timeout`` is in seconds, ``resources`` are names it must not share.
    ``split`` is what several workers share of it, as ``--monorepo-split`` says for all; ``None``: as that
    says. ``requires_python`` is the root's key for this project. ``depends_on`` are project paths, ``inputs``
    globs relative to the workspace root. ``cached`` off: its results are not kept; ``cached_clock``: they
    are, although its code calls the clock or chance.
    """

    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    timeout: float | None = None
    resources: tuple[str, ...] = ()
    split: Literal["file", "scope", "test", "none"] | None = None
    requires_python: Literal["error", "skip", "run"] | None = None
    depends_on: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    cached: bool = True
    cached_clock: bool = False


@dataclass(frozen=True)
class ClusterSettings:
    """The ``cluster-`` keys, for ``--cluster``.

    ``include`` are globs of ignored files that the tests need; ``path`` is where the nodes have the workspace
    already, ``setup`` a command that prepares each tree sent to them, ``keep`` how many a node keeps.
    ``insecure`` admits a network without TLS. ``env`` are variables (globs) that the nodes' workers get from
    here. A node is lost after ``silence`` seconds without a word; the first is waited for ``wait`` seconds.
    """

    include: tuple[str, ...] = ()
    path: str | None = None
    setup: str | None = None
    keep: int = 3
    insecure: bool = False
    env: tuple[str, ...] = ()
    silence: float = 30.0
    wait: float = 60.0


@dataclass(frozen=True)
class Settings:
    """The whole table; globs and paths are POSIX and relative to the workspace root.

    ``projects`` and ``exclude`` override discovery (empty: automatic). ``outside_table`` says what
    becomes of projects that a workspace table does not name; ``None`` leaves them out and says so.
    ``resources`` says how many at a time may hold a resource (default 1), on each machine of a cluster for
    those of ``resources_per_machine`` and on all of them together for the others. ``ignore_imports`` are
    ``"services/api -> libs/core"`` pairs whose import edge does not count; either side may be a glob.
    ``keep_whole`` are ``"marker:stage"`` entries, see :func:`pytest_monorepo.worker.plugins.whole.reasons`.
    ``affected_sample`` is the share of the test files left out that run all the same.
    ``requires_python`` is what becomes of a project whose ``requires-python`` excludes the interpreter.
    ``cached`` replays what has not changed: results no older than ``cached_max_age`` days, of a folder of
    at most ``cached_size`` megabytes. ``cached_store`` is another folder, or the URL of a store, for which a
    run waits ``cached_wait`` seconds in all; ``cached_public_key`` tells who signed what is in it,
    ``cached_write`` whether it is written to (``None``: unless a fork's pull request is built). ``added``
    projects and ``edges`` are those of hooks, ``quarantine`` holds also entries that are over;
    ``inifile`` is what ``-c`` names and ``overrides`` what ``-o`` says, as far as it decides which files
    hold tests. ``confcutdir`` where the call moves the folder from which conftests are read.
    """

    projects: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    outside_table: Literal["leave", "run"] | None = None
    per_project: Mapping[str, ProjectSettings] = field(default_factory=dict)
    resources: Mapping[str, int] = field(default_factory=dict)
    resources_per_machine: frozenset[str] = frozenset()
    cluster: ClusterSettings = ClusterSettings()
    workers: int | Literal["auto"] = "auto"
    run_all_on: tuple[str, ...] = ()
    ignore_changes: tuple[str, ...] | None = None
    ignore_imports: tuple[str, ...] = ()
    affected_fallback: Literal["all", "error"] = "all"
    other_languages: Literal["named", "all"] = "named"
    affected_level: Literal["project", "file"] = "project"
    affected_sample: float = 0.0
    project_timeout: float | None = None
    flaky: Literal["pass", "fail"] = "pass"
    keep_whole: tuple[str, ...] = ()
    requires_python: Literal["error", "skip", "run"] = "error"
    cached: bool = False
    cached_max_age: float = 7.0
    cached_size: float = 1000.0
    cached_sample: float = 0.0
    cached_clock: bool = False
    cached_ignore_env: tuple[str, ...] = ()
    cached_store: str | None = None
    quarantine: tuple[Entry, ...] = ()
    cached_public_key: str | None = None
    cached_write: bool | None = None
    cached_wait: float = 2.0
    added: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    inifile: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    confcutdir: bool = False

    def of(self, project: str) -> ProjectSettings:
        """The settings of the project at this path, defaults where there are none."""
        return self.per_project.get(project, ProjectSettings())

    def requires_python_of(self, project: str) -> Literal["error", "skip", "run"]:
        """What becomes of the project at this path where its ``requires-python`` excludes the interpreter."""
        return self.of(project).requires_python or self.requires_python


def load(root: Path) -> Settings:
    """The settings in ``root/pyproject.toml``; the defaults where there is no file or no table.

    Raises :class:`SettingsError` with one line for every complaint.
    """
    try:
        document = tomli.loads((root / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Settings()
    except OSError as error:
        raise SettingsError(f"{FILE}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{FILE}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomli.TOMLDecodeError as error:
        raise SettingsError(f"{FILE}: is not valid TOML: {error}") from error
    tool = document.get("tool")
    return parse(tool.get("pytest-monorepo", {}) if isinstance(tool, dict) else {})


def parse(table: object) -> Settings:
    """Read the parsed table. Raises :class:`SettingsError` with one line for every complaint."""
    complaints: list[str] = []
    reader = _Table(TABLE, table, complaints)
    projects = reader.raw("projects")
    tables = projects if isinstance(projects, Mapping) else {}
    resources: dict[str, tuple[int, str]] = reader.get("resources", _COUNTS, {})
    settings = Settings(
        projects=_globs(reader, as_list=not isinstance(projects, Mapping)),
        exclude=reader.get("exclude", _STRINGS, ()),
        outside_table=reader.get("outside-table", _OUTSIDE, None),
        per_project={_path(path): _project(path, value, complaints) for path, value in tables.items()},
        resources={name: count for name, (count, _) in resources.items()},
        resources_per_machine=frozenset(name for name, (_, per) in resources.items() if per == "machine"),
        cluster=_cluster(reader),
        workers=reader.get("workers", _WORKERS, "auto"),
        run_all_on=reader.get("run-all-on", _STRINGS, ()),
        ignore_changes=reader.get("ignore-changes", _STRINGS, None),
        ignore_imports=reader.get("ignore-imports", _ARROWS, ()),
        affected_fallback=reader.get("affected-fallback", _FALLBACK, "all"),
        other_languages=reader.get("other-languages", _OTHER_LANGUAGES, "named"),
        affected_level=reader.get("affected-level", _LEVEL, "project"),
        affected_sample=reader.get("affected-sample", _SHARE, 0.0),
        project_timeout=reader.get("project-timeout", _SECONDS, None),
        flaky=reader.get("flaky", _FLAKY, "pass"),
        keep_whole=reader.get("keep-whole", _KEEP_WHOLE, ()),
        requires_python=reader.get("requires-python", _REQUIRES_PYTHON, "error"),
        cached=reader.get("cached", _BOOLEAN, False),
        cached_max_age=reader.get("cached-max-age", _DAYS, 7.0),
        cached_size=reader.get("cached-size", _MEGABYTES, 1000.0),
        cached_sample=reader.get("cached-sample", _SHARE, 0.0),
        cached_clock=reader.get("cached-clock", _BOOLEAN, False),
        cached_ignore_env=reader.get("cached-ignore-env", _STRINGS, ()),
        cached_store=reader.get("cached-store", _STRING, None),
        quarantine=_quarantine(reader.raw("quarantine"), complaints),
        cached_public_key=reader.get("cached-public-key", _STRING, None),
        cached_write=reader.get("cached-write", _BOOLEAN, None),
        cached_wait=reader.get("cached-wait", _SECONDS, 2.0),
    )
    reader.known("quarantine")
    reader.complain_of_unknown()
    if complaints:
        raise SettingsError("\n".join(complaints))
    return settings


def unknown_projects(settings: Settings, paths: Iterable[str]) -> list[str]:
    """One complaint for every project path in the settings that the workspace does not have."""
    known = list(paths)
    complaints = []
    for path, project in settings.per_project.items():
        if path not in known:
            complaints.append(f"{FILE}: [{TABLE}.projects] '{path}' is no project{_near(path, known)}")
        complaints += (
            f"{FILE}: [{TABLE}.projects.\"{path}\"] depends-on: '{other}' is no project{_near(other, known)}"
            for other in project.depends_on
            if other not in known
        )
    return complaints


def _globs(reader: _Table, *, as_list: bool) -> tuple[str, ...]:
    members: tuple[str, ...] = reader.get("members", _STRINGS, ())
    listed: tuple[str, ...] = reader.get("projects", _STRINGS, ()) if as_list else ()
    if members and listed:
        reader.complain("'members' and a list under 'projects' say the same thing; keep one of them")
    reader.known("projects")
    return listed or members


def _project(path: str, value: object, complaints: list[str]) -> ProjectSettings:
    reader = _Table(f'{TABLE}.projects."{path}"', value, complaints)
    project = ProjectSettings(
        args=reader.get("args", _STRINGS, ()),
        env=reader.get("env", _ENVIRONMENT, {}),
        python=reader.get("python", _STRING, None),
        timeout=reader.get("timeout", _SECONDS, None),
        resources=reader.get("resources", _STRINGS, ()),
        split=reader.get("split", _SPLIT, None),
        requires_python=reader.get("requires-python", _REQUIRES_PYTHON, None),
        depends_on=tuple(_path(other) for other in reader.get("depends-on", _STRINGS, ())),
        inputs=reader.get("inputs", _STRINGS, ()),
        cached=reader.get("cached", _BOOLEAN, True),
        cached_clock=reader.get("cached-clock", _BOOLEAN, False),
    )
    reader.complain_of_unknown()
    return project


def _quarantine(table: object, complaints: list[str]) -> tuple[Entry, ...]:
    if table is None:
        return ()
    whole = _Table(f"{TABLE}.quarantine", table, complaints)
    return tuple(
        entry
        for tests, value in (table.items() if isinstance(table, Mapping) else ())
        if (entry := _quarantined(tests, value, whole, complaints)) is not None
    )


def _quarantined(tests: str, value: object, whole: _Table, complaints: list[str]) -> Entry | None:
    if "::" not in tests:
        # a file that cannot be imported, or all of a project, is no flaky test
        whole.complain(f"'{tests}' names no test; write FILE::TEST, or FILE::* for all tests of a file")
    table = f'{TABLE}.quarantine."{tests}"'
    reader, today = _Table(table, value, complaints), datetime.date.today()
    owner, reason, until = (
        reader.get(name, kind, None)
        for name, kind in (("owner", _STRING), ("reason", _STRING), ("until", _DAY))
    )
    for name in ("owner", "reason", "until"):
        if isinstance(value, Mapping) and name not in value:
            example = latest(today).isoformat() if name == "until" else '"…"'
            reader.complain(f"'{name}' is missing; add {name} = {example}")
    if until is not None and is_too_far(until, today):
        most = f"at most {MOST_DAYS} days from today ({latest(today).isoformat()})"
        reader.complain(f"'until' must be {most}, not {until.isoformat()}")
    reader.complain_of_unknown()
    return Entry(_path_of_test(tests), owner, reason, until) if owner and reason and until else None


def _path_of_test(tests: str) -> str:
    path, colons, name = tests.partition("::")
    return _path(path) + colons + name


def _cluster(reader: _Table) -> ClusterSettings:
    return ClusterSettings(
        include=reader.get("cluster-include", _STRINGS, ()),
        path=reader.get("cluster-path", _FOLDER, None),
        setup=reader.get("cluster-setup", _STRING, None),
        keep=reader.get("cluster-keep", _KEPT, 3),
        insecure=reader.get("cluster-insecure", _BOOLEAN, False),
        env=reader.get("cluster-env", _STRINGS, ()),
        silence=reader.get("cluster-silence", _SECONDS, 30.0),
        wait=reader.get("cluster-wait", _SECONDS, 60.0),
    )


def _path(path: str) -> str:
    """A project's path as the workspace spells it: ``./libs/core/`` is ``libs/core``."""
    return posixpath.normpath(path.replace("\\", "/"))


def _near(value: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(value, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


@dataclass(frozen=True)
class _Kind(Generic[T]):
    """What a value may be: ``wanted`` words it, ``read`` returns the value or raises ``ValueError``."""

    wanted: str
    read: Callable[[Any], T]


class _Table:
    """One TOML table under reading; remembers the keys asked for and collects complaints."""

    def __init__(self, name: str, table: object, complaints: list[str]) -> None:
        self._name = name
        self._complaints = complaints
        self._known: list[str] = []
        self._table: Mapping[str, object] = table if isinstance(table, Mapping) else {}
        if not isinstance(table, Mapping):
            self.complain(f"must be a table, not {_shown(table)}")

    def raw(self, key: str) -> object:
        return self._table.get(key)

    def known(self, key: str) -> None:
        if key not in self._known:
            self._known.append(key)

    def get(self, key: str, kind: _Kind[Any], default: Any) -> Any:
        self.known(key)
        if key not in self._table:
            return default
        try:
            return kind.read(self._table[key])
        except (ValueError, OverflowError):  # TOML's integers have no end here, floats have
            self.complain(f"'{key}' must be {kind.wanted}, not {_shown(self._table[key])}")
            return default

    def complain(self, sentence: str) -> None:
        self._complaints.append(f"{FILE}: [{self._name}] {sentence}")

    def complain_of_unknown(self) -> None:
        for key in self._table:
            if key not in self._known:
                near = _near(key.replace("_", "-"), self._known)
                self.complain(f"unknown key '{key}'{near or f'; known are {_listed(self._known)}'}")


def _shown(value: object) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    return "true" if value is True else "false" if value is False else repr(value)


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(sorted(keys))


def _ensure(good: bool) -> None:
    if not good:
        raise ValueError


def _string(value: Any) -> str:
    _ensure(isinstance(value, str) and value != "")
    return str(value)


def _string_list(value: Any) -> tuple[str, ...]:
    _ensure(isinstance(value, list) and all(isinstance(item, str) and item for item in value))
    return tuple(value)


def _count(value: Any) -> int:
    # TOML's true is Python's True, which is an int
    _ensure(isinstance(value, int) and not isinstance(value, bool) and value >= 1)
    return int(value)


def _number(value: Any) -> int:
    _ensure(isinstance(value, int) and not isinstance(value, bool) and value >= 0)
    return int(value)


def _absolute(value: Any) -> str:
    _ensure(isinstance(value, str) and (posixpath.isabs(value) or ntpath.isabs(value)))
    return str(value)


def _workers(value: Any) -> int | Literal["auto"]:
    return "auto" if value == "auto" else _count(value)


def _seconds(value: Any) -> float:
    _ensure(isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"))
    return float(value)


def _day(value: Any) -> datetime.date:
    if isinstance(value, str):
        return datetime.date.fromisoformat(value)
    # a moment is a date to Python, and no day to TOML
    _ensure(isinstance(value, datetime.date) and not isinstance(value, datetime.datetime))
    return value  # type: ignore[no-any-return]


def _boolean(value: Any) -> bool:
    _ensure(isinstance(value, bool))
    return bool(value)


def _share(value: Any) -> float:
    _ensure(isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1)
    return float(value)


def _counts(value: Any) -> dict[str, tuple[int, str]]:
    _ensure(isinstance(value, dict))
    return {key: _counted(item) for key, item in value.items()}


def _counted(value: Any) -> tuple[int, str]:
    """A number for the whole run, or ``{ count = 2, per = "machine" }``."""
    if not isinstance(value, dict):
        return _count(value), "cluster"
    _ensure(value.keys() <= {"count", "per"} and value.get("per", "cluster") in ("machine", "cluster"))
    return _count(value.get("count", 1)), str(value.get("per", "cluster"))


def _environment(value: Any) -> dict[str, str]:
    _ensure(isinstance(value, dict) and all(isinstance(item, str) for item in value.values()))
    _ensure(all(key and "=" not in key and "\0" not in key + item for key, item in value.items()))
    return dict(value)


def _arrows(value: Any) -> tuple[str, ...]:
    pairs = _string_list(value)
    _ensure(all(len([side for side in pair.split("->") if side.strip()]) == 2 for pair in pairs))
    return pairs


def _reasons(value: Any) -> tuple[str, ...]:
    entries = _string_list(value)
    _ensure(all(kind in KINDS and name for kind, _, name in (entry.partition(":") for entry in entries)))
    return entries


def _one_of(*words: str) -> _Kind[str]:
    def read(value: Any) -> str:
        _ensure(value in words)
        return str(value)

    return _Kind(" or ".join(f"'{word}'" for word in words), read)


_STRING = _Kind("a non-empty string", _string)
_STRINGS = _Kind("a list of non-empty strings", _string_list)
_SECONDS = _Kind("a number of seconds above 0", _seconds)
_BOOLEAN = _Kind("true or false", _boolean)
_DAY = _Kind("a day, like 2026-12-24", _day)
_SHARE = _Kind("a number from 0 to 1", _share)
_DAYS = _Kind("a number of days above 0", _seconds)
_MEGABYTES = _Kind("a number of megabytes above 0", _seconds)
_WORKERS = _Kind("'auto' or a whole number of at least 1", _workers)
_COUNTS = _Kind(
    "a table of names and whole numbers of at least 1, or { count = 1, per = 'machine' or 'cluster' }",
    _counts,
)
_FOLDER = _Kind("an absolute path, the same on every node", _absolute)
_KEPT = _Kind("a whole number of at least 0", _number)
_ENVIRONMENT = _Kind("a table of names and strings", _environment)
_ARROWS = _Kind("a list of 'dependent -> dependency' pairs", _arrows)
_OUTSIDE = _one_of("leave", "run")
_FALLBACK = _one_of("all", "error")
_OTHER_LANGUAGES = _one_of("named", "all")
_LEVEL = _one_of("project", "file")
_FLAKY = _one_of("pass", "fail")
_KEEP_WHOLE = _Kind(f"a list of 'KIND:NAME', KIND one of {', '.join(KINDS)}", _reasons)
_SPLIT = _one_of("file", "scope", "test", "none")
_REQUIRES_PYTHON = _one_of("error", "skip", "run")
