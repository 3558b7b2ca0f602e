"""Who names a file that lies elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.affected.meaning import mentions
from pytest_monorepo.affected.search import Search
from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery.discover import discover
from tests.affected.test_decision import Repo

LOOKED_AT = (
    *("a.py", "deep/below/b.PYI", "c.toml", "d.cfg", "e.ini", "f.sh", "g.bash", "h.bat", "i.ps1", "j.mk"),
    *("k.yml", "l.YAML", "m.json", "n.txt", "o.in", "p.cmake", "with\nbreak.py", "[x]/é.py", ".hidden/q.py"),
    *(
        "Makefile",
        "GNU/Makefile.am",
        "makefile",
        "x/Dockerfile.dev",
        "Justfile",
        ".env",
        "x/.env.local",
        "a.envrc",
    ),
    *("g.ipynb", "h.zsh", "i.ksh", "j.fish", "k.bzl", "c.pyx", "BUILD.bazel", "log.conf", "a.properties"),
    *("t.j2", "t.html", "t.JINJA2", "t.mako", "a.xml", "a.xslt", "rows.csv", "a.tsv", "a.jsonl", "a.sql"),
    *("main.tf", "a.tfvars", "a.hcl"),
    *("Jenkinsfile", "GNUmakefile", "bin/check", "v1.2/run", "Makefile.d/e", "py", "[y]/é", "with\nbreak"),
)
NOT = ("a.md", "b.rst", "d.js", "e.tsx", "f.", ".gitignore")


def test_git_looks_into_all_that_is_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for name in (*LOOKED_AT, *NOT):
        repo.write(f"libs/{name}", "see notes.md\n")
    repo.commit()
    found = Search(discover(repo.root, Settings()), None).tracked(["notes.md"])
    read = {path for path in found if mentions._READ.fullmatch(path)}
    assert read == {f"libs/{name}" for name in LOOKED_AT}
    assert not any(mentions._READ.fullmatch(f"libs/{name}") for name in NOT)


def test_a_script_without_ending_names_what_the_tests_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/data/rows.json", "{}\n")
    repo.write("tool/tests/check", "#!/bin/sh\ncat ../libs/core/data/rows.json\n")
    repo.write("tool/tests/test_tool.py", "import subprocess; subprocess.run(['sh', 'tests/check'])\n")
    repo.commit()
    repo.write("libs/core/data/rows.json", "[]\n")
    assert "tool" in repo.selected()


LEADING_ON = {
    "templates/x.j2": "{% include 'core/data/rows.txt' %}",
    "templates/x.html": "{% include 'core/data/rows.txt' %}",
    "shop/rows.csv": "name,file\none,../core/data/rows.txt\n",
    "shop/rows.jsonl": '{"file": "core/data/rows.txt"}\n',
    "shop/doc.xml": '<xi:include href="../../core/data/rows.txt"/>',
    "shop/load.sql": "\\copy rows from '../core/data/rows.txt'",
    "infra/main.tf": 'x = templatefile("../../core/data/rows.txt", {})',
    "log.conf": "file = ../core/data/rows.txt",
    "tests/rows.feature": "Given the rows of '../libs/core/data/rows.txt'",
    "shop/shop.graphql": '#import "../../core/data/rows.txt"',
}


@pytest.mark.parametrize("holder", LEADING_ON)
def test_what_a_project_reads_leads_on_to_what_is_anothers(tmp_path: Path, holder: str) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/data/rows.txt", "1\n")
    repo.write(f"tool/{holder}", LEADING_ON[holder])
    repo.write("tool/tests/test_tool.py", f"open({holder!r})\n")
    repo.commit()
    repo.write("libs/core/data/rows.txt", "2\n")
    assert "tool" in repo.selected()


def test_what_tests_name_first_and_the_source_as_well_concerns_dependents(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    repo.write("libs/core/data/rows.txt", "1\n")
    repo.write("tool/check.sh", "cat ../libs/core/data/rows.txt\n")
    repo.write("tool/tool/rows.py", "ROWS = 'core/data/rows.txt'\n")
    repo.project("app", "app", 'tool = { path = "../tool" }')
    repo.commit()
    repo.write("libs/core/data/rows.txt", "2\n")
    assert {"tool", "app"} <= set(repo.selected())
