"""Who writes and reads in the matrix: three correspondents outside, and a mailbox of Pli for each kind of key."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from peer import Correspondent

from bridge.cms.messages import Signer
from bridge.cms.signed import software_signer
from bridge.pki.certificates import pem
from bridge.pki.issue import (
    Authority,
    MailboxUse,
    build_crl,
    certificate_builder,
    issue_mailbox_certificate,
    key_usage,
    private_pem,
    sign,
    utc_now,
)
from bridge.pki.requests import build_request, verify_request
from bridge.pki.sample_health_pki import SamplePki, _mail_branch, issue_card_certificate

_CURVES: Mapping[str, ec.EllipticCurve] = {"p-256": ec.SECP256R1(), "p-384": ec.SECP384R1()}
_ON_CURVES = {"p-256": "emile", "p-384": "fanny"}
MAILBOXES = {"rsa": "alice@pli.example", "p-256": "bea@pli.example", "p-384": "carl@pli.example"}


def denis(pki: Path) -> Correspondent:
    """The sample PKI's outsider, who trusts the operator, his own authority, and the health roots."""
    folder = pki / "people" / "denis"
    known = [folder / "chain.pem", pki / "anchors" / "intermediates" / "operator.pem"]
    return Correspondent(folder, folder / "denis.p12", "denis", _roots(pki), known)


def correspondents(pki: SamplePki, folder: Path) -> dict[str, Correspondent]:
    """By kind of key: Denis (RSA), and two in `folder` who have one EC key each for signature and key agreement."""
    first = denis(pki.directory)
    partner = pki.branches["partner"].issuing
    return {"rsa": first} | {
        kind: _write_person(folder / name, partner, kind, first) for kind, name in _ON_CURVES.items()
    }


def _roots(pki: Path) -> Sequence[Path]:
    return [pki / "anchors" / f"{name}.pem" for name in ("operator", "health-fort", "partner")]


def _write_person(folder: Path, authority: Authority, kind: str, like: Correspondent) -> Correspondent:
    folder.mkdir(parents=True)
    name, key = folder.name, ec.generate_private_key(_CURVES[kind])
    certificate = sign(_describe(name, authority, key.public_key()), authority)
    (folder / "certificate.pem").write_bytes(pem(certificate))
    (folder / "private-key.pem").write_bytes(private_pem(key))
    (folder / "chain.pem").write_bytes(like.chain.read_bytes())
    password = BestAvailableEncryption(name.encode())
    made = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, password)
    (folder / f"{name}.p12").write_bytes(made)
    return replace(
        like, folder=folder, p12=folder / f"{name}.p12", password=name, address=f"{name}@partner.example", kind=kind
    )


def _describe(name: str, authority: Authority, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    begin = utc_now() - timedelta(days=100)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name.capitalize())])
    builder = certificate_builder(authority, subject, key, not_before=begin, not_after=begin + timedelta(days=800))
    address = x509.SubjectAlternativeName([x509.RFC822Name(f"{name}@partner.example")])
    return (
        builder.add_extension(address, critical=False)
        .add_extension(key_usage("digital_signature", "key_agreement"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    )


@dataclass(frozen=True)
class Mailbox:
    """A mailbox of Pli with both its keys in software, as a person with a passkey holds them."""

    address: str
    encryption_key: str
    encryption: x509.Certificate
    signature_key: ec.EllipticCurvePrivateKey
    signature: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def opener(self) -> dict[str, str]:
        """Its encryption key as the judge takes it."""
        return {"certificate": pem(self.encryption).decode(), "private_key": self.encryption_key}


@dataclass(frozen=True)
class Operator:
    """Who runs a Pli: the authority of its mailboxes, and the addresses of those by kind of encryption key."""

    authority: Authority
    root: Authority
    addresses: Mapping[str, str]

    def mailboxes(self) -> dict[str, Mailbox]:
        """Their signature keys are on P-256, as everybody's."""
        return {kind: _open_mailbox(self.authority, kind, address) for kind, address in self.addresses.items()}


def operator_of(pki: SamplePki) -> Operator:
    branch = pki.branches["operator"]
    return Operator(branch.issuing, branch.root, MAILBOXES)


def other_operator() -> Operator:
    """Another hospital's, with an authority of its own."""
    branch = _mail_branch("Pli Test Other Operator", "other", utc_now())
    return Operator(branch.issuing, branch.root, {"rsa": "zoe@other.example", "p-384": "yves@other.example"})


def _open_mailbox(operator: Authority, kind: str, address: str) -> Mailbox:
    key = ec.generate_private_key(_CURVES[kind]) if kind in _CURVES else rsa.generate_private_key(65537, 3072)
    signing = ec.generate_private_key(ec.SECP256R1())
    begin = utc_now() - timedelta(days=1)
    uses: tuple[tuple[ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, MailboxUse], ...] = (
        (key, "encryption"),
        (signing, "signature"),
    )
    encryption, signature = (
        issue_mailbox_certificate(
            operator,
            verify_request(build_request(one, address)),
            use=use,
            not_before=begin,
            not_after=begin + timedelta(days=90),
        )
        for one, use in uses
    )
    return Mailbox(address, private_pem(key).decode(), encryption, signing, signature, (operator.certificate,))


def card_of(pki: SamplePki, name: str) -> Signer:
    """A card's signature key under a certificate like the sample card's, made anew (the sample's is behind a PIN)."""
    card = pki.cards[name]
    authority, key = pki.branches[card.authority].issuing, rsa.generate_private_key(65537, 2048)
    certificate = issue_card_certificate(card, "signature", authority, key, utc_now())
    return Signer(certificate, (authority.certificate,), software_signer(key))


def trust(pki: SamplePki, *others: Operator) -> dict[str, Any]:
    """The judge's `anchors`, `crls` and `at`; of other operators too."""
    now = utc_now()
    anchors = [file.read_text() for file in sorted((pki.directory / "anchors").glob("*.pem"))]
    anchors += [pem(other.root.certificate).decode() for other in others]
    crls = pki.crls() + [build_crl(one, now=now) for other in others for one in (other.authority, other.root)]
    at = (now + timedelta(minutes=30)).isoformat()
    return {"anchors": anchors, "crls": [b64encode(crl).decode() for crl in crls], "at": at}
