"""Who names a file that lies elsewhere: the projects whose own files hold its name as that of a path.

Tools, scripts and tests name files in more ways than anybody reads. So the text of a project counts, too: the
name of the file with that of its folder (or with ``..``, where the project lies in that folder), in one file
of the project, or in one line of it where the file is another project's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from pytest_monorepo.affected.rules.environments import makes_environment
from pytest_monorepo.affected.rules.path_kinds import harmless, runs_tests
from pytest_monorepo.affected.rules.values import ChangedFile, Reach, Side, Touch
from pytest_monorepo.affected.rules.words import is_word
from pytest_monorepo.affected.search import Search
from pytest_monorepo.workspace.files.code_files import test_side
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.files.tree import inside
from pytest_monorepo.workspace.manifests.requirements import is_requirements_file
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

from .finding import WORDS, Climbs, Finder, words_for
from .handed import Handed

if TYPE_CHECKING:
    from pytest_monorepo.affected.workflows.judge import Runs

# many projects have files of these names, and their rules are known
_COMMON = frozenset(
    ("__init__.py", "__main__.py", "conftest.py", "setup.py", "setup.cfg", "pyproject.toml", "tox.ini")
)
# Code, settings, scripts, and what programs read that leads on to others: templates with includes (Jinja),
# rows with names of files, XML's includes, psql's \i, Terraform's templatefile. Not prose, and not what a
# website's own tools read (.js, .ts, .css).
_ENDINGS = (
    *("py", "pyi", "pyw", "pyx", "ipynb", "toml", "cfg", "ini", "conf", "properties", "in", "cmake"),
    *("sh", "bash", "zsh", "ksh", "fish", "bat", "cmd", "ps1", "mk", "bzl", "bazel"),
    *("yml", "yaml", "json", "json5", "jsonc", "jsonl", "ndjson", "csv", "tsv", "txt", "sql"),
    *("xml", "xsd", "xsl", "xslt", "html", "htm", "j2", "jinja", "jinja2", "mako", "mustache", "tmpl", "tpl"),
    *("hbs", "liquid", "twig", "wsdl", "proto", "thrift", "graphql", "gql", "jsonnet", "libsonnet"),
    *("tf", "tfvars", "hcl"),
    *("feature", "robot"),  # tests themselves, in words
)
_READ = late(
    rf".*\.({'|'.join(_ENDINGS)})"
    r"|(.*/)?(Makefile|Dockerfile|justfile)[^/]*|.*\.env[^/]*"
    r"|(.*/)?[^./]+",  # a script, a Jenkinsfile, Bazel's BUILD
    re.I | re.DOTALL,
)
RUNNERS = late(
    r"(tox|pytest|\.pytest)\.(ini|toml)|noxfile\.py|Makefile|justfile|.*\.(sh|bash|zsh|ksh|fish|bat|ps1|ya?ml)",
    re.I,
)
_MANIFESTS = frozenset(("pyproject.toml", "setup.cfg", "setup.py", "tox.ini"))
# what packaging takes from the project's own folder, unless the value itself leads up
_OF_PROJECT = late(r"[ \t]*(readme|license(-files)?|description-file)[ \t]*=")
# where a changelog is to be read
_ADDRESS = late(r"https?://[^\s\"']+")
_CLIMBS = late(r"(?<!\.)\.\.[/\\\\'\"]|parents\[|\.parent\b|pardir")
_AT_ONCE = 100
_WORKFLOWS = ".github/workflows/"


def is_read(path: str) -> bool:
    """Whether a file of this name may say what tests read or start."""
    return _READ.fullmatch(path) is not None


def names_of(paths: Iterable[str]) -> set[str]:
    """What :func:`with_named` may look for where these have changed."""
    return {posixpath.basename(path) for path in paths} - _COMMON


def with_named(
    search: Search, changes: Sequence[ChangedFile], sides: Sequence[Side], handed: Handed
) -> list[ChangedFile]:
    """The changes with ``named``; of code only where it is no project's."""
    owners = {c.path: _owner(c.path, sides) or ROOT for c in changes if _is_open(c, sides)}
    asked = [path for path in owners if owners[path] == ROOT]
    asked += [path for path in owners if owners[path] != ROOT][:_AT_ONCE]
    found: dict[str, dict[str, Touch]] = {path: {} for path in asked}
    carried: dict[str, str] = {}
    # of these it is known who reads them, or that nobody does: so the rest has to be looked for
    read = {path for path in asked if owners[path] == ROOT and any(_readers(path, sides))}
    sought = {c.path for c in changes if owners.get(c.path) == ROOT and _is_sought(c)}
    # and another project's may be found by whoever looks through the folders of all
    sought.update(path for path in asked if owners[path] != ROOT)
    workspace = sides[0].workspace
    holders = search.tracked({posixpath.basename(path) for path in asked})
    apart = set(_stems(path for path in asked if owners[path] != ROOT))
    for holder in (*holders, *_seekers(search, holders, read | sought, apart)):
        project = workspace.owner(holder)
        if project is None or project.path == ROOT:
            for path in read.difference((holder,)) if carries(holder) else ():
                if _is_named_by(search, holder, path):
                    carried[path] = holder
            for path in asked if holder.startswith(_WORKFLOWS) else ():
                if owners[path] != ROOT and is_requirements_file(path):
                    for installed in _installed_for(search, holder, path, owners[path], workspace):
                        _add(found[path], installed)
        if project is None or (project.path == ROOT and not test_side(project, holder)):
            continue
        if not is_read(holder) or search.is_binary(holder):
            continue
        text = _foreign(holder, search.text(holder))
        names = _namer(project, holder, text, handed)
        for path in asked:
            owner = owners[path]
            if owner == project.path or (inside(path, project.path) and project.path != ROOT):
                continue
            if names(path, owner):
                touch = _touch(project, holder, path)
                if touch is not None:
                    _add(found[path], touch)
    for path, project, holder in _manifests_named(search, changes, sides, handed):
        _add(found.setdefault(path, {}), Touch(project.path, Reach.TESTS, f"named in {holder}"))
    return [_told(change, found.get(change.path, {}), carried.get(change.path)) for change in changes]


