"""Read marks of each person, in a mailbox that asks for them: `$seen` is then what this person has seen.

Kept are the messages that somebody has *not* read, one row each: a list and its counters look at few. Whoever joins has read
everything that came before. `Message.seen` goes on saying whether anybody has read it, and counts again once the rule is off.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q

from webmail.domain import access
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.scope import Scope
from webmail.models import Message, MessageFolder, Unread

SEEN = "$seen"
_ROWS_AT_ONCE = 1000


def unread_of(account_id: str, person_id: str, ids: Sequence[str]) -> set[str]:
    """Those of these messages that a person has not read."""
    rows = Unread.objects.filter(account_id=account_id, person_id=person_id, message_id__in=ids)
    return set(rows.values_list("message_id", flat=True))


def unread(account_id: str, person_id: str) -> Q:
    """The condition on rows of Message that a person has not read."""
    return Q(Exists(Unread.objects.filter(account_id=account_id, person_id=person_id, message_id=OuterRef("id"))))


def counted(account_id: str, person_id: str, scope: Scope) -> Counter[str]:
    """How many messages within reach a person has not read in each folder."""
    rows = Message.objects.filter(scope.messages(account_id), unread(account_id, person_id), account_id=account_id)
    placed = MessageFolder.objects.filter(account_id=account_id, message_id__in=rows.values("id"))
    return Counter(placed.values_list("folder_id", flat=True))


def mark(account_id: str, person_id: str, message_id: str, *, seen: bool) -> bool:
    """A person has read a message, or wants to read it again; whether that was news."""
    if seen:
        rows = Unread.objects.filter(account_id=account_id, person_id=person_id, message_id=message_id)
        return rows.delete()[0] > 0
    return Unread.objects.get_or_create(account_id=account_id, person_id=person_id, message_id=message_id)[1]


def arrived(change: AccountChange, messages: Sequence[Message]) -> None:
    """New messages that nobody has read."""
    if change.mailbox.per_person_unread:
        _leave_unread(change.mailbox.id, [row.id for row in messages])


def forget(account_id: str, message_ids: Sequence[str]) -> None:
    """The messages are gone."""
    Unread.objects.filter(account_id=account_id, message_id__in=message_ids).delete()


def ask_for(account_id: str, *, own_marks: bool) -> None:
    """Turn the rule on or off. At first everybody has read what anybody had read. Raises NotFound."""
    with changing(account_id) as change:
        if change.mailbox.per_person_unread == own_marks:
            return
        change.keep_read_marks(own=own_marks)
        Unread.objects.filter(account_id=account_id).delete()
        if own_marks:
            _leave_unread(
                account_id, Message.objects.filter(account_id=account_id, seen=False).values_list("id", flat=True)
            )
        change.next(Kind.EMAIL)
        change.next(Kind.FOLDER)


def _leave_unread(account_id: str, message_ids: Iterable[str]) -> None:
    people = sorted(access.people_of(account_id))
    rows = [Unread(account_id=account_id, person_id=one, message_id=each) for each in message_ids for one in people]
    Unread.objects.bulk_create(rows, batch_size=_ROWS_AT_ONCE)
