"""A practice on the sample PKI: real settings folders, real certificates, accounts opened by a real genesis act."""

import base64
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from bridge.cms.binding import Binding
from bridge.cms.grants import (
    CardRecipient,
    GrantBody,
    Holder,
    HolderKind,
    PasskeyRecipient,
    Role,
    build_grant,
    holder_reference,
)
from bridge.cms.log import NO_PREVIOUS, LogEntry, LogKind, build_entry
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.messages import Signer
from bridge.cms.seal import open_seal
from bridge.pki.certificates import certificate_sha256, load_certificate, load_certificates, spki_sha256
from bridge.pki.health_identity import Identity, luhn_digit
from bridge.pki.requests import build_request
from bridge.pki.sample_health_pki import SampleCard, SamplePki, issue_card_certificate
from bridge.pki.web_eid import sign_input
from webmail.domain import blobs, log_signers, open_account
from webmail.domain.authenticate import Enrolment, Passkey
from webmail.domain.certified_keys import Certified
from webmail.models import Blob, Message, Person

DOMAIN = "pli.example"


@dataclass
class SampleHolder:
    """A person of the sample PKI with the card's keys in hand, as only a test has them."""

    name: str
    enrolment: Enrolment
    signer: Signer | None
    recipient: CardRecipient | PasskeyRecipient
    authentication_key: rsa.RSAPrivateKey | None = None

    def token(self, challenge: str, origin: str) -> dict[str, str]:
        """A Web eID token, signed by the card's authentication key."""
        assert self.authentication_key is not None
        signed = sign_input(origin, challenge, "RS256")
        signature = self.authentication_key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return {
            "unverifiedCertificate": base64.b64encode(self.enrolment.certificate).decode(),
            "algorithm": "RS256",
            "signature": base64.b64encode(signature).decode(),
            "format": "web-eid:1.0",
            "appVersion": "test",
        }


@dataclass
class OpenMailbox:
    """An opened account and the keys its vault would hold."""

    person: Person
    account_id: str
    address: str
    keys: MailboxKeys
    encryption_certificate: x509.Certificate

    def open(self, message: Message) -> bytes:
        """The RFC 5322 bytes of a stored message."""
        blob = Blob.objects.get(account_id=message.account_id, id=message.blob_id)
        return open_seal(blobs.read(blob), self.keys.encryption_key, "pli-message")

    def summary(self, message: Message) -> bytes:
        return open_seal(bytes(message.summary), self.keys.encryption_key, "pli-summary")


@dataclass
class Act:
    """The three parts of an opening, ready to be handed in, or changed first by a negative test."""

    mailbox_id: str
    address: str
    keys: MailboxKeys
    certified: Certified
    body: GrantBody
    binding: Binding
    entry: LogEntry

    def parts(self, holder: SampleHolder) -> dict[str, bytes]:
        signer = holder.signer or self._own_signer()
        entry = build_entry(self.entry, signer, by_key_identifier=holder.signer is None)
        grant = build_grant(self.body, self.keys, holder.recipient)
        return {"grant": grant, "binding": self.binding.to_der(), "log_entry": entry}

    def _own_signer(self) -> Signer:
        key = self.keys.signature_key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        certificate = load_certificate(self.certified.signature_certificate)
        return Signer(certificate, (), lambda tbs: key.sign(tbs, ec.ECDSA(hashes.SHA256())))


