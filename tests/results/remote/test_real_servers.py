"""Servers that others have written: moto's S3 and npm's turborepo-remote-cache, on this machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_monorepo.results.remote.backend import Backend, StoreError
from pytest_monorepo.results.remote.opening import backend_of
from tests.patience import MINUTES, until
from tests.run.space import replayed

from .machines import Machines
from .servers import TOKEN

needs_traces = pytest.mark.skipif(sys.platform != "linux", reason="traces were measured on Linux alone")


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """The variables by which clients find the server; it has one bucket."""
    for package in ("moto", "flask", "s3fs"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")
    environ = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_DEFAULT_REGION": "us-east-1"}
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p"]
    with _server(command, {}) as url:
        urllib.request.urlopen(urllib.request.Request(f"{url}/bucket", method="PUT"), timeout=MINUTES).close()
        yield {**environ, "AWS_ENDPOINT_URL_S3": url}


@pytest.fixture(scope="module")
def turborepo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = os.environ.get("TURBOREPO_REMOTE_CACHE") or shutil.which("turborepo-remote-cache")
    if program is None:
        pytest.skip("npm's turborepo-remote-cache is not installed")
    environ = {
        "TURBO_TOKEN": TOKEN,
        "STORAGE_PROVIDER": "local",
        "STORAGE_PATH": str(tmp_path_factory.mktemp("artifacts")),
        "STORAGE_PATH_USE_TMP_FOLDER": "false",
        "NODE_ENV": "production",
        "HOST": "127.0.0.1",
    }
    with _server([program], environ) as url:
        yield f"turborepo+{url}"


class _server:
    """A process that listens on a free port, which its command ends in or its variable ``PORT`` tells."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = str(free.getsockname()[1])
        words = [*command, self.port] if command[-1] == "-p" else command
        self.process = subprocess.Popen(
            words,
            env={**os.environ, **environ, "PORT": self.port},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> str:
        try:
            until(self._listens, lambda: self.process.poll() is None, lambda: self.process.args)
        except BaseException:
            self.__exit__()
            raise
        return f"http://127.0.0.1:{self.port}"

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.port))) == 0

    def __exit__(self, *args: object) -> None:
        self.process.kill()
        self.process.wait()


def _keeps(store: Backend) -> None:
    assert store.get("entries/a/b") is None
    store.put("entries/a/b", b"data\0", new=True)
    store.put("large", b"x" * 3_000_000, new=False)
    store.put("empty", b"", new=True)
    assert store.get("entries/a/b") == b"data\0"
    assert (len(store.get("large") or b""), store.get("empty")) == (3_000_000, b"")
    store.put("entries/a/b", b"other", new=False)
    assert store.get("entries/a/b") == b"other"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_s3(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    store = backend_of("s3://bucket/results", os.environ, MINUTES)
    _keeps(store)
    store.put("entries/a/b", b"of a later writer", new=True)
    assert store.get("entries/a/b") == b"other"
    sizes = store.sizes()
    assert sizes is not None
    assert {name: size for name, (_, size) in sizes.items()} == {
        "entries/a/b": 5,
        "large": 3_000_000,
        "empty": 0,
    }
    store.delete(["entries/a/b", "large"])
    assert set(store.sizes() or {}) == {"empty"}
    missing = backend_of("s3://no-such-bucket/results", os.environ, MINUTES)
    with pytest.raises(StoreError):
        missing.put("a", b"data", new=True)


def test_turborepo(turborepo: str) -> None:
    _keeps(backend_of(f"{turborepo}?slug=team", {"TURBO_TOKEN": TOKEN}, MINUTES))
    with pytest.raises(StoreError, match="answers GET with 40"):
        backend_of(f"{turborepo}?slug=team", {"TURBO_TOKEN": "another"}, MINUTES).get("a")


@needs_traces
@pytest.mark.slow
def test_machines_share_results_by_s3(s3: dict[str, str], tmp_path: Path) -> None:
    machines = Machines(tmp_path, "s3://bucket/shared")
    first, second = machines.run(**s3), machines.run(**s3)
    assert (first.code, replayed(first)) == (0, 0), first.out
    assert (second.code, second.counts, replayed(second)) == (0, first.counts, 2), second.out
    machines.store = "s3://no-such-bucket/shared"
    missing = machines.run(**s3)
    assert (missing.code, missing.counts) == (0, first.counts)
    assert missing.out.count("warning: cached-store s3://no-such-bucket/shared: ") == 1, missing.out


@needs_traces
@pytest.mark.slow
def test_machines_share_results_by_a_turborepo_cache(turborepo: str, tmp_path: Path) -> None:
    machines = Machines(tmp_path, f"{turborepo}?slug=team")
    first, second = machines.run(), machines.run()
    assert (first.code, replayed(first)) == (0, 0), first.out
    assert (second.code, second.counts, replayed(second)) == (0, first.counts, 2), second.out
    refused = machines.run(TURBO_TOKEN="another")
    assert (refused.code, refused.out.count("warning: cached-store")) == (0, 1), refused.out
