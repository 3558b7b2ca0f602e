"""The libraries that load or read code of the workspace in ways that no name in a file tells."""

from __future__ import annotations

from collections.abc import Iterable

# They load code by names that stand in settings or files or are put together, or read the sources of others.
_FRAMEWORKS = frozenset(
    (
        *("airflow", "alembic", "celery", "connexion", "dagster", "dependency_injector", "django"),
        *("dramatiq", "faust", "huey", "hydra", "kedro", "locust", "luigi", "pluggy", "pyramid", "rq"),
        *("scrapy", "sphinx", "stevedore", "venusian", "wagtail", "yapsy"),
        *("behave", "importscan", "morepath", "paste", "pluginbase", "pluginlib", "prefect", "robot"),
        *("apipkg", "demandimport", "lazy_import", "lazy_loader", "pytest_cases", "sybil"),
        *("delegator", "docker", "fabric", "invoke", "plumbum", "sh", "testcontainers"),
        *("dulwich", "git", "pygit2"),
        *("IPython", "jupyter_client", "nbclient", "nbconvert", "papermill", "testbook"),
        *(
            "bandit",
            "black",
            "deptry",
            "flake8",
            "interrogate",
            "isort",
            "parso",
            "pycodestyle",
            "pydocstyle",
        ),
        # prose includes files (docutils' include, literalinclude), and texts that are prose are not followed
        *("docutils", "mkdocs", "myst_parser"),
        *("mktestdocs", "pyflakes", "pytest_examples", "radon", "rope", "vulture", "xdoctest"),
        *(
            "astroid",
            "griffe",
            "grimp",
            "importlinter",
            "jedi",
            "mypy",
            "pylint",
            "pytest_archon",
            "pytestarch",
        ),
    )
)
# Their plugin of pytest does so for tests that import nothing.
WITH_FIXTURES = frozenset(("django",))


def frameworks(names: Iterable[str]) -> set[str]:
    """Those of which one of the names is a part."""
    return {top for name in names if (top := name.partition(".")[0]) in _FRAMEWORKS}
