"""To whom no act gives keys, whatever its signer's page still believes: lost and revoked cards, people who left."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils import timezone

from bridge.cms.grants import HolderKind, Role, holder_reference, parse_grant
from bridge.pki.certificates import spki, spki_sha256
from tests.webmail.ledger import Ledger, caller_for, card_share, key_share
from webmail import trust
from webmail.domain import authenticate, credentials, key_change, memberships, recovery_login
from webmail.domain.errors import ActRefused, LoginRefused
from webmail.domain.membership_log import membership_of
from webmail.models import Credential, Grant, GrantBody, LogEntry, Person


@pytest.fixture
def alice(practice):
    return Ledger(practice.open("alice"), practice.holder("alice"))


@pytest.fixture
def bob(practice):
    practice.open("bob")
    return practice.holder("bob")


def refused(ledger: Ledger, act, caller=None) -> str:
    entries = LogEntry.objects.filter(account_id=ledger.account_id).count()
    with pytest.raises(ActRefused) as caught:
        ledger.append(act, caller)
    assert LogEntry.objects.filter(account_id=ledger.account_id).count() == entries
    return caught.value.reason


def block(ledger: Ledger, holder) -> None:
    row = Credential.objects.get(reference=holder.enrolment.reference)
    credentials.block(caller_for(row.person_id), row.id)


def test_a_card_reported_lost_gets_no_grant(alice, bob):
    block(alice, bob)
    assert refused(alice, alice.grant(card_share(bob))) == "holder-blocked"


def test_a_card_reported_lost_meanwhile_gets_no_new_keys(alice, bob):
    act = alice.grant(card_share(bob))
    alice.append(act)
    alice.know(bob)
    begun = alice.rotation()
    block(alice, bob)
    assert refused(alice, begun) == "holder-blocked"
    alice.append(alice.rotation(ends=[parse_grant(act.grants[0]).body_hash]))


def test_a_revoked_card_gets_no_grant(alice, practice):
    rene = practice.holder("rene")
    person = Person.objects.create(
        id="e" * 32,
        level="card",
        id_type="RPPS",
        id_value=rene.enrolment.id_value,
        name=rene.enrolment.name,
        created_at=timezone.now(),
    )
    authenticate.add_card(person, rene.enrolment.certificate)
    assert refused(alice, alice.grant(card_share(rene))) == "holder-revoked"


def test_a_card_nobody_knows_here_is_its_granters_word(alice, practice):
    assert alice.append(alice.grant(card_share(practice.newcomer(1)))) == 1


def test_who_left_gets_no_grant_by_another_card(alice, practice):
    gone = practice.newcomer(71)
    practice.open_for(gone, "chloe@pli.example")
    Person.objects.filter(id_value=gone.enrolment.id_value).update(left_at=timezone.now())
    assert refused(alice, alice.grant(card_share(practice.newcomer(71)))) == "holder-left"


class Claimed:
    """A code of Bob's mailbox whose key is the one of a way into Alice's: what he learnt as her delegate."""

    def __init__(self, alice: Ledger, practice):
        self.alice, self.bob = alice, Ledger(practice.open("bob"), practice.holder("bob"))
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        self.spki, self.reference = spki(key), spki_sha256(key)
        self.hers = self._admit(self.alice)
        self.his = self._admit(self.bob)

    def _admit(self, ledger: Ledger):
        share = key_share(self.spki, self.reference, HolderKind.RECOVERY, ledger.owner.enrolment, Role.OWNER)
        act, self.login = ledger.grant(share), ec.generate_private_key(ec.SECP256R1())
        ledger.append(replace(act, login_key=_octets(self.login.public_key())))
        return parse_grant(act.grants[0]).body_hash

    def code_of(self, ledger: Ledger) -> Credential:
        return Credential.objects.get(kind="recovery", person_id=ledger.mailbox.person.id)


def _octets(key) -> bytes:
    numbers = key.public_numbers()
    return b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


@pytest.fixture
def claimed(alice, practice):
    return Claimed(alice, practice)


def test_blocking_ones_own_code_takes_nothing_from_whom_it_was_copied(claimed):
    credentials.block(claimed.bob.caller, claimed.code_of(claimed.bob).id)
    assert Grant.objects.get(body_id=claimed.his.hex()).revoked_at is not None
    assert Grant.objects.get(body_id=claimed.hers.hex()).revoked_at is None
    assert not key_change.is_due(claimed.alice.account_id)


def test_ones_own_code_does_not_come_in_by_the_address_it_was_copied_from(claimed):
    challenge = authenticate.issue_challenge("session")
    signed = claimed.login.sign(recovery_login.statement("origin", challenge), ec.ECDSA(SHA256()))
    signature = b"".join(half.to_bytes(32, "big") for half in decode_dss_signature(signed))
    with pytest.raises(LoginRefused) as caught:
        recovery_login.log_in("alice@pli.example", signature, challenge=challenge, session="session", origin="origin")
    assert caught.value.code == "code-refused"
    assert not key_change.is_due(claimed.alice.account_id)


def test_ending_ones_own_code_retires_nobody_elses(claimed):
    claimed.bob.append(claimed.bob.revoke(claimed.his))
    assert claimed.code_of(claimed.bob).retired_at is not None
    assert claimed.code_of(claimed.alice).retired_at is None
    assert GrantBody.objects.filter(id=claimed.hers.hex()).exists()


class Ward:
    """Alice's mailbox, which she opens with two cards, the second past its end, and which Bob manages."""

    def __init__(self, alice: Ledger, bob, practice):
        self.alice, self.bob, self.second = alice, bob, practice.holder("erin")
        self.second.enrolment = replace(self.second.enrolment, id_value=alice.owner.enrolment.id_value)
        authenticate.add_card(alice.mailbox.person, self.second.enrolment.certificate)
        alice.append(alice.grant(card_share(bob, Role.MANAGER), card_share(self.second, Role.OWNER)))
        alice.know(bob, self.second)
        self.manager = caller_for(alice.person(bob).id)

    def leave_out(self, holder):
        reference = holder_reference(holder.recipient)
        (body,) = [one for one in membership_of(self.alice.account_id).active if one.body.holder.reference == reference]
        return self.alice.rotation(signer=self.bob, caller=self.manager, ends=[body.digest])


