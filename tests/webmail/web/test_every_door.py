"""Every route and every JMAP method against everybody who has no business there (security.md tests 65 and 66).

The tables of the server itself are walked: a new route or method that these tables do not name fails here first.
"""

import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.urls import get_resolver
from django.utils import timezone

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, caller_for, card_share
from tests.webmail.practitioner import CAPABILITIES, Practitioner, browser
from webmail.domain import credentials
from webmail.jmap.methods import METHODS
from webmail.models import Credential, Mailbox, Person, Tenant

ROUTES = [str(pattern.pattern) for pattern in get_resolver("webmail.urls").url_patterns]
NO_ID = "0" * 32
DER = "MAA="

# What a stranger gets at each route: a public page or list, a way in, a redirect to it, or nothing of a mailbox.
PUBLIC = {"", "open/", "bridge-check", "mail-frame.html", "trust/crls", "trust/anchors"}
ENTRANCES = {
    "auth/challenge",
    "auth/card",
    "auth/logout",
    "auth/recovery",
    "auth/passkey/options",
    "auth/passkey",
    "auth/passkey/register/options",
    "auth/passkey/register",
    "open/certify",
    "open/complete",
}
SHELLS = {"mail/", "held/"}
# Routes of somebody logged in: verb and body; "{account}" and "{blob}" are of the mailbox that is not his.
REQUESTS = {"encryptionRequest": DER, "signatureRequest": DER}
INSIDE: dict[str, tuple[str, Any]] = {
    "services/certify": ("post", {"kind": "ORG", "address": "x@pli.example", **REQUESTS}),
    "services/complete": ("post", {"mailboxId": "{account}", "grant": DER, "binding": DER, "logEntry": DER}),
    "keys/certify": ("post", {"accountId": "{account}", **REQUESTS}),
    ".well-known/jmap": ("get", None),
    "jmap/api": ("post", {"using": CAPABILITIES, "methodCalls": []}),
    "jmap/upload/<id:account_id>": ("post", "bytes"),
    "jmap/download/<id:account_id>/<id:blob_id>": ("get", None),
}
# Those that name no mailbox of another, and so answer anybody logged in.
OF_ONESELF = {"services/certify", "services/complete", ".well-known/jmap", "jmap/api"}

# For each JMAP method arguments that its shape takes, besides accountId.
SET: dict[str, Any] = {"create": {"new": {}}, "update": {NO_ID: {}}, "destroy": [NO_ID]}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "Email/get": {"ids": [NO_ID]},
    "Email/changes": {"sinceState": "0"},
    "Email/query": {},
    "Email/queryChanges": {"sinceQueryState": "0"},
    "Email/set": {"update": {NO_ID: {}}, "destroy": [NO_ID]},
    "Email/import": {"emails": {}},
    "Email/reseal": {"update": {}},
    "Mailbox/get": {},
    "Mailbox/changes": {"sinceState": "0"},
    "Mailbox/query": {},
    "Mailbox/set": SET,
    "Thread/get": {"ids": [NO_ID]},
    "Identity/get": {},
    "EmailSubmission/get": {},
    "EmailSubmission/changes": {"sinceState": "0"},
    "EmailSubmission/set": SET,
    "MailboxKey/get": {},
    "Grant/get": {},
    "MembershipLog/get": {},
    "Membership/append": {"logEntry": DER},
    "Member/get": {},
    "Member/block": {"bodyHash": DER},
    "Invitation/get": {},
    "Invitation/set": SET,
    "Duty/get": {},
    "Duty/set": {"roster": "x"},
    "Share/get": {},
    "SealedObject/get": {},
    "SealedObject/changes": {"sinceState": "0"},
    "SealedObject/set": SET,
    "SignatureBook/get": {},
    "SignatureBook/changes": {"sinceState": "0"},
    "SignatureBook/set": SET,
    "Directory/query": {"text": "Martin"},
    "Directory/lookup": {"addresses": []},
    "Directory/card": {},
    "AccessEvent/query": {},
    "AccessEvent/report": {"reports": []},
    "AccessEvent/export": {"signed": False},
    "Account/export": {},
    "Account/set": {"perPersonUnread": True},
    "Work/get": {},
    "Work/set": SET,
    "Work/changes": {"sinceState": "0"},
    "Held/get": {"emailId": NO_ID},
}
# Methods that decide by themselves whom they answer, and what each says of a mailbox that is not the caller's.
DECIDING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Core/echo": ({}, {}),
    "Credential/get": ({"ids": [NO_ID]}, {"list": [], "notFound": [NO_ID]}),
    "Credential/set": ({"destroy": [NO_ID]}, {"notDestroyed": {NO_ID: {"type": "notFound"}}}),
    "RecoveryPolicy/get": ({"address": "alice@pli.example"}, {"list": []}),
    "RecoveryRequest/get": ({}, {"list": []}),
    "RecoveryRequest/set": (
        {"create": {"r": {"request": DER}}, "update": {NO_ID: {"state": "open"}}},
        {"notCreated": {"r": {"type": "notFound"}}, "notUpdated": {NO_ID: {"type": "notFound"}}},
    ),
    "Tenant/get": ({"ids": None}, {"list": []}),
    "Tenant/set": ({"update": {NO_ID: {"cardRequired": True}}}, {"notUpdated": {NO_ID: {"type": "notFound"}}}),
}
# A method about a person, that names no mailbox.
OF_PEOPLE = "Person/offboard"


