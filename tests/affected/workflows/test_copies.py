"""What texts that start tests copy, and whether a file is among it."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.workflows.copies import copies, takes

# how the text is called, what it says, the files it takes of libs/b, and where they go
SHELL = [
    ("cp libs/b/rows.json libs/a/", ["rows.json"], "libs/a/"),
    ("\t@cp -r libs/b/data libs/a/", ["data/deep/x.json"], "libs/a/"),
    ("run: cp -r libs/b/* libs/a", ["rows.json", "data/x.json"], "libs/a"),
    ("cd libs/b && cp rows.json ../a/ && pytest", ["rows.json"], "../a/"),
    ("ln -sf ../b/conftest.py libs/a/conftest.py", ["conftest.py"], "libs/a/conftest.py"),
    ("rsync -a libs/b/ \\\n  libs/a/", ["rows.json", "x/y"], "libs/a/"),
    ("sudo install -m644 libs/b/rows.json libs/a/", ["rows.json"], "libs/a/"),
    ("cp libs/b/*.json libs/a/", ["rows.json"], "libs/a/"),
    ("cp -t libs/a libs/b/rows.json", ["rows.json"], "libs/a"),
    ("cp -rt libs/a libs/b/data", ["data/x.json"], "libs/a"),
    ("install --target-directory=libs/a libs/b/rows.json", ["rows.json"], "libs/a"),
    ("cp libs/{b,c}/rows.json libs/a/", ["rows.json"], "libs/a/"),
    ("cp libs/b/{rows,more}.json libs/a/", ["rows.json"], "libs/a/"),
    ("cp libs/b*/rows.json libs/a/", ["rows.json"], "libs/a/"),
    ("cp libs/*/rows.json libs/a/", ["rows.json"], "libs/a/"),
    ("cp -r $ROOT/libs/*/data libs/a/", ["data/x.json"], "libs/a/"),
    ("/bin/cp libs/b/rows.json libs/a/", ["rows.json"], "libs/a/"),
    ("Copy-Item libs\\b\\rows.json libs\\a", ["rows.json"], "libs/a"),
    ("cat libs/b/rows.json > libs/a/rows.json", ["rows.json"], "libs/a/rows.json"),
    ("SRC=libs/b/rows.json; cp $SRC libs/a/", ["rows.json"], "libs/a/"),
    ('TO="libs/a"\ncp libs/b/rows.json "${TO}/x"', ["rows.json"], "libs/a/x"),
    ("D=$(mktemp -d); D=libs/b; mv libs/b/rows.json $D", ["rows.json"], "$D"),
    ("Copy-Item libs/b/rows.json libs/a", ["rows.json"], "libs/a"),
    ("commands_pre = cp {toxinidir}/../b/rows.json tests", ["rows.json"], "tests"),
]
PYTHON = [
    ("shutil.copy('libs/b/rows.json', 'libs/a')", ["rows.json"], "'libs/a'"),
    ("shutil.copytree(ROOT / 'libs' / 'b' / 'data', 'x')", ["data/y.json"], "'x'"),
    ("Path('x').symlink_to('../b/rows.json')", ["rows.json"], "Path('x')"),
    ("os.symlink('libs/b/rows.json', 'x')", ["rows.json"], "'x'"),
    ("FROM = 'libs/b/rows.json'\nsession.run('cp', FROM, 'x')", ["rows.json"], "'x'"),
    ("c.run('cp libs/b/rows.json x')", ["rows.json"], "x"),
    ("subprocess.run(['cp', 'libs/b/rows.json', 'x'])", ["rows.json"], "'x'"),
    ("Path('libs/b/rows.json').copy('x')", ["rows.json"], "'x'"),
    ("for n in ('rows', 'more'):\n    shutil.copy(f'libs/b/{n}.json', n)", [], "n 'rows' 'more'"),
]
OTHERS = ["rows.txt", "src/b/code.py", "tests/test_b.py"]


@pytest.mark.parametrize(
    ("name", "text", "taken", "target"),
    [*(("Makefile", *row) for row in SHELL), *(("noxfile.py", *row) for row in PYTHON)],
)
def test_what_is_copied_and_where_to(name: str, text: str, taken: list[str], target: str) -> None:
    (copy,) = copies(name, text)
    assert copy.target.split() == target.replace("'rows' 'more'", "('rows', 'more')").split()
    assert [path for path in taken if not takes(copy, text, f"libs/b/{path}", "libs/b")] == []
    whole = copy.source.rstrip("/* ").endswith("libs/b")
    assert [path for path in OTHERS if takes(copy, text, f"libs/b/{path}", "libs/b")] == OTHERS * whole
    # what it is copied to is not copied, as far as one can tell them apart
    assert takes(copy, text, "libs/a/rows.txt", "libs/a") == copy.source.startswith("$")


NO_COPIES = [
    ("Makefile", "pip install -e libs/b"),
    ("Makefile", "cat libs/b/rows.json"),
    ("Makefile", "cp"),
    ("Makefile", "cat > \"$F\" << 'EOF'\nlibs/b/rows.json\nEOF"),
    ("Makefile", 'D=$(mktemp -d)\nfetch libs/b $D\nmv "$D" libs/a'),
    ("Makefile", "echo copying libs/b"),
    ("noxfile.py", "x = {'cp ': 1}.copy()"),
    ("noxfile.py", "session.install('copy', 'libs/b')"),
]


@pytest.mark.parametrize(("name", "text"), NO_COPIES)
def test_what_copies_nothing(name: str, text: str) -> None:
    assert copies(name, text) == []


def test_what_cannot_be_read_may_copy_all_that_it_names() -> None:
    (copy,) = copies("noxfile.py", "import shutil; shutil.copy('libs/b/rows.json'")
    assert takes(copy, copy.source, "libs/b/rows.json", "libs/b")
