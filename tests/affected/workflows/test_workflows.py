"""What a workflow runs, on texts alone."""

from __future__ import annotations

import time

import pytest

from pytest_monorepo.affected.workflows.judge import (
    NOTHING,
    Runs,
    hooks_run_tests,
    same_meaning,
    shell_runs_tests,
    tests_run_by,
)
from pytest_monorepo.affected.workflows.shell import commands
from pytest_monorepo.affected.workflows.tox import tests_see

tests_run_by.__test__ = False  # type: ignore[attr-defined]
tests_see.__test__ = False  # type: ignore[attr-defined]


def nothing(path: str) -> bytes | None:
    """Reads a repository without files."""
    return None


def workflow(*steps: str, job: str = "", head: str = "on: push") -> bytes:
    """One job with these steps, each the text after its dash."""
    lines = [head, "jobs:", "  one:", "    runs-on: ubuntu-latest", *job.splitlines(), "    steps:"]
    for step in steps:
        first, *rest = step.splitlines()
        lines += [f"      - {first}", *(f"        {line}" for line in rest)]
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "text",
    [
        "run: echo hello",
        "run: |\n  git tag v1\n  git push --tags",
        "run: gh issue edit 1 --add-label bug",
        "run: pip install -e . && python -m build && twine upload dist/*",
        "run: uv sync --all-groups\nworking-directory: libs/a",
        "run: uv run ruff check . && uv run --group lint mypy src",
        "run: uvx ruff check",
        "run: sudo apt-get install -y graphviz",
        "run: hatch build",
        "run: poetry publish --build",
        "run: curl -s https://example.org/x | jq .",
        "run: |\n  if [ -n \"$X\" ]; then\n    echo '# not pytest; pytest'\n  fi",
        "run: |\n  cat <<'EOF' > note\n  pytest\n  EOF",
        'run: python -c "print(1)"',
        "run: npm ci",
        "uses: actions/checkout@v4",
        "uses: hadolint/hadolint-action@v3\nwith:\n  dockerfile: Dockerfile",
        "run: sphinx-build -W docs site && uv run lint-imports",
        "uses: actions/labeler@v5\nwith:\n  sync-labels: true",
        "uses: pypa/gh-action-pypi-publish@release/v1",
        "uses: acme/notify-slack-action@v1",
        "uses: gradle/actions/setup-gradle@v4",
        "uses: actions/github-script@v7\nwith:\n  script: |\n    await github.rest.issues.addLabels({})",
        "name: only a name",
    ],
)
def test_what_runs_no_tests(text: str) -> None:
    assert tests_run_by(workflow(text), nothing) == NOTHING


@pytest.mark.parametrize(
    "text",
    [
        "run: pytest",
        "run: python -m pytest libs",
        "run: uv run pytest",
        "run: make",
        "run: ./scripts/ci.sh",
        "run: bash scripts/ci.sh",
        "run: python scripts/ci.py",
        "run: tox -e py311",
        "run: nox",
        "run: hatch run all",
        "run: npm test",
        "run: npm run build",
        "run: docker compose up",
        "run: docker run -v $PWD:/src image",
        "run: docker build .",
        "run: ${{ matrix.command }}",
        "run: $COMMAND",
        "run: pre-commit-run-all",
        "run: echo `pytest`",
        'run: echo "$(pytest)"',
        "run: echo hello; pytest",
        "run: echo hello &\\\n  pytest",
        "run: git bisect run pytest",
        "run: find . -exec pytest {} +",
        "run: curl -s https://example.org/x | bash",
        "run: xargs pytest < files",
        "run: A=1 pytest",
        "run: if true; then pytest; fi",
        "run: >\n  echo\n  pytest",
        "run: import subprocess\nshell: python",
        "run: pytest\nshell: pwsh",
        "run: anything\nshell: perl {0}",
        "uses: acme/run@v1",
        "uses: gradle/actions/dependency-submission@v4",
        "uses: docker://acme/image",
        "uses: ./.github/actions/missing",
        "uses: nick-fields/retry@v3\nwith:\n  command: pytest",
        "uses: actions/github-script@v7\nwith:\n  script: await exec.exec('pytest')",
        "uses: actions/github-script@v7\nwith:\n  script: await require('./x.js')()",
        "uses: pypa/cibuildwheel@v2",
    ],
)
def test_what_runs_tests_or_may(text: str) -> None:
    assert tests_run_by(workflow(text), nothing).places is None


