"""The Chromium that tests and the judge drive: the shell without windows, at half the processor time, where it is installed."""

import shutil
import time
from typing import Any

from playwright.sync_api import Frame, Page, Worker

PROGRAM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"

# Playwright itself waits without end for a promise that a page never keeps.
_IN_TIME = """(given) => Promise.race([
  (%s)(given),
  new Promise((_, reject) => { setTimeout(() => reject(new Error('no answer in %s s')), %s * 1000); }),
])"""


def answer(place: Page | Frame | Worker, function: str, argument: Any = None, *, seconds: float = 60) -> Any:
    """What a function of the page gives, or its promise. Raises Playwright's Error where that takes too long."""
    return place.evaluate(in_time(function, seconds), argument)


def in_time(function: str, seconds: float = 60) -> str:
    """The same function of one argument, whose promise is broken after so many seconds."""
    return _IN_TIME % (function, seconds, seconds)


def until(place: Page | Frame, expression: str, argument: Any = None, *, seconds: float = 30) -> Any:
    """What the page answers, once it is true.

    Playwright's `wait_for_function` compiles its text again at every look, which the product's policy forbids the page;
    a look through the debugger is allowed at any time.
    """
    end = time.monotonic() + seconds
    while not (answer := place.evaluate(expression, argument)):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for: {expression}")
        place.wait_for_timeout(50)
    return answer
