"""Messages as the server knows them: opaque ids, flags, folders, times (JMAP Email, RFC 8621 §4, without content)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils import timezone

from webmail.domain import blobs, folders, keywords, placing, read_marks, work
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import InvalidProperties, NotFound
from webmail.domain.read_marks import SEEN
from webmail.domain.scope import EVERYWHERE, Scope
from webmail.models import Blob, Folder, Message, MessageFolder
from webmail.models.columns import new_identifier

MAX_SUMMARY = 8 * 1024  # 4 KiB of JSON, sealed
MAX_PAGE = 1000


@dataclass(frozen=True)
class MessageFilter:
    """The conditions of RFC 8621 §4.4.1 that need no content, and a share of the work; all given ones must hold."""

    in_folder: str | None = None
    not_only_in: frozenset[str] = frozenset()  # inMailboxOtherThan
    has_keyword: str | None = None
    not_keyword: str | None = None
    after: datetime | None = None
    before: datetime | None = None
    min_size: int | None = None
    max_size: int | None = None
    share: work.Share | None = None

    @property
    def only_folder(self) -> bool:
        """Whether the folder's own index and counter answer this filter."""
        return self.in_folder is not None and self == MessageFilter(in_folder=self.in_folder)


@dataclass(frozen=True)
class Viewer:
    """Who asks, where that matters: whose work is "mine", and whose read marks count (`reader` "": those that all share)."""

    person_id: str = ""
    reader: str = ""


@dataclass(frozen=True)
class MessagePage:
    """Ids in received order; `position` is that of the first, `total` of all that match."""

    ids: list[str]
    position: int
    total: int


@dataclass(frozen=True)
class MessagePatch:
    """New keyword and folder sets of one message; None leaves a set as it is."""

    id: str
    keywords: frozenset[str] | None = None
    folder_ids: frozenset[str] | None = None


@dataclass(frozen=True)
class NewMessage:
    """A message sealed by a client: `blob_id` was uploaded, `summary` is sealed with the label pli-summary."""

    blob_id: str
    summary: bytes
    epoch: int
    folder_ids: frozenset[str]
    keywords: frozenset[str] = frozenset()
    received_at: datetime = field(default_factory=timezone.now)


def find(account_id: str, ids: Sequence[str], scope: Scope = EVERYWHERE) -> list[Message]:
    """The messages with these ids, in that order; those unknown or out of reach are left out."""
    found = Message.objects.filter(scope.messages(account_id), account_id=account_id, id__in=ids)
    rows = {row.id: row for row in found}
    return [rows[identifier] for identifier in ids if identifier in rows]


def keywords_of(account_id: str, rows: Sequence[Message], reader: str = "") -> dict[str, set[str]]:
    """The keywords of each message; with a `reader`, `$seen` is what this person has seen."""
    words = {row.id: set(keywords.read(row.keywords)) for row in rows}
    if not reader:
        return words
    unread = read_marks.unread_of(account_id, reader, list(words))
    return {id_: found - {SEEN} if id_ in unread else found | {SEEN} for id_, found in words.items()}


def folders_of(account_id: str, ids: Sequence[str], scope: Scope = EVERYWHERE) -> dict[str, set[str]]:
    """The folder ids of each message, as far as they are within reach."""
    found: dict[str, set[str]] = defaultdict(set)
    rows = MessageFolder.objects.filter(account_id=account_id, message_id__in=ids)
    for message_id, folder_id in rows.values_list("message_id", "folder_id"):
        if scope.holds_folder(folder_id):
            found[message_id].add(folder_id)
    return found


def threads(account_id: str, thread_ids: Sequence[str], scope: Scope = EVERYWHERE) -> dict[str, list[str]]:
    """The message ids of each thread, oldest first; threads unknown or out of reach are absent."""
    found: dict[str, list[str]] = {}
    rows = Message.objects.filter(scope.messages(account_id), account_id=account_id, thread_id__in=thread_ids)
    for thread_id, message_id in rows.order_by("received_at", "id").values_list("thread_id", "id"):
        found.setdefault(thread_id, []).append(message_id)
    return found


