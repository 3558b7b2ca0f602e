import os

import pytest

from mq import Broker, default_broker

# Read once per process by default_broker(): whoever imports first decides for all.
os.environ["MQ_ATTEMPTS"] = "2"


@pytest.fixture
def broker() -> Broker:
    broker = default_broker()
    broker.dead_letters.clear()
    return broker
