"""A small authority that issues whatever a test wants, rules of issuing aside."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bridge.pki.anchors import Anchor, AnchorPurpose, AnchorStore
from bridge.pki.issue import Authority, build_crl, key_usage

AUTHORITY_USAGE = ("key_cert_sign", "crl_sign")


def name(text: str, address: str = "") -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, text)]
    if address:
        attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, address))
    return x509.Name(attributes)


@dataclass(frozen=True)
class Issuer:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Any

    @classmethod
    def root(cls, text: str, now: datetime, *extensions: Any, **options: Any) -> "Issuer":
        return _issue(None, name(text), now, extensions, **{"authority": True, **options})

    def issue(self, text: str, now: datetime, *extensions: Any, **options: Any) -> "Issuer":
        """`extensions` are values, or (value, critical) pairs; options: authority, usages, days, subject, key, before."""
        return _issue(self, options.pop("subject", name(text)), now, extensions, **options)

    def person(self, address: str, now: datetime, *extensions: Any, **options: Any) -> "Issuer":
        """Somebody who signs mail for `address`."""
        names = x509.SubjectAlternativeName([x509.RFC822Name(address)])
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        return self.issue(address, now, names, mail, *extensions, **{"usages": ("digital_signature",), **options})

    def crl(self, now: datetime, revoked: dict[int, datetime] | None = None, days: int = 7) -> bytes:
        return build_crl(Authority(self.certificate, self.key, (), ""), revoked, now=now, days=days)


def _issue(
    issuer: Issuer | None,
    subject: x509.Name,
    now: datetime,
    extensions: tuple[Any, ...],
    *,
    authority: bool = False,
    path_length: int | None = None,
    usages: tuple[str, ...] | None = None,
    days: int = 100,
    before: int = 1,
    key: Any = None,
) -> Issuer:
    key = key or ec.generate_private_key(ec.SECP256R1())
    above = issuer or Issuer(None, key)  # type: ignore[arg-type]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=before))
        .not_valid_after(now + timedelta(days=days))
    )
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(True, path_length), critical=True)
    wanted = usages if usages is not None else AUTHORITY_USAGE if authority else ()
    if wanted:
        builder = builder.add_extension(key_usage(*wanted), critical=True)
    for one in extensions:
        value, critical = one if isinstance(one, tuple) else (one, False)
        builder = builder.add_extension(value, critical=critical)
    return Issuer(builder.sign(above.key, hashes.SHA256()), key)


def trusting(*roots: Issuer, **options: Any) -> AnchorStore:
    return AnchorStore([Anchor(root.certificate, frozenset(AnchorPurpose), **options) for root in roots])
