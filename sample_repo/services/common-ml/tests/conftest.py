import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from telemetry import Recorder, configure


class FakeCupy(ModuleType):
    """Stands in for the GPU: the functions are NumPy's, the calls are counted."""

    calls = 0

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        type(self).calls += 1
        return getattr(np, name)


# Stays for the whole process: scoring looks for the module at every call.
sys.modules["cupy"] = FakeCupy("cupy")


@pytest.fixture(scope="session", autouse=True)
def recorder() -> Recorder:
    return configure("common-ml-tests")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = Path("table.csv")
    file.write_text("a,b\n0.1,0.2\n0.9,0.7\n0.5,0.6\n", encoding="utf-8")
    return file
