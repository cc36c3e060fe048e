"""The PIV card through pcscd, OpenSC and the bridge's own module process."""

import hashlib
import time
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.card.card import Mechanism
from bridge.card.errors import CardError, LoginRequired, PinIncorrect, PinLocked
from bridge.modules import Module
from bridge.pki.sample_health_pki import SamplePki
from tests.vcard.piv import SLOTS, PivCard
from tests.vcard.stack import OPENSC, CardStack
from tests.vcard.through_the_bridge import insert, login, use, wait

PIN = "1234"
TEXT = b"To whom it may concern"


@pytest.fixture(scope="session")
def rsa_keys(sample_pki: SamplePki) -> PivCard:
    return PivCard.issue(sample_pki, "alice", dict.fromkeys(SLOTS, "rsa2048"))


@pytest.fixture
def rsa_card(rsa_keys: PivCard) -> PivCard:
    """A fresh card; making RSA keys takes too long for each test."""
    uses = {use: rsa_keys.keys[slot] for use, slot in SLOTS.items()}
    return PivCard(uses, serial="CPS-0001", pin=PIN)


@pytest.fixture
def module(stack: CardStack) -> Iterator[Module]:
    started = Module("opensc", "pkcs11", str(OPENSC), 20)
    yield started
    started.stop()


def test_rsa_signs_and_decrypts_in_one_operation_each(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    report = insert(stack, module, rsa_card)
    assert {x509.load_der_x509_certificate(der) for der in report.certificates} == {
        key.certificate for key in rsa_card.keys.values()
    }
    assert report.reader == stack.readers[0].name
    assert rsa_card.counters.pins == 0
    login(module, report, PIN)
    authentication, encryption = rsa_card.keys[0x9A], rsa_card.keys[0x9D]
    signature = use(module, report, authentication, Mechanism.RSA_PKCS1_SHA256, TEXT)
    public = authentication.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, TEXT, padding.PKCS1v15(), hashes.SHA256())
    opened = use(module, report, authentication, Mechanism.RSA_PKCS1, public.encrypt(TEXT, padding.PKCS1v15()))
    assert opened == TEXT
    other = encryption.certificate.public_key()
    assert isinstance(other, rsa.RSAPublicKey)
    for mechanism, algorithm in (
        (Mechanism.RSA_OAEP_SHA1, hashes.SHA1()),
        (Mechanism.RSA_OAEP_SHA256, hashes.SHA256()),
    ):
        scheme = padding.OAEP(padding.MGF1(algorithm), algorithm, None)
        assert use(module, report, encryption, mechanism, other.encrypt(TEXT, scheme)) == TEXT
    assert rsa_card.counters.operations == {0x9A: 2, 0x9D: 2}
    assert (rsa_card.counters.pins, rsa_card.counters.refused) == (1, 0)


@pytest.mark.parametrize(("curve", "mechanism"), [("p256", Mechanism.ECDSA_SHA256), ("p384", Mechanism.ECDSA_SHA384)])
def test_ec_signs_and_agrees(
    stack: CardStack, module: Module, sample_pki: SamplePki, curve: str, mechanism: Mechanism
) -> None:
    card = PivCard.issue(sample_pki, "alice", dict.fromkeys(SLOTS, curve))
    report = insert(stack, module, card)
    login(module, report, PIN)
    public = card.keys[0x9A].certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    algorithm = hashes.SHA256() if curve == "p256" else hashes.SHA384()
    public.verify(use(module, report, card.keys[0x9A], mechanism, TEXT), TEXT, ec.ECDSA(algorithm))
    ours = ec.generate_private_key(public.curve)
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    theirs = card.keys[0x9D].certificate.public_key()
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    assert use(module, report, card.keys[0x9D], Mechanism.ECDH, point) == ours.exchange(ec.ECDH(), theirs)
    assert card.counters.operations == {0x9A: 1, 0x9D: 1}


