"""`make smoke`: drives the whole sample practice through Chromium, takes the pictures, counts what people were asked.

Ends with one line, or with the name of the step that failed and exit status 1. Pictures are in build/smoke.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # a script's own folder alone is on the path

from gallery import Gallery
from playwright.sync_api import Browser, Error, sync_playwright
from practice import open_practice
from steps import STEPS
from tour import Tour

from tests.conftest import CHROMIUM_FLAGS

PICTURES = Path(__file__).resolve().parents[2] / "build" / "smoke"


def main() -> int:
    begin = time.monotonic()
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="pli-smoke-") as data, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        try:
            said, status = walk(browser, Path(data))
        finally:
            browser.close()
    print(f"smoke: {said}, {time.monotonic() - begin:.0f} s")
    return status


def walk(browser: Browser, data: Path) -> tuple[str, int]:
    """Every step in order; what to say at the end, and the exit status."""
    with open_practice(data, museum=True, shared=True) as practice:
        tour = Tour(practice, browser, Gallery(PICTURES))
        for number, step in enumerate(STEPS, 1):
            print(f"{number:3}  {step.__doc__}", flush=True)
            try:
                step(tour)
            except (AssertionError, Error) as error:
                tour.photograph_failure()
                print(error)
                return f"step {number} failed: {step.__doc__} {type(error).__name__}", 1
        return f"{len(STEPS)} steps, {tour.summary()}", int(not tour.clean)


if __name__ == "__main__":
    sys.exit(main())
