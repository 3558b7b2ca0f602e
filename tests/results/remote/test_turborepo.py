"""The protocol of the Turborepo cache, against a server in this process."""

from __future__ import annotations

import hashlib
import urllib.parse

import pytest

from pytest_monorepo.errors import MonorepoError
from pytest_monorepo.results.remote import turborepo
from pytest_monorepo.results.remote.backend import StoreError
from pytest_monorepo.results.remote.turborepo import Turborepo
from tests.patience import MINUTES

from .servers import TOKEN, Artifacts, serving


def client(artifacts: Artifacts, query: str = "?teamId=team_one", **environ: str) -> Turborepo:
    environ = {"TURBO_TOKEN": TOKEN, **environ}
    return Turborepo.of(f"turborepo+{artifacts.url}{query}", environ, MINUTES)


def test_what_is_put_is_got() -> None:
    with serving(Artifacts()) as artifacts:
        store = client(artifacts)
        assert store.get("entries/a/b") is None
        store.put("entries/a/b", b"data\0more", new=True)
        assert store.get("entries/a/b") == b"data\0more"
        store.put("entries/a/b", b"", new=False)
        assert store.get("entries/a/b") == b""
        name = hashlib.sha256(b"entries/a/b").hexdigest()
        methods = ("GET", "PUT")
        assert set(artifacts.asked) == {(m, f"/v8/artifacts/{name}?teamId=team_one") for m in methods}
        assert all(headers["authorization"] == f"Bearer {TOKEN}" for headers in artifacts.headers)
        assert store.sizes() is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("query", "environ", "asked"),
    [
        ("?slug=my-team", {"TURBO_TEAM": "other"}, {"slug": "my-team"}),
        ("", {"TURBO_TEAM": "my-team"}, {"slug": "my-team"}),
        ("/", {"TURBO_TEAMID": "team_2"}, {"teamId": "team_2"}),
        ("/", {}, {}),
    ],
)
def test_the_team_is_in_the_address_or_in_turbos_variables(
    query: str, environ: dict[str, str], asked: dict[str, str]
) -> None:
    with serving(Artifacts()) as artifacts:
        client(artifacts, query, **environ).get("one")
        path = urllib.parse.urlsplit(artifacts.asked[0][1])
        assert path.path.startswith("/v8/artifacts/")
        assert dict(urllib.parse.parse_qsl(path.query)) == asked


@pytest.mark.parametrize("status", [400, 401, 403, 413, 429, 500, 507])
def test_any_other_answer_is_a_failure(status: int) -> None:
    with serving(Artifacts(answer=status)) as artifacts:
        with pytest.raises(StoreError, match=f"answers GET with {status}"):
            client(artifacts).get("one")
        with pytest.raises(StoreError, match=f"answers PUT with {status}"):
            client(artifacts).put("one", b"", new=True)
    with serving(Artifacts(answer=404)) as artifacts, pytest.raises(StoreError, match="PUT with 404"):
        client(artifacts).put("one", b"", new=True)


def test_the_token_does_not_follow_to_another_server() -> None:
    with serving(Artifacts()) as there, serving(Artifacts(redirect=there.url)) as here:
        client(there).put("one", b"data", new=True)
        there.headers.clear()
        assert client(here).get("one") == b"data"
        assert "authorization" in here.headers[0]
        assert "authorization" not in there.headers[0]


def test_a_server_that_is_not_there_is_a_failure() -> None:
    with serving(Artifacts()) as artifacts:
        pass
    with pytest.raises(StoreError, match="refused"):
        client(artifacts).get("one")


def test_an_object_that_is_too_large_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Artifacts()) as artifacts:
        client(artifacts).put("one", b"data", new=True)
        monkeypatch.setattr(turborepo, "LARGEST", 3)
        with pytest.raises(StoreError, match="too large"):
            client(artifacts).get("one")


@pytest.mark.parametrize(
    ("url", "token", "words"),
    [
        ("turborepo+ftp://host", "", "is no address"),
        ("turborepo+https://", "", "is no address"),
        ("turborepo+host", "", "is no address"),
        ("turborepo+https://[x", "", "is no address"),
        ("turborepo+https://[::1", "", "is no address"),
        ("turborepo+https://host:port", "", "is no address"),
        ("turborepo+https://host:99999", "", "is no address"),
        ("turborepo+https://host:0", "", "is no address"),
        ("turborepo+https://me:secret@host", "", "holds a password"),
        ("turborepo+https://host", "line\nbreak", "TURBO_TOKEN: holds characters"),
    ],
)
def test_what_is_no_address_is_said(url: str, token: str, words: str) -> None:
    with pytest.raises(MonorepoError) as error:
        Turborepo.of(url, {"TURBO_TOKEN": token}, 1)
    assert words in str(error.value)
    assert "secret" not in str(error.value)
    assert not token or token not in str(error.value)
