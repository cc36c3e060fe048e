"""Replaying a membership log: security.md §6 tests 3, 5, 8, 10, 11, 13 and 18; every rule is a case of tests/vectors/membership_cases/."""

import os
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest

from bridge.cms.act_rules import Act, apply_act
from bridge.cms.errors import ActRefused, CmsError, LogRefused
from bridge.cms.grants import Holder, HolderKind, Role
from bridge.cms.log import LogKind, verify_entry
from bridge.cms.membership import State, replay
from bridge.pki.certificates import certificate_sha256
from tests.vectors.cast import NOW
from tests.vectors.membership_cases.cases import joined, owner_body
from tests.vectors.memberships import CASES
from tests.vectors.registers import Colleague, Register, alice, bob, chloe, denis, renewed

DAY = timedelta(days=1)


@cache
def _once(name: str) -> Register:
    return CASES[name][0]()


def written(name: str) -> Register:
    """The log of a case, which is signed once however many tests read it."""
    return _once(name).fork()


def outcome(register: Register) -> str:
    """`ok`, or why the replay refuses."""
    try:
        register.replay()
    except CmsError as error:
        return str(getattr(error, "reason", error.code))
    return "ok"


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    assert outcome(written(name)) == CASES[name][1]


@pytest.mark.parametrize("name", [name for name, (_, expect) in CASES.items() if expect != "ok"])
def test_nothing_but_the_last_act_is_at_fault(name: str) -> None:
    """Or a case would be refused for something else than it says."""
    register = written(name)
    del register.entries[-1]
    assert outcome(register) == "ok"


@pytest.mark.parametrize("name", [name for name, (_, expect) in CASES.items() if expect == "ok"])
def test_going_on_from_what_is_known_comes_to_the_same(name: str) -> None:
    register = written(name)
    entries, whole = register.verified(), register.replay()
    for known in range(1, len(entries) + 1):
        before = replay(entries[:known], register.bodies, register.bindings)
        assert replay(entries[known - 1 :], register.bodies, register.bindings, before) == whole


@pytest.mark.negative(3)
@pytest.mark.parametrize("role", [Role.READER, Role.SENDER])
def test_grant_signed_by_a_member_who_does_not_manage_is_refused(role: Role) -> None:
    register, _ = joined(role)
    register.grant(bob(), register.body(chloe()))
    assert outcome(register) == "signer-not-manager"


@pytest.mark.negative(5)
def test_edited_end_is_another_body() -> None:
    """Who edits the date of a listed body has a body that no entry lists."""
    register, body = joined(Role.READER, not_after=NOW + DAY)
    register.bodies[-1] = replace(body, not_after=NOW + 99 * DAY).to_der()
    assert outcome(register) == "body-missing"


@pytest.mark.negative(5)
def test_edited_entry_is_no_entry() -> None:
    register, body = joined(Role.READER, not_after=NOW + DAY)
    longer = replace(body, not_after=NOW + 99 * DAY)
    register.entries[-1] = register.entries[-1].replace(body.digest, longer.digest)
    register.bodies[-1] = longer.to_der()
    assert outcome(register) == "signature"


def revoked() -> Register:
    """Bob was a manager; he was ended, and Chloé came."""
    register, body = joined(Role.MANAGER)
    register.revoke(alice(), body)
    register.grant(alice(), register.body(chloe()))
    return register


@pytest.mark.negative(10)
def test_revocation_taken_out_of_the_stream_is_a_gap() -> None:
    register = revoked()
    del register.entries[2]
    assert outcome(register) == "gap"


@pytest.mark.negative(8, 10)
def test_revocation_hidden_at_the_end_is_a_rollback_to_who_has_seen_it() -> None:
    register = revoked()
    known = register.replay()
    with pytest.raises(LogRefused) as refused:
        replay(register.verified()[:2], register.bodies, register.bindings, known)
    assert refused.value.reason == "rollback"


@pytest.mark.negative(10)
def test_revocation_replaced_by_another_act_is_a_fork() -> None:
    register = revoked()
    known, other = register.replay(), register.fork()
    del other.entries[2:]
    other.grant(alice(), other.body(denis()))
    other.grant(alice(), other.body(chloe()))
    with pytest.raises(LogRefused) as refused:
        other.replay(known)
    assert refused.value.reason == "fork"


@pytest.mark.negative(11)
def test_ghost_of_a_table_is_never_wrapped_to() -> None:
    """A server that serves a body which no entry lists has made nobody a member."""
    register, _ = joined(Role.READER)
    ghost = register.body(denis(), log_seq=1, prev_log_hash=owner_body(register).prev_log_hash)
    register.bodies.append(ghost.to_der())
    membership = register.replay()
    assert ghost.holder not in [one.body.holder for one in membership.members]
    with pytest.raises(ActRefused) as refused:
        membership.check_recipient(ghost.holder, None, NOW)
    assert refused.value.reason == "not-a-member"


