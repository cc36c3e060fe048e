"""Keys and certificates of a virtual card, issued by the sample health PKI."""

from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from bridge.pki.issue import certificate_builder, key_usage, sign, utc_now
from bridge.pki.sample_health_pki import SamplePki, issue_card_certificate

Use = Literal["authentication", "signature", "encryption"]
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, repr=False)
class CertifiedKey:
    """A private key, and its certificate."""

    key: PrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def make_key(kind: str) -> PrivateKey:
    """`rsa2048`, `p256` or `p384`."""
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind[3:]))
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


def certify(pki: SamplePki, holder: str, use: Use, key: PrivateKey) -> CertifiedKey:
    """Certify a key for the sample card of that name (`alice`, `bob`, …)."""
    card = pki.cards[holder]
    authority = pki.branches[card.authority].issuing
    certificate = issue_card_certificate(card, use, authority, key, utc_now())
    if use == "encryption" and isinstance(key, ec.EllipticCurvePrivateKey):
        certificate = _for_agreement(pki, holder, certificate)
    return CertifiedKey(key, certificate)


def _for_agreement(pki: SamplePki, holder: str, model: x509.Certificate) -> x509.Certificate:
    """The same certificate with keyAgreement: an EC key enciphers nothing (RFC 5480 §3)."""
    authority = pki.branches[pki.cards[holder].authority].issuing
    begin, end = model.not_valid_before_utc, model.not_valid_after_utc
    builder = certificate_builder(authority, model.subject, model.public_key(), not_before=begin, not_after=end)
    purposes = model.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    builder = builder.add_extension(key_usage("key_agreement"), critical=True)
    return sign(builder.add_extension(purposes.value, critical=purposes.critical), authority)


def issue_keys(pki: SamplePki, holder: str, kinds: dict[Use, str]) -> dict[Use, CertifiedKey]:
    """New keys of these kinds, certified for the holder."""
    return {use: certify(pki, holder, use, make_key(kind)) for use, kind in kinds.items()}
