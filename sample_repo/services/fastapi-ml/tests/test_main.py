from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from mq import Message, default_broker
from telemetry import Recorder

LINE = {"x": [[0], [1], [2]], "y": [1, 3, 5]}


@pytest.fixture(scope="module")
def trained() -> Iterator[list[Message]]:
    messages: list[Message] = []
    default_broker().subscribe("models/trained", messages.append)
    yield messages


def test_the_service_says_who_it_is(client: TestClient) -> None:
    assert client.get("/health").json() == {"service": "fastapi-ml-tests"}


def test_a_trained_model_answers(client: TestClient, recorder: Recorder) -> None:
    recorder.finished.clear()
    assert client.put("/models/line", json=LINE).json() == {"weights": [pytest.approx(2)]}
    answer = client.post("/models/line/answers", json={"x": [[10], [-1]]})
    assert answer.json() == {"y": pytest.approx([21, -1])}
    names = [span.name for span in recorder.finished]
    # Newer FastAPIs trace themselves too.
    assert [name for name in names if name.startswith("ml.")] == ["ml.fit", "ml.predict"]


def test_training_is_announced(client: TestClient, trained: list[Message]) -> None:
    client.put("/models/announced", json=LINE)
    assert trained == [Message("models/trained", {"name": "announced"})]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"x": [[1], [1]], "y": [1, 1]}, 422, id="rows that say the same"),
        pytest.param({"x": [], "y": []}, 422, id="no rows"),
        pytest.param({"x": "a/b", "y": [1]}, 422, id="text/x is no row"),
    ],
)
def test_bad_training_data(client: TestClient, body: object, status: int) -> None:
    assert client.put("/models/bad", json=body).status_code == status
    assert client.post("/models/bad/answers", json={"x": [[1]]}).status_code == 404


def test_models_of_another_test_are_gone(client: TestClient) -> None:
    answer = client.post("/models/line/answers", json={"x": [[1]]})
    assert answer.json() == {"detail": "no model is called 'line'"}