@pytest.mark.negative(11)
def test_ghost_behind_a_member_s_name_is_never_wrapped_to() -> None:
    """The same name and number with another card, or with another key."""
    register, body = joined(Role.READER)
    secret = os.urandom(32)
    passkey = register.keyed(HolderKind.PASSKEY, secret, Role.OWNER)
    register.grant(alice(), passkey)
    membership = register.replay()
    assert membership.check_recipient(body.holder, None, NOW).body == body
    assert membership.check_recipient(passkey.holder, passkey.holder_key, NOW).body == passkey
    other_key = register.keyed(HolderKind.PASSKEY, os.urandom(32), Role.OWNER).holder_key
    for holder, key in ((renewed(bob()).holder, None), (passkey.holder, other_key), (passkey.holder, None)):
        with pytest.raises(ActRefused):
            membership.check_recipient(holder, key, NOW)


@pytest.mark.negative(11)
def test_who_ended_or_expired_or_waits_is_never_wrapped_to() -> None:
    register, ended = joined(Role.MANAGER)
    waiting, short = register.body(chloe(), Role.MANAGER), register.body(denis(), not_after=NOW + DAY)
    register.grant(alice(), waiting, short)
    register.revoke(alice(), ended)
    membership = register.replay()
    for body, at in ((ended, NOW), (waiting, NOW), (short, NOW + 2 * DAY)):
        with pytest.raises(ActRefused):
            membership.check_recipient(body.holder, None, at)
    assert membership.check_recipient(short.holder, None, NOW + DAY).body == short


@pytest.mark.negative(18)
def test_card_renewed_with_another_identifier_is_refused() -> None:
    for other in (denis(), Colleague(renewed(bob()).card, replace(bob().identity, id_type="FINESS"))):
        for signer in (alice(), bob()):
            register, body = joined(Role.READER)
            register.act(LogKind.CERT_CHANGE, signer, [register.body(other)], ends=[body])
            assert outcome(register) == "identity-changed"


@pytest.mark.negative(18)
def test_card_of_somebody_else_renews_nobody_s() -> None:
    """The body names Bob, and Denis's card signs: whose new card it is, Bob or a manager has to say."""
    register, body = joined(Role.READER)
    register.act(LogKind.CERT_CHANGE, denis(), [register.body(renewed(bob()))], ends=[body])
    assert outcome(register) == "signer-not-manager"


@pytest.mark.negative(13)
def test_newcomer_is_never_given_an_epoch_that_opens_older_ones_than_he_may() -> None:
    """By whatever way of epochs and newcomers: the history object of each epoch he opens begins no earlier than his right."""
    for first in range(1, 5):
        register = Register.opened()
        for person in (bob(), None, chloe()):
            more = [] if person is None else [register.body(person, history_from_epoch=register.epoch + 1)]
            register.rotate(alice(), *more)
        register.grant(alice(), register.body(denis(), history_from_epoch=first))
        if outcome(register) == "ok":
            floors = register.replay().floors
            assert all(floors[epoch] >= first for epoch in range(first, register.epoch + 1))
        else:
            assert outcome(register) == "rotation-needed"
            assert min(register_floors(register)[epoch] for epoch in range(first, register.epoch + 1)) < first


def register_floors(register: Register) -> dict[int, int]:
    """Before the last act."""
    shorter = register.fork()
    shorter.entries.pop()
    return dict(shorter.replay().floors)


def test_key_change_is_due_until_the_new_epoch() -> None:
    register, body = joined(Role.READER)
    assert not register.replay().key_change_due(NOW)
    register.revoke(bob(), body)
    assert register.replay().key_change_due(NOW)
    register.rotate(alice())
    assert not register.replay().key_change_due(NOW)


def test_key_change_is_due_when_a_time_is_over_and_not_before() -> None:
    register, _ = joined(Role.READER, not_after=NOW + DAY)
    membership = register.replay()
    assert not membership.key_change_due(NOW + DAY)
    assert membership.key_change_due(NOW + DAY + timedelta(seconds=1))


def test_no_key_change_is_due_for_a_changed_role_a_new_card_or_a_withdrawn_proposal() -> None:
    register, reader = joined(Role.READER)
    sender = register.body(bob(), Role.SENDER)
    register.grant(alice(), sender, ends=[reader])
    card = renewed(bob())
    register.act(LogKind.CERT_CHANGE, card, [register.body(card, Role.SENDER)], ends=[sender])
    assert not register.replay().key_change_due(NOW)
    register.grant(alice(), register.body(chloe(), Role.MANAGER))
    proposed = register.body(denis(), Role.MANAGER)
    register.grant(alice(), proposed)
    register.revoke(alice(), proposed)
    assert not register.replay().key_change_due(NOW)


def test_key_change_is_due_when_a_grant_ends_somebody_else() -> None:
    register, reader = joined(Role.READER)
    register.grant(alice(), register.body(chloe()), ends=[reader])
    assert register.replay().key_change_due(NOW)


