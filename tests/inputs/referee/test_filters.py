"""Which calls the kernel tells of: the program is run here as the kernel runs it."""

from __future__ import annotations

import struct

import pytest

from pytest_monorepo.inputs.referee import filters
from pytest_monorepo.inputs.referee.calls import CALLS
from pytest_monorepo.inputs.referee.machines import MACHINES, Machine

X86 = MACHINES["x86_64"]
TOLD, QUIET = filters.NOTIFY, filters.ALLOW


def run(machine: Machine, number: int, first: int = 0, *, arch: int | None = None) -> int:
    """What the program says of a call: an interpreter of what it uses of classic BPF."""
    data = struct.pack("=iIQ6Q", number, machine.arch if arch is None else arch, 0, first, *[0] * 5)
    steps, at, value = filters.program(machine), 0, 0
    while True:
        code, holds, fails, operand = steps[at]
        at += 1
        if code == 0x06:
            return operand
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, operand)
            continue
        test = {0x15: value == operand, 0x35: value >= operand, 0x45: bool(value & operand)}[code]
        at += holds if test else fails


@pytest.mark.parametrize("processor", MACHINES)
def test_each_call_with_a_name_is_told_of(processor: str) -> None:
    machine = MACHINES[processor]
    named = [name for name in CALLS if name in machine.numbers and name != "clone"]
    assert {name for name in named if run(machine, machine.numbers[name]) != TOLD} == set()
    # read, write, mmap, brk and getpid of each
    others = {"x86_64": (0, 1, 9, 12, 39)}
    assert {number for number in others[processor] if run(machine, number) != QUIET} == set()


@pytest.mark.parametrize(
    ("number", "argument", "arch", "said"),
    [
        pytest.param(56, 0x11, None, QUIET, id="fork"),
        pytest.param(56, 0x3D0F00, None, QUIET, id="thread"),
        pytest.param(56, 0x20000, None, TOLD, id="mounts of its own"),
        pytest.param(56, 0x10000000, None, TOLD, id="users of its own"),
        pytest.param(0, 0, 0x40000003, TOLD, id="32 bits"),
        pytest.param(0x40000000, 0, None, TOLD, id="x32"),
    ],
)
def test_what_else_is_told_of(number: int, argument: int, arch: int | None, said: int) -> None:
    assert run(X86, number, argument, arch=arch) == said


def test_a_step_is_as_wide_as_the_kernel_has_it() -> None:
    steps = filters.program(X86)
    assert len(filters.packed(steps)) == 8 * len(steps)
    assert all(step[1] < 256 for step in steps)
