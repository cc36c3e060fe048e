"""Read marks of each person: what one has read stays unread for the others, and the counters agree with the rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webmail.domain import blobs, deliver, folders, integrity, messages, read_marks
from webmail.domain.messages import MessageFilter, MessagePatch, NewMessage, Viewer
from webmail.domain.scope import EVERYWHERE
from webmail.models import Membership, Message, Unread

SEEN = frozenset({"$seen"})


class Service:
    def __init__(self, practice, clear_mail):
        self.mail = clear_mail
        self.owner, self.colleague = practice.open("alice"), practice.open("bob")
        self.account_id = self.owner.account_id
        Membership.objects.create(
            account_id=self.account_id,
            id="0" * 64,
            person_id=self.colleague.person.id,
            role=Membership.Role.READER,
            not_before=timezone.now() + timedelta(days=1),  # begins tomorrow, and finds unread what came until then
        )

    def arrive(self, number):
        """A message from outside, by delivery."""
        deliver.deliver("denis@partner.example", [self.owner.address], self.mail(message_id=f"<{number}@x.example>"))
        return Message.objects.filter(account_id=self.account_id).latest("modseq").id

    def read(self, person, message, words=SEEN):
        messages.update(self.account_id, [MessagePatch(message, keywords=words)], person.person.id)

    def unread(self, person):
        views = folders.within(self.account_id, EVERYWHERE, reader=person.person.id)
        return sum(view.unread for view in views)

    def listed(self, person, **conditions):
        viewer = Viewer(person.person.id, person.person.id)
        return set(messages.query(self.account_id, MessageFilter(**conditions), viewer=viewer).ids)


@pytest.fixture
def service(practice, clear_mail):
    return Service(practice, clear_mail)


def test_marks_are_shared_unless_asked_for(service):
    message = service.arrive(1)
    assert not Unread.objects.exists()
    messages.update(service.account_id, [MessagePatch(message, keywords=SEEN)])
    assert folders.by_role(service.account_id, "inbox").unread == 0


def test_what_one_has_read_the_other_has_not(service):
    before = service.arrive(1)
    read_marks.ask_for(service.account_id, own_marks=True)
    after = service.arrive(2)
    service.read(service.owner, before)
    assert (service.unread(service.owner), service.unread(service.colleague)) == (1, 2)
    assert service.listed(service.owner, not_keyword="$seen") == {after}
    assert service.listed(service.owner, has_keyword="$seen") == {before}
    assert service.listed(service.colleague, not_keyword="$seen") == {before, after}
    assert service.listed(service.colleague, has_keyword="$seen") == set()
    rows = messages.find(service.account_id, [before])
    assert messages.keywords_of(service.account_id, rows, service.owner.person.id) == {before: {"$seen"}}
    assert messages.keywords_of(service.account_id, rows, service.colleague.person.id) == {before: set()}


def test_marking_as_unread_again_is_ones_own(service):
    message = service.arrive(1)
    read_marks.ask_for(service.account_id, own_marks=True)
    for person in (service.owner, service.colleague):
        service.read(person, message)
    service.read(service.owner, message, frozenset({"$flagged"}))
    assert (service.unread(service.owner), service.unread(service.colleague)) == (1, 0)
    row = Message.objects.get(id=message)
    assert (row.seen, row.keywords) == (True, " $flagged $seen ")
    assert not [finding for finding in integrity.check_account(service.account_id) if "folder" in finding]


def test_counters_move_with_the_state(service):
    message = service.arrive(1)
    read_marks.ask_for(service.account_id, own_marks=True)
    service.read(service.owner, message)
    before = folders.by_role(service.account_id, "inbox").modseq
    service.read(service.colleague, message)
    assert folders.by_role(service.account_id, "inbox").modseq > before


def test_once_turned_off_read_is_what_anybody_has_read(service):
    first, second = service.arrive(1), service.arrive(2)
    read_marks.ask_for(service.account_id, own_marks=True)
    service.read(service.colleague, first)
    read_marks.ask_for(service.account_id, own_marks=False)
    assert not Unread.objects.exists()
    ids = messages.query(service.account_id, MessageFilter(not_keyword="$seen")).ids
    assert ids == [second]
    assert folders.by_role(service.account_id, "inbox").unread == 1


def test_turning_it_on_again_changes_nothing(service):
    message = service.arrive(1)
    read_marks.ask_for(service.account_id, own_marks=True)
    service.read(service.owner, message)
    read_marks.ask_for(service.account_id, own_marks=True)
    assert service.unread(service.owner) == 0


def test_marks_go_with_their_message(service):
    message = service.arrive(1)
    read_marks.ask_for(service.account_id, own_marks=True)
    messages.destroy(service.account_id, [message])
    assert not Unread.objects.exists()
    assert not [finding for finding in integrity.check_references() if "nread" in finding]


def test_ones_own_copies_are_unread_for_nobody(service):
    read_marks.ask_for(service.account_id, own_marks=True)
    sent = folders.by_role(service.account_id, "sent").id
    for words in (SEEN, frozenset()):
        blob = blobs.upload(service.account_id, b"sealed")
        messages.import_message(service.account_id, NewMessage(blob.id, b"s", 1, frozenset({sent}), words))
    assert (service.unread(service.owner), service.unread(service.colleague)) == (1, 1)
