"""What hangs on the interpreter's tables, and in no module, is seen to be otherwise."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_monorepo.inputs.owners.loose import Loose
from pytest_monorepo.inputs.owners.state import State
from pytest_monorepo.inputs.record.homes import Homes
from tests.inputs.owners import few

LOOSE = """
import builtins, contextvars, functools, gc, signal, sys

class Kept:
    def __init__(self): self.names, self.value = [], 0
    def find_spec(self, name, path=None, target=None): return None
    def heard(self, *args): pass
    def __call__(self, *args): pass

def hooked():
    seen = []
    def hook(path):
        seen
        raise ImportError
    return hook

sys.loose_list, sys.loose_table, sys.loose_object = [], {'a': {}}, Kept()
builtins.loose_object = Kept()
sys.meta_path.append(Kept())
sys.path_hooks.append(hooked())
sys.modules['loose_object'] = Kept()
contextvars.ContextVar('loose').set([])
gc.callbacks.append(Kept())
signal.signal(signal.SIGUSR2, Kept().heard)
sys.displayhook = functools.partial(Kept())
"""
DONE = {
    "a-list-in-sys": "sys.loose_list.append(1)",
    "below-a-table-in-sys": "sys.loose_table['a']['b'] = 1",
    "an-object-in-sys": "sys.loose_object.value = 1",
    "an-object-in-builtins": "loose_object.value = 1",
    "a-finder": "sys.meta_path[-1].names.append('late')",
    "at-hand-of-a-hook": "sys.path_hooks[-1].__closure__[0].cell_contents.append(1)",
    "what-is-no-module": "sys.modules['loose_object'].names.append(1)",
    "in-a-context": "[one for one in contextvars.copy_context() if one.name == 'loose'][0].get().append(1)",
    "who-hears-the-collector": "gc.callbacks[-1].value = 1",
    "who-hears-a-signal": "signal.getsignal(signal.SIGUSR2).__self__.value = 1",
    "who-shows-values": "sys.displayhook.func.value = 1",
    "class-of-a-module": "import wave\nwave.__class__ = type('Other', (type(sys),), {})",
}


@pytest.fixture(scope="module")
def loose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Loose, dict[str, Any]]]:
    import builtins
    import gc
    import signal
    import wave

    root = tmp_path_factory.mktemp("loose")
    (root / "made_loose.py").write_text(LOOSE)
    handler = signal.getsignal(signal.SIGUSR2)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        patch.setattr(sys, "meta_path", [*sys.meta_path])
        patch.setattr(sys, "path_hooks", [*sys.path_hooks])
        patch.setattr(sys, "displayhook", sys.displayhook)
        patch.setitem(sys.modules, "loose_object", None)
        module = importlib.import_module("made_loose")
        yield Loose(Homes(str(root))), vars(module)
    signal.signal(signal.SIGUSR2, handler)
    del gc.callbacks[-1], sys.modules["made_loose"], vars(builtins)["loose_object"]
    vars(wave).pop("__class__", None)
    wave.__class__ = type(sys)
    for name in [name for name in vars(sys) if name.startswith("loose_")]:
        delattr(sys, name)


@pytest.mark.parametrize("name", DONE)
def test_what_hangs_loose_is_seen(loose: tuple[Loose, dict[str, Any]], name: str) -> None:
    looks, variables = loose
    list(looks.changed(sys.modules))
    assert not list(looks.changed(sys.modules))
    exec(DONE[name], variables)
    assert list(looks.changed(sys.modules))
    assert not list(looks.changed(sys.modules))


def test_a_module_that_waits_to_be_asked_has_another_class_then(tmp_path: Path) -> None:
    looks = Loose(Homes("/nowhere"))
    (tmp_path / "made_lazy.py").write_text("value = 1")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        spec: Any = importlib.util.find_spec("made_lazy")
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, "made_lazy", module)
        spec.loader.exec_module(module)
        list(looks.changed(sys.modules))
        assert module.value == 1
        assert not list(looks.changed(sys.modules))


def test_a_class_registered_with_one_of_an_installed_module_is_seen() -> None:
    with pytest.MonkeyPatch.context() as patch:
        holder: Any = type(sys)("made_installed")
        holder.__file__ = "/somewhere/site-packages/made_installed.py"
        exec("import abc\nclass Base(abc.ABC): pass", vars(holder))
        patch.setitem(sys.modules, "made_installed", holder)
        few.named(patch, {"made_installed"})
        state = State(Homes("/nowhere"))
        state.look()
        holder.Base.register(int)
        change = state.look()
        assert "class of builtins registered" in change.facets
        assert not state.look()