def query(
    account_id: str,
    wanted: MessageFilter,
    *,
    position: int = 0,
    anchor: str | None = None,
    anchor_offset: int = 0,
    limit: int = 50,
    ascending: bool = False,
    scope: Scope = EVERYWHERE,
    viewer: Viewer = Viewer(),
) -> MessagePage:
    """A page by received time, newest first unless `ascending`, of what is within reach; a negative `position` counts from the
    end.

    With `anchor` (a message id) the page starts `anchor_offset` after it. Raises NotFound for an anchor that does not match.
    """
    rows = _matching(account_id, wanted, scope, viewer)
    total = _total(account_id, wanted, scope, viewer)
    limit = min(limit, MAX_PAGE)
    if anchor is not None:
        position = max(0, _position_of(rows, account_id, anchor, ascending=ascending) + anchor_offset)
    elif position < 0:
        position = max(0, total + position)
    return MessagePage(list(_ordered_ids(rows, ascending=ascending)[position : position + limit]), position, total)


def import_message(account_id: str, new: NewMessage) -> Message:
    """Store a message that a client sealed (sent copies). Raises NotFound, InvalidProperties."""
    if not new.folder_ids:
        raise InvalidProperties("mailboxIds")
    if not new.summary or len(new.summary) > MAX_SUMMARY:
        raise InvalidProperties("sealedSummary")
    with changing(account_id) as change:
        _check_folders(account_id, new.folder_ids)
        blob = blobs.take(change, new.blob_id)
        message = _new_row(change, new, blob)
        message.save(force_insert=True)
        placing.place(change, message, new.folder_ids)
        if not message.seen:
            read_marks.arrived(change, [message])
    return message


def update(
    account_id: str, patches: Sequence[MessagePatch], reader: str = ""
) -> dict[str, InvalidProperties | NotFound | None]:
    """Set keywords and folders of messages; gives for each id None or what was wrong with it alone.

    With a `reader`, `$seen` is what this person has seen.
    """
    outcome: dict[str, InvalidProperties | NotFound | None] = {}
    with changing(account_id) as change:
        rows = {row.id: row for row in find(account_id, [patch.id for patch in patches])}
        known = set(Folder.objects.filter(account_id=account_id).values_list("id", flat=True))
        for patch in patches:
            outcome[patch.id] = _apply(change, rows.get(patch.id), patch, known, reader)
    return outcome


def destroy(account_id: str, ids: Sequence[str]) -> list[str]:
    """Destroy messages, their summaries and blobs; gives the ids that were there."""
    with changing(account_id) as change:
        rows = find(account_id, ids)
        for row in rows:
            placing.unplace(change, row)
        gone = [row.id for row in rows]
        work.forget(change, gone)
        read_marks.forget(account_id, gone)
        Message.objects.filter(account_id=account_id, id__in=gone).delete()
        change.grow(-blobs.drop(account_id, [row.blob_id for row in rows]))
        folders.bury(change, Kind.EMAIL, [(row.id, row.created_modseq) for row in rows])
    return gone


def in_pack(account_id: str, pack_id: str) -> list[str]:
    """The ids of the messages whose summaries stand in a pack."""
    return list(Message.objects.filter(account_id=account_id, pack_id=pack_id).values_list("id", flat=True))


def some_confidential(account_id: str, ids: Sequence[str]) -> bool:
    """Whether one of these messages is for owners alone."""
    return Message.objects.filter(account_id=account_id, id__in=ids, confidential=True).exists()


def set_pack(change: AccountChange, message_ids: Iterable[str], pack_id: str) -> None:
    """The summaries of these messages now stand in that pack. Each of them changes."""
    for row in find(change.mailbox.id, list(message_ids)):
        Message.objects.filter(account_id=row.account_id, id=row.id).update(
            pack_id=pack_id, modseq=change.next(Kind.EMAIL)
        )


def _apply(
    change: AccountChange, row: Message | None, patch: MessagePatch, known: set[str], reader: str
) -> InvalidProperties | NotFound | None:
    if row is None:
        return NotFound()
    if patch.folder_ids is not None and not (patch.folder_ids and patch.folder_ids <= known):
        return InvalidProperties("mailboxIds")
    try:
        words = row.keywords if patch.keywords is None else _words(change, row, patch.keywords, reader)
    except InvalidProperties as error:
        return error
    placing.change_seen(change, row, seen=" $seen " in words)
    row.keywords = words
    if patch.folder_ids is not None:
        placing.move(change, row, patch.folder_ids)
    row.modseq = change.next(Kind.EMAIL)
    row.save(update_fields=["keywords", "seen", "modseq"])
    return None


