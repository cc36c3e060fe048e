"""How long after PC/SC noticed a card, or its absence, the page is told.

A PIV card in a virtual reader, OpenSC, a bridge and a page. pcscd looks into vpcd's readers 2.5 times a second (a real
reader interrupts it at once), so the clock starts when pcscd tells: a bare SCardGetStatusChange in this process. The time
from the insertion itself is the peer's value.
"""

import os
import queue
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from measuring import line, percentile

from bridge.card.pcsc import ReaderWatch
from bridge.pki.sample_health_pki import SamplePki, issue_sample_pki
from tests.bridge.running import Page, running_bridge
from tests.vcard.piv import PivCard
from tests.vcard.stack import OPENSC, CardStack, card_stack

NAMES = ("card_event", "card_event_removed")
RUNS = 20
MODULE = {"id": "opensc", "path": str(OPENSC)}


def measure(names: set[str]) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="pli-bench-") as folder:
        pki = issue_sample_pki(Path(folder) / "pki")
        with card_stack(Path(folder) / "pcsc") as stack:
            os.environ.update(stack.environment)
            yield from with_cards(names, Path(folder), pki, stack)


def with_cards(names: set[str], folder: Path, pki: SamplePki, stack: CardStack) -> Iterator[dict[str, object]]:
    card = PivCard.issue(pki, "alice", {"authentication": "rsa2048", "signature": "rsa2048"})
    reader = stack.readers[0]
    (folder / "bridge").mkdir()
    with (
        running_bridge(folder / "bridge", pki.directory, modules=[MODULE], softwareCards=None) as bridge,
        bridge.page() as page,
    ):
        page.call("card.subscribe")
        page.call("card.list")
        told = Told()
        rounds = [
            (told.of(page, "inserted", lambda: reader.insert(card)), told.of(page, "removed", reader.remove))
            for _ in range(RUNS)
        ]
    for name, samples in zip(NAMES, zip(*rounds, strict=True), strict=True):
        if name in names:
            noticed, acted = zip(*samples, strict=True)
            yield line(
                name, percentile(noticed, 95), "ms", "from the hand's movement (pcscd polls)", percentile(acted, 95)
            )


class Told:
    """PC/SC's own word for what happens."""

    def __init__(self) -> None:
        self._changes: queue.Queue[tuple[float, str]] = queue.Queue()
        self._watch = ReaderWatch(lambda change: self._changes.put((time.perf_counter(), change.kind)))
        self._watch.start()
        self._watch.readers(5)

    def of(self, page: Page, what: str, act: Callable[[], None]) -> tuple[float, float]:
        """Milliseconds until the page is told, from PC/SC's word and from the act."""
        time.sleep(random.uniform(0.5, 1.0))  # at any point of pcscd's round
        began = time.perf_counter()
        act()
        page.wait_for(f"card.{what}", 10)
        end = time.perf_counter()
        while True:
            noticed, kind = self._changes.get(timeout=10)
            if kind == f"card-{what}":
                return (end - noticed) * 1000, (end - began) * 1000
