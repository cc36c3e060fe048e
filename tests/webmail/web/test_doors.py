"""What every response carries and whom every route refuses, found by walking the URLconf (security.md tests 65, 66)."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from tests.webmail.practitioner import HOST, Practitioner, browser

NO_ID = "0" * 32
PAGES = {"mail/", "held/"}
ROUTES = [str(pattern.pattern) for pattern in get_resolver("webmail.urls").url_patterns]


def path_of(route: str, account_id: str = NO_ID, blob_id: str = NO_ID) -> str:
    return "/" + route.replace("<id:account_id>", account_id).replace("<id:blob_id>", blob_id)


def checked(response: Any) -> None:
    """The headers that no response goes without."""
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize("route", ROUTES)
def test_every_response_carries_the_policy(db: None, server: Any, route: str, verb: str) -> None:
    checked(getattr(browser(), verb)(path_of(route)))


@pytest.mark.parametrize("path", ["/nothing", "/static/x/y.js", "/jmap/upload/short", "/%00", "/auth/card/../x"])
def test_every_error_carries_the_policy(db: None, path: str) -> None:
    response = browser().get(path)
    assert response.status_code == 404
    checked(response)


def test_unknown_host_carries_the_policy(db: None) -> None:
    response = Client(HTTP_HOST="evil.example").get("/")
    assert response.status_code == 400
    checked(response)


def test_crash_carries_the_policy_and_tells_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash() -> list[bytes]:
        raise RuntimeError("Emma Petit")

    monkeypatch.setattr("webmail.trust.crls", crash)
    client = browser()
    client.raise_request_exception = False
    response = client.get("/trust/crls")
    assert response.status_code == 500
    checked(response)
    assert b"Emma" not in response.content


@pytest.mark.negative(65)
@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith(("jmap", ".well-known"))])
def test_nobody_gets_nothing(db: None, route: str) -> None:
    client = browser()
    response = client.get(path_of(route))
    if response.status_code == 405:
        response = client.post(path_of(route), "{}", content_type="application/json")
    assert response.status_code == 401
    assert response.json() == {"error": "session-expired"}


@pytest.mark.parametrize("route", sorted(PAGES))
def test_nobody_is_sent_to_the_login(db: None, route: str) -> None:
    assert browser().get(f"/{route}").headers["Location"] == "/"


def test_shells_hold_no_data(alice: Practitioner) -> None:
    alice.log_in()
    for route in ("mail/", "held/"):
        page = alice.client.get(f"/{route}").content.decode()
        enrolment = alice.holder.enrolment
        for value in (enrolment.name, enrolment.id_value, alice.mailbox.address, alice.account_id):
            assert value not in page


@pytest.mark.negative(65)
def test_other_peoples_mailboxes_do_not_exist(alice: Practitioner, bob: Practitioner) -> None:
    alice.log_in()
    blob_id = alice.upload(b"sealed")
    bob.log_in()
    for response in (
        bob.client.get(f"/jmap/download/{alice.account_id}/{blob_id}"),
        bob.client.get(f"/jmap/download/{bob.account_id}/{blob_id}"),
        bob.client.post(f"/jmap/upload/{alice.account_id}", b"x", content_type="application/octet-stream"),
    ):
        assert (response.status_code, response.json()) == (404, {"error": "not-found"})


UNSAFE = [route for route in ROUTES if route.startswith(("auth/", "open/c", "jmap/api", "jmap/upload"))]


@pytest.mark.negative(66)
@pytest.mark.parametrize("route", UNSAFE)
def test_unsafe_verb_without_token_is_refused(alice: Practitioner, route: str) -> None:
    alice.log_in()
    alice.client.handler.enforce_csrf_checks = True
    response = alice.client.post(path_of(route, alice.account_id), "{}", content_type="application/json")
    assert (response.status_code, response.json()["error"]) == (403, "origin-refused")


@pytest.mark.negative(66)
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://evil.localhost:8000", "null", "http://localhost:8001"]
)
@pytest.mark.parametrize("route", UNSAFE)
def test_unsafe_verb_from_another_origin_is_refused(
    alice: Practitioner, settings: Any, route: str, origin: str
) -> None:
    settings.PLI_ORIGINS = ["http://localhost:8000", "http://*.localhost:8000"]
    settings.CSRF_TRUSTED_ORIGINS = settings.PLI_ORIGINS
    alice.log_in()
    path = path_of(route, alice.account_id)
    response = alice.client.post(path, "{}", content_type="application/json", headers={"Origin": origin})
    assert (response.status_code, response.json()["error"]) == (403, "origin-refused")
    assert alice.client.get("/.well-known/jmap").status_code == 200


def test_unsafe_verb_with_the_cookies_token_passes(alice: Practitioner) -> None:
    client = browser(enforce_csrf_checks=True)
    client.get("/")
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value, "Origin": f"http://{HOST}"}
    response = client.post("/auth/challenge", "{}", content_type="application/json", headers=headers)
    assert response.status_code == 200


def test_form_cannot_speak_json(alice: Practitioner) -> None:
    response = alice.client.post("/auth/challenge", json.dumps({}), content_type="text/plain")
    assert response.status_code == 415


def test_session_cookie_is_out_of_reach(alice: Practitioner) -> None:
    alice.log_in()
    cookie = alice.client.cookies["pli_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"


@pytest.mark.parametrize("body", ["{", "[]", '"x"', "1e999", "\xff", '{"a":1}', "[" * 100_000])
def test_malformed_body_is_refused(db: None, body: str) -> None:
    response = browser().post("/auth/challenge", body.encode("latin-1"), content_type="application/json")
    assert (response.status_code, response.json()["error"]) == (400, "request-invalid")


def test_huge_body_is_refused(db: None) -> None:
    response = browser().post("/auth/challenge", b" " * 1_000_001, content_type="application/json")
    assert response.status_code == 413
