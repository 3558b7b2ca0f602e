"""Which sources call the clock or chance themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_monorepo.results.values.clock import reads_clock


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("import time\ntime.time()", "time.time"),
        ("import time as t\nt.time_ns()", "t.time_ns"),
        ("from time import time", "time.time"),
        ("from time import *", "time.*"),
        ("import datetime\ndatetime.datetime.now()", "datetime.datetime.now"),
        ("import datetime as dt\ndt.date.today()", "dt.date.today"),
        ("from datetime import datetime as d\nd.utcnow()", "d.utcnow"),
        ("from django.utils import timezone\ntimezone.now()", "timezone.now"),
        ("import random\nrandom.random()", "random.random"),
        ("from random import choice", "random.choice"),
        ("import random\nrandom.Random()", "random.Random without a seed"),
        ("import secrets\nsecrets.token_hex()", "secrets.token_hex"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("import os\nos.urandom(3)", "os.urandom"),
        ("import os\nos.getrandom(3)", "os.getrandom"),
        ("import time\ntime.clock_gettime(0)", "time.clock_gettime"),
        ("import time\ntime.localtime()", "time.localtime"),
        ("import time\ntime.localtime(None)", "time.localtime"),
        ("import time\ntime.strftime('%Y')", "time.strftime"),
        ("import time\ntime.localtime(*given)", "time.localtime"),
        ("from email.utils import formatdate", "email.utils.formatdate"),
        ("import arrow\narrow.utcnow()", "arrow.utcnow"),
        ("import pandas as pd\npd.Timestamp.now()", "pd.Timestamp.now"),
        ("import numpy as np\nnp.random.rand(3)", "np.random.rand"),
        ("from numpy import random\nrandom.rand(3)", "random.rand"),
        ("import numpy.random\nnumpy.random.default_rng()", "numpy.random.default_rng without a seed"),
        ("time = ", "what cannot be parsed"),
    ],
)
def test_a_call_is_named(tmp_path: Path, source: str, call: str) -> None:
    file = tmp_path / "code.py"
    file.write_text(source)
    assert reads_clock(str(file)) == call


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.sleep(1)\ntime.perf_counter()",
        "import random\nrandom.Random(42).random()",
        "import time\ntime.localtime(0)\ntime.strftime('%Y', given)",
        "import uuid\nuuid.UUID(int=1)",
        "from numpy.random import default_rng\ndefault_rng(3)",
        "now = 1\nclass A:\n    time = now",
        "from datetime import datetime\ndatetime(2020, 1, 1)",
    ],
)
def test_what_is_always_the_same_is_none(tmp_path: Path, source: str) -> None:
    file = tmp_path / "code.py"
    file.write_text(source)
    assert reads_clock(str(file)) is None
