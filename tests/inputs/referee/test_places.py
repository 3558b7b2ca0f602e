"""Where a name of another process leads to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_monorepo.inputs.record.recorder import Recorder
from pytest_monorepo.inputs.referee import places
from pytest_monorepo.inputs.referee.kernel import ancestors, decoded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_a_name_by_way_of_the_process_itself_is_its_own(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("1")
    with file.open() as stream, subprocess.Popen(["sleep", "600"], stdin=stream, cwd=tmp_path) as child:
        try:
            assert places.led(child.pid, "/dev/stdin") == str(file)
            assert places.led(child.pid, "/proc/self/fd/0") == str(file)
            assert places.led(child.pid, "/proc/self/cwd/x") == str(file)
            assert places.led(child.pid, f"/proc/{child.pid}/maps") == "/proc/self/maps"
            assert places.led(child.pid, f"/proc/{os.getpid()}/maps") == f"/proc/{os.getpid()}/maps"
            assert places.current(child.pid) == str(tmp_path)
            assert os.getpid() in list(ancestors(child.pid))
        finally:
            child.kill()


@pytest.mark.parametrize(
    ("path", "reasons"),
    [
        ("/proc/self/maps", []),
        ("/proc/cpuinfo", []),
        ("/proc/1/status", ["reads /proc/1/status"]),
        ("/proc/uptime", ["reads /proc/uptime"]),
        ("/proc/meminfo", []),
        ("/sys/fs/cgroup/memory/memory.usage_in_bytes", []),
        ("/proc/sys/kernel/ostype", []),
        ("/sys/devices/system/cpu/online", []),
        ("/dev/null", []),
        ("/dev/nobody", []),
    ],
)
def test_what_the_system_tells_is_an_input_where_it_stays(path: str, reasons: list[str]) -> None:
    recorder = Recorder()
    recorder.begin([], "/nowhere", {})
    places.see(recorder, path)
    assert list(recorder.scopes.shared.reasons) == reasons


def test_a_script_and_a_program_are_run_by_another(tmp_path: Path) -> None:
    script = tmp_path / "x"
    script.write_text("#! /bin/sh -e\n")
    assert places.interpreter(str(script)) == "/bin/sh"
    loader = places.interpreter(os.path.realpath("/bin/sh"))
    assert loader is None or os.path.exists(loader)
    script.write_text("#!\n")
    assert places.interpreter(str(script)) is None
    script.write_bytes(b"\x7fELF\x02")
    assert places.interpreter(str(script)) is None


def test_a_notification_is_read_as_the_kernel_writes_it() -> None:
    data = bytes(range(80))
    told = decoded(data)
    assert told.id == int.from_bytes(data[:8], sys.byteorder)
    assert told.thread == int.from_bytes(data[8:12], sys.byteorder)
    assert told.number == int.from_bytes(data[16:20], sys.byteorder)
    assert told.arguments[5] == int.from_bytes(data[72:80], sys.byteorder)
