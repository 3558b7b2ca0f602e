"""Two versions of a lock → what changed → whom it concerns."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from pytest_monorepo.affected.locks import change as changes
from pytest_monorepo.affected.locks import names
from pytest_monorepo.affected.locks.formats.entries import frozen
from pytest_monorepo.affected.locks.lockfiles import (
    KnownLock,
    LockChange,
    compare,
    compare_read,
    is_lock,
)
from pytest_monorepo.hookspecs import LockedPackage

from .changing import TOML_LOCKS, change, without
from .samples import (
    PDM_3_LOCK,
    PDM_LOCK,
    PIPFILE_LOCK,
    POETRY_1_LOCK,
    POETRY_LOCK,
    PYLOCK_TOML,
    REQUIREMENTS,
    UV_LOCK,
)


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "words"),
    [
        (
            "uv.lock",
            UV_LOCK,
            'requests"\nversion = "2.31.0"',
            'requests"\nversion = "2.32.0"',
            "2.31.0 → 2.32.0",
        ),
        ("uv.lock", UV_LOCK, "sha256:cc", "sha256:dd", "2.31.0: hashes changed"),
        ("uv.lock", UV_LOCK, "size = 11", "size = 12", "2.31.0: hashes changed"),
        ("uv.lock", UV_LOCK, '    { name = "certifi" },\n', "", "2.31.0: dependencies changed"),
        ("poetry.lock", POETRY_LOCK, '"2.31.0"', '"2.32.0"', "2.31.0 → 2.32.0"),
        ("poetry.lock", POETRY_LOCK, "sha256:bb", "sha256:dd", "2.31.0: hashes changed"),
        ("poetry.lock", POETRY_LOCK, "markers = ", "marker = ", "2.31.0: markers changed"),
        (
            "poetry.lock",
            POETRY_LOCK,
            'markers = "python_version >= \\"3.8\\""\n',
            "",
            "2.31.0: markers changed",
        ),
        ("poetry.lock", POETRY_LOCK, "2017.4.17", "2018", "2.31.0: dependencies changed"),
        ("poetry.lock", POETRY_LOCK, "PySocks (>=1.5.6", "PySocks (>=1.6", "2.31.0: dependencies changed"),
        ("poetry.lock", POETRY_LOCK, 'description = "HTTP for Humans."\n', "", "2.31.0: description changed"),
        ("poetry.lock", POETRY_LOCK, "HTTP for Humans", "HTTP", "2.31.0: description changed"),
        ("poetry.lock", POETRY_1_LOCK, "sha256:bb", "sha256:dd", ": hashes changed"),
        ("pdm.lock", PDM_LOCK, '"2.31.0"', '"2.32.0"', "2.31.0 → 2.32.0"),
        ("pdm.lock", PDM_LOCK, "sha256:bb", "sha256:dd", "2.31.0: hashes changed"),
        ("pdm.lock", PDM_LOCK, "marker = ", "url = ", "2.31.0: source, markers changed"),
        ("pdm.lock", PDM_LOCK, "certifi>=2017.4.17", "certifi", "2.31.0: dependencies changed"),
        ("pdm.lock", PDM_3_LOCK, "sha256:bb", "sha256:dd", ": hashes changed"),
        ("pylock.dev.toml", PYLOCK_TOML, '"2.31.0"', '"2.32.0"', "2.31.0 → 2.32.0"),
        ("pylock.toml", PYLOCK_TOML, 'sha256 = "bb"', 'sha256 = "bc"', "2.31.0: hashes changed"),
        ("pylock.toml", PYLOCK_TOML, ">= '3.8'", ">= '3.9'", "2.31.0: markers changed"),
        ("pylock.toml", PYLOCK_TOML, "index = ", "vcs = ", "2.31.0: source changed"),
        ("Pipfile.lock", PIPFILE_LOCK, "==2.31.0", "==2.32.0", "2.31.0 → 2.32.0"),
        ("Pipfile.lock", PIPFILE_LOCK, "sha256:bb", "sha256:dd", "2.31.0: hashes changed"),
        ("Pipfile.lock", PIPFILE_LOCK, ">= '3.7'", ">= '3.8'", "2.31.0: markers changed"),
        ("requirements.txt", REQUIREMENTS, "==2.31.0", "==2.32.0", "2.31.0 → 2.32.0"),
        ("requirements.txt", REQUIREMENTS, "sha256:bb", "sha256:dd", "2.31.0: hashes changed"),
        ("requirements.txt", REQUIREMENTS, '>= "3.8"', '>= "3.9"', "2.31.0: markers changed"),
        ("requirements.txt", REQUIREMENTS, "[socks]", "", "2.31.0: extras changed"),
        ("requirements.txt", "requests\n", "requests", "requests>=2", "(no version) → >=2"),
        ("requirements.txt", "requests==1 \\", "1", "2", "1 → 2"),
        ("requirements.txt", "requests==1 --no-binary=x", "=x", "=y", "1: options changed"),
        ("requirements.txt", "requests>=2,<3 # x\n", ">=2,<3", ">=2,<4", ">=2,<3 → >=2,<4"),
    ],
)
def test_a_difference_in_one_package_is_worded(name: str, text: str, old: str, new: str, words: str) -> None:
    found = change(name, text, old, new)

    separator = "" if words.startswith(":") else " "
    assert found == LockChange(changed={"requests": f"requests{separator}{words}"})


@pytest.mark.parametrize(
    ("name", "text", "array"),
    [(name, text, form.array) for name, (text, form) in TOML_LOCKS.items() if not name.startswith("old/")],
)
def test_a_package_that_comes_or_goes_is_worded(name: str, text: str, array: str) -> None:
    less = without(text, "certifi", array)

    assert compare(name, less.encode(), text.encode()).changed == {"certifi": "added certifi 2024.1"}
    assert compare(name, text.encode(), less.encode()).changed == {"certifi": "removed certifi 2024.1"}


def test_packages_of_a_pipfile_come_and_go_too() -> None:
    document = json.loads(PIPFILE_LOCK)
    del document["develop"]["pytest"]

    found = compare("Pipfile.lock", json.dumps(document).encode(), PIPFILE_LOCK.encode())

    assert found == LockChange(changed={"pytest": "added pytest 8.3.0"})


def test_a_package_that_moves_between_categories_differs() -> None:
    document = json.loads(PIPFILE_LOCK)
    document["develop"]["certifi"] = document["default"].pop("certifi")

    found = compare("Pipfile.lock", PIPFILE_LOCK.encode(), json.dumps(document).encode())

    assert found == LockChange(changed={"certifi": "certifi 2024.1: markers changed"})


def test_a_package_that_becomes_a_member_differs() -> None:
    found = change("uv.lock", UV_LOCK, '["api", "core", "house"]', '["api", "house"]')

    assert found == LockChange(changed={"core": "core: membership changed"})


def test_a_local_archive_is_a_package() -> None:
    text = PDM_LOCK.replace("./libs/core", "./vendor/core-0.1.0.whl")

    assert change("pdm.lock", text, '"0.1.0"', '"0.2.0"').changed == {"core": "core 0.1.0 → 0.2.0"}


def test_a_table_said_twice_is_a_doubt() -> None:
    found = compare("uv.lock", UV_LOCK.encode(), f"{UV_LOCK}\n[options]\n".encode())

    assert found.doubt is not None
    assert "not valid TOML" in found.doubt


def test_the_entries_of_a_forked_package_are_a_set() -> None:
    reordered = without(UV_LOCK, "numpy") + "".join(
        f'\n[[package]]\nname = "numpy"\nversion = "{version}"\n'
        'source = { registry = "https://example.org/simple" }\n'
        f"resolution-markers = [\"python_full_version {marker} '3.12'\"]\n"
        for version, marker in (("2.0.0", ">="), ("1.26.4", "<"))
    )

    assert compare("uv.lock", UV_LOCK.encode(), reordered.encode()) == LockChange()
    one_bumped = change("uv.lock", UV_LOCK, 'version = "2.0.0"\nsource', 'version = "2.1.0"\nsource')
    assert one_bumped.changed == {"numpy": "numpy 2.0.0 → 2.1.0"}


LOCK_INPUTS = '[metadata.lock_inputs.workspace."libs/core".groups]\ndefault = ["requests>=2"]\n'
LOCKED_WITH_INPUTS = f"{PDM_LOCK}\n{LOCK_INPUTS}"
PYLOCK_WITH_INPUTS = (
    f'{PYLOCK_TOML}\n[tool.pdm]\nstrategy = []\nhashes.sha256 = "01"\n'
    '[tool.pdm.lock_inputs.project.groups]\ndefault = ["requests>=2"]\n'
)


@pytest.mark.parametrize(
    ("name", "text", "old", "new"),
    [
        ("uv.lock", UV_LOCK, "revision = 2", "revision = 3"),
        ("uv.lock", UV_LOCK, "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"),
        ("poetry.lock", POETRY_LOCK, 'content-hash = "0123"', 'content-hash = "4567"'),
        ("poetry.lock", POETRY_LOCK, "Poetry 2.0.0", "Poetry 2.0.1"),
        ("pdm.lock", PDM_LOCK, 'content_hash = "sha256:01"', 'content_hash = "sha256:02"'),
        ("pdm.lock", PDM_LOCK, "[[metadata.targets]]", f"{LOCK_INPUTS}\n[[metadata.targets]]"),
        ("pdm.lock", LOCKED_WITH_INPUTS, '["requests>=2"]', '["requests>=2.1"]'),
        ("pylock.toml", PYLOCK_TOML, 'created-by = "pdm"', 'created-by = "uv"'),
        ("pylock.toml", PYLOCK_WITH_INPUTS, '["requests>=2"]', '["requests>=2.1"]'),
        ("pylock.toml", PYLOCK_WITH_INPUTS, 'hashes.sha256 = "01"', 'hashes.sha256 = "02"'),
        ("Pipfile.lock", PIPFILE_LOCK, '"sha256": "01"', '"sha256": "02"'),
        ("requirements.txt", REQUIREMENTS, "with Python 3.11", "with Python 3.12"),
        ("requirements.txt", REQUIREMENTS, "1.7.1  # via", "1.7.1 # via"),
    ],
)
def test_how_a_lock_was_made_is_no_difference(name: str, text: str, old: str, new: str) -> None:
    assert change(name, text, old, new) == LockChange()


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "whole"),
    [
        ("uv.lock", UV_LOCK, '">=3.10"', '">=3.11"', "requires-python changed"),
        ("uv.lock", UV_LOCK, "lint = [", "dev = [", "manifest.dependency-groups changed"),
        (
            "uv.lock",
            UV_LOCK,
            "[options]\n",
            '[options]\nresolution-mode = "lowest"\n',
            "options.resolution-mode",
        ),
        (
            "poetry.lock",
            POETRY_LOCK,
            'python-versions = ">=3.10"\ncontent',
            'python-versions = "*"\ncontent',
            "meta",
        ),
        ("poetry.lock", POETRY_LOCK, "tls = [", "ssl = [", "extras changed"),
        ("poetry.lock", POETRY_LOCK, '"2.1"', '"2.0"', "metadata.lock-version changed"),
        ("pdm.lock", PDM_LOCK, '["inherit_metadata"]', "[]", "metadata.strategy changed"),
        (
            "pdm.lock",
            PDM_LOCK,
            '[[metadata.targets]]\nrequires_python = ">=3.10"',
            "",
            "metadata.targets changed",
        ),
        ("pylock.toml", PYLOCK_TOML, '">=3.10"', '">=3.11"', "requires-python changed"),
        ("pylock.toml", PYLOCK_WITH_INPUTS, "strategy = []", 'strategy = ["x"]', "tool.pdm.strategy changed"),
        ("Pipfile.lock", PIPFILE_LOCK, '"3.11"', '"3.12"', "_meta.requires changed"),
        ("Pipfile.lock", PIPFILE_LOCK, '"develop": {', '"docs": {', "categories changed"),
        ("requirements.txt", REQUIREMENTS, "org/simple", "org/other", "line '--extra-index-url"),
        (
            "requirements.txt",
            "-r base.txt\n",
            "base",
            "other",
            "line '-r base.txt', line '-r other.txt' changed",
        ),
    ],
)
def test_what_concerns_all_packages_concerns_all_that_are_served(
    name: str, text: str, old: str, new: str, whole: str
) -> None:
    found = change(name, text, old, new)

    assert found.doubt is None
    assert found.whole is not None
    assert whole in found.whole


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "doubt"),
    [
        ("uv.lock", UV_LOCK, "version = 1\n", "version = 2\n", "unknown lock version 2"),
        ("uv.lock", UV_LOCK, "version = 1\n", "version = true\n", "no lock version"),
        (
            "uv.lock",
            UV_LOCK,
            "[options]",
            '[novelty]\nx = "y"\n\n[options]',
            "unknown top-level key 'novelty'",
        ),
        ("uv.lock", UV_LOCK, "[manifest]\n", "[manifest]\nx = 1\n", "unknown key in [manifest] 'x'"),
        ("uv.lock", UV_LOCK, 'name = "ruff"\n', "x = 1\n", "a package without a name"),
        ("uv.lock", UV_LOCK, 'name = "ruff"\n', 'name "ruff"\n', "not valid TOML: "),
        (
            "uv.lock",
            UV_LOCK,
            '    { name = "certifi" },\n',
            '    { nom = "x" },\n',
            "dependencies without a name",
        ),
        ("poetry.lock", POETRY_LOCK, '"2.1"', '"3.0"', "unknown lock version '3.0'"),
        ("poetry.lock", POETRY_LOCK, "[extras]", "[novelty]", "unknown top-level key 'novelty'"),
        ("poetry.lock", POETRY_LOCK, "content-hash = ", "novelty = ", "unknown key in [metadata] 'novelty'"),
        ("poetry.lock", POETRY_LOCK, '["PySocks', '["(PySocks', "no requirement: '(PySocks"),
        ("pdm.lock", PDM_LOCK, '"4.5.0"', '"5.0"', "unknown lock version '5.0'"),
        ("pdm.lock", PDM_LOCK, "[[metadata.targets]]", "[novelty]", "unknown top-level key 'novelty'"),
        ("pylock.toml", PYLOCK_TOML, '"1.0"', '"1.1"', "unknown lock-version '1.1'".replace("-", " ")),
        ("pylock.toml", PYLOCK_TOML, "environments =", "novelty =", "unknown top-level key 'novelty'"),
        ("Pipfile.lock", PIPFILE_LOCK, '"pipfile-spec": 6', '"pipfile-spec": 7', "unknown pipfile-spec 7"),
        ("Pipfile.lock", PIPFILE_LOCK, '"requires"', '"needs"', "unknown key in '_meta' 'needs'"),
        (
            "Pipfile.lock",
            PIPFILE_LOCK,
            '"develop": {',
            '"develop": 1, "x": {',
            "unknown top-level key 'develop'",
        ),
        ("Pipfile.lock", PIPFILE_LOCK, '"_meta": {', '"_meta" {', "not valid JSON"),
        ("conda.lock", "a", "a", "b", "not a lock file of a known kind"),
    ],
)
def test_what_is_not_understood_is_a_doubt(name: str, text: str, old: str, new: str, doubt: str) -> None:
    found = change(name, text, old, new)

    assert found.doubt is not None
    assert doubt in found.doubt
    # and the other way round: the base may be what is not understood
    assert change(name, text.replace(old, new), new, old).doubt is not None


@pytest.mark.parametrize("name", [*TOML_LOCKS, "Pipfile.lock"])
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"[" * 5000, b"[]", b"<<<<<<< HEAD\n", b"package = 1"]
)
def test_nonsense_is_a_doubt(name: str, data: bytes) -> None:
    text = TOML_LOCKS[name][0] if name in TOML_LOCKS else PIPFILE_LOCK

    assert compare(name, text.encode(), data).doubt is not None
    assert compare(name, data, text.encode()).doubt is not None
    assert compare(name, None, data).doubt is not None


def test_a_lock_that_comes_or_goes_concerns_all_that_it_serves() -> None:
    assert compare("uv.lock", None, UV_LOCK.encode()).whole == "the lock is new"
    assert compare("uv.lock", UV_LOCK.encode(), None).whole == "the lock was deleted"
    assert compare("uv.lock", None, None) == LockChange()


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("uv.lock", True),
        ("libs/a/poetry.lock", True),
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("requirements-dev.txt", True),
        ("requirements/dev.txt", True),
        ("constraints.txt", True),
        ("yarn.lock", False),
        ("notes.txt", False),
        ("pyproject.toml", False),
    ],
)
def test_lock_files_are_known_by_name(path: str, known: bool) -> None:
    assert is_lock(path) is known


def test_what_has_the_name_of_a_lock_is_read() -> None:
    read = [changes._reader(name) for name in (*names.NAMED, names.PYLOCK, names.REQUIREMENTS)]
    assert len({reader.content for reader in read}) == len(read)


@pytest.mark.parametrize("name", TOML_LOCKS)
def test_reading_in_pieces_says_what_reading_all_says(name: str) -> None:
    text, form = TOML_LOCKS[name]
    blocks = text.split(f"[[{form.array}]]\n")
    for number in range(1, len(blocks)):
        for changed in (
            blocks[:number] + blocks[number + 1 :],
            [*blocks[:number], blocks[number].replace('version = "', 'version = "9'), *blocks[number + 1 :]],
        ):
            after = f"[[{form.array}]]\n".join(changed)
            # a multi-line string anywhere makes it read the whole text
            whole = "# '''\n" + text, "# '''\n" + after
            assert compare(name, text.encode(), after.encode()) == compare(
                name, whole[0].encode(), whole[1].encode()
            )


def test_line_ends_are_no_difference() -> None:
    assert compare("uv.lock", UV_LOCK.encode(), UV_LOCK.replace("\n", "\r\n").encode()) == LockChange()


def test_values_of_different_types_differ() -> None:
    assert frozen(1) != frozen(True)
    assert frozen(1) != frozen(1.0)
    assert frozen({"a": [1, {"b": 2}]}) == frozen({"a": [1, {"b": 2}]})


def test_a_broken_lock_that_a_wrapper_looks_into_is_a_doubt() -> None:
    def trimmed(path: str, content: bytes) -> Mapping[str, LockedPackage] | None:
        return KnownLock(path, content) if content.startswith(b"not") else {}

    change = compare_read("uv.lock", b"not = [toml", b"", trimmed)
    assert change is not None
    assert change.doubt is not None
    assert "cannot be understood" in change.doubt


def test_a_lock_of_pdms_own_format_under_the_name_of_pep_751() -> None:
    """``pdm lock -L pylock.toml`` writes one."""
    found = change("pylock.toml", PDM_LOCK, 'version = "2.31.0"', 'version = "2.32.0"')
    assert found.doubt is None
    assert found.changed == {"requests": "requests 2.31.0 → 2.32.0"}
    assert compare("pylock.toml", PDM_LOCK.encode(), PYLOCK_TOML.encode()).doubt is not None
