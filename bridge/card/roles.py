"""Which key of a card serves which purpose, read from its certificates alone (DESIGN §4.1). Runs in the listener.

A signature certificate has nonRepudiation; an authentication certificate has clientAuth or smartcard logon without it; an
encryption certificate has keyEncipherment or keyAgreement. Labels and CKA_IDs say nothing.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from bridge.card.card import Mechanism
from bridge.pki import certificates as pki

Use = Literal["authentication", "signature", "encryption"]

_LOGON = {ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string, ExtendedKeyUsageOID.SMARTCARD_LOGON.dotted_string}
_EC_SIGNING = {
    "secp256r1": (Mechanism.ECDSA_SHA256, "ES256", "sha256"),
    "secp384r1": (Mechanism.ECDSA_SHA384, "ES384", "sha384"),
}


@dataclass(frozen=True)
class SigningForm:
    """How a key signs: the card's operation, its JOSE name, its hash."""

    mechanism: Mechanism
    jose: str
    hash_name: str


@dataclass(frozen=True)
class CardKey:
    """A certificate of a card, with what its extensions say of its key. The certificate is unverified."""

    unverified_certificate: x509.Certificate = field(repr=False)
    certificate_sha256: bytes
    use: Use
    enciphers: bool

    @property
    def id(self) -> str:
        return "k_" + self.certificate_sha256[:16].hex()

    @property
    def der(self) -> bytes:
        return pki.der(self.unverified_certificate)

    @property
    def signing(self) -> SigningForm | None:
        """None for a key type Pli does not sign with."""
        public_key = self.unverified_certificate.public_key()
        if isinstance(public_key, rsa.RSAPublicKey):
            return SigningForm(Mechanism.RSA_PKCS1_SHA256, "RS256", "sha256")
        if isinstance(public_key, ec.EllipticCurvePublicKey) and public_key.curve.name in _EC_SIGNING:
            return SigningForm(*_EC_SIGNING[public_key.curve.name])
        return None

    @property
    def algorithms(self) -> list[str]:
        """For a page: JOSE names of a signing key, names of key transport of an encryption key."""
        if self.use != "encryption":
            return [self.signing.jose] if self.signing else []
        is_rsa = isinstance(self.unverified_certificate.public_key(), rsa.RSAPublicKey)
        return ["rsa-pkcs1", "rsa-oaep"] if is_rsa else ["ecdh"]


@dataclass(frozen=True)
class CardKeys:
    """The keys of one card and the CA certificates found on it."""

    keys: tuple[CardKey, ...]
    chain: tuple[x509.Certificate, ...]

    def first(self, use: Use) -> CardKey | None:
        return next((key for key in self.keys if key.use == use), None)

    @property
    def unwrap_key(self) -> CardKey | None:
        """The key that opens grants: one that enciphers by its certificate, else the authentication key (v1.5 only)."""
        enciphering = next((key for key in self.keys if key.enciphers), None)
        return enciphering or self.first("authentication")


@lru_cache(maxsize=64)
def read_keys(ders: tuple[bytes, ...], chain: tuple[bytes, ...]) -> CardKeys:
    """Sort a card's certificates; one that cannot be read is left out."""
    loaded = list(_loaded(ders))
    authorities = [certificate for certificate in loaded if _is_authority(certificate)]
    keys = [key for certificate in loaded if not _is_authority(certificate) and (key := _key(certificate)) is not None]
    return CardKeys(tuple(keys), (*_loaded(chain), *authorities))


def _loaded(ders: Iterable[bytes]) -> Iterable[x509.Certificate]:
    """Read to the end: extensions and key are parsed late, and would fail whoever asks for them."""
    for der in ders:
        try:
            certificate = pki.load_certificate(der)
            pki.extensions(certificate)
            pki.public_key(certificate)
        except Exception:  # noqa: BLE001, S112 (any malformed certificate is one we do not use)
            continue
        yield certificate


def _key(certificate: x509.Certificate) -> CardKey | None:
    usage = pki.key_usage(certificate)
    if usage is None:
        return None
    enciphers = usage.key_encipherment or usage.key_agreement
    use = _use(certificate, usage, enciphers)
    if use is None:
        return None
    return CardKey(certificate, hashlib.sha256(pki.der(certificate)).digest(), use, enciphers)


def _use(certificate: x509.Certificate, usage: x509.KeyUsage, enciphers: bool) -> Use | None:
    if usage.content_commitment:
        return "signature"
    if usage.digital_signature and pki.extended_key_usages(certificate) & _LOGON:
        return "authentication"
    return "encryption" if enciphers else None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
