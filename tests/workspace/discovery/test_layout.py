from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspace.trees import TEST, look, named, project

LAYOUTS = [
    pytest.param("", {"src/pkg/__init__.py": ""}, ("src",), ("pkg",), id="src"),
    pytest.param("", {"pkg/__init__.py": ""}, (".",), ("pkg",), id="flat"),
    pytest.param("", {"one.py": "", "setup.py": "", "noxfile.py": ""}, (".",), ("one",), id="single module"),
    pytest.param(
        "",
        {"pkg/__init__.py": "", "docs/conf.py": "", "scripts/x.py": "", "examples/__init__.py": ""},
        (".",),
        ("pkg",),
        id="what lies beside a flat package",
    ),
    pytest.param("", {}, (), (), id="tests alone"),
    pytest.param("", {"src/__init__.py": "", "src/app.py": ""}, (".",), ("src",), id="src is the package"),
    pytest.param(
        "",
        {"src/acme/http/__init__.py": "", "src/acme/mail/smtp.py": "", "src/acme/not-a-name/x.py": ""},
        ("src",),
        ("acme.http", "acme.mail.smtp"),
        id="namespace package, by its longest paths",
    ),
    pytest.param(
        "", {"x/core.py": "", "data/load.py": ""}, (".",), ("x.core",), id="flat, named like the project"
    ),
    pytest.param(
        '[tool.poetry]\npackages = [{include = "app", from = "lib"}]\n',
        {"lib/app/__init__.py": "", "other/__init__.py": ""},
        ("lib",),
        ("app",),
        id="poetry packages",
    ),
    pytest.param(
        '[tool.poetry]\npackages = [{include = "app"}]\n',
        {"app/__init__.py": ""},
        (".",),
        ("app",),
        id="poetry flat",
    ),
    pytest.param(
        '[tool.setuptools.packages.find]\nwhere = ["python"]\n',
        {"python/pkg/__init__.py": ""},
        ("python",),
        ("pkg",),
        id="setuptools find",
    ),
    pytest.param(
        '[tool.setuptools]\npackage-dir = {"" = "lib"}\n',
        {"lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="setuptools package-dir",
    ),
    pytest.param(
        "",
        {"setup.cfg": "[options]\npackage_dir =\n    = lib\n", "lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="setup.cfg package_dir",
    ),
    pytest.param(
        "",
        {"setup.py": "setup(packages=find_packages(where='lib'))", "lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="setup.py find_packages",
    ),
    pytest.param(
        "",
        {"setup.py": "setup(package_dir={'': 'lib'})", "lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="setup.py package_dir",
    ),
    pytest.param(
        '[tool.hatch.build.targets.wheel]\npackages = ["lib/pkg"]\n',
        {"lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="hatch packages",
    ),
    pytest.param(
        '[tool.hatch.build.targets.wheel]\npackages = ["src/app", "top"]\nsources = ["lib"]\n',
        {"src/app/__init__.py": "", "lib/helper.py": "", "top/__init__.py": ""},
        ("lib", "src", "."),
        ("app", "helper", "top"),
        id="hatch packages beside sources",
    ),
    pytest.param(
        '[tool.hatch.build]\nsources = ["lib"]\n[tool.hatch.build.targets.wheel]\npackages = ["src/app/"]\n',
        {"src/app/__init__.py": "", "lib/helper.py": ""},
        ("lib", "src"),
        ("app", "helper"),
        id="hatch packages beside the sources of the build",
    ),
    pytest.param(
        '[tool.hatch.build]\npackages = ["src/app"]\n[tool.hatch.build.targets.wheel]\nsources = ["lib"]\n',
        {"src/app/__init__.py": "", "lib/helper.py": ""},
        ("lib", "src"),
        ("app", "helper"),
        id="hatch packages of the build beside sources",
    ),
    pytest.param(
        '[tool.hatch.build.targets.wheel]\npackages = ["src/ns/app"]\nsources = ["src"]\n',
        {"src/ns/app/__init__.py": ""},
        ("src",),
        ("ns.app",),
        id="hatch packages below their source",
    ),
    pytest.param(
        '[tool.hatch.build.targets.wheel]\npackages = ["x/app"]\nsources = {"x/app" = "y/app", "lib" = ""}\n',
        {"x/app/__init__.py": "", "lib/helper.py": ""},
        ("lib",),
        ("helper", "y.app"),
        id="hatch packages that the sources rename",
    ),
    pytest.param(
        '[tool.hatch.build.targets.wheel]\nsources = ["lib"]\n',
        {"lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="hatch sources",
    ),
    pytest.param(
        '[tool.hatch.build.targets.wheel.sources]\n"lib/pkg" = "pkg"\n',
        {"lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="hatch sources as a table",
    ),
    pytest.param(
        '[tool.hatch.build.sources]\n"lib" = ""\n',
        {"lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="hatch sources that strip a prefix",
    ),
    pytest.param(
        '[tool.setuptools]\npackage-dir = {"pkg" = "lib/pkg", "odd" = "elsewhere", "bad" = 1}\n',
        {"lib/pkg/__init__.py": ""},
        ("lib",),
        ("pkg",),
        id="setuptools package-dir by package",
    ),
    pytest.param(
        '[tool.pdm.build]\npackage-dir = "lib"\n', {"lib/pkg/__init__.py": ""}, ("lib",), ("pkg",), id="pdm"
    ),
    pytest.param(
        '[tool.uv.build-backend]\nmodule-root = ""\n', {"pkg/__init__.py": ""}, (".",), ("pkg",), id="uv flat"
    ),
    pytest.param(
        '[tool.poetry]\npackages = [{include = "x", from = "../up"}]\n',
        {"src/pkg/__init__.py": ""},
        ("src",),
        ("pkg",),
        id="a declared root that holds nothing",
    ),
]


@pytest.mark.parametrize(("table", "files", "roots", "packages"), LAYOUTS)
def test_where_the_code_is(
    tmp_path: Path, table: str, files: dict[str, str], roots: tuple[str, ...], packages: tuple[str, ...]
) -> None:
    told = {f"libs/x/{path}": text for path, text in files.items()}
    told |= {"libs/x/pyproject.toml": named("x") + table, "libs/x/tests/test_x.py": TEST}
    found = project(look(tmp_path, told), "libs/x")
    assert found.source_roots == tuple("libs/x" if root == "." else f"libs/x/{root}" for root in roots)
    assert found.packages == packages


def test_the_root_project_does_not_provide_its_members_packages(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": named("root"),
        "root/__init__.py": "",
        "tests/test_r.py": TEST,
        "member/pyproject.toml": named("member"),
        "member/member/__init__.py": "",
    }
    assert project(look(tmp_path, files), ".").packages == ("root",)


@pytest.mark.parametrize(
    "init",
    [
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n",
        "__import__('pkg_resources').declare_namespace(__name__)\n",
    ],
)
def test_a_namespace_package_of_the_old_kind_is_shared(tmp_path: Path, init: str) -> None:
    files = {}
    for name in ("http", "mail"):
        files[f"{name}/pyproject.toml"] = named(f"acme-{name}")
        files[f"{name}/acme/__init__.py"] = init
        files[f"{name}/acme/{name}/__init__.py"] = ""
    workspace = look(tmp_path, files)
    assert [p.packages for p in workspace.projects] == [("acme.http",), ("acme.mail",)]


def test_an_ordinary_package_of_one_name_in_two_projects_stays_whole(tmp_path: Path) -> None:
    files = {f"{name}/app/{file}": "" for name in "ab" for file in ("__init__.py", "main.py")}
    workspace = look(tmp_path, {**files, "a/pyproject.toml": named("a"), "b/pyproject.toml": named("b")})
    assert [p.packages for p in workspace.projects] == [("app",), ("app",)]


SETUPTOOLS = "[tool.setuptools]\n"
HATCH = "[tool.hatch.build.targets.wheel]\n"


@pytest.mark.parametrize(
    ("manifest", "packages"),
    [
        # names that a flat layout mostly has beside its package are its code where the build says so
        ("", ()),
        (f'{SETUPTOOLS}packages = ["tools"]', ("tools",)),
        (f'{SETUPTOOLS}packages = ["tools", "tools.deep"]', ("tools",)),
        (f'{SETUPTOOLS}packages = ["other"]', ()),
        (f'{SETUPTOOLS}py-modules = ["tasks", "noxfile"]', ("noxfile", "tasks")),
        ('[tool.setuptools.packages.find]\ninclude = ["tool*"]', ("tools",)),
        ('[tool.setuptools.packages.find]\ninclude = ["*"]', ()),
        ('[tool.setuptools.packages.find]\nexclude = ["tools"]', ()),
        (f'{HATCH}packages = ["tools"]', ("tools",)),
        (f'{HATCH}packages = ["./scripts/"]', ("scripts",)),
        (f'{HATCH}only-include = ["tools/deep"]', ("tools",)),
        (f'{HATCH}include = ["/tools/**/*.py", "tasks.py"]', ("tasks", "tools")),
        (f'{HATCH}include = ["*.py", "**/*.pyi"]', ()),
        ('[tool.hatch.build]\ninclude = ["tools"]', ("tools",)),
        ('[tool.hatch.build.targets.sdist]\ninclude = ["tools", "tests"]', ()),
        (
            '[tool.poetry]\npackages = [{ include = "tools" }, { include = "scripts/*.py" }]',
            ("scripts", "tools"),
        ),
        ('[tool.poetry]\ninclude = ["tools"]', ()),
        ('[tool.pdm.build]\nincludes = ["tools"]', ("tools",)),
        ('[tool.uv.build-backend]\nmodule-root = ""\nmodule-name = "tools"', ("tools",)),
        (
            '[tool.uv.build-backend]\nmodule-root = ""\nmodule-name = ["tools", "scripts.x"]',
            ("scripts", "tools"),
        ),
        ('[tool.flit.module]\nname = "tools"', ("tools",)),
        ('[tool.scikit-build]\nwheel.packages = ["tools"]', ("tools",)),
        # tests are nobody's import, whatever is packed
        (f'{SETUPTOOLS}packages = ["tests", "tools"]', ("tools",)),
        (f'{HATCH}packages = ["tests"]', ()),
        # of another type
        (f"{SETUPTOOLS}packages = 3", ()),
        (f'{SETUPTOOLS}packages = [["tools"]]', ()),
    ],
)
def test_what_the_build_names_is_code_whatever_it_is_called(
    tmp_path: Path, manifest: str, packages: tuple[str, ...]
) -> None:
    files = {"libs/x/pyproject.toml": named("x", manifest), **BESIDE}
    assert _tops(project(look(tmp_path, files), "libs/x").packages) == packages


BESIDE = {
    "libs/x/tools/__init__.py": "",
    "libs/x/tools/deep/__init__.py": "",
    "libs/x/scripts/__init__.py": "",
    "libs/x/tasks.py": "",
    "libs/x/noxfile.py": "",
    "libs/x/tests/__init__.py": "",
    "libs/x/tests/test_x.py": TEST,
}


def _tops(packages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({name.partition(".")[0] for name in packages}))


@pytest.mark.parametrize(
    ("file", "text", "packages"),
    [
        ("setup.py", "setup(name='x')", ()),
        ("setup.py", "setup(name='x', packages=['tools'], py_modules=['tasks'])", ("tasks", "tools")),
        (
            "setup.py",
            "names = ['tools']\nsetup(name='x', packages=names + ['scripts'])",
            ("scripts", "tools"),
        ),
        ("setup.py", "setup(name='x', packages=find_packages())", ()),
        ("setup.py", "setup(name='x', packages=find_packages(include=['tools', 'tools.*']))", ("tools",)),
        ("setup.py", "setup(name='x', packages=find_packages(exclude=['tools']))", ()),
        ("setup.py", "setup(name='tools')", ("tools",)),
        ("setup.cfg", "[metadata]\nname = x\n[options]\npackages = tools, scripts", ("scripts", "tools")),
        ("setup.cfg", "[metadata]\nname = x\n[options]\npackages =\n  tools\n  tools.deep", ("tools",)),
        ("setup.cfg", "[metadata]\nname = x\n[options]\npackages = find:", ()),
        ("setup.cfg", "[metadata]\nname = x\n[options]\npy-modules = tasks", ("tasks",)),
        (
            "setup.cfg",
            "[metadata]\nname = x\n[options]\npackages = find:\n[options.packages.find]\ninclude = tool*",
            ("tools",),
        ),
        ("setup.cfg", "[metadata]\nname = scripts", ("scripts",)),
        ("pyproject.toml", "[project]\nname = 'tools'\nversion = '0'", ("tools",)),
        ("pyproject.toml", "[project]\nname = 'tests'\nversion = '0'", ()),
    ],
)
def test_setuptools_older_files_and_the_projects_own_name(
    tmp_path: Path, file: str, text: str, packages: tuple[str, ...]
) -> None:
    text = f"from setuptools import find_packages, setup\n{text}\n" if file == "setup.py" else text
    found = project(look(tmp_path, {f"libs/x/{file}": text, **BESIDE}), "libs/x").packages
    assert _tops(found) == packages