@pytest.fixture
def ward(alice, bob, practice):
    return Ward(alice, bob, practice)


@pytest.mark.negative(3)
def test_a_manager_takes_no_living_card_from_an_owner(ward):
    assert refused(ward.alice, ward.leave_out(ward.alice.owner), ward.manager) == "owner-ended"


def test_a_manager_changes_the_keys_without_the_lost_card_of_an_owner(ward):
    block(ward.alice, ward.alice.owner)
    with pytest.raises(ActRefused, match="holder-blocked"):
        ward.alice.append(ward.alice.rotation(signer=ward.bob, caller=ward.manager), ward.manager)
    assert ward.alice.append(ward.leave_out(ward.alice.owner), ward.manager) == 2
    held = Grant.objects.filter(account_id=ward.alice.account_id, epoch=2, role="owner")
    assert [row.holder_reference for row in held] == [holder_reference(ward.second.recipient).hex()]


def test_a_manager_changes_the_keys_without_an_owners_card_that_expired(ward):
    assert ward.alice.append(ward.leave_out(ward.second), ward.manager) == 2


def hashes(ledger: Ledger, *holders) -> set[str]:
    """Names of the grants in force for these cards."""
    references = {holder_reference(one.recipient) for one in holders}
    active = membership_of(ledger.account_id).active
    return {one.digest.hex() for one in active if one.body.holder.reference in references}


def test_only_a_card_past_its_end_is_said_to_be_over(ward):
    """What is said to be over is left out of the next epoch: no living card of the same person, or of another, may be."""
    ended = memberships.blocked(ward.alice.account_id)
    assert set(ended) == hashes(ward.alice, ward.second)
    assert set(ended.values()) == {ward.second.recipient.certificate.not_valid_after_utc}


def test_an_old_certificate_of_somebody_else_ends_no_card(alice, bob, practice):
    """Bob is said to have had a card that is past its end: it is not the one that his grant names."""
    alice.append(alice.grant(card_share(bob)))
    authenticate.add_card(alice.person(bob), practice.holder("erin").enrolment.certificate)
    assert memberships.blocked(alice.account_id) == {}
    Credential.objects.filter(reference=bob.enrolment.reference).delete()
    assert memberships.blocked(alice.account_id) == {}


def test_a_revoked_card_is_over_and_holds_nobody_up(alice, bob, monkeypatch):
    act = alice.grant(card_share(bob, Role.MANAGER))
    alice.append(act)
    alice.know(bob)
    monkeypatch.setattr(trust, "revoked", lambda one: one == bob.recipient.certificate)
    over = memberships.blocked(alice.account_id)
    assert set(over) == hashes(alice, bob) == {parse_grant(act.grants[0]).body_hash.hex()}
    assert alice.append(alice.rotation(ends=[bytes.fromhex(one) for one in over])) == 2
    assert memberships.blocked(alice.account_id) == {}


def test_an_owner_whose_only_card_expired_keeps_the_keys_from_changing(alice, bob, monkeypatch):
    """As one whose only card is lost: an owner is ended by no manager, whatever the server says of his card."""
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    alice.know(bob)
    manager = caller_for(alice.person(bob).id)
    monkeypatch.setattr(trust, "revoked", lambda one: one == alice.owner.recipient.certificate)
    over = [bytes.fromhex(one) for one in memberships.blocked(alice.account_id)]
    assert over == [bytes.fromhex(one) for one in hashes(alice, alice.owner)]
    assert refused(alice, alice.rotation(signer=bob, caller=manager, ends=over), manager) == "owner-ended"


def test_an_owner_whose_only_card_is_lost_keeps_the_keys_from_changing(alice, bob):
    """Where nothing else of his is left, only he, with a new card, or another owner ends it."""
    alice.append(alice.grant(card_share(bob, Role.MANAGER)))
    alice.know(bob)
    manager = caller_for(alice.person(bob).id)
    block(alice, alice.owner)
    (body,) = [one for one in membership_of(alice.account_id).active if one.body.role is Role.OWNER]
    act = alice.rotation(signer=bob, caller=manager, ends=[body.digest])
    assert refused(alice, act, manager) == "owner-ended"
