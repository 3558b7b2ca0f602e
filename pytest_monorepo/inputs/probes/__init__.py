"""What stands in the place of functions that read, and tells the recorder.

Each module has a ``__tracebackhide__`` (of pytest), for all its functions: a failure is shown as without us.
"""
