"""Login: what is refused, what is spent, who is found."""

import pytest

from webmail.domain import access, authenticate, look_up, trace_query, verify_trace
from webmail.domain.authenticate import Enrolment
from webmail.domain.caller import Caller
from webmail.domain.errors import LoginRefused
from webmail.models import Challenge, Credential, Membership

ORIGIN = "http://localhost:8000"


def login(holder, *, session="s", origin=ORIGIN, signed_origin=ORIGIN, challenge=None):
    challenge = challenge or authenticate.issue_challenge(session)
    token = holder.token(challenge, signed_origin)
    return authenticate.card_login(token, challenge=challenge, session=session, origin=origin)


def code(action):
    with pytest.raises(LoginRefused) as refused:
        action()
    return refused.value.code


def test_a_new_card_may_enrol(practice):
    found = login(practice.holder("alice"))
    assert found.person is None
    assert found.enrolment.id_value == practice.pki.cards["alice"].rpps_number
    assert Enrolment.from_session(found.enrolment.to_session()) == found.enrolment


@pytest.mark.capability("CN4", "CO4")
def test_a_known_card_logs_in_and_stands_in_the_trace(practice):
    alice = practice.open("alice")
    found = login(practice.holder("alice"))
    assert found.person == alice.person
    authenticate.note_login(Caller(found.person.id))
    assert trace_query.query(alice.account_id, trace_query.EVERYTHING).events[0].act == "login"
    assert verify_trace.verify(alice.account_id) == []


def test_a_renewed_card_is_the_same_person(practice):
    alice = practice.open("alice")
    Credential.objects.update(reference="0" * 64)
    assert login(practice.holder("alice")).person == alice.person
    assert Credential.objects.filter(person_id=alice.person.id).count() == 2


def test_the_name_of_the_card_counts_and_is_searched_by(practice):
    """A granter who wrote it otherwise named somebody who had never come."""
    alice = practice.open("alice")
    alice.person.name = "A. Martin-Écrit-Autrement"
    alice.person.save()
    assert [entry.name for entry in look_up.query("ecrit")] == ["A. Martin-Écrit-Autrement"]
    login(practice.holder("alice"))
    assert look_up.query("ecrit") == []
    assert [entry.address for entry in look_up.query("martin")] == [alice.address]


@pytest.mark.parametrize(("name", "expected"), [("erin", "certificate-expired"), ("rene", "certificate-revoked")])
def test_an_expired_or_revoked_card_is_refused_by_name(practice, name, expected):
    assert code(lambda: login(practice.holder(name))) == expected


def test_a_token_for_another_origin_is_refused(practice):
    assert code(lambda: login(practice.holder("alice"), signed_origin="https://evil.example")) == "token-invalid"


def test_a_challenge_is_spent_once(practice):
    alice, challenge = practice.holder("alice"), authenticate.issue_challenge("s")
    login(alice, challenge=challenge)
    assert code(lambda: login(alice, challenge=challenge)) == "challenge-expired"


def test_a_challenge_is_spent_by_a_bad_token(practice):
    alice, challenge = practice.holder("alice"), authenticate.issue_challenge("s")
    assert code(lambda: login(alice, challenge=challenge, signed_origin="https://evil.example")) == "token-invalid"
    assert code(lambda: login(alice, challenge=challenge)) == "challenge-expired"


def test_a_challenge_of_another_session_or_purpose_is_refused(practice):
    alice = practice.holder("alice")
    challenge = authenticate.issue_challenge("other")
    assert code(lambda: login(alice, challenge=challenge)) == "challenge-expired"
    registering = authenticate.issue_challenge("s", "passkey")
    assert code(lambda: login(alice, challenge=registering)) == "challenge-expired"


def test_a_challenge_lives_five_minutes(practice):
    from django.utils import timezone

    challenge = authenticate.issue_challenge("s")
    Challenge.objects.update(expires_at=timezone.now())
    assert code(lambda: authenticate.spend_challenge("s", challenge)) == "challenge-expired"


def test_a_signature_certificate_does_not_log_in(practice):
    from dataclasses import replace

    alice = practice.holder("alice")
    signature = alice.signer.certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    alice.enrolment = replace(alice.enrolment, certificate=signature.public_bytes(Encoding.DER))
    assert code(lambda: login(alice)) in ("wrong-key-usage", "token-invalid")


@pytest.mark.parametrize("token", [{}, {"format": "web-eid:1.0"}, {"unverifiedCertificate": 3}])
def test_a_malformed_token_is_refused(practice, token):
    challenge = authenticate.issue_challenge("s")
    assert (
        code(lambda: authenticate.card_login(token, challenge=challenge, session="s", origin=ORIGIN)) == "token-invalid"
    )


def test_a_passkey_counter_must_grow(practice):
    paul = practice.open("paul", "paul.petit@pli.example")
    credential = Credential.objects.get(person_id=paul.person.id)
    found = authenticate.passkey_of(bytes(credential.credential_id))
    assert authenticate.passkey_used(found, 5) == paul.person
    assert code(lambda: authenticate.passkey_used(found, 5)) == "passkey-refused"
    assert code(lambda: authenticate.passkey_of(b"unknown")) == "passkey-unknown"


def test_an_ended_membership_gives_no_access(practice):
    from django.utils import timezone

    alice = practice.open("alice")
    Membership.objects.update(not_after=timezone.now())
    assert access.accounts_of(Caller(alice.person.id)) == []
