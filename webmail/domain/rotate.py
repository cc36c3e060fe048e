"""A mailbox's next epoch: certificates first, then the act that binds them; from its commit on, mail is sealed to the new key."""

from datetime import timedelta

from django.utils import timezone

from bridge.cms.binding import Binding
from bridge.pki.certificates import load_certificate, spki_sha256
from webmail.domain import access, certified_keys, revoked_certificates
from webmail.domain.access import Right
from webmail.domain.caller import Caller
from webmail.domain.certified_keys import Certified
from webmail.domain.change import AccountChange, changing
from webmail.domain.errors import VersionMismatch
from webmail.models import MailboxKey, Person

SENDERS_MAY_USE_OLD = timedelta(days=30)


def certify_next(
    caller: Caller, account_id: str, *, encryption_request: bytes, signature_request: bytes
) -> tuple[int, Certified]:
    """Certify the keys of the next epoch; asking again replaces what was pending. Gives the epoch and the certificates.

    Raises AccessDenied, StepUpRequired, OpeningRefused("request-invalid").
    """
    account = access.require(caller, account_id, Right.MANAGE)
    caller.require_fresh_proof()
    with changing(account_id) as change:
        epoch = change.mailbox.epoch + 1
        key = certified_keys.certified(
            account_id,
            epoch,
            account.address,
            encryption_request=encryption_request,
            signature_request=signature_request,
        )
        MailboxKey.objects.filter(account_id=account_id, state=MailboxKey.State.PENDING).delete()
        key.save(force_insert=True)
    by_card = Person.objects.get(id=caller.person_id).level != Person.Level.PASSKEY
    return epoch, certified_keys.told(key, for_card=by_card)


def take_over(change: AccountChange, binding: bytes, history: bytes, log_seq: int, modseq: int) -> None:
    """Inside `acts.append`: make the pending epoch the current one. Raises VersionMismatch where another manager has had other keys
    certified meanwhile: to be begun again, like an entry on a log that moved on.

    Senders may use the old certificate for 30 days; after a loss it is revoked at once.
    """
    account_id, now = change.mailbox.id, timezone.now()
    key = MailboxKey.objects.filter(account_id=account_id, state=MailboxKey.State.PENDING).first()
    if key is None or not _is_bound(key, Binding.from_der(binding)):
        raise VersionMismatch
    old = MailboxKey.objects.get(account_id=account_id, state=MailboxKey.State.CURRENT)
    old.state, old.modseq = MailboxKey.State.RETIRED, modseq
    old.not_after_senders = now if change.mailbox.key_change_for_cause else now + SENDERS_MAY_USE_OLD
    old.save(update_fields=["state", "modseq", "not_after_senders"])
    key.state, key.binding, key.history = MailboxKey.State.CURRENT, binding, history
    key.log_seq, key.modseq = log_seq, modseq
    key.save(update_fields=["state", "binding", "history", "log_seq", "modseq"])
    if change.mailbox.key_change_for_cause:
        revoked_certificates.revoke(old)
    change.begin_epoch(key.epoch)


def _is_bound(key: MailboxKey, binding: Binding) -> bool:
    certificates = (key.encryption_certificate, key.signature_certificate)
    keys = tuple(spki_sha256(load_certificate(bytes(one))) for one in certificates)
    return key.epoch == binding.epoch and keys == (binding.encryption_spki, binding.signature_spki)
