"""Topics, subscribers and dead letters, in one process or over HTTP."""

from .broker import Broker, DeadLetter, Message, default_broker
from .webhook import Webhook

__all__ = ["Broker", "DeadLetter", "Message", "Webhook", "default_broker"]
