"""A person leaves: nothing of his opens from that moment on, and his mailbox is handed to nobody (SE5, N65)."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.webmail.ledger import Ledger, caller_for, card_share
from tests.webmail.practitioner import Practitioner
from webmail.directory import local
from webmail.domain import access, deliver, integrity, key_change, offboard, trace_query, verify_trace
from webmail.domain.access import Right
from webmail.domain.errors import AccessDenied, DeliveryRefused, InvalidProperties, StepUpRequired
from webmail.domain.offboard import AddressRule
from webmail.models import Address, Credential, Mailbox, Message, Person, Tenant


@pytest.fixture
def bob(practice):
    """Bob, logged in at his browser."""
    person = Practitioner(practice.holder("bob"), practice.open("bob"))
    person.log_in()
    return person


@pytest.fixture
def alice(practice, bob):
    """Alice's mailbox, which Bob may read."""
    ledger = Ledger(practice.open("alice"), practice.holder("alice"))
    ledger.append(ledger.grant(card_share(bob.holder)))
    return ledger


def person_id(person):
    return person.mailbox.person.id


@pytest.mark.negative(65)
def test_whoever_left_is_served_nothing(alice, bob):
    assert bob.call("Email/query")["ids"] == []
    departure = offboard.leave(person_id(bob))
    assert set(departure.account_ids) == {alice.account_id, bob.account_id}
    assert bob.post("/jmap/api", {"using": [], "methodCalls": []}).status_code == 401
    assert (
        bob.post("/auth/card", {"token": bob.holder.token(bob.challenge(), "http://localhost:8000")}).status_code == 403
    )
    assert not Credential.objects.filter(person_id=person_id(bob), retired_at=None).exists()
    for account_id in departure.account_ids:
        with pytest.raises(AccessDenied):
            access.require(caller_for(person_id(bob)), account_id, Right.READ)
        assert key_change.is_due(account_id)
        assert [event.act for event in trace_query.query(account_id, trace_query.EVERYTHING, limit=1).events] == [
            "left"
        ]
        assert verify_trace.verify(account_id) == []
    assert list(integrity.check_references()) == []


def test_an_act_of_those_who_stay_brings_nobody_back(alice, bob, practice):
    offboard.leave(person_id(bob))
    alice.append(alice.grant(card_share(practice.newcomer(7))))
    with pytest.raises(AccessDenied):
        access.require(caller_for(person_id(bob)), alice.account_id, Right.READ)


def test_leaving_twice_changes_nothing(alice, bob):
    offboard.leave(person_id(bob))
    assert offboard.leave(person_id(bob)) == offboard.Departure(0, ())


def test_mail_is_kept_sealed_unless_a_rule_says_else(alice, bob, clear_mail):
    offboard.leave(person_id(bob))
    deliver.deliver("", [bob.mailbox.address], clear_mail())
    assert Message.objects.filter(account_id=bob.account_id).count() == 1


def test_mail_goes_to_a_colleague_who_cannot_write_under_the_old_address(alice, bob, clear_mail):
    offboard.leave(person_id(bob), AddressRule.REDIRECT, str(alice.mailbox.address))
    deliver.deliver("", [bob.mailbox.address], clear_mail())
    assert Message.objects.filter(account_id=alice.account_id).count() == 1
    assert local.lookup([bob.mailbox.address]) == {}
    assert not Address.objects.get(address=bob.mailbox.address).primary
    assert list(integrity.check_references()) == []


def test_mail_is_refused_and_the_address_stays_taken(alice, bob, clear_mail):
    offboard.leave(person_id(bob), AddressRule.REFUSE)
    with pytest.raises(DeliveryRefused):
        deliver.destination(bob.mailbox.address)
    assert Address.objects.filter(address=bob.mailbox.address).exists()
    assert list(integrity.check_references()) == []


@pytest.mark.parametrize("address", ["nobody@pli.example", "", "bob@pli.example"])
def test_mail_goes_only_to_a_mailbox_of_somebody_who_stays(alice, bob, address):
    with pytest.raises(InvalidProperties):
        offboard.leave(person_id(bob), AddressRule.REDIRECT, address)
    assert Person.objects.get(id=person_id(bob)).left_at is None


def test_the_operator_lets_a_person_go(alice, bob, capsys):
    call_command("offboard", bob.holder.enrolment.id_value, redirect_to=str(alice.mailbox.address))
    assert "has left" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("offboard", "nobody@pli.example")
    with pytest.raises(CommandError):
        call_command("offboard", bob.mailbox.address, redirect_to="a@b.example", refuse_mail=True)


def test_only_an_administrator_of_the_same_establishment_may(alice, bob):
    administrator = caller_for(alice.mailbox.person.id)
    with pytest.raises(AccessDenied):
        offboard.leave_by_administrator(administrator, person_id(bob))
    tenant = Tenant.objects.create(
        id="1" * 32,
        name="Clinic",
        domain="c.example",
        administrators=[administrator.person_id],
        created_at="2026-01-01T00:00Z",
    )
    Person.objects.filter(id=person_id(bob)).update(tenant_id=tenant.id)
    Mailbox.objects.filter(id=bob.account_id).update(tenant_id=tenant.id)
    with pytest.raises(AccessDenied):
        offboard.leave_by_administrator(caller_for(person_id(bob)), person_id(bob))
    with pytest.raises(StepUpRequired):
        offboard.leave_by_administrator(type(administrator)(administrator.person_id), person_id(bob))
    offboard.leave_by_administrator(administrator, person_id(bob))
    line = trace_query.query(bob.account_id, trace_query.EVERYTHING, limit=1).events[0]
    assert (line.act, line.person_id, line.object_id) == ("left", administrator.person_id, person_id(bob))


def test_the_administrators_act_over_jmap(alice, bob, practice):
    boss = Practitioner(practice.holder("alice"), alice.mailbox)
    boss.log_in()
    call = ["Person/offboard", {"personId": person_id(bob), "address": "keep"}, "0"]
    ((_, answer, _),) = boss.jmap(call)
    assert answer["type"] == "notFound"
    Tenant.objects.create(
        id="1" * 32,
        name="Clinic",
        domain="c.example",
        administrators=[alice.mailbox.person.id],
        created_at="2026-01-01T00:00Z",
    )
    Person.objects.filter(id=person_id(bob)).update(tenant_id="1" * 32)
    ((name, answer, _),) = boss.jmap(call)
    assert (name, len(answer["accountIds"])) == ("Person/offboard", 2), json.dumps(answer)