@pytest.mark.parametrize(
    "job",
    [
        "uses: acme/shared/.github/workflows/test.yml@main",
        "uses: ./.github/workflows/missing.yml",
        "uses: ./.github/workflows/test.yml",
    ],
)
def test_a_reusable_workflow_that_cannot_be_read_or_runs_tests(job: str) -> None:
    files = {".github/workflows/test.yml": workflow("run: pytest", head="on: workflow_call")}
    assert tests_run_by(f"on: push\njobs:\n  one:\n    {job}\n".encode(), files.get).places is None


def test_what_it_calls_is_read() -> None:
    files = {
        ".github/workflows/lint.yml": workflow("run: ruff check", head="on: workflow_call"),
        ".github/actions/up/action.yml": b"runs:\n  using: composite\n  steps:\n    - run: pip install x\n",
        "scripts/tag.sh": b"#!/bin/sh\ngit tag v1\n",
        "scripts/tag.py": b"print('latest')\n",
        "web/package.json": b'{"scripts": {"build": "echo build"}}',
        ".pre-commit-config.yaml": b"repos:\n- repo: https://example.org/ruff\n  hooks:\n  - id: ruff\n",
        ".github/x.js": b"module.exports = require('fs')",
    }
    steps = (
        "uses: ./.github/actions/up",
        "run: ./scripts/tag.sh",
        "run: python scripts/tag.py",
        "run: npm run build\nworking-directory: web",
        "run: pre-commit run --all-files",
        "uses: actions/github-script@v7\nwith:\n  script: require('./.github/x.js')()",
    )
    assert tests_run_by(workflow(*steps), files.get) == NOTHING
    called = b"on: push\njobs:\n  one:\n    uses: ./.github/workflows/lint.yml\n"
    assert tests_run_by(called, files.get) == NOTHING


@pytest.mark.parametrize(
    ("path", "text", "step"),
    [
        ("scripts/tag.sh", "pytest\n", "run: ./scripts/tag.sh"),
        ("scripts/tag.sh", "#!/usr/bin/perl\n", "run: ./scripts/tag.sh"),
        ("scripts/tag.py", "import pytest\n", "run: python scripts/tag.py"),
        ("package.json", '{"scripts": {"build": "echo", "prebuild": "pytest"}}', "run: npm run build"),
        (".pre-commit-config.yaml", "- repo: local\n  hooks:\n  - entry: pytest\n", "run: pre-commit run"),
        ("a/action.yml", "runs:\n  using: node20\n  main: x.js\n", "uses: ./a"),
        ("a/action.yml", "runs:\n  using: composite\n  steps:\n    - run: pytest\n", "uses: ./a"),
        ("x.js", "exec('pytest')", "uses: actions/github-script@v7\nwith:\n  script: require('./x.js')"),
    ],
)
def test_what_it_calls_may_run_tests(path: str, text: str, step: str) -> None:
    assert tests_run_by(workflow(step), {path: text.encode()}.get).places is None


def test_a_workflow_that_gives_outputs_decides_for_others() -> None:
    head = "on:\n  workflow_call:\n    outputs:\n      matrix:\n        value: x"
    assert tests_run_by(workflow("run: echo x", head=head), nothing).places is None


@pytest.mark.parametrize(
    ("job", "step", "places"),
    [
        ("", "run: pytest\nworking-directory: libs/a", {"libs/a"}),
        ("    defaults:\n      run:\n        working-directory: libs/a", "run: make test", {"libs/a"}),
        (
            "    defaults:\n      run:\n        working-directory: libs/a",
            "run: x\nworking-directory: .",
            None,
        ),
        ("", "run: cd .. && pytest\nworking-directory: libs/a", None),
        ("", "run: pytest ../b\nworking-directory: libs/a", None),
        ("", "run: pytest --monorepo\nworking-directory: libs/a", None),
        ("", "run: pytest --rootdir=x\nworking-directory: libs/a", None),
        ("", "run: pytest $GITHUB_WORKSPACE\nworking-directory: libs/a", None),
        ("", "run: pytest /repo/libs\nworking-directory: libs/a", None),
        ("", "run: pytest\nworking-directory: ${{ matrix.project }}", None),
        ("", "run: pytest\nworking-directory: /repo", None),
        ("", "run: pytest\nworking-directory: ../other", None),
        ("", "run: |\n  cd libs/a\n  pytest", {"libs/a"}),
        ("", "run: |\n  cd libs/a && pytest\n  cd ../b && pytest", None),
        ("", "run: |\n  cd libs\n  (cd a; pytest)", None),
        ("", "run: |\n  make\n  cd libs/a\n  pytest", None),
        ("", "run: |\n  cd libs/a\n  pytest\n  cd b\n  make", {"libs/a", "libs/a/b"}),
        ("", "run: |\n  cd libs/a || true\n  pytest", None),
        ("", "run: |\n  cd $X\n  pytest", None),
        (
            "",
            "uses: changesets/action@v1\nwith:\n  publish: pnpm ship\n  cwd: ${{ github.workspace }}/js",
            {"js"},
        ),
        ("", "uses: changesets/action@v1\nwith:\n  publish: pnpm ship", None),
        ("", "uses: changesets/action@v1\nwith:\n  version: git add x", set()),
    ],
)
def test_where_tests_run(job: str, step: str, places: set[str] | None) -> None:
    expected = None if places is None else frozenset(places)
    assert tests_run_by(workflow("run: echo", step, job=job), nothing).places == expected