class Practice:
    """Opens accounts for the people of the sample PKI."""

    def __init__(self, pki: SamplePki, keys: MailboxKeys) -> None:
        self.pki = pki
        self.keys = keys

    def holder(self, name: str) -> SampleHolder:
        card = self.pki.cards[name]
        folder = self.pki.directory / "cards" / name
        authentication_key, authentication = _card_key(folder, "authentication", card.pin)
        signature_key, signature = _card_key(folder, "signature", card.pin)
        chain = tuple(load_certificates((folder / "chain.pem").read_bytes()))
        signer = Signer(signature, chain, lambda tbs: signature_key.sign(tbs, padding.PKCS1v15(), hashes.SHA256()))
        recipient = CardRecipient(authentication)
        enrolment = Enrolment(
            level="card",
            id_type="RPPS",
            id_value=card.rpps_number,
            name=f"{card.given} {card.family}",
            profession=card.title,
            certificate=authentication.public_bytes(Encoding.DER),
        )
        if not (card.expired or card.revoked):
            identity = log_signers.card_now(signature, chain, datetime.now(UTC))
            enrolment = replace(enrolment, name=identity.name, profession=identity.profession)
        return SampleHolder(name, enrolment, signer, recipient, authentication_key)

    def newcomer(self, number: int, given: str = "Chloé", family: str = "Roux") -> SampleHolder:
        """Somebody with a new card; the same number gives another card of the same person."""
        ten = f"99900{number:05d}"
        card = SampleCard("newcomer", given, family, ten + luhn_digit(ten), "1234", "fort", f"CPS-{number}")
        authority, now = self.pki.branches["fort"].issuing, datetime.now(UTC).replace(microsecond=0)
        keys = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
        certificates = [
            issue_card_certificate(card, use, authority, key, now)
            for use, key in zip(("authentication", "signature"), keys, strict=True)
        ]
        chain = (authority.certificate, *authority.chain)
        signer = Signer(certificates[1], chain, lambda tbs: keys[1].sign(tbs, padding.PKCS1v15(), hashes.SHA256()))
        identity = log_signers.card_now(certificates[1], chain, now)
        enrolment = Enrolment(
            level="card",
            id_type=identity.id_type,
            id_value=identity.id_value,
            name=identity.name,
            profession=identity.profession,
            certificate=certificates[0].public_bytes(Encoding.DER),
        )
        return SampleHolder(given.lower(), enrolment, signer, CardRecipient(certificates[0]), keys[0])

    def passkey_holder(self, name: str = "Paul Petit") -> SampleHolder:
        passkey = Passkey(os.urandom(16), b"cose", os.urandom(32), 0)
        recipient = PasskeyRecipient(passkey.credential_id, os.urandom(32))
        return SampleHolder(name, Enrolment("passkey", "", "", name, "", passkey=passkey), None, recipient)

    def act(self, holder: SampleHolder, address: str) -> Act:
        """Have keys certified and compose the genesis, without handing it in."""
        certified = open_account.certify(
            holder.enrolment,
            address,
            encryption_request=build_request(self.keys.encryption_key, address),
            signature_request=build_request(self.keys.signature_key, address),
        )
        return self.compose(holder, address, certified)

    def compose(self, holder: SampleHolder, address: str, certified: Certified) -> Act:
        """The genesis for certificates already issued."""
        return _compose(holder, address, self.keys, certified)

    def open(self, name: str, address: str | None = None) -> OpenMailbox:
        """Open the mailbox of a sample card (or of a passkey person, for a name without a card)."""
        holder = self.holder(name) if name in self.pki.cards else self.passkey_holder(name)
        return self.open_for(holder, address or f"{name}@{DOMAIN}")

    def open_for(self, holder: SampleHolder, address: str) -> OpenMailbox:
        """Open the mailbox of this very holder."""
        act = self.act(holder, address)
        person = open_account.complete(holder.enrolment, act.mailbox_id, **act.parts(holder))
        certificate = load_certificate(act.certified.encryption_certificate)
        return OpenMailbox(person, act.mailbox_id, act.address, act.keys, certificate)


