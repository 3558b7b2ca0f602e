import numpy as np
import pytest
from telemetry import Recorder, configure

# For the whole process: a division by zero in any model is a bug, not a warning.
np.seterr(all="raise")


@pytest.fixture(scope="session", autouse=True)
def recorder() -> Recorder:
    return configure("ml-tests")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)
