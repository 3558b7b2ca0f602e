"""Two versions of a manifest or settings file → who can see the difference. Pure.

Three answers, after what a test can read: ``"none"`` where only tables of other tools and descriptive
metadata changed, ``"tests"`` where the project's own test run can see it and no dependent can, ``"source"``
for anything else. The tables below are the whole truth; what they do not list, or what cannot be parsed, is
``"source"``.

``"none"`` is said of dependents: the project itself had better run, since a test may start the tool whose
table changed (``pytest-mypy``) or read its own metadata. What the *root's* groups name is installed beside
everyone's tests: of the workspace's root manifest ``"tests"`` concerns all projects that run on it.
"""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Literal

import tomli

from pytest_monorepo.affected.locks.formats.entries import frozen
from pytest_monorepo.value import value
from pytest_monorepo.workspace.files.late import late
from pytest_monorepo.workspace.manifests.requirements import TEST_EXTRAS, canonical

Scope = Literal["none", "tests", "source"]
Path = tuple[str, ...]

_RANK: Mapping[Scope, int] = {"none": 0, "tests": 1, "source": 2}
_SHOWN = 4


@value(frozen=True)
class ManifestChange:
    """Who can see a change, and ``how`` in words: the keys that count, or why nobody can tell.

    ``settings`` says whether anything changed that pytest reads as its own configuration, which also concerns
    projects that have no configuration nearer than this file.
    """

    scope: Scope
    how: str
    settings: bool


# Tools whose tables no test can see. Not here on purpose: build backends, runners that decide how tests start
# (tox, nox, hatch, poe) and everything unknown.
_UNSEEN_TOOLS = frozenset(
    (
        "autoflake",
        "bandit",
        "basedpyright",
        "black",
        "bumpver",
        "bumpversion",
        "check-manifest",
        "check-wheel-contents",
        "codespell",
        "commitizen",
        "cibuildwheel",
        "cruft",
        "deptry",
        "djlint",
        "docformatter",
        "docsig",
        "fawltydeps",
        "flake8",
        "flynt",
        "git-cliff",
        "importlinter",
        "interrogate",
        "isort",
        "mypy",
        "numpydoc_validation",
        "nbqa",
        "pydoclint",
        "pydocstyle",
        "pylint",
        "pyproject-fmt",
        "pyrefly",
        "pyright",
        "pytype",
        "refurb",
        "ruff",
        "semantic_release",
        "sourcery",
        "sqlfluff",
        "tach",
        "tbump",
        "towncrier",
        "ty",
        "typos",
        "vulture",
        "yapf",
    )
)
# [project] and [tool.poetry] keys that describe and do nothing.
_DESCRIPTIVE = frozenset(
    (
        "authors",
        "classifiers",
        "description",
        "documentation",
        "homepage",
        "keywords",
        "license",
        "license-files",
        "maintainers",
        "readme",
        "repository",
        "urls",
    )
)
_TEST_TOOLS = frozenset(("coverage", "pytest", "pytest-enabler", "pytest_env", "tox", "nox"))
# What pytest and coverage read from these files wherever they lie above a project.
_PYTEST_TOOLS = frozenset(("coverage", "pytest", "pytest-enabler", "pytest_env"))

_UNSEEN_SECTIONS = late(
    r"flake8(:.*)?|pycodestyle|pep8|pydocstyle|pylint(\..*)?|pylint-.*|mypy(-.*)?|isort|black|yapf|bandit"
    r"|codespell|doc8|bumpversion(:.*)?|check-manifest|autoflake|importlinter(:.*)?|zest\.releaser"
)
_TEST_SECTIONS = late(r"tool:pytest|pytest|coverage:.*|testenv(:.*)?|tox(:.*)?|nosetests")
_PYTEST_SECTIONS = late(r"tool:pytest|pytest|coverage:.*")
_DESCRIPTIVE_OPTIONS = frozenset(
    (
        "author",
        "author_email",
        "classifiers",
        "description",
        "home_page",
        "keywords",
        "license",
        "license_file",
        "license_files",
        "long_description",
        "long_description_content_type",
        "maintainer",
        "maintainer_email",
        "platforms",
        "project_urls",
        "url",
    )
)
_OWN_TEST_FILES = frozenset(
    ("pytest.ini", ".pytest.ini", ".coveragerc", "pytest.toml", ".pytest.toml", ".coveragerc.toml")
)


