"""The numbers of calls are those of the system's own headers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_monorepo.inputs.referee.calls import CALLS
from pytest_monorepo.inputs.referee.machines import MACHINES

HEADERS = {
    "x86_64": "/usr/include/x86_64-linux-gnu/asm/unistd_64.h",
}


@pytest.mark.parametrize("processor", MACHINES)
def test_the_numbers_are_the_headers(processor: str) -> None:
    header = Path(HEADERS[processor])
    if not header.exists():
        pytest.skip(f"{header} is not here (linux-libc-dev)")
    said = dict(re.findall(r"#define __NR_?(\w+)\s+(\d+)", header.read_text()))
    said = {name.lstrip("_"): int(number) for name, number in said.items()}
    known = MACHINES[processor].numbers
    assert {name: known[name] for name in known if name in said} == {n: said[n] for n in known if n in said}
    # a header may be older than a call
    assert all(known[name] > 450 for name in known if name not in said)


def test_each_number_is_of_a_call_that_is_known() -> None:
    for machine in MACHINES.values():
        assert set(machine.numbers) <= set(CALLS)
        assert len(set(machine.numbers.values())) == len(machine.numbers)
