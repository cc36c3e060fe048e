"""A card with a certificate that cannot be read to its end is a card with one certificate less, and hides no other card."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.card.roles import read_keys
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.running import Page, RunningBridge

# cryptography reads these parts late: the certificate loads, and fails whoever looks at them.
CROOKED: Mapping[str, tuple[bytes, bytes]] = {
    "an extension twice": (
        b"\x06\x03\x55\x1d\x23",
        b"\x06\x03\x55\x1d\x0e",
    ),  # authority's key becomes a second subject's
    "an extension of nonsense": (b"\x06\x03\x55\x1d\x23\x04\x18\x30", b"\x06\x03\x55\x1d\x23\x04\x18\x31"),
    "a key of no known kind": (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", b"\x2a\x86\x48\x86\xf7\x0d\x06\x01\x01"),
}


def crooked(certificate: Path, how: str) -> bytes:
    der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
    old, new = CROOKED[how]
    assert old in der
    return der.replace(old, new)


@pytest.mark.parametrize("how", CROOKED)
def test_one_that_cannot_be_read_is_left_out(sample_pki: SamplePki, how: str) -> None:
    alice = sample_pki.directory / "cards" / "alice"
    good = x509.load_pem_x509_certificate((alice / "signature.pem").read_bytes()).public_bytes(Encoding.DER)
    found = read_keys((crooked(alice / "authentication.pem", how), good), ())
    assert [key.use for key in found.keys] == ["signature"]
    assert read_keys((), (crooked(alice / "authentication.pem", how),)).chain == ()


@pytest.mark.parametrize("how", CROOKED)
def test_a_crooked_card_hides_no_other_and_cards_are_watched_on(bridge: RunningBridge, page: Page, how: str) -> None:
    page.call("card.subscribe")
    page.wait_for_cards(count := len(page.call("card.list")["cards"]))
    bridge.change_card("alice", inserted=False)
    page.wait_for("card.removed", 10)
    for key in ("authentication", "signature"):
        file = bridge.cards / "alice" / f"{key}.pem"
        file.write_bytes(pem(crooked(file, how)))
    bridge.change_card("alice", inserted=True)
    page.wait_for("card.inserted", 10)
    cards = page.call("card.list")["cards"]
    assert len(cards) == count
    assert [card["state"] for card in cards if not card["keys"]] == ["unsupported"]
    bridge.change_card("alice", inserted=False)
    assert page.wait_for("card.removed", 10)["card"]


def pem(der: bytes) -> bytes:
    import base64

    lines = re.findall(rb".{1,64}", base64.b64encode(der))
    return b"\n".join([b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""])