def _manifests_named(
    search: Search, changes: Sequence[ChangedFile], sides: Sequence[Side], handed: Handed
) -> Iterator[tuple[str, Project, str]]:
    """The tests that read a project's manifest, as those do that hold versions against one another.

    Each project has one of that name: so the test has to name the project's folder, too, and lead there.
    """
    open_ones = [change.path for change in changes if change.everything is None]
    homes = {path: _owner(path, sides) for path in open_ones if posixpath.basename(path) in _MANIFESTS}
    homes = {path: home for path, home in homes.items() if home not in (None, ROOT)}
    for holder in search.tracked({posixpath.basename(path) for path in homes}) if homes else ():
        project = sides[0].workspace.owner(holder)
        if project is None or not holder.endswith(".py") or not test_side(project, holder):
            continue
        text = search.text(holder)
        within = holder if project.path == ROOT else holder[len(project.path) + 1 :]
        for path, home in homes.items():
            is_said = is_word(posixpath.basename(path), text) and _is_step(
                posixpath.basename(home or ""), text
            )
            if (
                home != project.path
                and is_said
                and (project.path == ROOT or handed.climbs(holder, text, within))
            ):
                yield path, project, holder


def _foreign(holder: str, text: str) -> str:
    """A manifest without what it says of the project's own files: every second one has ``README.md``.

    And without the addresses of pages.
    """
    if posixpath.basename(holder) not in ("pyproject.toml", "setup.cfg"):
        return text
    lines = _ADDRESS.sub("", text).split("\n")
    return "\n".join(line for line in lines if ".." in line or _OF_PROJECT.match(line) is None)


