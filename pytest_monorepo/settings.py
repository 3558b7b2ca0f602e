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
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Literal

import tomli

from . import kinds
from .errors import SettingsError
from .quarantine import MOST_DAYS, Entry, is_too_far, latest
from .records import Edge
from .toml_tables import FILE as FILE
from .toml_tables import Table, near_of
from .value import value

TABLE = "tool.pytest-monorepo"


@value(frozen=True)
class ProjectSettings:
    """``[tool.pytest-monorepo.projects."libs/core"]``: what no tool can see of one project.

    ``args`` are pytest arguments for this project alone; ``env`` is added to its workers' environment;
    ``python`` names its interpreter, ``timeout`` is in seconds, ``resources`` are names it must not share.
    ``split`` is what several workers share of it, as ``--monorepo-split`` says for all; ``None``: as that
    says. ``requires_python`` is the root's key for this project. ``depends_on`` are project paths, ``inputs``
    globs relative to the workspace root. ``cached`` off: its results are not kept; ``cached_clock``: they
    are, although its code calls the clock or chance. ``cached_referee``: what compiled code and programs look
    for is seen.
    """

    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    timeout: float | None = None
    resources: tuple[str, ...] = ()
    split: Literal["auto", "file", "scope", "test", "none"] | None = None
    requires_python: Literal["error", "skip", "run"] | None = None
    depends_on: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    cached: bool = True
    cached_clock: bool = False
    cached_referee: bool = False


@value(frozen=True)
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


@value(frozen=True)
class Settings:
    """The whole table; globs and paths are POSIX and relative to the workspace root.

    ``projects`` and ``exclude`` override discovery (empty: automatic). ``outside_table`` says what
    becomes of projects that a workspace table does not name; ``None`` leaves them out and says so.
    ``resources`` says how many at a time may hold a resource (default 1), on each machine of a cluster for
    those of ``resources_per_machine`` and on all of them together for the others. ``ignore_imports`` are
    ``"services/api -> libs/core"`` pairs whose import edge does not count; either side may be a glob.
    ``keep_whole`` are ``"marker:stage"`` entries, see :func:`pytest_monorepo.worker.plugins.whole.reasons`.
    ``affected_sample`` is the share of the test files left out that run all the same; with
    ``affected_trust`` ``"trace"`` complete traces of at most ``affected_trust_days`` leave out more of them.
    ``requires_python`` is what becomes of a project whose ``requires-python`` excludes the interpreter.
    ``cached`` replays what has not changed: results no older than ``cached_max_age`` days, of a folder of
    at most ``cached_size`` megabytes. ``cached_store`` is another folder, or the URL of a store, for which a
    run waits ``cached_wait`` seconds in all; ``cached_public_key`` tells who signed what is in it,
    ``cached_write`` whether it is written to (``None``: unless a fork's pull request is built). ``preload``
    are modules to import once for all projects that import them, ``auto`` those that take long. ``added``
    projects and ``edges`` are those of hooks, ``quarantine`` holds also entries that are over;
    ``inifile`` is what ``-c`` names and ``overrides`` what ``-o`` says, as far as it decides which files
    hold tests. ``collecting`` are the words by which the call makes tests of other files. ``confcutdir``
    where the call moves the folder from which conftests are read. ``globs_key`` is what the file calls
    ``projects``.
    """

    projects: tuple[str, ...] = ()
    globs_key: str = field(default="projects", compare=False)
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
    affected_trust: Literal["imports", "trace"] = "imports"
    affected_trust_days: float = 7.0
    project_timeout: float | None = None
    flaky: Literal["pass", "fail"] = "pass"
    keep_whole: tuple[str, ...] = ()
    requires_python: Literal["error", "skip", "run"] = "error"
    cached: bool = False
    cached_max_age: float = 7.0
    cached_size: float = 1000.0
    cached_sample: float = 0.0
    cached_clock: bool = False
    cached_referee: bool = False
    cached_ignore_env: tuple[str, ...] = ()
    cached_store: str | None = None
    quarantine: tuple[Entry, ...] = ()
    cached_public_key: str | None = None
    cached_write: bool | None = None
    cached_wait: float = 2.0
    preload: tuple[str, ...] | Literal["auto", "off"] = "off"
    added: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    inifile: str | None = None
    overrides: tuple[tuple[str, str], ...] = ()
    collecting: tuple[str, ...] = ()
    confcutdir: bool = False

    def of(self, project: str) -> ProjectSettings:
        """The settings of the project at this path, defaults where there are none."""
        return self.per_project.get(project, _DEFAULTS)

    def requires_python_of(self, project: str) -> Literal["error", "skip", "run"]:
        """What becomes of the project at this path where its ``requires-python`` excludes the interpreter."""
        return self.of(project).requires_python or self.requires_python


