"""Conftests written for pytest-xdist: each does something in the main process that its tests need."""

from __future__ import annotations

from textwrap import dedent

CONFTESTS = {
    "configure-node": """\
        import pytest

        def pytest_configure(config):
            if not hasattr(config, "workerinput"):
                config.url = "shared"

        @pytest.hookimpl(optionalhook=True)
        def pytest_configure_node(node):
            node.workerinput["url"] = node.config.url

        @pytest.fixture
        def shared(request):
            config = request.config
            return config.workerinput["url"] if hasattr(config, "workerinput") else config.url
        """,
    "session-start": """\
        import pytest

        def pytest_sessionstart(session):
            if getattr(session.config, "workerinput", None) is not None:
                return
            session.config.thing = "shared"

        def pytest_sessionfinish(session):
            if not hasattr(session.config, "workerinput"):
                assert session.config.thing == "shared"

        @pytest.fixture
        def shared(pytestconfig):
            return pytestconfig.thing
        """,
    "node-down": """\
        import pytest

        def pytest_configure(config):
            config.results = []

        @pytest.hookimpl(optionalhook=True)
        def pytest_testnodedown(node, error):
            node.config.results += node.workeroutput["results"]

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(session):
            config = session.config
            if hasattr(config, "workeroutput"):
                config.workeroutput["results"] = config.results
            else:
                assert len(config.results) == 3

        @pytest.fixture
        def shared(pytestconfig):
            pytestconfig.results.append(1)
            return "shared"
        """,
    "variable-at-import": """\
        import os
        import pytest

        if "PYTEST_XDIST_WORKER" not in os.environ:
            os.environ["OF_THE_MAIN_PROCESS"] = "shared"

        @pytest.fixture
        def shared():
            return os.environ["OF_THE_MAIN_PROCESS"]
        """,
    "variable-in-hook": """\
        import os
        import pytest

        def pytest_configure(config):
            worker = os.getenv("PYTEST_XDIST_WORKER")
            config.thing = "shared" if os.environ.get("PYTEST_XDIST_WORKER") is None else worker

        @pytest.fixture
        def shared(request):
            return request.config.thing
        """,
    "functions-of-xdist": """\
        import pytest
        import xdist

        def pytest_sessionstart(session):
            if not xdist.is_xdist_worker(session):
                session.config.thing = "shared"

        @pytest.fixture
        def shared(request):
            assert not xdist.is_xdist_controller(request)
            return request.config.thing
        """,
    "plugin-of-its-own": """\
        import pytest

        pytest_plugins = ["support"]

        @pytest.fixture
        def shared(request):
            return request.config.thing
        """,
    "class": """\
        import pytest

        class Server:
            def pytest_sessionstart(self, session):
                if not hasattr(session.config, "workerinput"):
                    session.config.thing = "shared"

        def pytest_configure(config):
            config.pluginmanager.register(Server())

        @pytest.fixture
        def shared(request):
            return request.config.thing
        """,
    "once-for-all-workers": """\
        import json
        import os
        import pytest

        @pytest.fixture(scope="session")
        def shared(tmp_path_factory, request):
            # as xdist's documentation has it, with a lock that has to be made exclusively
            worker = getattr(request.config, "workerinput", {}).get("workerid", "master")
            if worker == "master":
                return "shared"
            file = tmp_path_factory.getbasetemp().parent / "data.json"
            try:
                with open(str(file) + ".lock", "x"):
                    file.write_text(json.dumps("shared"))
            except FileExistsError:
                pass
            return "shared"
        """,
    "fixture": """\
        import os
        import pytest

        made = []

        @pytest.fixture(scope="session", autouse=True)
        def once():
            if "PYTEST_XDIST_WORKER" not in os.environ:
                made.append("shared")

        @pytest.fixture
        def shared():
            return made[0]
        """,
    "helper-of-a-module": """\
        import pytest
        from mainly import is_main

        def pytest_configure(config):
            if is_main(config):
                config.thing = "shared"

        @pytest.fixture
        def shared(request):
            return request.config.thing
        """,
    "helper-on-the-path": """\
        import pytest
        from pathed import is_main

        def pytest_configure(config):
            if is_main(config):
                config.thing = "shared"

        @pytest.fixture
        def shared(request):
            return request.config.thing
        """,
    "first-worker": """\
        import pytest

        made = []

        @pytest.fixture(scope="session", autouse=True)
        def once(worker_id):
            if worker_id in ("master", "gw0"):
                made.append("shared")

        @pytest.fixture
        def shared():
            return made[0]
        """,
    "variable-asked-later": """\
        import os
        import pytest

        WORKER = os.environ.get("PYTEST_XDIST_WORKER", "master")
        made = ["shared"] if WORKER == "master" else []

        @pytest.fixture
        def shared():
            return made[0]
        """,
    "name-of-a-database": """\
        import os
        import pytest

        DATABASE = "db_" + os.environ.get("PYTEST_XDIST_WORKER", "master")

        @pytest.fixture
        def shared():
            assert DATABASE.startswith("db_")
            return "shared"
        """,
}
SUPPORT = """\
    def pytest_configure(config):
        if not hasattr(config, "workerinput"):
            config.thing = "shared"
    """
HELPER = """\
    def is_main(config):
        return not hasattr(config, "workerinput")
    """
TEST = """\
    def test_{}(shared):
        assert shared == "shared"
    """


def files() -> dict[str, str]:
    """Three test files for each, so that a project may be split."""
    found = {"plugin-of-its-own/support.py": SUPPORT, "helper-of-a-module/mainly.py": HELPER}
    found["helper-on-the-path/lib/pathed.py"] = HELPER
    for name, conftest in CONFTESTS.items():
        found[f"{name}/conftest.py"] = conftest
        found[f"{name}/pytest.ini"] = "[pytest]\n" + "pythonpath = lib\n" * (name == "helper-on-the-path")
        found |= {f"{name}/tests/test_{n}.py": dedent(TEST).format(n) for n in range(3)}
    return found