def test_every_route_stands_in_a_table() -> None:
    assert sorted(ROUTES) == sorted({*PUBLIC, *ENTRANCES, *SHELLS, *INSIDE})


def test_every_method_stands_in_a_table() -> None:
    assert sorted(METHODS) == sorted({*ARGUMENTS, *DECIDING, OF_PEOPLE})


class Mail:
    """What there is to reach in Alice's mailbox."""

    def __init__(self, alice: Practitioner) -> None:
        alice.log_in()
        self.account_id = alice.account_id
        self.person_id = alice.mailbox.person.id
        self.blob_id = alice.call("Email/get", ids=[alice.import_copy()])["list"][0]["blobId"]


@pytest.fixture
def mail(alice: Practitioner) -> Mail:
    return Mail(alice)


@pytest.fixture
def stranger(bob: Practitioner) -> Practitioner:
    """Bob, logged in, with a mailbox of his own and nothing to do with Alice's."""
    bob.log_in()
    return bob


@pytest.fixture
def revoked(alice: Practitioner, bob: Practitioner) -> Practitioner:
    """Bob managed Alice's mailbox until a moment ago, and his session has been open all the time."""
    ledger = Ledger(alice.mailbox, alice.holder)
    act = ledger.grant(card_share(bob.holder, Role.MANAGER))
    ledger.append(act)
    bob.log_in()
    assert reach(bob, "Mailbox/get", alice.account_id)[0] == "Mailbox/get"
    ledger.append(ledger.revoke(parse_grant(act.grants[0]).body_hash))
    return bob


def reach(person: Practitioner, method: str, account_id: str) -> tuple[str, Any]:
    arguments = ARGUMENTS.get(method) or DECIDING.get(method, ({},))[0]
    ((name, answer, _),) = person.jmap([method, {"accountId": account_id, **arguments}, "0"])
    return name, answer


UNKNOWN_TO_ALL = dict.fromkeys(ARGUMENTS, ("error", {"type": "accountNotFound"}))


def reach_all(person: Practitioner, account_id: str) -> dict[str, tuple[str, Any]]:
    """What each method says to a person of a mailbox."""
    return {method: reach(person, method, account_id) for method in ARGUMENTS}


def knock(person: Practitioner, route: str, account_id: str, blob_id: str, **headers: str) -> Any:
    verb, body = INSIDE[route]
    path = "/" + route.replace("<id:account_id>", account_id).replace("<id:blob_id>", blob_id)
    if verb == "get":
        return person.client.get(path, headers=headers)
    if body == "bytes":
        return person.client.post(path, b"x", content_type="application/octet-stream", headers=headers)
    data = json.dumps(body).replace("{account}", account_id)
    return person.client.post(path, data, content_type="application/json", headers=headers)


@pytest.mark.negative(65)
def test_to_another_no_method_knows_the_mailbox(mail: Mail, stranger: Practitioner) -> None:
    assert reach_all(stranger, mail.account_id) == UNKNOWN_TO_ALL
    assert reach_all(stranger, NO_ID) == UNKNOWN_TO_ALL


@pytest.mark.negative(65)
def test_to_a_revoked_delegate_no_method_knows_it_any_more(mail: Mail, revoked: Practitioner) -> None:
    assert reach_all(revoked, mail.account_id) == UNKNOWN_TO_ALL


@pytest.mark.negative(65)
@pytest.mark.parametrize("who", ["stranger", "revoked"])
def test_methods_that_decide_themselves_say_nothing(mail: Mail, request: pytest.FixtureRequest, who: str) -> None:
    person = request.getfixturevalue(who)
    for method, (_, said) in DECIDING.items():
        name, answer = reach(person, method, mail.account_id)
        assert name == method
        assert (method, {member: answer[member] for member in said}) == (method, said)


@pytest.mark.negative(65)
@pytest.mark.parametrize("who", ["stranger", "revoked"])
def test_to_another_nobody_works_here(mail: Mail, request: pytest.FixtureRequest, who: str) -> None:
    person = request.getfixturevalue(who)
    for person_id in (mail.person_id, person.mailbox.person.id, NO_ID):
        ((name, answer, _),) = person.jmap([OF_PEOPLE, {"personId": person_id}, "0"])
        assert (name, answer) == ("error", {"type": "notFound"})


