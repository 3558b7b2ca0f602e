"""What a worker is started with, after plugins have had their say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_monorepo.inputs.record.shown import JUNIT, OPTION, told
from pytest_monorepo.worker import protocol
from pytest_monorepo.worker.plugins.reports import own_reports

if TYPE_CHECKING:
    import pytest

    from pytest_monorepo.workspace.model import Project


def adjusted(config: pytest.Config, job: protocol.Job, project: Project) -> protocol.Job:
    """The job as :func:`~pytest_monorepo.hookspecs.pytest_monorepo_worker` leaves it."""
    environ, args = dict(job.environ), list[str]()
    hook = config.hook.pytest_monorepo_worker
    hook(config=config, project=project, environ=environ, args=args)
    argv = [job.argv[0], *args, *job.argv[1:]]
    words = [*map(str, config.invocation_params.args), *os.environ.get("PYTEST_ADDOPTS", "").split()]
    reports = own_reports.asked_by_the_user(config.option, words, str(config.inipath or ""))
    args = [*args, *job.args]
    shown = dict(told(args).shown)
    if "junitxml" in job.workerinput:
        shown[OPTION + JUNIT] = "given"
    return job._replace(environ=environ, args=args, argv=argv, reports=reports, shown=shown)


def environment(job: protocol.Job, inherited: Mapping[str, str]) -> dict[str, str]:
    """The environment that a worker will have: as the worker's ``environment.prepare`` makes it."""
    from pytest_monorepo.worker.process.environment import without_options

    environ = {**inherited, **job.environ, "PWD": job.folder}
    environ.pop("PYTEST_VERSION", None)
    if "PYTEST_ADDOPTS" in environ:
        environ["PYTEST_ADDOPTS"] = without_options(environ["PYTEST_ADDOPTS"], job.inherited_options)
    return environ
