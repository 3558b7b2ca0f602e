"""A :class:`~tests.affected.soundness.world.World` as files: manifests of every style, modules, tests."""

from __future__ import annotations

import json
import posixpath
import textwrap
import zlib
from collections.abc import Iterable, Mapping

from .spellings import AFTERWARDS, LAZY, defined_for, import_lines, reading, walking, with_head
from .world import NO_PYPROJECT, Member, ModuleKey, World, main_test, unit_test

PEP621 = ("uv-workspace", "uv-path", "pep508", "hatch", "pdm", "name")
ALIASED = ("hatch-sources", "hatch-toml", "pixi", "poetry-subdirectory")
STYLES = (*PEP621, *ALIASED, "poetry", *NO_PYPROJECT)
NAMELESS = ("requirements", "subdirectory", "pipenv", "conda", "tox", "nox")
BY_NAME = ("name", "uv-workspace", "hatch-toml", "setup.cfg", "setup.py", "ros")
WAYS = {
    "requirements": ("requirements-pins.txt", "-c {up}\n"),
    "conda": ("environment-pins.yml", "dependencies:\n  - pip:\n    - -c {up}\n"),
    "tox": ("tox.ini", "[testenv]\ndeps = -c{{toxinidir}}/{up}\n"),
    "nox": ("noxfile.py", 'def pins(session):\n    session.install("-c", "{up}", "x")\n'),
    "makefile": ("Makefile", "install:\n\tpip install -c {up} -e .\n"),
    "script": ("scripts/install.sh", "cd {folder} && pip install -r {name}\n"),
    "image": ("Dockerfile", "COPY {path} /tmp/\n"),
    "code": ("pins/__main__.py", 'PINS = ("{folder_name}", "{name}")\n'),
}
# What a project's own tests are installed with, by file: its first line and one for each other project.
_TASKS = (
    ("requirements-dev.txt", "", "-e {up}\n"),
    ("dev.mk", "", "dev-{up}:\n\tcd {up} && pip install -e .\n"),
    ("GNUmakefile", "ROOT := $(shell git rev-parse --show-toplevel)\n", "x:\n\tpip install $(ROOT)/{path}\n"),
    ("justfile", "", "dev:\n  uv pip install -e {{{{justfile_directory()}}}}/{up}\n"),
    ("Taskfile.yml", "version: '3'\ntasks:\n", "  '{up}':\n    dir: {up}\n    cmds: [pip install .]\n"),
    ("scripts/dev.sh", "#!/bin/sh\n", 'pip install -e "$(dirname "$0")/../{up}"\n'),
    ("compose.yaml", "services:\n", "  '{up}':\n    volumes: ['{up}:/code']\n"),
    (".envrc", "", "export PYTHONPATH=$PWD/{up}:$PYTHONPATH\n"),
    ("tasks.py", "def dev(c):\n    pass\n", '    c.run("uv add {up}")\n'),
)
TAKEN = {
    "requirements": _TASKS,
    "tox": (
        ("tox.ini", "[testenv]\ndeps =\n", "    -e{{toxinidir}}/{up}\n"),
        ("tox.toml", "", '[env."{path}"]\ncommands_pre = [["bash", "-c", "pip install -e {up}"]]\n'),
    ),
    "nox": (
        ("noxfile.py", "def tests(session):\n    pass\n", '    session.install("-e", "{up}")\n'),
        ("noxfile.py", "def tests(session):\n    pass\n", '    session.chdir("{up}")\n'),
        ("noxfile.py", "def tests(session):\n    pass\n", '    session.install(f"{{ROOT}}/{path}")\n'),
    ),
}


def render(world: World, expected: Mapping[str, int]) -> dict[str, str]:
    """Workspace path → content; ``expected`` is what the tests assert (see :func:`world.expected`)."""
    files = {"pyproject.toml": _root_pyproject(world), "README.md": f"prose {world.prose}\n"}
    for member in world.members.values():
        files.update(_manifest(world, member))
        files.update(_code(world, member))
        files.update(_namings(member))
        files[main_test(member)] = _test(world, member, expected.get(member.key, 0))
        for name in member.modules:
            path = unit_test(member, name)
            files[path] = _unit_test(f"{package(member)}.{name}", expected.get(path, 0))
    for folder, value in world.conftests.items():
        files[_at(folder, "conftest.py")] = _conftest(world, value, world.conftest_imports.get(folder, []))
    for folder, mark in world.configs.items():
        if folder != ".":
            files[_at(folder, "pytest.ini")] = f"[pytest]\nmarkers =\n    v{mark}: the value\n"
    files.update((path, f"{value}\n") for path, value in world.data.items())
    files.update((path, _named(path, value)) for path, value in world.named.items())
    files.update((path, f"# {value}\n") for path, value in world.environments.items())
    if world.root_has_tests:
        files["tests/test_root.py"] = "def test_it():\n    pass\n"
    files.update((f"shared/{name}.py", f"VALUE = {value}\n") for name, value in world.shared.items())
    files.update(_locks(world))
    return files


