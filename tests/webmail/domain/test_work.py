"""Work of a shared inbox at the level of the domain: who answers until when, and what a list of a share holds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.webmail.ledger import caller_for
from webmail.domain import access, blobs, changes, folders, integrity, messages, work
from webmail.domain.access import Right
from webmail.domain.change import Kind
from webmail.domain.errors import BeingAnswered, InvalidProperties, NotFound
from webmail.domain.messages import MessageFilter, NewMessage, Viewer
from webmail.domain.scope import EVERYWHERE
from webmail.domain.work import ANSWERING, Share, Wish
from webmail.models import Membership, Tombstone, Work

NOW = timezone.now() + timedelta(hours=1)  # everybody here has a right by then
LATER = NOW + ANSWERING + timedelta(seconds=1)


class Service:
    """A mailbox with one message, its owner and a colleague."""

    def __init__(self, practice):
        self.owner, self.colleague = practice.open("alice"), practice.open("bob")
        self.account_id = self.owner.account_id
        self.membership = Membership.objects.create(
            account_id=self.account_id,
            id="0" * 64,
            person_id=self.colleague.person.id,
            role=Membership.Role.SENDER,
            not_before=NOW - timedelta(days=1),
        )
        self.inbox = folders.by_role(self.account_id, "inbox").id
        self.message = self.letter()

    def letter(self):
        blob = blobs.upload(self.account_id, b"sealed")
        return messages.import_message(self.account_id, NewMessage(blob.id, b"s", 1, frozenset({self.inbox}))).id

    def say(self, person, wish, at=NOW, message=""):
        caller = caller_for(person.person.id)
        account = access.require(caller, self.account_id, Right.SEND)
        work.change(caller, account, message or self.message, wish, at)

    def standing(self, at=NOW):
        return next(iter(work.find(self.account_id, [self.message], EVERYWHERE, at)), None)

    def listed(self, share, person):
        return messages.query(self.account_id, MessageFilter(share=share), viewer=Viewer(person.person.id)).ids


@pytest.fixture
def service(practice):
    return Service(practice)


def test_a_message_that_nobody_touched_has_no_work(service):
    assert service.standing() is None


def test_an_answer_that_is_not_said_again_expires(service):
    service.say(service.owner, Wish(answering=True))
    assert service.standing().answering_by == service.owner.person.id
    assert service.standing().answering_left == ANSWERING
    assert service.standing(LATER).answering_by == ""


def test_saying_it_again_keeps_its_beginning(service):
    service.say(service.owner, Wish(answering=True))
    service.say(service.owner, Wish(answering=True), NOW + timedelta(minutes=2))
    assert service.standing(LATER).answering_since == NOW
    service.say(service.owner, Wish(answering=True), NOW + timedelta(days=1))
    assert service.standing(NOW + timedelta(days=1)).answering_since == NOW + timedelta(days=1)


def test_an_answer_is_taken_over_only_from_whom_one_was_told(service):
    service.say(service.owner, Wish(answering=True))
    for wrong in ("", service.colleague.person.id, "f" * 32):
        with pytest.raises(BeingAnswered):
            service.say(service.colleague, Wish(answering=True, instead_of=wrong))
    service.say(service.colleague, Wish(answering=True, instead_of=service.owner.person.id))
    assert service.standing().answering_by == service.colleague.person.id
    with pytest.raises(BeingAnswered):
        service.say(service.owner, Wish(answering=True))


def test_an_expired_answer_needs_no_taking_over(service):
    service.say(service.owner, Wish(answering=True))
    service.say(service.colleague, Wish(answering=True), LATER)
    assert service.standing(LATER).answering_by == service.colleague.person.id


def test_nobody_ends_the_answer_of_another(service):
    service.say(service.owner, Wish(answering=True))
    state = changes.changes(service.account_id, Kind.WORK, "0").new_state
    service.say(service.colleague, Wish(answering=False))
    assert service.standing().answering_by == service.owner.person.id
    assert changes.changes(service.account_id, Kind.WORK, "0").new_state == state
    service.say(service.owner, Wish(answering=False))
    assert service.standing().answering_by == ""


@pytest.mark.negative(65)
def test_only_who_may_answer_here_is_assigned_to(service, practice):
    stranger = practice.open("chloe")
    service.membership.role = Membership.Role.READER
    service.membership.save()
    for person in (stranger, service.colleague):
        with pytest.raises(InvalidProperties):
            service.say(service.owner, Wish(assigned_to=person.person.id))
    assert not Work.objects.exists()


def test_whom_a_folder_is_closed_to_is_not_assigned_what_lies_there(service):
    service.membership.folders = [folders.by_role(service.account_id, "archive").id]
    service.membership.save()
    with pytest.raises(InvalidProperties):
        service.say(service.owner, Wish(assigned_to=service.colleague.person.id))
    with pytest.raises(NotFound):
        service.say(service.colleague, Wish(done=True))


def test_the_work_of_somebody_whose_right_has_ended_is_nobodys(service):
    service.say(service.owner, Wish(assigned_to=service.colleague.person.id))
    service.say(service.colleague, Wish(answering=True))
    assert service.listed(Share.NOBODY, service.owner) == []
    service.membership.revoked_at = timezone.now() - timedelta(seconds=1)
    service.membership.save()
    standing = next(iter(work.find(service.account_id, None, EVERYWHERE)))
    assert (standing.assigned_to, standing.answering_by) == ("", "")
    assert service.listed(Share.NOBODY, service.owner) == [service.message]


def test_shares_of_the_work(service):
    second, third = service.letter(), service.letter()
    service.say(service.owner, Wish(assigned_to=service.colleague.person.id))
    service.say(service.colleague, Wish(done=True), message=second)
    assert service.listed(Share.MINE, service.colleague) == [service.message]
    assert service.listed(Share.MINE, service.owner) == []
    assert service.listed(Share.NOBODY, service.owner) == [third]
    assert service.listed(Share.DONE, service.owner) == [second]
    service.say(service.owner, Wish(done=True))
    assert service.listed(Share.MINE, service.colleague) == []
    service.say(service.owner, Wish(done=False))
    assert service.listed(Share.MINE, service.colleague) == [service.message]


def test_work_goes_with_its_message(service):
    service.say(service.owner, Wish(done=True))
    state = changes.changes(service.account_id, Kind.WORK, "0").new_state
    messages.destroy(service.account_id, [service.message])
    assert not Work.objects.exists()
    assert changes.changes(service.account_id, Kind.WORK, state).destroyed == [service.message]
    assert Tombstone.objects.filter(kind="Work").count() == 1
    assert not [finding for finding in integrity.check_references() if "ork" in finding]