_DEFAULTS = ProjectSettings()


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
    reader = Table(TABLE, table, complaints)
    projects = reader.raw("projects")
    tables = projects if isinstance(projects, Mapping) else {}
    resources: dict[str, tuple[int, str]] = reader.get("resources", kinds.COUNTS, {})
    settings = Settings(
        projects=_globs(reader, as_list=not isinstance(projects, Mapping)),
        globs_key="members" if reader.raw("members") else "projects",
        exclude=reader.get("exclude", kinds.STRINGS, ()),
        outside_table=reader.get("outside-table", kinds.OUTSIDE, None),
        per_project={_path(path): _project(path, value, complaints) for path, value in tables.items()},
        resources={name: count for name, (count, _) in resources.items()},
        resources_per_machine=frozenset(name for name, (_, per) in resources.items() if per == "machine"),
        cluster=_cluster(reader),
        workers=reader.get("workers", kinds.WORKERS, "auto"),
        run_all_on=reader.get("run-all-on", kinds.STRINGS, ()),
        ignore_changes=reader.get("ignore-changes", kinds.STRINGS, None),
        ignore_imports=reader.get("ignore-imports", kinds.ARROWS, ()),
        affected_fallback=reader.get("affected-fallback", kinds.FALLBACK, "all"),
        other_languages=reader.get("other-languages", kinds.OTHER_LANGUAGES, "named"),
        affected_level=reader.get("affected-level", kinds.LEVEL, "project"),
        affected_sample=reader.get("affected-sample", kinds.SHARE, 0.0),
        affected_trust=reader.get("affected-trust", kinds.TRUST, "imports"),
        affected_trust_days=reader.get("affected-trust-days", kinds.DAYS, 7.0),
        project_timeout=reader.get("project-timeout", kinds.SECONDS, None),
        flaky=reader.get("flaky", kinds.FLAKY, "pass"),
        keep_whole=reader.get("keep-whole", kinds.KEEP_WHOLE, ()),
        requires_python=reader.get("requires-python", kinds.REQUIRES_PYTHON, "error"),
        cached=reader.get("cached", kinds.BOOLEAN, False),
        cached_max_age=reader.get("cached-max-age", kinds.DAYS, 7.0),
        cached_size=reader.get("cached-size", kinds.MEGABYTES, 1000.0),
        cached_sample=reader.get("cached-sample", kinds.SHARE, 0.0),
        cached_clock=reader.get("cached-clock", kinds.BOOLEAN, False),
        cached_referee=reader.get("cached-referee", kinds.BOOLEAN, False),
        cached_ignore_env=reader.get("cached-ignore-env", kinds.STRINGS, ()),
        cached_store=reader.get("cached-store", kinds.STRING, None),
        quarantine=_quarantine(reader.raw("quarantine"), complaints),
        cached_public_key=reader.get("cached-public-key", kinds.STRING, None),
        cached_write=reader.get("cached-write", kinds.BOOLEAN, None),
        cached_wait=reader.get("cached-wait", kinds.SECONDS, 2.0),
        preload=reader.get("preload", kinds.PRELOAD, "off"),
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
            complaints.append(f"{FILE}: [{TABLE}.projects] '{path}' is no project{near_of(path, known)}")
        complaints += (
            f'{FILE}: [{TABLE}.projects."{path}"] depends-on: '
            f"'{other}' is no project{near_of(other, known)}"
            for other in project.depends_on
            if other not in known
        )
    return complaints


def _globs(reader: Table, *, as_list: bool) -> tuple[str, ...]:
    members: tuple[str, ...] = reader.get("members", kinds.STRINGS, ())
    listed: tuple[str, ...] = reader.get("projects", kinds.STRINGS, ()) if as_list else ()
    if members and listed:
        reader.complain("'members' and a list under 'projects' say the same thing; keep one of them")
    reader.known("projects")
    return listed or members


def _project(path: str, value: object, complaints: list[str]) -> ProjectSettings:
    reader = Table(f'{TABLE}.projects."{path}"', value, complaints)
    project = ProjectSettings(
        args=reader.get("args", kinds.STRINGS, ()),
        env=reader.get("env", kinds.ENVIRONMENT, {}),
        python=reader.get("python", kinds.STRING, None),
        timeout=reader.get("timeout", kinds.SECONDS, None),
        resources=reader.get("resources", kinds.STRINGS, ()),
        split=reader.get("split", kinds.SPLIT, None),
        requires_python=reader.get("requires-python", kinds.REQUIRES_PYTHON, None),
        depends_on=tuple(_path(other) for other in reader.get("depends-on", kinds.STRINGS, ())),
        inputs=reader.get("inputs", kinds.STRINGS, ()),
        cached=reader.get("cached", kinds.BOOLEAN, True),
        cached_clock=reader.get("cached-clock", kinds.BOOLEAN, False),
        cached_referee=reader.get("cached-referee", kinds.BOOLEAN, False),
    )
    reader.complain_of_unknown()
    return project


def _quarantine(table: object, complaints: list[str]) -> tuple[Entry, ...]:
    if table is None:
        return ()
    whole = Table(f"{TABLE}.quarantine", table, complaints)
    return tuple(
        entry
        for tests, value in (table.items() if isinstance(table, Mapping) else ())
        if (entry := _quarantined(tests, value, whole, complaints)) is not None
    )


def _quarantined(tests: str, value: object, whole: Table, complaints: list[str]) -> Entry | None:
    if "::" not in tests:
        # a file that cannot be imported, or all of a project, is no flaky test
        whole.complain(f"'{tests}' names no test; write FILE::TEST, or FILE::* for all tests of a file")
    table = f'{TABLE}.quarantine."{tests}"'
    reader, today = Table(table, value, complaints), datetime.date.today()
    owner, reason, until = (
        reader.get(name, kind, None)
        for name, kind in (("owner", kinds.STRING), ("reason", kinds.STRING), ("until", kinds.DAY))
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


def _cluster(reader: Table) -> ClusterSettings:
    return ClusterSettings(
        include=reader.get("cluster-include", kinds.STRINGS, ()),
        path=reader.get("cluster-path", kinds.FOLDER, None),
        setup=reader.get("cluster-setup", kinds.STRING, None),
        keep=reader.get("cluster-keep", kinds.KEPT, 3),
        insecure=reader.get("cluster-insecure", kinds.BOOLEAN, False),
        env=reader.get("cluster-env", kinds.STRINGS, ()),
        silence=reader.get("cluster-silence", kinds.SECONDS, 30.0),
        wait=reader.get("cluster-wait", kinds.SECONDS, 60.0),
    )


def _path(path: str) -> str:
    """A project's path as the workspace spells it: ``./libs/core/`` is ``libs/core``."""
    return posixpath.normpath(path.replace("\\", "/"))
