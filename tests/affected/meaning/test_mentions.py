"""Who names a file that lies elsewhere."""

from __future__ import annotations

from pathlib import Path

from pytest_monorepo.affected.meaning import mentions
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
)
NOT = ("a.md", "b.rst", "c.pyx", "d.js", "Makefile.d/e", "f.ipynb", "py")


def test_git_looks_into_all_that_is_read(tmp_path: Path) -> None:
    repo = Repo(tmp_path)
    for name in (*LOOKED_AT, *NOT):
        repo.write(f"libs/{name}", "see notes.md\n")
    repo.commit()
    found = set(mentions._holders(repo.root, ["notes.md"]))
    read = {path for path in found if mentions._READ.fullmatch(path)}
    assert read == {f"libs/{name}" for name in LOOKED_AT}
    assert not any(mentions._READ.fullmatch(f"libs/{name}") for name in NOT)