def _is_sought(change: ChangedFile) -> bool:
    return change.strange is not None or change.unseen is not None or harmless(change.path) is not None


def _told(change: ChangedFile, named: Mapping[str, Touch], carrier: str | None) -> ChangedFile:
    if carrier is not None:
        return change._replace(everything=f"a file of no project, and {carrier} names it")
    return change._replace(named=tuple(named.values())) if named else change


def _seekers(
    search: Search, holders: Iterable[str], paths: Collection[str], apart: Collection[str]
) -> Iterator[str]:
    """Files that may find one of the paths by a pattern, its folder or a name ``apart`` from its ending."""
    if paths:
        known = frozenset(holders)
        folders = {
            path.partition("/")[0] for path in paths if "/" in path and (harmless(path) or runs_tests(path))
        }
        words = (*WORDS, *apart, *(word for folder in folders for word in words_for(folder)))
        yield from (path for path in search.tracked(words) if path not in known)


def _readers(path: str, sides: Sequence[Side]) -> Iterator[Touch]:
    for side in sides:
        for place in parents(path):
            yield from side.readers.get(place, ())


def carries(holder: str) -> bool:
    """Whether a file of no project may start tests, or set up what all are run with."""
    return runs_tests(holder) or makes_environment(holder) or holder.endswith((".sh", ".bash", ".mk", ".ps1"))


def _is_named_by(search: Search, holder: str, path: str) -> bool:
    folder, _, name = path.rpartition("/")

    def is_named(text: str) -> bool:
        return is_word(name, text) and (not folder or is_word(folder.rpartition("/")[2], text))

    if not is_named(search.text(holder)):
        return False
    # of a workflow what its jobs with tests do: not what starts it, and not the key of a cache
    return not holder.startswith(_WORKFLOWS) or any(is_named(job) for job, _ in jobs(search, holder))


def _installed_for(
    search: Search, workflow: str, path: str, owner: str, workspace: Workspace
) -> Iterator[Touch]:
    """The projects that jobs test with a requirements file of another one, which they do not test."""
    for job, runs in jobs(search, workflow) if path in search.text(workflow) else ():
        if path not in job:
            continue
        tests = [project.path for project in workspace.projects if project.path != ROOT]
        named = {place for place in tests if is_word(place, job.replace(path, ""))}
        owners = (workspace.owner(place) for place in runs.places or ())
        named |= {project.path for project in owners if project is not None and project.path != ROOT}
        if owner not in named:
            how = f"{workflow} installs {path} for it"
            yield from (Touch(place, Reach.TESTS, how) for place in sorted(named))


def jobs(search: Search, workflow: str) -> list[tuple[str, Runs]]:
    """What each job with tests says, and where it runs them; all of it where that is unclear."""
    from pytest_monorepo.affected.workflows.blocks import UnreadableError
    from pytest_monorepo.affected.workflows.judge import Runs, jobs_with_tests

    text = search.text(workflow)
    try:
        return jobs_with_tests(text.encode("utf-8"), search.content)
    except UnreadableError as error:
        return [(text, Runs(None, str(error)))]


def _is_open(change: ChangedFile, sides: Sequence[Side]) -> bool:
    name = posixpath.basename(change.path)
    if change.everything is not None or change.touches is not None or change.path.startswith("../"):
        return False
    # what imports say of code is enough, where it is some project's
    return name not in _COMMON and not (name.endswith((".py", ".pyi")) and _owner(change.path, sides))


def _owner(path: str, sides: Sequence[Side]) -> str | None:
    owners = {owner.path for side in sides if (owner := side.workspace.owner(path)) is not None}
    return max(owners, default=None)


def _add(found: dict[str, Touch], touch: Touch) -> None:
    """The first file that names it is told, but what only tests name may be in the source as well."""
    before = found.get(touch.project)
    if before is None or (before.reach is Reach.TESTS and touch.reach is not Reach.TESTS):
        found[touch.project] = touch