def _named(path: str, value: int) -> str:
    return f">>> {value}\n{value}\n" if path.endswith(".md") else f"requests=={value}\n"


def _namings(member: Member) -> dict[str, str]:
    """The files in which a project names those of no project."""
    files = {}
    for path, way in member.names.items():
        name, text = WAYS[way]
        up = _up(member.path, path)
        folder, _, base = up.rpartition("/")
        above = posixpath.basename(posixpath.dirname(path))
        files[f"{member.path}/{name}"] = text.format(
            up=up, folder=folder, name=base, path=path, folder_name=above
        )
    return files


def distribution(key: str) -> str:
    return f"acme-{key}"


def package(member: Member) -> str:
    """The dotted import package; those of layout ``app`` all share one name."""
    return {"ns": f"acme.{member.key}", "app": "app"}.get(member.layout, f"{member.key}_lib")


def source_root(member: Member) -> str:
    """The folder to put on ``sys.path``."""
    return f"{member.path}/src" if member.layout in ("src", "ns") else member.path


def module_path(member: Member, name: str) -> str:
    return f"{source_root(member)}/{package(member).replace('.', '/')}/{name}.py"


def reads_outside(member: Member) -> list[str]:
    """The data files of a project's modules and tests that lie outside of it: its ``inputs``."""
    paths = [*member.test_data, *(path for module in member.modules.values() for path in module.data)]
    return sorted({path for path in paths if not path.startswith(member.path + "/")})


