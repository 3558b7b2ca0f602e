"""Steps that start tests where a quick reader sees none, and their neighbours that do not."""

from __future__ import annotations

import pytest

from pytest_monorepo.affected.workflows.judge import hooks_run_tests, shell_runs_tests, tests_run_by

from .test_workflows import nothing, workflow

tests_run_by.__test__ = False  # type: ignore[attr-defined]

WINDOWS = "    runs-on: windows-latest"
OF_MATRIX = "    runs-on: ${{ matrix.os }}\n"
MATRIX = "    strategy:\n      matrix:\n        os: [ubuntu-latest, windows-latest]"


def defaults(shell: str) -> str:
    return f"    defaults:\n      run:\n        shell: {shell}"


def steps(run: str, job: str = "", head: str = "on: push") -> bytes:
    """A workflow of one step with this text, indented as a block."""
    text = "\n".join(f"  {line}" for line in run.splitlines())
    written = workflow(f"run: |\n{text}", job=job, head=head)
    return written.replace(b"    runs-on: ubuntu-latest\n", b"") if "runs-on" in job else written


@pytest.mark.parametrize(
    ("job", "run", "tests"),
    [
        # "C:\" ends for PowerShell and cmd where it goes on for bash
        (defaults("pwsh"), 'echo "C:\\"\npytest\necho "D:\\"', True),
        (defaults("cmd"), 'echo "C:\\" & pytest & echo "D:\\"', True),
        (defaults("powershell"), 'echo "a ""b""; pytest; echo "c ""d"""', True),
        (WINDOWS, 'echo "C:\\"\npytest\necho "D:\\"', True),
        (OF_MATRIX + MATRIX, 'echo "C:\\"\npytest\necho "D:\\"', True),
        (MATRIX, 'echo "C:\\"\npytest\necho "D:\\"', False),
        ("    runs-on: ${{ inputs.os }}", 'echo "C:\\"\npytest\necho "D:\\"', True),
        (
            OF_MATRIX + "    strategy:\n      matrix: ${{ fromJSON(x) }}",
            'echo "C:\\"\npytest\necho "D:\\"',
            True,
        ),
        # an apostrophe is a letter for cmd, # begins no comment, ^ hides
        (defaults("cmd"), "echo it's & pytest & echo that's", True),
        (defaults("cmd"), "echo a # & pytest", True),
        # nor does a backslash hide the end of a line, or a quote go beyond it
        (defaults("cmd"), "cd build\\\npytest", True),
        (defaults("cmd"), "echo a\\&pytest", True),
        (defaults("cmd"), 'echo 5" wide\npytest\necho 3" high', True),
        (defaults("cmd"), 'echo "a" "b"\ncd .\\build\necho "c"', False),
        (WINDOWS, 'echo \u2018"\u2019; pytest; echo \u2018"\u2019', True),
        (defaults("cmd"), "echo a ^& echo b", True),
        (defaults("cmd"), "echo a & git tag v1", False),
        (defaults("C:\\Windows\\cmd.exe"), "echo a & pytest", True),
        # else, comments of lines, texts of lines
        (WINDOWS, "if (x) {\n  echo a\n} else {\n  pytest\n}", True),
        (WINDOWS, "<# it's #>\npytest\n# it's", True),
        (WINDOWS, 'echo @"\n"it\n"@\npytest\necho "a"', True),
        (WINDOWS, "echo .\\dist\\x.whl; git tag v1", False),
        (WINDOWS, "pip install -e .\\libs\\core\ntwine upload dist\\*", False),
        # who says bash gets it, whatever the machine
        (f"{WINDOWS}\n{defaults('bash')}", "echo a \\\n  b", False),
        ("", 'echo "C:\\"\npytest\necho "D:\\"', False),
        # other readers of the text
        (defaults("python"), "import subprocess", True),
        (defaults("python {0}"), "print(1)", False),
        (defaults("perl {0}"), "echo a", True),
        (defaults("''"), "echo a", False),
    ],
)
def test_a_text_is_read_as_its_shell_reads_it(job: str, run: str, tests: bool) -> None:
    assert (tests_run_by(steps(run, job), nothing).places is None) is tests


def test_the_nearest_default_of_a_shell_counts() -> None:
    head = "on: push\ndefaults:\n  run:\n    shell: cmd"
    run = "echo it's & echo that's"
    assert tests_run_by(steps(run, head=head), nothing).places is None
    assert tests_run_by(steps(run, defaults("bash"), head), nothing).places == frozenset()


FILES = {
    "check.sh": b"echo a\n",
    "tools/check.sh": b"pytest\n",
    "tools/deep/x.sh": b"ls\n",
    "say.py": b"print(1)\n",
    "ci/all.py": b"import runner\nrunner.go()\n",
    "ci/runner.py": b"import pytest\n",
    "ci/many.py": b"import json, helpers.deep as h\n",
    "ci/helpers/__init__.py": b"",
    "ci/third.py": b"import os, requests  # runner\nfrom tomli import loads\n",
    "ci/late.py": b"def go():\n    from runner import go\n",
    "ci/one.py": b"import json; import runner\n",
}


