"""AccessEvent: the owner sees who could read, opened and says to have shown each message; nobody else does (CN3)."""

from base64 import b64decode
from datetime import timedelta

import pytest
from django.utils import timezone

from webmail.domain import trace_file
from webmail.models import Membership, Person

ONE, TWO = "1" * 32, "2" * 32


def shown(report_id, message_id, **more):
    return {"id": report_id, "emailId": message_id, "act": "shown", **more}


def lines(person, **wanted):
    answer = person.call("AccessEvent/query", filter=wanted)
    assert "error" not in answer, answer
    return answer["list"]


@pytest.mark.capability("CN3")
def test_a_message_has_who_could_read_opened_and_showed_it(alice):
    message_id = alice.import_copy()
    (email,) = alice.call("Email/get", ids=[message_id], properties=["sealedSummary", "blobId"])["list"]
    alice.download(email["blobId"])
    reports = [shown(ONE, message_id), {"id": TWO, "emailId": message_id, "act": "saved", "part": 1}]
    for _ in range(2):
        assert alice.call("AccessEvent/report", reports=reports)["taken"] == [ONE, TWO]
    found = lines(alice, emailId=message_id)
    assert [(line["act"], line["part"]) for line in found] == [
        ("saved", 1),
        ("shown", None),
        ("opened", None),
        ("could-read", None),
    ]
    assert {line["name"] for line in found} == {Person.objects.get(id=alice.mailbox.person.id).name}
    assert {line["address"] for line in found} == {"127.0.0.1"}
    assert all(line["credential"]["kind"] == "card" and line["credential"]["fingerprint"] for line in found)
    assert {line["credential"]["madeAt"] for line in found} == {None}  # of a code's sheet alone


def test_lines_are_chosen_by_person_kind_and_date(alice):
    message_id = alice.import_copy()
    alice.call("AccessEvent/report", reports=[shown(ONE, message_id)])
    person_id = alice.mailbox.person.id
    assert [line["act"] for line in lines(alice, acts=["shown"], personId=person_id)] == ["shown"]
    assert lines(alice, personId="0" * 32) == []
    assert lines(alice, acts=["shown"], before="2020-01-01T00:00:00Z") == []
    assert len(lines(alice, acts=["shown"], after="2020-01-01T00:00:00Z")) == 1


@pytest.mark.negative(65)
@pytest.mark.parametrize("method", ["query", "report", "export"])
def test_nobody_else_has_a_trace(alice, bob, method):
    wanted = {"query": {}, "report": {"reports": []}, "export": {"signed": False}}[method]
    ((_, answer, _),) = bob.jmap([f"AccessEvent/{method}", {"accountId": alice.account_id, **wanted}, "0"])
    assert answer["type"] == "accountNotFound"


def test_a_report_about_a_message_out_of_reach_is_not_taken(alice, bob):
    assert alice.call("AccessEvent/report", reports=[shown(ONE, bob.import_copy())])["taken"] == []
    assert (
        alice.call("AccessEvent/report", reports=[{**shown(ONE, TWO), "act": "opened"}])["error"] == "invalidArguments"
    )


@pytest.mark.capability("CN3")
def test_the_trace_is_exported_signed_and_says_so(alice):
    octets = b64decode(alice.call("AccessEvent/export", signed=True)["file"])
    assert trace_file.verify(octets)[0] == alice.account_id
    assert [line["objectId"] for line in lines(alice, acts=["exported"])] == ["trace"]
    assert b64decode(alice.call("AccessEvent/export", signed=False)["file"]).startswith(b"\xef\xbb\xbfaccount_id,seq,")


@pytest.mark.capability("CN3")
def test_a_delegate_is_named_with_whose_mailbox_he_read(alice, bob):
    Membership.objects.create(
        account_id=alice.account_id,
        id="0" * 64,
        person_id=bob.mailbox.person.id,
        role=Membership.Role.READER,
        profile=Membership.Profile.REPLACEMENT,
        not_before=timezone.now() - timedelta(hours=1),
    )
    message_id = alice.import_copy()
    bob.jmap(["Email/get", {"accountId": alice.account_id, "ids": [message_id]}, "0"])
    (line,) = lines(alice, emailId=message_id)
    owner = Person.objects.get(id=alice.mailbox.person.id).name
    assert (line["onBehalfOf"], line["through"], line["name"] != owner) == (owner, "replacement", True)


def test_taking_the_mailbox_along_stands_in_its_trace(alice, bob):
    alice.import_copy()
    assert alice.call("Account/export")["total"] == 1
    assert [(line["objectId"], line["count"]) for line in lines(alice, acts=["exported"])] == [("mailbox", 1)]
    ((_, answer, _),) = bob.jmap(["Account/export", {"accountId": alice.account_id}, "0"])
    assert answer["type"] == "accountNotFound"


def test_an_export_wants_the_card_shown_just_now(alice):
    session = alice.client.session
    session["proved_at"] = "2020-01-01T00:00:00+00:00"
    session.save()
    assert alice.call("Account/export")["error"] == "stepUpRequired"
    assert alice.call("AccessEvent/export", signed=True)["error"] == "stepUpRequired"
    assert lines(alice, acts=["exported"]) == []
