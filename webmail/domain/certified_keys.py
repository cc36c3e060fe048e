"""The operator certifies the two keys of an epoch for the mailbox's address: separate usages, separate certificates."""

import base64
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import rsa
from django.utils import timezone

from bridge.pki.certificates import der
from bridge.pki.errors import RequestRefused
from bridge.pki.issue import issue_mailbox_certificate, utc_now
from bridge.pki.requests import VerifiedRequest, verify_request
from webmail import trust
from webmail.domain.errors import OpeningRefused
from webmail.models import MailboxKey

CERTIFICATE_LIFETIME = timedelta(days=3 * 365)


@dataclass(frozen=True)
class Certified:
    """What the vault needs to finish: certificates in DER, the chain above them nearest first, current CRLs.

    For a card, `chain` goes on with the issuers of cards, which cards rarely hold: signatures enclose the one they need.
    """

    mailbox_id: str
    encryption_certificate: bytes
    signature_certificate: bytes
    chain: list[bytes]
    crls: list[bytes]


def certified(
    account_id: str, epoch: int, address: str, *, encryption_request: bytes, signature_request: bytes
) -> MailboxKey:
    """An unsaved, pending epoch with certificates for two requests (DER PKCS#10). Raises OpeningRefused("request-invalid")."""
    encryption = _checked(encryption_request, address, encrypts=True)
    signature = _checked(signature_request, address, encrypts=False)
    if encryption.public_key == signature.public_key:
        raise OpeningRefused("request-invalid")
    authority, start = trust.operator(), utc_now() - timedelta(minutes=5)
    dates = {"not_before": start, "not_after": start + CERTIFICATE_LIFETIME}
    return MailboxKey(
        account_id=account_id,
        epoch=epoch,
        encryption_certificate=der(issue_mailbox_certificate(authority, encryption, use="encryption", **dates)),
        signature_certificate=der(issue_mailbox_certificate(authority, signature, use="signature", **dates)),
        chain=[_text(der(member)) for member in (authority.certificate, *authority.chain)],
        created_at=timezone.now(),
    )


def told(key: MailboxKey, *, for_card: bool) -> Certified:
    """What a vault is told of a pending epoch."""
    issuers = [der(issuer) for issuer in trust.intermediates()] if for_card else []
    return Certified(
        mailbox_id=key.account_id,
        encryption_certificate=bytes(key.encryption_certificate),
        signature_certificate=bytes(key.signature_certificate),
        chain=[*map(base64.b64decode, key.chain), *issuers],
        crls=trust.crls(),
    )


def _checked(request: bytes, address: str, *, encrypts: bool) -> VerifiedRequest:
    try:
        verified = verify_request(request)
    except RequestRefused as error:
        raise OpeningRefused("request-invalid") from error
    key = verified.public_key
    fits = isinstance(key, rsa.RSAPublicKey) or key.curve.name == ("secp384r1" if encrypts else "secp256r1")
    if verified.address != address or not fits:
        raise OpeningRefused("request-invalid")
    return verified


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
