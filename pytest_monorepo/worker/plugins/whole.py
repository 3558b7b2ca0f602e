"""Which projects one worker must run whole, and why: split, they would mean something else.

A limit that counts over a whole project, tests that name each other across files, a plugin that judges the
project at its end: none of them holds where several workers run a part each. :func:`reasons` is the one place
that decides. What it cannot see, the key ``keep-whole`` names.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple


class Reason(NamedTuple):
    """``kind`` is one of :data:`KINDS`; ``name`` is that of the thing, ``plugin`` its distribution."""

    kind: str
    name: str
    plugin: str = ""

    def __str__(self) -> str:
        """``marker order (pytest-order)``."""
        return f"{self.kind} {self.name}" + (f" ({self.plugin})" if self.plugin else "")


class Rule(NamedTuple):
    """A plugin, and by what a project shows that it counts on it.

    ``names`` are those that pluggy may know it by. ``folders`` lie beside test files; ``imports`` are
    packages of which a test module holds something. ``options`` (dests) and ``settings`` (of the ini file)
    count where they are set to something. One that ``judges`` does its work for the whole project, as in
    pytest's only process: ``always``, or where it is ``asked`` to by one of the ``options``; ``each`` worker
    alone where it tells the others of a run what holds for one project. See :mod:`judges`.
    ``telling`` are flags with which all that it does at the end is to tell: what a file gives is up to that
    file, whichever others run.
    """

    plugin: str
    names: Tuple[str, ...]
    markers: Tuple[str, ...] = ()
    fixtures: Tuple[str, ...] = ()
    folders: Tuple[str, ...] = ()
    imports: Tuple[str, ...] = ()
    options: Tuple[str, ...] = ()
    settings: Tuple[str, ...] = ()
    judges: str = ""
    telling: Tuple[str, ...] = ()


_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "last")
_FROM_THE_END = tuple(f"{ordinal}_to_last" for ordinal in _ORDINALS[1:8])

RULES = (
    # 0.6.1: skips a test unless those it names have passed, and knows of those of its own process alone
    Rule(
        "pytest-dependency",
        ("dependency", "pytest_dependency"),
        markers=("dependency",),
        settings=("automark_dependency",),
    ),
    # 1.5.0: sorts all tests of a session (sorter.py), and takes marks of pytest-dependency for an order, too
    Rule(
        "pytest-order",
        ("pytest_order", "pytest_order.plugin"),
        markers=("order", *_ORDINALS, *_FROM_THE_END),
        options=("order_dependencies", "order_marker_prefix"),
    ),
    # 0.6: sorts all tests of a session by these marks, negative numbers to its end
    Rule(
        "pytest-ordering",
        ("pytest_ordering",),
        markers=("run", *_ORDINALS, *_FROM_THE_END),
    ),
    # 1.0.1: puts a test behind those it names, in whatever file, and skips it where one of them failed
    Rule("pytest-depends", ("depends", "pytest_depends"), markers=("depends",)),
    # 1.10.5: gathers values of all tests, for the last ones or for the end of the session
    Rule(
        "pytest-harvest",
        ("harvest", "pytest_harvest.plugin"),
        fixtures=(
            "fixture_store",
            "results_bag",
            "session_results_dct",
            "session_results_df",
            "module_results_dct",
            "module_results_df",
        ),
        judges="always",
    ),
    # 7.0.2: at the end it counts the snapshots that no test has used as a failure, or deletes them
    Rule("syrupy", ("syrupy",), fixtures=("snapshot",), folders=("__snapshots__",), judges="always"),
    # 0.6.0: at the end --snapshot-update deletes what no test has visited (module.py)
    Rule(
        "snapshottest",
        ("snapshottest", "snapshottest.pytest"),
        fixtures=("snapshot",),
        folders=("snapshots",),
        options=("snapshot_update",),
        judges="always",
    ),
    # 0.4.1: at the end it reviews, or clears, what all tests have recorded, and says what they have written
    Rule("pytest-insta", ("insta", "pytest_insta.plugin"), fixtures=("snapshot",), judges="always"),
    # 0.6.0: leaves out files that have passed before, and at the end keeps which of the session's have
    Rule(
        "pytest-incremental",
        ("pytest_incremental", "IncrementalPlugin"),
        options=("incremental", "list_outdated", "list_dependencies", "graph_dependencies"),
        judges="asked",
    ),
    # 0.11.0: at the end it writes the file of all durations anew
    Rule("pytest-split", ("pytest-split", "pytest_split.plugin"), options=("store_durations",)),
    # 1.8.1: at the end it puts together what all tests have left
    Rule("pytest-profiling", ("profiling", "pytest_profiling"), options=("profile", "profile_svg")),
    # 1.11.0: lays what it measures into a folder that the session makes and removes, passes a limit where it
    # finds nothing there, and at the end tells of what is there
    Rule(
        "pytest-memray",
        ("memray", "memray_manager", "pytest_memray", "pytest_memray.plugin"),
        markers=("limit_memory", "limit_leaks", "limit_leaked_objects"),
        options=("memray",),
        settings=("memray",),
        judges="asked",
    ),
    # 2.2.0: a worker of xdist keeps nothing of what its tests have used, its main process does
    Rule(
        "pytest-testmon",
        ("pytest-testmon", "testmon.pytest_testmon", "TestmonSelect", "TestmonCollect", "TestmonXdistSync"),
        options=("testmon", "testmon_noselect", "testmon_nocollect", "testmon_forceselect"),
        judges="asked",
    ),
    # 5.0.5: at the end it writes the results of the session, in a worker of xdist too
    Rule(
        "pytest-codspeed",
        ("codspeed", "pytest_codspeed.plugin"),
        options=("codspeed",),
        judges="asked",
    ),
    # 0.36.1: at the end it writes what it has seen into the test files, and beside xdist it refuses to
    Rule(
        "inline-snapshot",
        ("inline_snapshot", "inline_snapshot.pytest_plugin"),
        imports=("inline_snapshot",),
        options=("inline_snapshot",),
        judges="always",
        telling=("report", "short-report", "disable"),
    ),
    # 1.1.0: a worker of xdist takes mypy's results from the first one that had any, whatever project it ran
    Rule(
        "pytest-mypy",
        ("mypy", "pytest_mypy", "MypyControllerPlugin"),
        options=(
            "mypy",
            "mypy_config_file",
            "mypy_ignore_missing_imports",
            "mypy_no_status_check",
            "mypy_report_style",
            "mypy_xfail",
        ),
        judges="each",
    ),
    # 5.3.1: where PYTEST_XDIST_WORKER is set it measures nothing (session.py); what is saved or compared
    # is the whole of a session
    Rule(
        "pytest-benchmark",
        ("benchmark", "pytest_benchmark.plugin"),
        options=(
            "benchmark_autosave",
            "benchmark_compare",
            "benchmark_compare_fail",
            "benchmark_histogram",
            "benchmark_json",
            "benchmark_save",
        ),
        judges="asked",
    ),
    # 2.4.0: the limit is on the session, and ends it with the test that goes beyond (should fail)
    Rule(
        "pytest-timeout",
        ("timeout", "pytest_timeout"),
        options=("session_timeout",),
        settings=("session_timeout",),
    ),
    # 16.7: makes 7 of a session's exit status where one of its tests needed another try
    Rule("pytest-rerunfailures", ("rerunfailures", "pytest_rerunfailures"), options=("fail_on_flaky",)),
)
"""``docs/reference/plugins.md`` prints them."""

TELLS = "report of"
"""The kind of a reason that binds no results: at the end it is only told what all files have given."""

KINDS = ("plugin", "marker", "fixture", "option", "setting")
"""What ``keep-whole`` may name: ``marker:stage``."""


def reasons(
    config: Any, items: Sequence[Any], *, keep: Iterable[str] = (), own_maxfail: bool = False
) -> List[Reason]:
    """Why the project whose collected tests are ``items`` must be run by one worker; empty where it need not.

    ``keep`` is the key ``keep-whole``: ``KIND:NAME``. ``own_maxfail``: a limit of failures is the project's
    own, so that nobody counts over several workers.
    """
    seen = _Seen(config, items)
    found = list(_of_pytest(config, own_maxfail))
    for rule in RULES:
        if seen.has_plugin(rule.names):
            found += seen.by(rule)
    for kind, _, name in (entry.partition(":") for entry in keep):
        if seen.holds(kind, name):
            found.append(Reason(kind, name))
    return list(dict.fromkeys(found))


def judges(config: Any, rule: Rule) -> bool:
    """Whether the rule's plugin does the work of a whole project here."""
    asked = any(_option(config, dest) for dest in rule.options)
    return rule.judges in ("always", "each") or (rule.judges == "asked" and asked)


