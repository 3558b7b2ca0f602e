"""PEP 508 lines, requirements files and the local paths in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pytest_monorepo.workspace.files.tree import Tree, child, join
from pytest_monorepo.workspace.model import ROOT, Dependency, Scope

from .leads import in_project, leading_out

# re compiles them when they are asked for, and keeps them: a decision asks for none of them
_NAME = r"(?s)\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(.*)"
_EGG = r"[#&]egg=([A-Za-z0-9._-]+)"
# PDM writes ${PROJECT_ROOT} into its URLs, Hatch {root:uri} and {root:parent:uri}
_ROOTED = r"(?:file://)?/?(?:\$\{PROJECT_ROOT\}|\{root(?::uri|:real)?\})/?"
# pip and uv put an environment variable in its place (pip 26, req_file.py: upper case, digits and _ only);
# which, nobody can know here
_VARIABLE = r"(?:file://)?/*\$\{(?!PROJECT_ROOT\})[A-Z0-9_]+\}/+([^#;\s\[]+)"
_PARENT = r"(?:file://)?\{root((?::parent)+)(?::uri|:real)?\}/?"
_TEST_FILE = r"(?:^|[^a-z])(?:dev|devel|development|tests?|testing|lint|docs?|ci|examples?)(?:[^a-z]|$)"
# pip reads these lines with optparse, which lets a value stick to a short option: -rbase.txt
_OPTION = (
    r"(-r|-c|-e|-f|--requirements?|--constraints?|--build-constraints?|--overrides?|--editable|--find-links)"
    r"(?:\s+|=|(?<=^-[rcef]))(.+)"
)
# the plural ones and --override are uv's (0.13: uv pip install), --build-constraint is pip's, too (26)
_SHORT = {
    **dict.fromkeys(("--requirement", "--requirements"), "-r"),
    **dict.fromkeys(("--constraint", "--constraints", "--build-constraint", "--build-constraints"), "-c"),
    **dict.fromkeys(("--override", "--overrides"), "-c"),
    "--editable": "-e",
    "--find-links": "-f",
}
# An extra is an extra to PEP 621; by these names packages offer what only their own tests need.
TEST_EXTRAS = frozenset(("test", "tests", "testing", "dev", "devel", "develop", "development"))
_Seen = set[tuple[str, bool]]  # a file, and whether it only constrains
_REQUIREMENTS_FILE = r"(?is)(?:.*requirements.*|.*/requirements/[^/]+)\.(?:txt|in)"


def canonical(name: str) -> str:
    """The one spelling of a distribution name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


class Requirement(NamedTuple):
    """One requirement: canonical ``name`` (``""`` unless told) and the ``location`` after ``@``, if any."""

    name: str
    location: str | None = None


def parse(line: str) -> Requirement | None:
    """Read ``name[extra] >= 1; marker``, ``name @ url``, a lone path or URL; ``None`` for what is neither.

    An f-string of a ``setup.py`` arrives with its variable parts emptied and still names what it needs.
    """
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    if is_location(line):
        # pip 26 reads the name of a URL that has none before it so (models/link.py, _egg_fragment)
        egg = re.search(_EGG, line)
        return Requirement(canonical(egg[1]) if egg else "", _alone(line))
    found = re.match(_NAME, line)
    if found is None:
        return None
    name, rest = canonical(found[1]), found[2]
    if rest.startswith("@"):
        return Requirement(name, _alone(rest[1:].strip()) or None)
    return Requirement(name)


def _alone(location: str) -> str:
    """Without what follows it: a marker, a comment, options. A URL may hold a semicolon, a path may not."""
    end = r";\s" if ":" in location else ";"
    return re.split(rf"(?<!\s)\s+(?:;|#|--)|{end}", location)[0].strip()


def is_location(line: str) -> bool:
    """Whether a requirement is a path or URL alone, without a name before it."""
    # a path may be written as on Windows, where pip reads it so: os.path.sep is in the name
    # (pip 26, req/constructors.py, _looks_like_path)
    word = line.split(" ;")[0].split("#")[0].strip().replace("\\", "/")
    word = re.sub(r"\[[^\[\]]*\]$", "", word)
    if re.match(r"(?:file:|\.{1,2}(?:/|$)|/|\$\{[A-Z0-9_]+\}/|\{root|git\+|https?:)", word):
        return True
    return "/" in word and re.fullmatch(r"[\w.~/-]+", word) is not None


