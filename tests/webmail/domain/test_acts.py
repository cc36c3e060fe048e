"""Acts on a membership log: what stands is stored in one transaction, what does not leaves nothing behind."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from bridge.cms.grants import HolderKind, Role, parse_grant
from bridge.cms.log import LogKind
from tests.webmail.ledger import Ledger, caller_for, card_share, now
from webmail.domain import access, deliver, integrity, key_change, key_material, trace_query
from webmail.domain.access import Right
from webmail.domain.act import NewAct, Settings
from webmail.domain.errors import AccessDenied, ActRefused, DeliveryDeferred, VersionMismatch
from webmail.domain.trace_query import EVERYTHING
from webmail.models import Grant, GrantBody, LogEntry, Mailbox, MailboxKey, Membership, Tenant


@pytest.fixture
def alice(practice):
    """Alice's mailbox."""
    return Ledger(practice.open("alice"), practice.holder("alice"))


@pytest.fixture
def bob(practice):
    """Bob, who has a mailbox of his own."""
    practice.open("bob")
    return practice.holder("bob")


def digest(act: NewAct, number: int = 0) -> bytes:
    return parse_grant(act.grants[number]).body_hash


def refused(ledger: Ledger, act: NewAct, caller=None) -> str:
    with pytest.raises(ActRefused) as caught:
        ledger.append(act, caller)
    assert not GrantBody.objects.filter(account_id=ledger.account_id, log_seq__gt=ledger.head.seq).exists()
    return caught.value.reason


def account(ledger: Ledger, holder, at=None):
    return access.require(caller_for(ledger.person(holder).id), ledger.account_id, Right.READ, at)


def test_a_delegate_comes_in_by_one_entry(alice, bob):
    act = alice.grant(card_share(bob, Role.SENDER, not_after=now() + timedelta(days=14)))
    assert alice.append(act) == 1
    found = account(alice, bob)
    assert (found.role, found.is_personal, Right.SEND in found.rights) == ("sender", False, True)
    assert found.until == Membership.objects.get(id=digest(act).hex()).not_after
    assert len(key_material.grants_of(found, caller_for(alice.person(bob).id))) == 1
    assert [line.act for line in trace_query.query(alice.account_id, EVERYTHING, limit=1).events] == ["member-added"]
    assert list(integrity.check_references()) == []


def test_the_same_entry_again_answers_the_same(alice, bob):
    act = alice.grant(card_share(bob))
    assert alice.append(act) == alice.append(act) == 1
    assert LogEntry.objects.filter(account_id=alice.account_id).count() == 2


def test_of_two_acts_on_one_head_one_wins(alice, bob, practice):
    first, second = alice.grant(card_share(bob)), alice.grant(card_share(practice.newcomer(1)))
    alice.append(first)
    with pytest.raises(VersionMismatch):
        alice.append(second)
    assert Membership.objects.filter(account_id=alice.account_id).count() == 2


@pytest.mark.negative(3)
def test_a_grant_by_a_member_who_does_not_manage_is_refused(alice, bob, practice):
    alice.append(alice.grant(card_share(bob, Role.SENDER)))
    act = alice.grant(card_share(practice.newcomer(1)), signer=bob)
    assert refused(alice, act, caller_for(alice.person(bob).id)) == "signer-not-manager"


def test_nobody_hands_in_what_another_signed(alice, bob):
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    act = alice.revoke(digest_of(alice, bob))
    with pytest.raises(AccessDenied):
        alice.append(act, caller_for(alice.person(bob).id))


def digest_of(ledger: Ledger, holder) -> bytes:
    row = Membership.objects.get(account_id=ledger.account_id, person_id=ledger.person(holder).id, state="active")
    return bytes.fromhex(row.id)


