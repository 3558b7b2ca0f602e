import os
from collections.abc import Iterator

import pytest
from telemetry import Recorder, configure

os.environ["SERVICE_NAME"] = "fastapi-ml-tests"

from fastapi.testclient import TestClient

from app.main import app, get_store
from app.models import Store


@pytest.fixture(scope="session", autouse=True)
def recorder() -> Recorder:
    return configure("fastapi-ml-tests")


@pytest.fixture
def client() -> Iterator[TestClient]:
    store = Store()
    app.dependency_overrides[get_store] = lambda: store
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
