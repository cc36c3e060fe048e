"""Who of a service does what with a message: who is answering it, whom it is assigned to, whether it is done.

All of it is for colleagues who share an inbox to see at once; it opens and closes a message to nobody. Whoever may send from a
mailbox may say so, for messages within reach. Done is said of one message: an answer to it is a message of its own, and not done.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from webmail.domain import access, folders, trace
from webmail.domain.access import Account, Right
from webmail.domain.caller import Caller
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import BeingAnswered, InvalidProperties, NotFound
from webmail.domain.scope import Scope
from webmail.domain.trace import Act
from webmail.models import Message, Person, Work

ANSWERING = timedelta(minutes=5)  # unless the page says again that somebody is writing


class Share(StrEnum):
    """What of the work to list: what is mine and open, what is nobody's and open, what is done."""

    MINE = "mine"
    NOBODY = "nobody"
    DONE = "done"


@dataclass(frozen=True)
class Standing:
    """The work of one message now; ids of people who have a right here at this moment, "" for nobody.

    Whoever did it (`done_by`) may have left since. `answering_left` is how long the answer stands unless it is said again.
    """

    message_id: str
    assigned_to: str
    answering_by: str
    answering_since: datetime | None
    answering_left: timedelta
    done_by: str
    done_at: datetime | None


@dataclass(frozen=True)
class Colleague:
    """Somebody to name; `may_answer`: and to assign to."""

    id: str
    name: str
    may_answer: bool


@dataclass(frozen=True)
class Wish:
    """What a member says of one message; None leaves a thing as it is, an `assigned_to` of "" is nobody.

    `instead_of` is the colleague whom he was told to be answering and takes over from.
    """

    answering: bool | None = None
    instead_of: str = ""
    assigned_to: str | None = None
    done: bool | None = None


def find(account_id: str, ids: Sequence[str] | None, scope: Scope, at: datetime | None = None) -> list[Standing]:
    """The work of these messages, or of all, within reach; a message that nobody touched has none."""
    moment = at or timezone.now()
    rows = Work.objects.filter(within(account_id, scope), account_id=account_id)
    if ids is not None:
        rows = rows.filter(message_id__in=ids)
    found = list(rows)
    here = access.people_with(account_id, Right.READ, moment) if found else {}
    return [_standing(row, here, moment) for row in found]


def colleagues(account_id: str, mentioned: Iterable[Standing] = ()) -> list[Colleague]:
    """Everybody who may answer, and whoever else is mentioned, by name."""
    answering = access.people_with(account_id, Right.SEND)
    named = {one for each in mentioned for one in (each.assigned_to, each.answering_by, each.done_by) if one}
    people = Person.objects.filter(id__in={*answering, *named}).order_by("name", "id")
    return [Colleague(person.id, person.name, person.id in answering) for person in people]


def change(caller: Caller, account: Account, message_id: str, wish: Wish, at: datetime | None = None) -> None:
    """Do what a member says. Raises NotFound, InvalidProperties, and BeingAnswered where a colleague is answering already."""
    moment = at or timezone.now()
    with changing(account.id) as changed:
        if not _reaches(account.id, message_id, account.scope(Right.SEND)):
            raise NotFound
        row = Work.objects.filter(account_id=account.id, message_id=message_id).first()
        row = row or Work(account_id=account.id, message_id=message_id)
        before = _values(row)
        _answer(row, caller, wish, moment)
        _finish(row, caller, wish, moment)
        reassigned = _assign(row, wish, moment)
        if _values(row) != before:
            _save(changed, row)
        if reassigned:
            trace.record(account.id, Act.ASSIGNED, caller, account=account, object_id=message_id)


def forget(change: AccountChange, message_ids: Sequence[str]) -> None:
    """The messages are gone, and their work with them."""
    rows = Work.objects.filter(account_id=change.mailbox.id, message_id__in=message_ids)
    gone = list(rows.values_list("message_id", "created_modseq"))
    rows.delete()
    folders.bury(change, Kind.WORK, gone)


def within(account_id: str, scope: Scope) -> Q:
    """The condition on rows of Work: of messages within reach."""
    if scope.reaches_all_messages:
        return Q()
    reached = Message.objects.filter(scope.messages(account_id), account_id=account_id, id=OuterRef("message_id"))
    return Q(Exists(reached))


def listed(account_id: str, share: Share, person_id: str) -> Q:
    """The condition on rows of Message that belong to a share of the work, as that person sees it."""
    rows = Work.objects.filter(account_id=account_id, message_id=OuterRef("id"))
    match share:
        case Share.MINE:
            # Few of many: looked up from their own index, not message by message.
            mine = Work.objects.filter(account_id=account_id, assigned_to=person_id, done_by="")
            return Q(id__in=mine.values("message_id"))
        case Share.DONE:
            return Q(Exists(rows.exclude(done_by="")))
        case Share.NOBODY:
            here = access.people_with(account_id, Right.READ)
            return ~Q(Exists(rows.filter(~Q(done_by="") | Q(assigned_to__in=list(here)))))


def _standing(row: Work, here: dict[str, Scope], moment: datetime) -> Standing:
    until = row.answering_until or moment
    answers = until > moment and row.answering_by in here
    return Standing(
        row.message_id,
        row.assigned_to if row.assigned_to in here else "",
        row.answering_by if answers else "",
        row.answering_since if answers else None,
        until - moment if answers else timedelta(),
        row.done_by,
        row.done_at,
    )


def _reaches(account_id: str, message_id: str, scope: Scope) -> bool:
    return Message.objects.filter(scope.messages(account_id), account_id=account_id, id=message_id).exists()


def _answer(row: Work, caller: Caller, wish: Wish, moment: datetime) -> None:
    own = row.answering_by == caller.person_id
    if wish.answering:
        now = _standing(row, access.people_with(row.account_id, Right.READ, moment), moment).answering_by
        if now not in ("", caller.person_id, wish.instead_of):
            raise BeingAnswered
        row.answering_since = row.answering_since if own and now else moment
        row.answering_by, row.answering_until = caller.person_id, moment + ANSWERING
    elif wish.answering is False and own:
        row.answering_by, row.answering_since, row.answering_until = "", None, None


def _finish(row: Work, caller: Caller, wish: Wish, moment: datetime) -> None:
    if wish.done and not row.done_by:
        row.done_by, row.done_at = caller.person_id, moment
    elif wish.done is False:
        row.done_by, row.done_at = "", None


def _assign(row: Work, wish: Wish, moment: datetime) -> bool:
    """Whether it is somebody else's now. Who is to answer must be able to, and to read that message."""
    if wish.assigned_to is None or wish.assigned_to == row.assigned_to:
        return False
    scope = access.people_with(row.account_id, Right.SEND, moment).get(wish.assigned_to)
    if wish.assigned_to and (scope is None or not _reaches(row.account_id, row.message_id, scope)):
        raise InvalidProperties("assignedTo")
    row.assigned_to = wish.assigned_to
    return True


def _values(row: Work) -> tuple[object, ...]:
    return (row.assigned_to, row.answering_by, row.answering_until, row.done_by)


def _save(changed: AccountChange, row: Work) -> None:
    row.modseq = changed.next(Kind.WORK)
    row.created_modseq = row.created_modseq or row.modseq
    row.save()
