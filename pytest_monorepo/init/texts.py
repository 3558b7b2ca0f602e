"""The texts of the parts, from :class:`~.facts.Facts`: pure."""

from __future__ import annotations

import json
import posixpath
import shlex
from collections.abc import Iterable, Iterator, Sequence

from pytest_monorepo.workspace.discovery.remarks import as_globs
from pytest_monorepo.workspace.model import ROOT

from .facts import Facts, Requirements

_SELF = "pytest-monorepo"


def table(facts: Facts) -> str:
    """``[tool.pytest-monorepo]``, every key with what it is for."""
    lines = ["[tool.pytest-monorepo]", *_comment(_found(facts)), ""]
    if facts.without_manifest:
        lines += _comment("The projects; some have no manifest and would be part of the root:")
        lines += [f"projects = {_list(facts.without_manifest)}", ""]
    elif not facts.left_out:
        lines += _comment("Which folders are projects, where that is not to be found out:")
        lines += [f"# members = {_list(_globs(facts))}", ""]
        lines += [
            *_comment("Folders that look like projects and are none:"),
            '# exclude = ["examples/*"]',
            "",
        ]
    else:
        lines += _comment("Projects that the workspace's table leaves out; delete those that are to run:")
        lines += ['outside-table = "run"', f"exclude = {_list(facts.left_out)}", ""]
    lines += [*_comment('How many projects run at a time; "auto" is the number of cores:')]
    lines += ['workers = "auto"', ""]
    lines += _comment("Files after whose change everything runs, beside workflows and settings of the tests:")
    lines += ['# run-all-on = ["scripts/ci/**"]', ""]
    lines += _harmless(facts)
    return "\n".join([*lines, *_addopts(facts)]).rstrip() + "\n"


def _found(facts: Facts) -> str:
    projects = facts.projects
    shown = ", ".join(project.path for project in projects[:6]) + (", …" if len(projects) > 6 else "")
    number = f"{len(projects)} project{'s' * (len(projects) != 1)}"
    return f"`pytest --monorepo` finds {number} here{': ' + shown if shown else ''}"


def _harmless(facts: Facts) -> Iterator[str]:
    why = "Files whose change affects no test. The list replaces the default: prose, licences, docs/."
    usual = ["*.md", "docs/**", "LICENSE*"]
    if facts.strays:
        why += " These folders belong to no project, so after a change in one everything runs:"
        why += f" {', '.join(facts.strays[:8])}. Those that no test reads belong into the list:"
    yield from _comment(why)
    yield f"# ignore-changes = {_list([*usual, *(f'{folder}/**' for folder in facts.strays[:8])])}"
    yield ""


def _addopts(facts: Facts) -> Iterator[str]:
    if "--monorepo" in facts.addopts:
        return
    yield from _comment(
        "To make plain `pytest` in this folder mean `pytest --monorepo`, for editors too, add --monorepo to"
        f" addopts in {facts.inifile or 'pyproject.toml'}. Runs inside a project stay as they are:"
    )
    section = {"tox.ini": "[pytest]", "setup.cfg": "[tool:pytest]"}
    name = posixpath.basename(facts.inifile or "pyproject.toml")
    if name == "pyproject.toml":
        yield "# [tool.pytest.ini_options]"
        yield f"# addopts = {json.dumps(' '.join([*facts.addopts, '--monorepo']))}"
    else:
        yield f"# {section.get(name, '[pytest]')}"
        yield f"# addopts = {' '.join([*facts.addopts, '--monorepo'])}"


def _globs(facts: Facts) -> list[str]:
    """``libs/*`` where several projects share a folder, else their paths."""
    return as_globs(project.path for project in facts.projects) or ["libs/*"]


