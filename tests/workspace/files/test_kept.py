"""That what one run keeps for the next never shows, whatever happens to the repository in between."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.settings import Settings
from pytest_monorepo.workspace.discovery import cache as discovery_cache
from pytest_monorepo.workspace.discovery import discover as discovery
from pytest_monorepo.workspace.files import listing
from pytest_monorepo.workspace.files.listing_delta import NOTHING, Listed, brought_up, differing, divided
from pytest_monorepo.workspace.imports import readings as import_readings
from pytest_monorepo.workspace.imports import survey
from pytest_monorepo.workspace.imports.edges import ImportEdges, import_edges
from pytest_monorepo.workspace.model import Scope, Workspace
from tests.workspace.imports.test_readings import FILES, NAMES, SOURCES
from tests.workspace.trees import git, named, write


class Watched:
    """A function, and whether it had an answer."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original
        self.answered = 0

    def __call__(self, *args: Any) -> Any:
        answer = self.original(*args)
        self.answered += answer is not None
        return answer


class Workshop:
    """A repository, looked at again and again with what was kept, and afresh."""

    def __init__(self, root: Path, memory: Path) -> None:
        self.root = write(root, FILES)
        self.memory = memory
        git(root, "init", "-q")
        self.commit()

    def commit(self) -> None:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", "x")

    def look(self, memory: Path | None) -> tuple[Workspace, ImportEdges]:
        workspace = discovery.discover(self.root, Settings(), memory and memory / "workspace")
        edges = import_edges(
            workspace,
            blobs=workspace.blobs,
            cache=memory and memory / "imports",
            readings=memory and memory / "readings",
        )
        return workspace, edges

    def agrees(self) -> None:
        workspace, edges = self.look(self.memory)
        fresh, fresh_edges = self.look(None)
        assert workspace == fresh
        assert dict(workspace.blobs) == dict(fresh.blobs)
        assert workspace.listed == fresh.listed
        assert edges == fresh_edges


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "ws", tmp_path / "kept")


def change(workshop: Workshop, chance: random.Random) -> None:
    """One thing that may happen between two runs."""
    root = workshop.root
    files = [path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
    python = [path for path in files if path.suffix == ".py"]
    one = chance.choice(python)

    def tracked() -> list[str]:
        found = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True
        )
        return found.stdout.split("\0")[:-1]

    def add() -> None:
        one.with_name(f"{chance.choice(NAMES)}.py").write_text(chance.choice(SOURCES))

    def edit() -> None:
        one.write_text(one.read_text() + chance.choice(SOURCES))

    def move() -> None:
        one.rename(chance.choice(python).with_name(f"{chance.choice(NAMES)}.py"))

    def link() -> None:
        place = one.with_name(f"link{chance.randrange(3)}.py")
        if not place.is_symlink():
            place.symlink_to(chance.choice(python))

    actions: list[Callable[[], object]] = [
        *(add, add, edit, edit, edit, move, link, workshop.commit),
        lambda: one.unlink(),
        lambda: git(root, "add", "-A"),
        lambda: git(root, "stash", "-q", "-u"),
        lambda: git(root, "reset", "-q"),
        lambda: git(root, "checkout", "-q", "."),
        lambda: git(root, "update-index", "--assume-unchanged", str(one.relative_to(root))),
        *[lambda: git(root, "update-index", "--no-assume-unchanged", *tracked())] * 2,
        lambda: git(root, "update-index", "--really-refresh"),
        lambda: chance.choice(files).touch(),
    ]
    try:
        chance.choice(actions)()
    except subprocess.CalledProcessError:
        pass  # git refused, as it may: an untracked file has no flags, nothing is there to be put away


