"""The fault module over SoftHSM, through the bridge's own module process: what each rule does to it."""

import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bridge.card.card import CardReport, Mechanism
from bridge.card.errors import (
    CardError,
    CardFailed,
    CardRemoved,
    LoginRequired,
    ModuleCrashed,
    PinCancelled,
    PinIncorrect,
    PinLocked,
)
from bridge.modules import Module
from tests.bridge.card.conftest import PIN
from tests.vcard.faults import Faults

TEXT = b"To whom it may concern"

pytest_plugins = ["tests.vcard.faulty"]


@pytest.fixture
def module(faults: Faults) -> Iterator[Module]:
    started = Module("faulty", "pkcs11", str(faults.library), 1)
    started.start()
    started.cards()
    yield started
    started.stop()


def login(module: Module, pin: str | None = PIN) -> CardReport:
    report = module.cards()[0]
    module.call("login", serial=report.serial, pin=None if pin is None else pin.encode())
    return report


def sign(module: Module, report: CardReport, pin: str | None = None) -> None:
    """Sign with the card's key, and verify."""
    certificate = report.certificates[0]
    signature = module.call(
        "perform",
        serial=report.serial,
        certificate_sha256=hashlib.sha256(certificate).digest(),
        mechanism=str(Mechanism.RSA_PKCS1_SHA256),
        data=TEXT,
        pin=None if pin is None else pin.encode(),
    )
    public = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, TEXT, padding.PKCS1v15(), hashes.SHA256())


def test_without_rules_it_is_the_module_below(module: Module, faults: Faults) -> None:
    sign(module, login(module))
    assert faults.logins() == [f"1 {PIN}"]
    assert faults.calls().count("C_Sign") == 1


def test_a_pin_pad_takes_no_pin(module: Module, faults: Faults) -> None:
    faults.set(f"pinpad {PIN}")
    assert module.cards()[0].pinpad
    with pytest.raises(CardError):
        login(module, PIN)
    sign(module, login(module, None))
    assert faults.logins() == [f"1 {PIN}", "1 NULL"]


def test_a_cancelled_pin_pad_is_an_error(module: Module, faults: Faults) -> None:
    faults.set(f"pinpad {PIN}", "fail C_Login 0x50")  # CKR_FUNCTION_CANCELED
    with pytest.raises(PinCancelled):
        login(module, None)


@pytest.mark.parametrize("pad", [False, True])
def test_a_key_asks_at_each_use(module: Module, faults: Faults, pad: bool) -> None:
    faults.set(f"always {PIN}", *([f"pinpad {PIN}"] if pad else []))
    pin = None if pad else PIN
    report = login(module, pin)
    for _ in range(2):
        sign(module, report, pin)
    shown = pin or "NULL"
    assert faults.logins() == [f"1 {shown}", f"2 {shown}", f"2 {shown}"]


def test_a_key_that_asks_refuses_a_wrong_pin_and_no_pin(module: Module, faults: Faults) -> None:
    faults.set(f"always {PIN}")
    with pytest.raises(PinIncorrect):
        sign(module, login(module), "0000")
    faults.set("fail C_Sign 0x101")  # CKR_USER_NOT_LOGGED_IN
    with pytest.raises(LoginRequired):
        sign(module, login(module))


def test_the_flags_of_the_counter(module: Module, faults: Faults) -> None:
    faults.set("count-low")
    report = module.cards()[0]
    assert (report.last_try, report.pin_locked) == (False, False)
    faults.set("final-try")
    assert module.cards()[0].last_try
    faults.set("locked")
    assert module.cards()[0].pin_locked
    with pytest.raises(PinLocked):
        login(module)


@pytest.mark.parametrize("blow", ["crash", "hang"])
@pytest.mark.parametrize("call", ["C_GetSlotList", "C_Login", "C_Sign"])
def test_it_crashes_and_hangs_where_it_is_told(module: Module, faults: Faults, blow: str, call: str) -> None:
    report = login(module)
    faults.set(f"{blow} {call}")
    with pytest.raises(ModuleCrashed):
        login(module) if call == "C_Login" else sign(module, report) if call == "C_Sign" else module.cards()
    faults.set()
    sign(module, login(module))


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("fail C_Sign 0x32", CardRemoved),  # CKR_DEVICE_REMOVED
        ("fail C_Sign 0xE0", CardRemoved),  # CKR_TOKEN_NOT_PRESENT
        ("fail C_SignInit 0x6", CardFailed),  # CKR_FUNCTION_FAILED
        ("vanish", CardError),
        ("absent", CardError),
    ],
)
def test_it_fails_as_told(module: Module, faults: Faults, rule: str, expected: type[CardError]) -> None:
    report = login(module)
    faults.set(rule)
    with pytest.raises(expected):
        sign(module, report)
    faults.set()
    sign(module, login(module))


@pytest.mark.parametrize("rule", ["vanish", "absent"])
def test_slots_and_tokens_go_and_come(module: Module, faults: Faults, rule: str) -> None:
    faults.set(rule)
    assert module.cards() == []
    faults.set()
    sign(module, login(module))


def test_a_slot_nobody_knows_does_not_hide_the_others(module: Module, faults: Faults) -> None:
    faults.set("ghost")
    sign(module, login(module))


def test_it_compiles_without_warnings(tmp_path: Path) -> None:
    source = Path(__file__).with_name("fault_module.c")
    built = subprocess.run(
        ["tcc", "-Wall", "-Werror", "-shared", "-o", str(tmp_path / "x.so"), str(source)],
        capture_output=True,
        check=False,
    )
    assert (built.returncode, built.stderr) == (0, b"")