@pytest.mark.negative(65)
@pytest.mark.parametrize("session", ["none", "locked", "blocked"])
def test_without_a_session_no_route_answers(mail: Mail, alice: Practitioner, session: str) -> None:
    """`locked` has logged out; of `blocked` the card was blocked meanwhile."""
    person = alice if session != "none" else replace(alice, client=browser())
    if session == "locked":
        person.post("/auth/logout")
    if session == "blocked":
        card = Credential.objects.get(person_id=alice.mailbox.person.id)
        credentials.block(caller_for(alice.mailbox.person.id), card.id)
    for route in INSIDE:
        answer = knock(person, route, mail.account_id, mail.blob_id)
        assert (route, answer.status_code, answer.json()) == (route, 401, {"error": "session-expired"})


@pytest.mark.negative(65)
@pytest.mark.parametrize("who", ["stranger", "revoked"])
def test_to_another_no_route_knows_the_mailbox(mail: Mail, request: pytest.FixtureRequest, who: str) -> None:
    person = request.getfixturevalue(who)
    places = [(mail.account_id, mail.blob_id), (NO_ID, NO_ID), (person.account_id, mail.blob_id)]
    for route, (account_id, blob_id) in product(sorted(INSIDE.keys() - OF_ONESELF), places):
        if account_id == person.account_id and "blob_id" not in route:
            continue
        answer = knock(person, route, account_id, blob_id)
        assert (route, answer.status_code, answer.json()) == (route, 404, {"error": "not-found"})


@pytest.mark.negative(65)
@pytest.mark.parametrize("who", ["stranger", "revoked"])
def test_the_session_names_no_mailbox_of_another(mail: Mail, request: pytest.FixtureRequest, who: str) -> None:
    person = request.getfixturevalue(who)
    assert list(person.client.get("/.well-known/jmap").json()["accounts"]) == [person.account_id]


@pytest.fixture
def administrator(stranger: Practitioner, alice: Practitioner) -> Practitioner:
    """Bob runs the establishment whose mailbox Alice has."""
    tenant = Tenant.objects.create(
        id="a" * 32,
        name="Network",
        domain="pli.example",
        administrators=[stranger.mailbox.person.id],
        created_at=timezone.now(),
    )
    Mailbox.objects.update(tenant_id=tenant.id)
    Person.objects.update(tenant_id=tenant.id)
    return stranger


@pytest.mark.negative(71)
def test_an_administrator_reads_no_mailbox_of_his_people(mail: Mail, administrator: Practitioner) -> None:
    assert reach_all(administrator, mail.account_id) == UNKNOWN_TO_ALL


@pytest.mark.negative(71)
def test_nobody_can_put_on_another_person(mail: Mail, administrator: Practitioner) -> None:
    for route in ("admin/", "impersonate/", "su/", "hijack/"):
        assert administrator.client.get(f"/{route}{mail.account_id}").status_code == 404
    answer = knock(administrator, "jmap/download/<id:account_id>/<id:blob_id>", mail.account_id, mail.blob_id)
    assert answer.status_code == 404
    headers = {"X-Person": "alice", "X-Forwarded-User": "alice", "Remote-User": "alice"}
    session = administrator.client.get("/.well-known/jmap", headers=headers).json()
    assert list(session["accounts"]) == [administrator.account_id]


def counted() -> dict[str, int]:
    """How many rows there are of everything but browser sessions."""
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("webmail").get_models()}


@pytest.mark.negative(66)
@pytest.mark.parametrize("way", ["fetch", "form", "no origin", "null"])
def test_no_unsafe_verb_comes_from_another_site(mail: Mail, alice: Practitioner, way: str) -> None:
    """The browser may even send the cookie; it names the origin, and a form sends no token and no JSON."""
    alice.client.handler.enforce_csrf_checks = True
    before = counted()
    routes = ENTRANCES | {route for route, (verb, _) in INSIDE.items() if verb == "post"}
    origin = {"fetch": "https://evil.example", "form": "https://evil.example", "null": "null"}.get(way)
    headers = {"Origin": origin} if origin else {}
    kind = "application/x-www-form-urlencoded" if way == "form" else "application/json"
    for route, verb in product(sorted(routes), ("post", "put", "delete")):
        path = "/" + route.replace("<id:account_id>", mail.account_id)
        answer = getattr(alice.client, verb)(path, "{}", content_type=kind, headers=headers)
        assert answer.status_code == 403, (route, verb, answer.status_code)
    assert counted() == before
    assert alice.client.get("/.well-known/jmap").status_code == 200
