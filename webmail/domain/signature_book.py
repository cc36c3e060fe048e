"""The signature book: letters that somebody prepares in a mailbox, and its owner reads, signs with his card and sends.

A letter is a sealed draft; here is only whose it is and what became of it. Whoever may write may prepare, change and withdraw
letters of his own; the owner alone returns them and says that they are signed. What is signed is the version that was read:
each step towards it names the draft's version, and a letter being sent cannot be changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.utils import timezone

from webmail.domain import folders, objects
from webmail.domain.access import Account, Right
from webmail.domain.caller import Caller
from webmail.domain.change import AccountChange, Kind, changing
from webmail.domain.errors import AccessDenied, AlreadyExists, InvalidProperties, NotFound, VersionMismatch
from webmail.models import Mailbox, Message, Person, PreparedLetter, SealedObject
from webmail.models.columns import new_identifier

State = PreparedLetter.State

_OF_THE_OWNER: Mapping[str, frozenset[str]] = {
    State.PREPARED: frozenset({State.SENDING, State.RETURNED}),
    State.RETURNED: frozenset({State.PREPARED}),
    State.FAILED: frozenset({State.SENDING, State.RETURNED, State.PREPARED}),
    State.SENDING: frozenset({State.SIGNED, State.FAILED, State.PREPARED}),
}
_OF_ITS_AUTHOR: Mapping[str, frozenset[str]] = {
    state: frozenset({State.PREPARED}) for state in (State.PREPARED, State.RETURNED, State.FAILED)
}
_WITH_VERSION = frozenset({State.PREPARED, State.SENDING})


@dataclass(frozen=True)
class Step:
    """What becomes of a letter: `version` of the draft that is meant, a sealed note, the copy in "sent", or why it failed."""

    state: str
    version: int | None = None
    note_object_id: str = ""
    email_id: str = ""
    failure: str = ""


def find(caller: Caller, account: Account, ids: Sequence[str] | None = None) -> list[PreparedLetter]:
    """The letters of the book for its owner, for others their own; in the order they were first prepared."""
    found = PreparedLetter.objects.filter(account_id=account.id)
    if Right.OWN not in account.rights:
        found = found.filter(prepared_by=caller.person_id)
    if ids is not None:
        found = found.filter(id__in=ids)
    return list(found.order_by("created_modseq"))


def names(letters: Iterable[PreparedLetter]) -> dict[str, str]:
    """The names of whoever prepared or changed them, by person id."""
    wanted = {one for letter in letters for one in (letter.prepared_by, letter.updated_by)}
    return dict(Person.objects.filter(id__in=wanted).values_list("id", "name"))


def versions(account_id: str, letters: Iterable[PreparedLetter]) -> dict[str, int]:
    """The version that each draft has now, by object id."""
    drafts = SealedObject.objects.filter(account_id=account_id, id__in=[letter.object_id for letter in letters])
    return dict(drafts.values_list("id", "version"))


def prepare(caller: Caller, account: Account, object_id: str, version: int) -> PreparedLetter:
    """Put a draft into the book. Raises AccessDenied, NotFound, VersionMismatch, AlreadyExists, InvalidProperties."""
    if account.kind != Mailbox.Kind.PER or Right.WRITE not in account.rights:
        raise AccessDenied  # nobody signs for a service in his own name alone
    objects.require_within(account.id, object_id, account.scope(Right.WRITE))
    with changing(account.id) as change:
        _require_draft(account.id, object_id, version)
        if PreparedLetter.objects.filter(account_id=account.id, object_id=object_id).exists():
            raise AlreadyExists
        now, modseq = timezone.now(), change.next(Kind.LETTER)
        return PreparedLetter.objects.create(
            account_id=account.id,
            id=new_identifier(),
            prepared_by=caller.person_id,
            object_id=object_id,
            updated_by=caller.person_id,
            prepared_at=now,
            updated_at=now,
            created_modseq=modseq,
            modseq=modseq,
        )


def move(caller: Caller, account: Account, letter_id: str, step: Step) -> None:
    """Take a letter one step further. Raises NotFound, AccessDenied, InvalidProperties (a step that there is not), VersionMismatch."""
    with changing(account.id) as change:
        letter = _one(caller, account, letter_id)
        _require_step(caller, account, letter, step.state)
        if step.state in _WITH_VERSION:
            _require_draft(account.id, letter.object_id, step.version)
        _require_note(letter, step)
        if step.state == State.SIGNED:
            _finish(change, letter, step.email_id)
        _keep_note(change, letter, step.note_object_id)
        now = timezone.now()
        if step.state == State.PREPARED and letter.prepared_by == caller.person_id:
            letter.prepared_at = now
        letter.state, letter.failure = step.state, step.failure
        letter.updated_by, letter.updated_at = caller.person_id, now
        letter.modseq = change.next(Kind.LETTER)
        letter.save(force_update=True)


def withdraw(caller: Caller, account: Account, letter_id: str) -> None:
    """Take a letter out: what is not signed is an ordinary draft again. Raises NotFound, InvalidProperties while it is being sent."""
    with changing(account.id) as change:
        letter = _one(caller, account, letter_id)
        if letter.state == State.SENDING:
            raise InvalidProperties("state")
        _keep_note(change, letter, "")
        letter.delete()
        folders.bury(change, Kind.LETTER, [(letter_id, letter.created_modseq)])


def _one(caller: Caller, account: Account, letter_id: str) -> PreparedLetter:
    found = find(caller, account, [letter_id])
    if not found:
        raise NotFound
    return found[0]


def _require_step(caller: Caller, account: Account, letter: PreparedLetter, state: str) -> None:
    owner, author = Right.OWN in account.rights, letter.prepared_by == caller.person_id
    if owner and state in _OF_THE_OWNER.get(letter.state, ()):
        return
    if author and state in _OF_ITS_AUTHOR.get(letter.state, ()):
        return
    if not owner and state != State.PREPARED:
        raise AccessDenied
    raise InvalidProperties("state")


def _require_draft(account_id: str, object_id: str, version: int | None) -> None:
    draft = SealedObject.objects.filter(
        account_id=account_id, id=object_id, object_class=SealedObject.Class.DRAFT
    ).first()
    if draft is None:
        raise InvalidProperties("objectId")
    if draft.version != version:
        raise VersionMismatch


def _require_note(letter: PreparedLetter, step: Step) -> None:
    wanted = step.state == State.RETURNED
    if not step.note_object_id and not wanted:
        return
    notes = SealedObject.objects.filter(account_id=letter.account_id, object_class=SealedObject.Class.NOTE)
    if not notes.filter(id=step.note_object_id).exists():
        raise InvalidProperties("noteObjectId")


def _finish(change: AccountChange, letter: PreparedLetter, email_id: str) -> None:
    """It was sent: the copy stands for it, and the draft is gone."""
    if not Message.objects.filter(account_id=letter.account_id, id=email_id).exists():
        raise InvalidProperties("emailId")
    letter.email_id = email_id
    objects.remove(change, letter.object_id)


def _keep_note(change: AccountChange, letter: PreparedLetter, note_object_id: str) -> None:
    """A remark lives until the next step."""
    if letter.note_object_id and letter.note_object_id != note_object_id:
        with suppress(NotFound):  # a person may have removed it
            objects.remove(change, letter.note_object_id)
    letter.note_object_id = note_object_id
