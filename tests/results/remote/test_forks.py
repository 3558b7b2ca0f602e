"""Whose pull request is built, as each CI's variables tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.results.remote.forks import fork_of

OURS, THEIRS = {"full_name": "team/repo"}, {"full_name": "stranger/repo"}


@pytest.mark.parametrize(
    ("name", "event", "fork"),
    [
        ("push", {}, False),
        ("schedule", {}, False),
        ("pull_request", {"pull_request": {"head": {"repo": OURS}}}, False),
        ("pull_request", {"pull_request": {"head": {"repo": THEIRS}}}, True),
        ("pull_request_target", {"pull_request": {"head": {"repo": THEIRS}}}, True),
        ("pull_request_review", {"pull_request": {"head": {"repo": THEIRS}}}, True),
        ("pull_request", {"pull_request": {"head": {"repo": None}}}, True),  # the fork is deleted
        ("pull_request", {}, True),
        ("workflow_run", {"workflow_run": {"head_repository": OURS}}, False),
        ("workflow_run", {"workflow_run": {"head_repository": THEIRS}}, True),
        ("issue_comment", {"issue": {"pull_request": {"url": "…"}}}, True),
        ("issue_comment", {"issue": {}}, False),
    ],
)
def test_github(tmp_path: Path, name: str, event: dict[str, Any], fork: bool) -> None:
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event))
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_REPOSITORY": "team/repo",
    }
    assert (fork_of(environ) is not None) == fork


def test_an_event_that_cannot_be_read_is_a_forks(tmp_path: Path) -> None:
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REPOSITORY": "team/repo",
    }
    for text in ("", "[]", '{"pull_request": 3}'):
        file = tmp_path / "event.json"
        file.write_text(text)
        assert fork_of({**environ, "GITHUB_EVENT_PATH": str(file)}) == "GITHUB_EVENT_PATH"
    assert fork_of(environ) == "GITHUB_EVENT_PATH"


GITLAB = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_IID": "3", "CI_MERGE_REQUEST_PROJECT_ID": "1"}
BUILDKITE = {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST": "3", "BUILDKITE_REPO": "git@host:team/repo.git"}
TRAVIS = {"TRAVIS": "true", "TRAVIS_PULL_REQUEST": "3", "TRAVIS_REPO_SLUG": "team/repo"}
APPVEYOR = {"APPVEYOR": "True", "APPVEYOR_PULL_REQUEST_NUMBER": "3", "APPVEYOR_REPO_NAME": "team/repo"}
SEMAPHORE = {
    "SEMAPHORE": "true",
    "SEMAPHORE_GIT_REF_TYPE": "pull-request",
    "SEMAPHORE_GIT_REPO_SLUG": "team/repo",
}


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({}, None),
        ({"GITLAB_CI": "true"}, None),
        ({**GITLAB, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1"}, None),
        ({**GITLAB, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "2"}, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
        (GITLAB, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID"),
        ({**BUILDKITE, "BUILDKITE_PULL_REQUEST": "false"}, None),
        ({**BUILDKITE, "BUILDKITE_PULL_REQUEST_REPO": "https://host/team/repo"}, None),
        (
            {**BUILDKITE, "BUILDKITE_PULL_REQUEST_REPO": "git://host/other/repo.git"},
            "BUILDKITE_PULL_REQUEST_REPO",
        ),
        (BUILDKITE, "BUILDKITE_PULL_REQUEST_REPO"),
        ({"CIRCLECI": "true", "CIRCLE_PULL_REQUEST": "…/3"}, None),
        ({"CIRCLECI": "true", "CIRCLE_PR_REPONAME": "repo"}, "CIRCLE_PR_REPONAME"),
        ({"CIRCLECI": "true", "CIRCLE_PR_USERNAME": "stranger"}, "CIRCLE_PR_USERNAME"),
        ({"TF_BUILD": "True", "SYSTEM_PULLREQUEST_ISFORK": "False"}, None),
        ({"TF_BUILD": "True", "SYSTEM_PULLREQUEST_ISFORK": "True"}, "SYSTEM_PULLREQUEST_ISFORK"),
        ({**TRAVIS, "TRAVIS_PULL_REQUEST_SLUG": "team/repo"}, None),
        ({**TRAVIS, "TRAVIS_PULL_REQUEST_SLUG": "stranger/repo"}, "TRAVIS_PULL_REQUEST_SLUG"),
        ({**APPVEYOR, "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME": "team/repo"}, None),
        (APPVEYOR, "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME"),
        ({**SEMAPHORE, "SEMAPHORE_GIT_PR_SLUG": "team/repo"}, None),
        ({**SEMAPHORE, "SEMAPHORE_GIT_PR_SLUG": "stranger/repo"}, "SEMAPHORE_GIT_PR_SLUG"),
        ({"JENKINS_URL": "…", "CHANGE_ID": "3"}, None),
        ({"JENKINS_URL": "…", "CHANGE_ID": "3", "CHANGE_FORK": "stranger"}, "CHANGE_FORK"),
        ({"CF_BUILD_ID": "1", "CF_PULL_REQUEST_IS_FORK": "true"}, "CF_PULL_REQUEST_IS_FORK"),
        ({"CF_BUILD_ID": "1", "CF_PULL_REQUEST_IS_FORK": "false"}, None),
        ({"DRONE": "true"}, None),
        ({"DRONE": "true", "DRONE_PULL_REQUEST": "3"}, "DRONE_PULL_REQUEST"),
        ({"CI_PIPELINE_EVENT": "push"}, None),
        ({"CI_PIPELINE_EVENT": "pull_request"}, "CI_PIPELINE_EVENT"),
        ({"CIRRUS_CI": "true", "CIRRUS_PR": "3"}, "CIRRUS_PR"),
    ],
)
def test_other_cis(environ: dict[str, str], variable: str | None) -> None:
    assert fork_of(environ) == variable
