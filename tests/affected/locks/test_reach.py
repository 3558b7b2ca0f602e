"""A changed lock → the projects it reaches, and why."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_monorepo.affected.locks.installed import ambient, distributions_of
from pytest_monorepo.affected.locks.lockfiles import (
    LockChange,
    Surroundings,
    affected_projects,
    compare,
    installs_all_groups,
    pins,
)
from pytest_monorepo.workspace.graph import Edge, build
from pytest_monorepo.workspace.model import Dependency, Project, Scope, Workspace

from .samples import PDM_LOCK, PIPFILE_LOCK, POETRY_LOCK, REQUIREMENTS, UV_LOCK


def project(path: str, *needs: str, test: Iterable[str] = (), manifest: bool = True) -> Project:
    """A project called after its folder that needs distributions by name."""
    name = "house" if path == "." else path.rpartition("/")[2]
    dependencies = [Dependency(need, None, Scope.RUNTIME, "declared") for need in needs]
    dependencies += [Dependency(need, None, Scope.TEST, "declared") for need in test]
    return Project(
        path,
        name,
        distribution=name if manifest else None,
        manifests=(f"{path}/pyproject.toml",) if manifest else (),
        dependencies=tuple(dependencies),
        test_files=(f"{path}/test_it.py",),
    )


def workspace(*projects: Project, files: Iterable[str] = ()) -> Workspace:
    return Workspace(Path("/house"), tuple(sorted(projects, key=lambda p: p.path)), tuple(files))


HOUSE = workspace(
    project("."),
    project("libs/core", "numpy"),
    project("services/api", "core", "requests"),
)


def reached(
    text: str,
    old: str,
    new: str,
    *,
    path: str = "uv.lock",
    house: Workspace = HOUSE,
    imported: Mapping[str, Collection[str]] | None = None,
    plugins: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """The projects that replacing ``old`` by ``new`` in the lock at ``path`` reaches."""
    assert old in text
    change = compare(path, text.encode(), text.replace(old, new).encode())
    return affected_projects(path, change, house, Surroundings(imported or {}, plugins=plugins))


def bumped(text: str, name: str) -> tuple[str, str, str]:
    """The text, and what to replace in it so that the version of one package changes."""
    start = text.index(f'name = "{name}"\nversion = "')
    line = text[start : text.index('"\n', start + len(name) + 20)]
    return text, line, line + "9"


def test_a_package_reaches_the_projects_whose_closure_holds_it() -> None:
    assert reached(*bumped(UV_LOCK, "requests")) == {
        "services/api": "requests 2.31.0 → 2.31.09, needed by services/api"
    }
    assert reached(*bumped(UV_LOCK, "certifi")).keys() == {"services/api"}
    assert reached(*bumped(UV_LOCK, "orjson")).keys() == {"libs/core", "services/api"}


def test_the_version_of_a_member_reaches_nobody() -> None:
    assert reached(*bumped(UV_LOCK, "core")) == {}


def test_the_dependencies_of_a_member_reach_those_who_need_it() -> None:
    found = reached(UV_LOCK, "fast = [", "quick = [")

    assert found.keys() == {"libs/core", "services/api"}
    assert found["services/api"] == "core 0.1.0: dependencies changed, needed by services/api"


def test_the_groups_of_a_member_reach_itself() -> None:
    found = reached(UV_LOCK, '    { name = "freezegun" },\n', "")

    assert found == {"services/api": "api 0.1.0: dev dependencies changed"}
    assert reached(*bumped(UV_LOCK, "freezegun")).keys() == {"services/api"}


@pytest.mark.parametrize("name", ["pytest", "pluggy", "rich", "ruff"])
def test_what_the_root_installs_beside_pytest_reaches_all(name: str) -> None:
    found = reached(*bumped(UV_LOCK, name))

    assert found.keys() == {".", "libs/core", "services/api"}
    assert all("part of every test run" in why for why in found.values())


VIRTUAL = workspace(replace(project("."), test_files=()), *HOUSE.projects[1:])
DOCS = UV_LOCK.replace(
    'dev = [{ name = "pytest" }, { name = "rich" }]',
    'dev = [{ name = "pytest" }, { name = "rich" }]\ndocs = [{ name = "rich" }, { name = "sphinx" }]',
).replace(
    '[[package]]\nname = "rich"\n',
    '[[package]]\nname = "babel"\nversion = "1"\n\n[[package]]\nname = "sphinx"\nversion = "1"\n'
    'dependencies = [{ name = "babel" }]\n\n[[package]]\nname = "rich"\n',
)


@pytest.mark.parametrize("group", ["docs", "release", "Documentation"])
@pytest.mark.parametrize("name", ["sphinx", "babel"])
def test_what_only_documentation_or_releases_need_reaches_nobody(group: str, name: str) -> None:
    text = DOCS.replace("\ndocs = ", f"\n{group} = ")
    assert reached(*bumped(text, name), house=VIRTUAL).keys() <= {"."}
    assert reached(*bumped(text, name)).keys() == {path.path for path in HOUSE.projects}
    assert reached(*bumped(text, "rich"), house=VIRTUAL).keys() == {path.path for path in HOUSE.projects}
    assert reached(*bumped(text, name), house=VIRTUAL, imported={"libs/core": {name}}).keys() >= {"libs/core"}
    text = DOCS.replace("\ndocs = ", "\nlint = ")
    assert reached(*bumped(text, name), house=VIRTUAL).keys() == {path.path for path in HOUSE.projects}


def test_a_new_group_for_documentation_reaches_nobody() -> None:
    change = compare("uv.lock", UV_LOCK.encode(), DOCS.encode())
    found = affected_projects("uv.lock", change, VIRTUAL, Surroundings({}))
    assert found.keys() <= {"."}
    all_of_them = affected_projects("uv.lock", change, VIRTUAL, Surroundings({}, all_groups=True))
    assert all_of_them.keys() == {path.path for path in HOUSE.projects}


def test_a_plugin_in_a_group_for_documentation_reaches_all() -> None:
    text = DOCS.replace('"sphinx"', '"pytest-sphinx"')
    assert reached(*bumped(text, "pytest-sphinx"), house=VIRTUAL).keys() >= {"libs/core", "services/api"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (", size = 9 }", ', size = 9, upload-time = "2025-01-01T00:00:00Z" }'),
        ("[package.metadata]\n", '[package.metadata]\nprovides-extras = ["fast"]\n'),
        ('specifier = ">=2" }', 'specifier = ">=2", extras = ["socks"] }'),
        ("revision = 2", "revision = 3"),
    ],
)
def test_what_a_newer_uv_writes_reaches_nobody(old: str, new: str) -> None:
    assert not reached(UV_LOCK, old, new)


@pytest.mark.parametrize(
    ("text", "installs"),
    [
        (None, False),
        ("", False),
        ('[tool.uv]\ndefault-groups = ["dev"]', False),
        ('[tool.uv]\ndefault-groups = ["dev", "docs"]', True),
        ('[tool.uv]\ndefault-groups = "all"', True),
        ("broken", True),
    ],
)
def test_groups_that_are_installed_unasked(text: str | None, installs: bool) -> None:
    assert installs_all_groups(None if text is None else text.encode()) is installs


def test_a_plugin_of_one_project_reaches_all() -> None:
    text = UV_LOCK.replace('"freezegun"', '"pytest-django"')
    assert reached(*bumped(text, "pytest-django")).keys() == {".", "libs/core", "services/api"}

    assert len(reached(*bumped(UV_LOCK, "orjson"), plugins=frozenset(["OrJSON"]))) == 3


def test_an_undeclared_import_counts() -> None:
    found = reached(*bumped(UV_LOCK, "certifi"), imported={"libs/core": {"certifi", "os"}})

    assert found.keys() == {"libs/core", "services/api"}


def test_an_import_counts_for_dependents_too() -> None:
    apart = workspace(project("libs/core"), project("libs/top"), project("services/api", "requests"))
    graph = build(apart.projects, imported=[Edge("libs/top", "libs/core", Scope.RUNTIME, "imports core")])
    text, old, new = bumped(UV_LOCK, "orjson")
    change = compare("uv.lock", text.encode(), text.replace(old, new).encode())

    found = affected_projects("uv.lock", change, apart, Surroundings({}, graph=graph))

    assert found.keys() >= {"libs/core", "libs/top"}
    declared = affected_projects("uv.lock", change, apart, Surroundings({}))
    assert "libs/top" not in declared


def test_a_package_that_nobody_seems_to_need_reaches_all_that_are_served() -> None:
    stray = '\n[[package]]\nname = "stray"\nversion = "1.0"\n'
    change = compare("uv.lock", UV_LOCK.encode(), (UV_LOCK + stray).encode())

    found = affected_projects("uv.lock", change, HOUSE, Surroundings({}))

    assert found == dict.fromkeys(
        (".", "libs/core", "services/api"), "added stray 1.0, needed by no project we can see"
    )


def test_what_only_a_deleted_project_needed_reaches_nobody() -> None:
    gone = '\n[[package]]\nname = "gone"\nversion = "0"\nsource = { editable = "libs/gone" }\n'
    gone += 'dependencies = [{ name = "stray" }]\n\n[[package]]\nname = "stray"\nversion = "1.0"\n'
    before = (UV_LOCK + gone).replace('members = ["api", ', 'members = ["api", "gone", ')
    change = compare("uv.lock", before.encode(), UV_LOCK.encode())

    assert affected_projects("uv.lock", change, HOUSE, Surroundings({})) == {}
    # but its folder may still be there
    still = workspace(*HOUSE.projects, project("libs/gone"))
    assert affected_projects("uv.lock", change, still, Surroundings({})).keys() == {"libs/gone"}


def test_the_edges_of_the_base_count() -> None:
    after = UV_LOCK.replace('    { name = "certifi" },\n', "").replace(
        '"certifi"\nversion = "2024.1"', '"x"\nversion = "1"'
    )
    change = compare("uv.lock", UV_LOCK.encode(), after.encode())

    assert (
        "removed certifi 2024.1, needed by services/api"
        in affected_projects("uv.lock", change, HOUSE, Surroundings({}))["services/api"]
    )


def test_the_edges_of_now_count() -> None:
    after = UV_LOCK.replace('{ name = "certifi" },', '{ name = "certifi" },\n    { name = "new" },')
    change = compare(
        "uv.lock", UV_LOCK.encode(), f'{after}\n[[package]]\nname = "new"\nversion = "1"\n'.encode()
    )

    found = affected_projects("uv.lock", change, HOUSE, Surroundings({}))

    assert found["services/api"].startswith("added new 1, needed by services/api")
    assert found.keys() == {"services/api"}


def test_test_dependencies_stay_with_their_project() -> None:
    house = workspace(project("a", test=["certifi"]), project("b", "a"), project("c", "requests"))

    assert reached(*bumped(PDM_LOCK, "certifi"), path="pdm.lock", house=house).keys() == {"a", "c"}


def test_the_root_s_test_dependencies_reach_all() -> None:
    house = workspace(project(".", test=["certifi"]), project("a"), project("b"))

    assert reached(*bumped(PDM_LOCK, "certifi"), path="pdm.lock", house=house).keys() == {".", "a", "b"}


def test_a_lock_above_the_workspace_knows_projects_by_name() -> None:
    house = workspace(project("api"), project("core"))

    assert reached(*bumped(UV_LOCK, "requests"), path="../uv.lock", house=house).keys() == {"api"}


def test_a_doubt_reaches_the_whole_workspace() -> None:
    house = workspace(project("a"), project("b"))

    found = affected_projects(
        "a/uv.lock", LockChange(doubt="cannot be understood: x"), house, Surroundings({})
    )

    assert found == {"a": "cannot be understood: x", "b": "cannot be understood: x"}


def test_what_is_broken_on_both_sides_alike_reaches_the_whole_workspace() -> None:
    broken = UV_LOCK.replace('name = "orjson"\nversion = "3.10.0"', 'name = "orjson"\nversion 3')

    found = reached(*bumped(broken, "requests"))

    assert found.keys() == {".", "libs/core", "services/api"}
    assert all(why.startswith("cannot be understood: not valid TOML") for why in found.values())


@pytest.mark.parametrize(
    ("lock", "files", "served"),
    [
        ("uv.lock", (), {".", "a", "a/inner", "b"}),
        ("uv.lock", ("a/uv.lock",), {".", "b"}),
        ("uv.lock", ("a/poetry.lock",), {".", "a", "a/inner", "b"}),
        ("a/uv.lock", ("uv.lock",), {"a", "a/inner"}),
        ("a/uv.lock", ("a/inner/uv.lock",), {"a"}),
        ("b/locks/uv.lock", (), {"b"}),
        ("locks/uv.lock", (), {".", "a", "a/inner", "b"}),
        ("group/uv.lock", (), {".", "group/c"}),
        ("../uv.lock", (), {".", "a", "a/inner", "b"}),
    ],
)
def test_a_lock_serves_its_folder(lock: str, files: tuple[str, ...], served: set[str]) -> None:
    house = workspace(project("."), project("a"), project("a/inner"), project("b"), files=files)
    if lock.startswith("group/"):
        house = workspace(*house.projects, project("group/c"), files=files)

    assert affected_projects(lock, LockChange(whole="new"), house, Surroundings({})).keys() == served


@pytest.mark.parametrize(
    ("nearer", "hides"),
    [
        (b"requests==2.31.0\n", True),
        (b"requests @ https://example.org/requests.whl  # via x\n", True),
        (b"requests\n", False),
        (b"requests==2.*\n", False),
        (b"requests==2.31.0\nidna\n", False),
        (b"requests>=2\n-e ../../libs/core\n", False),
        (b"# none\n", False),
        (b"\xff", False),
    ],
)
def test_only_requirements_that_pin_hide_those_further_up(nearer: bytes, hides: bool) -> None:
    house = workspace(
        project("services/api", "requests"), files=["requirements.txt", "services/api/requirements.txt"]
    )
    change = compare("requirements.txt", b"requests==2.31.0\n", b"requests==2.32.0\n")
    around = Surroundings({}, pins=lambda path: pins(path, nearer))
    assert bool(affected_projects("requirements.txt", change, house, around)) is not hides


def test_a_workspace_member_is_served_whatever_lies_in_its_folder() -> None:
    # uv does not look at a member's own lock
    house = workspace(*HOUSE.projects, files=["libs/core/uv.lock"])

    assert "libs/core" in reached(*bumped(UV_LOCK, "orjson"), house=house)


def test_the_groups_of_a_path_dependency_are_not_installed() -> None:
    alone = UV_LOCK.replace('[manifest]\nmembers = ["api", "core", "house"]\n', "")
    house = workspace(*HOUSE.projects, files=["services/api/uv.lock"])

    assert reached(alone, '    { name = "freezegun" },\n', "", house=house) == {}


def test_who_includes_a_requirements_file_is_reached_as_well() -> None:
    house = workspace(project("a"), project("b"), project("c"))
    change = compare("requirements.txt", b"x==1\n", b"x==2\n")

    found = affected_projects("a/requirements.txt", change, house, Surroundings({}), included_by=["b"])

    assert found == dict.fromkeys("ab", "x 1 → 2; the lock does not say what needs it")


def test_all_of_a_project_s_own_lock_concerns_it() -> None:
    house = workspace(project("api"), project("core"))
    found = reached(*bumped(POETRY_LOCK, "certifi"), path="api/poetry.lock", house=house)

    # ../core is installed there as well, but its own tests run in its own environment
    assert found.keys() == {"api"}


@pytest.mark.parametrize(("path", "text"), [("poetry.lock", POETRY_LOCK), ("pdm.lock", PDM_LOCK)])
def test_the_root_s_lock_serves_projects_by_what_they_declare(path: str, text: str) -> None:
    house = workspace(project("."), project("a", "requests"), project("b", "rich"))

    assert reached(*bumped(text, "certifi"), path=path, house=house).keys() == {".", "a"}


def test_a_folder_without_manifest_takes_what_is_installed() -> None:
    house = workspace(project("a", "requests"), project("b", manifest=False))

    assert reached(*bumped(POETRY_LOCK, "certifi"), path="poetry.lock", house=house).keys() == {"a", "b"}


def test_compiled_requirements_follow_their_comments() -> None:
    house = workspace(project("a", "requests"), project("b", "pysocks"))

    assert reached(REQUIREMENTS, "2024.1", "2025.1", path="requirements.txt", house=house).keys() == {"a"}
    # uv writes no comment below what the workspace's own groups ask for
    bare = REQUIREMENTS.replace("    # via requests\n", "")
    found = reached(bare, "2024.1", "2025.1", path="requirements.txt", house=house)
    assert found == dict.fromkeys("ab", "certifi 2024.1 → 2025.1, part of every test run")


def test_a_pipfile_lock_does_not_say_what_needs_what() -> None:
    house = workspace(project("a", "requests"), project("b"))

    assert reached(PIPFILE_LOCK, "2024.1", "2025.1", path="Pipfile.lock", house=house).keys() == {"a", "b"}


def test_many_changes_are_summed_up() -> None:
    house = workspace(project("a"))
    change = LockChange(changed={f"p{number}": f"p{number} 1 → 2" for number in range(6)})

    assert affected_projects("uv.lock", change, house, Surroundings({})) == {
        "a": "p0 1 → 2; p1 1 → 2; p2 1 → 2 and 3 more, needed by no project we can see"
    }


@pytest.mark.parametrize(
    ("imported", "distribution"),
    [
        ("yaml", "pyyaml"),
        ("PIL", "pillow"),
        ("cv2", "opencv-python-headless"),
        ("sklearn", "scikit-learn"),
        ("bs4", "beautifulsoup4"),
        ("dateutil", "python-dateutil"),
        ("rest_framework", "djangorestframework"),
        ("jwt", "pyjwt"),
        ("attr", "attrs"),
        ("psycopg2", "psycopg2-binary"),
        ("zope.interface", "zope-interface"),
        ("oddly_named", "something"),
    ],
)
def test_import_names_lead_to_distributions(imported: str, distribution: str) -> None:
    lookup = distributions_of({distribution, "unrelated"}, {"oddly_named": ["Something"]})

    assert lookup(imported) == {distribution}


def test_the_standard_library_leads_nowhere() -> None:
    assert distributions_of({"json-log", "os-brick"}, {})("json") == frozenset()


def test_plugins_are_known_by_name_or_told() -> None:
    names = {"anyio", "pytest-mock", "allure-pytest", "requests", "own-plugin"}

    assert ambient(names, {"Own_Plugin"}) == names - {"requests"}


def test_the_answer_is_that_of_every_closure_spelled_out() -> None:
    chance = random.Random(7)
    for _ in range(60):
        names = [f"n{number}" for number in range(12)]
        needs = {name: chance.sample(names, chance.choice([0, 0, 1, 2])) for name in names}
        extra = {f"p{number}": chance.sample(names, 2) for number in range(3)}
        lock = _lock({**needs, **extra}, members=extra)
        hot = chance.choice(names)
        house = workspace(*(project(name) for name in extra))

        found = reached(lock, f'name = "{hot}"\nversion = "1"', f'name = "{hot}"\nversion = "2"', house=house)

        holding = {name for name in extra if hot in _closure(name, {**needs, **extra})}
        assert found.keys() == (holding or extra.keys()), (lock, hot)


def _closure(start: str, needs: Mapping[str, Iterable[str]]) -> set[str]:
    found, waiting = set(), [start]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += needs[name]
    return found


def _lock(needs: Mapping[str, Iterable[str]], members: Collection[str]) -> str:
    blocks = ["version = 1\n"]
    for name, needed in needs.items():
        source = f'editable = "{name}"' if name in members else 'registry = "https://example.org/simple"'
        listed = ", ".join(f'{{ name = "{other}" }}' for other in needed)
        blocks.append(
            f'[[package]]\nname = "{name}"\nversion = "1"\nsource = {{ {source} }}\n'
            f"dependencies = [{listed}]\n"
        )
    return "\n".join(blocks)


def _big_lock(packages: int) -> str:
    chance = random.Random(1)
    blocks = ['version = 1\nrevision = 3\nrequires-python = ">=3.10"\n']
    for number in range(packages):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        needs = "".join(
            f'    {{ name = "pkg-{other}" }},\n' for other in sorted(chance.sample(range(packages), 3))
        )
        wheels = "".join(
            f'    {{ url = "https://example.org/f/pkg_{number}-1.0-cp3{wheel}-x86_64.whl", '
            f'hash = "sha256:{digest}", size = 1, upload-time = "2025-01-01T00:00:00Z" }},\n'
            for wheel in range(5)
        )
        blocks.append(
            f'[[package]]\nname = "pkg-{number}"\nversion = "1.0"\n'
            f'source = {{ registry = "https://example.org/simple" }}\ndependencies = [\n{needs}]\n'
            f"wheels = [\n{wheels}]\n"
        )
    return "\n".join(blocks)


def test_a_big_lock_is_compared_quickly() -> None:
    """Against reading one version whole, in processor time: the machine's own speed does not count."""
    text = _big_lock(2000)
    before = text.encode()
    after = text.replace('"pkg-7"\nversion = "1.0"', '"pkg-7"\nversion = "1.1"').encode()

    whole = min(_seconds(None, before) for _ in range(3))
    changed = min(_seconds(before, after) for _ in range(3))

    assert compare("uv.lock", before, after).changed == {"pkg-7": "pkg-7 1.0 → 1.1"}
    assert changed < whole


def _seconds(before: bytes | None, after: bytes) -> float:
    started = time.process_time()
    compare("uv.lock", before, after)
    return time.process_time() - started
