"""Sending: only what is encrypted leaves, each recipient is covered once, nothing is sent twice."""

import base64
import os
from datetime import timedelta

import pytest
from django.utils import timezone

from bridge.cms.enveloped import build_enveloped
from bridge.cms.recipients import CertificateRecipient
from webmail.domain import blobs, folders, integrity, messages, outbox, submit, sweep
from webmail.domain.caller import Caller
from webmail.domain.errors import AlreadyExists, DeliveryDeferred, InvalidProperties
from webmail.domain.messages import NewMessage
from webmail.domain.outbox import Reply
from webmail.domain.scope import EVERYWHERE
from webmail.domain.submit import NewSubmission, Wire
from webmail.models import Blob, MailboxKey, Message, OutboxItem, Submission
from webmail.transport.handoff import OutgoingMaildir

DENIS, ERIN = "denis@partner.example", "erin@partner.example"


@pytest.fixture
def people(practice):
    return practice.open("alice"), practice.open("bob")


def wire_bytes(owner, message_id="<w1@pli.example>", content=b"secret"):
    body = build_enveloped(
        content, [CertificateRecipient(owner.encryption_certificate)], content_algorithm="aes-256-cbc"
    )
    head = (
        f"From: {owner.address}\r\nTo: x@y.example\r\nSubject: [...]\r\nMessage-ID: {message_id}\r\nMIME-Version: 1.0\r\n"
        'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(body).replace(b"\n", b"\r\n")


def upload(owner, data=None):
    return blobs.upload(owner.account_id, wire_bytes(owner) if data is None else data).id


def sent_copy(owner):
    blob = blobs.upload(owner.account_id, b"sealed copy")
    folder = folders.by_role(owner.account_id, "sent").id
    new = NewMessage(blob.id, b"summary", 1, frozenset({folder}), frozenset({"$seen"}))
    return messages.import_message(owner.account_id, new).id


def new(owner, *wires, **values):
    recipients = tuple(address for wire in wires for address in wire.recipients)
    fields = {"message_id": sent_copy(owner), "mail_from": owner.address, "recipients": recipients, "wires": wires}
    return NewSubmission(**{**fields, **values})


def send(owner, *wires, **values):
    return submit.submit(owner.account_id, Caller(owner.person.id), new(owner, *wires, **values), EVERYWHERE)


def test_inside_it_is_delivered_and_outside_it_is_queued(people):
    alice, bob = people
    row = send(alice, Wire(upload(alice), (bob.address, DENIS)))
    assert {address: entry["state"] for address, entry in row.delivery.items()} == {
        bob.address: "delivered",
        DENIS: "queued",
    }
    [message] = Message.objects.filter(account_id=bob.account_id)
    assert b"Subject: [...]" in bob.open(message)
    [item] = OutboxItem.objects.all()
    assert item.recipients == [DENIS]
    assert list(integrity.check_references()) == []


@pytest.mark.parametrize(
    "clear",
    [
        b"Subject: x\r\n\r\nclear",
        b"",
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nnot CMS",
        b"Content-Type: text/plain\r\n\r\n" + os.urandom(50),
    ],
)
def test_what_is_not_encrypted_is_refused(people, clear):
    alice, bob = people
    with pytest.raises(InvalidProperties) as refused:
        send(alice, Wire(upload(alice, clear), (bob.address, DENIS)))
    assert refused.value.properties == ("pli:wire/blobId",)
    assert not OutboxItem.objects.exists()
    assert not Message.objects.filter(account_id=bob.account_id).exists()


def test_each_recipient_is_covered_once(people):
    alice, bob = people
    twice = (Wire(upload(alice), (DENIS,)), Wire(upload(alice), (DENIS, bob.address)))
    cases = [
        new(alice, *twice, recipients=(DENIS, bob.address)),
        new(alice, Wire(upload(alice), (DENIS,)), recipients=(DENIS, bob.address)),
        new(alice, Wire(upload(alice), (DENIS, bob.address)), recipients=(DENIS,)),
        new(alice, Wire(upload(alice), ()), Wire(upload(alice), (DENIS,)), recipients=(DENIS,)),
    ]
    for case in cases:
        with pytest.raises(InvalidProperties) as refused:
            submit.submit(alice.account_id, Caller(alice.person.id), case, EVERYWHERE)
        assert refused.value.properties == ("pli:wire",)
    assert not Submission.objects.exists()


def test_nobody_sends_under_another_address(people):
    alice, bob = people
    with pytest.raises(InvalidProperties) as refused:
        send(alice, Wire(upload(alice), (DENIS,)), mail_from=bob.address)
    assert refused.value.properties == ("envelope/mailFrom",)


@pytest.mark.parametrize("recipients", [(), (DENIS, DENIS.upper())])
def test_an_empty_or_repeating_envelope_is_refused(people, recipients):
    alice, _ = people
    with pytest.raises(InvalidProperties):
        send(alice, Wire(upload(alice), recipients))


def test_an_unknown_address_of_ours_is_refused(people):
    alice, bob = people
    with pytest.raises(InvalidProperties) as refused:
        send(alice, Wire(upload(alice), (bob.address, "nobody@pli.example")))
    assert refused.value.properties == ("envelope/rcptTo",)
    assert not Message.objects.filter(account_id=bob.account_id).exists()


def test_a_wire_is_not_sent_twice(people):
    alice, bob = people
    content = wire_bytes(alice)
    send(alice, Wire(upload(alice, content), (bob.address,)))
    with pytest.raises(AlreadyExists):
        send(alice, Wire(upload(alice, content), (bob.address,)))
    assert Message.objects.filter(account_id=bob.account_id).count() == 1


def test_all_or_nothing_when_a_mailbox_cannot_take_mail(people, server):
    alice, bob = people
    MailboxKey.objects.filter(account_id=bob.account_id).update(state="retired")
    large = wire_bytes(alice, content=os.urandom(300_000))
    with pytest.raises(DeliveryDeferred):
        send(alice, Wire(upload(alice, large), (alice.address, bob.address)))
    assert not Submission.objects.exists()
    assert Message.objects.filter(account_id=alice.account_id).count() == 1  # the Sent copy
    assert len(list((server / "blobs").glob("*/*"))) == 1  # the upload alone


def test_answers_join_the_thread_of_the_sent_copy(people):
    from webmail.domain import deliver

    alice, bob = people
    row = send(alice, Wire(upload(alice), (bob.address,)))
    answer = b"In-Reply-To: <w1@pli.example>\r\nMessage-ID: <a@pli.example>\r\n\r\nx"
    deliver.deliver(bob.address, [alice.address], answer)
    threads = messages.threads(alice.account_id, [row.thread_id])
    assert len(threads[row.thread_id]) == 2


class Door:
    """Answers as told, and remembers what it was given."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.taken = []

    def __call__(self, mail_from, recipients, content, item_id):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        self.taken.append((mail_from, tuple(recipients), content))
        return {address: answer.get(address, Reply(250, "ok")) for address in recipients}


def due():
    OutboxItem.objects.update(next_at=timezone.now())


def test_the_outbox_hands_over_and_reports(people):
    alice, _ = people
    content = wire_bytes(alice)
    row = send(alice, Wire(upload(alice, content), (DENIS, ERIN)))
    door = Door({ERIN: Reply(550, "5.1.1 unknown")})
    assert outbox.run_once("w", door) == 1
    assert door.taken == [(alice.address, (DENIS, ERIN), content)]
    row.refresh_from_db()
    assert {address: entry["state"] for address, entry in row.delivery.items()} == {DENIS: "delivered", ERIN: "failed"}
    assert row.final_at
    item = OutboxItem.objects.get()
    assert (item.state, item.recipients) == ("sent", [])
    assert list(integrity.check_references()) == []
    assert outbox.run_once("w", door) == 0


def test_a_closed_door_and_a_4xx_are_tried_again_for_those_left(people):
    alice, _ = people
    send(alice, Wire(upload(alice), (DENIS, ERIN)))
    door = Door(ConnectionRefusedError(), {ERIN: Reply(451, "4.7.1 greylisted")}, {})
    outbox.run_once("w", door)
    assert outbox.run_once("w", door) == 0  # not due yet
    due()
    outbox.run_once("w", door)
    due()
    outbox.run_once("w", door)
    assert [recipients for _, recipients, _ in door.taken] == [(DENIS, ERIN), (ERIN,)]
    assert OutboxItem.objects.get().state == "sent"


def test_a_lease_keeps_others_away_until_it_ends(people):
    alice, _ = people
    send(alice, Wire(upload(alice), (DENIS,)))
    [item] = outbox.lease("one")
    assert outbox.lease("two") == []
    [again] = outbox.lease("two", now=timezone.now() + outbox.LEASE + timedelta(seconds=1))
    outbox.hand_over(item, Door({}))  # too late: its outcome is not written over the other's
    assert OutboxItem.objects.get().lease_holder == "two"
    outbox.hand_over(again, Door({}))
    assert OutboxItem.objects.get().state == "sent"


def test_the_outgoing_folder_holds_what_was_sent(people, server):
    alice, _ = people
    content = wire_bytes(alice)
    send(alice, Wire(upload(alice, content), (DENIS,)))
    outbox.run_once("w", OutgoingMaildir(server / "outgoing"))
    [file] = (server / "outgoing" / "new").iterdir()
    assert b"Delivered-To: denis@partner.example" in file.read_bytes()
    assert file.read_bytes().replace(b"\r\n", b"\n").endswith(content.replace(b"\r\n", b"\n"))


def test_whom_one_wrote_to_is_forgotten(people):
    alice, bob = people
    send(alice, Wire(upload(alice), (bob.address,)))
    sweep.sweep(timezone.now() + timedelta(days=15))
    assert Submission.objects.get().delivery == {}


def test_the_sweeper_takes_orphans_and_leaves_the_rest(people, server):
    alice, bob = people
    kept = wire_bytes(alice, content=os.urandom(300_000))
    send(alice, Wire(upload(alice, kept), (bob.address,)))
    orphan = blobs.prepare(alice.account_id, os.urandom(300_000))
    forgotten = blobs.upload(alice.account_id, os.urandom(300_000))
    for file in (server / "blobs").glob("*/*"):
        os.utime(file, (1, 1))
    sweep.sweep(timezone.now() + timedelta(days=2))
    assert not blobs.file_of(orphan.id).exists()
    assert not Blob.objects.filter(id=forgotten.id).exists()
    assert list(integrity.check_references()) == []
