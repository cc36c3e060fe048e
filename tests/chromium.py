"""The Chromium that tests and the judge drive: the shell without windows, at half the processor time, where it is installed."""

import shutil
import time
from typing import Any

from playwright.sync_api import Frame, Page

PROGRAM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"


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
