"""The other process: standard library and pytest only, Python 3.8 and pytest 6.2 upward."""
