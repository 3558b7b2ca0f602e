"""Who depends on whom: pure, no I/O."""
