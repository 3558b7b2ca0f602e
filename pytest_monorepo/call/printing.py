"""What is printed where there is no run, and so none of pytest's terminal: lists, first settings."""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Print a line or more of them."""
    write(f"{text}\n")


def write(text: str) -> None:
    """As pytest's terminal does, with escapes for what the stream cannot hold.

    On Windows a file or a pipe takes the letters of one code page, and arrows are in none.
    """
    stream = sys.stdout
    try:
        stream.write(text)
    except UnicodeEncodeError:
        stream.write(text.encode(stream.encoding, "backslashreplace").decode(stream.encoding))
