"""How much memory the page's process takes at most while it opens a message of 25 MB, beside the size of that message."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from figures.opening import SHOW, large_entity, letter
from measuring import line, median
from office import Office, open_office

NAMES = ("memory_25mb",)
RUNS = 5
EVERY = 0.004  # seconds between two looks
MEGABYTE = 1_000_000
GOAL = 4


class Peak:
    """The largest growth of a process's resident memory since `Peak` was made, in bytes."""

    def __init__(self, process: int) -> None:
        self._file = Path(f"/proc/{process}/statm")
        self.start = self._resident()
        self.growth = 0

    def _resident(self) -> int:
        return int(self._file.read_text().split()[1]) * 4096

    def look(self) -> None:
        self.growth = max(self.growth, self._resident() - self.start)


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    assert names
    with open_office() as office:
        _, certificate = office.write_mailbox_key(office.places.data)
        letters = [letter(office, certificate, f"Grand {number}", large_entity()) for number in range(RUNS)]
        office.deliver(letters)
        office.page.locator(".row", has_text=f"Grand {RUNS - 1}").first.wait_for(timeout=60_000)
        growths = [growth_while_opening(office, f"Grand {number}") for number in range(RUNS)]
    limit = GOAL * len(letters[0]) / MEGABYTE
    yield line("memory_25mb", median(growths) / MEGABYTE, "MB", f"{GOAL} times the message", limit)


def growth_while_opening(office: Office, subject: str) -> int:
    """From a small message to a large one never opened before, garbage of earlier runs collected."""
    office.page.locator(".row", has_text="Planning").first.click()
    office.page.locator(".reader-subject", has_text="Planning").wait_for()
    collect_garbage(office)
    with watching(renderer(office)) as peak:
        office.page.evaluate(SHOW, subject)
    return peak.growth


def collect_garbage(office: Office) -> None:
    session = office.page.context.new_cdp_session(office.page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()


def renderer(office: Office) -> int:
    """The process of the page and its workers: the renderer that holds most memory."""
    session = office.browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    found = [int(process["id"]) for process in processes if process["type"] == "renderer"]
    return max(found, key=lambda process: Peak(process).start)


@contextmanager
def watching(process: int) -> Iterator[Peak]:
    peak, done = Peak(process), threading.Event()

    def watch() -> None:
        while not done.wait(EVERY):
            peak.look()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