def _namer(project: Project, holder: str, text: str, handed: Handed) -> Callable[[str, str], bool]:
    """Asked for a path and its owner: whether the file of these words may name it."""
    climbs = partial(handed.climbs, holder)
    if project.path != ROOT:
        within = holder[len(project.path) + 1 :]
        finder = Finder(text, within, climbs, handed.remember(text, within))
        return partial(_names, text, project, finder)
    finder = Finder(text, holder, _anywhere, handed.remember(text, holder))
    return partial(_names_below, text, holder.partition("/")[2], finder, climbs)


def _names(text: str, project: Project, finder: Finder, path: str, owner: str) -> bool:
    folder, _, name = path.rpartition("/")
    if not is_word(name, text):
        if owner == ROOT:
            return finder.finds(path) or _reads_folder(finder, path)
        if finder.walks or finder.finds(path):
            return True
        # "rows" and, elsewhere, ".json"
        return _is_made(name, text) and _is_step(posixpath.basename(owner), text) and finder.climbs
    if owner != ROOT:
        # any project may have a data/rows.json: which one is meant says the name of its folder
        home = posixpath.basename(owner)
        if home in text and _together(home, name).search(text) is not None:
            return True
        # in other lines, or other values: where something leads up, and both are parts of a path
        return (_is_step(home, text) or finder.searches) and finder.climbs
    if inside(project.path, folder or ROOT):
        return _CLIMBS.search(text) is not None
    return is_word(folder.rpartition("/")[2], text) or finder.searches


def _names_below(text: str, within: str, finder: Finder, climbs: Climbs, path: str, owner: str) -> bool:
    """The same of a test of the root's project, for which a file of a project below it is no way out."""
    if not (_is_step(path.partition("/")[0], text) or not within or climbs(text, within)):
        return False
    if is_word(posixpath.basename(path), text):
        return _is_step(posixpath.basename(owner), text) or finder.searches
    return finder.walks or finder.finds(path)


def _anywhere(text: str, within: str) -> bool:
    return True


def _reads_folder(finder: Finder, path: str) -> bool:
    # of other files the rest of the rules looks for who names their folder
    return "/" in path and (harmless(path) is not None or runs_tests(path)) and finder.reads_folder(path)


# re forgets more than a few hundred patterns, and there are as many as files that have changed
@lru_cache(maxsize=4096)
def _together(home: str, name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(home)}[^\w.\n][^\n]{{0,80}}(?<![\w.-]){re.escape(name)}")


@lru_cache(maxsize=4096)
def _step(step: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=[/\\\"'`]){re.escape(step)}(?=[/\\\"'`])")


def _is_step(step: str, text: str) -> bool:
    return step in text and _step(step).search(text) is not None


def _stems(paths: Iterable[str]) -> Iterator[str]:
    """How the names of files without their endings stand where the names are put together."""
    for path in paths:
        stem = posixpath.basename(path).partition(".")[0]
        if stem:
            yield from (f"{before}{stem}{after}" for before in "\"'/" for after in "\"'")


def _is_made(name: str, text: str) -> bool:
    stem, dot, ending = name.partition(".")
    if not (stem and dot) or stem not in text or ending not in text:
        return False
    end = re.search(rf"(?<=[.\"'`]){re.escape(ending)}(?=[\"'`])", text)
    return end is not None and re.search(rf"(?<=[/\\\"'`]){re.escape(stem)}(?=[\"'`])", text) is not None


def _touch(project: Project, holder: str, path: str) -> Touch | None:
    tests = test_side(project, holder) or RUNNERS.fullmatch(posixpath.basename(holder)) is not None
    # of prose, what is named elsewhere than in tests is for readers or the package index
    if not tests and harmless(path):
        return None
    return Touch(project.path, Reach.TESTS if tests else Reach.SOURCE, f"named in {holder}")
