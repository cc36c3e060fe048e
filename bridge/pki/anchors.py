"""Trust anchors: the roots that an administrator named, each with what it may speak for, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bridge.pki import certificates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cryptography import x509


class AnchorPurpose(StrEnum):
    """What an anchor may speak for; no purpose follows from another."""

    HEALTH_CARD = "health-card"
    OPERATOR = "operator"
    MAIL = "mail"


class Purpose(StrEnum):
    """What a certificate is about to be used for."""

    ENCRYPT = "encrypt"
    MESSAGE_SIGNATURE = "message-signature"
    CARD_SIGNATURE = "card-signature"
    CARD_AUTHENTICATION = "card-authentication"
    CARD_ENCRYPTION = "card-encryption"


_ANCHORS_FOR = {
    Purpose.ENCRYPT: {AnchorPurpose.OPERATOR, AnchorPurpose.MAIL},
    Purpose.MESSAGE_SIGNATURE: {AnchorPurpose.OPERATOR, AnchorPurpose.MAIL, AnchorPurpose.HEALTH_CARD},
    Purpose.CARD_SIGNATURE: {AnchorPurpose.HEALTH_CARD},
    Purpose.CARD_AUTHENTICATION: {AnchorPurpose.HEALTH_CARD},
    Purpose.CARD_ENCRYPTION: {AnchorPurpose.HEALTH_CARD},
}


@dataclass(frozen=True)
class Anchor:
    """`retired`: paths to this anchor stand only for moments before it (a root that was replaced; aware datetime)."""

    certificate: x509.Certificate
    purposes: frozenset[AnchorPurpose]
    retired: datetime | None = None

    def speaks_at(self, at: datetime) -> bool:
        return self.retired is None or at < self.retired


class AnchorStore:
    """The roots that an administrator named. Never changes: another set of anchors is another store."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.anchors = tuple(anchors)

    @classmethod
    def load(cls, entries: Iterable[Mapping[str, Any]], base: Path) -> AnchorStore:
        """Read `[{"file": "x.pem", "purposes": ["operator"], "retired": "2027-01-01"}]`, files relative to `base`.

        Raises ValueError for a purpose or date that is none, CertificateMalformed for a file without certificates.
        """
        anchors = []
        for entry in entries:
            purposes = frozenset(AnchorPurpose(purpose) for purpose in entry["purposes"])
            retired = _moment(entry["retired"]) if "retired" in entry else None
            found = certificates.load_certificates((base / entry["file"]).read_bytes())
            anchors += [Anchor(certificate, purposes, retired) for certificate in found]
        return cls(anchors)

    def for_purpose(self, purpose: Purpose) -> dict[bytes, Anchor]:
        """The anchors a purpose takes, by SHA-256 of their certificate."""
        wanted = _ANCHORS_FOR[purpose]
        return {
            certificates.certificate_sha256(anchor.certificate): anchor
            for anchor in self.anchors
            if anchor.purposes & wanted
        }


def _moment(text: str) -> datetime:
    """A date (its beginning, UTC) or an RFC 3339 time."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