def local_path(location: str, folder: str, tree: Tree) -> str | None:
    """The workspace path that a location points to, seen from ``folder``; ``None`` for what is elsewhere.

    ``#subdirectory=`` names the folder in it that is installed: pip and Poetry read it of local folders, too.
    """
    inner = re.search(r"[#&]subdirectory=([^&;\s]+)", location)
    outer = _local_path(location, folder, tree)
    return outer if inner is None or outer is None else _below_root(join(outer, unquote(inner[1])))


def _local_path(location: str, folder: str, tree: Tree) -> str | None:
    location = re.sub(r"\[[^\[\]/]*\]$", "", location.split("#")[0].split(" ;")[0].strip())
    rooted, parent = re.match(_ROOTED, location), re.match(_PARENT, location)
    if rooted:
        return _below_root(join(folder, location[rooted.end() :] or ROOT))
    if parent:
        up = "../" * parent[1].count(":parent")
        return _below_root(join(folder, up + location[parent.end() :]))
    try:
        parts = urlsplit(location)
    except ValueError:  # "https://[x": a host in brackets is an address of IPv6, or nothing
        return None
    if parts.scheme == "file":
        path = unquote(parts.path)
    elif parts.scheme and len(parts.scheme) > 1:  # one letter is a drive of Windows
        return None
    else:
        path = location
    path = path.replace("\\", "/")
    if not path.startswith("/"):
        return _below_root(join(folder, path or ROOT))
    return _absolute(path, tree)


def _absolute(path: str, tree: Tree) -> str | None:
    path, root = posixpath.normpath(path).replace("//", "/"), tree.root.as_posix().rstrip("/")
    if path == root:
        return ROOT
    return path[len(root) + 1 :] if path.startswith(root + "/") else None


def _below_root(path: str) -> str | None:
    return None if path == ".." or path.startswith("../") else path


class Found:
    """What the requirements files of one project add up to; ``includes`` are all files read on the way."""

    def __init__(self) -> None:
        self.dependencies: list[Dependency] = []
        self.includes: dict[str, None] = {}


def is_requirements_file(path: str) -> bool:
    """Whether a file is called like one: ``requirements-dev.txt``, ``requirements/base.txt``, ``*.in``."""
    return path.endswith((".txt", ".in")) and re.fullmatch(_REQUIREMENTS_FILE, "/" + path) is not None


def scope_of(path: str) -> Scope:
    """``TEST`` where the name says that nobody needs it at run time."""
    return Scope.TEST if re.search(_TEST_FILE, path.lower()) else Scope.RUNTIME


def read_files(tree: Tree, folder: str, paths: Iterable[str]) -> Found:
    """The requirements files of the project in ``folder``, with everything they include."""
    found = Found()
    for path in paths:
        relative = path if folder == ROOT else path[len(folder) + 1 :]
        _read_file(tree, folder, path, scope_of(relative), found, set(), constrains=False)
    return found


def read_file(tree: Tree, folder: str, path: str, scope: Scope) -> Found:
    """One requirements file that a manifest names, at the scope the manifest gives it."""
    found = Found()
    _read_file(tree, folder, path, scope, found, set(), constrains=False)
    return found


def _read_file(
    tree: Tree, folder: str, path: str, scope: Scope, found: Found, seen: _Seen, *, constrains: bool
) -> None:
    if (path, constrains) in seen:
        return
    seen.add((path, constrains))
    found.includes[path] = None
    text = tree.read(path)
    # pip reads a lock as requirements, too (-r pylock.toml): it has lines of its own
    if text is None or path.endswith(".toml"):
        return
    how = posixpath.basename(path) if posixpath.dirname(path) in ("", folder) else path
    here = posixpath.dirname(path) or ROOT
    _read_lines(tree, folder, here, text, how, scope, found, seen, constrains=constrains)


def read_lines(tree: Tree, folder: str, lines: Iterable[str], scope: Scope, how: str) -> Found:
    """Lines as of a requirements file that another file of the project in ``folder`` has (tox's ``deps``)."""
    found = Found()
    _read_lines(tree, folder, folder, "\n".join(lines), how, scope, found, set(), constrains=False)
    return found


