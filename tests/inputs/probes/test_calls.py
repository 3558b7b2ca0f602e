"""Compiled modules that are trusted as long as nobody calls what reads by itself in them."""

from __future__ import annotations

import subprocess
import sys
import types
from typing import Any

import pytest

from pytest_monorepo.inputs.probes import after_import, calls


class Listening:
    """In place of a recorder."""

    def __init__(self) -> None:
        self.listening = True
        self.reasons: list[str] = []

    def incomplete(self, reason: str) -> None:
        self.reasons.append(reason)


@pytest.fixture
def recorder() -> Any:
    return Listening()


def test_what_only_computes_is_not_told(recorder: Any) -> None:
    module: Any = types.ModuleType("_cffi_backend")
    module.new_primitive_type = len
    module.load_library = len
    calls.wrap(recorder, module)
    assert module.new_primitive_type([1]) == 1
    assert recorder.reasons == []
    assert module.load_library([1, 2]) == 2
    assert recorder.reasons == ["calls _cffi_backend.load_library, which may read by itself"]


def test_a_class_tells_of_each_of_its_objects_and_stays_one(recorder: Any) -> None:
    class FFI:
        NULL = 0

        def __init__(self, name: str) -> None:
            self.name = name

    module: Any = types.ModuleType("_cffi_backend")
    module.FFI = FFI
    before = FFI("a")
    calls.wrap(recorder, module)
    assert module.FFI.NULL == 0
    assert isinstance(before, module.FFI)
    assert issubclass(type(before), module.FFI)
    below: Any = type("Below", (module.FFI,), {})
    assert not isinstance(before, below)
    assert not issubclass(type(before), below)
    assert recorder.reasons == []
    assert type(module.FFI("b")) is FFI
    assert type("Below", (module.FFI,), {})("c").name == "c"
    assert recorder.reasons == 2 * ["calls _cffi_backend.FFI, which may read by itself"]


@pytest.mark.parametrize(("caller", "told"), [("cryptography.backend", False), ("OpenSSL._util", True)])
def test_who_takes_all_of_openssl_is_told_unless_it_is_of_the_house(
    recorder: Any, caller: str, told: bool
) -> None:
    class Binding:
        pass

    module: Any = types.ModuleType("cryptography.hazmat.bindings.openssl.binding")
    module.Binding = Binding
    calls.wrap(recorder, module)
    exec("Binding()", {"__name__": caller, "Binding": Binding})
    assert bool(recorder.reasons) is told


@pytest.mark.parametrize(("caller", "told"), [("cryptography.backend", False), ("test_mine", True)])
def test_who_takes_openssl_of_another_s_hand_is_told_too(recorder: Any, caller: str, told: bool) -> None:
    class Binding:
        lib: Any = types.ModuleType("lib")

    Binding.lib.read = len
    module: Any = types.ModuleType("cryptography.hazmat.bindings.openssl.binding")
    module.Binding = Binding
    calls.wrap(recorder, module)
    exec("assert lib.__name__ == 'lib'", {"__name__": caller, "lib": Binding.lib})
    assert recorder.reasons == []
    exec("assert lib.read('ab') == 2", {"__name__": caller, "lib": Binding.lib})
    assert bool(recorder.reasons) is told


def test_one_that_was_there_before_is_not_trusted(recorder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in calls.WRAPPED:
        monkeypatch.delitem(sys.modules, name, raising=False)
    calls.come_too_late(recorder, calls.WRAPPED)
    assert recorder.reasons == []
    monkeypatch.setitem(sys.modules, "_cffi_backend", types.ModuleType("_cffi_backend"))
    calls.come_too_late(recorder, calls.WRAPPED)
    assert recorder.reasons == ["has loaded _cffi_backend before it could be traced"]


REAL = """
from pytest_monorepo.inputs.probes import after_import
from pytest_monorepo.inputs.record.recorder import Recorder
recorder = Recorder()
after_import.install(recorder)
recorder.active = True
import cffi
from cryptography.fernet import Fernet
box = Fernet(Fernet.generate_key())
assert box.decrypt(box.encrypt(b"x")) == b"x"
assert cffi.FFI().new("int[3]")[0] == 0
print(list(recorder.base.reasons))
cffi.FFI().dlopen(None)
print(list(recorder.base.reasons))
import _cffi_backend
_cffi_backend.FFI("made", _version=0x2601, _types=b"").dlopen(None)
from cryptography.hazmat.bindings.openssl.binding import Binding
Binding()
print(list(recorder.base.reasons)[1:])
"""


def test_as_the_packages_are() -> None:
    pytest.importorskip("cryptography")
    done = subprocess.run([sys.executable, "-c", REAL], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "[]",
        "['calls _cffi_backend.load_library, which may read by itself']",
        "['calls _cffi_backend.FFI, which may read by itself', "
        "'uses cryptography.hazmat.bindings.openssl.binding.Binding']",
    ], done.stderr


@pytest.mark.parametrize("name", ["_cffi_backend", "psutil._psutil_linux"])
def test_one_that_is_loaded_again_tells_as_well(name: str) -> None:
    assert name in after_import._EACH_TIME
    assert name not in after_import._WRAPPED
