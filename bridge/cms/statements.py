"""Statements: DER of Pli's own, signed by a card or a mailbox (docs/FORMATS.md): log entries, card proofs, recovery requests.

One SignerInfo with signedAttrs contentType, messageDigest, signingTime and signingCertificateV2 (RFC 5652 §11, RFC 5035).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.cms.errors import AttributeRefused
from bridge.cms.signed import build_signed
from bridge.cms.verification import verify_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography import x509

    from bridge.cms.messages import Signer
    from bridge.pki.health_identity import Identity

    # (unverified certificate, unverified chain, signing time) -> who it is; raises a PkiError
    ValidateSigner = Callable[[x509.Certificate, Sequence[x509.Certificate], datetime], Identity]


@dataclass(frozen=True)
class VerifiedStatement:
    """A statement whose signature holds and whose signer the caller's `validate_signer` accepted."""

    content: bytes = field(repr=False)
    signer_certificate: x509.Certificate
    unverified_chain: tuple[x509.Certificate, ...] = field(repr=False)
    signer: Identity
    signing_time: datetime


def build_statement(
    content: bytes, content_type: str, time: datetime, signer: Signer, *, by_key_identifier: bool = False
) -> bytes:
    """The signed ContentInfo. `by_key_identifier` where the mailbox signature key signs (a person without a card)."""
    return build_signed(
        content,
        signer_certificate=signer.certificate,
        sign=signer.sign,
        algorithm=signer.signature_algorithm,
        signing_time=time,
        content_type=content_type,
        certificates=signer.chain,
        by_key_identifier=by_key_identifier,
    )


def verify_statement(der: bytes, content_type: str, *, validate_signer: ValidateSigner) -> VerifiedStatement:
    """Check signature and signer. Raises `CmsError`, or the `PkiError` of `validate_signer`.

    `validate_signer` decides whether the certificate is believed at the signing time, and says who it is.
    """
    signed = verify_signed(der, content_type=content_type)
    if not signed.has_signing_certificate or signed.signing_time is None:
        raise AttributeRefused("a statement names its time and its signer's certificate")
    signer = validate_signer(signed.unverified_certificate, signed.unverified_chain, signed.signing_time)
    return VerifiedStatement(
        signed.content, signed.unverified_certificate, signed.unverified_chain, signer, signed.signing_time
    )
