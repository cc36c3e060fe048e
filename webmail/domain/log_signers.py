"""Who may have signed an entry of a mailbox's membership log: a health card, or the mailbox's own signature key."""

from collections.abc import Callable, Sequence
from datetime import datetime

from cryptography import x509
from django.utils import timezone

from bridge.cms.binding import Binding
from bridge.pki.anchors import Purpose
from bridge.pki.certificates import der
from bridge.pki.health_identity import Identity, identity_of
from bridge.pki.path import RevocationMode, validate_path
from webmail import trust
from webmail.models import MailboxKey

SignerRule = Callable[[x509.Certificate, Sequence[x509.Certificate], datetime], Identity]


def card_now(certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Identity:
    """A health card's signature key, valid and unrevoked now; `at`, the signer's own word, is judged elsewhere."""
    del at
    return card_identity(certificate, chain, Purpose.CARD_SIGNATURE)


def card_identity(certificate: x509.Certificate, chain: Sequence[x509.Certificate], purpose: Purpose) -> Identity:
    """Whose card it is, if this certificate of it is valid for the purpose and unrevoked now. Raises a PkiError."""
    issuers = [*chain, *trust.intermediates()]
    return _card(
        certificate,
        issuers,
        timezone.now(),
        purpose,
        crls=trust.crls(),
        ocsps=trust.ocsps([certificate, *issuers]),
        revocation=RevocationMode.HARD,
    )


def card_then(certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Identity:
    """The same for an entry that was taken in long ago: the card was unrevoked then, and may have ended since."""
    return _card(
        certificate, [*chain, *trust.intermediates()], at, Purpose.CARD_SIGNATURE, revocation=RevocationMode.SOFT
    )


def of_mailbox(account_id: str, card: SignerRule) -> SignerRule:
    """For entries after the genesis: `card`, or a signature key of that mailbox, whose level is then `passkey`."""
    keys = {bytes(row.signature_certificate): row for row in MailboxKey.objects.filter(account_id=account_id)}

    def rule(certificate: x509.Certificate, chain: Sequence[x509.Certificate], at: datetime) -> Identity:
        own = keys.get(der(certificate))
        return card(certificate, chain, at) if own is None else _claimed(own)

    return rule


def _claimed(key: MailboxKey) -> Identity:
    """Whom the binding of that epoch names: a claim, as long as no card vouches for it."""
    if not key.binding:
        return Identity("passkey", "", "", "", "")
    binding = Binding.from_der(bytes(key.binding))
    named = binding.identity
    return Identity("passkey", named.id_type, named.id_value, named.name, named.profession)


def _card(
    certificate: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    at: datetime,
    purpose: Purpose,
    *,
    revocation: RevocationMode,
    crls: Sequence[bytes] = (),
    ocsps: Sequence[bytes] = (),
) -> Identity:
    return identity_of(
        validate_path(
            certificate,
            chain=issuers,
            anchors=trust.anchors(),
            purpose=purpose,
            at=at,
            crls=crls,
            ocsps=ocsps,
            revocation=revocation,
        )
    )
