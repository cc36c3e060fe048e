"""Software cards through a real bridge: EC keys, keys that always ask, and the counter that survives everything."""

import base64
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.card.errors import PinIncorrect, PinLocked
from bridge.card.software import SoftwareCards
from bridge.cms.messages import verify_message
from bridge.pki import web_eid
from bridge.pki.anchors import AnchorStore
from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import SamplePki, issue_card_certificate
from tests.bridge.card.folders import write_card
from tests.bridge.operator_side import open_account
from tests.bridge.running import Page, RunningBridge, running_bridge

LETTER = b"From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: x\r\n\r\n"


def ec_card(pki: SamplePki, folder: Path, **facts: Any) -> None:
    """A card of the kind other countries issue: P-384 authentication and encryption, P-256 signature."""
    authority = pki.branches["fort"].issuing
    curves = {"authentication": ec.SECP384R1(), "signature": ec.SECP256R1(), "encryption": ec.SECP384R1()}
    keys = {}
    for use, curve in curves.items():
        key = ec.generate_private_key(curve)
        keys[use] = (key, issue_card_certificate(pki.cards["alice"], use, authority, key, utc_now()))  # type: ignore[arg-type]
    chain = [authority.certificate, *authority.chain]
    write_card(folder, serial="EC-1", label="EC card", reader="R", pin="1234", keys=keys, chain=chain, **facts)


@pytest.fixture
def bridge(sample_pki: SamplePki, tmp_path: Path) -> Iterator[RunningBridge]:
    ec_card(sample_pki, tmp_path / "ec" / "card", always=["signature"])
    with running_bridge(tmp_path, sample_pki.directory, softwareCards="ec") as running:
        running.set_pins({"EC-1": "1234"})
        yield running


@pytest.fixture
def page(bridge: RunningBridge) -> Iterator[Page]:
    with bridge.page() as opened:
        yield opened


def test_an_ec_card_logs_in_with_es384(bridge: RunningBridge, page: Page, sample_pki: SamplePki) -> None:
    asked = base64.b64encode(secrets.token_bytes(32)).decode()
    token = page.call("auth.token", card=page.card(), challenge=asked)
    assert token["algorithm"] == "ES384"
    web_eid.verify_token(
        token,
        challenge=asked,
        origin=bridge.origin,
        anchors=AnchorStore.load(sample_pki.anchor_entries(), sample_pki.directory),
        chain=[sample_pki.branches["fort"].issuing.certificate],
        crls=sample_pki.crls(),
        at=datetime.now(UTC),
    )


def test_an_ec_card_opens_by_ecdh_and_asks_at_each_signature(
    bridge: RunningBridge, page: Page, sample_pki: SamplePki
) -> None:
    card = page.card()
    account = open_account(page, sample_pki.directory, "alice@pli.example", {"card": card})
    assert len(bridge.prompts("pin")) == 2
    page.call("mailbox.open", **account.with_unlock({"card": card}))
    assert len(bridge.prompts("pin")) == 2
    signatures = page.call("message.sign", handle=account.handle, card=card, messages=[LETTER, LETTER])["signatures"]
    assert len(bridge.prompts("pin")) == 4
    assert verify_message(base64.b64decode(signatures[0]), LETTER).card is not None


def test_the_try_is_spent_before_the_pin_is_looked_at(sample_pki: SamplePki, tmp_path: Path) -> None:
    ec_card(sample_pki, tmp_path / "card")
    for left in (2, 1):
        with pytest.raises(PinIncorrect) as error:
            SoftwareCards(tmp_path).login("EC-1", b"0000")
        assert error.value.data == {"tries": left}
    with pytest.raises(PinLocked):
        SoftwareCards(tmp_path).login("EC-1", b"0000")
    with pytest.raises(PinLocked):
        SoftwareCards(tmp_path).login("EC-1", b"1234")
    assert json.loads((tmp_path / "card" / "card.json").read_text())["tries"] == 0
