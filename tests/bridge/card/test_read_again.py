"""Cards that were read badly: OpenSC leaves out what it could not read, and says nothing of it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.opensc_desk import challenge, insert, listed, listening_page, opensc_bridge
from tests.bridge.running import Page, RunningBridge
from tests.vcard.holder import Use
from tests.vcard.iso7816 import FILE_NOT_FOUND, Command, StatusWord
from tests.vcard.piv import CERTIFICATES, PivCard
from tests.vcard.stack import CardStack

_KEYS: dict[Use, str] = {"authentication": "p256", "signature": "p256"}


class MumblingCard(PivCard):
    """Does not show the certificates of some keys, as one whose contacts slip while it is read."""

    mumbled: frozenset[int] = frozenset()
    readings = 0

    def answer(self, command: Command) -> bytes:
        asked = CERTIFICATES.get(int.from_bytes(command.data[2:5], "big")) if command.ins == 0xCB else None
        self.readings += asked == 0x9A
        if asked in self.mumbled:
            raise StatusWord(FILE_NOT_FOUND)
        return super().answer(command)


@pytest.fixture
def card(sample_pki: SamplePki) -> MumblingCard:
    return MumblingCard.issue(sample_pki, "alice", _KEYS, serial="mumbling")


@pytest.fixture
def bridge(stack: CardStack, sample_pki: SamplePki, tmp_path: Path, card: PivCard) -> Iterator[RunningBridge]:
    with opensc_bridge(tmp_path, sample_pki, card) as running:
        yield running


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with listening_page(bridge) as opened:
        yield opened


def keys_shown(page: Page, count: int) -> str:
    """The name of the one card, once it shows so many keys."""
    end = time.monotonic() + 15
    while len(cards := page.call("card.list")["cards"]) != 1 or len(cards[0]["keys"]) != count:
        assert time.monotonic() < end, cards
        time.sleep(0.05)
    return str(cards[0]["card"])


@pytest.mark.parametrize("mumbled", [{0x9A, 0x9C}, {0x9C}], ids=["nothing", "a part"])
def test_a_card_of_which_a_part_was_read_is_read_again(
    stack: CardStack, page: Page, card: MumblingCard, mumbled: set[int]
) -> None:
    card.mumbled = frozenset(mumbled)
    stack.readers[0].insert(card)
    keys_shown(page, 2 - len(mumbled))
    card.mumbled = frozenset()
    # Read a second time meanwhile, or just now: the bridge's own reading is no other program's.
    assert page.call("auth.token", card=keys_shown(page, 2), challenge=challenge())


def test_a_card_put_back_is_read_anew(stack: CardStack, page: Page, card: MumblingCard) -> None:
    card.mumbled = frozenset({0x9A, 0x9C})
    insert(page, stack, card)
    assert listed(page, 1)[0]["state"] == "unsupported"
    stack.readers[0].remove()
    page.wait_for("card.removed", 10)
    card.mumbled = frozenset()
    insert(page, stack, card)
    assert listed(page, 1)[0]["state"] == "ready"
