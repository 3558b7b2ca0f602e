"""Plain pytest in every project's folder against one ``pytest --monorepo``: the yardstick of promise 1.

:func:`plain` and :func:`monorepo` run pytest in a process of its own and return :class:`Outcomes`;
:func:`differences` compares them. Only what must differ is made equal before: the workspace's own path,
addresses, numbered temp folders and the folder that relative paths in failure texts start from.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.run import warm
from tests.sampling import is_ci, is_whole

from . import once, recorder

PACKAGE = Path(__file__).parents[2] / "pytest_monorepo"

Fact = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcomes:
    """What one pytest process reported; paths are relative to the workspace, facts are normalised.

    ``tests`` maps node ids to their reports in order. ``config_warnings`` are those before collection: a
    controller may add its own, so they are kept apart. ``output`` is everything that was printed.
    """

    exitcode: int
    tests: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    collection: Mapping[str, Fact] = field(default_factory=dict)
    warnings: Counter[Fact] = field(default_factory=Counter)
    config_warnings: frozenset[Fact] = frozenset()
    output: str = ""


def plain(
    workspace: Path, project: str, args: Sequence[str] = (), roots: Sequence[str] = (), bare: bool = False
) -> Outcomes:
    """``cd <project> && python -m pytest``, with ``roots`` of the workspace on ``PYTHONPATH``.

    ``roots`` stand for what ``pip install -e`` of the project and its dependencies would do. ``bare``: pytest
    loads no installed plugins, which is most of what a small run takes.
    """
    off = ["-p", "no:monorepo"] if _installed() else []
    path = [workspace / root for root in roots]
    return _run(workspace, workspace / project, [*off, *args], path, bare, afresh=False)


def monorepo(
    workspace: Path, args: Sequence[str] = (), bare: bool = False, served: Path | None = None
) -> Outcomes:
    """``python -m pytest --monorepo`` at the workspace's root; ``bare`` as for :func:`plain`.

    ``served`` is for the projects that found modules imported, which is waited for; see :mod:`.once`.
    """
    found = [] if _installed() else [_importable(workspace.parent / "plugin")]
    named = ["-p", "pytest_monorepo.plugin"] if bare else []
    afresh = (is_whole() or is_ci() or served is not None) and not bare
    return _run(workspace, workspace, [*named, "--monorepo", *args], found, bare, served, afresh=afresh)


def assert_equivalent(
    expected: Mapping[str, Outcomes], actual: Outcomes, crashes: Iterable[str] = ()
) -> None:
    """Fail with every difference between plain pytest per project and one run of the workspace."""
    found = differences(expected, actual, frozenset(crashes))
    report = "\n\n".join([*found, f"--- output of the workspace run:\n{actual.output}"])
    assert not found, report


def differences(
    expected: Mapping[str, Outcomes], actual: Outcomes, crashes: frozenset[str] = frozenset()
) -> list[str]:
    """One text per difference, none where both sides agree.

    ``crashes`` are tests that end their process. Plain pytest says nothing of them nor of what would come
    after: ours must fail them, and may run the rest of their file.
    """
    found: list[str] = []
    tests = {nodeid: facts for one in expected.values() for nodeid, facts in one.tests.items()}
    found += _compare_tests(tests, actual.tests, crashes)
    collection = {nodeid: fact for one in expected.values() for nodeid, fact in one.collection.items()}
    # A project that did not come to collect is told of as a failed collection of that project.
    stopped = {project for project, one in expected.items() if one.exitcode in (3, 4)}
    collected = {nodeid: fact for nodeid, fact in actual.collection.items() if nodeid not in stopped}
    found += _compare("collection of", collection, collected)
    warnings: Counter[Fact] = sum((one.warnings for one in expected.values()), Counter())
    found += [
        f"warning missing {n} times: {_words(fact)}" for fact, n in (warnings - actual.warnings).items()
    ]
    found += [
        f"warning invented {n} times: {_words(fact)}" for fact, n in (actual.warnings - warnings).items()
    ]
    early = frozenset[Fact]().union(*(one.config_warnings for one in expected.values()))
    found += [f"warning missing: {_words(fact)}" for fact in early - actual.config_warnings]
    exits = _exit_codes([one.exitcode for one in expected.values()], bool(crashes))
    if actual.exitcode not in exits:
        found.append(f"exit code is {actual.exitcode}, expected one of {sorted(exits)}")
    for project, one in expected.items():
        found += [
            f"{project}: not in the output: {line}"
            for line in _last_words(one)
            if line not in _flat(actual.output)
        ]
    return found


def _compare_tests(
    expected: Mapping[str, tuple[Fact, ...]], actual: Mapping[str, tuple[Fact, ...]], crashes: frozenset[str]
) -> list[str]:
    files = {nodeid.partition("::")[0] for nodeid in crashes}
    after = {nodeid for nodeid in actual if nodeid.partition("::")[0] in files and nodeid not in expected}
    found = _compare(
        "test",
        {nodeid: facts for nodeid, facts in expected.items() if nodeid not in crashes},
        {nodeid: facts for nodeid, facts in actual.items() if nodeid not in after | crashes},
    )
    for nodeid in crashes:
        if not any(dict(fact)["outcome"] == "failed" for fact in actual.get(nodeid, ())):
            found.append(f"test {nodeid} ended its process and was not failed")
    return found


def _compare(what: str, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    found = [f"{what} {nodeid}: missing" for nodeid in expected if nodeid not in actual]
    found += [f"{what} {nodeid}: invented" for nodeid in actual if nodeid not in expected]
    found += [
        f"{what} {nodeid}: plain pytest says\n{_words(expected[nodeid])}\nours says\n{_words(actual[nodeid])}"
        for nodeid in expected
        if nodeid in actual and expected[nodeid] != actual[nodeid]
    ]
    return found


def _words(facts: Any) -> str:
    if facts and isinstance(facts[0][0], tuple):
        return "\n".join(map(_words, facts))
    return "; ".join(f"{key}={value}" for key, value in facts)


def _exit_codes(codes: Sequence[int], crashed: bool) -> set[int]:
    """What one run may end with where its projects alone ended with these."""
    ended = set(codes)
    if ended == {5}:
        return {5}
    if ended <= {0, 5} and not crashed:
        return {0}
    # Plain pytest calls a collection error an interruption (2), which says nothing of the other projects.
    return {1} if ended <= {0, 1, 5} else {1, 2, 3, 4}


def _last_words(outcomes: Outcomes) -> list[str]:
    """What pytest said when it did not come to collect: the lines a user needs to see."""
    if outcomes.exitcode not in (3, 4):
        return []
    said = re.compile(r"^(?:ERROR: (?!usage: )|error: |INTERNALERROR> \w*(?:Error|Exception)\b|E  +\w)")
    return [line for line in _flat(outcomes.output).splitlines() if said.match(line)]


def _flat(text: str) -> str:
    # The name that argparse prints is how pytest was started; a project's error may be indented.
    return "\n".join(re.sub(r"^[\w. -]+: error: ", "error: ", line.strip()) for line in text.splitlines())


def _installed() -> bool:
    try:
        importlib.metadata.distribution("pytest-monorepo")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _importable(folder: Path) -> Path:
    """A folder that makes the checkout's package look installed, and nothing else of the checkout."""
    info = folder / "pytest_monorepo-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pytest-monorepo\nVersion: 0\n", encoding="utf-8"
    )
    (info / "entry_points.txt").write_text(
        "[pytest11]\nmonorepo = pytest_monorepo.plugin\n", encoding="utf-8"
    )
    (folder / PACKAGE.name).symlink_to(PACKAGE, target_is_directory=True)
    return folder


