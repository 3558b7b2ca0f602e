"""Whether this run builds a pull request of a fork: what strangers' code has proved is nobody else's proof.

Where a CI says that it builds a pull request and not whose, it counts as a fork's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Environ = Mapping[str, str]


def fork_of(environ: Environ) -> str | None:
    """The variable that tells so, for the user; ``None`` for a build of the repository's own.

    Reads GitHub's event file, and nothing else but ``environ``.
    """
    for ci, tells in _CIS:
        if environ.get(ci) and (variable := tells(environ)) is not None:
            return variable
    return None


def _github(environ: Environ) -> str | None:
    # https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request, #workflow_run
    event = environ.get("GITHUB_EVENT_NAME", "")
    if not event.startswith(("pull_request", "workflow_run", "issue_comment")):
        return None
    payload = _event(environ.get("GITHUB_EVENT_PATH"))
    run, request = payload.get("workflow_run"), payload.get("pull_request")
    if event == "issue_comment":  # "/test" below somebody's pull request; the event does not say whose
        return "GITHUB_EVENT_NAME" if _get(payload, "issue", "pull_request") else None
    head = _get(run, "head_repository") if run else _get(request, "head", "repo")
    name, own = _get(head, "full_name"), environ.get("GITHUB_REPOSITORY")
    return None if name and name == own else "GITHUB_EVENT_PATH"


def _gitlab(environ: Environ) -> str | None:
    # https://docs.gitlab.com/ci/variables/predefined_variables/
    if not environ.get("CI_MERGE_REQUEST_IID"):
        return None
    return _differs(environ, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID")


def _buildkite(environ: Environ) -> str | None:
    # https://buildkite.com/docs/pipelines/configure/environment-variables
    if environ.get("BUILDKITE_PULL_REQUEST", "false") == "false":
        return None
    return _differs(environ, "BUILDKITE_PULL_REQUEST_REPO", "BUILDKITE_REPO")


def _circle(environ: Environ) -> str | None:
    # both are set for pull requests of forks alone: https://circleci.com/docs/reference/variables/
    return _set(environ, "CIRCLE_PR_REPONAME") or _set(environ, "CIRCLE_PR_USERNAME")


def _azure(environ: Environ) -> str | None:
    # https://learn.microsoft.com/azure/devops/pipelines/build/variables
    name = "SYSTEM_PULLREQUEST_ISFORK"
    return name if environ.get(name, "").lower() == "true" else None


def _travis(environ: Environ) -> str | None:
    # "false" in builds of a branch (docs.travis-ci.com/user/environment-variables)
    if environ.get("TRAVIS_PULL_REQUEST", "false") == "false":
        return None
    return _differs(environ, "TRAVIS_PULL_REQUEST_SLUG", "TRAVIS_REPO_SLUG")


def _appveyor(environ: Environ) -> str | None:
    # https://www.appveyor.com/docs/environment-variables/: the source repository as owner/name
    if not environ.get("APPVEYOR_PULL_REQUEST_NUMBER"):
        return None
    return _differs(environ, "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME", "APPVEYOR_REPO_NAME")


def _semaphore(environ: Environ) -> str | None:
    if environ.get("SEMAPHORE_GIT_REF_TYPE") != "pull-request":
        return None
    return _differs(environ, "SEMAPHORE_GIT_PR_SLUG", "SEMAPHORE_GIT_REPO_SLUG")


def _jenkins(environ: Environ) -> str | None:
    return _set(environ, "CHANGE_FORK")


def _codefresh(environ: Environ) -> str | None:
    name = "CF_PULL_REQUEST_IS_FORK"
    return name if environ.get(name, "").lower() == "true" else None


def _drone(environ: Environ) -> str | None:
    return "DRONE_PULL_REQUEST" if environ.get("DRONE_PULL_REQUEST") else None


def _woodpecker(environ: Environ) -> str | None:
    # https://woodpecker-ci.org/docs/usage/environment
    name = "CI_PIPELINE_EVENT"
    return name if environ.get(name, "").startswith("pull_request") else None


def _cirrus(environ: Environ) -> str | None:
    # https://cirrus-ci.org/guide/writing-tasks/#environment-variables: whose it is none of them says
    # (cirruslabs/cirrus-ci-docs#419)
    return _set(environ, "CIRRUS_PR")


_CIS: tuple[tuple[str, Callable[[Environ], str | None]], ...] = (
    ("GITHUB_ACTIONS", _github),
    ("GITLAB_CI", _gitlab),
    ("BUILDKITE", _buildkite),
    ("CIRCLECI", _circle),
    ("TF_BUILD", _azure),
    ("TRAVIS", _travis),
    ("APPVEYOR", _appveyor),
    ("SEMAPHORE", _semaphore),
    ("JENKINS_URL", _jenkins),
    ("CF_BUILD_ID", _codefresh),
    ("DRONE", _drone),
    ("CI_PIPELINE_EVENT", _woodpecker),
    ("CIRRUS_CI", _cirrus),
)


def _set(environ: Environ, name: str) -> str | None:
    return name if environ.get(name) else None


def _differs(environ: Environ, theirs: str, ours: str) -> str | None:
    """The name of the first unless both are set and name the same repository."""
    one, other = _repository(environ.get(theirs, "")), _repository(environ.get(ours, ""))
    return None if one and one == other else theirs


def _repository(address: str) -> str:
    """``git@host:team/repo.git`` and ``https://host/team/repo`` are the same."""
    bare = re.sub(r"^[a-z+]+://", "", address.strip()).rpartition("@")[2]
    return bare.replace(":", "/", 1).removesuffix("/").removesuffix(".git").lower()


def _event(path: str | None) -> dict[str, Any]:
    try:
        with open(path or "", encoding="utf-8") as stream:
            found = json.load(stream)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _get(data: Any, *names: str) -> Any:
    for name in names:
        data = data.get(name) if isinstance(data, dict) else None
    return data