@pytest.mark.parametrize(
    ("run", "tests"),
    [
        # which file a command reads hangs on where it starts
        ("./check.sh", False),
        ("cd tools && ./check.sh", True),
        ("cd tools\ncd ..\n./check.sh", False),
        ("cd tools/deep && sh x.sh", False),
        ("(cd tools && ls)\n./check.sh", True),
        ("cd tools || cd other\n./check.sh", True),
        ("if ls; then cd tools; fi\n./check.sh", True),
        ("pushd tools; ls; popd; ./check.sh", True),
        ("cd $X && ./check.sh", True),
        ("cd; ./check.sh", True),
        ("cd - && ./check.sh", True),
        ("cd /tmp && ./check.sh", True),
        ("cd tools && echo check.sh && git tag v1", False),
        ("f() { cd tools; }\nf\n./check.sh", True),
        # a script of Python may start what a file beside it does
        ("python say.py", False),
        ("python ci/all.py", True),
        ("python ci/many.py", True),
        ("python ci/third.py", False),
        ("python ci/late.py", True),
        ("python ci/one.py", True),
        ("cd ci && python -c 'import runner'", True),
        ("python -c 'import runner'", False),
        ("cd ci && python - <<E\nimport runner\nE", True),
        ("python -c 'from os import system; system(\"make\")'", True),
        ("python -c 'import os; os.posix_spawn(x)'", True),
        ("python -c 'import pty; pty.spawn(x)'", True),
        ("python -c 'from os import path'", True),
        ("python -c 'import os.path'", False),
        ("echo 'import x' | python", True),
        ("python < say.py", True),
        ("python -X dev say.py", True),
        ("python -mpytest", True),
        # folders of ours in a container, by any spelling
        ("docker run --rm image", False),
        ("docker run -e A=b image:${{ x }} pytest", False),
        ("docker run -itv .:/x image pytest", True),
        ("docker run --workdir=/x image pytest", True),
        ("docker run $OPTIONS image pytest", True),
        ("docker run ${{ env.OPTIONS }} image pytest", True),
        ("docker run --volumes-from x image pytest", True),
        ("tar c . | docker run -i python:3 sh -c 'tar x; pytest'", True),
        ("docker run --rm -i python:3 < check.py", True),
        ("docker run --rm -i hadolint/hadolint < Dockerfile", False),
        ("docker run --rm python:3 python -V", False),
        ("docker exec x pytest", True),
        # programs that awk reads, git's own commands and hooks, recipes that are tested
        ("awk '{print $1}' x", False),
        ("awk -f x.awk y", True),
        ("gawk --file=x.awk y", True),
        ("awk 'BEGIN { system(\"make\") }'", True),
        ("awk '{ print | \"sh\" }' x", True),
        ("git config user.name x", False),
        ("git config core.hooksPath hooks && git commit -m x", True),
        ("git config alias.t '!pytest' && git t", True),
        ("git -c alias.t='!pytest' t", True),
        ("git commit -m 'done!'", False),
        ("git bisect run pytest", True),
        ("conda build recipe", True),
        ("conda env create -f x.yml", False),
        # what goes before a command
        ("timeout 60 echo a", False),
        ("timeout -k 5 60 pytest", True),
        ("timeout --signal=TERM --kill-after 10s 60 bash -c 'echo a; ls'", False),
        ("timeout -s TERM 60 bash -c 'echo a; pytest'", True),
        ("bash -euxc 'ls && echo a'", False),
        ("bash -c pytest", True),
        ('sh -c "$TESTS"', True),
        ("bash -c 'ls' pytest", True),
        ("bash -lc ls", True),
        ("env A=b pytest", True),
        ("exec pytest", True),
        ("trap pytest EXIT", True),
        ("echo pytest | xargs -I{} sh -c {}", True),
        ("uv run --with pytest-x ruff check", False),
        ("uv run -- pytest", True),
        ("uv run --frozen -p 3.12 pytest", True),
        ("uv run", True),
        ("uvx --from pytest py.test", True),
        ("poetry -C x run pytest", True),
        ("pipx run pytest", True),
        ("find . -name x -exec pytest ;", True),
        ("find . -name '*.pyc' -delete", False),
        ("find . -name x -exec sed -i s/a/b/ {} \\;", False),
        ("find . -name x -exec sed -n 1p {} + -exec make {} \\;", True),
        ("find . -exec {} \\;", True),
        ("ls | xargs -r0 -n 1 cp -t x", False),
        ("ls | xargs", False),
        ("ls | xargs -I {} gh pr close {}", False),
        ("ls | xargs pytest", True),
        ("ls | xargs -a x pytest", True),
        ("ls | xargs --arg-file x echo", True),
        ("ls | xargs python", True),
        ("ls | xargs docker run", True),
        ("ls | xargs bash -c 'ls'", True),
        ("awk '/^a\\/b/ || /(c|d)/ { print }' x", False),
        ("awk '{ x = a /b | \"make\" / c }' x", True),
        ("awk '{ print / 2 | \"make\" }' x", True),
        ("uv --version 2>/dev/null && npm --version", False),
        ("./uv --version", True),
        ("if command -v pytest >/dev/null 2>&1; then echo a; fi", False),
        ("command pytest", True),
        ("docker image prune --all && docker system df", False),
        ("docker image build .", True),
        ("time -v pytest", True),
        ("make --version x", True),
        ("git apply x.patch", False),
        ("tee >(pytest) < x", True),
        ("ls < <(pytest)", True),
    ],
)
def test_what_a_command_reads_and_starts(run: str, tests: bool) -> None:
    assert shell_runs_tests(run, FILES.get) is tests


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("repos:\n- repo: local\n  hooks: [{id: x, entry: make check}]\n", True),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    'entry': make check\n", True),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: >\n      ruff\n", True),
        ("repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: 'ruff check'\n", False),
        ("repos:\n- repo: local\n  hooks:\n  - entry: ruff check\n    id: x\n", False),
        ("repos:\n- repo: local\n  hooks:\n  - {id: a, entry: ruff}\n  - id: b\n    entry: ruff\n", True),
        ("repos: []\n", False),
        ("", False),
    ],
)
def test_hooks_of_pre_commit_by_their_spelling(text: str, tests: bool) -> None:
    assert hooks_run_tests(text.encode(), nothing) is tests
