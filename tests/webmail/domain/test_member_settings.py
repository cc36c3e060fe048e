"""Profile and folders of a member are its granters' word: nobody widens what he was given, not by a new card either."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.cms.grants import Role, parse_grant
from bridge.cms.log import LogKind
from tests.webmail.ledger import Ledger, caller_for, card_share, now
from webmail.domain import access, key_change
from webmail.domain.access import Right
from webmail.domain.act import NewAct, Settings
from webmail.domain.change import changing
from webmail.domain.errors import ActRefused
from webmail.models import LogEntry

INBOX, ARCHIVE = "f" * 32, "e" * 32


@pytest.fixture
def alice(practice):
    return Ledger(practice.open("alice"), practice.holder("alice"))


def limited(ledger: Ledger, holder, role: Role, *folders: str, **values):
    """That person comes in, into these folders; gives the hash of the body."""
    act = ledger.grant(card_share(holder, role, **values))
    digest = parse_grant(act.grants[0]).body_hash
    ledger.append(replace(act, settings={digest: Settings("secretary", folders)}))
    ledger.know(holder)
    return digest


def with_settings(act: NewAct, *folders: str) -> NewAct:
    digests = [parse_grant(grant).body_hash for grant in act.grants]
    return replace(act, settings={digest: Settings("member", folders) for digest in digests})


def refused(ledger: Ledger, act: NewAct, caller) -> str:
    entries = LogEntry.objects.filter(account_id=ledger.account_id).count()
    with pytest.raises(ActRefused) as caught:
        ledger.append(act, caller)
    assert LogEntry.objects.filter(account_id=ledger.account_id).count() == entries
    return caught.value.reason


def reach(ledger: Ledger, holder):
    found = access.require(caller_for(ledger.person(holder).id), ledger.account_id, Right.READ)
    return found.profile, {one.folders for one in found.scope().reaches}


@pytest.fixture
def renewal(alice, practice):
    """A secretary who sees the inbox alone puts a new card in the place of her own, by her own signature."""
    old, new = practice.newcomer(91), practice.newcomer(91)
    until = now() + timedelta(days=9)
    digest = limited(alice, old, Role.SENDER, INBOX, not_after=until)
    share = card_share(new, Role.SENDER, not_after=until)
    return new, alice.grant(share, signer=new, ends=[digest], kind=LogKind.CERT_CHANGE)


@pytest.mark.parametrize("folders", [(), (INBOX, ARCHIVE), (ARCHIVE,), (INBOX,)])
def test_nobody_widens_his_own_reach_by_a_new_card(alice, renewal, folders):
    new, act = renewal
    assert refused(alice, with_settings(act, *folders), caller_for(alice.person(new).id)) == "signer-not-manager"
    assert reach(alice, new) == ("secretary", {frozenset({INBOX})})


def test_a_new_card_reaches_as_far_as_the_old_one(alice, renewal):
    new, act = renewal
    alice.append(act, caller_for(alice.person(new).id))
    assert reach(alice, new) == ("secretary", {frozenset({INBOX})})


def test_a_manager_of_some_folders_gives_no_others(alice, practice):
    bob, chloe = practice.newcomer(92), practice.newcomer(93)
    limited(alice, bob, Role.MANAGER, INBOX)
    caller = caller_for(alice.person(bob).id)
    act = alice.grant(card_share(chloe), signer=bob)
    for wanted in (act, with_settings(act), with_settings(act, ARCHIVE), with_settings(act, INBOX, ARCHIVE)):
        assert refused(alice, wanted, caller) == "scope-above-signer"
    alice.append(with_settings(act, INBOX), caller)
    assert reach(alice, chloe) == ("member", {frozenset({INBOX})})


def test_a_manager_of_some_folders_stays_one_in_the_next_epoch(alice, practice):
    bob = practice.newcomer(92)
    limited(alice, bob, Role.MANAGER, INBOX)
    caller = caller_for(alice.person(bob).id)
    rotation = alice.rotation(signer=bob, caller=caller)
    assert refused(alice, with_settings(rotation), caller) == "scope-above-signer"
    alice.append(rotation, caller)
    assert reach(alice, bob) == ("secretary", {frozenset({INBOX})})


def test_an_owner_changes_the_folders_of_a_member(alice, practice):
    bob = practice.newcomer(92)
    digest = limited(alice, bob, Role.READER, INBOX)
    act = alice.grant(card_share(bob, Role.READER), ends=[digest])
    alice.append(with_settings(act, INBOX, ARCHIVE))
    assert reach(alice, bob) == ("member", {frozenset({INBOX, ARCHIVE})})


def test_a_new_card_hides_no_loss_that_the_server_knows(alice, renewal):
    """A printed code was used, say: the log says nothing of it, and the keys still have to change."""
    new, act = renewal
    with changing(alice.account_id) as change:
        change.mark_key_change(due=True)
    alice.append(act, caller_for(alice.person(new).id))
    assert key_change.is_due(alice.account_id)
