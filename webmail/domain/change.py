"""How an account changes: its row is locked, every change takes the next `modseq`, and pages hear of it after the commit.

Each changed thing has a `modseq` of its own, so that `/changes` can stop anywhere.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial

from django.db import transaction

from webmail.domain import announce
from webmail.domain.errors import NotFound
from webmail.models import Mailbox


class Kind(StrEnum):
    """The JMAP types that have a state."""

    EMAIL = "Email"
    FOLDER = "Mailbox"
    SUBMISSION = "EmailSubmission"
    OBJECT = "SealedObject"
    KEY = "MailboxKey"
    MEMBER = "Member"  # members as the server knows them, invitations, rosters, recovery
    WORK = "Work"
    LETTER = "SignatureBook"


STATE_COLUMN = {
    Kind.EMAIL: "email_state",
    Kind.FOLDER: "folder_state",
    Kind.SUBMISSION: "submission_state",
    Kind.OBJECT: "object_state",
    Kind.KEY: "key_state",
    Kind.MEMBER: "member_state",
    Kind.WORK: "work_state",
    Kind.LETTER: "letter_state",
}


class AccountChange:
    """One locked account inside a transaction."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self._touched: set[str] = set()

    def next(self, kind: Kind) -> int:
        """The `modseq` for one more changed thing of this kind."""
        self.mailbox.modseq += 1
        setattr(self.mailbox, STATE_COLUMN[kind], self.mailbox.modseq)
        self._touched |= {"modseq", STATE_COLUMN[kind]}
        return self.mailbox.modseq

    def grow(self, size: int) -> None:
        """Count `size` more stored bytes (fewer, if negative)."""
        self.mailbox.used_bytes = max(0, self.mailbox.used_bytes + size)
        self._touched.add("used_bytes")

    def mark_key_change(self, *, due: bool) -> None:
        """Whether the keys have to change: somebody may hold them who has no right to them any more."""
        self.mailbox.key_change_due = due
        self.mailbox.key_change_for_cause = due and self.mailbox.key_change_for_cause
        self._touched |= {"key_change_due", "key_change_for_cause"}

    def mark_loss(self) -> None:
        """Keys may be in strange hands: the change is due, and will revoke the certificates at once."""
        self.mailbox.key_change_due = self.mailbox.key_change_for_cause = True
        self._touched |= {"key_change_due", "key_change_for_cause"}

    def begin_epoch(self, epoch: int) -> None:
        """The keys have changed."""
        self.mailbox.epoch, self.mailbox.key_change_due, self.mailbox.key_change_for_cause = epoch, False, False
        self._touched |= {"epoch", "key_change_due", "key_change_for_cause"}

    def keep_read_marks(self, *, own: bool) -> None:
        """Whether each member has read marks of an own."""
        self.mailbox.per_person_unread = own
        self._touched.add("per_person_unread")

    def save(self) -> None:
        """Write the counters, and announce the new state once the transaction stands."""
        if not self._touched:
            return
        self.mailbox.save(update_fields=sorted(self._touched))
        if "modseq" in self._touched:
            transaction.on_commit(partial(announce.state_changed, self.mailbox.id, self.mailbox.modseq))


@contextmanager
def changing_all(account_ids: Iterable[str]) -> Iterator[dict[str, AccountChange]]:
    """Lock several accounts, in one order everywhere; unknown ids are absent from the result. Do not nest."""
    with transaction.atomic():
        rows = Mailbox.objects.select_for_update().filter(id__in=set(account_ids)).order_by("id")
        changes = {row.id: AccountChange(row) for row in rows}
        yield changes
        for change in changes.values():
            change.save()


@contextmanager
def changing(account_id: str) -> Iterator[AccountChange]:
    """Lock one account. Raises NotFound."""
    with changing_all([account_id]) as changes:
        if account_id not in changes:
            raise NotFound
        yield changes[account_id]


def states(account_id: str) -> dict[Kind, str]:
    """The current state string of each type. Raises NotFound."""
    row = Mailbox.objects.filter(id=account_id).values(*STATE_COLUMN.values()).first()
    if row is None:
        raise NotFound
    return {kind: str(row[column]) for kind, column in STATE_COLUMN.items()}


def latest_state(account_id: str) -> str:
    """The `modseq` of the account as a string: what `announce.state_changed` sends. Raises NotFound."""
    modseq = Mailbox.objects.filter(id=account_id).values_list("modseq", flat=True).first()
    if modseq is None:
        raise NotFound
    return str(modseq)
