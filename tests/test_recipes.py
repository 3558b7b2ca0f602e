"""Workflows and recipes (ours, documented, generated) as the checkers of their systems see them.

actionlint, zizmor and check-jsonschema are looked for beside the running Python and on the path; a test whose
checker is missing says so and is skipped. ``.ci/run`` installs them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from .run.space import Space

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / ".github" / "workflows"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SCHEMAS = {"gitlab": "vendor.gitlab-ci", "buildkite": "vendor.buildkite", "circleci": "vendor.circle-ci"}
# a tag of GitHub's own actions is what readers can type; a hash would be outdated before it is read
_ZIZMOR = "rules:\n  unpinned-uses:\n    config:\n      policies:\n        actions/*: ref-pin\n"


@dataclass(frozen=True)
class Recipe:
    """A block of YAML on a page. ``system`` is whose it is, ``""`` for one that shows how not to do it."""

    page: str
    line: int
    text: str

    @property
    def system(self) -> str:
        first = self.text.partition("\n")[0]
        for name in _SCHEMAS:
            if first.startswith("# .") and name in first:
                return name
        return "github" if "steps:" in self.text or "uses:" in self.text else ""

    @property
    def whole(self) -> str:
        """With what the reader knows has to be around it."""
        if self.text.startswith(" "):
            head = "on: push\njobs:\n  site:\n    runs-on: ubuntu-latest\n    steps:\n"
            return head + self.text
        return self.text


def recipes(*systems: str) -> Iterator[Recipe]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            name = page.relative_to(ROOT).as_posix()
            recipe = Recipe(name, text.count("\n", 0, found.start()) + 2, found[1])
            if recipe.system in systems:
                yield recipe


def named(recipe: Recipe) -> str:
    return f"{recipe.page}:{recipe.line}"


def tool(name: str) -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"{name} is not installed: see the dependency group 'workflows'")
    return found


def accepted(*command: str | Path, cwd: Path) -> None:
    run = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def actionlint(*files: Path) -> None:
    # whether shellcheck and pyflakes are there must not decide
    accepted(tool("actionlint"), "-no-color", "-shellcheck=", "-pyflakes=", *files, cwd=files[0].parent)


def zizmor(folder: Path, *paths: Path) -> None:
    config = folder / "zizmor.yml"
    config.write_text(_ZIZMOR, encoding="utf-8")
    accepted(
        tool("zizmor"), "--offline", "--no-progress", "--color=never", "--config", config, *paths, cwd=folder
    )


def schema(system: str, file: Path) -> None:
    words = ("--color=never", "--builtin-schema", _SCHEMAS[system], file)
    accepted(tool("check-jsonschema"), *words, cwd=file.parent)


def workflow(folder: Path, text: str) -> Path:
    file = folder / ".github" / "workflows" / "recipe.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    return file


# -- ours


def test_our_workflows_are_what_github_understands() -> None:
    actionlint(*sorted(WORKFLOWS.glob("*.yml")))


def test_our_workflows_are_safe(tmp_path: Path) -> None:
    accepted(tool("zizmor"), "--offline", "--no-progress", "--color=never", ROOT / ".github", cwd=tmp_path)


# -- the documented ones


def test_every_system_has_its_recipe() -> None:
    found = [recipe.system for recipe in recipes("github", *_SCHEMAS)]
    assert {*found} == {"github", *_SCHEMAS}
    assert min(found.count(system) for system in ("github", "gitlab", "buildkite")) >= 2


@pytest.mark.parametrize("recipe", [*recipes("github")], ids=named)
def test_github_understands_a_recipe(tmp_path: Path, recipe: Recipe) -> None:
    actionlint(workflow(tmp_path, recipe.whole))


@pytest.mark.parametrize("recipe", [r for r in recipes("github") if "ci.md" in r.page], ids=named)
def test_a_recipe_is_safe(tmp_path: Path, recipe: Recipe) -> None:
    zizmor(tmp_path, workflow(tmp_path, recipe.whole))


@pytest.mark.parametrize("recipe", [*recipes(*_SCHEMAS)], ids=named)
def test_a_recipe_is_of_its_systems_schema(tmp_path: Path, recipe: Recipe) -> None:
    file = tmp_path / "recipe.yml"
    file.write_text(recipe.text, encoding="utf-8")
    schema(recipe.system, file)


def test_shards_are_kept_and_merged_whatever_became_of_their_jobs() -> None:
    """The words on which that hangs, per system."""
    words = {
        "github": ["if: ${{ !cancelled() }}", "if: always()", "monorepo-shards"],
        "gitlab": [
            "{when: always, paths: [monorepo-shards/]",
            "\n  when: always\n",
            "stage: .post",
        ],
        "buildkite": ["artifact_paths: monorepo-shards/**/*", "continue_on_failure: true"],
    }
    for system, expected in words.items():
        (recipe,) = (r for r in recipes(system) if "--monorepo-merge" in r.text)
        assert [word for word in expected if word not in recipe.text] == [], system


# -- those of --monorepo-init


@pytest.fixture
def generated(tmp_path: Path) -> Path:
    """A workspace of both systems into which the workflows have been written."""
    root = tmp_path / "repo"
    (root / ".github" / "workflows").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".gitlab-ci.yml").touch()
    space = Space(root)
    space.projects({"libs/a": "def test_it(): pass\n", "libs/b": "def test_it(): pass\n"})
    space.write(  # every kind of command that installs
        {
            "requirements.txt": "x==1 --hash=sha256:00\n",
            "libs/a/requirements.txt": "-e ../b\n",
            "libs/b/poetry.lock": "",
            "my libs/c/pyproject.toml": "[dependency-groups]\ntest = []\n[tool.pytest.ini_options]\n",
            "my libs/c/tests/test_c.py": "def test_it(): pass\n",
        }
    )
    run = space.plain("-p", "pytest_monorepo.plugin", "--monorepo-init=write")
    assert run.code == 0, run.out
    return root


def test_a_generated_workflow_is_accepted(generated: Path) -> None:
    file = generated / ".github" / "workflows" / "monorepo.yml"
    actionlint(file)
    zizmor(generated, file)


def test_a_generated_job_is_accepted(generated: Path) -> None:
    schema("gitlab", generated / ".gitlab" / "pytest-monorepo.yml")


def test_what_ci_runs_is_there() -> None:
    """A test that is moved would end CI with a usage error, behind everything else."""
    script = ROOT / ".ci" / "run"
    if not script.exists():
        pytest.skip("the sdist has no CI")
    texts = [script.read_text(), *(file.read_text() for file in WORKFLOWS.glob("*.yml"))]
    named = {path for text in texts for path in re.findall(r"(?<![\w/])tests/[\w/.]*\w", text)}
    assert len(named) > 10
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