def visible_change(
    filename: str, before: bytes | None, after: bytes | None, asked_extras: Collection[str] = ()
) -> ManifestChange:
    """Who can see the difference between two versions of ``filename``; ``None`` is a file that is not there.

    Knows ``pyproject.toml``, ``setup.cfg``, ``setup.py``, ``tox.ini``, ``Pipfile`` and the files that are
    pytest's or coverage's alone. ``asked_extras`` are extras that other projects ask of this one
    (``core[testing]``): they count as source, whatever they are called. Never raises.
    """
    base = posixpath.basename(filename)
    if before == after:
        return ManifestChange("none", "nothing changed", settings=False)
    own = base in _OWN_TEST_FILES
    if before is None or after is None:
        words = f"{base} {'is new' if before is None else 'was deleted'}"
        return ManifestChange("tests" if own else "source", words, settings=True)
    try:
        return _compared(base, before.decode("utf-8-sig"), after.decode("utf-8-sig"), asked_extras)
    except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return ManifestChange(
            "tests" if own else "source", f"{base} cannot be compared: {reason}", settings=True
        )


def changed_keys(filename: str, before: bytes | None, after: bytes | None) -> list[Path] | None:
    """The deepest keys that differ between two versions of a manifest in TOML, or of a ``setup.cfg``.

    ``None`` where one of them is missing or cannot be read.
    """
    if before is None or after is None:
        return None
    try:
        return list(_differing(document(filename, before), document(filename, after)))
    except (ValueError, RecursionError, MemoryError):
        return None


def document(filename: str, data: bytes) -> Mapping[str, object]:
    """The tables of a manifest in TOML, or of a ``setup.cfg``; a ValueError where it cannot be read."""
    text = data.decode("utf-8-sig")
    return _ini(text) if filename.endswith(".cfg") else tomli.loads(text)


def is_unseen(key: Path, filename: str = "pyproject.toml") -> bool:
    """Whether the value at a key of a manifest describes, or is for a tool that no test can see."""
    return (_of_ini if filename.endswith(".cfg") else _of_pyproject)(key) == "none"


def _compared(base: str, before: str, after: str, asked_extras: Collection[str]) -> ManifestChange:
    if base == "setup.py":
        return _setup_py(before, after)
    if base in ("pyproject.toml", "Pipfile"):
        rule = _of_pyproject if base == "pyproject.toml" else _of_pipfile
        keys = _differing(tomli.loads(before), tomli.loads(after))
        return _judged(keys, _but_asked(rule, asked_extras), _is_pytest_table)
    if base in ("setup.cfg", "tox.ini"):
        keys = _differing(_ini(before), _ini(after))
        return _judged(keys, _but_asked(_of_ini, asked_extras), _is_pytest_section)
    if base in _OWN_TEST_FILES:
        read: Callable[[str], Mapping[str, object]] = tomli.loads if base.endswith(".toml") else _ini
        return _judged(_differing(read(before), read(after)), lambda _: "tests", lambda _: True)
    return ManifestChange("source", f"{base} is no manifest of a known kind", settings=True)


def _judged(
    keys: Iterable[Path], rule: Callable[[Path], Scope], is_setting: Callable[[Path], bool]
) -> ManifestChange:
    """The widest scope of all keys; only those that have it are worth a word."""
    scopes = {key: rule(key) for key in keys}
    if not scopes:
        return ManifestChange("none", "only comments and layout changed", settings=False)
    scope = max(scopes.values(), key=_RANK.__getitem__)
    counting = list(dict.fromkeys(".".join(key[:3]) for key in scopes if scopes[key] == scope))
    more = f" and {len(counting) - _SHOWN} more" if len(counting) > _SHOWN else ""
    return ManifestChange(
        scope, f"{', '.join(counting[:_SHOWN])}{more} changed", settings=any(map(is_setting, scopes))
    )


