"""Requirements files as pip reads them, a row a rule: a line that is not read is an edge that is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.workspace.files.tree import Tree, decoded, disk_reader
from pytest_monorepo.workspace.manifests.requirements import (
    Requirement,
    canonical,
    is_requirements_file,
    local_path,
    logical_lines,
    parse,
    scope_of,
)
from pytest_monorepo.workspace.model import Scope


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("core", [("", "core")]),
        ("core\r\nother\r\n", [("", "core"), ("", "other")]),
        ("# why\n\n  \ncore", [("", "core")]),
        ("core # why", [("", "core")]),
        ("core\t# why", [("", "core")]),
        ("core#why", [("", "core#why")]),
        ("git+https://h/x #egg=x", [("", "git+https://h/x #egg=x")]),
        # joined as pip joins them: without a space, and a comment neither continues nor is continued
        ("core \\\n    --hash=sha256:x", [("", "core     --hash=sha256:x")]),
        ("co\\\nre", [("", "core")]),
        ("co\\\r\nre", [("", "core")]),
        ("# about \\\ncore", [("", "core")]),
        ("  # about \\\n-r base.txt", [("-r", "base.txt")]),
        ("core \\\n# about\nother", [("", "core"), ("", "other")]),
        ("core # about \\\nmore\nother", [("", "core"), ("", "other")]),
        ("core\\", [("", "core")]),
        ("\\", []),
        # options, long and short, with their value behind a space, an equals sign or nothing
        ("-r base.txt", [("-r", "base.txt")]),
        ("-rbase.txt", [("-r", "base.txt")]),
        ("-r=base.txt", [("-r", "base.txt")]),
        ("  -r\tbase.txt  ", [("-r", "base.txt")]),
        ("--requirement base.txt", [("-r", "base.txt")]),
        ("--requirement=base.txt", [("-r", "base.txt")]),
        ("--requirements base.txt", [("-r", "base.txt")]),
        ("-c pins.txt", [("-c", "pins.txt")]),
        ("--constraint=pins.txt", [("-c", "pins.txt")]),
        ("--build-constraint pins.txt", [("-c", "pins.txt")]),
        ("--override pins.txt", [("-c", "pins.txt")]),
        ("-e ../core", [("-e", "../core")]),
        ("-e../core", [("-e", "../core")]),
        ("--editable '../my core'", [("-e", "../my core")]),
        ("-e ../my core", [("-e", "../my core")]),  # uv takes the line as it stands, pip only what is quoted
        ('-r "base.txt"', [("-r", "base.txt")]),
        ("-f ../wheels", [("-f", "../wheels")]),
        ("--find-links=../wheels", [("-f", "../wheels")]),
        # of several in one line pip takes the first
        ("-r base.txt -r other.txt", [("-r", "base.txt")]),
        ("-r base.txt --no-index", [("-r", "base.txt")]),
        ("-e ../core --config-settings x=y", [("-e", "../core")]),
        ("-r my-base -file.txt", [("-r", "my-base")]),
        # those that name nothing of the workspace
        ("--index-url https://example.org/simple", []),
        ("--pre", []),
        ("-i https://example.org/simple", []),
        ("--no-binary :all:", []),
        ("--required x", []),
    ],
)
def test_logical_lines(text: str, lines: list[tuple[str, str]]) -> None:
    assert list(logical_lines(text)) == lines


@pytest.mark.parametrize(
    ("line", "name", "location"),
    [
        ("core", "core", None),
        ("Core_Lib.x", "core-lib-x", None),
        ("core==1", "core", None),
        ("core>=1,<2 ; python_version < '3.12'", "core", None),
        ("core;extra == 'x'", "core", None),
        ("core (>=1)", "core", None),
        ("core[a, b]~=1.0", "core", None),
        ("core [a]", "core", None),
        ("core===1.0+local", "core", None),
        ("1core", "1core", None),
        ("core @ ../core", "core", "../core"),
        ("core@../core", "core", "../core"),
        ("core[x] @ file:///w/core ; os_name == 'nt'", "core", "file:///w/core"),
        ("core @ https://h/core.zip#sha256=ab", "core", "https://h/core.zip#sha256=ab"),
        (
            "core @ git+https://h/x@main#subdirectory=libs/core",
            "core",
            "git+https://h/x@main#subdirectory=libs/core",
        ),
        ("core @ ../core # why", "core", "../core"),
        ("core @ ../core --hash=x", "core", "../core"),
        ("core @", "core", None),
        # paths, which pip knows by their separator or their dot
        ("../core", "", "../core"),
        ("./core", "", "./core"),
        ("libs/core", "", "libs/core"),
        ("libs/core[x]", "", "libs/core[x]"),
        ("../core[a,b] ; python_version > '3'", "", "../core[a,b]"),
        ("../core;python_version>'3'", "", "../core"),
        ("../core ;python_version>'3'", "", "../core"),
        (".", "", "."),
        ("..", "", ".."),
        (".[dev]", "", ".[dev]"),
        ("/w/core", "", "/w/core"),
        ("~/core", "", "~/core"),
        ("../my core", "", "../my core"),
        ("file:../core", "", "file:../core"),
        ("file:///w/core; python_version > '3'", "", "file:///w/core"),
        ("file:///w/a;b/core", "", "file:///w/a;b/core"),
        ("git+ssh://git@h/x.git#egg=Core_Lib", "core-lib", "git+ssh://git@h/x.git#egg=Core_Lib"),
        ("https://h/x.zip#subdirectory=a&egg=core", "core", "https://h/x.zip#subdirectory=a&egg=core"),
        ("${PROJECT_ROOT}/../core", "", "${PROJECT_ROOT}/../core"),
        ("{root:uri}/../core", "", "{root:uri}/../core"),
        # as they are written on Windows, where pip reads them so
        ("..\\core", "", "..\\core"),
        (".\\libs\\core[x]", "", ".\\libs\\core[x]"),
        ("libs\\core", "", "libs\\core"),
    ],
)
def test_parse(line: str, name: str, location: str | None) -> None:
    assert parse(line) == parse(f"  {line}  ") == Requirement(name, location)


@pytest.mark.parametrize("line", ["", "   ", "# core", "-", "é", "[x]", ">=1", "=="])
def test_what_names_nothing(line: str) -> None:
    assert parse(line) is None


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("../core", "libs/core"),
        ("../core/", "libs/core"),
        ("..\\core", "libs/core"),
        ("../core[x]", "libs/core"),
        ("file:../core", "libs/core"),
        ("file:../my%20core", "libs/my core"),
        ("file:///{root}/libs/core", "libs/core"),
        ("file://localhost/{root}/libs/core", "libs/core"),
        ("{root}/libs/core", "libs/core"),
        ("{root}/libs/../libs/core", "libs/core"),
        ("/{root}", "."),
        ("../..", "."),
        (".", "libs/a"),
        ("../core#egg=core", "libs/core"),
        ("../..#subdirectory=libs/core", "libs/core"),
        ("../..#egg=core&subdirectory=libs/my%20core", "libs/my core"),
        ("${{PROJECT_ROOT}}/../core", "libs/core"),
        ("file:///${{PROJECT_ROOT}}/../core", "libs/core"),
        ("{{root:uri}}/../core", "libs/core"),
        ("{{root:parent:uri}}/core", "libs/core"),
        ("{{root:parent:parent:uri}}/libs/core", "libs/core"),
        # elsewhere
        ("../../..", None),
        ("../../../core", None),
        ("../..#subdirectory=../core", None),
        ("/elsewhere/core", None),
        ("{root}-2/libs/core", None),
        ("https://h/core.zip", None),
        ("git+https://h/core", None),
        ("git+file:///{root}/libs/core", None),
        ("svn+ssh://h/core", None),
    ],
)
def test_where_a_location_leads(tmp_path: Path, location: str, path: str | None) -> None:
    tree = Tree(tmp_path, (), disk_reader(tmp_path))
    told = location.format(root=tmp_path.as_posix()).replace("////", "///").replace("//", "//")
    assert local_path(told.replace("file:////", "file:///"), "libs/a", tree) == path


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        *(
            (path, Scope.TEST)
            for path in (
                "requirements-dev.txt",
                "dev-requirements.txt",
                "requirements_test.txt",
                "requirements.tests.in",
                "requirements/dev.txt",
                "requirements/CI.txt",
                "tests/requirements.txt",
                "docs/requirements.txt",
                "requirements-development.txt",
                "requirements/testing/base.in",
                "lint.txt",
            )
        ),
        *(
            (path, Scope.RUNTIME)
            for path in (
                "requirements.txt",
                "requirements-latest.txt",
                "requirements/contest.txt",
                "requirements/base.txt",
                "requirements-device.txt",
                "requirements-cicd.txt",
                "requirements-documents.txt",
            )
        ),
    ],
)
def test_who_needs_it(path: str, scope: Scope) -> None:
    assert scope_of(path) is scope


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("requirements.txt", True),
        ("a/requirements.txt", True),
        ("requirements-dev.in", True),
        ("dev_requirements.txt", True),
        ("requirements/base.txt", True),
        ("a/requirements/base.in", True),
        ("Requirements.TXT", False),
        ("REQUIREMENTS.txt", True),
        ("requirements/a/base.txt", True),
        ("requirements.md", False),
        ("requirements.txt.bak", False),
        ("base.txt", False),
        ("my\nrequirements.txt", True),
    ],
)
def test_called_like_a_requirements_file(path: str, expected: bool) -> None:
    assert is_requirements_file(path) is expected


@pytest.mark.parametrize("name", ["my-lib", "My_Lib", "MY.LIB", "my--lib", "my-_.lib", "my__lib", "mY.-_lib"])
def test_one_spelling_of_a_name(name: str) -> None:
    assert canonical(name) == "my-lib"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_that_pip_reads(encoding: str) -> None:
    """PowerShell 5 writes ``pip freeze > requirements.txt`` as UTF-16."""
    assert list(logical_lines(decoded("-e ../größe\ncore\n".encode(encoding)))) == [
        ("-e", "../größe"),
        ("", "core"),
    ]
