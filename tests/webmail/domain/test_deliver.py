"""Delivery: always sealed, once, and readable by the mailbox's key alone."""

import json

import pytest

from bridge.cms.enveloped import parse_enveloped
from webmail.domain import blobs, deliver, placing
from webmail.domain.deliver import Outcome
from webmail.domain.errors import DeliveryDeferred, DeliveryRefused
from webmail.models import Blob, Mailbox, MailboxKey, Message

SENDER = "denis@partner.example"


def inbox(owner):
    return list(Message.objects.filter(account_id=owner.account_id).order_by("modseq"))


def test_a_clear_message_is_stored_sealed(practice, clear_mail):
    alice = practice.open("alice")
    content = clear_mail()
    assert deliver.deliver(SENDER, [alice.address], content) == {alice.address: Outcome.STORED}
    [message] = inbox(alice)
    assert alice.open(message) == b"Return-Path: <denis@partner.example>\r\n" + content
    summary = json.loads(alice.summary(message))
    assert summary["subject"] == "Résultats"
    assert summary["from"] == [{"name": "Denis Garnier", "address": SENDER}]
    assert summary["snippet"] == "Bonjour"
    assert (summary["encrypted"], summary["signed"]) == (False, False)


@pytest.mark.parametrize("forged", ["application/pkcs7-mime; smime-type=enveloped-data", "multipart/encrypted"])
def test_a_forged_label_does_not_keep_a_message_from_being_sealed(practice, forged):
    alice = practice.open("alice")
    content = f"Subject: Urgent\r\nContent-Type: {forged}\r\n\r\nMme Dupont, 12/03/1950\r\n".encode()
    deliver.deliver(SENDER, [alice.address], content)
    [message] = inbox(alice)
    stored = blobs.read(Blob.objects.get(account_id=alice.account_id, id=message.blob_id))
    assert parse_enveloped(stored).kind == "authEnvelopedData"
    assert b"Dupont" not in stored


def test_every_recipient_gets_a_copy_of_their_own(practice, clear_mail):
    alice, bob = practice.open("alice"), practice.open("bob")
    deliver.deliver(SENDER, [alice.address, bob.address], clear_mail())
    assert len(inbox(alice)) == len(inbox(bob)) == 1
    assert Blob.objects.count() == 2


def test_a_retry_is_not_stored_twice(practice, clear_mail):
    alice = practice.open("alice")
    content = b"Received: from a\r\n" + clear_mail()
    again = b"Received: from b\r\n" + clear_mail()
    deliver.deliver(SENDER, [alice.address], content)
    assert deliver.deliver(SENDER, [alice.address], again) == {alice.address: Outcome.DUPLICATE}
    assert len(inbox(alice)) == Blob.objects.count() == 1


def test_two_messages_without_message_id_are_both_kept(practice):
    """A machine that names nothing sends the same short text twice, about two patients."""
    alice = practice.open("alice")
    for patient in (b"A", b"B"):
        deliver.deliver(SENDER, [alice.address], b"Subject: resultat " + patient + b"\r\n\r\nVoir piece jointe.\r\n")
    assert len(inbox(alice)) == 2


def test_nobody_suppresses_a_message_by_guessing_its_message_id(practice, clear_mail):
    alice = practice.open("alice")
    deliver.deliver("mallory@evil.example", [alice.address], clear_mail(text="spam"))
    deliver.deliver(SENDER, [alice.address], clear_mail(text="genuine"))
    assert len(inbox(alice)) == 2


def test_duplicates_inside_one_batch(practice, clear_mail):
    alice = practice.open("alice")
    where = deliver.destination(alice.address)
    batch = [*deliver.prepare(SENDER, [where], clear_mail()), *deliver.prepare(SENDER, [where], clear_mail())]
    assert deliver.commit(batch) == [Outcome.STORED, Outcome.DUPLICATE]


def test_answers_join_the_thread(practice, clear_mail):
    alice = practice.open("alice")
    deliver.deliver(SENDER, [alice.address], clear_mail())
    answer = b"In-Reply-To: <1@partner.example>\r\n" + clear_mail(message_id="<2@partner.example>", text="Re")
    deliver.deliver(SENDER, [alice.address], answer)
    first, second = inbox(alice)
    assert first.thread_id == second.thread_id


def test_unknown_recipient_is_refused_for_good(practice):
    with pytest.raises(DeliveryRefused):
        deliver.destination("nobody@pli.example")


def test_subaddress_leads_to_the_mailbox(practice):
    alice = practice.open("alice")
    assert deliver.destination("Alice+lab@pli.example").account_id == alice.account_id


def test_without_a_key_delivery_waits_and_nothing_is_stored(practice):
    alice = practice.open("alice")
    MailboxKey.objects.filter(account_id=alice.account_id).update(state="retired")
    with pytest.raises(DeliveryDeferred):
        deliver.destination(alice.address)