def _at(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _root_pyproject(world: World) -> str:
    lines = ["[tool.pytest-monorepo]"]
    for member in sorted(world.members.values(), key=lambda m: m.path):
        if inputs := reads_outside(member):
            lines += [f'[tool.pytest-monorepo.projects."{member.path}"]', f"inputs = {json.dumps(inputs)}"]
    if world.lock == "uv":
        lines += ["[tool.uv.workspace]", 'members = ["**"]', "[tool.uv.sources]"]
        lines += [f"{distribution(key)} = {{ workspace = true }}" for key in sorted(world.members)]
    if "." in world.configs:
        lines += ["[tool.pytest.ini_options]", f'markers = ["v{world.configs["."]}: the value"]']
    lines += ["[tool.ruff]", f"line-length = {80 + world.root_noise}"]
    return "\n".join(lines) + "\n"


def _manifest(world: World, member: Member) -> dict[str, str]:
    files: dict[str, str] = {}
    if member.style in (*PEP621, "hatch-sources", "hatch-toml", "pixi"):
        text = _pep621(world, member)
    elif member.style in ("poetry", "poetry-subdirectory"):
        text = _poetry(world, member)
    else:
        text = ""
        files = _legacy(world, member)
    if text:
        if member.config == "pyproject":
            text += f'[tool.pytest.ini_options]\nmarkers = ["v{member.mark}: the value"]\n'
            if member.documents:
                text += f"testpaths = {json.dumps(_testpaths(member))}\n"
        files["pyproject.toml"] = text + f"[tool.ruff]\nline-length = {80 + member.noise}\n"
    if member.config == "pytest.ini":
        documents = " ".join(_testpaths(member)) if member.documents else ""
        addopts = f"addopts = --doctest-glob=*.md {documents}\n" if documents else ""
        files["pytest.ini"] = f"[pytest]\nmarkers = v{member.mark}: the value\n{addopts}"
    if member.style == "hatch-toml":
        files["hatch.toml"] = _hatch_toml(world, member)
    if world.lock == "requirements" and member.pins and "requirements.txt" not in files:
        files["requirements.txt"] = f"-r {_up(member.path, 'requirements.txt')}\n"
    return {f"{member.path}/{name}": content for name, content in files.items()}


def _testpaths(member: Member) -> list[str]:
    return ["tests", *(_up(member.path, path) for path in member.documents)]


def _hatch_toml(world: World, member: Member) -> str:
    others = [_up(member.path, other.path) for other in _by_scope(world, member)["test"]]
    return f"[envs.hatch-test]\nworkspace.members = {json.dumps(others)}\n"


def _up(path: str, target: str) -> str:
    return posixpath.relpath(target, path)


def _by_scope(world: World, member: Member) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {"runtime": [], "extra": [], "test": []}
    for key, scope in member.declared.items():
        if key in world.members:
            found[scope].append(world.members[key])
    return found


def _requirement(member: Member, other: Member) -> str:
    place = _up(member.path, other.path)
    name = distribution(other.key)
    if member.style == "pep508":
        return f"{name} @ file:{place}"
    if member.style == "hatch":
        return f"{name} @ {{root:uri}}/{place}"
    if member.style == "pdm":
        return f"{name} @ file:///${{PROJECT_ROOT}}/{place}"
    return f"alias-{other.key}" if member.style in ("hatch-sources", "pixi") else name


def _pixi(member: Member, scopes: Mapping[str, list[Member]]) -> str:
    def table(others: Iterable[Member]) -> str:
        return "".join(f'alias-{o.key} = {{ path = "{_up(member.path, o.path)}" }}\n' for o in others)

    return (
        f"\n[tool.pixi.pypi-dependencies]\n{table([*scopes['runtime'], *scopes['extra']])}"
        f"[tool.pixi.feature.test.pypi-dependencies]\n{table(scopes['test'])}"
    )


def _pep621(world: World, member: Member) -> str:
    scopes = _by_scope(world, member)
    lists = {scope: [_requirement(member, other) for other in others] for scope, others in scopes.items()}
    lines = ["[project]", f'name = "{distribution(member.key)}"', f'version = "{member.version}.0"']
    named = [] if member.style == "pixi" else lists["runtime"]
    lines += [f"dependencies = {json.dumps([*named, *member.pins])}"]
    if lists["extra"] and member.style != "pixi":
        lines += ["[project.optional-dependencies]", f"more = {json.dumps(lists['extra'])}"]
    if member.style == "pixi":
        return "\n".join(lines) + _pixi(member, scopes)
    if member.style == "hatch-toml":
        lists["test"] = []
    if lists["test"] and member.style == "pdm":
        lines += ["[tool.pdm.dev-dependencies]", f"test = {json.dumps(lists['test'])}"]
    elif lists["test"]:
        lines += [
            "[dependency-groups]",
            f"base = {json.dumps(lists['test'])}",
            'dev = [{include-group = "base"}]',
        ]
    declared = [other for others in scopes.values() for other in others]
    if member.style in ("uv-workspace", "uv-path") and declared:
        lines += ["[tool.uv.sources]"]
        for other in declared:
            path = f'path = "{_up(member.path, other.path)}", editable = true'
            kind = "workspace = true" if member.style == "uv-workspace" else path
            lines += [f"{distribution(other.key)} = {{ {kind} }}"]
    if member.style == "hatch-sources" and declared:
        lines += ["[tool.hatch.envs.default.sources]"]
        lines += [f'alias-{o.key} = {{ path = "{_up(member.path, o.path)}" }}' for o in declared]
    return "\n".join(lines) + "\n"


def _poetry(world: World, member: Member) -> str:
    scopes = _by_scope(world, member)
    lines = ["[tool.poetry]", f'name = "{distribution(member.key)}"', f'version = "{member.version}.0"']
    lines += ["[tool.poetry.dependencies]", 'python = "^3.10"', *(f'{pin} = "*"' for pin in member.pins)]
    for scope in ("runtime", "extra"):
        for other in scopes[scope]:
            optional = ", optional = true" if scope == "extra" else ""
            name, place = distribution(other.key), f'path = "{_up(member.path, other.path)}"'
            if member.style == "poetry-subdirectory":
                name, place = (
                    f"alias-{other.key}",
                    f'path = "{_up(member.path, ".")}", subdirectory = "{other.path}"',
                )
            lines += [f"{name} = {{ {place}, develop = true{optional} }}"]
    if scopes["test"]:
        lines += ["[tool.poetry.group.test.dependencies]"]
        lines += [
            f'{distribution(o.key)} = {{ path = "{_up(member.path, o.path)}" }}' for o in scopes["test"]
        ]
    return "\n".join(lines) + "\n"


def _legacy(world: World, member: Member) -> dict[str, str]:
    scopes = _by_scope(world, member)
    name = distribution(member.key)
    runtime = [distribution(other.key) for other in scopes["runtime"]] + member.pins
    extra = [distribution(other.key) for other in scopes["extra"]]
    files: dict[str, str] = {}
    if member.style == "setup.cfg":
        lines = [
            "[metadata]",
            f"name = {name}",
            f"version = {member.version}",
            "[options]",
            "install_requires =",
        ]
        lines += [f"    {line}" for line in runtime]
        lines += ["[options.extras_require]", "more =", *(f"    {line}" for line in extra)]
        files["setup.cfg"] = "\n".join(lines) + "\n"
        files["setup.py"] = "from setuptools import setup\nsetup()\n"
    elif member.style == "setup.py":
        required = ", ".join(f'f"{line}>={{version}}"' for line in runtime)
        files["setup.py"] = (
            f'from setuptools import setup\nversion = "0.1"\n'
            f'setup(name="{name}", version=version, install_requires=[{required}], '
            f"extras_require={{'more': {extra!r}}})\n"
        )
    elif member.style in ("pipenv", "conda", "ros"):
        return _foreign(world, member, scopes)
    else:
        lines = [_editable(member, other) for other in scopes["runtime"] + scopes["extra"]]
        if world.lock == "requirements" and member.pins:
            lines.append(f"-r {_up(member.path, 'requirements.txt')}")
        files["requirements.txt"] = "\n".join([*lines, *member.pins]) + "\n"
    for other in scopes["test"]:
        ways = TAKEN.get(member.style, TAKEN["requirements"])
        file, head, line = ways[zlib.crc32(f"{member.key} {other.key}".encode()) % len(ways)]
        files[file] = files.get(file, head) + line.format(up=_up(member.path, other.path), path=other.path)
    return files


def _editable(member: Member, other: Member) -> str:
    if member.style == "subdirectory":
        return f"-e {_up(member.path, '.')}#egg=alias-{other.key}&subdirectory={other.path}"
    return f"-e {_up(member.path, other.path)}"


def _foreign(world: World, member: Member, scopes: Mapping[str, list[Member]]) -> dict[str, str]:
    """Manifests of tools that are no Python ones."""
    pins = "".join(f"{pin}\n" for pin in member.pins)
    if world.lock == "requirements" and member.pins:
        pins = f"-r {_up(member.path, 'requirements.txt')}\n{pins}"
    files = {"requirements.txt": pins} if pins else {}
    source, tests = [*scopes["runtime"], *scopes["extra"]], scopes["test"]
    if member.style == "ros":
        found = [("exec_depend", other) for other in source] + [("test_depend", other) for other in tests]
        needs = "".join(f"<{tag}>{distribution(other.key)}</{tag}>" for tag, other in found)
        name = distribution(member.key)
        files["setup.py"] = f'from setuptools import setup\nsetup(name="{name}")\n'
        return files | {"package.xml": f'<package format="3"><name>{name}</name>{needs}</package>\n'}
    if member.style == "conda":
        items = "".join(f"    - -e {_up(member.path, other.path)}\n" for other in source)
        files["environment.yml"] = f"dependencies:\n  - python\n  - pip:\n{items}"
        items = ",\n".join(f'    "-e {_up(member.path, other.path)}"' for other in tests)
        files["environment-test.yml"] = f"dependencies: [\n  python,\n  {{pip: [\n{items}\n  ]}}\n]\n"
        return files
    for table, others in (("packages", source), ("integration", tests)):
        entries = "".join(f'alias-{o.key} = {{ path = "{_up(member.path, o.path)}" }}\n' for o in others)
        files["Pipfile"] = files.get("Pipfile", "") + f"[{table}]\n{entries}"
    return files


def _names(world: World, keys: Iterable[ModuleKey], owner: Member | None = None) -> list[str]:
    found = []
    for key, name in keys:
        other = world.members.get(key)
        gone = f"{key}_lib" if owner is None or owner.key != key else package(owner)
        found.append(f"{package(other) if other is not None else gone}.{name}")
    return found


def _root(file: str) -> str:
    return f"ROOT = pathlib.Path(__file__).resolve().parents[{file.count('/')}]\n"


def _read(path: str, way: str) -> str:
    return f"int({reading(path, way)}.read_text())"


def _code(world: World, member: Member) -> dict[str, str]:
    files = {}
    folder = posixpath.dirname(module_path(member, "x"))
    if member.layout != "ns":
        files[f"{folder}/__init__.py"] = ""
    files[f"{folder}/tests/__init__.py"] = ""
    files[f"{folder}/tests/helper.py"] = f"VALUE = {member.helper}\n"
    for name, module in member.modules.items():
        path = module_path(member, name)
        names = _names(world, module.imports, member)
        hidden = _names(world, module.hidden, member)
        terms = [str(module.value), *(_read(data, module.reads) for data in module.data)]
        terms += [f"31 * sys.modules[{imported!r}].total(seen)" for imported in names]
        terms += [f"31 * sys.modules[{_veiled(imported)}].total(seen)" for imported in hidden]
        lines = _own_lines(member, names) + import_lines(_others(member, names), module.way)
        lazy, after = module.way == LAZY, module.way in AFTERWARDS
        text = (
            f"{_root(path)}VALUE = {module.value}\n{'' if lazy or after else lines}"
            f"{''.join(f'import_module({_veiled(name)})' + chr(10) for name in hidden)}\n\n"
            "def total(seen=frozenset()):\n"
            "    if __name__ in seen:\n        return 0\n"
            f"    seen = seen | {{__name__}}\n{textwrap.indent(lines, '    ') if lazy else ''}"
            f"    return ({' + '.join(terms)}) % 1000003\n\n\n{lines if after else ''}"
        )
        files[path] = with_head(f"{text.rstrip()}\n")
    return files


def _own_lines(member: Member, names: Iterable[str]) -> str:
    """What a module imports from its own package."""
    inside = f"{package(member)}."
    own = [name.removeprefix(inside) for name in names if name.startswith(inside)]
    return "".join(f"from . import {name}\n" for name in own)


def _others(member: Member, names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.startswith(f"{package(member)}.")]


def _veiled(text: str) -> str:
    """An expression for a text that does not show in the source."""
    return f'bytes.fromhex("{text.encode().hex()}").decode()'


def _pinned(path: str, module: str) -> str:
    depth = module.count("/")
    place = f"(pathlib.Path(__file__).resolve().parents[{depth}] / {_veiled(path)})"
    return f'int({place}.read_text().partition("==")[2])'


def _test(world: World, member: Member, expected: int) -> str:
    path = f"{member.path}/tests/test_{member.key}.py"
    names = _names(world, member.test_imports, member)
    helpers = [f"{package(member)}.tests.helper"]
    borrowed = [f"{name}.tests.helper" for name in (_package_of(world, key) for key in member.borrows)]

    shared = [f"shared.{name}" for name in member.shared]
    to_root = (
        f"sys.path.append(str(pathlib.Path(__file__).resolve().parents[{path.count('/')}]))\n"
        if shared
        else ""
    )

    def row(parts: Iterable[str]) -> str:
        return "(" + "".join(f"{part}, " for part in parts) + ")"

    lazy = member.way == LAZY
    lines, others = import_lines(names, member.way), import_lines([*helpers, *borrowed, *shared], "statement")
    return with_head(
        f"{_root(path)}{to_root}{'' if lazy else lines}{others}\n{defined_for(_walked(member))}\n"
        f"def test_facts(request):\n{textwrap.indent(lines, '    ') if lazy else ''}"
        "    config = request.config\n"
        '    marks = [line for line in config.getini("markers") if line.endswith("the value")]\n'
        f"    found = (\n        {member.test_value},\n        {helpers[0]}.VALUE,\n"
        f"        {row(f'sys.modules[{name!r}].total()' for name in names)},\n"
        f"        {row(f'sys.modules[{name!r}].VALUE' for name in borrowed)},\n"
        f"        {row(_read(data, member.reads) for data in member.test_data)},\n"
        f"        {row(f'sys.modules[{name!r}].VALUE' for name in shared)},\n"
        f"        {row(_pinned(pins, path) for pins in member.names)},\n"
        f"        {_walked(member)},\n"
        '        int(marks[0][1:].partition(":")[0]) if marks else 0,\n'
        '        tuple(sorted(getattr(config, "conftest_values", ()))),\n'
        '        tuple(sorted(getattr(config, "conftest_totals", ()))),\n    )\n'
        f"    assert zlib.crc32(repr(found).encode()) == {expected}\n"
    )


def _walked(member: Member) -> str:
    """What is read in all code below a folder: the lines with a value."""
    if member.walks is None:
        return "()"
    files = f'sorted(p for p in {walking(*member.walks)} if p.suffix == ".py" and p.is_file())'
    lines = f"for p in {files} for line in p.read_text().splitlines()"
    return f'tuple(sorted(int(line[8:]) {lines} if line.startswith("VALUE = ")))'


def _unit_test(module: str, expected: int) -> str:
    return f"import {module}\n\n\ndef test_total():\n    assert {module}.total() == {expected}\n"


def _package_of(world: World, key: str) -> str:
    return package(world.members[key]) if key in world.members else f"{key}_lib"


def _conftest(world: World, value: int, imports: list[ModuleKey]) -> str:
    names = _names(world, imports)
    totals = "".join(f"sys.modules[{name!r}].total(), " for name in names)
    return (
        f"import sys\n{import_lines(names, 'statement')}\n\ndef pytest_configure(config):\n"
        f'    config.conftest_values = (*getattr(config, "conftest_values", ()), {value})\n'
        f'    config.conftest_totals = (*getattr(config, "conftest_totals", ()), {totals})\n'
    )


def _locks(world: World) -> dict[str, str]:
    if world.lock == "uv":
        return {"uv.lock": _uv_lock(world)}
    if world.lock == "requirements":
        lines = [f"{name}=={version}.0" for name, (version, _) in sorted(world.locked.items())]
        return {"requirements.txt": "\n".join(lines) + "\n"}
    if world.lock == "poetry":
        members = [m for m in world.members.values() if m.style == "poetry"]
        return {f"{member.path}/poetry.lock": _poetry_lock(world, member) for member in members}
    return {}


def _uv_lock(world: World) -> str:
    lines = ["version = 1", 'requires-python = ">=3.10"', "", "[manifest]"]
    lines += [f"members = {json.dumps(sorted(map(distribution, world.members)))}"]
    for name, (version, needs) in sorted(world.locked.items()):
        lines += ["", "[[package]]", f'name = "{name}"', f'version = "{version}.0"']
        lines += ['source = { registry = "https://example.org/simple" }']
        if needs:
            lines += ["dependencies = [", *(f'    {{ name = "{need}" }},' for need in needs), "]"]
    for key, member in sorted(world.members.items()):
        scopes = {s: [distribution(o.key) for o in others] for s, others in _by_scope(world, member).items()}
        lines += ["", "[[package]]", f'name = "{distribution(key)}"', f'version = "{member.version}.0"']
        lines += [f'source = {{ editable = "{member.path}" }}']
        names = [*scopes["runtime"], *(pin for pin in member.pins if pin in world.locked)]
        lines += ["dependencies = [", *(f'    {{ name = "{name}" }},' for name in names), "]"]
        if scopes["extra"]:
            lines += ["", "[package.optional-dependencies]"]
            lines += ["more = [", *(f'    {{ name = "{name}" }},' for name in scopes["extra"]), "]"]
        if scopes["test"]:
            lines += ["", "[package.dev-dependencies]"]
            lines += ["dev = [", *(f'    {{ name = "{name}" }},' for name in scopes["test"]), "]"]
    return "\n".join(lines) + "\n"


def _poetry_lock(world: World, member: Member) -> str:
    lines: list[str] = []
    wanted, waiting = set(), list(member.pins)
    while waiting:
        name = waiting.pop()
        if name in world.locked and name not in wanted:
            wanted.add(name)
            waiting += world.locked[name][1]
    for name in sorted(wanted):
        version, needs = world.locked[name]
        lines += ["[[package]]", f'name = "{name}"', f'version = "{version}.0"', 'description = ""']
        lines += ["optional = false", 'python-versions = ">=3.10"', 'groups = ["main"]', "files = []", ""]
        if needs:
            lines += ["[package.dependencies]", *(f'{need} = "*"' for need in needs), ""]
    lines += [
        "[metadata]",
        'lock-version = "2.1"',
        'python-versions = "^3.10"',
        f'content-hash = "{"0" * 64}"',
    ]
    return "\n".join(lines) + "\n"
