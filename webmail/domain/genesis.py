"""Who may sign the first entry of a mailbox's membership log."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509
from django.utils import timezone

from bridge.pki.anchors import Purpose
from bridge.pki.errors import CertificateUntrusted
from bridge.pki.health_identity import Identity, identity_of
from bridge.pki.path import RevocationMode, validate_path
from webmail import trust
from webmail.domain.authenticate import Enrolment

if TYPE_CHECKING:
    from bridge.cms.log import ValidateSigner


def signer_rule(enrolment: Enrolment, signature_certificate: x509.Certificate) -> "ValidateSigner":
    """For `bridge.cms.acts`: a card is asked of whoever logged in with one; a passkey person's mailbox key signs."""
    if enrolment.passkey is None:
        return _card
    return _MailboxKeyRule(enrolment, signature_certificate)


def _card(certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Identity:
    """A health card's signature key, valid and unrevoked now; `at`, the signer's own word, is judged elsewhere."""
    del at
    issuers = [*chain, *trust.intermediates()]
    validated = validate_path(
        certificate,
        chain=issuers,
        anchors=trust.anchors(),
        purpose=Purpose.CARD_SIGNATURE,
        at=timezone.now(),
        crls=trust.crls(),
        ocsps=trust.ocsps([certificate, *issuers]),
        revocation=RevocationMode.HARD,
    )
    return identity_of(validated)


class _MailboxKeyRule:
    """The signature certificate just issued for this mailbox, and no other."""

    def __init__(self, enrolment: Enrolment, signature_certificate: x509.Certificate) -> None:
        self.enrolment = enrolment
        self.signature_certificate = signature_certificate

    def __call__(self, certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Identity:
        del chain, at
        if certificate != self.signature_certificate:
            raise CertificateUntrusted("The first entry is signed by the mailbox's own key, or by a card.")
        person = self.enrolment
        return Identity("passkey", person.id_type, person.id_value, person.name, person.profession)