def _but_asked(rule: Callable[[Path], Scope], asked: Collection[str]) -> Callable[[Path], Scope]:
    extras = {canonical(extra) for extra in asked}
    tables = (("project", "optional-dependencies"), ("tool", "poetry", "extras"), ("options.extras_require",))

    def scope(key: Path) -> Scope:
        for table in tables:
            if key[: len(table)] == table and key[len(table) :] and canonical(key[len(table)]) in extras:
                return "source"
        return rule(key)

    return scope


def _differing(before: Mapping[str, object], after: Mapping[str, object], above: Path = ()) -> Iterator[Path]:
    """The deepest keys whose values differ, arrays as a whole."""
    for key in sorted(before.keys() | after.keys()):
        path = (*above, key)
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differing(old, new, path)
        elif key not in after and isinstance(old, Mapping) and old:
            yield from _differing(old, {}, path)
        elif key not in before and isinstance(new, Mapping) and new:
            yield from _differing({}, new, path)
        # an empty table that comes or goes counts: [tool.pytest.ini_options] makes a rootdir
        elif (key in before) != (key in after) or frozen(old) != frozen(new):
            yield path


# -- pyproject.toml: every rule is a prefix of a key's path; the first that fits decides


def _of_pyproject(key: Path) -> Scope:
    match key:
        case ("project", name, *_) if name in _DESCRIPTIVE:
            return "none"
        case ("project", "optional-dependencies", extra, *_):
            return _of_extra(extra)
        # groups are no part of what is published, so that no dependent can ask for one (PEP 735)
        case ("dependency-groups", *_):
            return "tests"
        case ("tool", name, *_) if name in _UNSEEN_TOOLS:
            return "none"
        case ("tool", name, *_) if name in _TEST_TOOLS:
            return "tests"
        case ("tool", *rest):
            return _of_manager(tuple(rest))
        case _:
            return "source"


def _of_manager(key: Path) -> Scope:
    match key:
        case ("poetry", name, *_) if name in _DESCRIPTIVE:
            return "none"
        case ("poetry", "group", "main", *_):
            return "source"
        case ("poetry", "group", *_) | ("poetry" | "uv" | "pdm" | "rye", "dev-dependencies", *_):
            return "tests"
        case ("poetry", "extras", extra, *_):
            return _of_extra(extra)
        case ("uv", "default-groups", *_) | ("hatch", "envs", *_):
            return "source" if key[2:3] == ("hatch-build",) else "tests"
        case _:
            return "source"


def _of_extra(extra: str) -> Scope:
    return "tests" if canonical(extra) in TEST_EXTRAS else "source"


def _is_pytest_table(key: Path) -> bool:
    return key[0] == "tool" and len(key) > 1 and key[1] in _PYTEST_TOOLS


def _of_pipfile(key: Path) -> Scope:
    return "tests" if key[0] == "dev-packages" else "source"


# -- setup.cfg, tox.ini


def _ini(text: str) -> dict[str, dict[str, str]]:
    import configparser

    parser = configparser.RawConfigParser(default_section="\0")
    # pytest's own reader keeps the case of an option, setuptools' does not
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error
    return {section: dict(parser.items(section)) for section in parser.sections()}


def _of_ini(key: Path) -> Scope:
    section, option = key[0], key[1] if len(key) > 1 else ""
    if _UNSEEN_SECTIONS.fullmatch(section):
        return "none"
    if _TEST_SECTIONS.fullmatch(section):
        return "tests"
    if section == "metadata" and option.replace("-", "_").lower() in _DESCRIPTIVE_OPTIONS:
        return "none"
    if section == "options.extras_require":
        return _of_extra(option)
    if section == "options" and option == "tests_require":
        return "tests"
    return "source"


def _is_pytest_section(key: Path) -> bool:
    return _PYTEST_SECTIONS.fullmatch(key[0]) is not None


# -- setup.py


def _setup_py(before: str, after: str) -> ManifestChange:
    # what is no configuration of pytest's: a setup.py marks a rootdir, but only by being there
    if _meaning(before) == _meaning(after):
        return ManifestChange("none", "only comments, docstrings and layout changed", settings=False)
    return ManifestChange("source", "setup.py changed", settings=False)


def _meaning(text: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
    # long_description=__doc__ makes the docstring a value
    for node in () if "__doc__" in text else ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                first.value = ast.Constant(None)
    return ast.dump(tree)
