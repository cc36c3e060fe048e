"""Login by card: what opens the session, and the tokens that must not (security.md tests 63, 64)."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from bridge.pki.web_eid import sign_input
from tests.webmail.practitioner import ORIGIN, Practitioner
from webmail.models import AccessEvent, Challenge


def refused(answer: Any, code: str, status: int = 403) -> None:
    assert (answer.status_code, answer.json()["error"]) == (status, code)


@pytest.mark.capability("CN4")
def test_card_opens_the_session(alice: Practitioner) -> None:
    assert alice.log_in() == {"status": "ok", "next": "/mail/"}
    assert alice.client.get("/mail/").status_code == 200
    assert AccessEvent.objects.filter(account_id=alice.account_id, act="login").count() == 1


def test_card_without_account_starts_enrolling(practice: Any) -> None:
    bob = Practitioner(practice.holder("bob"))
    found = bob.log_in()
    assert found["status"] == "unknown"
    assert found["rppsNumber"] == bob.holder.enrolment.id_value
    assert found["suggestedAddress"].endswith("@pli.example")
    assert bob.client.get("/mail/").status_code == 302


@pytest.mark.negative(63)
def test_token_is_good_once(alice: Practitioner) -> None:
    token = alice.holder.token(alice.challenge(), ORIGIN)
    assert alice.post("/auth/card", {"token": token}).status_code == 200
    alice.post("/auth/logout")
    refused(alice.post("/auth/card", {"token": token}), "challenge-expired")


def test_refused_token_spends_its_challenge(alice: Practitioner) -> None:
    challenge = alice.challenge()
    bad = alice.holder.token(challenge, "https://evil.example")
    refused(alice.post("/auth/card", {"token": bad}), "token-invalid")
    refused(alice.post("/auth/card", {"token": alice.holder.token(challenge, ORIGIN)}), "challenge-expired")


@pytest.mark.negative(63)
def test_expired_challenge_is_refused(alice: Practitioner) -> None:
    token = alice.holder.token(alice.challenge(), ORIGIN)
    Challenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(alice.post("/auth/card", {"token": token}), "challenge-expired")


@pytest.mark.negative(63)
def test_token_of_another_session_is_refused(alice: Practitioner) -> None:
    token = alice.holder.token(alice.challenge(), ORIGIN)
    thief = Practitioner(alice.holder)
    thief.challenge()
    refused(thief.post("/auth/card", {"token": token}), "token-invalid")


@pytest.mark.negative(63)
def test_token_for_another_origin_is_refused(alice: Practitioner) -> None:
    token = alice.holder.token(alice.challenge(), "https://look-alike.example")
    refused(alice.post("/auth/card", {"token": token}), "token-invalid")


@pytest.mark.negative(63)
def test_token_with_another_algorithm_is_refused(alice: Practitioner) -> None:
    token = alice.holder.token(alice.challenge(), ORIGIN) | {"algorithm": "ES256"}
    refused(alice.post("/auth/card", {"token": token}), "token-invalid")


@pytest.mark.negative(63)
def test_signature_certificate_does_not_log_in(alice: Practitioner) -> None:
    signer = alice.holder.signer
    token = alice.holder.token(alice.challenge(), ORIGIN)
    challenge = alice.challenge()
    token["unverifiedCertificate"] = base64.b64encode(signer.certificate.public_bytes(Encoding.DER)).decode()
    token["signature"] = base64.b64encode(signer.sign(sign_input(ORIGIN, challenge, "RS256"))).decode()
    refused(alice.post("/auth/card", {"token": token}), "wrong-key-usage")


@pytest.mark.parametrize(("card", "code"), [("erin", "certificate-expired"), ("rene", "certificate-revoked")])
def test_card_out_of_use_is_refused(practice: Any, card: str, code: str) -> None:
    person = Practitioner(practice.holder(card))
    token = person.holder.token(person.challenge(), ORIGIN)
    refused(person.post("/auth/card", {"token": token}), code)


@pytest.mark.parametrize("token", [{}, {"format": "web-eid:1.0"}, {"unverifiedCertificate": "AAAA"}])
def test_malformed_token_is_refused(alice: Practitioner, token: dict[str, str]) -> None:
    alice.challenge()
    refused(alice.post("/auth/card", {"token": token}), "token-invalid")


@pytest.mark.parametrize("body", [[], {}, {"token": 1}, {"token": {}, "more": 1}, "x", None, {"token": None}])
def test_body_of_another_shape_is_refused(alice: Practitioner, body: Any) -> None:
    answer = alice.client.post("/auth/card", json.dumps(body), content_type="application/json")
    refused(answer, "request-invalid", 400)


@pytest.mark.negative(64)
def test_login_changes_the_session_id(alice: Practitioner) -> None:
    alice.challenge()
    before = alice.client.cookies["pli_session"].value
    token = alice.holder.token(alice.challenge(), ORIGIN)
    alice.post("/auth/card", {"token": token})
    after = alice.client.cookies["pli_session"].value
    assert before != after
    fixed = Practitioner(alice.holder)
    fixed.client.cookies["pli_session"] = before
    assert fixed.client.get("/.well-known/jmap").status_code == 401


def test_logout_ends_the_session_for_every_copy_of_its_cookie(alice: Practitioner) -> None:
    alice.log_in()
    cookie = alice.client.cookies["pli_session"].value
    alice.post("/auth/logout")
    copy = Practitioner(alice.holder)
    copy.client.cookies["pli_session"] = cookie
    assert copy.client.get("/.well-known/jmap").status_code == 401


def test_second_person_finds_nothing_of_the_first(practice: Any, alice: Practitioner) -> None:
    alice.log_in()
    bob = Practitioner(practice.holder("bob"), practice.open("bob"), alice.client)
    bob.log_in()
    session = bob.client.get("/.well-known/jmap").json()
    assert list(session["accounts"]) == [bob.account_id]
