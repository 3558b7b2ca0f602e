"""What controller and nodes say to one another: plain JSON, and nothing of it is unpickled by us.

Down go *words*, lists whose first element names them, many in one text::

    ["start", number, python, job]      ["begin", number, message, [numbers of siblings]]
    ["send", number, message]           ["interrupt" | "kill" | "stacks", number]
    ["reject", number, error]           ["retire", python]

``job`` and ``message`` are lines of :mod:`pytest_monorepo.worker.wire`. Up come *notes*, each a text with a
number that grows by one, so that a lost one is seen::

    {"node": …, "note": 1, "items": [["said", number, [message, …]], …]}
    ["ended", number, code, reason, [[pid, command], …], files]
    ["fault", text]

``files`` are [path, content in base64] of what the worker leaves, or its ticket where they are to be fetched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Word = list[Any]
Item = list[Any]


@dataclass(frozen=True)
class Brief:
    """What a node's agent is told before it can work. Everything in it is JSON-able.

    ``node`` names it, ``token`` is one that no other agent has. ``folders`` maps the controller's folders to
    the node's; ``pythons`` its interpreters likewise. ``tmp`` is the agent's own folder, and ``litter`` what
    goes where its process is killed. ``environ`` are the workers' variables, in place of the node's own if
    ``whole_environ``, and ``without`` those that Dask has set. ``flags`` are what the controller's own
    interpreters are started with (``-O``, ``-W error``), by their path there. ``lease`` is after how many
    seconds without a word the agent ends everything, ``tick`` after how many it says that it lives. ``ahead``
    is by how many seconds the node's clock is. ``traced``: the workers note what their tests read; ``homes``
    says where the controller has what lies elsewhere on a node, ``machines`` what it is, both by its
    interpreters, see :mod:`.node.reading`.
    """

    node: str
    token: str
    tmp: str
    folders: dict[str, str]
    pythons: dict[str, str]
    litter: str = ""
    fork: bool = True
    autoload: bool = True
    unwanted: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    whole_environ: bool = False
    flags: dict[str, list[str]] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)
    lease: float = 60.0
    tick: float = 1.0
    ahead: float = 0.0
    traced: bool = False
    homes: dict[str, list[list[str]]] = field(default_factory=dict)
    machines: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Brief:
        return cls(**json.loads(text))

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))


def note(node: str, number: int, items: Sequence[Item]) -> str:
    return json.dumps({"node": node, "note": number, "items": list(items)})
