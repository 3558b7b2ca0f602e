"""Who reads all variables out of ``posix.environ``, which is the mapping itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_monorepo.inputs.probes.environ import Variables
from pytest_monorepo.inputs.record.recorder import Recorder

READS: dict[str, Callable[[Any], object]] = {
    "shown": repr,
    "backwards": lambda all_: list(reversed(all_)),
    "joined": lambda all_: all_ | {},
    "joined to another": lambda all_: {} | all_,
    "unpacked": lambda all_: {**all_},
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_all_variables_are_read(read: Callable[[Any], object]) -> None:
    recorder = Recorder()
    recorder.begin((), "/", {})
    variables = Variables({b"NAME": b"value"})
    variables.recorder = recorder
    found = read(variables)
    assert found in ({b"NAME": b"value"}, [b"NAME"], "{b'NAME': b'value'}")
    assert recorder.scopes.shared.whole_environment