def _read_lines(
    tree: Tree,
    folder: str,
    here: str,
    text: str,
    how: str,
    scope: Scope,
    found: Found,
    seen: _Seen,
    *,
    constrains: bool,
) -> None:
    for option, value in logical_lines(text):
        if option == "-f":
            found.includes.update(
                dict.fromkeys(p for p in _places(value, (here, folder, ROOT)) if p in tree.all_folders)
            )
            continue
        if option in ("-r", "-c"):
            # pip 26 joins these to the file's own folder (req_file.py); paths to install it does not
            included = next((p for p in _places(value, (here, folder, ROOT)) if tree.has(p)), None)
            if included is not None:
                # pip installs what -r lists, also below a -c (26: req_file.py, _parse_and_recurse)
                _read_file(tree, folder, included, scope, found, seen, constrains=option == "-c")
            continue
        requirement = parse(value)
        if "--" in value:
            # settings for its build: pip 26 takes --config-settings and --global-option behind a requirement
            for path in leading_out(tree, folder, value.partition("--")[2]):
                if path in tree.all_folders and in_project(tree, path):
                    found.dependencies.append(Dependency("", path, scope, f"takes {path}"))
                elif in_project(tree, path):
                    found.includes[path] = None
        # a constraint alone installs nothing, but one with a path says where the code comes from
        if requirement is not None and (requirement.location or not constrains):
            found.dependencies += resolve(requirement, (here, folder, ROOT), tree, scope, how)


def resolve(
    requirement: Requirement, bases: tuple[str, ...], tree: Tree, scope: Scope, how: str
) -> Iterator[Dependency]:
    """Turn a requirement into dependencies: a relative path may be meant from any of ``bases``.

    pip reads ``-e ../x`` from the working directory, so what exists from several bases counts for each of
    them: a missed edge would skip a test. But ``-e .`` is what has a manifest and is nearest: every folder
    exists from everywhere, and a project that is read as its own root would need all that lies there.
    """
    if requirement.location is None:
        yield Dependency(requirement.name, None, scope, how)
        return
    places = dict.fromkeys(p for base in bases if (p := local_path(requirement.location, base, tree)))
    if variable := re.match(_VARIABLE, requirement.location):
        places = dict.fromkeys(_ending_so(variable[1], tree)) or places
    if places.keys() == set(bases):
        near = dict.fromkeys(base for base in bases[:2] if _installable(base, tree))
        places = near or places
    existing = [place for place in places if tree.holds(place)]
    for place in existing or list(places)[:1]:
        yield Dependency(requirement.name, place, scope, how)
    if not places and requirement.name:
        yield Dependency(requirement.name, None, scope, how)


def _ending_so(tail: str, tree: Tree) -> Iterator[str]:
    """The projects that a path behind an unknown variable may mean: a missed edge would skip a test."""
    tail = posixpath.normpath(tail)
    while tail.startswith("../"):
        tail = tail[3:]
    for folder in tree.all_folders:
        if f"/{folder}".endswith(f"/{tail}") and _installable(folder, tree):
            yield folder


def _installable(folder: str, tree: Tree) -> bool:
    # what pip takes a folder for a project by (26: misc.py, is_installable_dir); a setup.cfg is not enough
    return any(tree.has(child(folder, name)) for name in ("pyproject.toml", "setup.py"))


def _places(value: str, bases: Iterable[str]) -> Iterator[str]:
    for base in bases:
        place = join(base, value)
        if not place.startswith("../"):
            yield place


def logical_lines(text: str) -> Iterator[tuple[str, str]]:
    """``(option, value)`` for each line; option is one of ``-r -c -e -f`` or ``""``, others are dropped."""
    # in the order of pip's own reader (pip/_internal/req/req_file.py): lines are joined, then comments
    # dropped, which begin a line or follow white space; #egg= is part of a URL
    for line in joined(text):
        line = re.sub(r"(?:^|\s)#(?!egg=).*$", "", line).strip()
        found = re.match(_OPTION, line)
        if found:
            # of several options in a line pip takes the first
            value = re.split(r"(?<!\s)\s+-{1,2}[a-z]", found[2])[0]
            yield _SHORT.get(found[1], found[1]), value.strip("\"' ")
        elif line and not line.startswith("-"):
            yield "", line


def joined(text: str) -> Iterator[str]:
    """Lines with those that a backslash continues; a line of comment is never continued, and ends one.

    As pip 26 joins them (req_file.py, join_lines).
    """
    waiting = ""
    for line in text.splitlines():
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            waiting += line.strip("\\")
            continue
        yield waiting + (" " if is_comment else "") + line
        waiting = ""
    if waiting:
        yield waiting