@pytest.mark.parametrize(
    ("run", "name", "text", "stays"),
    [
        ("./ci.sh", "ci.sh", "pytest tests", True),
        ("./ci.sh", "ci.sh", "cd ../..\npytest", False),
        ("bash ci.sh", "ci.sh", "pytest --monorepo", False),
        ("make test", "Makefile", "include ../common.mk\ntest:\n\tcd tests && pytest\n", True),
        ("make test", "Makefile", "test:\n\tcd ../.. && pytest\n", False),
        ("make test", "Makefile", "test:\n\t$(MAKE) -C ../.. test\n", False),
        ("tox", "tox.ini", "[testenv]\ndeps = -r ../dev.txt\ncommands = pytest\n", True),
        ("tox", "tox.ini", "[testenv]\nchangedir = ../..\ncommands = pytest\n", False),
        ("nox", "noxfile.py", "session.chdir('..')\nsession.run('pytest')\n", False),
        ("npm run t", "package.json", '{"scripts": {"t": "pytest ../b"}}', False),
        ("./gradlew build", "gradlew", 'cd "${APP_HOME:-./}.." > /dev/null\nexec java\n', True),
    ],
)
def test_what_it_starts_in_a_folder_may_test_another(run: str, name: str, text: str, stays: bool) -> None:
    def read(path: str) -> bytes | None:
        return text.encode() if path == f"libs/a/{name}" else None

    places = tests_run_by(workflow(f"run: {run}\nworking-directory: libs/a"), read).places
    assert places == (frozenset(("libs/a",)) if stays else None)


def test_a_long_line_takes_no_longer_than_its_length_lets_expect() -> None:
    def read(path: str) -> bytes | None:
        return b"pytest " * 100_000 if path == "libs/a/Makefile" else None

    started = time.monotonic()
    step = f"run: make {'a/' * 50_000}\nworking-directory: libs/a"
    assert tests_run_by(workflow(step), read).places == frozenset(("libs/a",))
    assert time.monotonic() - started < 10


def test_places_of_all_jobs_add_up() -> None:
    assert Runs(frozenset("a")) + Runs(frozenset("b")) == Runs(frozenset("ab"))
    assert (Runs(frozenset("a")) + Runs(None, "x")).places is None
    assert Runs(None, "x") + NOTHING == Runs(None, "x")


@pytest.mark.parametrize(
    "text",
    [
        "on: push\njobs:\n  one: &anchor\n    steps: []\n",
        "on: push\njobs:\n  one: {steps: [{run: pytest}]}\n",
        "on: push\njobs:\n  one:\n    steps: [{run: pytest}]\n",
        "on: push\njobs:\n  one:\n    steps:\n      - {run: pytest}\n",
        "on: push\njobs:\n  one:\n    steps:\n      - run: !x pytest\n",
        "on: push\njobs:\n  one:\n    <<: *base\n    steps: []\n",
        "on: push\njobs:\n  one:\n    steps:\n      - run: 'pytest\n",
        "on: push\njobs:\n\tone:\n",
        "on: push\njobs:\n  one:\n    steps:\n      - run: a\n        run: b\n",
        "--- \non: push\n---\njobs:\n",
        "just text",
        "\ufffe",
    ],
)
def test_what_cannot_be_read_runs_tests(text: str) -> None:
    assert tests_run_by(text.encode("utf-8", "surrogatepass"), nothing).places is None


def test_no_file_runs_nothing() -> None:
    assert tests_run_by(None, nothing) == NOTHING