def _words(change: AccountChange, row: Message, wanted: frozenset[str], reader: str) -> str:
    """The words to store: with marks of an own, `$seen` there says whether anybody has read it. Raises InvalidProperties."""
    words = keywords.written(wanted)
    if not reader:
        return words
    if read_marks.mark(row.account_id, reader, row.id, seen=SEEN in wanted):
        placing.note_read(change, row)
    return keywords.written(wanted | {SEEN}) if row.seen else words


def _new_row(change: AccountChange, new: NewMessage, blob: Blob) -> Message:
    words, modseq = keywords.written(new.keywords), change.next(Kind.EMAIL)
    return Message(
        account_id=change.mailbox.id,
        id=new_identifier(),
        blob_id=blob.id,
        thread_id=new_identifier(),
        received_at=new.received_at,
        size=blob.size,
        keywords=words,
        seen=" $seen " in words,
        summary=new.summary,
        epoch=new.epoch,
        created_modseq=modseq,
        modseq=modseq,
    )


def _check_folders(account_id: str, ids: frozenset[str]) -> None:
    if Folder.objects.filter(account_id=account_id, id__in=ids).count() != len(ids):
        raise InvalidProperties("mailboxIds")


Rows = QuerySet[Message] | QuerySet[MessageFolder]


def _matching(account_id: str, wanted: MessageFilter, scope: Scope, viewer: Viewer) -> Rows:
    if wanted.only_folder and scope.holds_whole_folder(wanted.in_folder or ""):
        return MessageFolder.objects.filter(account_id=account_id, folder_id=wanted.in_folder)
    rows = Message.objects.filter(_conditions(wanted), scope.messages(account_id), account_id=account_id)
    rows = rows.filter(_keyword_conditions(account_id, wanted, viewer.reader))
    if wanted.share is not None:
        rows = rows.filter(work.listed(account_id, wanted.share, viewer.person_id))
    # EXISTS looks a row up by its key while the page is walked; IN would first gather the whole folder.
    placed = MessageFolder.objects.filter(account_id=account_id, message_id=OuterRef("id"))
    if wanted.in_folder is not None:
        rows = rows.filter(Exists(placed.filter(folder_id=wanted.in_folder)))
    if wanted.not_only_in:
        rows = rows.filter(Exists(placed.exclude(folder_id__in=wanted.not_only_in)))
    return rows


def _conditions(wanted: MessageFilter) -> Q:
    condition = Q()
    if wanted.after is not None:
        condition &= Q(received_at__gte=wanted.after)
    if wanted.before is not None:
        condition &= Q(received_at__lt=wanted.before)
    if wanted.min_size is not None:
        condition &= Q(size__gte=wanted.min_size)
    if wanted.max_size is not None:
        condition &= Q(size__lt=wanted.max_size)
    return condition


def _keyword_conditions(account_id: str, wanted: MessageFilter, reader: str) -> Q:
    condition = Q()
    if wanted.has_keyword is not None:
        condition &= _has_keyword(account_id, wanted.has_keyword.lower(), reader)
    if wanted.not_keyword is not None:
        condition &= ~_has_keyword(account_id, wanted.not_keyword.lower(), reader)
    return condition


def _has_keyword(account_id: str, word: str, reader: str) -> Q:
    if reader and word == SEEN:
        return ~read_marks.unread(account_id, reader)
    return Q(keywords__contains=f" {word} ")


def _total(account_id: str, wanted: MessageFilter, scope: Scope, viewer: Viewer) -> int:
    if wanted.only_folder and scope.holds_whole_folder(wanted.in_folder or ""):
        total = Folder.objects.filter(account_id=account_id, id=wanted.in_folder).values_list("total", flat=True)
        return total.first() or 0
    return _matching(account_id, wanted, scope, viewer).count()


def _key(rows: Rows) -> tuple[str, str]:
    return ("received_at", "message_id" if rows.model is MessageFolder else "id")


def _ordered_ids(rows: Rows, *, ascending: bool) -> QuerySet[Message, str] | QuerySet[MessageFolder, str]:
    key = _key(rows)
    sign = "" if ascending else "-"
    return rows.order_by(*(sign + column for column in key)).values_list(key[1], flat=True)


def _position_of(rows: Rows, account_id: str, anchor: str, *, ascending: bool) -> int:
    """How many matching messages stand before the anchor."""
    key = _key(rows)
    row = rows.filter(account_id=account_id, **{key[1]: anchor}).values_list(*key).first()
    if row is None:
        raise NotFound
    before = TupleLessThan if ascending else TupleGreaterThan
    return rows.filter(before(Tuple(*key), row)).count()
