"""The folder of results: whatever goes wrong in it is a miss."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_monorepo.results.entries.store import SLOTS, Store, user_folder

KEY = "ab" * 32


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("/caches", "/caches"),
        ("caches", "/home/ada/.cache"),
        ("", "/home/ada/.cache"),
        (None, "/home/ada/.cache"),
    ],
)
def test_the_users_caches_lie_in_an_absolute_folder(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, expected: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    environ = {} if variable is None else {"XDG_CACHE_HOME": variable}
    assert user_folder(environ) == Path(expected, "pytest-monorepo")


def kept(store: Store) -> dict[str, bytes]:
    return dict(store.read(KEY))


def test_what_is_written_is_read_and_dropped(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(KEY, "one", b"data")
    assert kept(Store(tmp_path)) == {"one": b"data"}
    store.drop(KEY, "one")
    assert kept(store) == {}


def test_the_oldest_makes_room_for_the_ninth(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(SLOTS + 1):
        store.write(KEY, str(number), b"data")
        os.utime(next(tmp_path.rglob(f"{KEY}.{number}")), (number, number))
    assert sorted(kept(store)) == [str(number) for number in range(1, SLOTS + 1)]


def test_shared_inputs_that_are_damaged_are_written_again_though_nobody_asked(tmp_path: Path) -> None:
    Store(tmp_path).write_base("digest", b"data")
    file = next(tmp_path.rglob("digest"))
    file.write_bytes(file.read_bytes()[:-1])
    Store(tmp_path).write_base("digest", b"data")
    assert Store(tmp_path).read_base("digest") == b"data"


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_entry_is_a_miss_and_goes(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    store = Store(tmp_path)
    store.write(KEY, "one", b"data" * 50)
    file = next(tmp_path.rglob(f"{KEY}.one"))
    raw = bytearray(file.read_bytes())
    if seed % 2:
        raw = raw[: chance.randrange(len(raw))]
    else:
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
    file.write_bytes(raw)
    assert kept(store) == {}
    assert not file.exists()


def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(4):
        store.write(KEY, str(number), bytes(1000))
        os.utime(next(tmp_path.rglob(f"{KEY}.{number}")), (1000 + number, 1000 + number))
    store.used(KEY, "0")
    store.shrink(2500)
    assert sorted(kept(store)) == ["0", "3"]


def test_the_secret_is_made_once_and_is_the_users_alone(tmp_path: Path) -> None:
    first, second = Store(tmp_path).secret, Store(tmp_path).secret
    assert first == second
    assert len(first) == 32
    assert (next(tmp_path.rglob("secret")).stat().st_mode & 0o077) == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_costs_results_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    store = Store(tmp_path / "store")
    store.write(KEY, "one", b"data")
    assert store.problem is not None


def test_a_file_in_place_of_the_folder_costs_results_only(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    store = Store(tmp_path / "store")
    store.write(KEY, "one", b"data")
    assert (kept(store), store.problem is not None) == ({}, True)
    assert len(store.secret) == 32


WRITER = """
import sys
from pathlib import Path
from pytest_monorepo.results.entries.store import Store
store = Store(Path(sys.argv[1]))
while True:
    for number in range(20):
        store.write("ab" * 32, str(number), str(number).encode() * 10_000)
        print(number, flush=True)
"""


@pytest.mark.slow
def test_writers_that_are_killed_leave_nothing_that_is_wrong(tmp_path: Path) -> None:
    chance = random.Random(1)
    for _ in range(10):
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
            for _ in range(3)
        ]
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()  # it is at work
        time.sleep(chance.random() / 20)
        for writer in writers:
            writer.kill()
            writer.communicate()
        assert all(data == name.encode() * 10_000 for name, data in Store(tmp_path).read(KEY))
    Store(tmp_path).shrink(0)
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "secret"]
    # one that was killed before its first byte takes no room, and goes with time
    assert not [path for path in left if path.stat().st_size]


def test_what_a_killed_writer_left_goes_with_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(KEY, "one", b"data")
    folder = next(tmp_path.rglob(f"{KEY}.one")).parent
    for name, age in ((".part-old", 7200), (".part-new", 0)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age, time.time() - age))
    store.shrink(10_000)
    assert sorted(path.name for path in folder.iterdir()) == [".part-new", f"{KEY}.one"]


def test_a_folder_is_looked_at_once_and_what_others_do_there_is_a_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = Store(tmp_path), Store(tmp_path)
    store.write(KEY, "one", b"data")
    with monkeypatch.context() as patched:
        patched.setattr(os, "listdir", lambda path: pytest.fail(f"looks at {path} again"))
        for number in range(3):
            store.write(KEY, str(number), b"data")
            assert not store.holds(KEY[:2] + "another")
    other.drop(KEY, "1")
    other.write(KEY, "2", b"newer")
    assert kept(store) == {"one": b"data", "0": b"data", "2": b"newer"}
    other.clear()
    assert (kept(store), store.holds(KEY)) == ({}, False)
    store.write(KEY, "again", b"data")
    assert kept(store) == kept(Store(tmp_path)) == {"again": b"data"}


def test_what_an_older_version_has_kept_is_not_read_and_makes_room(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write(KEY, "one", b"data")
    file = next(tmp_path.rglob(f"{KEY}.one"))
    (file.parent / KEY).mkdir()  # each key had a folder of its own
    file.rename(file.parent / KEY / "one")
    assert (kept(store), store.holds(KEY)) == ({}, False)
    store.shrink(0)
    assert not [path for path in tmp_path.rglob("one") if path.is_file()]


def test_it_tells_quickly_for_which_projects_nothing_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.noted(["libs/a", "libs/b"]) == frozenset()
    store.note("libs/a")
    assert store.noted(["libs/a", "libs/b"]) == {"libs/a"}
    assert store.key_parts("libs/a") is None
    store.note("libs/a", b"parts")
    store.note("libs/a")
    assert (store.key_parts("libs/a"), store.key_parts("libs/b")) == (b"parts", None)
    assert store.noted(["libs/a", "libs/b"]) == {"libs/a"}
    store.clear()
    assert store.noted(["libs/a"]) == frozenset()
