"""Issuing certificates and CRLs: the operator's mailbox certificates, and (with other templates) the sample health PKI.

The operator's authority certifies that a key belongs to an address of its domains, nothing about a person.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.pki import certificates
from bridge.pki.requests import VerifiedRequest

MailboxUse = Literal["encryption", "signature"]
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, repr=False)
class Authority:
    """A certification authority that can sign: its certificate, key, and the chain above it (nearest first, root last)."""

    certificate: x509.Certificate
    private_key: CertificateIssuerPrivateKeyTypes
    chain: tuple[x509.Certificate, ...]
    crl_url: str

    @classmethod
    def load(cls, directory: Path) -> "Authority":
        """Read what `save` wrote."""
        key = serialization.load_pem_private_key((directory / "private-key.pem").read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise TypeError(f"{directory}: an authority's key is RSA or EC.")
        above = (directory / "chain.pem").read_bytes()
        return cls(
            certificate=certificates.load_certificate((directory / "certificate.pem").read_bytes()),
            private_key=key,
            chain=tuple(certificates.load_certificates(above)) if above else (),  # a root has nothing above it
            crl_url=(directory / "crl-url.txt").read_text().strip(),
        )

    def save(self, directory: Path) -> None:
        """Write certificate, chain and private key (unencrypted, mode 0600) to a folder."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        key_file = directory / "private-key.pem"
        key_file.touch(mode=0o600)
        key_file.write_bytes(private_pem(self.private_key))
        (directory / "certificate.pem").write_bytes(certificates.pem(self.certificate))
        (directory / "chain.pem").write_bytes(b"".join(certificates.pem(member) for member in self.chain))
        (directory / "crl-url.txt").write_text(self.crl_url + "\n")


def private_pem(key: CertificateIssuerPrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def key_usage(*usages: str) -> x509.KeyUsage:
    """A keyUsage extension with just these bits, by their `cryptography` names."""
    return x509.KeyUsage(**{**_NO_USAGE, **dict.fromkeys(usages, True)})


def certificate_builder(
    authority: Authority,
    subject: x509.Name,
    public_key: CertificatePublicKeyTypes,
    *,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    """What every end-entity certificate of an authority has in common (RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.1.13)."""
    issuer_key = x509.SubjectKeyIdentifier(certificates.subject_key_identifier(authority.certificate))
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(authority.certificate.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(distribution_points(authority.crl_url), critical=False)
    )


def distribution_points(url: str) -> x509.CRLDistributionPoints:
    point = x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
    return x509.CRLDistributionPoints([point])


def sign(builder: x509.CertificateBuilder, authority: Authority) -> x509.Certificate:
    return builder.sign(authority.private_key, hashes.SHA256())


def issue_mailbox_certificate(
    authority: Authority, request: VerifiedRequest, *, use: MailboxUse, not_before: datetime, not_after: datetime
) -> x509.Certificate:
    """Certify one mailbox key for its address, for encryption or for signature, never both (CO13)."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, request.address)])
    builder = (
        certificate_builder(authority, subject, request.public_key, not_before=not_before, not_after=not_after)
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(request.address)]), critical=False)
        .add_extension(_mailbox_usage(request, use), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    )
    return sign(builder, authority)


def _mailbox_usage(request: VerifiedRequest, use: MailboxUse) -> x509.KeyUsage:
    if use == "signature":
        return key_usage("digital_signature")
    return key_usage("key_encipherment" if isinstance(request.public_key, rsa.RSAPublicKey) else "key_agreement")


def build_crl(
    authority: Authority,
    revoked: Mapping[int, datetime] | None = None,
    *,
    now: datetime,
    days: int = 7,
    number: int = 1,
) -> bytes:
    """A DER CRL; `revoked` maps serial numbers to revocation dates."""
    issuer_key = x509.SubjectKeyIdentifier(certificates.subject_key_identifier(authority.certificate))
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now)
        .next_update(now + timedelta(days=days))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
    )
    for entry in _revoked_entries(revoked or {}):
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.private_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _revoked_entries(revoked: Mapping[int, datetime]) -> Iterable[x509.RevokedCertificate]:
    for serial, date in revoked.items():
        reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
        builder = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(date)
        yield builder.add_extension(reason, critical=False).build()


def utc_now() -> datetime:
    """Now, to the second: certificates carry no fractions (RFC 5280 §4.1.2.5)."""
    return datetime.now(UTC).replace(microsecond=0)