def _compose(holder: SampleHolder, address: str, keys: MailboxKeys, certified: Certified) -> Act:
    now = datetime.now(UTC).replace(microsecond=0)
    encryption = load_certificate(certified.encryption_certificate)
    signature = load_certificate(certified.signature_certificate)
    mailbox = bytes.fromhex(certified.mailbox_id)
    enrolment = holder.enrolment
    level: Any = enrolment.level
    identity = Identity(level, enrolment.id_type, enrolment.id_value, enrolment.name, enrolment.profession)
    kind = HolderKind.PASSKEY if enrolment.passkey else HolderKind.CARD
    shared: dict[str, Any] = {
        "mailbox_id": mailbox,
        "address": address,
        "epoch": 1,
        "encryption_spki": spki_sha256(encryption),
        "signature_spki": spki_sha256(signature),
    }
    binding = Binding(**shared, not_before=now, not_after=now + timedelta(days=1000), identity=identity)
    body = GrantBody(
        **shared,
        grant_id=os.urandom(16),
        encryption_certificate=certificate_sha256(encryption),
        signature_certificate=certificate_sha256(signature),
        holder=Holder(kind, holder_reference(holder.recipient), identity.id_type, identity.id_value, identity.name),
        role=Role.OWNER,
        history_from_epoch=1,
        not_before=now,
        not_after=None,
        log_seq=0,
        prev_log_hash=NO_PREVIOUS,
    )
    entry = LogEntry(mailbox, address, 0, NO_PREVIOUS, now, LogKind.GENESIS, (body.digest,), (binding.digest,))
    return Act(certified.mailbox_id, address, keys, certified, body, binding, entry)


@cache
def _card_key(folder: Path, use: str, pin: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """The same all session long; a PIN is slow to try by intention."""
    key, certificate, _ = pkcs12.load_key_and_certificates((folder / f"{use}.p12").read_bytes(), pin.encode())
    assert isinstance(key, rsa.RSAPrivateKey)
    assert certificate is not None
    return key, certificate


@pytest.fixture(scope="session")
def mailbox_keys() -> MailboxKeys:
    """One set of mailbox keys for the session: the accounts of a test share it, which no real ones do."""
    encryption = rsa.generate_private_key(65537, 3072)
    return MailboxKeys(encryption, ec.generate_private_key(ec.SECP256R1()), os.urandom(32))


@pytest.fixture
def server(settings: Any, sample_pki: SamplePki, tmp_path: Path) -> Path:
    """Settings that point to the sample PKI and to a data folder of this test, which it gives."""
    settings.PLI_ANCHORS = sample_pki.directory / "anchors"
    settings.PLI_CRLS = Path(shutil.copytree(sample_pki.directory / "crls", tmp_path / "crls"))
    settings.PLI_OCSPS = tmp_path / "ocsps"
    settings.PLI_OPERATOR_CA = sample_pki.directory / "operator-ca"
    settings.PLI_DATA = tmp_path
    settings.PLI_BLOBS = tmp_path / "blobs"
    settings.PLI_OUTGOING = tmp_path / "outgoing"
    settings.PLI_PUSH_SOCKET = tmp_path / "push.sock"
    settings.PLI_DOMAINS = [DOMAIN]
    return tmp_path


@pytest.fixture
def practice(server: Path, db: None, sample_pki: SamplePki, mailbox_keys: MailboxKeys) -> Practice:
    """Opens accounts; the test's transaction is undone at its end."""
    return Practice(sample_pki, mailbox_keys)


@pytest.fixture
def live_practice(server: Path, transactional_db: None, sample_pki: SamplePki, mailbox_keys: MailboxKeys) -> Practice:
    """As `practice`, with commits that other threads and connections see."""
    return Practice(sample_pki, mailbox_keys)


@pytest.fixture
def clear_mail() -> Callable[..., bytes]:
    """Builds a clear message of an outside sender."""

    def build(subject: str = "Résultats", text: str = "Bonjour", message_id: str = "<1@partner.example>") -> bytes:
        lines = [
            "From: Denis Garnier <denis@partner.example>",
            "To: alice@pli.example",
            f"Subject: {subject}",
            "Date: Sat, 21 Nov 2026 12:00:00 +0000",
            f"Message-ID: {message_id}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "",
            text,
            "",
        ]
        return "\r\n".join(lines).encode()

    return build
