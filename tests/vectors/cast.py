"""Dr Alice's mailbox with all its keys and papers, made afresh: what the CMS tests and the vectors are about."""

import hashlib
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bridge.cms.binding import Binding
from bridge.cms.grants import GrantBody, Holder, HolderKeyRecipient, HolderKind, Role
from bridge.cms.holder_keys import derive_holder_key
from bridge.cms.log import NO_PREVIOUS, LogEntry, LogKind, build_entry
from bridge.cms.mailbox_keys import MailboxKeys
from bridge.cms.messages import Signer
from bridge.cms.signed import software_signer
from bridge.pki.certificates import certificate_sha256, spki, spki_sha256
from bridge.pki.health_identity import Identity

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ADDRESS = "alice@pli.example"
ALICE = Identity("card", "RPPS", "99900000017", "Alice Martin", "Médecin")
DENIS = Identity("card", "RPPS", "99900000025", "Denis Durand", "Médecin")
CREDENTIAL_ID = b"credential of the first passkey"
PRF = hashlib.sha256(b"prf output").digest()

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def self_signed(key: PrivateKey, name: str, address: str | None = None) -> x509.Certificate:
    """A certificate nobody vouches for: paths are tested in tests/bridge/pki."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=1000))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if address:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), critical=False)
    return builder.sign(key, hashes.SHA256())


@dataclass(frozen=True)
class Holding:
    """A key and its certificate."""

    key: Any
    certificate: x509.Certificate

    @classmethod
    def new(cls, key: PrivateKey, name: str, address: str | None = None) -> "Holding":
        return cls(key, self_signed(key, name, address))

    @property
    def signer(self) -> Signer:
        return Signer(self.certificate, (), software_signer(self.key))


@dataclass(frozen=True)
class Cast:
    """Alice's card and mailbox, and Denis, who is nobody to it."""

    card: Holding = field(default_factory=lambda: Holding.new(rsa_key(), "Alice's card"))
    outsider: Holding = field(default_factory=lambda: Holding.new(rsa_key(), "Denis"))
    encryption: Holding = field(default_factory=lambda: Holding.new(rsa_key(3072), "Alice", ADDRESS))
    signature: Holding = field(
        default_factory=lambda: Holding.new(ec.generate_private_key(ec.SECP256R1()), "Alice", ADDRESS)
    )
    mailbox_id: bytes = field(default_factory=lambda: os.urandom(16))
    storage_key: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def keys(self) -> MailboxKeys:
        return MailboxKeys(self.encryption.key, self.signature.key, self.storage_key)

    def body(self, **changes: Any) -> GrantBody:
        """The owner's grant body for the card."""
        holder = Holder(HolderKind.CARD, certificate_sha256(self.card.certificate), "RPPS", ALICE.id_value, ALICE.name)
        body = GrantBody(
            grant_id=os.urandom(16),
            mailbox_id=self.mailbox_id,
            address=ADDRESS,
            epoch=1,
            encryption_spki=spki_sha256(self.encryption.certificate),
            signature_spki=spki_sha256(self.signature.certificate),
            encryption_certificate=certificate_sha256(self.encryption.certificate),
            signature_certificate=certificate_sha256(self.signature.certificate),
            holder=holder,
            role=Role.OWNER,
            history_from_epoch=1,
            not_before=NOW,
            not_after=None,
            log_seq=0,
            prev_log_hash=NO_PREVIOUS,
        )
        return replace(body, **changes)

    def passkey_body(self, **changes: Any) -> GrantBody:
        reference = hashlib.sha256(CREDENTIAL_ID).digest()
        holder = Holder(HolderKind.PASSKEY, reference, "RPPS", ALICE.id_value, ALICE.name)
        return self.body(holder=holder, **changes)

    def holder_key_body(self, kind: HolderKind, secret: bytes, **changes: Any) -> tuple[GrantBody, HolderKeyRecipient]:
        """The body of a passkey, recovery code or officer grant whose holder has `secret`, and whom to wrap to."""
        public_key = spki(derive_holder_key(secret, self.mailbox_id, kind).public_key())
        named = CREDENTIAL_ID if kind is HolderKind.PASSKEY else public_key
        recipient = HolderKeyRecipient(hashlib.sha256(named).digest(), public_key)
        holder = Holder(kind, recipient.reference, "RPPS", ALICE.id_value, ALICE.name)
        return self.body(**{"holder": holder, "holder_key": public_key, **changes}), recipient

    def binding(self, **changes: Any) -> Binding:
        binding = Binding(
            mailbox_id=self.mailbox_id,
            address=ADDRESS,
            epoch=1,
            encryption_spki=spki_sha256(self.encryption.certificate),
            signature_spki=spki_sha256(self.signature.certificate),
            not_before=NOW,
            not_after=NOW + timedelta(days=1000),
            identity=ALICE,
        )
        return replace(binding, **changes)

    def genesis(self, body: GrantBody, binding: Binding, **changes: Any) -> LogEntry:
        entry = LogEntry(
            mailbox_id=self.mailbox_id,
            address=ADDRESS,
            seq=0,
            prev_hash=NO_PREVIOUS,
            time=NOW,
            kind=LogKind.GENESIS,
            grants=(body.digest,),
            bindings=(binding.digest,),
        )
        return replace(entry, **changes)

    def chain(self, length: int, signer: Signer | None = None) -> list[bytes]:
        """`length` entries that follow one another, signed by the card."""
        entries: list[bytes] = []
        for seq in range(length):
            previous = hashlib.sha256(entries[-1]).digest() if entries else NO_PREVIOUS
            kind = LogKind.GRANT if seq else LogKind.GENESIS
            entry = self.genesis(self.body(), self.binding(), seq=seq, prev_hash=previous, kind=kind)
            entries.append(build_entry(entry, signer or self.card.signer))
        return entries
