"""A trace of a node's worker, told so that the controller can compare it; on values, without a worker."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.cluster.node.reading import Reading, opened
from pytest_monorepo.cluster.outside import settings_above
from pytest_monorepo.cluster.places import Places
from pytest_monorepo.cluster.words import Brief
from pytest_monorepo.inputs.record import values
from pytest_monorepo.results.entries import key
from pytest_monorepo.results.values.current import Current, Digests
from pytest_monorepo.worker import protocol

HOME, PYTHON = "/home/ada/repo/py", "/home/ada/env/bin/python"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
OLD = time.time_ns() - 60_000_000_000


class Node:
    """Its tree is the repository's, which holds the workspace in a folder ``py``."""

    def __init__(self, tmp: Path) -> None:
        self.tree, self.run = tmp / "tree", tmp / "run-1"
        self.root = self.tree / "py"
        self.root.mkdir(parents=True)
        self.run.mkdir()
        self.file = self.root / "empty"
        self.file.touch()
        machine = key.machine(sys.executable, Current(Digests()))
        brief = Brief(
            node="n",
            token="token-123",
            tmp=str(self.run),
            folders={HOME: str(self.root), "/home/ada/repo": str(self.tree), "/home/tmp": str(self.run)},
            pythons={PYTHON: sys.executable},
            homes={PYTHON: [["root", HOME], ["env", "/home/ada/env"]]},
            machines={PYTHON: machine},
        )
        self.reading = Reading(brief, Places(brief.folders))

    def section(self, **inputs: dict[str, Any]) -> dict[str, Any]:
        return {
            "inputs": inputs,
            "lookups": {},
            "variables": {},
            "facts": {},
            "whole_environment": False,
            "reasons": [],
        }

    def told(self, shared: dict[str, Any], **changed: Any) -> dict[str, Any]:
        trace = {
            **shared,
            "base": "",
            "suffixes": [".py"],
            "environment": {"PWD": str(self.root)},
            "parts": [],
            "collection": self.section(),
            **changed,
        }
        message = self.reading.told(protocol.Traced(trace), str(self.root), PYTHON, sys.executable)
        return opened(message).trace


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_paths_are_the_controller_s_and_files_their_content(node: Node, tmp_path: Path) -> None:
    was = values.fingerprint(str(node.file))
    section = node.section(
        file={str(node.file): was, f"{node.tree}/gone": None, f"{sys.prefix}/none.pth": None},
        ltype={str(tmp_path): "folder", f"{tmp_path}/tox.ini": None, str(node.run): "folder"},
        link={f"{node.root}/gone": None},
        place={str(node.file): str(node.file)},
    )
    section["lookups"] = {str(node.root): {"m": []}}
    told = node.told(section, parts=[{"files": ["a"], "modules": [], **section}])
    inputs = {
        "file": {f"{HOME}/empty": EMPTY, "/home/ada/repo/gone": None, "/home/ada/env/none.pth": None},
        # by the way up; that temporary folders lie in a folder of this run's is nobody's input
        "ltype": {"/home/ada": "folder", "/home/ada/tox.ini": None},
        "link": {f"{HOME}/gone": None},
        "place": {f"{HOME}/empty": f"{HOME}/empty"},
    }
    assert (told["inputs"], told["reasons"], told["node"]) == (inputs, [], "n")
    assert told["lookups"] == {HOME: {"m": []}}
    assert told["environment"] == {"PWD": HOME}
    assert (told["parts"][0]["inputs"], told["parts"][0]["files"]) == (inputs, ["a"])


def test_what_changed_after_it_was_read_is_a_reason(node: Node) -> None:
    was = values.fingerprint(str(node.file))
    node.file.write_text("other")
    written = node.section(file={str(node.file): was})
    assert node.told(written)["reasons"] == ["empty changed while the tests ran"]
    gone = node.section(names={str(node.root): ["empty", "gone"]})
    assert node.told(gone)["reasons"] == [". changed while the tests ran"]


def test_what_was_written_since_the_run_began_was_written_by_a_test(node: Node) -> None:
    was = values.fingerprint(str(node.file))
    node.reading.began = OLD
    told = node.told(node.section(file={str(node.file): was}))
    assert told["reasons"] == ["empty was written while the tests ran"]


def test_a_content_is_that_of_the_file_as_it_was_read(node: Node) -> None:
    """Each worker's trace is told when it ends: another one may have written the file since the last."""
    for text in ("one", "two"):
        node.file.write_text(text)
        was = values.fingerprint(str(node.file))
        told = node.told(node.section(file={str(node.file): was}))
        assert told["inputs"]["file"][f"{HOME}/empty"] == Current(Digests()).value("file", str(node.file))


def test_two_folders_that_are_one_at_home_must_agree(node: Node) -> None:
    above = [str(parent) for parent in node.root.parents]
    assert len(above) > 4  # at home there are three
    section = node.section(names={above[-1]: values.names(above[-1]), above[-2]: values.names(above[-2])})
    assert any("/ is not one on node n" in reason for reason in node.told(section)["reasons"])


def test_what_a_fork_server_read_goes_once_and_is_found_at_home(node: Node) -> None:
    base = node.run / "inputs-1.json"
    data = {**node.section(file={str(node.file): values.fingerprint(str(node.file))}), "suffixes": [".py"]}
    base.write_text(json.dumps({**data, "environment": {}}))
    first, second = (node.told(node.section(), base=str(base)) for _ in range(2))
    assert first["base"] == second["base"] == "/home/tmp/inputs-oken-123-0.json"
    ((path, content),) = node.reading.files
    assert path == str(node.run / "inputs-oken-123-0.json")
    sent = json.loads(content)
    assert (sent["inputs"], sent["node"]) == ({"file": {f"{HOME}/empty": EMPTY}}, "n")


def test_a_machine_with_other_limits_keeps_nothing(node: Node) -> None:
    node.reading.brief.machines[PYTHON]["user or limits"] = [False, 0o77, []]
    assert node.told(node.section())["reasons"] == ["user or limits of node n"]


@pytest.mark.parametrize("trace", [{}, {"packed": 7}, {"packed": "?"}, {"packed": "AAAA"}])
def test_what_is_no_trace_makes_no_sense(trace: dict[str, Any]) -> None:
    with pytest.raises(protocol.ProtocolError):
        opened(protocol.Traced(trace))


def test_settings_above_the_repository(tmp_path: Path) -> None:
    root = tmp_path / "repo" / "py"
    (root.parent / ".git").mkdir(parents=True)
    root.mkdir()
    os.system(f"git init -q {root.parent}")
    (root.parent / "tox.ini").touch()
    assert settings_above(root) is None
    (tmp_path / "tox.ini").touch()
    assert f"{tmp_path}/tox.ini lies above" in str(settings_above(root))
