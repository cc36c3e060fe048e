"""A person leaves: nothing of his opens from that moment on, and his mailbox is handed to nobody (SE5, N65)."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, caller_for, card_share, now
from tests.webmail.practitioner import Practitioner
from webmail.directory import local
from webmail.domain import access, deliver, integrity, key_change, offboard, trace_query, verify_trace
from webmail.domain.access import Right
from webmail.domain.errors import AccessDenied, DeliveryRefused, InvalidProperties, StepUpRequired, SuccessorNeeded
from webmail.domain.offboard import AddressRule
from webmail.models import Address, Credential, Mailbox, Membership, Message, Person, Tenant


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


class Service:
    """A shared mailbox that Bob opened, managed by Alice."""

    def __init__(self, bob, alice, practice):
        self.ledger = Ledger(practice.open_for(bob.holder, "ward@pli.example"), bob.holder)
        Mailbox.objects.filter(id=self.ledger.account_id).update(kind=Mailbox.Kind.ORG)
        self.ledger.append(self.ledger.grant(card_share(alice.owner, Role.MANAGER)))


@pytest.fixture
def service(bob, alice, practice):
    return Service(bob, alice, practice)


def test_who_alone_owns_a_shared_mailbox_names_a_successor_first(alice, bob, service, practice):
    with pytest.raises(SuccessorNeeded) as refused:
        offboard.leave(person_id(bob))
    assert refused.value.addresses == ("ward@pli.example",)
    assert Person.objects.get(id=person_id(bob)).left_at is None
    assert Credential.objects.filter(person_id=person_id(bob), retired_at=None).exists()
    successor = service.ledger.grant(card_share(practice.newcomer(8), Role.OWNER))
    service.ledger.append(successor)
    with pytest.raises(SuccessorNeeded):
        offboard.leave(person_id(bob))  # where two manage, an owner has to be confirmed
    digest = parse_grant(successor.grants[0]).body_hash
    manager = caller_for(alice.mailbox.person.id)
    service.ledger.append(service.ledger.confirm(digest, signer=alice.owner), manager)
    assert service.ledger.account_id in offboard.leave(person_id(bob)).account_ids


def test_a_successor_whose_time_is_over_is_none(bob, service, practice):
    service.ledger.append(
        service.ledger.grant(card_share(practice.newcomer(8), Role.OWNER, not_after=now() + timedelta(hours=1)))
    )
    Membership.objects.filter(role="owner", state="pending").update(
        state="active", not_after=now() - timedelta(hours=1)
    )
    with pytest.raises(SuccessorNeeded):
        offboard.leave(person_id(bob))


def test_who_has_to_go_goes_anyway(alice, bob, service, capsys):
    with pytest.raises(CommandError, match=r"alone owns ward@pli\.example"):
        call_command("offboard", bob.holder.enrolment.id_value)
    call_command("offboard", bob.holder.enrolment.id_value, anyway=True)
    with pytest.raises(AccessDenied):
        access.require(caller_for(person_id(bob)), service.ledger.account_id, Right.READ)
    assert access.require(caller_for(alice.mailbox.person.id), service.ledger.account_id, Right.READ).role == "manager"


def test_the_administrator_is_told_whose_mailbox_waits_for_an_owner(alice, bob, service, practice):
    boss = Practitioner(practice.holder("alice"), alice.mailbox)
    boss.log_in()
    Tenant.objects.create(
        id="1" * 32,
        name="Clinic",
        domain="c.example",
        administrators=[alice.mailbox.person.id],
        created_at="2026-01-01T00:00Z",
    )
    Person.objects.filter(id=person_id(bob)).update(tenant_id="1" * 32)
    ((_, answer, _),) = boss.jmap(["Person/offboard", {"personId": person_id(bob)}, "0"])
    assert answer == {"type": "successorNeeded", "addresses": ["ward@pli.example"]}
    ((name, _, _),) = boss.jmap(["Person/offboard", {"personId": person_id(bob), "anyway": True}, "0"])
    assert name == "Person/offboard"