def _of_pytest(config: Any, own_maxfail: bool) -> Iterator[Reason]:
    if _option(config, "max_warnings") is not None or _setting(config, "max_warnings") is not None:
        yield Reason("setting", "max_warnings")  # pytest 9.1
    if own_maxfail and _option(config, "maxfail"):
        yield Reason("option", "--maxfail")
    if _option(config, "stepwise"):  # the project's own: where a run is asked for it, nothing is shared
        yield Reason("option", "--stepwise")


class _Seen:
    def __init__(self, config: Any, items: Sequence[Any]) -> None:
        self.config = config
        self.items = items
        self.markers: Set[str] = {mark.name for item in items for mark in item.iter_markers()}
        self.fixtures: Set[str] = {name for item in items for name in getattr(item, "fixturenames", ())}

    def has_plugin(self, names: Iterable[str]) -> bool:
        return any(map(self.config.pluginmanager.has_plugin, names))

    def holds(self, kind: str, name: str) -> bool:
        if kind == "plugin":
            return self.has_plugin((name, name.replace("-", "_")))
        if kind in ("marker", "fixture"):
            return name in (self.markers if kind == "marker" else self.fixtures)
        read = _option if kind == "option" else _setting
        return bool(read(self.config, name.lstrip("-").replace("-", "_")))

    def by(self, rule: Rule) -> Iterator[Reason]:
        for kind, names in (
            ("marker", rule.markers),
            ("fixture", rule.fixtures),
            ("option", rule.options),
            ("setting", rule.settings),
        ):
            yield from (Reason(kind, name, rule.plugin) for name in names if self.holds(kind, name))
        yield from (Reason("folder", name, rule.plugin) for name in rule.folders if self._lies_beside(name))
        imported = [name for name in rule.imports if self._imported(name)]
        kind = TELLS if imported and _only_tells(rule) else "import"
        yield from (Reason(kind, name, rule.plugin) for name in imported)

    def _lies_beside(self, name: str) -> bool:
        folders = {os.path.dirname(str(getattr(item, "fspath", ""))) for item in self.items}
        return any(os.path.isdir(os.path.join(folder, name)) for folder in folders)

    def _imported(self, package: str) -> bool:
        modules = {id(getattr(item, "module", None)): item for item in self.items}
        return any(imports(item, package) for item in modules.values())


