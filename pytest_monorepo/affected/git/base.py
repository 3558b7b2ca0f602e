"""The CI's own variables → the commit to compare with: a pure function of the environment.

Branches are those of ``origin``, which is what every CI named here calls its remote.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .branches import target_of
from .mergebase import NoMergeBase


class BaseRef(NamedTuple):
    """A base and where it comes from; ``otherwise`` is tried in order where ``ref`` is not in the clone."""

    ref: str
    source: str
    otherwise: tuple[str, ...] = ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """Every ref to try, best first."""
        return (self.ref, *self.otherwise)


def base_from_environment(environ: Mapping[str, str]) -> BaseRef | None:
    """The base that the CI's variables name; ``None`` outside of a CI, or where it says nothing.

    Reads GitHub's event file, and nothing else but ``environ``. Raises :class:`NoMergeBase` where the CI
    builds the default branch and does not say what was there before: compared with itself, nothing would run.
    """
    for ci, resolve in _RESOLVERS:
        if environ.get(ci):
            return resolve(environ)
    return None


def is_build(environ: Mapping[str, str]) -> bool:
    """Whether a CI runs this, known above or not.

    By the names that pytest goes by (``_pytest.compat.running_on_ci``), and those of CIs that set neither.
    """
    return any(environ.get(name, "").lower() not in ("", "0", "false") for name in _BUILDS)


def _github(environ: Mapping[str, str]) -> BaseRef | None:
    # https://docs.github.com/actions/reference/workflows-and-actions/variables, and the webhook payloads
    event = _github_event(environ)
    name = environ.get("GITHUB_EVENT_NAME", "")
    default = _text(event, "repository", "default_branch")
    if branch := environ.get("GITHUB_BASE_REF"):
        # the branch first: base.sha is its tip when the pull request was last synchronized
        sha = _text(event, "pull_request", "base", "sha")
        return _first("GITHUB_BASE_REF", f"origin/{branch}", sha)
    building = environ.get("GITHUB_REF_NAME", "") if environ.get("GITHUB_REF_TYPE") != "tag" else ""
    if target := _text(event, "merge_group", "base_ref"):
        # base_sha is the entry before, which a run of the head alone has to cover as well
        return BaseRef(f"origin/{target.removeprefix('refs/heads/')}", "merge_group.base_ref")
    if queued := target_of(building, default):
        return BaseRef(f"origin/{queued}", f"the merge queue's branch {building!r}")
    if sha := _text(event, "merge_group", "base_sha"):
        return BaseRef(sha, "merge_group.base_sha")
    if name == "push" and (before := _text(event, "before")) and not _zeros(before):
        # no second choice: after a push to it, origin/main is HEAD
        # https://docs.github.com/webhooks/webhook-events-and-payloads#push: what the push has replaced
        return BaseRef(before, "the push event's before")
    return _branch_build("GitHub", building, default, "repository.default_branch")


def _gitlab(environ: Mapping[str, str]) -> BaseRef | None:
    # https://docs.gitlab.com/ci/variables/predefined_variables/
    if branch := environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        # the target's commit is set in merged-results pipelines only, and exact there
        exact = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "")
        base = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
        if environ.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train":
            # in a train the target's commit is the car before
            return _first("the merge train's target", f"origin/{branch}", base)
        return _first("the merge request", exact, base, f"origin/{branch}")
    # a pull request on GitHub that GitLab builds (docs.gitlab.com/ci/ci_cd_for_external_repos)
    if branch := environ.get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"):
        exact = environ.get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", "")
        return _first("the external pull request", exact, f"origin/{branch}")
    building, default = environ.get("CI_COMMIT_BRANCH", ""), environ.get("CI_DEFAULT_BRANCH", "")
    if queued := target_of(building, default):
        return BaseRef(f"origin/{queued}", f"the merge queue's branch {building!r}")
    before = environ.get("CI_COMMIT_BEFORE_SHA", "")
    # zeros in merge request pipelines, for a new branch, and where a person or a schedule has started it
    # (gitlab-org/gitlab#493695)
    if before and not _zeros(before):
        return BaseRef(before, "CI_COMMIT_BEFORE_SHA")
    return _branch_build("GitLab", building, default, "CI_DEFAULT_BRANCH")


def _bitbucket(environ: Mapping[str, str]) -> BaseRef | None:
    # https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/; the clone has one branch
    # only, and the destination's commit is merged into it
    if branch := environ.get("BITBUCKET_PR_DESTINATION_BRANCH"):
        commit = environ.get("BITBUCKET_PR_DESTINATION_COMMIT", "")
        return _first("the pull request's destination", commit, f"origin/{branch}")
    return None


def _buildkite(environ: Mapping[str, str]) -> BaseRef | None:
    # https://buildkite.com/docs/pipelines/configure/environment-variables
    if branch := environ.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH"):
        return BaseRef(f"origin/{branch}", "BUILDKITE_PULL_REQUEST_BASE_BRANCH")
    # https://buildkite.com/docs/tutorials/github-merge-queue; its base commit is the entry before
    if branch := environ.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH"):
        return BaseRef(f"origin/{branch}", "BUILDKITE_MERGE_QUEUE_BASE_BRANCH")
    default = environ.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH", "")
    building = environ.get("BUILDKITE_BRANCH", "")
    if queued := target_of(building, default):
        return BaseRef(f"origin/{queued}", f"the merge queue's branch {building!r}")
    return _branch_build("Buildkite", building, default, "BUILDKITE_PIPELINE_DEFAULT_BRANCH")


def _circleci(environ: Mapping[str, str]) -> BaseRef | None:
    # https://circleci.com/docs/guides/orchestrate/pipeline-variables
    # CircleCI has the base as a pipeline value and in no variable of its own: the job's configuration sets
    # CIRCLE_BASE_REVISION: << pipeline.git.base_revision >>
    building = environ.get("CIRCLE_BRANCH", "")
    if queued := target_of(building, ""):
        return BaseRef(f"origin/{queued}", f"the merge queue's branch {building!r}")
    revision = environ.get("CIRCLE_BASE_REVISION", "")
    return BaseRef(revision, "CIRCLE_BASE_REVISION") if revision and not _zeros(revision) else None


def _azure(environ: Mapping[str, str]) -> BaseRef | None:
    # https://learn.microsoft.com/azure/devops/pipelines/build/variables
    # System.PullRequest.TargetBranch: refs/heads/main, or main for repositories on GitHub
    branch = environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "").removeprefix("refs/heads/")
    building = environ.get("BUILD_SOURCEBRANCH", "")
    if not branch and (queued := target_of(building, "")):
        return BaseRef(f"origin/{queued}", f"the merge queue's branch {building!r}")
    return BaseRef(f"origin/{branch}", "SYSTEM_PULLREQUEST_TARGETBRANCH") if branch else None


def _prow(environ: Mapping[str, str]) -> BaseRef | None:
    # https://docs.prow.k8s.io/docs/jobs/#job-environment-variables; it is before a whole batch of
    # Tide's. There is no remote: clonerefs merges into a local branch that is called like the target
    return _first("PULL_BASE_SHA", environ.get("PULL_BASE_SHA", ""))


def _request(variable: str, *, only_if: str = "", otherwise: str = "") -> _Resolver:
    """A CI that names the target branch of a pull request in one variable, for a build of one alone.

    ``only_if`` is set in such builds; in ``otherwise`` is a range of commits that begins with the target's.
    """

    def resolve(environ: Mapping[str, str]) -> BaseRef | None:
        branch = environ.get(variable, "").removeprefix("refs/heads/")
        if not branch or (only_if and environ.get(only_if, "").lower() in ("", "false")):
            return None
        return _first(variable, f"origin/{branch}", environ.get(otherwise, "").partition("..")[0])

    return resolve


_Resolver = Callable[[Mapping[str, str]], "BaseRef | None"]
_RESOLVERS: tuple[tuple[str, _Resolver], ...] = (
    ("GITHUB_ACTIONS", _github),
    ("GITLAB_CI", _gitlab),
    ("BITBUCKET_BUILD_NUMBER", _bitbucket),
    ("BUILDKITE", _buildkite),
    ("CIRCLECI", _circleci),
    ("TF_BUILD", _azure),
    ("PROW_JOB_ID", _prow),
    # https://www.jenkins.io/doc/book/pipeline/multibranch/#additional-environment-variables
    ("JENKINS_URL", _request("CHANGE_TARGET")),
    # https://docs.travis-ci.com/user/environment-variables/: of a push it is the branch that is built
    ("TRAVIS", _request("TRAVIS_BRANCH", only_if="TRAVIS_PULL_REQUEST", otherwise="TRAVIS_COMMIT_RANGE")),
    # https://woodpecker-ci.org/docs/usage/environment, and Drone's, of which it is a fork
    ("CI_COMMIT_TARGET_BRANCH", _request("CI_COMMIT_TARGET_BRANCH")),
    ("DRONE", _request("DRONE_TARGET_BRANCH", only_if="DRONE_PULL_REQUEST")),
    # https://www.appveyor.com/docs/environment-variables/
    ("APPVEYOR", _request("APPVEYOR_REPO_BRANCH", only_if="APPVEYOR_PULL_REQUEST_NUMBER")),
    # https://cirrus-ci.org/guide/writing-tasks/#environment-variables
    ("CIRRUS_CI", _request("CIRRUS_BASE_BRANCH")),
    # https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
    ("CODEBUILD_BUILD_ID", _request("CODEBUILD_WEBHOOK_BASE_REF")),
    # https://docs.semaphoreci.com/reference/env-vars: of a pull request the branch is its target
    ("SEMAPHORE", _request("SEMAPHORE_GIT_BRANCH", only_if="SEMAPHORE_GIT_PR_NUMBER")),
)
_BUILDS = ("CI", "BUILD_NUMBER", *(ci for ci, _ in _RESOLVERS))


def _first(source: str, *refs: str) -> BaseRef | None:
    known = [ref for ref in refs if ref and not _zeros(ref)]
    return BaseRef(known[0], source, tuple(known[1:])) if known else None


def _branch_build(ci: str, building: str, default: str, source: str) -> BaseRef | None:
    if not default:
        return None
    if building == default:
        raise NoMergeBase(
            f"{ci} builds {building!r}, the default branch, and does not say what was there before: "
            "name a base to select by (--affected REF)"
        )
    return BaseRef(f"origin/{default}", source)


def _zeros(commit: str) -> bool:
    return not commit.strip("0")


def _github_event(environ: Mapping[str, str]) -> Mapping[str, Any]:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            event = json.load(file)
    except (OSError, ValueError) as error:
        raise NoMergeBase(
            f"cannot read the event in {path!r} (GITHUB_EVENT_PATH): {error}; name a base (--affected REF)"
        ) from error
    return event if isinstance(event, dict) else {}


def _text(event: object, *keys: str) -> str:
    for key in keys:
        event = event.get(key) if isinstance(event, dict) else None
    return event if isinstance(event, str) else ""