def test_a_stranger_does_not_learn_that_the_mailbox_exists(alice, bob):
    with pytest.raises(AccessDenied):
        alice.append(alice.grant(card_share(bob)), caller_for(alice.person(bob).id))
    with pytest.raises(AccessDenied):
        alice.append(NewAct(b"garbage"), caller_for(alice.person(bob).id))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda act: replace(act, grants=()), "body-missing"),
        (lambda act: replace(act, grants=[*act.grants, *act.grants]), "parts-mismatch"),
        (lambda act: replace(act, history=b"x"), "parts-mismatch"),
        (lambda act: replace(act, policy=b"x"), "parts-mismatch"),
        (lambda act: replace(act, entry=act.entry[:-1] + bytes([act.entry[-1] ^ 1])), "signature"),
        (lambda act: replace(act, grants=[act.grants[0][:-1]]), "malformed"),
        (lambda act: replace(act, login_key=b"\4" * 65), "login-key"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(alice, bob, change, reason):
    assert refused(alice, change(alice.grant(card_share(bob)))) == reason
    assert Membership.objects.filter(account_id=alice.account_id).count() == 1


@pytest.mark.negative(5)
def test_a_grant_with_another_end_is_not_the_one_signed(alice, bob):
    act = alice.grant(card_share(bob, not_after=now() + timedelta(days=1)))
    other = alice.grant(card_share(bob, not_after=now() + timedelta(days=99)))
    assert refused(alice, replace(act, grants=other.grants)) == "body-missing"


def test_an_act_of_yesterday_is_refused(alice, bob):
    act = alice.grant(card_share(bob), at=now() - timedelta(hours=2))
    assert refused(alice, act) == "stale"


def test_a_manager_whose_right_ended_does_not_sign_for_an_hour_ago(alice, bob, practice):
    begun, ended = now() - timedelta(minutes=30), now() - timedelta(minutes=10)
    colleague = practice.newcomer(1)
    alice.append(alice.grant(card_share(bob, Role.MANAGER, not_before=begun, not_after=ended), card_share(colleague)))
    caller, early = caller_for(alice.person(bob).id), now() - timedelta(minutes=20)
    Membership.objects.create(  # he still reads, by another card
        account_id=alice.account_id, id="f" * 64, person_id=caller.person_id, role="reader", not_before=begun
    )
    added = alice.grant(card_share(practice.newcomer(2), not_before=early, not_after=ended), signer=bob, at=early)
    assert refused(alice, added, caller) == "signer-not-manager"
    taken = NewAct(alice.entry(LogKind.REVOKE, ends=[digest_of(alice, colleague)], signer=bob, at=early))
    assert refused(alice, taken, caller) == "signer-not-manager"


def test_a_revoked_delegate_is_out_at_once_and_the_keys_are_due(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(act)
    assert not key_change.is_due(alice.account_id)
    alice.append(alice.revoke(digest(act)))
    with pytest.raises(AccessDenied):
        account(alice, bob)
    assert not Grant.objects.filter(account_id=alice.account_id, person_id=alice.person(bob).id).exists()
    assert key_change.is_due(alice.account_id)
    assert [line.act for line in trace_query.query(alice.account_id, EVERYTHING, limit=1).events] == ["member-ended"]


def test_a_member_leaves_on_his_own_word(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(act)
    alice.append(alice.revoke(digest(act), signer=bob), caller_for(alice.person(bob).id))
    with pytest.raises(AccessDenied):
        account(alice, bob)


def test_a_right_that_ran_out_makes_the_keys_due(alice, bob):
    alice.append(alice.grant(card_share(bob, not_after=now() + timedelta(hours=1))))
    later = timezone.now() + timedelta(hours=2)
    assert not key_change.is_due(alice.account_id)
    assert key_change.is_due(alice.account_id, later)
    assert (key_change.mark_passed(later), key_change.mark_passed(later)) == (1, 0)
    assert Mailbox.objects.get(id=alice.account_id).key_change_due


def test_a_second_manager_confirms_a_third(alice, bob, practice):
    chloe, carl = practice.newcomer(1), practice.newcomer(2)
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    act = alice.grant(card_share(chloe, Role.MANAGER))
    alice.append(act)
    with pytest.raises(AccessDenied):
        account(alice, chloe)  # pending: it opens nothing
    assert refused(alice, alice.confirm(digest(act))) == "confirm-self"
    alice.append(alice.confirm(digest(act), signer=bob), caller_for(alice.person(bob).id))
    assert account(alice, chloe).role == "manager"
    assert [line.act for line in trace_query.query(alice.account_id, EVERYTHING, limit=1).events] == [
        "member-confirmed"
    ]
    assert carl


def test_who_ended_the_only_other_manager_confirms_the_next_by_an_act_of_its_own(alice, bob, practice):
    chloe = practice.newcomer(1)
    first = alice.grant(card_share(bob, Role.MANAGER))
    alice.append(first)
    act = alice.grant(card_share(chloe, Role.MANAGER), ends=[digest(first)])
    alice.append(act)
    with pytest.raises(AccessDenied):
        account(alice, chloe)  # one act does not both end the other and do without him
    alice.append(alice.confirm(digest(act)))
    assert account(alice, chloe).role == "manager"


def test_profile_and_folders_are_rules_of_this_server(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(replace(act, settings={digest(act): Settings("secretary", ("f" * 32,))}))
    found = account(alice, bob)
    assert found.profile == "secretary"
    assert found.scope().holds_folder("f" * 32)
    assert not found.scope().holds_folder("e" * 32)


def test_a_right_given_anew_carries_nothing_of_one_that_ended(alice, bob):
    first = alice.grant(card_share(bob))
    alice.append(replace(first, settings={digest(first): Settings("secretary", ("f" * 32,))}))
    alice.append(alice.revoke(digest(first)))
    alice.append(alice.grant(card_share(bob)))
    found = account(alice, bob)
    assert (found.profile, found.scope().reaches_all_messages) == ("member", True)


def test_folders_outlive_a_rotation(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(replace(act, settings={digest(act): Settings("secretary", ("f" * 32,))}))
    alice.know(bob)
    alice.append(alice.rotation())
    assert not account(alice, bob).scope().all_folders


def test_a_rotation_takes_everybody_along(alice, bob, clear_mail):
    act = alice.grant(card_share(bob, Role.SENDER))
    alice.append(replace(act, settings={digest(act): Settings("secretary")}))
    alice.know(bob)
    alice.append(alice.rotation())
    assert (account(alice, bob).profile, account(alice, bob).role) == ("secretary", "sender")
    keys = {key.epoch: key for key in MailboxKey.objects.filter(account_id=alice.account_id)}
    assert (keys[1].state, keys[2].state, bytes(keys[2].history)) == ("retired", "current", b"\1sealed")
    assert keys[1].not_after_senders > timezone.now() + timedelta(days=29)
    assert set(Grant.objects.filter(account_id=alice.account_id).values_list("epoch", flat=True)) == {2}
    assert Mailbox.objects.get(id=alice.account_id).epoch == 2
    deliver.deliver("x@y.example", ["alice@pli.example"], clear_mail())
    assert list(integrity.check_references()) == []


def test_a_rotation_ends_the_due_key_change(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(act)
    alice.append(alice.revoke(digest(act)))
    alice.append(alice.rotation())
    assert not key_change.is_due(alice.account_id)
    assert alice.account_id not in Grant.objects.filter(person_id=alice.person(bob).id).values_list(
        "account_id", flat=True
    )


def test_an_owner_keeps_his_older_grant_until_an_owner_rotates(alice, bob):
    """A manager cannot pass on what only owners hold, the key of confidential messages."""
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    alice.know(bob)
    manager = caller_for(alice.person(bob).id)
    alice.append(alice.rotation(signer=bob, caller=manager), manager)
    assert [grant.epoch for grant in key_material.grants_of(account(alice, alice.owner), alice.caller)] == [1, 2]
    assert [grant.epoch for grant in key_material.grants_of(account(alice, bob), manager)] == [2]
    act = alice.grant(card_share(bob, Role.READER), ends=[digest_of(alice, bob)])
    alice.append(act)
    assert len(key_material.grants_of(account(alice, alice.owner), alice.caller)) == 2
    alice.append(alice.rotation())
    assert [grant.epoch for grant in key_material.grants_of(account(alice, alice.owner), alice.caller)] == [3]


def test_a_personal_mailbox_stays_its_persons(alice, bob):
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    assert refused(alice, alice.revoke(digest_of(alice, alice.owner))) == "last-owner"


def test_a_member_is_not_dropped_by_silence(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(act)
    alice.know(bob)
    assert refused(alice, alice.rotation(without=[digest(act)])) == "member-dropped"
    assert Mailbox.objects.get(id=alice.account_id).epoch == 1


def test_mail_sealed_before_the_rotation_is_asked_for_again(alice, clear_mail):
    prepared = deliver.prepare("x@y.example", [deliver.destination("alice@pli.example")], clear_mail())
    alice.append(alice.rotation())
    with pytest.raises(DeliveryDeferred):
        deliver.commit(prepared)


def test_certifying_again_replaces_what_was_pending(alice):
    first, second = alice.rotation(), alice.rotation()
    with pytest.raises(VersionMismatch):
        alice.append(first)
    assert alice.append(second) == 1


def test_a_renewed_card_takes_the_place_of_the_old(alice, bob, practice):
    old, new = practice.newcomer(7), practice.newcomer(7)
    act = alice.grant(card_share(old, Role.SENDER, not_after=now() + timedelta(days=9)))
    alice.append(act)
    renewed = alice.grant(
        card_share(new, Role.SENDER, not_after=parse_grant(act.grants[0]).body.not_after),
        signer=new,
        ends=[digest(act)],
        kind=LogKind.CERT_CHANGE,
    )
    person = alice.person(new)
    alice.append(renewed, caller_for(person.id))
    assert [row.holder_kind for row in Grant.objects.filter(person_id=person.id)] == [HolderKind.CARD]
    assert not key_change.is_due(alice.account_id)


@pytest.mark.negative(18)
def test_a_renewed_card_of_another_person_is_refused(alice, bob, practice):
    act = alice.grant(card_share(bob, Role.SENDER))
    alice.append(act)
    renewed = alice.grant(card_share(practice.newcomer(7), Role.SENDER), ends=[digest(act)], kind=LogKind.CERT_CHANGE)
    assert refused(alice, renewed) == "identity-changed"


@pytest.mark.parametrize(("days", "reason"), [(None, "tenant-no-end-date"), (31, "tenant-too-long"), (29, None)])
def test_an_establishment_limits_delegations(alice, bob, days, reason):
    tenant = Tenant.objects.create(
        id="a" * 32, name="Ward", domain="ward.example", delegation_days_max=30, created_at=timezone.now()
    )
    Mailbox.objects.filter(id=alice.account_id).update(tenant_id=tenant.id)
    act = alice.grant(card_share(bob, not_after=now() + timedelta(days=days) if days else None))
    if reason:
        assert refused(alice, act) == reason
    else:
        alice.append(act)


def test_an_establishment_wants_recovery_before_delegation(alice, bob, practice):
    tenant = Tenant.objects.create(
        id="a" * 32, name="Ward", domain="ward.example", recovery_required=True, created_at=timezone.now()
    )
    Mailbox.objects.filter(id=alice.account_id).update(tenant_id=tenant.id)
    assert refused(alice, alice.grant(card_share(bob))) == "tenant-recovery-required"
    second = replace(alice.owner, recipient=practice.newcomer(61).recipient)
    alice.append(alice.grant(card_share(second, Role.OWNER)))
    alice.append(alice.grant(card_share(bob)))
