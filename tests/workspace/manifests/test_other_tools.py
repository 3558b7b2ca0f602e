"""What manifests of conda, pixi, ROS, Cargo, CMake and Meson name: a row a way to say it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.tree import Tree
from pytest_monorepo.workspace.manifests import conda, native, ros
from pytest_monorepo.workspace.manifests.leads import leading_out
from pytest_monorepo.workspace.model import Scope


def tree(files: Mapping[str, str]) -> Tree:
    known = {path: text.encode() for path, text in files.items()}
    return Tree(Path("/w"), tuple(sorted(known)), known.get)


AROUND = {"core/x.py": "", "crates/fast/Cargo.toml": "", "crates/slow/Cargo.toml": "", "cmake/a.cmake": ""}


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("add_subdirectory(../../core core)", ["core"]),
        ("add_subdirectory( ../../core )", ["core"]),
        ('add_subdirectory("../../core" core)', ["core"]),
        ("add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/../../core core)", ["core"]),
        ("include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/a.cmake)", ["cmake/a.cmake"]),
        ("set(X ${PROJECT_SOURCE_DIR}/../../core/)", ["core"]),
        ('target_sources(a PRIVATE "${CMAKE_SOURCE_DIR}/../../core/x.py")', ["core/x.py"]),
        ("file(GLOB X ../../core/*.c)", ["core"]),
        ("set(X a;../../core;b)", ["core"]),
        ("add_compile_options(-I../../core)", ["core"]),
        ("link_directories(-L../../core -O2)", ["core"]),
        ("cmake -DCORE=../../core", ["core"]),
        # what is not there, lies around or within, or only looks like it
        ("add_subdirectory(../../gone)", []),
        ("add_subdirectory(..)", []),
        ("add_subdirectory(../../../outside)", []),
        ("add_subdirectory(core)", []),
        ("set(X a../../core)", []),
        ("set(X .../core)", []),
    ],
)
def test_folders_that_cmake_is_led_to(text: str, folders: list[str]) -> None:
    files = {**AROUND, "libs/a/CMakeLists.txt": text}
    assert list(native.folders(tree(files), "libs/a")) == folders


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("inc = include_directories('../../core')", ["core"]),
        ("inc = include_directories('src', '../../core')", ["core"]),
        ("x = files('..' / '..' / 'core' / 'x.py')", ["core/x.py"]),
        ("x = meson.current_source_dir() / '../../core'", ["core"]),
        ("x = meson.project_source_root() / '..' / '..' / 'core'", ["core"]),
        ("x = meson.current_source_dir() + '/../../core'", ["core"]),
        ("x = 'a' / 'b'", []),
    ],
)
def test_folders_that_meson_is_led_to(text: str, folders: list[str]) -> None:
    files = {**AROUND, "libs/a/meson.build": text}
    assert list(native.folders(tree(files), "libs/a")) == folders


OWN = "libs/a/Cargo.toml"
FAST = ["crates/fast"]


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        ({OWN: "[dependencies]\nfast = { path = '../../crates/fast' }"}, FAST),
        ({OWN: "[dependencies.fast]\npath = '../../crates/fast'\nversion = '1'"}, FAST),
        ({OWN: "[dev-dependencies]\nfast = { path = '../../crates/fast' }"}, FAST),
        ({OWN: "[build-dependencies]\nx = { package = 'fast', path = '../../crates/fast' }"}, FAST),
        ({OWN: "[target.'cfg(unix)'.dependencies]\nfast = { path = '../../crates/fast' }"}, FAST),
        ({OWN: "[dependencies]\nfast = '1'"}, []),
        ({OWN: "[dependencies]\nfast = { git = 'https://example.org/fast' }"}, []),
        ({OWN: "[dependencies]\nfast = { path = 'vendor/fast' }"}, []),
        # the workspace's, whose paths are relative to its own manifest
        (
            {
                OWN: "[dependencies]\nfast.workspace = true",
                "Cargo.toml": "[workspace.dependencies]\nfast = { path = 'crates/fast' }",
            },
            FAST,
        ),
        (
            {
                OWN: "[dependencies]\nfast = { workspace = true }",
                "libs/Cargo.toml": "[workspace.dependencies]\nfast = { path = '../crates/fast' }",
            },
            FAST,
        ),
        (
            {
                OWN: "[dependencies]\nfast = { workspace = true }",
                "Cargo.toml": "[workspace.dependencies]\nfast = '1'",
            },
            [],
        ),
        (
            {OWN: "[dependencies]\nslow = '1'", "Cargo.toml": "[workspace.dependencies]\nslow = '1'"},
            [],
        ),
        # what a patch puts in its place, of any source
        (
            {
                OWN: "[dependencies]\nfast = '1'",
                "Cargo.toml": "[patch.crates-io]\nfast = { path = 'crates/fast' }",
            },
            FAST,
        ),
        (
            {
                OWN: "[dependencies]\nfast = '1'\n[patch.crates-io]\nfast = { path = '../../crates/fast' }",
            },
            FAST,
        ),
        (
            {
                OWN: "[dependencies]\nfast = { git = 'https://example.org/fast' }",
                "Cargo.toml": "[patch.'https://example.org/fast']\nfast = { path = 'crates/fast' }",
            },
            FAST,
        ),
        (
            {
                OWN: "[dependencies]\nslow = '1'",
                "Cargo.toml": "[patch.crates-io]\nfast = { path = 'crates/fast' }",
            },
            [],
        ),
        # nonsense, and none
        ({OWN: "[dependencies"}, []),
        ({OWN: "dependencies = 'fast'"}, []),
        ({}, []),
    ],
)
def test_crates_that_one_depends_on(files: Mapping[str, str], folders: list[str]) -> None:
    assert list(dict.fromkeys(native.folders(tree({**AROUND, **files}), "libs/a"))) == folders


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[package]\nname = 'fast-x'", "fast_x"),
        ("[package]\nname = 'fast'\n[lib]\nname = '_fast'", "_fast"),
        ("[lib]\ncrate-type = ['cdylib']", None),
        ("[package]\nname.workspace = true", None),
        ("", None),
    ],
)
def test_the_name_of_a_crates_library(text: str, name: str | None) -> None:
    assert native.crate(tree({OWN: text}), "libs/a") == name


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("../../core", ["core"]),
        ("a ../../core b", ["core"]),
        ("x=../../core", ["core"]),
        ("file:../../core", ["core"]),
        ("core @ ../../core", ["core"]),
        ("core@../../core", ["core"]),
        ("./../../core", ["core"]),
        ("../../core,../../crates", ["core", "crates"]),
        ("[../../core]", ["core"]),
        ("../../co[rx]e/x.py", []),
        ("../../core/*.[ch]", ["core"]),
        ("../../core/x.py:main", ["core/x.py"]),
        ("https://example.org/../../core", []),
        ("a/../../../core", []),
        ("..\\\\..\\\\core", []),
        ("", []),
    ],
)
def test_paths_in_a_text_that_lead_out(text: str, found: list[str]) -> None:
    assert list(leading_out(tree({**AROUND, "libs/a/x": ""}), "libs/a", text)) == found


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("dependencies:\n  - python=3.12\n  - core", ["python=3.12", "core"]),
        ("dependencies:\n- core  # why\n-   other", ["core", "other"]),
        ("dependencies:\n  - 'core'\n  - \"other>=1\"", ["core", "other>=1"]),
        ("  - conda-forge::core", ["core"]),
        ("  - conda-forge/linux-64::core=1", ["core=1"]),
        ("  - pip:\n    - -e ../core\n    - -r base.txt", ["-e ../core", "-r base.txt"]),
        ("  - pip:  # why\n    - core", ["core"]),
        ("  - pip: [-e ../core, '-r ../x.txt']  # why", ["-e ../core", "-r ../x.txt"]),
        ("  - core @ git+https://example.org/x#egg=core", ["core @ git+https://example.org/x#egg=core"]),
        ("# - core\n  # - other", []),
        ("name: core\nprefix: /opt", []),
        ("", []),
    ],
)
def test_the_items_of_a_conda_environment(text: str, lines: list[str]) -> None:
    assert list(conda.environment_lines(text)) == lines


@pytest.mark.parametrize(
    ("path", "found"),
    [
        *(
            ("environment.yml", True),
            ("environment-dev.yaml", True),
            ("conda/env.yml", True),
            ("ENV.YML", True),
        ),
        *(("ci/py312.env.yml", True), ("conda-dev.yml", True), (".ci/environment.yml", True)),
        *(("environments.yml", False), ("myenvironment.yml", False), ("environment.yml.j2", False)),
        *(("deep/ci/environment.yml", False), ("tests/environment.yml", False), ("environment.json", False)),
    ],
)
def test_which_files_are_environments(path: str, found: bool) -> None:
    expected = [f"libs/a/{path}"] if found else []
    assert list(conda.environment_files(tree({f"libs/a/{path}": ""}), "libs/a")) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[dependencies]\ncore = '*'", {"core": False}),
        ("[pypi-dependencies]\ncore = { path = '../core' }", {"core": False}),
        (
            "[host-dependencies]\ncore = '*'\n[build-dependencies]\nother = '*'",
            {"core": False, "other": False},
        ),
        ("[target.linux-64.dependencies]\ncore = '*'", {"core": False}),
        ("[feature.test.dependencies]\ncore = '*'", {"core": True}),
        ("[feature.x.target.osx.pypi-dependencies]\ncore = '*'", {"core": True}),
        ("[package.run-dependencies]\ncore = '*'", {"core": False}),
        ("[environments]\ntest = ['x']\n[tasks]\na = 'pytest'", {}),
        ("dependencies = 'core'", {}),
        ("[dependencies", {}),
    ],
)
def test_what_a_pixi_manifest_installs(text: str, names: dict[str, bool]) -> None:
    found = conda.pixi_tables(tree({"libs/a/pixi.toml": text}), "libs/a", None)
    assert {name: tests for name, _, tests in found} == names


def package(name: str, *lines: str) -> str:
    return f"<?xml version='1.0'?>\n<package format='3'><name>{name}</name>{''.join(lines)}</package>"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["<depend>core</depend>"], [("core", "src/core", Scope.RUNTIME)]),
        (["<depend> core\n</depend>"], [("core", "src/core", Scope.RUNTIME)]),
        (["<depend condition='$X == 1'>core</depend>"], [("core", "src/core", Scope.RUNTIME)]),
        (["<test_depend>core</test_depend>"], [("core", "src/core", Scope.TEST)]),
        (["<exec_depend>core_msgs</exec_depend>"], [("core-msgs", "src/core_msgs", Scope.RUNTIME)]),
        (["<depend>rclpy</depend>"], [("rclpy", None, Scope.RUNTIME)]),
        (["<conflict>core</conflict>", "<replace>core</replace>"], []),
        (["<depend/>", "<depend> </depend>"], []),
        (["<export><depend>core</depend></export>"], []),
        # REP 149: all members of a group, but for the package itself
        (
            ["<group_depend>interfaces</group_depend>", "<member_of_group>interfaces</member_of_group>"],
            [("core-msgs", "src/core_msgs", Scope.RUNTIME), ("more-msgs", "src/more", Scope.RUNTIME)],
        ),
        (["<group_depend>nobody</group_depend>"], []),
        (["<group_depend/>"], []),
    ],
)
def test_what_a_package_of_ros_depends_on(
    lines: list[str], expected: list[tuple[str, str | None, Scope]]
) -> None:
    member = "<member_of_group>interfaces</member_of_group>"
    files = {
        "src/core/package.xml": package("core"),
        "src/core_msgs/package.xml": package("core_msgs", member),
        "src/more/package.xml": package("more_msgs", "<member_of_group> interfaces </member_of_group>"),
        "src/broken/package.xml": "<package><name>",
        "src/own/package.xml": package("own", *lines),
    }
    found = ros.dependencies(tree(files), "src/own")
    assert [(one.name, one.path, one.scope) for one in found] == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (package("core"), "core"),
        (package(" core\n"), "core"),
        (package(""), None),
        ("<manifest><name>core</name></manifest>", None),
        ("<package/>", None),
        ("no xml", None),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><package><name>core</name></package>", "core"),
    ],
)
def test_the_name_of_a_package_of_ros(text: str, name: str | None) -> None:
    assert ros.name(tree({"src/core/package.xml": text}), "src/core") == name
