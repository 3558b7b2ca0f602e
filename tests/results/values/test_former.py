"""What an input was at the base: as it was answered then, or not known; by whatever name it is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pytest_monorepo.inputs.record import values
from pytest_monorepo.inputs.record.questions import KINDS as QUESTIONS
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.results.values.former import UNKNOWN, Anything, Changed, Former

BASE = {
    "a/edited.py": "1",
    "a/gone.py": "22",
    "a/same.py": "",
    "a/was/only.py": "",
    "a/was/__init__.py": "",
    "a/kept/__init__.py": "",
    "a/kept/gone.py": "",
    "a/testing/x.py": "",
    "a/thing.dist-info/METADATA": "",
    "a/place.pth": "",
    "b/other.py": "",
}
NOW: Mapping[str, str | None] = {
    "a/edited.py": "333",
    "a/gone.py": None,
    "a/was/only.py": None,
    "a/was/__init__.py": None,
    "a/kept/gone.py": None,
    "a/new.py": "",
    "a/fresh/__init__.py": "",
    "a/fresh/x.py": "",
    "a/testing/x.py": None,
    "a/tests/y.py": "",
    "a/thing.dist-info/METADATA": None,
    "a/other.egg-info/PKG-INFO": "",
    "a/place.pth": None,
    "a/further.pth": "",
    "a/gone.py/__init__.py": "",
}
PLACES = sorted({above for path in (*BASE, *NOW) for above in (path, *map(str, Path(path).parents))} - {"."})
KINDS = sorted(values.KINDS - QUESTIONS.keys() - {"place"})
SURE = {
    "file",
    "type",
    "ltype",
    "names",
    "types",
    "names of code",
    "types of code",
    "types of tests and of code",
    "types with folders of code",
    "types with plain folders of code",
    "distributions",
    "path files",
}
SUFFIXES = (".py", ".so")


def lay(root: Path, files: Mapping[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (root / path).unlink()
            if not any((root / path).parent.iterdir()):
                (root / path).parent.rmdir()
    for path, text in files.items():
        if text is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "ws"
    lay(root, BASE)
    return root


def former(root: Path, unknown: object = UNKNOWN) -> Former:
    held = {str(root / path): BASE[path].encode() if path in BASE else None for path in NOW}
    others = tuple(str(root / path) for path in BASE if path not in NOW)
    return Former(Current(Digests()), Changed(held, others), unknown)


def answers(current: Current, root: Path) -> Iterator[tuple[tuple[str, str], object]]:
    for path in PLACES:
        for kind in KINDS:
            yield (kind, path), current.value(kind, str(root / path))
        for name in ("edited", "gone", "new", "was", "kept", "fresh", "same"):
            yield (f"module {name}", path), current.lookup(str(root / path), name, SUFFIXES)


def test_the_answers_are_those_of_then_or_none(root: Path) -> None:
    then = dict(answers(Current(Digests()), root))
    lay(root, NOW)
    found = dict(answers(former(root), root))
    wrong = {at: (found[at], then[at]) for at in then if found[at] not in (then[at], UNKNOWN)}
    assert not wrong


def test_what_git_has_tells_enough_of(root: Path) -> None:
    lay(root, NOW)
    found = dict(answers(former(root), root))
    replaced = "a/gone.py"  # a file then, a folder now
    unsure = {at for at, value in found.items() if value == UNKNOWN and not at[1].startswith(replaced)}
    assert not {at for at in unsure if at[0] in SURE}


def test_a_file_by_another_name_is_the_same_file(root: Path) -> None:
    (root / "link.py").symlink_to("a/edited.py")
    (root / "folder").symlink_to("a")
    names = ("link.py", "folder/edited.py", "b/../a/edited.py", "folder/../a/edited.py", "a/./edited.py")
    then = [Current(Digests()).value("file", str(root / name)) for name in names]
    lay(root, NOW)
    assert [former(root).value("file", str(root / name)) for name in names] == then
    assert former(root).value("link", str(root / "link.py")) == "a/edited.py"


def test_what_nobody_can_tell_is_whatever_it_should_be(root: Path) -> None:
    lay(root, NOW)
    path = str(root / "a/edited.py")
    assert former(root, Anything()).value("stat", path) == [1, 2, 3]
    assert former(root).value("stat", path) == UNKNOWN
    shutil.rmtree(root / "a")
    assert former(root).value("names", str(root / "b")) == ["other.py"]
