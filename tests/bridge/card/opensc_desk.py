"""What a page asks of a desk with OpenSC's cards, and cards for it."""

import base64
import contextlib
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import Page, RunningBridge, running_bridge
from tests.vcard.piv import PivCard
from tests.vcard.stack import OPENSC, CardStack

MODULE = {"id": "opensc", "path": str(OPENSC)}
PIN = "1234"


class SilentCard:
    """A card no module knows."""

    atr = bytes.fromhex("3B80800101")

    def power(self) -> None:
        return

    def transmit(self, command: bytes) -> bytes:
        return b"\x6d\x00"


class AskedCard(PivCard):
    """Counts what it is asked."""

    asked = 0

    def transmit(self, command: bytes) -> bytes:
        self.asked += 1
        return super().transmit(command)


@contextlib.contextmanager
def opensc_bridge(folder: Path, pki: SamplePki, card: PivCard) -> Iterator[RunningBridge]:
    """A bridge whose cards are OpenSC's, and a prompt that types the PIN of this one."""
    with running_bridge(folder, pki.directory, modules=[MODULE], softwareCards=None) as running:
        running.set_pins({card.serial: PIN})
        yield running


@contextlib.contextmanager
def listening_page(bridge: RunningBridge) -> Iterator[Page]:
    """A page that is told of cards from now on."""
    with bridge.page() as opened:
        opened.call("card.subscribe")
        opened.call("card.list")
        yield opened


def challenge() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def listed(page: Page, count: int) -> list[dict[str, Any]]:
    """The cards, once there are so many."""
    end = time.monotonic() + 40
    while len(cards := page.call("card.list")["cards"]) != count:
        assert time.monotonic() < end, cards
        time.sleep(0.05)
    return list(cards)


def why(page: Page, name: str) -> dict[str, Any]:
    """The reason of an empty list, once it is that one."""
    end = time.monotonic() + 10
    while (reason := page.call("card.list").get("why", {})).get("name") != name:
        assert time.monotonic() < end, (reason, page.call("bridge.status")["readers"])
        time.sleep(0.05)
    return dict(reason)


def insert(page: Page, stack: CardStack, card: PivCard, reader: int = 0) -> str:
    """Insert, and wait until the page is told; the card's name."""
    stack.readers[reader].insert(card)
    name: str = page.wait_for("card.inserted", 10)["card"]
    return name


def state_of(page: Page, reader: str) -> str:
    state: str = next(one["card"] for one in page.call("bridge.status")["readers"] if one["name"] == reader)
    return state
