"""One line of the directory, whoever it comes from."""

from dataclasses import dataclass, field
from datetime import datetime

from bridge.pki.certificates import load_certificate
from bridge.pki.errors import PkiError
from webmail import trust


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
