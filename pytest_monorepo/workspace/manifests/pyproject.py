"""The manifests of one folder → name, dependencies and what else a project says about itself.

Sources of the rules: PEP 508, 621 and 735; the manuals of Poetry, uv, PDM, Hatch, setuptools. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_monorepo.workspace.files.tree import Table, Tree, UnreadableError, child, join, strings, table_at
from pytest_monorepo.workspace.model import Dependency, Scope

from . import hatch, others, sources
from .hatch import expanded
from .legacy import Legacy, read_setup_cfg, read_setup_py
from .requirements import (
    TEST_EXTRAS,
    Requirement,
    canonical,
    local_path,
    parse,
    read_file,
    read_files,
    resolve,
)
from .sources import Sources

MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")


@dataclass(frozen=True)
class Manifest:
    """What the manifests of a folder say together; ``name`` as written, ``distribution`` canonical.

    ``includes`` are the requirements files read on the way, also those of other folders. ``error`` is one
    sentence on the first file that could not be read; the others still count.
    """

    name: str | None = None
    distribution: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    requires_python: str | None = None
    includes: tuple[str, ...] = ()
    pyproject: Table | None = None
    legacy: tuple[Legacy, ...] = ()
    error: str | None = None


def read(tree: Tree, folder: str, requirements: Sequence[str] = ()) -> Manifest:
    """The manifest of ``folder``; ``requirements`` are the requirements files that are its own."""
    errors: list[str] = []
    pyproject = _tolerant(errors, tree.toml, child(folder, "pyproject.toml"))
    legacy = [
        found
        for reader, file in ((read_setup_cfg, "setup.cfg"), (read_setup_py, "setup.py"))
        if (found := _tolerant(errors, lambda path, reader=reader: reader(tree, path), child(folder, file)))
    ]
    name = _name(pyproject, legacy) or others.name(tree, folder)
    dependencies: dict[Dependency, None] = {}
    includes: dict[str, None] = {}
    configured = hatch.configuration(tree, folder, pyproject)
    own = _Folder(tree, folder, sources.read(tree, folder, pyproject, configured))
    if pyproject is not None:
        dependencies.update(dict.fromkeys(own.pyproject(pyproject)))
    dependencies.update(dict.fromkeys(own.hatch(configured)))
    if tree.has(child(folder, "hatch.toml")):
        pyproject = {**(pyproject or {}), "tool": {**table_at(pyproject, "tool"), "hatch": configured}}
    pipfile = _tolerant(errors, tree.toml, child(folder, "Pipfile"))
    if pipfile is not None:
        dependencies.update(dict.fromkeys(own.pipfile(pipfile)))
    for found in legacy:
        dependencies.update(dict.fromkeys(own.legacy(found)))
    for path, scope in _named_files(folder, pyproject, legacy):
        read_on_demand = read_file(tree, folder, path, scope)
        dependencies.update(dict.fromkeys(read_on_demand.dependencies))
        includes.update(read_on_demand.includes)
    for found in (read_files(tree, folder, requirements), others.read(tree, folder, pyproject)):
        dependencies.update(dict.fromkeys(found.dependencies))
        includes.update(found.includes)
    return Manifest(
        name=name,
        distribution=canonical(name) if name else None,
        dependencies=tuple(d for d in _told_once(dependencies) if d.path != folder),
        requires_python=_requires_python(pyproject, legacy),
        includes=tuple(path for path in includes if tree.has(path) or path in tree.all_folders),
        pyproject=pyproject,
        legacy=tuple(legacy),
        error=errors[0] if errors else None,
    )


def _told_once(dependencies: Iterable[Dependency]) -> Iterator[Dependency]:
    """Without those that are known by a path alone where a declaration says the same of it, or more."""
    listed = tuple(dependencies)
    said = {(d.path, d.scope) for d in listed if d.path is not None and not others.is_seen(d)}
    for one in listed:
        if not others.is_seen(one) or said.isdisjoint(((one.path, one.scope), (one.path, Scope.RUNTIME))):
            yield one


def _tolerant(errors: list[str], reader: Any, path: str) -> Any:
    try:
        return reader(path)
    except UnreadableError as error:
        errors.append(str(error))
        return None


def _name(pyproject: Table | None, legacy: Iterable[Legacy]) -> str | None:
    # Poetry 2 lets [project] stand for its own keys, so it comes first; flit named the package by its module
    for keys in (("project",), ("tool", "poetry"), ("tool", "flit", "metadata")):
        table = table_at(pyproject, *keys)
        name = table.get("name") or table.get("dist-name") or table.get("module")
        if isinstance(name, str) and name:
            return name
    return next((found.name for found in legacy if found.name), None)


def _requires_python(pyproject: Table | None, legacy: Iterable[Legacy]) -> str | None:
    declared = table_at(pyproject, "project").get("requires-python")
    if isinstance(declared, str):
        return declared
    poetry = table_at(pyproject, "tool", "poetry", "dependencies").get("python")
    if isinstance(poetry, str):
        return poetry_specifier(poetry)
    return next((found.requires_python for found in legacy if found.requires_python), None)


def poetry_specifier(constraint: str) -> str | None:
    """A Poetry version constraint as PEP 440 specifiers with ``||`` between them; ``None`` for another."""
    found = [_poetry_range(alternative) for alternative in re.split(r"\|\|?", constraint)]
    known = [specifier for specifier in found if specifier]
    return "||".join(known) if known and len(known) == len(found) else None


def _poetry_range(constraint: str) -> str | None:
    parts = [
        part.strip() for part in re.split(r",|(?<!\s)\s+(?=[\^~<>=!])", constraint.strip()) if part.strip()
    ]
    found = [_poetry_part(part) for part in parts]
    return None if None in found else ",".join(part for part in found if part) or None


def _poetry_part(part: str) -> str | None:
    if part == "*":
        return ""
    matched = re.fullmatch(r"(\^|~=|~|[<>=!]=?|===)?\s*v?(\d+(?:\.\d+)*)(\.\*)?", part)
    if matched is None:
        return None
    sign, version, star = matched[1] or "", matched[2], matched[3] or ""
    if sign not in ("^", "~"):
        return f"{'==' if sign in ('', '=') else sign}{version}{star}"
    numbers = [int(number) for number in version.split(".")]
    # python-poetry.org/docs/dependency-specification: ~1 is >=1,<2 and ~1.2.3 is >=1.2.3,<1.3
    if sign == "~":
        keep = min(2, len(numbers))
    else:  # the leftmost number that is not zero may not change
        keep = next((at + 1 for at, number in enumerate(numbers) if number), len(numbers))
    upper = [*numbers[: keep - 1], numbers[keep - 1] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def _named_files(
    folder: str, pyproject: Table | None, legacy: Iterable[Legacy]
) -> Iterator[tuple[str, Scope]]:
    """Requirements files that a manifest reads its own dependencies from."""
    # `file` in the tables of setuptools (62.6), and hatch-requirements-txt, a hook of that name
    dynamic = table_at(pyproject, "tool", "setuptools", "dynamic")
    hatch = table_at(pyproject, "tool", "hatch", "metadata", "hooks", "requirements_txt")
    for path in (*strings(table_at(dynamic, "dependencies").get("file")), *strings(hatch.get("files"))):
        yield join(folder, path), Scope.RUNTIME
    tables = (table_at(dynamic, "optional-dependencies"), table_at(hatch, "optional-dependencies"))
    for extra, value in ((extra, value) for table in tables for extra, value in table.items()):
        for path in strings(value.get("file") if isinstance(value, dict) else value):
            yield join(folder, path), extra_scope(extra)
    for found in legacy:
        for key, paths in found.files.items():
            for path in paths:
                yield join(folder, path), _LEGACY_SCOPES.get(key) or extra_scope(key)


# what else a Pipfile holds: NON_CATEGORY_SECTIONS of pipenv 2026.10 (utils/pipfile.py)
_NO_CATEGORIES = frozenset(("build-system", "pipenv", "requires", "scripts", "source"))
# uv 0.13: settings for versions (docs.astral.sh/uv/reference/settings) that take a path or URL, too
_UV_PLACES = ("override-dependencies", "constraint-dependencies", "build-constraint-dependencies")
_LEGACY_SCOPES = {
    "install_requires": Scope.RUNTIME,
    "setup_requires": Scope.RUNTIME,
    "tests_require": Scope.TEST,
}


def extra_scope(extra: str) -> Scope:
    """Extras are part of what dependents may ask for, those made for testing are not."""
    return Scope.TEST if canonical(extra) in TEST_EXTRAS else Scope.EXTRA


@dataclass(frozen=True)
class _Folder:
    tree: Tree
    folder: str
    sources: Sources

    def pyproject(self, table: Table) -> Iterator[Dependency]:
        yield from self._standard(table)
        yield from self._poetry(table_at(table, "tool", "poetry"))
        yield from self._flit(table_at(table, "tool", "flit", "metadata"))
        yield from self._uv_and_pdm(table_at(table, "tool"))

    def pipfile(self, table: Table) -> Iterator[Dependency]:
        """Every table is a category of packages, but for a few."""
        for key in table:
            # pipenv installs "packages" by default and any other category only when it is named
            scope = Scope.RUNTIME if key == "packages" else Scope.TEST
            where = {"packages": "", "dev-packages": " (dev)"}.get(key, f" (category '{key}')")
            for name, options in table_at(table, key).items() if key not in _NO_CATEGORIES else ():
                yield self._constraint("pipenv", name, options, scope, where)

    def legacy(self, found: Legacy) -> Iterator[Dependency]:
        for key, lines in found.requires.items():
            yield from self._lines(
                lines, _LEGACY_SCOPES[key], "dependency" if key == "install_requires" else key
            )
        for extra, lines in found.extras.items():
            yield from self._lines(lines, extra_scope(extra), f"extra '{extra}'")

    def _standard(self, table: Table) -> Iterator[Dependency]:
        project = table_at(table, "project")
        yield from self._lines(project.get("dependencies"), Scope.RUNTIME, "dependency")
        for extra, lines in table_at(project, "optional-dependencies").items():
            yield from self._lines(lines, extra_scope(extra), f"extra '{extra}'")
        # an {include-group = "x"} repeats what x says here: all groups are read, so it adds nothing
        for group, lines in table_at(table, "dependency-groups").items():
            yield from self._lines(lines, Scope.TEST, f"dependency group '{group}'")
        # PEP 518: what builds the project is installed before its tests can be, and may be a sibling
        yield from self._lines(
            table_at(table, "build-system").get("requires"), Scope.RUNTIME, "build dependency"
        )

    def _uv_and_pdm(self, tool: Table) -> Iterator[Dependency]:
        uv = table_at(tool, "uv")
        yield from self._lines(uv.get("dev-dependencies"), Scope.TEST, "dev dependency")
        for key in _UV_PLACES:
            # one without a place says only which version to take, and [tool.uv.sources] gives it a place, too
            lines = ((line, parse(line)) for line in strings(uv.get(key)))
            placed = [line for line, told in lines if "@" in line or (told and told.name in self.sources)]
            yield from self._lines(placed, Scope.RUNTIME, f"uv {key}")
        for lines in table_at(uv, "extra-build-dependencies").values():
            listed = lines if isinstance(lines, list) else ()
            named = [line.get("requirement") if isinstance(line, dict) else line for line in listed]
            yield from self._lines(named, Scope.RUNTIME, "uv extra build dependency")
        # https://rye.astral.sh/guide/pyproject/: no longer developed, uv took its place
        yield from self._lines(
            table_at(tool, "rye").get("dev-dependencies"), Scope.TEST, "rye dev dependency"
        )
        for group, lines in table_at(tool, "pdm", "dev-dependencies").items():
            yield from self._lines(lines, Scope.TEST, f"pdm dev group '{group}'")

    def hatch(self, configured: Table) -> Iterator[Dependency]:
        yield from self._lines(
            list(hatch.build_dependencies(configured)), Scope.RUNTIME, "hatch build dependency"
        )
        for environment in hatch.environments(configured):
            yield from self._lines(
                list(environment.dependencies), Scope.TEST, f"hatch environment '{environment.name}'"
            )

    def _flit(self, table: Table) -> Iterator[Dependency]:
        # https://flit.pypa.io/en/latest/pyproject_toml.html#old-style-metadata
        yield from self._lines(table.get("requires"), Scope.RUNTIME, "flit dependency")
        yield from self._lines(table.get("dev-requires"), Scope.TEST, "flit dev dependency")
        for extra, lines in table_at(table, "requires-extra").items():
            yield from self._lines(lines, extra_scope(extra), f"extra '{extra}'")

    def _poetry(self, poetry: Table) -> Iterator[Dependency]:
        # https://python-poetry.org/docs/managing-dependencies/: groups since 1.2, dev-dependencies before
        yield from self._poetry_table(table_at(poetry, "dependencies"), Scope.RUNTIME, "")
        yield from self._poetry_table(table_at(poetry, "dev-dependencies"), Scope.TEST, " (dev)")
        for group, content in table_at(poetry, "group").items():
            # poetry-core 2.5 calls what is in no group so (MAIN_GROUP), and the table adds to that
            scope = Scope.RUNTIME if group == "main" else Scope.TEST
            yield from self._poetry_table(table_at(content, "dependencies"), scope, f" (group '{group}')")

    def _poetry_table(self, table: Table, scope: Scope, where: str) -> Iterator[Dependency]:
        for name, constraints in table.items():
            # several constraints of one name hold for different Pythons or platforms: any may be this one
            for constraint in constraints if isinstance(constraints, list) else [constraints]:
                if name != "python":
                    yield self._constraint("poetry", name, constraint, scope, where)

    def _constraint(self, tool: str, name: str, constraint: object, scope: Scope, where: str) -> Dependency:
        options = constraint if isinstance(constraint, dict) else {}
        if options.get("optional") is True and scope is Scope.RUNTIME:
            # poetry installs it only with an extra that lists it (poetry 2.5, puzzle/provider.py)
            scope = Scope.EXTRA
        # https://python-poetry.org/docs/dependency-specification/; pipenv says "file" for an archive
        location = options.get("path") or options.get("file") or options.get("url")
        path = self._place(location, options, self.folder) if isinstance(location, str) else None
        kind = f"{tool} dependency" if path is None else f"{tool} path dependency"
        return Dependency(canonical(name), path, scope, kind + where)

    def _lines(self, lines: object, scope: Scope, how: str) -> Iterator[Dependency]:
        for line in strings(lines):
            # PDM's dev groups hold lines as requirements files do: -e file:///${PROJECT_ROOT}/sub#egg=sub
            editable = re.sub(r"^\s*(?:-e|--editable)[\s=]+", "", line)
            requirement = parse(editable)
            if requirement is not None:
                yield from self._resolve(requirement, scope, how)

    def _resolve(self, requirement: Requirement, scope: Scope, how: str) -> Iterator[Dependency]:
        sources = self.sources.get(requirement.name, ()) if requirement.name else ()
        told = [
            found
            for base, source in sources
            for found in self._sourced(requirement, base, source, scope, how)
        ]
        if told:
            yield from told
        else:
            word = how if requirement.location is None else _with_kind("path", how)
            yield from resolve(requirement, (self.folder,), self.tree, scope, word)

    def _sourced(
        self, requirement: Requirement, base: str, source: object, scope: Scope, how: str
    ) -> Iterator[Dependency]:
        options = source if isinstance(source, dict) else {}
        tool = options.get("tool", "uv")
        if options.get("workspace") is True:
            yield Dependency(requirement.name, None, scope, _with_kind(f"{tool} workspace", how))
        elif isinstance(options.get("path"), str):
            path = self._place(expanded(options["path"]), options, base)
            yield Dependency(requirement.name, path, scope, _with_kind(f"{tool} path", how))

    def _place(self, location: str, options: Mapping[str, Any], base: str) -> str | None:
        inner = options.get("subdirectory")
        fragment = f"#subdirectory={inner}" if isinstance(inner, str) else ""
        return local_path(location + fragment, base, self.tree)


def _with_kind(kind: str, how: str) -> str:
    return f"{kind} dependency" if how == "dependency" else f"{kind} dependency ({how})"
