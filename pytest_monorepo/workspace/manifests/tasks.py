"""Commands in the settings of task runners and environments: what of the workspace they install.

``hatch env create`` runs the commands around an environment's installation; any other task may be what a
person, or a workflow, calls before the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pytest_monorepo.workspace.files.tree import Table, table_at

from .commands import installed_by
from .hatch import expanded

# https://hatch.pypa.io/latest/config/environment/overview/#commands, #scripts
_AROUND = ("pre-install-commands", "post-install-commands", "scripts")
# those of PDM and Poe may name any file, and are read for all (named.py)
_TASKS = (("taskipy", "tasks"), ("rye", "scripts"))


def lines(pyproject: Table | None, hatch: Table, pixi: Iterable[Table]) -> Iterator[str]:
    """What the commands install, as lines of a requirements file; ``pixi`` are all its manifests."""
    found: list[object] = [table_at(pyproject, "tool", *keys) for keys in _TASKS]
    for environment in table_at(hatch, "envs").values():
        found += [environment.get(key) for key in _AROUND if isinstance(environment, Mapping)]
    tables = [one for manifest in pixi for one in (manifest, *table_at(manifest, "feature").values())]
    for table in tables:
        # https://pixi.sh/latest/workspace/advanced_tasks/; of each target, too
        found += [table_at(table, "tasks")]
        found += [table_at(target, "tasks") for target in table_at(table, "target").values()]
    for text in _texts(found):
        if "install" in text or "uv" in text:
            yield from installed_by(expanded(text))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        # a list is one command in words, or several commands
        yield " ".join(value)
        yield from value
    elif isinstance(value, (list, Mapping)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