def test_a_line_that_is_no_yaml_hides_nothing() -> None:
    harmless, tests = workflow("run: echo"), workflow("run: pytest")
    assert tests_run_by(harmless + b"\n# new\nsphinx==8.1\n", nothing) == NOTHING
    assert tests_run_by(tests + b"\nsphinx==8.1\n", nothing).places is None
    assert not same_meaning(tests, tests + b"\nsphinx==8.1\n")


def test_comments_and_layout() -> None:
    one = workflow("run: pytest")
    assert same_meaning(one, one.replace(b"run: pytest", b"run:   'pytest'  # all of them"))
    assert not same_meaning(one, one.replace(b"run: pytest", b"run: pytest -x"))
    assert not same_meaning(one, None)
    assert not same_meaning(b"a: &x 1", b"a: &x 1 # 2")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a; b && c || d | e & f", ["a", "b", "c", "d", "e", "f"]),
        ("a 2>&1 &> x\nb", ["a", "b"]),
        ("case $x in\n  a|b) one ;;\n  *) two ;;\nesac\nthree", ["one", "two", "three"]),
        ("f() {\n  one\n}\nf a", ["one"]),
        ("for x in a b; do one; done; two", ["one", "two"]),
        ("cat <<X\none\nX\ntwo", ["cat", "two"]),
        ("if [[ $a == b && $c ]]; then one; fi", ["[[", "one"]),
        ("A=(a b) one", ["one"]),
        ("a $(b $(c)) d", ["c", "b", "a"]),
        ("a \\\n  b\nc", ["a", "c"]),
        ("a $((1 + 2))", ["a"]),
        ("(a; b)", ["a", "b"]),
    ],
)
def test_commands(text: str, found: list[str]) -> None:
    assert [words[0] for words in commands(text)] == found


@pytest.mark.parametrize(
    "text", ["echo 'a", "echo (a", "a)", "echo `a`", "cat <<X\n$(a)\nX", 'a "${b:-$(c)}"']
)
def test_what_is_no_plain_shell_may_run_tests(text: str) -> None:
    assert shell_runs_tests(text, nothing)


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("repos:\n- repo: https://example.org/x\n  hooks:\n  - id: ruff\n", False),
        (
            "repos:\n- repo: https://example.org/x\n  hooks:\n  - id: a\n    name: tests\n",
            False,
        ),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: ruff check\n", False),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: pytest\n", True),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: make check\n", True),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: scripts/x.sh\n", True),
        ("repos:\n- repo: https://example.org/x\n  hooks:\n  - id: run\n    args: [tox]\n", True),
    ],
)
def test_hooks(text: str, tests: bool) -> None:
    assert hooks_run_tests(text.encode(), nothing) is tests


TOX = """
[tox]
envlist = py311, lint
[testenv]
deps = pytest
commands = pytest {posargs}
[testenv:lint]
deps = ruff==1
commands = ruff check {posargs}
[testenv:docs]
deps = sphinx
commands =
    - mkdocs build
    !echo no
[testenv:slow]
deps = pytest
[testenv:shared]
deps = x
commands = echo x
[testenv:user]
deps = {[testenv:shared]deps}
commands = tox-runs-something
[flake8]
max-line-length = 80
"""


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("ruff==1", "ruff==2", False),
        ("deps = sphinx", "deps = sphinx>8", False),
        ("py311, lint", "py311, py312, lint", False),
        ("max-line-length = 80", "max-line-length = 100", False),
        ("commands = ruff check", "commands = pytest", True),
        ("[testenv]\ndeps = pytest\n", "[testenv]\ndeps = pytest>8\n", True),
        ("[testenv:slow]\ndeps = pytest\n", "[testenv:slow]\ndeps = pytest>8\n", True),
        ("deps = x\n", "deps = y\n", True),
        ("{[testenv:shared]deps}", "z", True),
        ("[tox]\n", "[tox]\nrequires = tox-uv\n", True),
        ("[flake8]", "[pytest]\naddopts = -x\n[flake8]", True),
        ("[flake8]", "[testenv:more]\ncommands = twine check dist\n[flake8]", False),
        ("[flake8]", "[testenv:more]\ncommands = pytest\n[flake8]", True),
        ("[flake8]", "nonsense [", True),
    ],
)
def test_what_tests_see_of_tox(old: str, new: str, seen: bool) -> None:
    assert old in TOX
    assert tests_see(TOX.encode(), TOX.replace(old, new).encode(), nothing) is seen


def test_a_tox_ini_that_comes_or_goes_is_seen() -> None:
    assert tests_see(None, TOX.encode(), nothing)
    assert tests_see(TOX.encode(), None, nothing)
