from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_monorepo.affected.git.base import BaseRef, base_from_environment, is_build
from pytest_monorepo.affected.git.difference import changes
from pytest_monorepo.affected.git.mergebase import NoMergeBase
from tests.affected.conftest import Repository, clone_of

SHA = "1234567890abcdef1234567890abcdef12345678"
TARGET = "fedcba0987654321fedcba0987654321fedcba09"
ZEROS = "0" * 40

Event = Callable[[object], dict[str, str]]


@pytest.fixture
def github(tmp_path: Path) -> Event:
    """Variables of a GitHub job whose event file holds this payload."""

    def variables(payload: object) -> dict[str, str]:
        file = tmp_path / "event.json"
        file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
        return {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(file)}

    return variables


class TestGitHub:
    def test_pull_request(self, github: Event) -> None:
        environ = github({"pull_request": {"base": {"sha": SHA, "ref": "main"}}})
        environ |= {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_BASE_REF": "main"}
        assert base_from_environment(environ) == BaseRef("origin/main", "GITHUB_BASE_REF", (SHA,))

    def test_pull_request_without_its_event(self) -> None:
        environ = {"GITHUB_ACTIONS": "true", "GITHUB_BASE_REF": "release/1.x"}
        assert base_from_environment(environ) == BaseRef("origin/release/1.x", "GITHUB_BASE_REF")

    def test_push(self, github: Event) -> None:
        environ = github({"before": SHA, "repository": {"default_branch": "main"}})
        environ |= {"GITHUB_EVENT_NAME": "push", "GITHUB_BASE_REF": "", "GITHUB_REF_NAME": "main"}
        assert base_from_environment(environ) == BaseRef(SHA, "the push event's before")

    @pytest.mark.parametrize("kind", ["branch", "tag"])
    def test_first_push_of_a_branch_or_tag(self, github: Event, kind: str) -> None:
        environ = github({"before": ZEROS, "repository": {"default_branch": "trunk"}})
        name = "feature" if kind == "branch" else "trunk"
        environ |= {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": name, "GITHUB_REF_TYPE": kind}
        assert base_from_environment(environ) == BaseRef("origin/trunk", "repository.default_branch")

    @pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
    def test_the_default_branch_is_not_compared_with_itself(self, github: Event, event: str) -> None:
        environ = github({"before": ZEROS, "repository": {"default_branch": "main"}})
        environ |= {"GITHUB_EVENT_NAME": event, "GITHUB_REF_NAME": "main", "GITHUB_REF_TYPE": "branch"}
        with pytest.raises(NoMergeBase, match=r"GitHub builds 'main', the default branch.*--affected REF"):
            base_from_environment(environ)

    def test_merge_queue(self, github: Event) -> None:
        environ = github({"merge_group": {"base_sha": SHA, "base_ref": "refs/heads/release/1.x"}})
        environ |= {"GITHUB_EVENT_NAME": "merge_group"}
        assert base_from_environment(environ) == BaseRef("origin/release/1.x", "merge_group.base_ref")

    def test_an_event_that_names_no_branch_of_the_queue(self, github: Event) -> None:
        environ = github({"merge_group": {"base_sha": SHA}}) | {"GITHUB_EVENT_NAME": "merge_group"}
        assert base_from_environment(environ) == BaseRef(SHA, "merge_group.base_sha")
        environ |= {"GITHUB_REF_NAME": f"gh-readonly-queue/main/pr-7-{SHA}"}
        found = base_from_environment(environ)
        assert found is not None
        assert found.candidates == ("origin/main",)

    @pytest.mark.parametrize("branch", ["staging", "trying", "auto", "mergify/merge-queue/1234abcd"])
    def test_a_batch_of_a_queue_is_not_compared_with_the_batch_before(
        self, github: Event, branch: str
    ) -> None:
        environ = github({"before": SHA, "repository": {"default_branch": "trunk"}})
        environ |= {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": branch, "GITHUB_REF_TYPE": "branch"}
        found = base_from_environment(environ)
        assert found is not None
        assert found.candidates == ("origin/trunk",)

    def test_a_default_branch_called_like_a_queue_is_none(self, github: Event) -> None:
        environ = github({"before": SHA, "repository": {"default_branch": "staging"}})
        environ |= {"GITHUB_EVENT_NAME": "push", "GITHUB_REF_NAME": "staging", "GITHUB_REF_TYPE": "branch"}
        assert base_from_environment(environ) == BaseRef(SHA, "the push event's before")

    @pytest.mark.parametrize("payload", ["{broken", "\udcff".encode("utf-8", "surrogateescape").hex() + "{"])
    def test_an_event_that_cannot_be_read(self, github: Event, payload: str) -> None:
        with pytest.raises(NoMergeBase, match="GITHUB_EVENT_PATH"):
            base_from_environment(github(payload))
        with pytest.raises(NoMergeBase, match="GITHUB_EVENT_PATH"):
            base_from_environment({"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": "/nonexistent/event.json"})

    @pytest.mark.parametrize("payload", [[], {}, {"merge_group": 1, "before": None, "repository": []}])
    def test_an_event_that_says_nothing(self, github: Event, payload: object) -> None:
        assert base_from_environment(github(payload) | {"GITHUB_EVENT_NAME": "push"}) is None


class TestGitLab:
    def test_merge_request(self) -> None:
        environ = {
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": "",
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": SHA,
            "CI_COMMIT_BEFORE_SHA": ZEROS,
        }
        assert base_from_environment(environ) == BaseRef(SHA, "the merge request", ("origin/main",))

    def test_merged_results(self) -> None:
        environ = {
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": TARGET,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": SHA,
        }
        found = base_from_environment(environ)
        assert found is not None
        assert found.candidates == (TARGET, SHA, "origin/main")

    def test_merge_train(self) -> None:
        environ = {
            "GITLAB_CI": "true",
            "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train",
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
            "CI_MERGE_REQUEST_TARGET_BRANCH_SHA": TARGET,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": SHA,
        }
        assert base_from_environment(environ) == BaseRef("origin/main", "the merge train's target", (SHA,))

    def test_push(self) -> None:
        environ = {"GITLAB_CI": "true", "CI_COMMIT_BEFORE_SHA": SHA, "CI_DEFAULT_BRANCH": "main"}
        assert base_from_environment(environ) == BaseRef(SHA, "CI_COMMIT_BEFORE_SHA")

    def test_a_pull_request_elsewhere(self) -> None:
        environ = {
            "GITLAB_CI": "true",
            "CI_COMMIT_BRANCH": "feature",
            "CI_COMMIT_BEFORE_SHA": SHA,
            "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME": "main",
        }
        assert base_from_environment(environ) == BaseRef("origin/main", "the external pull request")
        environ |= {"CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA": TARGET}
        found = base_from_environment(environ)
        assert found is not None
        assert found.candidates == (TARGET, "origin/main")

    def test_first_push_of_a_branch(self) -> None:
        environ = {
            "GITLAB_CI": "true",
            "CI_COMMIT_BEFORE_SHA": ZEROS,
            "CI_COMMIT_BRANCH": "feature",
            "CI_DEFAULT_BRANCH": "main",
        }
        assert base_from_environment(environ) == BaseRef("origin/main", "CI_DEFAULT_BRANCH")
        with pytest.raises(NoMergeBase, match="GitLab builds 'main'"):
            base_from_environment({**environ, "CI_COMMIT_BRANCH": "main"})


class TestOthers:
    def test_bitbucket(self) -> None:
        environ = {
            "BITBUCKET_BUILD_NUMBER": "7",
            "BITBUCKET_PR_DESTINATION_BRANCH": "main",
            "BITBUCKET_PR_DESTINATION_COMMIT": "1234567890ab",
        }
        found = base_from_environment(environ)
        assert found == BaseRef("1234567890ab", "the pull request's destination", ("origin/main",))
        assert base_from_environment({"BITBUCKET_BUILD_NUMBER": "7"}) is None

    def test_buildkite(self) -> None:
        environ = {"BUILDKITE": "true", "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "main"}
        pull_request = {**environ, "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "develop"}
        found = base_from_environment(pull_request)
        assert found == BaseRef("origin/develop", "BUILDKITE_PULL_REQUEST_BASE_BRANCH")
        branch = {**environ, "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "", "BUILDKITE_BRANCH": "feature"}
        assert base_from_environment(branch) == BaseRef("origin/main", "BUILDKITE_PIPELINE_DEFAULT_BRANCH")
        with pytest.raises(NoMergeBase, match="Buildkite builds 'main'"):
            base_from_environment({**environ, "BUILDKITE_BRANCH": "main"})

    def test_circleci(self) -> None:
        environ = {"CIRCLECI": "true", "CIRCLE_BASE_REVISION": SHA}
        assert base_from_environment(environ) == BaseRef(SHA, "CIRCLE_BASE_REVISION")
        assert base_from_environment({"CIRCLECI": "true"}) is None
        assert base_from_environment({"CIRCLECI": "true", "CIRCLE_BASE_REVISION": ZEROS}) is None

    @pytest.mark.parametrize("target", ["refs/heads/release/2", "release/2"])
    def test_azure(self, target: str) -> None:
        environ = {"TF_BUILD": "True", "SYSTEM_PULLREQUEST_TARGETBRANCH": target}
        assert base_from_environment(environ) == BaseRef(
            "origin/release/2", "SYSTEM_PULLREQUEST_TARGETBRANCH"
        )
        assert base_from_environment({"TF_BUILD": "True"}) is None

    @pytest.mark.parametrize(
        "environ",
        [
            {"BUILDKITE": "true", "BUILDKITE_BRANCH": "QUEUE", "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "main"},
            {"BUILDKITE": "true", "BUILDKITE_MERGE_QUEUE_BASE_BRANCH": "release/2"},
            {"CIRCLECI": "true", "CIRCLE_BRANCH": "QUEUE", "CIRCLE_BASE_REVISION": SHA},
            {"TF_BUILD": "True", "BUILD_SOURCEBRANCH": "refs/heads/QUEUE"},
            {"GITLAB_CI": "true", "CI_COMMIT_BRANCH": "QUEUE", "CI_COMMIT_BEFORE_SHA": SHA},
        ],
        ids=lambda environ: next(iter(environ)),
    )
    def test_a_queue_of_githubs_that_another_ci_builds(self, environ: dict[str, str]) -> None:
        queue = f"gh-readonly-queue/release/2/pr-12-{SHA}"
        found = base_from_environment({key: v.replace("QUEUE", queue) for key, v in environ.items()})
        assert found is not None
        assert found.candidates == ("origin/release/2",)

    @pytest.mark.parametrize("kind", ["presubmit", "batch"])
    def test_prow(self, kind: str) -> None:
        environ = {"PROW_JOB_ID": "7", "JOB_TYPE": kind, "PULL_BASE_REF": "main", "PULL_BASE_SHA": SHA}
        assert base_from_environment(environ) == BaseRef(SHA, "PULL_BASE_SHA")
        assert base_from_environment({"PROW_JOB_ID": "7", "JOB_TYPE": "periodic"}) is None

    def test_no_ci(self) -> None:
        assert base_from_environment({}) is None
        # a name that happens to be set outside of its CI says nothing
        assert base_from_environment({"GITHUB_BASE_REF": "main", "CI_COMMIT_BEFORE_SHA": SHA}) is None


def test_a_pull_request_checked_out_as_its_merge_commit(
    feature: Repository, tmp_path: Path, github: Event
) -> None:
    """actions/checkout with fetch-depth: 0 checks out refs/pull/N/merge, detached."""
    feature.git("switch", "--quiet", "--create", "merge", "main")
    feature.git("merge", "--quiet", "--no-edit", "feature")
    checkout = clone_of(feature, tmp_path / "checkout", "--branch=merge")
    checkout.git("switch", "--quiet", "--detach")
    environ = github({"pull_request": {"base": {"sha": feature.git("rev-parse", "base")}}})
    base = base_from_environment(environ | {"GITHUB_BASE_REF": "main"})
    assert base is not None
    for ref in base.candidates:
        assert "libs/core/core.py" in changes(checkout.path, ref, source=base.source).paths
    # the branch is exact; the hash is from before main went on
    assert changes(checkout.path, base.ref, source=base.source).paths == ("libs/core/core.py",)


def test_the_head_of_a_merge_queue_covers_the_entries_before_it(
    two_projects: Repository, tmp_path: Path, github: Event
) -> None:
    """Where only the head must pass, the first entry is tested by nobody else."""
    two_projects.git("switch", "--quiet", "--create", "queue")
    first = two_projects.commit("libs/core/core.py", text="entry 1\n")
    two_projects.commit("libs/http/http.py", text="entry 2\n")
    checkout = clone_of(two_projects, tmp_path / "checkout", "--branch=queue")
    environ = github({"merge_group": {"base_sha": first, "base_ref": "refs/heads/main"}})
    base = base_from_environment(environ | {"GITHUB_EVENT_NAME": "merge_group"})
    assert base is not None
    found = changes(checkout.path, base.ref, source=base.source)
    assert found.paths == ("libs/core/core.py", "libs/http/http.py")


REQUESTS = [
    ({"JENKINS_URL": "x", "CHANGE_TARGET": "release/1"}, BaseRef("origin/release/1", "CHANGE_TARGET")),
    ({"JENKINS_URL": "x", "BRANCH_NAME": "main"}, None),
    (
        {
            "TRAVIS": "true",
            "TRAVIS_BRANCH": "next",
            "TRAVIS_PULL_REQUEST": "7",
            "TRAVIS_COMMIT_RANGE": f"{SHA}...{TARGET}",
        },
        BaseRef("origin/next", "TRAVIS_BRANCH", (SHA,)),
    ),
    ({"TRAVIS": "true", "TRAVIS_BRANCH": "next", "TRAVIS_PULL_REQUEST": "false"}, None),
    (
        {"CI": "woodpecker", "CI_COMMIT_TARGET_BRANCH": "next"},
        BaseRef("origin/next", "CI_COMMIT_TARGET_BRANCH"),
    ),
    ({"CI": "woodpecker", "CI_COMMIT_TARGET_BRANCH": ""}, None),
    (
        {"DRONE": "true", "DRONE_TARGET_BRANCH": "next", "DRONE_PULL_REQUEST": "3"},
        BaseRef("origin/next", "DRONE_TARGET_BRANCH"),
    ),
    ({"DRONE": "true", "DRONE_TARGET_BRANCH": "next"}, None),
    (
        {"APPVEYOR": "True", "APPVEYOR_REPO_BRANCH": "next", "APPVEYOR_PULL_REQUEST_NUMBER": "3"},
        BaseRef("origin/next", "APPVEYOR_REPO_BRANCH"),
    ),
    ({"APPVEYOR": "True", "APPVEYOR_REPO_BRANCH": "next"}, None),
    ({"CIRRUS_CI": "true", "CIRRUS_BASE_BRANCH": "next"}, BaseRef("origin/next", "CIRRUS_BASE_BRANCH")),
    (
        {"CODEBUILD_BUILD_ID": "x", "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/next"},
        BaseRef("origin/next", "CODEBUILD_WEBHOOK_BASE_REF"),
    ),
    (
        {"SEMAPHORE": "true", "SEMAPHORE_GIT_BRANCH": "next", "SEMAPHORE_GIT_PR_NUMBER": "3"},
        BaseRef("origin/next", "SEMAPHORE_GIT_BRANCH"),
    ),
    ({"SEMAPHORE": "true", "SEMAPHORE_GIT_BRANCH": "next"}, None),
]


@pytest.mark.parametrize(("environ", "base"), REQUESTS)
def test_a_ci_that_names_the_target_of_a_pull_request(environ: dict[str, str], base: BaseRef | None) -> None:
    assert base_from_environment(environ) == base
    assert is_build(environ)
