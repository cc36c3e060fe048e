"""Who may sign the first entry of a mailbox's membership log."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509

from bridge.pki.errors import CertificateUntrusted
from bridge.pki.health_identity import Identity
from webmail.domain.authenticate import Enrolment
from webmail.domain.log_signers import SignerRule, card_now


def signer_rule(enrolment: Enrolment, signature_certificate: x509.Certificate) -> SignerRule:
    """For `bridge.cms.acts`: a card is asked of whoever logged in with one; a passkey person's mailbox key signs."""
    if enrolment.passkey is None:
        return card_now
    return _MailboxKeyRule(enrolment, signature_certificate)


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
