"""Colleagues who have never used Pli, and those on duty by a roster."""

from datetime import UTC, datetime, timedelta

import pytest

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, card_share, now
from tests.webmail.practitioner import Practitioner
from webmail.domain.act import Settings
from webmail.domain.membership_log import membership_of
from webmail.models import DutySlot, Membership


def told(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def invite(alice: Practitioner, newcomer, name: str | None = None, **values):
    named = newcomer.enrolment
    wanted = {
        "rppsNumber": named.id_value,
        "name": name or named.name,
        "role": "sender",
        "profile": "replacement",
        "notBefore": told(now()),
        "notAfter": told(now() + timedelta(days=14)),
        **values,
    }
    answer = alice.call("Invitation/set", create={"new": wanted})
    return answer["notCreated"]["new"]["properties"] if answer["notCreated"] else answer["created"]["new"]


def invitations(alice: Practitioner):
    return [(row["state"], row["reason"]) for row in alice.call("Invitation/get")["list"]]


@pytest.fixture
def chloe(practice):
    return practice.newcomer(31, "Chloé", "Roux")


def test_someone_who_never_came_waits_until_the_card_comes(alice, practice, chloe):
    assert invite(alice, chloe, "ROUX Chloe")["state"] == "pending"
    mailbox = practice.open_for(chloe, "chloe.roux@pli.example")
    assert invitations(alice) == [("ready", None)]
    card = alice.call("Directory/card", rppsNumber=chloe.enrolment.id_value)["card"]
    assert card["name"] == chloe.enrolment.name
    ledger = Ledger(alice.mailbox, alice.holder)
    ledger.append(ledger.grant(card_share(chloe, Role.SENDER, not_after=now() + timedelta(days=14))))
    assert invitations(alice) == [("done", None)]
    person = Practitioner(chloe, mailbox)
    person.log_in()
    accounts = person.client.get("/.well-known/jmap").json()["accounts"]
    assert accounts[alice.account_id]["isPersonal"] is False


def test_the_number_with_another_name_is_refused(alice, practice, chloe):
    invite(alice, chloe, "Claire Roux")
    practice.open_for(chloe, "chloe.roux@pli.example")
    assert invitations(alice) == [("refused", "name-differs")]


def test_a_colleague_already_here_is_ready_at_once(alice, bob):
    assert invite(alice, bob.holder)["state"] == "ready"


def test_a_member_may_be_invited_to_more(alice, bob):
    ledger = Ledger(alice.mailbox, alice.holder)
    ledger.append(ledger.grant(card_share(bob.holder, Role.READER)))
    assert invite(alice, bob.holder)["state"] == "ready"
    ledger.know(bob.holder)
    ledger.append(ledger.rotation())
    assert invitations(alice) == [("ready", None)]  # what he had goes on; what he was invited to is still to be given
    held = membership_of(alice.account_id).active[-1]
    ledger.append(ledger.grant(card_share(bob.holder, Role.SENDER), ends=[held.digest]))
    assert invitations(alice) == [("done", None)]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"rppsNumber": "12345678901"}, ["rppsNumber"]),
        ({"name": "!!"}, ["name"]),
        ({"notAfter": "2020-01-01T00:00:00Z"}, ["notAfter"]),
    ],
)
def test_an_invitation_that_makes_no_sense_is_refused(alice, chloe, values, wrong):
    assert invite(alice, chloe, **values) == wrong


def test_an_invitation_can_be_taken_back(alice, practice, chloe):
    row = invite(alice, chloe)
    assert alice.call("Invitation/set", destroy=[row["id"]])["destroyed"] == [row["id"]]
    practice.open_for(chloe, "chloe.roux@pli.example")
    assert invitations(alice) == [("refused", "withdrawn")]


@pytest.fixture
def on_duty(alice, bob):
    """Bob, on Alice's roster from an hour ago on for two hours; granted for the whole period."""
    begin, end = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + "".join(
        f"{name}:{moment:%Y%m%dT%H%M%SZ}\r\n" for name, moment in (("DTSTART", begin), ("DTEND", end))
    )
    text += f"SUMMARY:Garde {bob.holder.enrolment.id_value}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    answer = alice.call("Duty/set", roster=text)
    assert answer["refused"] == []
    ledger = Ledger(alice.mailbox, alice.holder)
    act = ledger.grant(card_share(bob.holder, Role.READER, not_after=now() + timedelta(days=30)))
    digest = parse_grant(act.grants[0]).body_hash
    ledger.append(type(act)(**{**vars(act), "settings": {digest: Settings("duty")}}))
    return answer["rosterId"]


def reads(bob: Practitioner, alice: Practitioner) -> bool:
    ((name, answer, _),) = bob.jmap(["Email/query", {"accountId": alice.account_id}, "0"])
    assert name == "Email/query" or answer["type"] == "accountNotFound"
    return name == "Email/query"


def test_who_is_on_duty_reads_within_the_slot_only(alice, bob, on_duty):
    assert reads(bob, alice)
    assert [row["name"] for row in alice.call("Duty/get")["list"]] == [bob.holder.enrolment.name]
    DutySlot.objects.update(ends=datetime.now(UTC))
    assert not reads(bob, alice)


def test_a_roster_taken_back_ends_the_duty(alice, bob, on_duty):
    alice.call("Duty/set", destroy=[on_duty])
    assert not reads(bob, alice)
    assert alice.call("Duty/set", destroy=[on_duty])["error"] == "invalidArguments"
    assert Membership.objects.filter(account_id=alice.account_id, profile="duty").exists()


def test_a_roster_of_garbage_is_answered_line_by_line(alice):
    answer = alice.call("Duty/set", roster="rpps,start,end\n1,2,3\n")
    assert (answer["rosterId"], answer["list"]) == (None, [])
    assert answer["refused"] == [{"line": 2, "reason": "date"}]
