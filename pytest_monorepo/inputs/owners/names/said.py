"""What a source says of the settings that pytest, its plugins and asyncio change around each test.

A module that is imported meanwhile takes them for what they are only where it, or what it reaches, asks.
"""

from __future__ import annotations

import re
from typing import Dict, Pattern

LOGGERS, HOOKS, CONTEXT, THREADS = "loggers", "hooks", "context variables", "threads"
HANDLERS, MASK, POLICY = "signal handlers", "signal mask", "event loop policy"
STREAMS, FILTERS, THREAD = "standard streams", "filters of warnings", "another thread"
STREAM, SHOWS = "a standard stream that counts nothing", "who shows warnings"

ASKED: Dict[str, Pattern[str]] = {
    name: re.compile(words)
    for name, words in {
        LOGGERS: r"isEnabledFor|getEffectiveLevel|hasHandlers|lastResort|loguru|(basic|dict|file)Config"
        r"|\bdisable|\.(handlers|level|disabled|propagate|filters|root)\b",
        HOOKS: r"[gs]et(profile|trace)|excepthook|unraisablehook|asyncgen|callbacks|stack_size"
        r"|origin_tracking",
        CONTEXT: r"contextvars|ContextVar|current_app|LocalProxy|sniffio|current_async_library",
        THREADS: r"active_count|threading\b.*\benumerate",
        HANDLERS: r"signal|faulthandler",
        MASK: r"signal|alarm|itimer",
        POLICY: r"event_loop|running_loop|asyncio\.run\b",
        STREAMS: r"\bstd(out|err|in)\b|StreamHandler|basicConfig|dictConfig|isatty|\bConsole\b",
        FILTERS: r"catch_warnings|\.filters\b",
        STREAM: r"\bstd(out|err|in)\b",
        SHOWS: r"_?show_?warn",
        THREAD: r"current_thread|main_thread|get_ident|get_native_id|\blocal\(|\.local\b|signal|getcontext"
        r"|event_loop|running_loop|asyncio\.run\b|contextvars|ContextVar",
    }.items()
}
"""Each setting to the words of who asks for it."""


_LOGS = r"\.(debug|info|warn(ing)?|error|critical|exception|log|handle|makeRecord)\("
SAYS: Dict[str, Pattern[str]] = {
    LOGGERS: re.compile(_LOGS),
    STREAM: re.compile(rf"print|write|input|\bstd(out|err|in)\b|warn|logging|{_LOGS}"),
    SHOWS: re.compile(r"warn|deprecat", re.IGNORECASE),
    HOOKS: re.compile(r""),
}
"""The words of who can be heard, once, by who has set it: any code by a hook."""


def says(text: str, setting: str) -> bool:
    return SAYS.get(setting, ASKED[setting]).search(text) is not None


def asks(text: str, setting: str) -> bool:
    return ASKED[setting].search(text) is not None
