"""The CPx-like card and an EC card behind a real bridge: what a page gets of them through pcscd and OpenSC."""

import base64
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.pki import web_eid
from bridge.pki.anchors import AnchorStore
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.conftest import with_issuer
from tests.bridge.operator_side import open_account
from tests.bridge.running import BridgeError, Page, RunningBridge, running_bridge
from tests.vcard.cpx import AUTHENTICATION, CpxCard
from tests.vcard.piv import SLOTS, PivCard
from tests.vcard.stack import OPENSC, Card, CardStack

PIN = "1234"


@pytest.fixture
def bridge(stack: CardStack, sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    modules = [{"id": "opensc", "path": str(OPENSC)}]
    with running_bridge(tmp_path, sample_pki.directory, modules=modules, softwareCards=None) as running:
        yield running


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with bridge.page() as opened:
        yield opened


def insert(stack: CardStack, bridge: RunningBridge, page: Page, card: Card, serial: str) -> str:
    """Put the card into a reader; its name for this page."""
    bridge.set_pins({serial: PIN})
    stack.readers[0].insert(card)
    for _ in range(100):
        if cards := page.call("card.list")["cards"]:
            name: str = cards[0]["card"]
            return name
        time.sleep(0.05)
    raise AssertionError("the bridge does not see the card")


def log_in(bridge: RunningBridge, page: Page, card: str, pki: SamplePki) -> Any:
    """A login token, verified as the server does it."""
    challenge = base64.b64encode(secrets.token_bytes(32)).decode()
    token = page.call("auth.token", card=card, challenge=challenge)
    branch = pki.branches["fort"].issuing
    anchors = AnchorStore.load(pki.anchor_entries(), pki.directory)
    facts: dict[str, Any] = {"anchors": anchors, "chain": [*branch.chain, branch.certificate], "crls": pki.crls()}
    return web_eid.verify_token(token, challenge=challenge, origin=bridge.origin, at=datetime.now(UTC), **facts)


def test_a_cpx_card_logs_in(stack: CardStack, bridge: RunningBridge, page: Page, sample_pki: SamplePki) -> None:
    card = CpxCard.issue(sample_pki, "alice")
    name = insert(stack, bridge, page, card, card.serial)
    shown = page.call("card.list")["cards"][0]
    assert {key["use"] for key in shown["keys"]} == {"authentication", "signature"}
    log_in(bridge, page, name, sample_pki)
    assert card.counters.operations == {AUTHENTICATION: 1}
    assert (card.counters.pins, len(bridge.prompts("pin"))) == (1, 1)


def test_a_signature_key_that_opensc_cannot_use_is_said(
    stack: CardStack, bridge: RunningBridge, page: Page, sample_pki: SamplePki, tmp_path: Path
) -> None:
    """See `cpx.py`: an account cannot be opened with such a card through OpenSC, and the page can say why."""
    card = CpxCard.issue(sample_pki, "alice")
    name = insert(stack, bridge, page, card, card.serial)
    with pytest.raises(BridgeError, match="ALG_UNSUPPORTED"):
        open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": name})


@pytest.mark.parametrize("curve", ["p256", "p384"])
def test_an_ec_card_logs_in_and_opens_its_mailbox(
    stack: CardStack, bridge: RunningBridge, page: Page, sample_pki: SamplePki, tmp_path: Path, curve: str
) -> None:
    card = PivCard.issue(sample_pki, "alice", dict.fromkeys(SLOTS, curve))
    name = insert(stack, bridge, page, card, card.serial)
    log_in(bridge, page, name, sample_pki)
    account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": name})
    page.call("mailbox.open", **account.with_unlock({"card": name}))
    assert card.counters.operations[SLOTS["encryption"]] == 1  # one operation of the card for one opened mailbox
    assert card.counters.pins == len(bridge.prompts("pin"))


def test_a_slow_card_opens_with_one_operation(
    stack: CardStack, bridge: RunningBridge, page: Page, sample_pki: SamplePki, tmp_path: Path
) -> None:
    card = PivCard.issue(sample_pki, "alice", {"authentication": "rsa2048", "signature": "rsa2048"}, delay=0.4)
    name = insert(stack, bridge, page, card, card.serial)
    account = open_account(page, with_issuer(sample_pki, tmp_path), "alice@pli.example", {"card": name})
    before = card.counters.uses
    page.call("mailbox.open", **account.with_unlock({"card": name}))
    assert card.counters.uses == before + 1