@pytest.mark.sampled("seed")
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens(workshop: Workshop, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    recalled, among = Watched(discovery_cache.recalled), Watched(import_readings.touched_among)
    monkeypatch.setattr(discovery, "recalled", recalled)
    monkeypatch.setattr(import_readings, "touched_among", among)
    chance = random.Random(seed)
    workshop.agrees()
    for _ in range(20):
        for _ in range(chance.randrange(3)):
            change(workshop, chance)
        workshop.agrees()
    assert recalled.answered
    assert among.answered


def test_projects_that_a_hook_has_changed_are_not_those_that_were_kept(workshop: Workshop) -> None:
    workshop.agrees()
    workspace, before = workshop.look(workshop.memory)
    fewer = replace(workspace, projects=workspace.projects[1:])
    kept = import_edges(fewer, blobs=fewer.blobs, readings=workshop.memory / "readings")
    assert kept == import_edges(fewer) != before


def test_what_a_change_means_is_found_once(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, surveyed = Watched(discovery.look_again), Watched(survey.Survey.of)
    monkeypatch.setattr(discovery, "look_again", looked)
    monkeypatch.setattr(survey.Survey, "of", lambda *args: surveyed(*args))
    workshop.look(workshop.memory)
    for files in ({"libs/core/tests/test_more.py": ""}, {"libs/core/src/core/__init__.py": "import ml\n"}):
        write(workshop.root, files)
        workshop.commit()
        before = looked.answered, surveyed.answered
        workshop.look(workshop.memory)
        found = looked.answered, surveyed.answered
        assert before < found
        workshop.look(workshop.memory)
        assert (looked.answered, surveyed.answered) == found
        workshop.agrees()


class Then:
    """A function, with something that happens before or after it, as when somebody types on meanwhile."""

    def __init__(
        self, original: Callable[..., Any], happens: Callable[[], object], *, before: bool = False
    ) -> None:
        self.original = original
        self.happens = happens
        self.before = before

    def __call__(self, *args: Any) -> Any:
        if self.before:
            self.happens()
        answer = self.original(*args)
        if not self.before:
            self.happens()
        return answer


CORE = named("core")
NEEDY = named("needy", 'dependencies = ["core"]\n')


@pytest.mark.parametrize(
    ("path", "other"),
    [("libs/needy/pyproject.toml", CORE), ("libs/needy/needy/__init__.py", "x = 1\n")],
)
def test_what_was_edited_while_it_was_read_and_put_back(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, path: str, other: str
) -> None:
    write(
        workshop.root,
        {"libs/needy/pyproject.toml": NEEDY, "libs/needy/needy/__init__.py": "import ml\n"},
    )
    workshop.commit()
    with monkeypatch.context() as meanwhile:
        edit = Then(listing.ask, lambda: write(workshop.root, {path: other}))
        meanwhile.setattr(discovery, "ask", edit)
        workshop.look(workshop.memory)
    git(workshop.root, "checkout", "-q", ".")
    workshop.agrees()


def test_an_import_edited_while_it_was_read_again_and_put_back(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "libs/two/src/ns/two.py"
    workshop.agrees()
    write(workshop.root, {path: "import ns.one, ml\n", "NEW.txt": ""})
    workshop.commit()
    touched = Watched(import_readings.touched)
    with monkeypatch.context() as meanwhile:
        edit = Then(listing.ask, lambda: write(workshop.root, {path: "import ns.one\n"}))
        meanwhile.setattr(discovery, "ask", edit)
        meanwhile.setattr(import_readings, "touched", touched)
        workshop.look(workshop.memory)
    assert touched.answered
    git(workshop.root, "checkout", "-q", ".")
    workshop.agrees()


def test_a_manifest_that_git_does_not_know_edited_before_it_was_kept(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "libs/needy/pyproject.toml"
    write(workshop.root, {path: CORE, "libs/needy/needy/__init__.py": ""})
    with monkeypatch.context() as meanwhile:
        edit = Then(discovery_cache.store, lambda: write(workshop.root, {path: NEEDY}), before=True)
        meanwhile.setattr(discovery, "store", edit)
        workshop.look(workshop.memory)
    workshop.agrees()


LINKED = {
    "tests": ("libs/core/more", "shared/test_it.py", Scope.TEST),
    "helpers of tests": ("libs/core/more", "shared/helpers.py", Scope.TEST),
    "source": ("libs/core/src/core/more", "shared/util.py", Scope.RUNTIME),
    "vendored": (None, "shared/v.py", Scope.RUNTIME),
}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("kind", LINKED)
def test_what_a_linked_or_vendored_folder_imports(workshop: Workshop, kind: str) -> None:
    root = workshop.root
    link, path, scope = LINKED[kind]
    write(root, {path: "import ml\n"})
    if scope is Scope.TEST and not (root / "shared/test_it.py").exists():
        write(root, {"shared/test_it.py": ""})
    if link is None:
        needs = named("core", 'dependencies = ["v @ file:../../shared"]\n')
        write(root, {"libs/core/pyproject.toml": needs, "shared/setup.py": ""})
    else:
        (root / link).symlink_to(os.path.relpath(root / "shared", (root / link).parent))

    def scopes() -> list[Scope]:
        workshop.agrees()
        _, found = workshop.look(workshop.memory)
        return [edge.scope for edge in found.edges if edge[:2] == ("libs/core", "libs/ml")]

    workshop.commit()
    assert scopes() == [scope]
    write(root, {path: "x = 1\n"})
    assert scopes() == []
    workshop.commit()
    assert scopes() == []
    write(root, {path: "import ml.deep\n"})
    assert scopes() == [scope]


@pytest.mark.parametrize("place", ["libs/.gitattributes", ".git/info/attributes", "../mine"])
@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("libs/core/pyproject.toml", named("core", 'dependencies = ["ml"] # mine alone\n')),
        ("libs/core/src/core/text.py", "import ml # mine alone\n"),
    ],
)
def test_what_a_filter_hides_from_git(workshop: Workshop, place: str, path: str, text: str) -> None:
    write(workshop.root, {place: "*.toml filter=mine\n*.py -text filter=mine\n"})
    git(workshop.root, "config", "filter.mine.clean", "grep -v 'mine alone' || true")
    git(workshop.root, "config", "core.attributesFile", str(workshop.root.parent / "mine"))
    workshop.commit()
    before = workshop.look(workshop.memory)
    write(workshop.root, {path: text})
    # long ago, so that git need not doubt the time stamps in its index
    os.utime(workshop.root / path, (1_600_000_000, 1_600_000_000))
    git(workshop.root, "add", "-A")
    workshop.agrees()
    assert workshop.look(workshop.memory) != before
    (workshop.root / place).unlink()
    workshop.agrees()


def listed(*lines: str) -> Listed:
    return divided("".join(f"{line}\0" for line in lines).encode())


A, B = "H 100644 aa 0\ta.py", "H 100644 bb 0\tb.py"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((A, B), (A, B), {}),
        ((A, B), (A,), {"b.py": None}),
        ((A,), (A, "H 100644 cc 0\tb.py"), {"b.py": "cc"}),
        ((A, B), (A, "H 100644 cc 0\tb.py"), {"b.py": "cc"}),
        ((A, B), ("? n.py", A, B), {"n.py": ""}),
        (("? n.py", A), (A,), {"n.py": None}),
        ((A, B), (A, B, "C 100644 bb 0\tb.py"), {"b.py": ""}),
        ((A, B, "C 100644 bb 0\tb.py"), (A, B), {"b.py": "bb"}),
        ((A, B, "C 100644 bb 0\tb.py"), (A, "H 100644 cc 0\tb.py"), {"b.py": "cc"}),
        ((A, B, "C 100644 bb 0\tb.py"), (A,), {"b.py": None}),
        ((A, B, "C 100644 bb 0\tb.py"), ("? b.py", A), {"b.py": ""}),
        ((A, B), (A, B, "R 100644 bb 0\tb.py", "C 100644 bb 0\tb.py"), {"b.py": None}),
        ((A, B), (A, B, "C 100644 bb 0\tb.py", "R 100644 bb 0\tb.py"), {"b.py": None}),
        ((A, "H 120000 ll 0\tl"), (A,), {"l": None}),
        ((A, "H 120000 ll 0\tl", "C 120000 ll 0\tl"), (A,), {"l": None}),
        ((A, "H 120000 ll 0\tl"), (A, "H 120000 ll 0\tl"), {"l": ""}),
        ((A, "H 120000 ll 0\tl"), (A, "H 100644 cc 0\tl"), {"l": "cc"}),
        ((A, B), (A, "M 100644 bb 1\tb.py", "M 100644 cc 2\tb.py"), None),
        ((A, B), (A, "S 100644 bb 0\tb.py"), None),
        ((A, B), (A, "h 100644 bb 0\tb.py"), None),
        ((A,), (A, "? nested/"), None),
        ((A,), (A, "H 160000 bb 0\tsub"), None),
        ((), (A,), None),
    ],
)
def test_two_listings(
    old: tuple[str, ...], new: tuple[str, ...], expected: dict[str, str | None] | None
) -> None:
    assert differing(listed(*old), listed(*new)) == expected


def test_what_git_did_not_list_is_compared_with_nothing() -> None:
    assert differing(NOTHING, listed(A)) is None


def test_files_are_brought_up_to_date_and_stay_sorted() -> None:
    files, moved = brought_up(("a", "c", "e"), {"a": None, "b": "", "c": "cc", "d": None, "f": ""})
    assert files == ("b", "c", "e", "f")
    assert moved == {"a", "b", "f"}
