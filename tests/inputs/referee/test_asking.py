"""What the worker makes of what its referee tells: Python's own look-ups are not counted twice."""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs.record import values
from pytest_monorepo.inputs.record.recorder import Recorder
from pytest_monorepo.inputs.referee.asking import Referee

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the referee is Linux's")

NOTHING: dict[str, Any] = {"inputs": {}, "facts": {}, "reasons": []}


class Kernel:
    """``error`` is why the system refuses; ``calls`` is how often it was asked."""

    def __init__(self, error: int = 0) -> None:
        self.error = error
        self.calls = 0

    def filtered(self) -> int:
        self.calls += 1
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        return os.open(os.devnull, os.O_RDONLY)


def told(recorder: Recorder, **found: Any) -> dict[str, dict[str, Any]]:
    """The inputs of all, once a referee has told that."""
    ours, theirs = socket.socketpair()
    referee = Referee(Kernel(), ours, 1)  # type: ignore[arg-type]
    assert referee.sees()
    for path, count in found.pop("said", {}).items():
        referee._opened[path] = count
    usual = {"own": NOTHING, "others": NOTHING, "opened": {}, "changed": {}, "counted": {}, "wrote": []}
    data = json.dumps({**usual, "left": [], "ran": False, **found}).encode()
    theirs.sendall(struct.pack("=Q", len(data)) + data)
    assert referee.told(recorder) is None
    ours.close()
    theirs.close()
    return recorder.scopes.shared.inputs


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    recorder.begin(["/own"], "/nowhere", {})
    return recorder


def of(kind: str, path: str, value: Any) -> dict[str, Any]:
    return {**NOTHING, "inputs": {kind: {path: value}}}


@pytest.mark.parametrize(("times", "noted"), [(0, True), (1, True), (2, False), (3, False)])
def test_what_python_has_told_of_each_time_is_its_own_affair(
    recorder: Recorder, times: int, noted: bool
) -> None:
    own = of("file", "/x", [1, 2, 3, 4])
    assert ("/x" in told(recorder, own=own, opened={"/x": 2}, said={"/x": times}).get("file", {})) is noted


def test_what_a_program_opens_counts_whatever_python_has_told(recorder: Recorder) -> None:
    others = of("file", "/x", [1, 2, 3, 4])
    assert told(recorder, others=others, opened={"/x": 1}, said={"/x": 9})["file"] == {"/x": [1, 2, 3, 4]}


def test_a_folder_that_python_has_opened_another_may_list(recorder: Recorder) -> None:
    own = of("types", "/x", ["a"])
    assert told(recorder, own=own, opened={"/x": 1}, said={"/x": 1})["types"] == {"/x": ["a"]}


def test_when_a_file_was_written_counts_unless_it_is_opened(recorder: Recorder) -> None:
    status = [0o100644, 7, 1, 1, 0, 0, 5, 10, 11]
    assert told(recorder, own=of("stat", "/x", status))["stat"] == {"/x": status}
    inputs = told(recorder, own=of("stat", "/y", status), opened={"/y": 1})
    assert "/y" not in inputs["stat"]
    assert inputs["file"]["/y"] == [5, 10, 11, 7]
    assert inputs["mode"]["/y"] == 0o100644


def test_what_is_the_tests_own_is_no_input(recorder: Recorder) -> None:
    assert told(recorder, others=of("file", "/own/x", [1, 2, 3, 4])) == {}


def test_what_changed_between_two_looks_is_not_kept(recorder: Recorder) -> None:
    recorder.scopes.shared.inputs["file"] = {"/x": [1, 2, 3, 4]}
    told(recorder, others=of("file", "/x", [1, 2, 3, 5]))
    assert list(recorder.scopes.shared.reasons) == ["/x changed while the tests ran"]


def test_what_the_tests_wrote_over_and_another_looked_at_is_not_kept(
    recorder: Recorder, tmp_path: Path
) -> None:
    path = str(tmp_path / "x")
    Path(path).write_text("1")
    recorder.replaces(path)
    Path(path).write_text("22")
    told(recorder, others=of("file", path, [1, 2, 3, 4]))
    assert any("is written by the tests" in reason for reason in recorder.scopes.shared.reasons)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"changed": {"HERE": 1}}, "compiled code writes HERE"),
        ({"wrote": ["HERE"], "opened": {"HERE": 1}}, "compiled code writes HERE"),
        ({"left": ["HERE"]}, "a program writes HERE"),
        ({"counted": {"connects to something": 1}}, "connects to something (compiled code)"),
    ],
)
def test_what_cannot_be_compared(
    recorder: Recorder, tmp_path: Path, found: dict[str, Any], reason: str
) -> None:
    here = str(tmp_path)
    told(recorder, **json.loads(json.dumps(found).replace("HERE", here)))
    assert list(recorder.scopes.shared.reasons) == [reason.replace("HERE", here)]


def test_a_program_that_python_has_not_told_of_may_ask_for_the_time(recorder: Recorder) -> None:
    told(recorder, ran=True)
    assert values.PROGRAMS_CLOCK in recorder.scopes.shared.facts


def test_the_whole_environment_counts(recorder: Recorder) -> None:
    told(recorder)
    assert recorder.scopes.shared.whole_environment


def test_where_the_system_refuses_the_reason_stands_and_says_so(recorder: Recorder) -> None:
    kernel = Kernel(errno.EBUSY)
    recorder.referee = Referee(kernel, None, 1)  # type: ignore[arg-type]
    recorder.unseen("runs awk")
    recorder.unseen("runs sed")
    why = os.strerror(errno.EBUSY)
    assert list(recorder.scopes.shared.unseen) == [
        f"runs {one} (no referee: {why})" for one in ("awk", "sed")
    ]
    assert recorder.referee.told(recorder) == f"no referee: {why}"
    assert kernel.calls == 1


def test_a_forked_process_does_not_ask_its_parents_referee() -> None:
    referee = Referee(Kernel(), None, 1)  # type: ignore[arg-type]
    referee._owner = os.getpid() + 1
    assert not referee.sees()
