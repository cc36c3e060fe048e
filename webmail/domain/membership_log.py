"""The membership log of a mailbox as stored, and what it says: replayed by the same rules as every bridge does."""

from functools import lru_cache

from bridge.cms.log import VerifiedEntry, verify_entry
from bridge.cms.membership import Membership, replay
from webmail.domain.errors import NotFound
from webmail.domain.log_signers import card_then, of_mailbox
from webmail.models import GrantBody, LogEntry, MailboxKey, RecoveryPolicy


def membership_of(account_id: str) -> Membership:
    """Who is a member of a mailbox now. Raises NotFound for a mailbox without a log."""
    last = LogEntry.objects.filter(account_id=account_id).order_by("-seq").first()
    if last is None:
        raise NotFound
    return _replayed(account_id, last.seq, bytes(last.head))


def bodies(account_id: str) -> list[bytes]:
    """Every grant body and recovery policy that an entry names, DER."""
    named = GrantBody.objects.filter(account_id=account_id).values_list("body", flat=True)
    policies = RecoveryPolicy.objects.filter(account_id=account_id).values_list("policy", flat=True)
    return [bytes(der) for der in (*named, *policies)]


def bindings(account_id: str) -> list[bytes]:
    """The binding of every epoch, DER."""
    bound = MailboxKey.objects.filter(account_id=account_id).exclude(state=MailboxKey.State.PENDING)
    return [bytes(der) for der in bound.values_list("binding", flat=True)]


@lru_cache(maxsize=512)
def _replayed(account_id: str, seq: int, head: bytes) -> Membership:
    """A head names everything before it, so what was replayed once stands for as long as the process does."""
    del head
    return replay(_entries(account_id, seq), bodies(account_id), bindings(account_id))


def _entries(account_id: str, until: int) -> list[VerifiedEntry]:
    rule = of_mailbox(account_id, card_then)
    rows = LogEntry.objects.filter(account_id=account_id, seq__lte=until).order_by("seq")
    return [verify_entry(bytes(row.entry), validate_signer=rule) for row in rows]
