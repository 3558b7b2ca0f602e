"""Where a run comes from: commit, branch, command, the CI's page, and where its sources are shown.

A pure function of what git and the CI's own variables say:
https://docs.github.com/actions/reference/workflows-and-actions/variables,
https://docs.gitlab.com/ci/variables/predefined_variables/,
https://buildkite.com/docs/pipelines/configure/environment-variables,
https://circleci.com/docs/reference/variables/,
https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/,
https://learn.microsoft.com/azure/devops/pipelines/build/variables
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import field
from urllib.parse import quote

from pytest_monorepo.affected.git.checkout import Checkout
from pytest_monorepo.value import value


@value(frozen=True)
class Origin:
    """``command`` is what was typed, as a shell reads it; ``page`` the CI's own page of the run, or empty.

    ``prefix`` is the workspace's folder in the repository, ``shown`` the address below which the repository's
    files of this commit are shown, or empty. ``local`` is the root's own ``file:`` address, outside a CI.
    """

    checkout: Checkout = field(default_factory=Checkout)
    branch: str = ""
    command: str = ""
    page: str = ""
    shown: str = ""
    prefix: str = ""
    local: str = ""

    def source(self, path: str, line: int | None = None) -> str:
        """The address of a line of a workspace-relative file; empty where none is known."""
        if self.shown:
            place = quote(f"{self.prefix}/{path}" if self.prefix else path)
            return f"{self.shown}/{place}" + (f"#L{line}" if line else "")
        return f"{self.local}/{quote(path)}" if self.local else ""


def origin(
    checkout: Checkout, words: Sequence[str], environ: Mapping[str, str], prefix: str = "", local: str = ""
) -> Origin:
    """``words`` is the command line; ``local`` the root's ``file:`` address."""
    page = ci_page(environ)
    branch = next((environ[name] for name in _BRANCHES if environ.get(name)), checkout.branch)
    shown = f"{host}/{checkout.commit}" if page and (host := _host(environ, checkout)) else ""
    return Origin(
        checkout,
        branch.removeprefix("refs/heads/"),
        shlex.join(words),
        page,
        shown if checkout.commit else "",
        prefix,
        # on a machine of a CI nobody opens a file
        "" if page else local,
    )


# a pull request's head before the merge commit's name
_BRANCHES = (
    "GITHUB_HEAD_REF",
    "GITHUB_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_COMMIT_REF_NAME",
    "BUILDKITE_BRANCH",
    "CIRCLE_BRANCH",
    "BITBUCKET_BRANCH",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH",
    "BUILD_SOURCEBRANCH",
)


def ci_page(environ: Mapping[str, str]) -> str:
    """The address of the run's own page in the CI; empty outside of one."""
    for template in _PAGES:
        names = re.findall(r"\{(\w+)\}", template)
        if all(environ.get(name) for name in names):
            address = re.sub(r"\{(\w+)\}", lambda match: environ[match[1]].rstrip("/"), template)
            return address if address.startswith(("https://", "http://")) else ""
    return ""


_PAGES = (
    "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",
    "{CI_JOB_URL}",
    "{BUILDKITE_BUILD_URL}#{BUILDKITE_JOB_ID}",
    "{CIRCLE_BUILD_URL}",
    "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
    "{SYSTEM_COLLECTIONURI}/{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",
    "{BUILD_URL}",
)


def _host(environ: Mapping[str, str], checkout: Checkout) -> str:
    """Below what, and a commit, the host shows files; empty for one that is not known."""
    if environ.get("GITHUB_SERVER_URL") and environ.get("GITHUB_REPOSITORY"):
        return f"{environ['GITHUB_SERVER_URL']}/{environ['GITHUB_REPOSITORY']}/blob"
    if environ.get("CI_PROJECT_URL"):
        return f"{environ['CI_PROJECT_URL']}/-/blob"
    address = web_address(checkout.remote)
    name = address.partition("://")[2].partition("/")[0]
    if name == "github.com":
        return f"{address}/blob"
    return f"{address}/-/blob" if name == "gitlab.com" else ""


def web_address(remote: str) -> str:
    """``git@github.com:acme/shop.git`` → ``https://github.com/acme/shop``; empty for a path."""
    match = re.fullmatch(_REMOTE, remote)
    return f"https://{match[1]}/{match[2]}" if match else ""


_REMOTE = r"(?:https?://|ssh://(?:\w+@)?|git://|\w+@)([\w.-]+)(?::\d+/|[:/])(.+?)(?:\.git)?/?"
