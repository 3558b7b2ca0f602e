"""Two machines and a store between them, as their users see it; the store is a server in this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.space import replayed

from .machines import Machines
from .servers import Artifacts, serving
from .test_signing import pair

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@pytest.fixture
def artifacts() -> Iterator[Artifacts]:
    with serving(Artifacts()) as artifacts:
        yield artifacts


@pytest.fixture
def machines(tmp_path: Path, artifacts: Artifacts) -> Machines:
    return Machines(tmp_path, f"turborepo+{artifacts.url}")


def test_what_one_machine_has_proved_another_replays_and_keeps(
    machines: Machines, artifacts: Artifacts
) -> None:
    first = machines.run("-v")
    assert (first.code, first.counts, replayed(first)) == (0, {"passed": 2}, 0), first.out
    with machines.new() as space:
        second = space.run("--cached", "-v", "--cached-explain")
        assert (second.code, second.counts, replayed(second)) == (0, first.counts, 2), second.out
        asked = len(artifacts.asked)
        third = space.run("--cached", "-v")
        assert (replayed(third), len(artifacts.asked)) == (2, asked), third.out
        # a variable that a test reads, and a file
        assert replayed(space.run("--cached", "-v", env={"X": "1"})) == 1
        space.write({"libs/a/tests/test_main.py": "def test(): assert 0"})
        assert (space.run("--cached", "-v").code, replayed(space.run("--cached", "-v"))) == (1, 1)
    assert "warning" not in first.out + second.out + third.out


@pytest.mark.slow
def test_a_damaged_or_foreign_object_is_a_miss_and_is_written_anew(
    machines: Machines, artifacts: Artifacts
) -> None:
    machines.run()
    good = dict(artifacts.kept)
    for damage in (lambda data: data[:-1], lambda data: b"", lambda data: data[:100] + b"x" + data[101:]):
        artifacts.kept.update({name: damage(data) for name, data in good.items()})
        run = machines.run()
        assert (run.code, run.counts, replayed(run)) == (0, {"passed": 2}, 0), run.out
        assert replayed(machines.run()) == 2
    other = machines.run(PYTEST_MONOREPO_CACHE_KEY="of somebody else's")
    assert (other.code, replayed(other)) == (0, 0), other.out


def test_who_has_no_key_gets_nothing_and_is_told_once(machines: Machines, artifacts: Artifacts) -> None:
    machines.run()
    run = machines.run(PYTEST_MONOREPO_CACHE_KEY="")
    assert (run.code, replayed(run), run.out.count("PYTEST_MONOREPO_CACHE_KEY is not set")) == (0, 0, 1)
    short = machines.run(PYTEST_MONOREPO_CACHE_KEY="short")
    assert short.code == 4
    short.has(r"^ERROR: PYTEST_MONOREPO_CACHE_KEY: has 5 characters")


@pytest.mark.sampled("kind")
@pytest.mark.parametrize("kind", ["fails", "hangs", "is gone", "takes nothing", "forbids"])
def test_a_store_that_fails_costs_one_warning_and_no_result(
    machines: Machines, artifacts: Artifacts, kind: str
) -> None:
    if kind == "is gone":
        machines.store = "turborepo+http://127.0.0.1:9"
    elif kind == "hangs":
        artifacts.hang, machines.wait = threading.Event(), 0.5
    else:
        artifacts.answer = {"fails": 500, "takes nothing": 507, "forbids": 403}[kind]
    run = machines.run()
    assert (run.code, run.counts) == (0, {"passed": 2}), run.out
    assert run.out.count("warning: cached-store turborepo+http://127.0.0.1") == 1, run.out


@pytest.mark.slow
@pytest.mark.slow
def test_a_forks_pull_request_reads_and_does_not_write(machines: Machines, artifacts: Artifacts) -> None:
    fork = {"CIRCLECI": "true", "CIRCLE_PR_REPONAME": "repo"}
    assert machines.run(**fork).code == 0
    assert not artifacts.kept
    machines.run()
    kept = dict(artifacts.kept)
    assert replayed(machines.run(**fork)) == 2
    machines.settings = "cached-write = true\n"
    machines.run("-W", "ignore", **fork)
    assert artifacts.kept.keys() > kept.keys()
    machines.settings = "cached-write = false\n"
    before = dict(artifacts.kept)
    assert machines.run("-W", "error").code == 0
    assert artifacts.kept == before


# it goes round the tracer on purpose, by the function that the tracer's own wrapper holds
UNSEEN = """
import os