def steps() -> Callable[[Any], bool]:
    """Whether a test may be a step, which goes on where the one before has come to (pytest-steps 1.8).

    Each module is looked through once: it may hold thousands of tests.
    """
    known: Dict[int, bool] = {}

    def in_steps(item: Any) -> bool:
        if "pytest_steps" not in sys.modules:
            return False
        module = id(getattr(item, "module", None))
        if module not in known:
            known[module] = imports(item, "pytest_steps")
        return known[module]

    return in_steps


def _only_tells(rule: Rule) -> bool:
    """Whether the plugin's flags, by whatever option, setting or variable they are, let it write nothing."""
    module: Any = sys.modules.get("inline_snapshot._global_state")  # 0.20 to 0.36
    try:
        flags = set(module.state().flags)
    except (AttributeError, TypeError):
        return False
    return bool(rule.telling and flags) and flags <= set(rule.telling)


def imports(item: Any, package: str) -> bool:
    """Whether the test's module holds the package, or something of it."""
    values = getattr(getattr(item, "module", None), "__dict__", {}).values()
    return any(_of_package(value, package) for value in values)


def _of_package(value: Any, package: str) -> bool:
    name = getattr(value, "__module__", None) or getattr(value, "__name__", None)
    return isinstance(name, str) and name.partition(".")[0] == package


def _option(config: Any, dest: str) -> Any:
    return getattr(config.option, dest, None)


def _setting(config: Any, name: str) -> Any:
    try:
        return config.getini(name)
    except (KeyError, ValueError):  # the plugin, or this pytest, knows none of that name
        return None