def _list(items: Iterable[str]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


def _comment(text: str) -> Iterator[str]:
    line = "#"
    for word in text.split():
        if len(line) + len(word) > 98:
            yield line
            line = "#"
        line += f" {word}"
    yield line


def install(facts: Facts) -> list[str]:
    """The shell commands that install what the tests need."""
    if facts.manager is None:
        return [*_own_environments(facts), *_pip(facts)]
    commands = [f"python -m pip install {facts.manager}", _sync(facts)]
    # what the manager knows nothing of
    more = [f"-r {shlex.quote(file.path)}" for file in facts.requirements if file.only]
    if not facts.declares_us:
        more.append(_SELF)
    return [*commands, *_added(facts.manager, more)]


def _sync(facts: Facts) -> str:
    if facts.manager == "uv":
        locked = " --locked" if "uv.lock" in facts.workspace.files else ""
        every = " --all-packages" if facts.uv_workspace else ""
        return f"uv sync{locked}{every} --all-extras --all-groups"
    if facts.manager == "poetry":
        return "poetry install --all-extras --all-groups"
    return "pdm install --group :all" if facts.manager == "pdm" else "hatch env create"


def _added(manager: str, words: Sequence[str]) -> list[str]:
    if not words:
        return []
    if manager == "uv":
        return [f"uv pip install {' '.join(words)}"]
    run = f"{manager} run python -m"
    # an environment need not have pip
    return [f"{run} ensurepip --upgrade", f"{run} pip install {' '.join(words)}"]


def _own_environments(facts: Facts) -> Iterator[str]:
    if not facts.managed:
        return
    yield f"python -m pip install {' '.join(sorted(set(facts.managed.values())))}"
    for path, manager in facts.managed.items():
        folder = shlex.quote(path)
        if manager == "uv":
            yield f"uv sync --locked --all-extras --all-groups --directory {folder}"
        elif manager == "poetry":
            install = "install --all-extras --all-groups"
            yield f"POETRY_VIRTUALENVS_IN_PROJECT=true poetry --directory {folder} {install}"
        else:
            yield f"pdm install --project {folder} --group :all"


def _pip(facts: Facts) -> Iterator[str]:
    """One call, so that pip finds versions that suit all; before it what pip takes in a call of its own."""
    shared = [file for file in facts.requirements if _shared(facts, file.path)]
    yield from (_alone(file) for file in shared if file.hashed or file.local)
    words = [f"-r {shlex.quote(file.path)}" for file in shared if not (file.hashed or file.local)]
    for package in facts.packages:
        if package.path not in facts.managed:
            folder = "." if package.path == ROOT else f"./{package.path}"
            extras = f"[{','.join(package.extras)}]" if package.extras else ""
            if package.built:
                words.append(f"-e {shlex.quote(folder + extras)}")
            manifest = posixpath.normpath(f"{package.path}/pyproject.toml")
            words += (f"--group {shlex.quote(f'{manifest}:{group}')}" for group in package.groups)
            words += map(shlex.quote, package.needs)
    ours = [] if facts.declares_us and words else [_SELF]
    if any(word.startswith("--group") for word in words):
        yield "python -m pip install --upgrade 'pip>=25.1'"
    if words or ours:
        yield " ".join(["python -m pip install", *dict.fromkeys(words), *ours])


def _alone(file: Requirements) -> str:
    folder, name = posixpath.split(file.path)
    if file.local and folder:
        return f"(cd {shlex.quote(folder)} && python -m pip install -r {shlex.quote(name)})"
    return f"python -m pip install -r {shlex.quote(file.path)}"


def _shared(facts: Facts, path: str) -> bool:
    folder = posixpath.dirname(path) or ROOT
    return not any(above in facts.managed for above in (folder, posixpath.dirname(folder) or ROOT))


def pytest_command(facts: Facts) -> str:
    """How the workflow starts pytest."""
    if facts.manager is None:
        return "python -m pytest"
    return "uv run --no-sync pytest" if facts.manager == "uv" else f"{facts.manager} run pytest"


def github(facts: Facts) -> str:
    """A workflow for GitHub Actions."""
    folder = facts.folder
    inside = ["    defaults:", "      run:", f"        working-directory: {_yaml(folder)}"]
    python = f'          python-version: "{facts.python}"'
    if facts.python_file:
        path = ".python-version" if folder == ROOT else f"{folder}/.python-version"
        python = f"          python-version-file: {_yaml(path)}"
    return (
        "\n".join(
            [
                "# From `pytest --monorepo-init`, and yours to change: tests what a change affects.",
                "name: monorepo",
                "",
                "on:",
                "  pull_request:",
                "  push:",
                f"    branches: [{_yaml(facts.branch)}]",
                "",
                "permissions:",
                "  contents: read",
                "",
                "concurrency:",
                "  # a new push to a pull request ends its older run; pushes to a branch are all tested",
                "  group: ${{ github.workflow }}-${{ github.event.pull_request.number || github.sha }}",
                "  cancel-in-progress: true",
                "",
                "jobs:",
                "  tests:",
                "    runs-on: ubuntu-latest",
                "    timeout-minutes: 60",
                *(inside if folder != ROOT else ()),
                "    # Several machines: uncomment this and the --shard below.",
                "    # strategy:",
                "    #   fail-fast: false",
                "    #   matrix:",
                "    #     shard: [1, 2, 3, 4]",
                "    steps:",
                "      # Tags can be moved; the hash of a commit cannot: owner/action@<hash> # v6",
                "      - uses: actions/checkout@v6",
                "        with:",
                "          # --affected needs the history up to the merge base, or everything runs",
                "          fetch-depth: 0",
                "          persist-credentials: false",
                "      - uses: actions/setup-python@v6",
                "        with:",
                python,
                "      - name: Install",
                "        run: |",
                *(f"          {command}" for command in install(facts)),
                "      - name: Test",
                "        # --shard ${{ matrix.shard }}/4",
                "        run: |",
                f"          {pytest_command(facts)} --monorepo --affected",
            ]
        )
        + "\n"
    )


def gitlab(facts: Facts) -> str:
    """A job for GitLab, to be included by ``.gitlab-ci.yml``."""
    folder = facts.folder
    report = "report.xml" if folder == ROOT else f"{folder}/report.xml"
    return (
        "\n".join(
            [
                "# From `pytest --monorepo-init`, and yours to change: tests what a change affects.",
                "pytest-monorepo:",
                "  stage: test",
                f'  image: "python:{facts.python}"',
                "  variables:",
                "    # --affected needs the history up to the merge base, or everything runs",
                '    GIT_DEPTH: "0"',
                "  rules:",
                '    - if: $CI_PIPELINE_SOURCE == "merge_request_event"',
                "    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH",
                "  # Several machines: uncomment this and add --shard auto below.",
                "  # parallel: 4",
                "  script:",
                "    - |",
                *(f"      {line}" for line in _in_folder(folder)),
                *(f"      {command}" for command in install(facts)),
                f"      {pytest_command(facts)} --monorepo --affected --junitxml=report.xml",
                "  artifacts:",
                "    when: always",
                "    reports:",
                f"      junit: {_yaml(report)}",
            ]
        )
        + "\n"
    )


def _in_folder(folder: str) -> Sequence[str]:
    return ["set -e"] if folder == ROOT else ["set -e", f"cd {shlex.quote(folder)}"]


def _yaml(text: str) -> str:
    plain = text.replace("-", "").replace("/", "").replace("_", "").replace(".", "")
    return text if plain.isascii() and plain.isalnum() and not plain.isdigit() else json.dumps(text)


def editor(facts: Facts) -> str:
    """Settings for VS Code's Python extension."""
    arguments = [] if "--monorepo" in facts.addopts else ["--monorepo"]
    return (
        json.dumps(
            {
                "python.testing.pytestEnabled": True,
                "python.testing.unittestEnabled": False,
                "python.testing.pytestArgs": arguments,
            },
            indent=2,
        )
        + "\n"
    )
