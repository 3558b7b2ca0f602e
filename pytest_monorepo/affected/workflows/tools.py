"""Which commands and actions are known to run no test: tables, from their documentation. Pure.

Whatever is not listed may run tests. A list of what does would have to know every runner and every script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ANY = _words("*")

# commands that start nothing of the repository's, whatever their arguments say
PLAIN = _words("""
    [ [[ test : true false echo printf cat ls cd pushd popd pwd mkdir rmdir cp mv rm touch ln chmod chown
    exit return export unset set local declare readonly read shift sleep date grep egrep fgrep sed cut sort
    uniq head tail tr wc tee diff cmp basename dirname realpath readlink jq yq curl wget tar zip unzip gzip
    gunzip sha256sum md5sum base64 openssl seq expr hash type which whoami uname df du free ps id hostname
    break continue wait umask stat file less more strings xxd gpg ssh-keygen ssh-keyscan ssh-add
    gh hub apt apt-get aptitude apk yum dnf brew choco snap locale-gen update-alternatives swapoff
    mapfile mktemp dpkg printenv shopt nl sha1sum sha512sum md5 cksum b2sum column comm paste fold fmt rev tac
    numfmt nproc uptime iconv od hexdump sysctl gpgconf ulimit lsb_release semgrep
    ruff black yapf isort mypy pyright basedpyright ty flake8 pylint bandit codespell pyupgrade
    autoflake vulture
    twine mkdocs towncrier cz commitizen semantic-release git-cliff bump2version bump-my-version bumpver
    licensecheck actionlint zizmor yamllint shellcheck hadolint markdownlint cspell typos
    sphinx-build sphinx-apidoc sphinx-autobuild mike pdoc interrogate deptry pip-audit pip-compile pip-sync
    check-manifest check-wheel-contents pyroma doc8 rstcheck pydocstyle pycodestyle pydoclint docformatter
    autopep8 refurb pyrefly lint-imports check-jsonschema detect-secrets reuse sqlfluff djlint vale lychee
    taplo trivy grype syft gitleaks cosign skopeo buf protoc tflint ansible-lint
    go cargo rustup rustc dotnet helm kubectl terraform tofu aws gcloud az doctl flyctl
    """)

# commands that start others, or whose own file says what they do, with the subcommands that do neither
SUBCOMMANDS: Mapping[str, frozenset[str]] = {
    "git": _words("""
        add branch checkout cherry-pick clone commit config describe diff diff-index diff-tree fetch grep
        init log ls-files ls-remote ls-tree merge merge-base mv pull push remote reset restore rev-list
        rev-parse rm show stash status switch symbolic-ref tag worktree
        apply blame cat-file check-ignore check-attr clean for-each-ref hash-object shortlog show-ref
        update-index --version
        """),
    "pip": frozenset(("install", "download", "wheel", "list", "freeze", "show", "check", "config", "cache")),
    "pipx": frozenset(("install", "ensurepath", "list", "inject", "upgrade")),
    "uv": _words("sync lock pip venv build publish python version cache export tree add remove self init"),
    "poetry": _words(
        "install lock build publish version export check config self env show add remove update"
    ),
    "pdm": _words("install lock sync build publish config info list add remove update export"),
    "hatch": frozenset(("build", "publish", "version", "clean", "status", "dep", "--version")),
    "flit": frozenset(("build", "publish", "install")),
    "npm": frozenset(
        ("ci", "install", "i", "publish", "version", "audit", "config", "cache", "pack", "-v", "--version")
    ),
    "pnpm": frozenset(("install", "i", "publish", "audit", "config", "-v")),
    "yarn": frozenset(("install", "audit", "config", "set", "cache", "-v", "--version")),
    "node": frozenset(("-v", "--version")),
    "docker": _words(
        "login logout push pull tag images ps info version logs stop kill rm inspect wait network"
        " system volume manifest context save load"
    ),
    "corepack": ANY,
    # "build" runs the tests of its recipe (conda-build: meta.yaml, test)
    "conda": frozenset(("install", "config", "info", "list", "update", "env", "create")),
    "tox": frozenset(("--version",)),
}

MODULES = _words(
    "pip build venv virtualenv ensurepip twine compileall site json.tool zipfile tarfile"
    " black isort ruff mypy flake8 pylint mkdocs towncrier"
)
# what a Python script with one of these in it could start is not told from its text
PYTHON_STARTS = (
    r"(?i)(?<![a-z])test|\b(?:py|unit|doc)test|\btox\b|\bnox\b|subprocess|os\.(?:system|popen|exec|spawn)|runpy"
    r"|\bfrom\s+os\s+import\b|posix_spawn|\bpty\b|importlib|__import__|\bexec\b|\beval\b|multiprocessing|asyncio\.create_sub|\bsh\b|invoke|plumbum|fabric"
)
JAVASCRIPT_STARTS = r"(?<![.\w])exec\b|child_process|spawn|import\s*\(|\beval\b|Function\s*\("
# what Node brings with it and starts nothing
JAVASCRIPT_BUILT_IN = frozenset(
    ("fs", "fs/promises", "path", "crypto", "util", "url", "os", "https", "assert")
)

# an agent starts what it chooses to, and whatever that is, no run of the tests is judged by it
# https://github.com/marketplace: what they do is in their name or README; those that run a command that they
# are given (nick-fields/retry, CodSpeedHQ/action, pypa/cibuildwheel, docker/build-push-action) are not here
_ACTION_OWNERS = frozenset(("actions", "github", "aws-actions", "google-github-actions", "azure-login"))
_ACTIONS = _words("""
    amannn/action-semantic-pull-request bridgecrewio/checkov-action microsoft/psscriptanalyzer-action
    anthropics/claude-code-action shundor/python-bandit-scan stelligent/cfn_nag
    umbrelladocs/action-linkspector viperproject/check-license-header ana06/get-changed-files
    anchore/sbom-action anchore/scan-action aquasecurity/trivy-action arduino/setup-protoc
    astral-sh/ruff-action astral-sh/setup-uv awalsh128/cache-apt-pkgs-action azure/login azure/setup-helm
    azure/setup-kubectl chartboost/ruff-action
    crowdin/github-action dtolnay/rust-toolchain extractions/setup-just gitleaks/gitleaks-action
    hadolint/hadolint-action hashicorp/setup-terraform ikalnytskyi/action-setup-postgres
    jitterbit/get-changed-files mishakav/pytest-coverage-comment pmeier/pytest-results-action
    jakebailey/pyright-action jdx/mise-action jlumbroso/free-disk-space lewagon/wait-on-check-action
    mshick/add-pr-comment oven-sh/setup-bun pnpm/action-setup pypa/gh-action-pip-audit ruby/setup-ruby
    sigstore/cosign-installer supercharge/redis-github-action swatinem/rust-cache taiki-e/install-action
    thollander/actions-comment-pull-request trufflesecurity/trufflehog
    codecov/codecov-action codespell-project/actions-codespell coverallsapp/github-action
    conda-incubator/setup-miniconda contributor-assistant/github-action crate-ci/typos
    dependabot/fetch-metadata dessant/lock-threads docker/login-action docker/metadata-action
    docker/setup-buildx-action docker/setup-qemu-action dorny/paths-filter dorny/test-reporter
    endbug/add-and-commit eps1lon/actions-label-merge-conflict fossas/fossa-action
    googleapis/release-please-action gradle/actions/setup-gradle gradle/actions/wrapper-validation
    jamesives/github-pages-deploy-action jwlawson/actions-setup-cmake
    lycheeverse/lychee-action mamba-org/setup-micromamba marocchino/sticky-pull-request-comment
    maxim-lobanov/setup-xcode mheap/github-action-required-labels ncipollo/release-action
    orhun/git-cliff-action ossf/scorecard-action pdm-project/setup-pdm peaceiris/actions-gh-pages
    peter-evans/create-issue-from-file peter-evans/create-or-update-comment peter-evans/create-pull-request
    peter-evans/find-comment peter-evans/repository-dispatch pilosus/action-pip-license-checker
    prefix-dev/setup-pixi psf/black py-cov-action/python-coverage-comment-action pypa/gh-action-pypi-publish
    re-actors/alls-green release-drafter/release-drafter snok/install-poetry softprops/action-gh-release
    srvaroa/labeler stefanzweifel/git-auto-commit-action step-security/harden-runner
    sigstore/gh-action-sigstore-python tibdex/github-app-token tj-actions/changed-files
    toshimaru/auto-author-assign zizmorcore/zizmor-action zgosalvez/github-actions-ensure-sha-pinned-actions
    """)
_SCRIPTED = frozenset(("actions/github-script", "github/local-action"))
# messages and labels, whoever wrote the action
_TELLING = r"notify|slack|discord|mattermost|label(er|s)?\b|stale\b|toot"


def known_action(uses: str) -> bool:
    """Whether ``owner/name@ref`` is an action that runs no tests; a folder of one counts as the action."""
    name = uses.partition("@")[0].lower()
    owner, _, rest = name.partition("/")
    action = f"{owner}/{rest.partition('/')[0]}"
    if not rest or action in _SCRIPTED or name.endswith((".yml", ".yaml")):
        return False
    known = owner in _ACTION_OWNERS or not _ACTIONS.isdisjoint((action, name))
    return known or re.search(_TELLING, rest) is not None
