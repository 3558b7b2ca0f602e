"""A plugin for the controller: every file that may be divided is, so that no test has to take long."""

PLUGIN = """
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        from pytest_monorepo.run.plan import divisions
        divisions.SHORTEST = -1.0
        divisions.fair_share = lambda seconds, workers: -1.0
"""
