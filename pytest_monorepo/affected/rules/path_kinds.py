"""What a path is by its name and place: harmless, part of the test run, read by pytest. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pytest_monorepo.workspace.files.globs import covers
from pytest_monorepo.workspace.model import ROOT, Project, Workspace, parents

# Only names that say so: requirements.txt is no prose, LICENSE_check.py no licence. .gitignore decides about
# untracked files alone, and those show up as changes themselves; .gitattributes is missing on purpose: it
# changes the bytes of a checkout.
_HARMLESS = (
    ("root-level prose", r"[^/]+\.(md|markdown|rst|adoc)"),
    ("root-level prose", r"\.github/([^/]+\.md|(ISSUE_TEMPLATE|PULL_REQUEST_TEMPLATE)/.+)"),
    (
        "root-level prose",
        r"(readme|changelog|changes|history|news|todo|contribut[^/.]*|credits|thanks)(\.txt)?",
    ),
    (
        "licence file",
        r"(licen[cs]e|copying|notice|authors|copyright)([-._][^/.]+)?(\.txt)?|licenses/[^/]+\.txt",
    ),
    ("root-level prose", r"(\.github/|\.gitlab/)?codeowners|citation\.cff"),
    ("documentation of no project", r"docs/.+"),
    (
        "editor settings",
        r"(\.vscode|\.idea|\.cursor|\.zed|\.fleet)/.+|\.editorconfig|[^/]+\.code-workspace|\.(cursor|windsurf)rules",
    ),
    (
        "settings of coding agents",
        r"(\.agents|\.claude|\.codex|\.gemini|\.windsurf|\.kiro|\.opencode|\.roo|\.junie|\.github/skills)/.+"
        r"|\.mcp\.json",
    ),
    # what a run with --cov leaves at the root, where nobody has told git to ignore it
    ("coverage data", r"\.coverage(\.[^/]+)?"),
    ("git settings", r"\.gitignore|\.mailmap|\.git-blame-ignore-revs|(\.githooks|\.husky)/.+"),
    (
        "settings of bots",
        r"\.github/(dependabot|labeler|labels?|release|release-drafter|stale|settings|funding|mergify|codecov"
        r"|auto[-_]assign|auto-approve|issue-labeler|config|lock|no-response|zizmor|actionlint|renovate)"
        r"\.(ya?ml|json5?)|\.?renovate(rc)?(\.json5?)?|\.mergify\.ya?ml|\.?codecov\.ya?ml|\.coveralls\.ya?ml"
        r"|sonar-project\.properties|\.deepsource\.toml|\.sourcery\.yaml|\.lgtm\.ya?ml|\.hound\.yml",
    ),
    (
        "release configuration",
        r"\.release-please-manifest\.json|release-please-config\.json|\.releaserc(\..+)?|\.?cliff\.toml"
        r"|\.?cz\.(toml|json|ya?ml)|\.bumpversion\.(cfg|toml)|\.bumpversion|\.changeset/.+|towncrier\.toml"
        r"|\.goreleaser\.ya?ml|\.versionrc(\.json)?|\.github/release-please/.+|\.zenodo\.json|codemeta\.json",
    ),
    (
        "news fragment",
        r"(newsfragments|changelog\.d|changes\.d|news\.d|\.changes|\.changelog|changelogs/unreleased)/.+"
        r"|(news|changes|changelog)/\+?[\w.-]+\.(feature|bugfix|bug|fix|fixed|docs?|removal|removed|misc|added"
        r"|changed|change|deprecat\w*|security|breaking|api_change|maintenance|plugin|config|internal|vendor"
        r"|packaging|improvement)(\.\d+)?(\.(md|rst|txt))?",
    ),
    (
        "documentation settings",
        r"\.?readthedocs\.ya?ml|mkdocs(\.\w+)?\.ya?ml|book\.toml|\.vale\.ini|\.lycheeignore|\.?lychee\.toml",
    ),
    (
        "settings of checks",
        r"\.secrets\.baseline|\.gitleaks(ignore|\.toml)|\.trivyignore|\.semgrepignore|\.snyk|\.codespellrc"
        r"|\.codespellignore|[._]?typos\.toml|\.?cspell\.(json|ya?ml)|\.yamllint(\.ya?ml)?"
        r"|\.prettier(rc.*|ignore)|\.markdownlint.*|\.markdown-link-check\.json|\.hadolint\.ya?ml|\.shellcheckrc"
        r"|\.?taplo\.toml|\.gitlint|\.commitlintrc.*|commitlint\.config\.\w+|\.ecrc"
        r"|\.editorconfig-checker\.json|\.?zizmor\.ya?ml|\.coderabbit\.ya?ml|\.pre-commit-hooks\.yaml|\.licenserc\.ya?ml|\.allstar/.+|\.clabot"
        r"|\.all-contributorsrc",
    ),
)
# What a run leaves in the folder where it was started, and nobody has told git to ignore: reports by the
# names that tools and their documentation give them, and what pytest and linters keep for the next time. Only
# while git does not know them: a file that was added is there for somebody to read.
_REPORTS = (
    r"(coverage|junit|report|tests?[-_]?reports?|tests?[-_]?results?|pytest[-_]?(report|results?|junit)|junit[-_]\w+)"
    r"\.(xml|html|json|lcov|log)|(pytest|cobertura|cov|nosetests|xunit|TEST-[^/]+|tests?[-_]output)\.xml|\.pymon"
    r"|pytest\.log|lcov\.info|\.report\.json|report\.jsonl|pytestdebug\.log|\.coverage(\..+)?"
    r"|(htmlcov|monorepo-shards|allure-(results|reports?)|prof|\.benchmarks)/.+|\.testmondata.*"
    r"|(reports?|junit|tests?[-_](results|reports))/.+\.(xml|html|json|jsonl|css|js|png|svg|log|lcov|info)"
    r"|(.+/)?(__pycache__|\.(pytest|mypy|ruff|import_linter|pyre|pytype)_cache|\.hypothesis|\.tox|\.nox)/.+|.+\.pyc"
)
# https://www.sphinx-doc.org/en/master/usage/configuration.html; the folders are those that sphinx-quickstart
# makes, and its own guide for extensions (_ext)
_SPHINX = re.compile(
    r"docs?/((source|src|sphinx)/)?(conf|(_?exts?|_?extensions|sphinxext|_static|_templates|_themes?)/.+)\.py",
    re.DOTALL,
)
_NOT_PROSE = re.compile(r"(.*requirements[^/]*|constraints[^/]*)\.txt|.*\.py", re.IGNORECASE)

# what starts tests, or says with what: of no project. A file at the root that is not known counts as much
WORKFLOWS = (
    ".github/workflows/**",
    ".github/actions/**",
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    ".circleci/**",
    ".buildkite/**",
    ".ci/**",
    "azure-pipelines*.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile*",
    ".travis.yml",
    "Dockerfile*",
    "*.Dockerfile",
    ".dockerignore",
    "docker-compose*",
    "compose.yml",
    "compose.yaml",
    ".devcontainer/**",
    "Makefile",
    "justfile",
    "Taskfile.y*ml",
    "noxfile.py",
    "tox.ini",
    "tox.toml",
    ".python-version",
    "runtime.txt",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    "uv.toml",
    "poetry.toml",
    "pdm.toml",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    ".coveragerc",
    ".coveragerc.toml",
    ".gitmodules",
)

_PYTEST_ONLY = frozenset(("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"))
_INI_NAMES = frozenset(
    (
        "pytest.toml",
        ".pytest.toml",
        "pytest.ini",
        ".pytest.ini",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
        "setup.py",
    )
)


def matches(path: str, patterns: Iterable[str]) -> str | None:
    """The first pattern that ``path`` matches, or ``None``.

    Patterns are relative to the workspace root, and one that names a folder means everything in it.
    """
    return next((pattern for pattern in patterns if covers(path, (pattern,))), None)


@lru_cache(maxsize=1024)  # a file is asked about beside each that may name it
def harmless(path: str, *, untracked: bool = False) -> str | None:
    """Why a path outside all projects affects no test by default (its kind), or ``None``.

    ``untracked`` where git knows the file neither now nor at the base.
    """
    path = _from_top(path)
    if untracked and is_report(path):
        return "report of a run"
    if _NOT_PROSE.fullmatch(path):
        return None
    return next((kind for kind, pattern in _HARMLESS if re.fullmatch(pattern, path, re.I | re.DOTALL)), None)


def is_report(path: str) -> bool:
    """Whether a path, seen from the folder where a run was started, is called like what runs leave behind."""
    return re.fullmatch(_REPORTS, path, re.DOTALL) is not None and not path.endswith(".py")


def is_prose(path: str) -> bool:
    """Whether a file is called like one for people, wherever it lies."""
    name = posixpath.basename(path)
    named = any(
        re.fullmatch(pattern, name, re.I) for kind, pattern in _HARMLESS[:4] if ".github" not in pattern
    )
    return named and _NOT_PROSE.fullmatch(name) is None


def builds_documentation(path: str) -> bool:
    """Whether a Python file, seen from the folder that holds ``docs/``, is Sphinx's and not for tests."""
    return _SPHINX.fullmatch(path) is not None


