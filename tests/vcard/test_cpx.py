"""The CPx-like card: through pcscd, OpenSC and the bridge's own module process, and by APDUs where OpenSC stops."""

import hashlib
import subprocess
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bridge.card.card import CardReport, Mechanism
from bridge.card.errors import DecryptionFailed, MechanismUnsupported, PinIncorrect, PinLocked
from bridge.modules import Module
from bridge.pki.sample_health_pki import SamplePki
from tests.vcard import sha256_state
from tests.vcard.cpx import AID, AUTHENTICATION, SIGNATURE, CpxCard
from tests.vcard.holder import CertifiedKey, Use
from tests.vcard.stack import OPENSC, CardStack
from tests.vcard.through_the_bridge import insert, login, use

PIN = "1234"
TEXT = b"To whom it may concern. " * 9  # more than three blocks of SHA-256


@pytest.fixture(scope="session")
def made(sample_pki: SamplePki) -> CpxCard:
    return CpxCard.issue(sample_pki, "alice")


@pytest.fixture
def card(made: CpxCard) -> CpxCard:
    """A fresh card; making its keys takes too long for each test."""
    keys: dict[Use, CertifiedKey] = {
        "authentication": made.keys[AUTHENTICATION],
        "signature": made.keys[SIGNATURE],
    }
    return CpxCard(keys, serial="CPS-0001", pin=PIN)


@pytest.fixture
def module(stack: CardStack) -> Iterator[Module]:
    started = Module("opensc", "pkcs11", str(OPENSC), 20)
    yield started
    started.stop()


@pytest.fixture
def report(stack: CardStack, module: Module, card: CpxCard) -> CardReport:
    return insert(stack, module, card)


def public(key: CertifiedKey) -> rsa.RSAPublicKey:
    found = key.certificate.public_key()
    assert isinstance(found, rsa.RSAPublicKey)
    return found


def test_opensc_lists_the_pkcs15_application(report: CardReport) -> None:
    shown = subprocess.run(["pkcs15-tool", "--dump"], capture_output=True, text=True, check=True).stdout
    for expected in ("PKCS#15 Card [CPS]", "Certificat d'Authentification CPS", "Certificat de Signature CPS"):
        assert expected in shown
    assert "min_len:4, max_len:4" in shown


def test_the_bridge_sees_its_certificates(report: CardReport, card: CpxCard) -> None:
    assert report.serial == card.serial
    assert set(report.certificates) == {key.der for key in card.keys.values()}
    assert card.counters.pins == 0


def test_the_authentication_key_signs_and_decrypts(report: CardReport, module: Module, card: CpxCard) -> None:
    login(module, report, PIN)
    key = card.keys[AUTHENTICATION]
    signature = use(module, report, key, Mechanism.RSA_PKCS1_SHA256, TEXT)
    public(key).verify(signature, TEXT, padding.PKCS1v15(), hashes.SHA256())
    secret = hashlib.sha256(TEXT).digest()
    assert use(module, report, key, Mechanism.RSA_PKCS1, public(key).encrypt(secret, padding.PKCS1v15())) == secret
    assert card.counters.operations == {AUTHENTICATION: 2}
    assert (card.counters.pins, card.counters.refused) == (1, 0)


def test_it_has_no_oaep_and_answers_bad_padding_with_an_error(
    report: CardReport, module: Module, card: CpxCard
) -> None:
    login(module, report, PIN)
    key = card.keys[AUTHENTICATION]
    scheme = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    with pytest.raises(MechanismUnsupported):
        use(module, report, key, Mechanism.RSA_OAEP_SHA256, public(key).encrypt(b"x", scheme))
    assert card.counters.uses == 0
    login(module, report, PIN)
    with pytest.raises(DecryptionFailed):
        use(module, report, key, Mechanism.RSA_PKCS1, bytes(255) + b"\x02")


def test_opensc_cannot_use_the_signature_key(report: CardReport, module: Module, card: CpxCard) -> None:
    """Built with OpenSSL 3 it cannot take the hash state out; should this test fail, a newer OpenSC can."""
    login(module, report, PIN)
    with pytest.raises(MechanismUnsupported):
        use(module, report, card.keys[SIGNATURE], Mechanism.RSA_PKCS1_SHA256, TEXT)
    assert card.counters.uses == 0


def test_wrong_pins_count_down_to_the_lock(report: CardReport, module: Module, card: CpxCard) -> None:
    states = []
    for _ in range(3):
        with pytest.raises((PinIncorrect, PinLocked)):
            login(module, report, "9999")
        seen = module.cards()[0]
        states.append((card.pin.tries, seen.last_try, seen.pin_locked))
    assert states == [(2, False, False), (1, True, False), (0, False, True)]
    assert card.counters.pins == 3


# ---- by APDUs, as Cryptolib does


def send(card: CpxCard, command: str, data: bytes = b"", expected: int | None = None) -> bytes:
    body = bytes([len(data)]) + data if data else b""
    return card.transmit(bytes.fromhex(command) + body + (b"" if expected is None else bytes([expected % 256])))


def ready(card: CpxCard, template: str, reference: int, algorithm: int) -> None:
    """The application, the PIN, and a security environment."""
    assert send(card, "00A40404", AID)[-2:] == b"\x90\x00"
    assert send(card, "00200001", PIN.encode()) == b"\x90\x00"
    choice = bytes([0x84, 1, 0x80 | reference, 0x80, 1, algorithm])
    assert send(card, f"002241{template}", choice) == b"\x90\x00"


def partial_hash(text: bytes) -> bytes:
    """What software gives of a hash: the state after all whole blocks but the last, the count of bits, and the rest."""
    whole = len(text) // sha256_state.BLOCK * sha256_state.BLOCK
    state = sha256_state.INITIAL
    for at in range(0, whole, sha256_state.BLOCK):
        state = sha256_state.compress(state, text[at : at + sha256_state.BLOCK])
    begun = state + (whole * 8).to_bytes(8, "big") if whole else b""
    rest = text[whole:]
    return bytes([0x90, len(begun)]) + begun + bytes([0x80, len(rest)]) + rest


@pytest.mark.parametrize("text", [TEXT, b"short", b"x" * 64])
def test_the_signature_key_signs_what_the_card_hashed_last(card: CpxCard, text: bytes) -> None:
    ready(card, "B6", SIGNATURE, 0x42)
    assert send(card, "002A90A0", partial_hash(text)) == b"\x90\x00"
    signature = send(card, "002A9E9A", expected=0)
    assert signature[-2:] == b"\x90\x00"
    public(card.keys[SIGNATURE]).verify(signature[:-2], text, padding.PKCS1v15(), hashes.SHA256())
    assert send(card, "002A9E9A", expected=0) == b"\x69\x85"  # one signature for one hash


def test_the_signature_key_neither_authenticates_nor_decrypts(card: CpxCard) -> None:
    ready(card, "A4", SIGNATURE, 0x02)
    assert send(card, "00880000", bytes(51), 0) == b"\x69\x85"
    ready(card, "B8", SIGNATURE, 0x1A)
    assert send(card, "102A8086", b"\x81" + bytes(200)) == b"\x90\x00"
    assert send(card, "002A8086", bytes(56), 0) == b"\x69\x85"
    assert card.counters.uses == 0


def test_no_key_works_before_the_pin(card: CpxCard) -> None:
    ready(card, "A4", AUTHENTICATION, 0x02)
    card.power()
    send(card, "002241A4", bytes([0x84, 1, 0x80 | AUTHENTICATION]))
    assert send(card, "00880000", bytes(51), 0) == b"\x69\x82"
