"""``--cluster tls://…`` with certificates of one's own: who has none, or others, runs nothing."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.cluster import credentials
from pytest_monorepo.errors import MonorepoError
from tests.run.space import Space

from .machines import machines, need_dask

need_dask()
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

SUBJECT = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")


def certificates(folder: Path) -> dict[str, str]:
    """A new authority and a certificate of it, as the configuration that the how-to shows, in variables."""
    folder.mkdir()

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=acme")
    openssl(*new, "-keyout", "node.key", "-out", "node.csr", *SUBJECT)
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
    openssl("x509", "-req", "-in", "node.csr", *signed, "-out", "node.pem")
    start = "DASK_DISTRIBUTED__COMM__"
    found = {f"{start}REQUIRE_ENCRYPTION": "true", f"{start}TLS__CA_FILE": str(folder / "ca.pem")}
    for side in ("SCHEDULER", "WORKER", "CLIENT"):
        found[f"{start}TLS__{side}__CERT"] = str(folder / "node.pem")
        found[f"{start}TLS__{side}__KEY"] = str(folder / "node.key")
    return found


PREFIX = "distributed.comm.tls."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, None),
        ({"ca-file": None}, "no ca-file of TLS is set here"),
        ({"client.cert": None}, "no client.cert of TLS is set here"),
        ({"ca-file": None, "client.cert": None}, "no ca-file and no client.cert of TLS is set here"),
        ({"ca-file": "none.pem"}, "ca-file none.pem is not there"),
        ({"client.cert": "none.pem"}, "client.cert none.pem is not there"),
        ({"client.key": "none.key"}, "client.key none.key is not there"),
        ({"client.key": None}, "the certificates cannot be used"),
        ({"client.key": "ca.key"}, "the certificates cannot be used"),  # another certificate's
        ({"client.cert": "node.csr"}, "the certificates cannot be used"),
        ({"ca-file": "ca.key"}, "the certificates cannot be used"),
        ({"client.cert": "both.pem", "client.key": None}, None),
        ({"client.cert": "TEXT", "client.key": "TEXT"}, None),
    ],
)
def test_certificates_that_cannot_be_used_are_named(
    made: Path, monkeypatch: pytest.MonkeyPatch, changes: Mapping[str, str | None], said: str | None
) -> None:
    importlib.import_module("distributed")  # its defaults stand below what is set here
    dask: Any = importlib.import_module("dask")
    monkeypatch.chdir(made)
    usual = {"ca-file": "ca.pem", "client.cert": "node.pem", "client.key": "node.key"}
    both = (made / "both.pem").read_text()
    given = {name: both if value == "TEXT" else value for name, value in {**usual, **changes}.items()}
    with dask.config.set({PREFIX + name: value for name, value in given.items()}):
        if said is None:
            credentials.check("tls://there:1")
            return
        with pytest.raises(MonorepoError) as caught:
            credentials.check("tls://there:1")
    assert str(caught.value).startswith(f"--cluster tls://there:1: {said}")
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls") / "made"
    certificates(folder)
    text = (folder / "node.pem").read_text() + (folder / "node.key").read_text()
    (folder / "both.pem").write_text(text)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_who_has_the_certificates_runs_and_nobody_else(tmp_path: Path) -> None:
    ours, others = certificates(tmp_path / "ours"), certificates(tmp_path / "others")
    space = Space(tmp_path / "repo")
    space.root.mkdir()
    space.write({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    ran = tmp_path / "ran"
    space.projects({"a": f"def test_it(): open({str(ran)!r}, 'a').write('x')"})

    with machines(tmp_path / "dask", 1, environ=ours, protocol="tls") as there:
        address = json.loads(there.file.read_text())["address"]
        assert address.startswith("tls://")

        for environ, code in ((ours, 0), ({}, 4), (others, 4)):
            if code:  # who is refused tries again until then
                space.write({"pyproject.toml": "[tool.pytest-monorepo]\ncluster-wait = 5\n"})
            with space.environment(**environ):
                run = space.run("--cluster", address)
            assert run.code == code, run.out
            assert code == 0 or f"--cluster {address}: " in run.out
            run.lacks("Traceback", "never awaited")
        assert ran.read_text() == "x"
        assert not there.workers()
