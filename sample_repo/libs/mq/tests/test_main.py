import json

import httpx
import pytest

from mq import Broker, DeadLetter, Message, Webhook, default_broker
from mq.broker import Subscriber


def test_the_environment_decides_for_the_default_broker(broker: Broker) -> None:
    assert broker is default_broker()
    assert broker.attempts == 2


def test_every_subscriber_of_the_topic_gets_its_own_copy(broker: Broker) -> None:
    bodies: list[list[int]] = []
    broker.subscribe("copies", lambda message: bodies.append(message.body))
    broker.subscribe("copies", lambda message: bodies.append(message.body))
    broker.subscribe("elsewhere", lambda message: bodies.append([]))

    assert broker.publish("copies", [1, 2]) == 2

    bodies[0].append(3)
    assert bodies == [[1, 2, 3], [1, 2]]


def test_a_body_that_is_not_json_reaches_nobody(broker: Broker) -> None:
    seen: list[Message] = []
    broker.subscribe("plain", seen.append)
    with pytest.raises(TypeError, match="not JSON serializable"):
        broker.publish("plain", {"socket": object()})
    assert seen == []


def failing(times: int) -> Subscriber:
    errors = [RuntimeError(f"no luck, {n}") for n in range(1, times + 1)]

    def subscriber(message: Message) -> None:
        if errors:
            raise errors.pop(0)

    return subscriber


def test_a_subscriber_that_fails_once_is_asked_again(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    broker.subscribe("flaky", failing(times=1))
    assert broker.publish("flaky", "ping") == 1
    assert broker.dead_letters == []
    assert caplog.messages == ["flaky: attempt 1 of 2 failed: no luck, 1"]


@pytest.mark.parametrize("body", ["ping", {"path": "a/b"}, ["ü", None]], ids=repr)
def test_a_message_that_nobody_takes_is_kept(broker: Broker, body: object) -> None:
    topic = f"refused/{body}"
    broker.subscribe(topic, failing(times=2))
    assert broker.publish(topic, body) == 0
    letter = DeadLetter(Message(topic, body), attempts=2, reason="no luck, 2")
    assert broker.dead_letters == [letter]


def test_a_webhook_tries_again_after_an_error_of_the_server(broker: Broker) -> None:
    received: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        received.append(json.loads(request.content))
        return httpx.Response(503 if len(received) == 1 else 204)

    with httpx.Client(transport=httpx.MockTransport(answer)) as client:
        broker.subscribe("hooks", Webhook("https://hooks.example.org/in", client))
        assert broker.publish("hooks", {"n": 1}) == 1

    assert received == [{"topic": "hooks", "body": {"n": 1}}] * 2


@pytest.mark.xfail(reason="messages are delivered at once, there is no queue yet")
def test_late_subscribers_get_earlier_messages(broker: Broker) -> None:
    seen: list[Message] = []
    broker.publish("late", "early bird")
    broker.subscribe("late", seen.append)
    assert [message.body for message in seen] == ["early bird"]


def test_no_attempts_at_all_make_no_broker() -> None:
    with pytest.raises(ValueError, match="attempts is 0"):
        Broker(attempts=0)
