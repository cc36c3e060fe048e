"""From the next person's card in the reader to his open mailbox, in Chromium, where another person's was open.

Two virtual PIV cards, pcscd, OpenSC, a bridge and the practice's server. The one mailbox is left as soon as its card is
pulled (`card_swap_locked`: from the pull until nothing of it is shown); then the other card is put in, his PIN typed at
once. What a person needs to press a button and to type is not in the figure, nor is he asked for more than that.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from measuring import line, median
from playwright.sync_api import sync_playwright

from tests.conftest import CHROMIUM_FLAGS

sys.path.append(str(Path(__file__).parents[2] / "journeys"))

from browser_engine import Chromium
from practice import open_practice
from ward import NAMES as PEOPLE
from ward import Ward, open_ward
from ward_desk import WardDesk

NAMES = ("card_swap", "card_swap_locked")
RUNS = 6


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="pli-bench-") as name, sync_playwright() as playwright:
        first, second = Path(name) / "first", Path(name) / "second"
        with open_practice(first):
            pass
        with open_ward(first, second) as ward:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
            page = browser.new_context(locale="fr-FR", ignore_https_errors=True).new_page()
            locked, switched = zip(*swaps(ward, Chromium(page)), strict=True)
            browser.close()
    for figure, samples in zip(NAMES, (switched, locked), strict=True):
        if figure in names:
            yield line(figure, median(samples) * 1000, "ms", "goal", 3000)


def swaps(ward: Ward, engine: Chromium) -> Iterator[tuple[float, float]]:
    """Seconds from the pull until the page is locked, and from the insertion until the other's mailbox shows."""
    ward.insert(PEOPLE[0])
    desk = WardDesk(engine, ward, PEOPLE[0], ward.places.origin(PEOPLE[0]))
    desk.enter()
    desk.press("[data-action=card]")
    desk.pair()
    desk.in_mailbox()
    for number in range(1, RUNS + 1):
        yield swap(desk, PEOPLE[number % len(PEOPLE)])


def swap(desk: WardDesk, name: str) -> tuple[float, float]:
    reader = desk.ward.stack.readers[0]
    began = time.perf_counter()
    reader.remove()
    desk.sees("[data-action=unlock]")
    locked = time.perf_counter() - began
    began = time.perf_counter()
    reader.insert(desk.ward.cards[name])
    desk.press("[data-action=give-way]")
    desk.sees(".topbar-person", name.capitalize())
    desk.in_mailbox()
    return locked, time.perf_counter() - began
