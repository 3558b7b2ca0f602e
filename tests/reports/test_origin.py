from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_monorepo.affected.git.checkout import Checkout, checkout, without_user
from pytest_monorepo.reports.origin import ci_page, origin, web_address

GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/shop",
    "GITHUB_RUN_ID": "7",
    "GITHUB_REF_NAME": "9/merge",
    "GITHUB_HEAD_REF": "topic",
}
GITLAB = {
    "CI_JOB_URL": "https://git.acme.io/shop/-/jobs/3",
    "CI_PROJECT_URL": "https://git.acme.io/shop",
    "CI_COMMIT_REF_NAME": "topic",
}
BUILDKITE = {"BUILDKITE_BUILD_URL": "https://buildkite.com/a/b/1", "BUILDKITE_JOB_ID": "x"}
AZURE = {
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "shop",
    "BUILD_BUILDID": "5",
    "BUILD_SOURCEBRANCH": "refs/heads/main",
}


@pytest.mark.parametrize(
    ("environ", "page"),
    [
        ({}, ""),
        (GITHUB, "https://github.com/acme/shop/actions/runs/7"),
        (GITLAB, "https://git.acme.io/shop/-/jobs/3"),
        (BUILDKITE, "https://buildkite.com/a/b/1#x"),
        ({"CIRCLE_BUILD_URL": "https://circleci.com/gh/a/b/1"}, "https://circleci.com/gh/a/b/1"),
        (
            {"BITBUCKET_REPO_FULL_NAME": "a/b", "BITBUCKET_BUILD_NUMBER": "4"},
            "https://bitbucket.org/a/b/pipelines/results/4",
        ),
        (AZURE, "https://dev.azure.com/acme/shop/_build/results?buildId=5"),
        ({"BUILD_URL": "https://ci.acme.io/job/1/"}, "https://ci.acme.io/job/1"),
        ({"BUILD_URL": "javascript:alert(1)"}, ""),
        ({"GITHUB_SERVER_URL": "https://github.com"}, ""),
    ],
)
def test_the_page_of_the_run(environ: Mapping[str, str], page: str) -> None:
    assert ci_page(environ) == page


@pytest.mark.parametrize(
    ("environ", "remote", "shown", "branch"),
    [
        (GITHUB, "", "https://github.com/acme/shop/blob/c0/ws/a%20b.py#L3", "topic"),
        (GITLAB, "", "https://git.acme.io/shop/-/blob/c0/ws/a%20b.py#L3", "topic"),
        (
            BUILDKITE,
            "git@github.com:acme/shop.git",
            "https://github.com/acme/shop/blob/c0/ws/a%20b.py#L3",
            "m",
        ),
        (AZURE, "https://gitlab.com/a/b.git", "https://gitlab.com/a/b/-/blob/c0/ws/a%20b.py#L3", "main"),
        (AZURE, "https://example.org/a/b.git", "", "main"),
        ({}, "git@github.com:acme/shop.git", "file:///here/a%20b.py", "m"),
    ],
)
def test_where_a_source_is_shown(environ: Mapping[str, str], remote: str, shown: str, branch: str) -> None:
    """On a desk the file itself: the commit may not be pushed."""
    found = origin(Checkout("c0", "t0", "m", False, remote), ["pytest", "a b"], environ, "ws", "file:///here")
    assert (found.source("a b.py", 3), found.branch, found.command) == (shown, branch, "pytest 'a b'")
    assert origin(Checkout(), [], GITHUB).source("a.py") == ""


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("git@github.com:acme/shop.git", "https://github.com/acme/shop"),
        ("https://github.com/acme/shop/", "https://github.com/acme/shop"),
        ("ssh://git@gitlab.com:22/a/b/c.git", "https://gitlab.com/a/b/c"),
        ("/srv/git/shop.git", ""),
        ("../shop", ""),
        ("", ""),
    ],
)
def test_remotes(remote: str, address: str) -> None:
    assert web_address(remote) == address


def test_tokens_are_not_told() -> None:
    assert without_user("https://oauth2:s3cret@gitlab.com/a/b.git") == "https://gitlab.com/a/b.git"
    assert without_user("git@github.com:a/b.git") == "git@github.com:a/b.git"


def test_what_is_checked_out(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        name = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        run = subprocess.run(["git", *name, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        return run.stdout.strip()

    assert checkout(tmp_path) == Checkout()
    git("init", "-q", "-b", "main")
    assert checkout(tmp_path) == Checkout()  # no commit yet
    (tmp_path / "a").write_text("a")
    git("add", "a")
    git("commit", "-qm", "one")
    commit, tree = git("rev-parse", "HEAD"), git("rev-parse", "HEAD^{tree}")
    assert checkout(tmp_path) == Checkout(commit, tree, "main")
    git("remote", "add", "origin", "https://me:word@github.com/a/b.git")
    git("checkout", "-q", "--detach")
    (tmp_path / "a").write_text("b")
    assert checkout(tmp_path) == Checkout(commit, tree, "", True, "https://github.com/a/b.git")