@lru_cache(maxsize=1024)
def runs_tests(path: str) -> bool:
    """Whether a path outside all projects is a workflow, image or setting that carries the whole test run."""
    return covers(_from_top(path), WORKFLOWS)


def _from_top(path: str) -> str:
    """The path as seen from a folder above, for a workspace that is a subfolder of its repository."""
    while path.startswith("../"):
        path = path[3:]
    return path


def readers_above(path: str, workspace: Workspace, *, uncut: bool = False) -> Iterator[tuple[str, str]]:
    """The projects below ``path`` whose pytest would read it: ``(project, how)``.

    pytest takes the first folder upward with a configuration; a file that is new or gone there moves that
    choice, so every project counts that has no configuration nearer than ``path``. Conftests are read from
    ``confcutdir`` (the ini file's folder, else the rootdir) downward; ``uncut`` where the call names another.
    """
    name = posixpath.basename(path)
    folder = posixpath.dirname(path) or ROOT
    if name == "conftest.py":
        for project in _below(folder, workspace):
            itself = any(map(moves_conftests, project.settings.addopts))
            if uncut or itself or _at_or_above(conftest_root(project), folder):
                yield project.path, f"{path} above it"
    elif name in _INI_NAMES:
        for project in _below(folder, workspace):
            ini = project.settings.inifile
            # of files above the workspace the base side knows nothing, so all who may have read it count
            if ini is None or folder.startswith("..") or _at_or_above(posixpath.dirname(ini) or ROOT, folder):
                yield project.path, f"pytest configuration {path} above it"


def moves_conftests(word: str) -> bool:
    """Whether an argument of pytest moves the folder from which conftests are read."""
    return word.startswith(("--confcutdir", "--rootdir", "-c"))


def only_pytest_loads(path: str) -> bool:
    """Whether :func:`readers_above`, and what imports say, tell of all who could read this file."""
    return only_pytest_reads(path) or posixpath.basename(path) == "conftest.py"


def only_pytest_reads(path: str) -> bool:
    """Whether :func:`readers_above` tells of all who could read this file."""
    return posixpath.basename(path) in _PYTEST_ONLY


def conftest_root(project: Project) -> str:
    """The topmost folder whose conftest.py pytest reads for this project (its ``confcutdir``)."""
    ini = project.settings.inifile
    return project.settings.rootdir if ini is None else posixpath.dirname(ini) or ROOT


def _below(folder: str, workspace: Workspace) -> Iterator[Project]:
    for project in workspace.projects:
        if project.path != folder and _at_or_above(folder, project.path):
            yield project


def _at_or_above(upper: str, lower: str) -> bool:
    """Whether folder ``upper`` is ``lower`` or holds it; ``..`` folders lie above everything."""
    return upper == ".." or upper.startswith("../") or upper in parents(lower)
