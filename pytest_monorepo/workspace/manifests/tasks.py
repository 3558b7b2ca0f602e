"""Commands in the settings of task runners and environments, and in files of tasks: what they take.

``hatch env create`` runs the commands around an environment's installation; any other task may be what a
person, or a workflow, calls before the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, Tree, table_at

from .commands import installed_by
from .hatch import expanded
from .leads import from_here, own_files

# https://hatch.pypa.io/latest/config/environment/overview/#commands, #scripts
_AROUND = ("pre-install-commands", "post-install-commands", "scripts", "env-vars", "overrides")
# those of PDM and Poe may name any file, and are read for all (named.py)
_TASKS = (("taskipy", "tasks"), ("rye", "scripts"))
# files of tasks, environments and shells, wherever tools look for them or people put them
_FILES = re.compile(
    r"(?:GNU)?[Mm]akefile(?:\..+)?|.+\.mk|\.?justfile|.+\.just|[Tt]askfile(?:\.dist)?\.ya?ml"
    r"|(?:tasks|dodo|duties|noxfile|fabfile|toxfile)\.py|(?:uv|\.?pdm|poetry)\.toml|pip\.conf|\.?mise\.toml|Earthfile|Procfile|.+\.(?:sh|bash|zsh|bat|cmd|ps1)"
    r"|(?:docker-)?compose(?:[.-].+)?\.ya?ml|(?:.+\.)?Dockerfile(?:\..+)?|Containerfile|\.env(?:rc|\..+)?"
    r"|tox\.(?:ini|toml)|Pipfile|pixi\.toml|pylock\..*toml|CMakePresets\.json|dev(?:box\.json|env\.nix)"
    r"|package\.json|\.travis\.yml|\.gitlab-ci\.yml|azure-pipelines.*\.yml|Jenkinsfile|BUILD(?:\.bazel)?",
    re.IGNORECASE,
)
# scripts without an ending lie there
_FOLDERS = frozenset(("bin", "scripts", "script", "ci"))
_INSTALLS = re.compile(r"install|\b(?:add|inject|uv|uvx)\b")
_COMMENT = re.compile(r"(?m)^[ \t]*(?:#(?!!)|//|::|@?rem\b).*\n?", re.IGNORECASE)
_CONTINUED = re.compile(r"\\\r?\n")


def texts(tree: Tree, folder: str) -> Iterator[tuple[str, str]]:
    """The files of tasks of the project in ``folder``, each by its folder and its text without comments."""
    for path in own_files(tree, folder, _is_one):
        text = tree.read(path)
        if text is not None:
            # comments first: a shell's goes on over no line, and a Dockerfile has them within a command
            yield path.rpartition("/")[0], from_here(_CONTINUED.sub(" ", _COMMENT.sub("", text)))


def _is_one(path: str) -> bool:
    above, _, name = path.rpartition("/")
    bare = "." not in name and above.rpartition("/")[2] in _FOLDERS
    return bare or _FILES.fullmatch(name) is not None


def installed(text: str) -> Iterator[str]:
    """What the commands in a text install, as lines of a requirements file."""
    for line in text.splitlines():
        if _INSTALLS.search(line):
            # make's and just's signs for what is shown and what may fail; a list's dash in YAML
            yield from installed_by(line.strip().lstrip("@-+ ").removeprefix("run:"))


def commands(pyproject: Table | None, hatch: Table, pixi: Iterable[Table]) -> Iterator[str]:
    """The commands in settings; ``pixi`` are all its manifests."""
    found: list[object] = [table_at(pyproject, "tool", *keys) for keys in _TASKS]
    for environment in table_at(hatch, "envs").values():
        found += [environment.get(key) for key in _AROUND if isinstance(environment, Mapping)]
    tables = [one for manifest in pixi for one in (manifest, *table_at(manifest, "feature").values())]
    for table in tables:
        # https://pixi.sh/latest/workspace/advanced_tasks/; of each target, too
        found += [table_at(table, "tasks")]
        found += [table_at(target, "tasks") for target in table_at(table, "target").values()]
    yield from map(expanded, _texts(found))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        # a list is one command in words, or several commands
        yield " ".join(value)
        yield from value
    elif isinstance(value, (list, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
