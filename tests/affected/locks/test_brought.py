"""Which projects published packages bring, by the locks of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_monorepo.affected.answers import Answers
from pytest_monorepo.affected.locks.brought import edges_brought, edges_told
from pytest_monorepo.workspace.files.tree import blob_of
from tests.workspace.trees import TEST, look, named

PROJECTS = {
    f"{path}/{name}": text
    for path in ("libs/a", "libs/b", "libs/core", "libs/far")
    for name, text in (("pyproject.toml", named(path[5:])), ("tests/test_it.py", TEST))
}


def uv(name: str, place: str = "", *needs: str, table: str = "") -> str:
    source = f'{{ editable = "{place}" }}' if place else '{ registry = "…" }'
    listed = "".join(f'    {{ name = "{need}", marker = "x" }},\n' for need in needs)
    written = f"{table}\n{'dev = [' if table else 'dependencies = ['}\n{listed}]\n" if needs else ""
    wheels = 'wheels = [\n    { url = "core", hash = "core" },\n]\n'
    metadata = '[package.metadata]\nrequires-dist = [{ name = "core" }]\n' if place else wheels
    return f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {source}\n{written}{metadata}\n'


def pdm(name: str, place: str = "", *needs: str) -> str:
    where = f'editable = true\npath = "./{place}"\n' if place else ""
    listed = "".join(f"    \"{need}>=1; python_version > '3'\",\n" for need in needs)
    return f'[[package]]\nname = "{name}"\nversion = "1"\n{where}dependencies = [\n{listed}]\n\n'


LOCAL = uv("core", "libs/core") + uv("far", "libs/far")


@pytest.mark.parametrize(
    ("lock", "text", "expected"),
    [
        ("uv.lock", LOCAL + uv("a", "libs/a", "mid") + uv("mid", "", "core"), ["libs/a libs/core runtime"]),
        (
            "uv.lock",
            LOCAL + uv("a", "libs/a", "one") + uv("one", "", "two") + uv("two", "", "one", "core", "far"),
            ["libs/a libs/core runtime", "libs/a libs/far runtime"],
        ),
        (
            "uv.lock",
            LOCAL
            + uv("a", "libs/a", "mid", table="[package.dev-dependencies]")
            + uv("b", "libs/b", "mid", table="[package.optional-dependencies]")
            + uv("mid", "", "core"),
            ["libs/a libs/core test", "libs/b libs/core extra"],
        ),
        # an extra of a published package; two versions of one
        (
            "uv.lock",
            LOCAL
            + uv("a", "libs/a", "mid")
            + uv("mid")
            + uv("mid", "", "core", table="[package.optional-dependencies]"),
            ["libs/a libs/core runtime"],
        ),
        # what a member needs itself says its manifest, and what that needs the other's
        ("uv.lock", LOCAL + uv("a", "libs/a", "core") + uv("mid", "", "other"), []),
        ("uv.lock", LOCAL + uv("a", "libs/a", "b") + uv("b", "libs/b", "core") + uv("mid", "", "core"), []),
        # its own package, by way of another; a folder that is no project
        ("uv.lock", uv("a", "libs/a", "mid") + uv("mid", "", "a"), []),
        ("uv.lock", uv("a", "libs/a", "mid") + uv("mid", "", "x") + uv("x", "vendor/x"), []),
        ("uv.lock", "", []),
        (
            "pdm.lock",
            pdm("core", "libs/core") + pdm("a", "libs/a", "mid") + pdm("mid", "", "Core"),
            ["libs/a libs/core runtime"],
        ),
        (
            "libs/a/uv.lock",
            uv("a", ".", "mid")
            + uv("mid", "", "core")
            + uv("core", "../core").replace("editable", "directory"),
            ["libs/a libs/core runtime"],
        ),
        # what lies outside of the lock's folder has a lock of its own, but is a way to what is brought
        (
            "libs/a/uv.lock",
            uv("a", ".", "b") + uv("b", "../b", "mid") + uv("mid", "", "core") + uv("core", "../core"),
            ["libs/a libs/core runtime"],
        ),
        (
            "uv.lock",
            (LOCAL + uv("a", "libs/a", "mid") + uv("mid", "", "core")).replace("\n", "\r\n"),
            ["libs/a libs/core runtime"],
        ),
    ],
)
def test_who_is_brought(tmp_path: Path, lock: str, text: str, expected: list[str]) -> None:
    workspace = look(tmp_path, {**PROJECTS, lock: ""})
    reads: list[str] = []

    def read(path: str) -> bytes | None:
        reads.append(path)
        return text.encode() if path == lock else None

    def brought(blobs: Mapping[str, str]) -> list[str]:
        answers = Answers(tmp_path / "answers")
        edges = [*edges_brought(workspace, read, blobs, answers)]
        answers.save()
        return [f"{edge.dependent} {edge.dependency} {edge.scope.value}" for edge in edges]

    assert brought({}) == expected
    # what git's hash tells of it is not read again, and of another content nothing is believed
    seen = len(reads)
    assert brought({lock: blob_of(text.encode())}) == expected
    assert len(reads) == seen
    assert brought({lock: blob_of(b"")}) == expected
    assert brought({lock: blob_of(text.encode())}) == expected


@pytest.mark.parametrize(
    ("lock", "text", "expected"),
    [
        # a hook of its build adds the dependency (Hatch 1.18 and uv 0.13: the lock alone tells)
        ("uv.lock", LOCAL + uv("a", "libs/a", "core"), ["libs/a libs/core runtime"]),
        (
            "uv.lock",
            LOCAL + uv("a", "libs/a", "core", table="[package.optional-dependencies]"),
            ["libs/a libs/core extra"],
        ),
        ("libs/a/uv.lock", uv("a", ".", "core") + uv("core", "../core"), ["libs/a libs/core runtime"]),
        ("pdm.lock", pdm("core", "libs/core") + pdm("a", "libs/a", "Core"), ["libs/a libs/core runtime"]),
        # what its manifest says more exactly; itself
        ("uv.lock", LOCAL + uv("b", "libs/b", "far", table="[package.optional-dependencies]"), []),
        ("uv.lock", LOCAL + uv("a", "libs/a", "a"), []),
    ],
)
def test_who_is_needed_by_a_lock_alone(tmp_path: Path, lock: str, text: str, expected: list[str]) -> None:
    declaring = named("b") + 'optional-dependencies.test = ["far"]\n'
    workspace = look(tmp_path, {**PROJECTS, "libs/b/pyproject.toml": declaring, lock: ""})
    edges = edges_told(workspace, lambda path: text.encode() if path == lock else None)
    assert [f"{edge.dependent} {edge.dependency} {edge.scope.value}" for edge in edges] == expected
