"""Alice, Bob and their keys; what they send, by the bridge's own signer and by OpenSSL."""

import base64
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bridge.cms.messages import Signer, sign_message, sign_with_card
from bridge.cms.signed import software_signer
from bridge.pki import certificates
from bridge.pki.issue import issue_mailbox_certificate
from bridge.pki.requests import build_request, verify_request
from bridge.pki.sample_health_pki import SamplePki, issue_card_certificate


def base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(*encoding).decode()


@dataclass(frozen=True)
class Mailbox:
    """One address with its two certified keys."""

    address: str
    encryption_key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    encryption: x509.Certificate
    signer: Signer

    def opener(self) -> dict[str, str]:
        """Its encryption key as the judge takes it."""
        return {"certificate": certificates.pem(self.encryption).decode(), "private_key": pem(self.encryption_key)}


class Practice:
    """What the tests send and read with."""

    def __init__(self, pki: SamplePki, folder: Path) -> None:
        self.pki, self.folder = pki, folder
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.alice, self.bob = self.mailbox("alice@pli.example"), self.mailbox("bob@pli.example")
        self.alice_card = self.card("alice")

    def mailbox(self, address: str, *, curve: ec.EllipticCurve | None = None) -> Mailbox:
        key = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, 3072)
        signing = ec.generate_private_key(ec.SECP256R1())
        authority = self.pki.branches["operator"].issuing
        encryption, signature = (
            issue_mailbox_certificate(
                authority, verify_request(build_request(one, address)), use=use,
                not_before=self.now - timedelta(days=1), not_after=self.now + timedelta(days=90),
            )
            for one, use in ((key, "encryption"), (signing, "signature"))
        )  # fmt: skip
        signer = Signer(signature, (authority.certificate,), software_signer(signing))
        return Mailbox(address, key, encryption, signer)

    def card(self, name: str) -> Signer:
        """A card's signature key under a certificate like the sample card's, made anew (the sample's is behind a PIN)."""
        card = self.pki.cards[name]
        authority = self.pki.branches[card.authority].issuing
        key = rsa.generate_private_key(65537, 2048)
        certificate = issue_card_certificate(card, "signature", authority, key, self.now)
        return Signer(certificate, (authority.certificate,), software_signer(key))

    def trust(self) -> dict[str, Any]:
        """The judge's `anchors`, `crls` and `at`."""
        anchors = [file.read_text() for file in sorted((self.pki.directory / "anchors").glob("*.pem"))]
        at = (self.now + timedelta(minutes=5)).isoformat()
        return {"anchors": anchors, "crls": [base64_text(crl) for crl in self.pki.crls()], "at": at}

    def entity(self, sender: str = "alice@pli.example", *, protected: bool = True, html: bool = False) -> bytes:
        """A MIME entity to sign."""
        hp = '; hp="cipher"' if protected else ""
        fields = f"From: Dr Alice <{sender}>\r\nTo: Bob <bob@pli.example>\r\nSubject: Bilan\r\nDate: {self.date()}\r\n"
        body = "<p>Bonjour</p>" if html else "Bonjour,\r\n\r\nvoici le bilan.\r\n"
        kind = "html" if html else "plain"
        return f"{fields if protected else ''}Content-Type: text/{kind}; charset=utf-8{hp}\r\n\r\n{body}".encode()

    def date(self) -> str:
        return self.now.strftime("%a, %d %b %Y %H:%M:%S +0000")

    def outer(self, sender: str = "alice@pli.example", subject: str = "[...]") -> bytes:
        fields = f"From: {sender}\r\nTo: bob@pli.example\r\nSubject: {subject}\r\nDate: {self.date()}\r\nMIME-Version: 1.0\r\n"
        return fields.encode()

    def signature(self, entity: bytes, *, mailbox: Mailbox | None = None, card: Signer | None = None) -> bytes:
        """Form E2h, or the mailbox alone."""
        mailbox = mailbox or self.alice
        card_signature = sign_with_card(entity, card, self.now) if card else None
        return sign_message(
            entity, mailbox.signer, encryption_certificate=mailbox.encryption,
            signing_time=self.now, card_signature=card_signature,
        )  # fmt: skip

    def openssl(self, *arguments: str, content: bytes) -> bytes:
        done = subprocess.run(["openssl", *arguments], input=content, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def encrypt(self, entity: bytes, *options: str, to: Mailbox | None = None) -> bytes:
        """`openssl cms -encrypt`, to DER."""
        recipient = self.file("recipient.pem", certificates.pem((to or self.bob).encryption))
        return self.openssl(
            "cms", "-encrypt", "-binary", "-outform", "DER", *options, "-recip", recipient, content=entity
        )

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.write_bytes(content)
        return str(path)


def signed(entity: bytes, signature: bytes) -> bytes:
    """`multipart/signed` around an entity, kept to the octet."""
    head = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="=_s"\r\n\r\n'
    part = b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + b"--=_s\r\n" + entity + b"\r\n--=_s\r\n" + part + base64.encodebytes(signature) + b"\r\n--=_s--\r\n"


def enveloped(cms: bytes, kind: str = "enveloped-data") -> bytes:
    head = f"Content-Type: application/pkcs7-mime; smime-type={kind}; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(cms)
