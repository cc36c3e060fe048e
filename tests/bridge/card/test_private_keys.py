"""The private key found for a certificate is used again while its login lasts, and not a moment longer."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from bridge.card.card import Mechanism
from bridge.card.errors import CardError, LoginRequired
from bridge.modules import Module
from bridge.pki.certificates import certificate_sha256, load_certificate
from bridge.pki.sample_health_pki import SamplePki
from tests.bridge.card.conftest import LIBRARY, PIN, HsmToken, rsa_token, run

SECONDS = 20.0


class Signer:
    """A module's worker process with the token's only card."""

    def __init__(self, token: HsmToken) -> None:
        self.module = Module("softhsm", "pkcs11", str(LIBRARY), SECONDS)
        self._serial = token.serial
        self._report = next(card for card in self.module.cards() if card.serial == token.serial)
        self._certificate = load_certificate(self._report.certificates[0])

    def login(self) -> None:
        self.call("login", pin=PIN.encode())

    def sign(self) -> None:
        """Raises unless the signature verifies with the certificate's key."""
        data = secrets.token_bytes(40)
        asked: dict[str, Any] = {"mechanism": str(Mechanism.RSA_PKCS1_SHA256), "data": data, "pin": None}
        signature = self.call("perform", certificate_sha256=certificate_sha256(self._certificate), **asked)
        public_key = self._certificate.public_key()
        assert isinstance(public_key, rsa.RSAPublicKey)
        public_key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())

    def call(self, method: str, **params: Any) -> Any:
        return self.module.call(method, serial=self._serial, **params)


@pytest.fixture
def token(sample_pki: SamplePki, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HsmToken:
    made = rsa_token(sample_pki, tmp_path, uses=("authentication",))
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def signer(token: HsmToken) -> Iterator[Signer]:
    made = Signer(token)
    yield made
    made.module.stop()


def test_a_logout_ends_the_keys_and_the_next_login_finds_them_anew(signer: Signer) -> None:
    for _ in range(3):
        signer.login()
        for _ in range(3):
            signer.sign()
        signer.call("logout")
        with pytest.raises(LoginRequired):
            signer.sign()


def test_a_key_that_is_gone_from_the_token_ends_the_login(signer: Signer, token: HsmToken) -> None:
    signer.login()
    signer.sign()
    tool = ("pkcs11-tool", "--module", str(LIBRARY), "--login", "--pin", PIN)
    run(token.environment, *tool, "--delete-object", "--type", "privkey", "--id", "01")
    with pytest.raises(CardError):
        signer.sign()
    with pytest.raises(LoginRequired):
        signer.sign()


def test_a_token_pulled_and_put_back_wants_its_pin(signer: Signer, token: HsmToken) -> None:
    signer.login()
    signer.sign()
    assert token.serial in {card.serial for card in signer.module.cards(pulled=[token.serial])}
    with pytest.raises(LoginRequired):
        signer.sign()
    signer.login()
    signer.sign()
