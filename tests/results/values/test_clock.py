"""Which sources call the clock or chance themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_monorepo.results.values import clock
from pytest_monorepo.results.values.clock import clock_in


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("import time\ntime.time()", "time.time"),
        ("import time as t\nt.time_ns()", "t.time_ns"),
        ("from time import time", "time.time"),
        ("from time import *", "time.*"),
        pytest.param("import time as t\n(t." + "# c.\n" * 60 + "time())", "t.time", id="behind comments"),
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
        ("import os\nos.getpid()", "os.getpid"),
        ("import os\nx = f'{os.getppid()}'", "os.getppid"),
        ("import os\nos.kill(os.getpid(), os.getpid())", "os.getpid"),
        ("sql = 'create table t (a default CURRENT_TIMESTAMP)'", "SQL's current_timestamp"),
        ("sql = 'create table t (a text Default (datetime (1)))'", "SQL's datetime"),
        ("sql = 'create table t (a default (lower(hex(randomblob(16)))))'", "SQL's randomblob"),
        ("sql = 'create table t (a default(cast(strftime(1) as int)))'", "SQL's strftime"),
        ("from email.utils import formatdate", "email.utils.formatdate"),
        ("import arrow\narrow.utcnow()", "arrow.utcnow"),
        ("import pandas as pd\npd.Timestamp.now()", "pd.Timestamp.now"),
        ("import numpy as np\nnp.random.rand(3)", "np.random.rand"),
        ("from numpy import random\nrandom.rand(3)", "random.rand"),
        ("import numpy.random\nnumpy.random.default_rng()", "numpy.random.default_rng without a seed"),
        # None is no seed
        ("import random\nrandom.Random(None)", "random.Random without a seed"),
        ("import random as r\nr.Random(x=None)", "r.Random without a seed"),
        ("import numpy as np\nnp.random.default_rng(seed=None)", "np.random.default_rng without a seed"),
        ("from random import Random\nRandom()", "Random without a seed"),
        ("from numpy.random import RandomState as R\nR(None)", "R without a seed"),
        ("import random\nrandom.SystemRandom(3)", "random.SystemRandom"),
        # words that stand for it
        ("import numpy as np\nnp.datetime64('now')", "np.datetime64 of now"),
        ("import numpy as np\nnp.datetime64('today', 'D')", "np.datetime64 of today"),
        ("from pandas import Timestamp\nTimestamp('now')", "Timestamp of now"),
        ("import pandas as pd\npd.to_datetime(arg='today')", "pd.to_datetime of today"),
        # by other ways to come to the name
        ("from datetime import *\nnow = datetime.now\nnow()", "datetime.now"),
        ("from email import utils\nutils.make_msgid()", "utils.make_msgid"),
        ("import time\nstamp = time.time", "time.time"),
        ("import time\ntime.localtime(time.time())", "time.time"),
        ("import time\ntime.gmtime(secs=None)", "time.gmtime"),
        ("import time\nx = [time.ctime() for _ in y]", "time.ctime"),
        ("def f(t=__import__('x')):\n    import uuid as u\n    return u.uuid1()", "u.uuid1"),
        ("from os import urandom as u", "os.urandom"),
        ("from secrets import *", "secrets.*"),
        ("from django.utils.timezone import now", "django.utils.timezone.now"),
        ("import pendulum\npendulum.today('UTC')", "pendulum.today"),
        ("now = ", "what cannot be parsed"),
        ("now = " + "-" * 100_000 + "1", "what cannot be parsed"),
        ("now = '\0'", "what cannot be parsed"),
        # however it is written
        ("import time\ntime. time()", "time.time"),
        ("import time\ntime.\\\n  time()", "time.time"),
        ("import time\nx = (time.  # now\n    time())", "time.time"),
        ("import time\nx = (time.  # the\n    # clock\n    time())", "time.time"),
        ("import time\nx = (time.#\r    # the\r\n    # clock\r time())", "time.time"),
        ("from time \\\n    import time", "time.time"),
        ("from\\\ntime import time_ns as x", "time.time_ns"),
        ("from time import (\n    # so\n    time\n)", "time.time"),
        ("import time\nx = time.\uff54\uff49\uff4d\uff45()", "time.time"),
        ("import \uff54\uff49\uff4d\uff45 as t\nt.\uff54\uff49\uff4d\uff45()", "t.time"),
        ("import numpy as np\nimport time\nnp.datetime64('no' 'w')", "np.datetime64 of now"),
        ("import pandas as pd\npd.Timestamp('no' 'w')", "pd.Timestamp of now"),
    ],
)
def test_a_call_is_named(tmp_path: Path, source: str, call: str) -> None:
    file = tmp_path / "code.py"
    file.write_text(source, encoding="utf-8")
    assert clock_in(file.read_bytes(), str(file)) == call


@pytest.mark.parametrize(
    "source",
    [
        "import time\n\ndef test(time_limit):\n    time.process_time()\n",
        "import time\ntime = ",  # which calls nothing, whatever it is
        "import time\ntime.sleep(1)\ntime.perf_counter()",
        "import random\nrandom.Random(42).random()",
        "import time\ntime.localtime(0)\ntime.strftime('%Y', given)",
        "import uuid\nuuid.UUID(int=1)",
        # it would not come to its end in hours
        pytest.param("time = 1\n" + "# a line of a licence.\n" * 100_000, id="comments"),
        "from numpy.random import default_rng\ndefault_rng(3)",
        "now = 1\nclass A:\n    time = now",
        "from datetime import datetime\ndatetime(2020, 1, 1)",
        "import random\nrandom.Random(x=None or 3)",
        "import numpy as np\nnp.datetime64('2020-01-01')\nnp.random.default_rng(seed=0)",
        "import pandas as pd\npd.Timestamp('2020').date()",
        "import time\ntime.strftime('%Y', time.gmtime(0))\ntime.monotonic()",
        "print('time.time(), now')\n# random.random()",
        "import my.time\nmy.time.time()",
        "from .time import time\ntime()",
        "import uuid\nuuid.uuid5(uuid.NAMESPACE_DNS, 'x')",
        "self.random.choice(now)",
        "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
        "sql = 'select current_timestamp'",  # that, SQLite tells
        # lines of signs, as there are below many licences: to look through them is no matter of years
        "import time\n# All rights reserved.\n" + f"{'#' * 99}\n" * 20 + "# from \\ # here. # on #\n" * 200,
    ],
)
def test_what_is_always_the_same_is_none(tmp_path: Path, source: str) -> None:
    file = tmp_path / "code.py"
    file.write_text(source)
    assert clock_in(file.read_bytes(), str(file)) is None


def test_words_are_looked_for_that_each_name_holds() -> None:
    """What is looked for before the pattern is must not leave out what that would find."""
    names = re.findall(r"[A-Za-z_]\w+", clock._MAY_CALL.pattern.decode().replace("\\b", " "))
    assert "getppid" in names
    without = {name for name in names if not any(word in name.encode() for word in clock._WORDS)}
    assert without == {"from"}
