"""A workflow without what no test of its can see: names, triggers, reports of what has run. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .blocks import Node, UnreadableError, as_table, load

# they tell people or services what has happened, and leave the machine as it is, as their READMEs say
_REPORTERS = re.compile(
    r"(?i)(?:actions/upload-artifact|codecov/codecov-action|coverallsapp/github-action"
    r"|py-cov-action/python-coverage-comment-action|dorny/test-reporter|mikepenz/action-junit-report"
    r"|enricomi/publish-unit-test-result-action|marocchino/sticky-pull-request-comment"
    r"|peter-evans/(?:create-or-update-comment|find-comment)|mshick/add-pr-comment"
    r"|thollander/actions-comment-pull-request|slackapi/slack-github-action|re-actors/alls-green"
    r"|[\w.-]+/[\w.-]*notify[\w.-]*)(?:/[\w./-]*)?@.*"
)
# whoever calls the workflow, or starts it by hand, gives it values
_GIVING = ("workflow_call", "workflow_dispatch")
_UNSEEN = frozenset(("name", "run-name", "concurrency"))
_ITS_NAME = re.compile(r"(?i)github\.workflow\b(?!_)|\bGITHUB_WORKFLOW\b")
_TOKENS = re.compile(r"(?i)token|secrets\.|aws-actions/|google-github-actions/|azure/login")


def same_tests(before: bytes | None, after: bytes | None) -> bool:
    """Whether two versions differ in nothing that a test they run can see."""
    if before is None or after is None:
        return False
    try:
        old, new = (_trimmed(load(data.decode("utf-8-sig"))) for data in (before, after))
    except (UnreadableError, UnicodeDecodeError, RecursionError):
        return False
    return old == new


def _trimmed(document: Node) -> Node:
    top = dict(as_table(document))
    triggers = top.pop("on", top.pop("'on'", ""))
    given = {name: triggers[name] for name in _GIVING if isinstance(triggers, dict) and name in triggers}
    jobs = as_table(top.pop("jobs", ""))
    # what one job leaves another may take up
    handed = re.search(r"download-artifact|gh run download", str(jobs)) is not None
    trimmed = {name: _job(as_table(job), handed) for name, job in jobs.items()}
    if _ITS_NAME.search(str((trimmed, top))):
        given["name"] = top.get("name", "")
    if not _TOKENS.search(str((trimmed, top))):
        top.pop("permissions", None)
        trimmed = {
            name: {k: v for k, v in job.items() if k != "permissions"} for name, job in trimmed.items()
        }
    return {**_seen(top), "on": dict(given), "jobs": {name: {**job} for name, job in trimmed.items()}}


def _seen(table: Mapping[str, Node]) -> dict[str, Node]:
    return {key: value for key, value in table.items() if key not in _UNSEEN}


def _job(job: Mapping[str, Node], handed: bool) -> dict[str, Node]:
    steps = job.get("steps", "")
    if not isinstance(steps, list):
        return _seen(job)
    tables = [_seen(as_table(step)) for step in steps]
    kept = [step for step in tables if not _reports(step, handed)]
    rest = str((kept, [job.get(key, "") for key in ("outputs", "if", "env")]))
    # steps['x'], toJSON(steps) and steps.*.outcome may be any of them
    any_of = re.search(r"\bsteps(?:\[|\s*\)|\.\*)", rest) is not None
    asked = [s for s in tables if any_of or s in kept or f"steps.{s.get('id', chr(0))}" in rest]
    return {**_seen(job), "steps": [{**step} for step in asked]}


def _reports(step: Mapping[str, Node], handed: bool) -> bool:
    uses = step.get("uses", "")
    if not isinstance(uses, str) or _REPORTERS.fullmatch(uses) is None:
        return False
    return not (handed and uses.lower().startswith("actions/upload-artifact"))