def test_member_keeps_from_when_and_by_whom_through_the_epochs() -> None:
    register, body = joined(Role.READER)
    register.time = NOW + DAY
    register.rotate(alice())
    carried = [one for one in register.replay().active if one.body.holder == body.holder]
    assert [(one.seq, one.since, one.by.name, one.state) for one in carried] == [(1, NOW, "Alice Martin", State.ACTIVE)]
    assert carried[0].body.epoch == 2


def test_who_may_rotate() -> None:
    register = Register.opened()
    bodies = [register.body(bob(), Role.MANAGER, history_from_epoch=2), register.body(chloe())]
    register.rotate(alice(), *bodies)
    membership = register.replay()
    people = {
        name: (person.identity.id_type, person.identity.id_value)
        for name, person in (("a", alice()), ("b", bob()), ("c", chloe()))
    }
    assert {name: membership.may_rotate(one, NOW) for name, one in people.items()} == {
        "a": True,
        "b": False,
        "c": False,
    }


def test_log_without_a_genesis_is_refused() -> None:
    register, _ = joined(Role.READER)
    for entries, reason in (([], "gap"), (register.verified()[1:], "gap")):
        with pytest.raises(LogRefused) as refused:
            replay(entries, register.bodies, register.bindings)
        assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"role": Role.MANAGER}, "holder-not-owner"),
        ({"encryption_spki": bytes(32)}, "certificate-mismatch"),
        ({"epoch": 2}, "mailbox-mismatch"),
        ({"history_from_epoch": 2}, "rotation-needed"),
    ],
)
def test_genesis_keeps_its_rules(change: dict[str, object], reason: str) -> None:
    register = Register()
    register.new_epoch()
    body = replace(register.body(alice(), Role.OWNER), **change)  # type: ignore[arg-type]
    register.act(LogKind.GENESIS, alice(), [body], register.binding(alice().identity))
    assert outcome(register) == reason


def test_genesis_signed_by_somebody_else_is_refused() -> None:
    register = Register()
    register.new_epoch()
    register.act(LogKind.GENESIS, bob(), [register.body(alice(), Role.OWNER)], register.binding(alice().identity))
    assert outcome(register) == "identity-mismatch"


def test_members_are_found_by_their_body() -> None:
    register, body = joined(Role.READER)
    membership = register.replay()
    assert membership.member(body.digest).body.holder.name == "Bob Durand"
    with pytest.raises(ActRefused):
        membership.member(bytes(32))


def test_officers_passkeys_and_cards_are_not_taken_for_one_another() -> None:
    from bridge.cms.members import person_of

    owner = ("RPPS", "1")
    nobody = Holder(HolderKind.OFFICER, bytes(32), "RPPS", "1", "")
    assert person_of(nobody, owner) == ("officer", bytes(32).hex())
    assert person_of(replace(nobody, kind=HolderKind.PASSKEY), None) == owner
    assert person_of(replace(nobody, kind=HolderKind.PASSKEY, id_value=""), owner) == owner
    assert person_of(replace(nobody, kind=HolderKind.CARD, id_value=""), owner) == ("certificate", bytes(32).hex())


def test_entry_is_read_again_as_it_was_verified() -> None:
    register, body = joined(Role.READER)
    register.revoke(alice(), body)
    entry = verify_entry(register.entries[-1], validate_signer=register.validate).entry
    assert (entry.ends, entry.subject) == ((body.digest,), None)


def test_act_of_its_own_making_keeps_its_shape() -> None:
    """Who applies an act before it is stored gets the same word."""
    register, body = joined(Role.READER)
    before = register.replay()
    register.revoke(alice(), body, body)
    with pytest.raises(ActRefused) as refused:
        apply_act(before, Act(register.verified()[-1], ()))
    assert refused.value.reason == "malformed"


def test_identifier_that_only_a_mailbox_certificate_claims_proves_nobody() -> None:
    """A validator that lets the mailbox key pass for Alice's: it signs for nobody, and vouches for nothing."""
    register, _ = joined(Role.READER)
    register.grant(None, register.body(chloe()))
    claimed = replace(alice().identity, level="passkey")
    entries = [
        verify_entry(
            one, validate_signer=lambda certificate, *_: register.people.get(certificate_sha256(certificate), claimed)
        )
        for one in register.entries
    ]
    with pytest.raises(ActRefused) as refused:
        replay(entries, register.bodies, register.bindings)
    assert refused.value.reason == "signer-not-manager"


@pytest.mark.parametrize(
    ("name", "waiting"),
    [
        ("a third manager waits for the second", [(chloe, Role.MANAGER)]),
        ("one of two managers makes the other an owner, whom nobody else could confirm", [(chloe, Role.OWNER)]),
        ("one of two managers adds a card of the other, which nobody else could confirm", []),
        ("one of three managers adds a card of another, which waits for the third", [(bob, Role.MANAGER)]),
    ],
)
def test_a_manager_waits_only_where_a_third_could_confirm(name: str, waiting: list) -> None:
    pending = CASES[name][0]().replay().pending
    assert [(one.body.holder.id_value, one.body.role) for one in pending] == [
        (person().holder.id_value, role) for person, role in waiting
    ]
