"""Passkeys: registration and login by a software authenticator, and the answers that must not open a session."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.webmail.practitioner import Practitioner
from tests.webmail.web.authenticator import Authenticator
from webmail.domain.authenticate import Passkey, add_passkey
from webmail.models import AccessEvent, Credential, Person, Tenant

PAUL = {"name": "Paul Petit", "address": "paul@pli.example"}


def refused(answer: Any, code: str) -> None:
    assert (answer.status_code, answer.json()["error"]) == (403, code)


@pytest.fixture
def paul(practice: Any) -> Practitioner:
    return Practitioner(practice.passkey_holder())


@pytest.fixture
def key() -> Authenticator:
    return Authenticator()


def register(person: Practitioner, key: Authenticator) -> Any:
    options = person.post("/auth/passkey/register/options", PAUL).json()
    return person.post("/auth/passkey/register", key.register(options))


@pytest.fixture
def owner(practice: Any, key: Authenticator) -> Practitioner:
    """Somebody with a mailbox whose passkey `key` is."""
    mailbox = practice.open("Paul Petit", "paul@pli.example")
    passkey = Passkey(key.credential_id, key._cose_key(), b"s" * 32, 0)
    add_passkey(mailbox.person, passkey)
    return Practitioner(practice.passkey_holder(), mailbox)


def log_in(person: Practitioner, key: Authenticator) -> Any:
    options = person.post("/auth/passkey/options").json()
    return person.post("/auth/passkey", key.answer(options))


@pytest.mark.capability("CN4")
def test_registration_asks_for_verification_and_prf(paul: Practitioner) -> None:
    options = paul.post("/auth/passkey/register/options", PAUL).json()
    assert options["rp"]["id"] == "localhost"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert len(options["extensions"]["prf"]["eval"]["first"]) == 43
    assert options["user"]["id"]


def test_registration_starts_enrolling(paul: Practitioner, key: Authenticator) -> None:
    answer = register(paul, key)
    assert answer.json() == {"status": "enrolling", "suggestedAddress": "paul@pli.example"}
    assert not Credential.objects.exists()


def test_same_salt_at_registration_and_login(paul: Practitioner) -> None:
    made = paul.post("/auth/passkey/register/options", PAUL).json()["extensions"]["prf"]
    used = paul.post("/auth/passkey/options").json()["extensions"]["prf"]
    assert used == made


def test_passkey_opens_the_session(owner: Practitioner, key: Authenticator) -> None:
    assert log_in(owner, key).json() == {"status": "ok", "next": "/mail/"}
    session = owner.client.get("/.well-known/jmap").json()
    assert list(session["accounts"]) == [owner.account_id]


def test_options_when_logged_in_name_the_own_passkeys(owner: Practitioner, key: Authenticator) -> None:
    log_in(owner, key)
    options = owner.post("/auth/passkey/options").json()
    own = key.register({"challenge": "x"})["id"]
    assert own in {descriptor["id"] for descriptor in options["allowCredentials"]}
    assert own in options["extensions"]["prf"]["evalByCredential"]


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"verifies": False},
        {"origin": "http://localhost:8001"},
    ],
)
def test_assertion_for_elsewhere_or_without_verification(
    owner: Practitioner, key: Authenticator, lie: dict[str, Any]
) -> None:
    for name, value in lie.items():
        setattr(key, name, value)
    refused(log_in(owner, key), "passkey-refused")
    assert owner.client.get("/.well-known/jmap").status_code == 401


@pytest.mark.parametrize("lie", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"verifies": False}])
def test_registration_for_elsewhere_or_without_verification(
    paul: Practitioner, key: Authenticator, lie: dict[str, Any]
) -> None:
    for name, value in lie.items():
        setattr(key, name, value)
    refused(register(paul, key), "passkey-refused")


def test_unknown_passkey(owner: Practitioner) -> None:
    refused(log_in(owner, Authenticator()), "passkey-unknown")


def test_signature_of_another_key(owner: Practitioner, key: Authenticator) -> None:
    refused(log_in(owner, Authenticator(credential_id=key.credential_id)), "passkey-refused")


def test_assertion_is_good_once(owner: Practitioner, key: Authenticator) -> None:
    options = owner.post("/auth/passkey/options").json()
    assertion = key.answer(options)
    assert owner.post("/auth/passkey", assertion).status_code == 200
    owner.post("/auth/logout")
    refused(owner.post("/auth/passkey", assertion), "challenge-expired")


def test_assertion_of_another_session(owner: Practitioner, key: Authenticator) -> None:
    assertion = key.answer(owner.post("/auth/passkey/options").json())
    thief = Practitioner(owner.holder)
    refused(thief.post("/auth/passkey", assertion), "challenge-expired")
    thief.post("/auth/passkey/options")
    refused(thief.post("/auth/passkey", assertion), "passkey-refused")


def test_registration_challenge_does_not_log_in(owner: Practitioner, key: Authenticator) -> None:
    options = owner.post("/auth/passkey/register/options", PAUL).json()
    refused(owner.post("/auth/passkey", key.answer(options)), "challenge-expired")


def test_copied_authenticator_is_noticed(owner: Practitioner, key: Authenticator) -> None:
    key.counter = 5
    assert log_in(owner, key).status_code == 200
    owner.post("/auth/logout")
    refused(log_in(owner, key), "passkey-refused")


@pytest.mark.parametrize("member", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("value", ["", "AA", "-_-_"])
def test_malformed_assertion(owner: Practitioner, key: Authenticator, member: str, value: str) -> None:
    assertion = key.answer(owner.post("/auth/passkey/options").json())
    assertion["response"][member] = value
    refused(owner.post("/auth/passkey", assertion), "passkey-refused")


@pytest.mark.parametrize("value", ["", "AA", "oA", "o2NmbXRkbm9uZQ", "AQ", "gA"])
def test_malformed_attestation(paul: Practitioner, key: Authenticator, value: str) -> None:
    credential = key.register(paul.post("/auth/passkey/register/options", PAUL).json())
    credential["response"]["attestationObject"] = value
    refused(paul.post("/auth/passkey/register", credential), "passkey-refused")


@pytest.mark.parametrize("changes", [{"more": 1}, {"type": "other"}, {"rawId": "a b"}, {"response": {}}])
def test_body_of_another_shape(owner: Practitioner, key: Authenticator, changes: dict[str, Any]) -> None:
    assertion = key.answer(owner.post("/auth/passkey/options").json())
    answer = owner.post("/auth/passkey", assertion | changes)
    assert (answer.status_code, answer.json()["error"]) == (400, "request-invalid")


def test_who_is_logged_in_adds_a_passkey_to_himself(alice: Practitioner, key: Authenticator) -> None:
    alice.log_in()
    answer = register(alice, key).json()
    assert answer["status"] == "added"
    assert AccessEvent.objects.filter(act="credential-added").count() == 1
    row = Credential.objects.get(id=answer["id"])
    assert (row.person_id, row.kind, row.name) == (alice.mailbox.person.id, "passkey", PAUL["name"])
    assert log_in(alice, key).json() == {"status": "ok", "next": "/mail/"}
    excluded = alice.post("/auth/passkey/register/options", PAUL).json()["excludeCredentials"]
    assert len(excluded) == 1


def test_a_further_passkey_wants_a_fresh_proof(alice: Practitioner, key: Authenticator) -> None:
    alice.log_in()
    session = alice.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    answer = register(alice, key)
    assert (answer.status_code, answer.json()["error"]) == (403, "step-up-required")
    assert not Credential.objects.filter(kind="passkey").exists()


def test_where_the_card_is_required_no_passkey_logs_in_or_is_added(
    alice: Practitioner, owner: Practitioner, key: Authenticator
) -> None:
    tenant = Tenant.objects.create(
        id="a" * 32, name="Ward", domain="pli.example", card_required=True, created_at=timezone.now()
    )
    Person.objects.update(tenant_id=tenant.id)
    refused(log_in(owner, key), "card-required")
    assert owner.client.get("/.well-known/jmap").status_code == 401
    alice.log_in()
    refused(register(alice, Authenticator()), "card-required")
    other = Practitioner(owner.holder)
    refused(other.post("/auth/passkey/register/options", PAUL), "card-required")
    Tenant.objects.update(card_required=False)
    register(other, Authenticator())
    Tenant.objects.update(card_required=True)
    certify = {"address": "new@pli.example", "encryptionRequest": "MAA=", "signatureRequest": "MAA="}
    answer = other.post("/open/certify", certify)
    assert (answer.status_code, answer.json()["error"]) == (400, "card-required")


def test_where_the_bridge_is_required_nobody_comes_in_by_a_passkey_alone(
    alice: Practitioner, owner: Practitioner, key: Authenticator
) -> None:
    """What would open the keys in the browser; beside a card a passkey may be added and opens in the bridge."""
    assert log_in(owner, key).status_code == 200
    tenant = Tenant.objects.create(
        id="a" * 32, name="Ward", domain="pli.example", no_bridge_allowed=False, created_at=timezone.now()
    )
    Person.objects.update(tenant_id=tenant.id)
    assert owner.client.get("/.well-known/jmap").status_code == 401
    refused(log_in(owner, key), "bridge-required")
    alice.log_in()
    assert register(alice, Authenticator()).status_code == 200
    refused(Practitioner(owner.holder).post("/auth/passkey/register/options", PAUL), "bridge-required")