def test_the_signature_key_wants_its_pin_each_time(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    report = insert(stack, module, rsa_card)
    keys = login(module, report, PIN)
    signing = rsa_card.keys[0x9C]
    always = {key["certificate_sha256"] for key in keys if key["always"]}
    assert always == {hashlib.sha256(signing.der).digest()}
    for _ in range(2):
        use(module, report, signing, Mechanism.RSA_PKCS1_SHA256, TEXT, PIN)
    assert rsa_card.counters.operations == {0x9C: 2}
    assert rsa_card.counters.pins == 3


def test_wrong_pins_count_down_to_the_lock(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    report = insert(stack, module, rsa_card)
    states = []
    for _ in range(3):
        with pytest.raises((PinIncorrect, PinLocked)):
            login(module, report, "9999")
        report = module.cards()[0]
        states.append((rsa_card.pin.tries, report.last_try, report.pin_locked))
    assert states == [(2, False, False), (1, True, False), (0, False, True)]
    with pytest.raises(PinLocked):
        login(module, report, PIN)
    assert rsa_card.counters.pins == 3


def test_looking_at_a_card_spends_nothing(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    insert(stack, module, rsa_card)
    rsa_card.pin.tries = 1
    until(lambda: module.cards()[0].last_try)
    assert (rsa_card.pin.tries, rsa_card.counters.pins) == (1, 0)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_pulled_card_is_logged_out_and_comes_back(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    report = insert(stack, module, rsa_card)
    login(module, report, PIN)
    stack.readers[0].remove()
    wait(module, 0)
    again = insert(stack, module, rsa_card, reader=1)
    assert again.serial == report.serial
    with pytest.raises(CardError):
        use(module, again, rsa_card.keys[0x9A], Mechanism.RSA_PKCS1_SHA256, TEXT)
    login(module, again, PIN)
    use(module, again, rsa_card.keys[0x9A], Mechanism.RSA_PKCS1_SHA256, TEXT)
    assert rsa_card.counters.pins == 2


def test_a_card_pulled_while_it_works_is_an_error(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    report = insert(stack, module, rsa_card)
    login(module, report, PIN)
    rsa_card.used = lambda reference: stack.readers[0].remove()  # type: ignore[method-assign]
    with pytest.raises(CardError):
        use(module, report, rsa_card.keys[0x9A], Mechanism.RSA_PKCS1_SHA256, TEXT)
    wait(module, 0)


def test_two_cards_of_one_kind_are_told_apart(stack: CardStack, module: Module, sample_pki: SamplePki) -> None:
    cards = [PivCard.issue(sample_pki, name, {"authentication": "p256"}) for name in ("alice", "bob")]
    for reader, card in zip(stack.readers[1:3], cards, strict=True):
        reader.insert(card)
    reports = {report.reader: report for report in wait(module, 2)}
    alice, bob = reports[stack.readers[1].name], reports[stack.readers[2].name]
    assert [alice.serial, bob.serial] == [card.serial for card in cards]
    assert alice.serial != bob.serial
    login(module, bob, "5678")
    signature = use(module, bob, cards[1].keys[0x9A], Mechanism.ECDSA_SHA256, TEXT)
    public = cards[1].keys[0x9A].certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, TEXT, ec.ECDSA(hashes.SHA256()))
    assert [card.counters.pins for card in cards] == [0, 1]


def test_the_puk_and_the_change_of_the_pin(rsa_card: PivCard) -> None:
    def send(command: str) -> str:
        return rsa_card.transmit(bytes.fromhex(command)).hex()

    def padded(pin: str) -> str:
        return pin.encode().ljust(8, b"\xff").hex()

    assert send("00A4040009A0000003080000100000").endswith("9000")
    assert send("0024008010" + padded("0000") + padded("4321")) == "63c2"
    assert send("0024008010" + padded(PIN) + padded("4321")) == "9000"
    assert send("0020008008" + padded(PIN)) == "63c2"
    assert send("002C008010" + padded("12345678") + padded(PIN)) == "9000"
    assert send("0020008008" + padded(PIN)) == "9000"
    assert send("00200080") == "9000"
    rsa_card.power()
    assert send("00200080") == "6d00"  # not selected


def test_no_pin_is_sent_again_by_itself(stack: CardStack, module: Module, rsa_card: PivCard) -> None:
    """By default OpenSC keeps the PIN and would take this card's last try without a keystroke."""
    report = insert(stack, module, rsa_card)
    login(module, report, PIN)
    use(module, report, rsa_card.keys[0x9A], Mechanism.RSA_PKCS1_SHA256, TEXT)
    rsa_card.pin.verified, rsa_card.pin.tries = False, 1  # another program failed twice
    with pytest.raises(LoginRequired):
        use(module, report, rsa_card.keys[0x9A], Mechanism.RSA_PKCS1_SHA256, TEXT)
    assert (rsa_card.pin.tries, rsa_card.counters.pins) == (1, 1)
