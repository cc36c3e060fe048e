"""Opening a mailbox: what is refused, then that it works."""

from dataclasses import replace

import pytest

from bridge.cms.grants import Role
from bridge.pki.requests import build_request
from webmail.domain import open_account, verify_trace
from webmail.domain.access import Right, accounts_of, require
from webmail.domain.caller import Caller
from webmail.domain.errors import AccessDenied, OpeningRefused
from webmail.models import Address, Folder, Grant, LogEntry, MailboxKey


@pytest.mark.capability("CN9", "CO13")
def test_opens_with_a_card(practice):
    alice = practice.open("alice")
    assert [account.address for account in accounts_of(Caller(alice.person.id))] == ["alice@pli.example"]
    assert alice.person.rpps_number == practice.pki.cards["alice"].rpps_number
    assert MailboxKey.objects.get(account_id=alice.account_id).state == "current"
    assert LogEntry.objects.get(account_id=alice.account_id).seq == 0
    assert Grant.objects.get(account_id=alice.account_id).holder_kind == "card"
    assert Folder.objects.filter(account_id=alice.account_id).count() == 6
    assert verify_trace.verify(alice.account_id) == []


@pytest.mark.capability("DN4", "SB4", "AP2")
def test_opens_with_a_passkey(practice):
    paul = practice.open("paul", "paul.petit@pli.example")
    assert require(Caller(paul.person.id), paul.account_id, Right.OWN).is_personal
    assert paul.person.level == "passkey"
    assert paul.person.rpps_number == ""


@pytest.mark.parametrize(
    "address",
    ["alice@partner.example", "postmaster@pli.example", "@pli.example", "a..b@pli.example", "a b@pli.example", "alice"],
)
def test_refuses_an_address_that_is_not_ours_to_give(practice, address):
    with pytest.raises(OpeningRefused) as refused:
        practice.act(practice.holder("alice"), address)
    assert refused.value.code == "address-refused"


def test_refuses_an_address_that_is_taken(practice):
    practice.open("alice")
    with pytest.raises(OpeningRefused) as refused:
        practice.act(practice.holder("bob"), "alice@pli.example")
    assert refused.value.code == "address-taken"


def test_refuses_an_address_that_another_is_opening(practice):
    practice.act(practice.holder("alice"), "cabinet@pli.example")
    with pytest.raises(OpeningRefused) as refused:
        practice.act(practice.holder("bob"), "cabinet@pli.example")
    assert refused.value.code == "address-taken"


def test_the_same_person_may_start_again(practice):
    practice.act(practice.holder("alice"), "alice@pli.example")
    assert practice.open("alice").address == "alice@pli.example"
    assert Address.objects.count() == 1


def test_refuses_a_request_for_another_address(practice):
    holder = practice.holder("alice")
    with pytest.raises(OpeningRefused) as refused:
        open_account.certify(
            holder.enrolment,
            "alice@pli.example",
            encryption_request=build_request(practice.keys.encryption_key, "bob@pli.example"),
            signature_request=build_request(practice.keys.signature_key, "alice@pli.example"),
        )
    assert refused.value.code == "request-invalid"


def test_refuses_one_key_for_both_uses(practice):
    holder = practice.holder("alice")
    request = build_request(practice.keys.encryption_key, "alice@pli.example")
    with pytest.raises(OpeningRefused) as refused:
        open_account.certify(
            holder.enrolment, "alice@pli.example", encryption_request=request, signature_request=request
        )
    assert refused.value.code == "request-invalid"


def test_refuses_a_wrong_rpps_number(practice):
    holder = practice.holder("alice")
    holder.enrolment = replace(holder.enrolment, id_value="12345678901")
    with pytest.raises(OpeningRefused) as refused:
        practice.act(holder, "alice@pli.example")
    assert refused.value.code == "rpps-mismatch"


def refused_code(practice, holder, act, signed_by=None):
    parts = act.parts(signed_by or holder)
    with pytest.raises(OpeningRefused) as refused:
        open_account.complete(holder.enrolment, act.mailbox_id, **parts)
    assert not Folder.objects.filter(account_id=act.mailbox_id).exists()
    return refused.value.code


def test_refuses_an_entry_signed_by_another_card(practice):
    alice, bob = practice.holder("alice"), practice.holder("bob")
    act = practice.act(alice, "alice@pli.example")
    bob.recipient = alice.recipient
    assert refused_code(practice, alice, act, signed_by=bob) == "proof-invalid"


def test_refuses_an_entry_signed_by_the_mailbox_key_where_a_card_logged_in(practice):
    alice = practice.holder("alice")
    act = practice.act(alice, "alice@pli.example")
    cardless = replace(alice, signer=None)
    assert refused_code(practice, alice, act, signed_by=cardless) == "proof-invalid"


@pytest.mark.parametrize("name", ["erin", "rene"])
def test_refuses_an_expired_or_revoked_card(practice, name):
    holder = practice.holder(name)
    act = practice.act(holder, f"{name}@pli.example")
    assert refused_code(practice, holder, act) == "proof-invalid"


def test_refuses_a_binding_with_another_number(practice):
    alice = practice.holder("alice")
    act = practice.act(alice, "alice@pli.example")
    bob = practice.pki.cards["bob"].rpps_number
    act.binding = replace(act.binding, identity=replace(act.binding.identity, id_value=bob))
    act.entry = replace(act.entry, bindings=(act.binding.digest,))
    assert refused_code(practice, alice, act) in ("proof-invalid", "rpps-mismatch")


def test_refuses_a_grant_to_someone_less_than_owner(practice):
    alice = practice.holder("alice")
    act = practice.act(alice, "alice@pli.example")
    act.body = replace(act.body, role=Role.READER)
    act.entry = replace(act.entry, grants=(act.body.digest,))
    assert refused_code(practice, alice, act) == "proof-invalid"


def test_refuses_a_grant_for_another_epoch(practice):
    alice = practice.holder("alice")
    act = practice.act(alice, "alice@pli.example")
    act.body, act.binding = replace(act.body, epoch=2), replace(act.binding, epoch=2)
    act.entry = replace(act.entry, grants=(act.body.digest,), bindings=(act.binding.digest,))
    assert refused_code(practice, alice, act) == "proof-invalid"


def test_refuses_somebody_else_finishing_an_opening(practice):
    alice, bob = practice.holder("alice"), practice.holder("bob")
    act = practice.act(alice, "alice@pli.example")
    with pytest.raises(OpeningRefused) as refused:
        open_account.complete(bob.enrolment, act.mailbox_id, **act.parts(alice))
    assert refused.value.code == "address-taken"


def test_refuses_a_second_completion(practice):
    alice = practice.holder("alice")
    act = practice.act(alice, "alice@pli.example")
    open_account.complete(alice.enrolment, act.mailbox_id, **act.parts(alice))
    with pytest.raises(OpeningRefused):
        open_account.complete(alice.enrolment, act.mailbox_id, **act.parts(alice))


def test_suggests_a_free_address(practice):
    holder = practice.holder("bob")
    assert open_account.suggested_address(holder.enrolment) == "bob.lefevre@pli.example"
    practice.open("bob", "bob.lefevre@pli.example")
    assert open_account.suggested_address(holder.enrolment) == "bob.lefevre2@pli.example"


def test_others_have_no_right(practice):
    alice, bob = practice.open("alice"), practice.open("bob")
    with pytest.raises(AccessDenied):
        require(Caller(bob.person.id), alice.account_id, Right.READ)