def test():
    held = [cell.cell_contents for cell in os.stat.func.__closure__]
    stat = next(one for one in held if type(one).__name__ == "builtin_function_or_method")
    try:
        stat({flag!r})
    except FileNotFoundError:
        return
    assert 0
"""


@pytest.mark.slow
def test_what_did_not_hold_is_replayed_by_nobody(machines: Machines, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    with machines.new() as space, machines.new() as other, machines.new() as third:
        for one in (space, other, third):
            one.write({"libs/a/tests/test_main.py": UNSEEN.format(flag=str(flag))})
        space.run("--cached")
        assert replayed(other.run("--cached")) == 2
        flag.touch()
        verified = space.run("--cached=verify")
        assert verified.code == 1
        verified.has("not what was kept: libs/a")
        seen = third.run("--cached")
        assert (seen.code, replayed(seen)) == (1, 1), seen.out
        flag.unlink()
        # a tombstone stays where it is
        assert replayed(third.run("--cached")) == 1
        with machines.new() as fourth:
            fourth.write({"libs/a/tests/test_main.py": UNSEEN.format(flag=str(flag))})
            assert replayed(fourth.run("--cached")) == 1


def test_who_has_the_public_key_alone_reads_what_depends_on_no_secret(machines: Machines) -> None:
    pytest.importorskip("cryptography", reason="the package cryptography is not installed")
    private, public = pair(1)
    machines.settings = f'cached-public-key = "{public}"\n'
    writer, reader = {"PYTEST_MONOREPO_CACHE_KEY": private}, {"PYTEST_MONOREPO_CACHE_KEY": ""}
    assert replayed(machines.run(**writer)) == 0
    with machines.new(**reader, X="1") as space:
        seen = space.run("--cached")
        # libs/b reads X, whose value nobody may compare who has not the secret
        assert (seen.code, replayed(seen)) == (0, 1), seen.out
        assert "warning" not in seen.out
        space.run("--cached-info").has(r"turborepo\+.*: cannot be listed; not written to: ")
    assert replayed(machines.run(**reader)) == 2
    forged = machines.run(PYTEST_MONOREPO_CACHE_KEY=pair(2)[0])
    assert forged.code == 4
    forged.has("is not the private half of cached-public-key")


CUT = {
    "libs/a/tests/test_b.py": "import os\ndef test(): assert 'ZZ' not in os.environ\n",
    "libs/a/tests/test_a.py": "import time\ndef test(): time.time()\n",
}


def cut(machines: Machines, count: int, files: dict[str, str]) -> int:
    """How many tests of a project that shards cut are replayed, each of them on a machine of its own."""
    found = 0
    for number in range(1, count + 1):
        with machines.new() as space:
            space.write({**CUT, **files})
            run = space.run("--cached", "--cached-explain", f"--shard={number}/{count}")
            assert run.code == 0, run.out
            found += replayed(run)
    return found


@pytest.mark.parametrize("hook", ["", "def pytest_collection_modifyitems(items): pass\n"])
def test_files_that_are_one_are_shared_by_each_of_two_branches(machines: Machines, hook: str) -> None:
    leaves, sees = "import box\ndef test(): box.seen.append(1)\n", "import box\ndef test(): assert box.seen\n"
    counts = []
    for branch in ("one", "other", "one", "other"):
        with machines.new() as space:
            space.write(
                {
                    "libs/c/pyproject.toml": "[tool.pytest.ini_options]\npythonpath = '.'\n",
                    "libs/c/box.py": "seen = []\n",
                    "libs/c/conftest.py": hook,
                    "libs/c/tests/test_a.py": f"{leaves}# {branch}\n",
                    "libs/c/tests/test_b.py": sees,
                }
            )
            run = space.run("--project=libs/c", "--cached", "--workers=1")
        assert run.code == 0, run.out
        counts.append(replayed(run))
    assert counts == [0, 0, 2, 2]


@pytest.mark.slow
def test_shards_on_machines_of_their_own_share_what_each_has_run(machines: Machines) -> None:
    assert cut(machines, 3, {}) == 0
    # the one that reads the clock is not kept, but what it leaves is known
    assert [cut(machines, count, {}) for count in (3, 2)] == [3, 3]
    leaves = {"libs/a/tests/test_a.py": "import os\ndef test(): os.environ['ZZ'] = '1'\n"}
    cut(machines, 3, leaves)
    assert cut(machines, 3, leaves) == 3, "test_b sees what test_a leaves, wherever that runs"
