"""EmailSubmission over JMAP: what goes out is the wire, and only encrypted (RFC 8621 §7, docs/API.md)."""

from typing import Any

import pytest

from tests.webmail.practitioner import Practitioner
from webmail.models import Message, OutboxItem

CLEAR_WIRE = b"From: alice@pli.example\r\nTo: bob@pli.example\r\nSubject: Emma\r\n\r\nclear"


def send(person: Practitioner, arguments: dict[str, Any]) -> dict[str, Any]:
    return person.call("EmailSubmission/set", create={"s": arguments})


def test_submission_delivers_inside(alice: Practitioner, bob: Practitioner) -> None:
    wire = alice.upload(alice.wire(bob))
    answer = send(alice, alice.submission(alice.import_copy(), [(wire, [bob.mailbox.address])]))
    created = answer["created"]["s"]
    assert created["deliveryStatus"][bob.mailbox.address]["delivered"] == "yes"
    found = bob.call("Email/query", filter={"inMailbox": bob.folder("inbox")})["ids"]
    assert len(found) == 1
    stored = Message.objects.get(account_id=bob.account_id, id=found[0])
    assert b"Secret of Emma Petit" in bob.mailbox.open(stored) or b"pkcs7-mime" in bob.mailbox.open(stored)
    listed = alice.call("EmailSubmission/get", ids=[created["id"]])["list"][0]
    assert (listed["undoStatus"], listed["envelope"]["mailFrom"]) == ("final", {"email": alice.mailbox.address})


def test_submission_queues_outside(alice: Practitioner, bob: Practitioner) -> None:
    wire = alice.upload(alice.wire(bob))
    answer = send(alice, alice.submission(alice.import_copy(), [(wire, ["denis@partner.example"])]))
    assert answer["created"]["s"]["deliveryStatus"]["denis@partner.example"]["delivered"] == "queued"
    assert OutboxItem.objects.get().recipients == ["denis@partner.example"]


def test_clear_wire_is_refused(alice: Practitioner) -> None:
    wire = alice.upload(CLEAR_WIRE)
    answer = send(alice, alice.submission(alice.import_copy(), [(wire, ["denis@partner.example"])]))
    assert answer["notCreated"]["s"] == {"type": "invalidProperties", "properties": ["pli:wire/blobId"]}


@pytest.mark.parametrize("cover", [[], ["a@x.example", "a@x.example"], ["b@x.example"], ["a@x.example", "b@x.example"]])
def test_each_recipient_is_covered_once(alice: Practitioner, bob: Practitioner, cover: list[str]) -> None:
    wire = alice.upload(alice.wire(bob))
    wanted = alice.submission(alice.import_copy(), [(wire, ["a@x.example"])])
    wanted["pli:wire"] = [{"blobId": wire, "rcptTo": cover}]
    assert send(alice, wanted)["notCreated"]["s"] == {"type": "invalidProperties", "properties": ["pli:wire"]}


def test_nobody_sends_as_another(alice: Practitioner, bob: Practitioner) -> None:
    wire = alice.upload(alice.wire(bob))
    wanted = alice.submission(alice.import_copy(), [(wire, ["a@x.example"])])
    wanted["envelope"]["mailFrom"]["email"] = bob.mailbox.address
    assert send(alice, wanted)["notCreated"]["s"]["type"] == "invalidProperties"
    other = alice.submission(alice.import_copy(), [(wire, ["a@x.example"])]) | {"identityId": bob.account_id}
    assert send(alice, other)["notCreated"]["s"] == {"type": "invalidProperties", "properties": ["identityId"]}


@pytest.mark.parametrize("address", ["", "a", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>"])
def test_address_that_is_none(alice: Practitioner, address: str) -> None:
    wanted = alice.submission("0" * 32, [("0" * 32, [address])])
    assert send(alice, wanted)["notCreated"]["s"]["type"] == "invalidProperties"


def test_import_and_submission_in_one_request(alice: Practitioner, bob: Practitioner) -> None:
    here = {"accountId": alice.account_id}
    wire = alice.upload(alice.wire(bob))
    answers = alice.jmap(
        ["Email/import", {**here, "emails": {"copy": alice.copy()}}, "0"],
        [
            "EmailSubmission/set",
            {**here, "create": {"s": alice.submission("#copy", [(wire, [bob.mailbox.address])])}},
            "1",
        ],
    )
    assert answers[1][1]["created"]["s"]["undoStatus"] == "final"


def test_submission_cannot_be_changed_but_forgotten(alice: Practitioner, bob: Practitioner) -> None:
    wire = alice.upload(alice.wire(bob))
    sent = send(alice, alice.submission(alice.import_copy(), [(wire, [bob.mailbox.address])]))["created"]["s"]["id"]
    answer = alice.call("EmailSubmission/set", update={sent: {"undoStatus": "canceled"}})
    assert answer["notUpdated"][sent] == {"type": "forbidden"}
    assert alice.call("EmailSubmission/set", destroy=[sent])["destroyed"] == [sent]


def test_identity_is_the_mailbox(alice: Practitioner) -> None:
    (identity,) = alice.call("Identity/get")["list"]
    assert (identity["id"], identity["email"], identity["mayDelete"]) == (
        alice.account_id,
        alice.mailbox.address,
        False,
    )
