"""One line of the directory, whoever it comes from."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509

from bridge.cms.errors import CmsError
from bridge.cms.verification import enclosed_certificates
from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError
from webmail import trust


@dataclass(frozen=True)
class Granter:
    """Who may let others write for an address: its owner, and whoever manages or managed it."""

    id_type: str
    id_value: str
    name: str


@dataclass(frozen=True)
class Listing:
    """A correspondent. Certificates, binding and log entry are DER, None where there are none; `chain` stands above the
    certificates, nearest first. `state`: ready, no-certificate, expired, revoked. Nothing here is proof: the bridge
    validates certificates, binding and log entry itself.
    """

    address: str
    name: str
    rpps_number: str
    profession: str
    kind: str
    level: str
    internal: bool
    state: str
    encryption_certificate: bytes | None = field(default=None, repr=False)
    signature_certificate: bytes | None = field(default=None, repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    binding: bytes | None = field(default=None, repr=False)
    log_entry: bytes | None = field(default=None, repr=False)
    granters: tuple[Granter, ...] = ()

    @property
    def ocsps(self) -> list[bytes]:
        """The OCSP responses (DER) kept about the certificates of this line, those enclosed in its log entry included."""
        own = (self.encryption_certificate, self.signature_certificate)
        return trust.ocsps(readable([one for one in (*own, *self.chain) if one], self.log_entry))


def readable(certificates: Iterable[bytes], log_entry: bytes | None) -> Iterator[x509.Certificate]:
    """Those that are certificates, and those enclosed in a log entry: of the card that signed it, and its issuers."""
    for one in certificates:
        with suppress(PkiError):
            yield load_certificate(one)
    if log_entry:
        yield from _enclosed(log_entry)


@lru_cache(maxsize=1024)
def _enclosed(log_entry: bytes) -> tuple[x509.Certificate, ...]:
    """Entries do not change, and those of colleagues are looked up again and again."""
    try:
        return enclosed_certificates(log_entry)
    except CmsError:
        return ()


def certificate_state(encryption_certificate: bytes | None, at: datetime) -> str:
    """What a sender must know before writing: ready, no-certificate, expired or revoked."""
    if not encryption_certificate:
        return "no-certificate"
    try:
        certificate = load_certificate(encryption_certificate)
    except PkiError:
        return "no-certificate"
    if trust.revoked(certificate):
        return "revoked"
    return "ready" if certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc else "expired"