def test_a_full_mailbox_waits(practice):
    alice = practice.open("alice")
    Mailbox.objects.filter(id=alice.account_id).update(used_bytes=10**12)
    with pytest.raises(DeliveryDeferred):
        deliver.destination(alice.address)


def test_a_failing_seal_leaves_no_file(practice, clear_mail, server, monkeypatch):
    alice, bob = practice.open("alice"), practice.open("bob")
    places = [deliver.destination(alice.address), deliver.destination(bob.address)]
    sealed = deliver.seal

    def fail_second(content, certificate, label):
        if list((server / "blobs").glob("*/*")):
            raise ValueError("no")
        return sealed(content, certificate, label)

    monkeypatch.setattr(deliver, "seal", fail_second)
    with pytest.raises(DeliveryDeferred):
        deliver.prepare(SENDER, places, clear_mail(text="x" * 300_000))
    assert not list((server / "blobs").glob("*/*"))


def test_a_large_message_stands_in_a_file(practice, clear_mail, server):
    alice = practice.open("alice")
    content = clear_mail(text="x" * 300_000)
    deliver.deliver(SENDER, [alice.address], content)
    [message] = inbox(alice)
    assert [file.name for file in (server / "blobs").glob("*/*")] == [message.blob_id]
    assert alice.open(message).endswith(content)


def test_a_crash_between_file_and_row_leaves_nothing_served(practice, clear_mail, server, monkeypatch):
    alice = practice.open("alice")
    prepared = deliver.prepare(SENDER, [deliver.destination(alice.address)], clear_mail(text="x" * 300_000))
    assert len(list((server / "blobs").glob("*/*"))) == 1
    del prepared  # the process dies here
    assert not inbox(alice)
    assert not Blob.objects.exists()


BAD = {
    "nothing": b"",
    "no headers": b"\r\n\r\n\r\n",
    "binary": bytes(range(256)) * 50,
    "huge header": b"Subject: " + b"a" * 300_000 + b"\r\n\r\nx",
    "deep": b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(200)),
    "many parts": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 2000,
    "bad charset": b"Subject: =?nonsense?B?AAAA?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx",
    "bad address": b'From: <<<>>>,,,;;:@@\r\nTo: "unclosed\r\n\r\nx',
    "bad base64": b"Subject: =?utf-8?B?=====?=\r\n\r\nx",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_is_kept_and_its_neighbours_are_fine(practice, clear_mail, name):
    alice = practice.open("alice")
    where = deliver.destination(alice.address)
    batch = [*deliver.prepare(SENDER, [where], BAD[name]), *deliver.prepare(SENDER, [where], clear_mail())]
    assert deliver.commit(batch) == [Outcome.STORED, Outcome.STORED]
    bad, good = inbox(alice)
    assert alice.open(bad).endswith(BAD[name])
    assert len(alice.summary(bad)) <= 4096
    assert json.loads(alice.summary(good))["subject"] == "Résultats"


@pytest.mark.parametrize("name", ["huge header", "deep", "many parts"])
def test_a_message_over_a_limit_says_so_in_its_row(practice, name):
    alice = practice.open("alice")
    deliver.deliver(SENDER, [alice.address], BAD[name])
    [message] = inbox(alice)
    assert json.loads(alice.summary(message))["quarantined"]


@pytest.mark.parametrize("name", ["deep", "many parts"])
def test_a_message_over_a_limit_keeps_its_sender_in_its_row(practice, name):
    alice = practice.open("alice")
    deliver.deliver(SENDER, [alice.address], b"From: a@b.example\r\nSubject: Devis\r\n" + BAD[name])
    summary = json.loads(alice.summary(inbox(alice)[0]))
    assert summary["quarantined"] == "limit-exceeded"
    assert (summary["from"][0]["address"], summary["subject"], summary["snippet"]) == ("a@b.example", "Devis", "")


def test_a_loop_ends(practice, clear_mail):
    alice = practice.open("alice")
    with pytest.raises(DeliveryRefused):
        deliver.deliver(SENDER, [alice.address], b"Received: x\r\n" * 60 + clear_mail())


def test_counters_are_kept(practice, clear_mail):
    alice = practice.open("alice")
    for number in range(3):
        deliver.deliver(SENDER, [alice.address], clear_mail(text=str(number), message_id=f"<{number}@x>"))
    counted = placing.recount(alice.account_id)
    assert (3, 3) in counted.values()
    mailbox = Mailbox.objects.get(id=alice.account_id)
    assert mailbox.used_bytes == sum(message.size for message in inbox(alice))
    assert mailbox.email_state == inbox(alice)[-1].modseq
