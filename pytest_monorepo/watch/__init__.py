"""``--watch``: rounds of tests, started by changed files and by keys."""