def _run(
    workspace: Path,
    folder: Path,
    args: Sequence[str],
    path: Sequence[Path],
    bare: bool,
    served: Path | None = None,
    *,
    afresh: bool,
) -> Outcomes:
    plugins = workspace.parent / "recorder"
    plugins.mkdir(exist_ok=True)
    shutil.copyfile(recorder.__file__, plugins / "equivalence_recorder.py")
    record = plugins / f"{len(list(plugins.iterdir()))}.jsonl"
    environment = {
        **{name: value for name, value in os.environ.items() if not _ours(name)},
        "PYTHONPATH": os.pathsep.join(map(str, [*path, plugins])),
        **_loading(plugins, served),
        **({"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} if bare else {}),
        "COLUMNS": "80",
        "TERM": "dumb",
        recorder.RECORD: str(record),
        recorder.WORKSPACE: str(workspace),
    }
    code, printed = _pytest(args, folder, environment, afresh)
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    normalise = _Normaliser(str(workspace), str(folder))
    output = normalise.text(printed.decode("utf-8", "backslashreplace"))
    return _gather(code, map(json.loads, lines), normalise, output)


def _loading(plugins: Path, served: Path | None) -> Mapping[str, str]:
    if served is None:
        return {"PYTEST_PLUGINS": "equivalence_recorder"}
    once.install(plugins, "equivalence_recorder")
    return {once.SERVED: str(served)}


def _pytest(
    args: Sequence[str], folder: Path, environment: Mapping[str, str], afresh: bool
) -> tuple[int, bytes]:
    """Exit code and output of ``cd folder && python -m pytest``, perhaps with an interpreter of its own."""
    if not afresh:
        return warm.anyhow(args, cwd=folder, environ=environment)
    return warm.afresh(args, cwd=folder, environ=environment)


def _ours(name: str) -> bool:
    """Variables of the pytest that runs this harness, or that change what pytest prints."""
    prefixes = ("PYTEST_", "COV_", "COVERAGE_")
    return name.startswith(prefixes) or name in {"CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "PYTHONPATH"}


def _gather(exitcode: int, facts: Iterable[dict[str, Any]], normalise: _Normaliser, output: str) -> Outcomes:
    tests: dict[str, list[Fact]] = {}
    collection: dict[str, Fact] = {}
    warnings: Counter[Fact] = Counter()
    early: set[Fact] = set()
    for fact in facts:
        kind, nodeid = fact.pop("kind"), fact["nodeid"]
        values = tuple((key, normalise.value(value)) for key, value in sorted(fact.items()))
        if kind == "test":
            tests.setdefault(nodeid, []).append(values)
        elif kind == "collect":
            collection[nodeid] = values
        elif fact["when"] == "config":
            early.add(values)
        else:
            warnings[values] += 1
    return Outcomes(
        exitcode,
        {nodeid: tuple(reports) for nodeid, reports in tests.items()},
        collection,
        warnings,
        frozenset(early),
        output,
    )


class _Normaliser:
    """Makes texts of two runs comparable: paths absolute and then relative to ``<workspace>``."""

    _LOCATION = re.compile(r"^((?:E +)?)([^\s:][^:\n]*)(?=:\d+:)", re.MULTILINE)

    def __init__(self, workspace: str, folder: str) -> None:
        self._workspace = workspace
        self._folder = folder

    def value(self, value: object) -> str:
        return self.text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))

    def text(self, text: str) -> str:
        # xdist's own line about the worker, which no run without xdist has.
        text = re.sub(r"^\[gw\d+\] \S+ -- Python .*\n*", "", text)
        text = self._LOCATION.sub(self._absolute, text).replace(self._workspace, "<workspace>")
        text = re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x…", text)
        return re.sub(r"pytest-of-[^/\\\s]+([/\\])pytest-\d+\b([/\\]popen-gw\d+)?", r"<tmp>", text)

    def _absolute(self, match: re.Match[str]) -> str:
        path = os.path.normpath(os.path.join(self._folder, match[2]))
        return match[1] + (path if os.path.isfile(path) else match[2])
