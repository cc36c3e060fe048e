"""Opening an account over the routes of docs/API.md, and the acts that must not open one."""

import base64
from typing import Any

import pytest

from bridge.pki.certificates import load_certificate
from bridge.pki.requests import build_request
from tests.webmail.practitioner import Practitioner, text
from webmail import trust
from webmail.domain.open_account import Certified
from webmail.models import Mailbox, Membership, Person


@pytest.fixture
def newcomer(practice: Any) -> Practitioner:
    person = Practitioner(practice.holder("bob"))
    person.log_in()
    return person


def certify(practice: Any, person: Practitioner, address: str, **changes: Any) -> Any:
    body = {
        "address": address,
        "encryptionRequest": text(build_request(practice.keys.encryption_key, address)),
        "signatureRequest": text(build_request(practice.keys.signature_key, address)),
    }
    return person.post("/open/certify", body | changes)


def genesis(practice: Any, person: Practitioner, address: str, certified: dict[str, Any]) -> dict[str, str]:
    """What the bridge's `mailbox.create` answers."""
    given = Certified(
        mailbox_id=certified["mailboxId"],
        encryption_certificate=base64.b64decode(certified["encryptionCertificate"]),
        signature_certificate=base64.b64decode(certified["signatureCertificate"]),
        chain=[],
        crls=[],
    )
    parts = practice.compose(person.holder, address, given).parts(person.holder)
    return {
        "mailboxId": certified["mailboxId"],
        "grant": text(parts["grant"]),
        "binding": text(parts["binding"]),
        "logEntry": text(parts["log_entry"]),
    }


@pytest.mark.capability("CN9")
def test_account_opens_with_one_act(practice: Any, newcomer: Practitioner) -> None:
    certified = certify(practice, newcomer, "bob@pli.example")
    assert certified.status_code == 200
    assert len(certified.json()["chain"]) >= 1
    assert certified.json()["crls"]
    answer = newcomer.post("/open/complete", genesis(practice, newcomer, "bob@pli.example", certified.json()))
    assert answer.json() == {"status": "ok", "next": "/mail/"}
    session = newcomer.client.get("/.well-known/jmap").json()
    assert [account["name"] for account in session["accounts"].values()] == ["bob@pli.example"]
    assert newcomer.log_in()["status"] == "ok"


@pytest.mark.parametrize(
    "address", ["bob@elsewhere.example", "postmaster@pli.example", "b ob@pli.example", "@pli.example"]
)
def test_address_outside_the_rules_is_refused(practice: Any, newcomer: Practitioner, address: str) -> None:
    good = "bob@pli.example"
    requests = {
        "encryptionRequest": text(build_request(practice.keys.encryption_key, good)),
        "signatureRequest": text(build_request(practice.keys.signature_key, good)),
    }
    answer = newcomer.post("/open/certify", {"address": address, **requests})
    assert (answer.status_code, answer.json()["error"]) == (400, "address-refused")


def test_taken_address_is_refused(practice: Any, newcomer: Practitioner) -> None:
    practice.open("alice", "alice@pli.example")
    answer = certify(practice, newcomer, "alice@pli.example")
    assert (answer.status_code, answer.json()["error"]) == (409, "address-taken")


def test_request_for_another_address_is_refused(practice: Any, newcomer: Practitioner) -> None:
    other = text(build_request(practice.keys.encryption_key, "mallory@pli.example"))
    answer = certify(practice, newcomer, "bob@pli.example", encryptionRequest=other)
    assert answer.json()["error"] == "request-invalid"


# Of the grant only the clear body can be judged here: its sealed part is closed to the server, and checked by its holder.
@pytest.mark.parametrize(("part", "place"), [("grant", 40), ("binding", -1), ("logEntry", -1)])
def test_changed_act_opens_nothing(practice: Any, newcomer: Practitioner, part: str, place: int) -> None:
    certified = certify(practice, newcomer, "bob@pli.example").json()
    act = genesis(practice, newcomer, "bob@pli.example", certified)
    changed = bytearray(base64.b64decode(act[part]))
    changed[place] ^= 1
    answer = newcomer.post("/open/complete", act | {part: text(bytes(changed))})
    assert answer.status_code == 400
    assert not Membership.objects.exists()
    assert not Person.objects.exists()
    assert Mailbox.objects.get().status == "opening"


def test_act_of_another_person_opens_nothing(practice: Any, newcomer: Practitioner) -> None:
    certified = certify(practice, newcomer, "bob@pli.example").json()
    act = genesis(practice, newcomer, "bob@pli.example", certified)
    mallory = Practitioner(practice.holder("alice"))
    mallory.log_in()
    answer = mallory.post("/open/complete", act)
    assert (answer.status_code, answer.json()["error"]) == (409, "address-taken")


def test_opening_asks_for_a_proven_person(practice: Any) -> None:
    nobody = Practitioner(practice.holder("bob"))
    assert certify(practice, nobody, "bob@pli.example").json() == {"error": "session-expired"}
    complete = {"mailboxId": "0" * 32, "grant": "", "binding": "", "logEntry": ""}
    assert nobody.post("/open/complete", complete).status_code == 401


def test_crls_are_relayed(practice: Any) -> None:
    nobody = Practitioner(practice.holder("bob"))
    relayed = nobody.client.get("/trust/crls").json()
    assert {base64.b64decode(crl) for crl in relayed["crls"]} == set(practice.pki.crls())
    assert relayed["ocsps"] == []


def test_lists_are_sent_again_only_where_something_is_new(practice: Any, settings: Any) -> None:
    """Those of a country are megabytes, and a page asks whenever it opens a mailbox."""
    client = Practitioner(practice.holder("bob")).client
    known = client.get("/trust/crls")

    def again() -> tuple[int, bool]:
        nonlocal known
        answer = client.get("/trust/crls", headers={"If-None-Match": known.headers["ETag"]})
        known = answer
        return answer.status_code, bool(answer.content)

    assert again() == (304, False)
    one, *_, last = sorted(settings.PLI_CRLS.glob("*.crl"))
    one.write_bytes(last.read_bytes())
    assert again() == (200, True)
    assert again() == (304, False)
    authority = trust.intermediates()[0]
    trust.answer_file(authority).parent.mkdir(exist_ok=True)
    trust.answer_file(authority).write_bytes(b"answer")
    assert again() == (200, True)
    last.unlink()
    assert again() == (200, True)
    assert again() == (304, False)


def test_responses_about_authorities_are_relayed_to_all_and_others_are_not(practice: Any) -> None:
    nobody = Practitioner(practice.holder("bob"))
    authority, person = trust.intermediates()[0], load_certificate(nobody.holder.enrolment.certificate)
    trust.answer_file(authority).parent.mkdir()
    for one in (authority, person):
        trust.answer_file(one).write_bytes(one.subject.public_bytes())
    relayed = nobody.client.get("/trust/crls").json()["ocsps"]
    assert [base64.b64decode(response) for response in relayed] == [authority.subject.public_bytes()]


def test_anchors_are_told_with_their_purposes(practice: Any) -> None:
    nobody = Practitioner(practice.holder("bob"))
    told = nobody.client.get("/trust/anchors").json()
    assert {purpose for anchor in told["anchors"] for purpose in anchor["purposes"]} >= {"health-card", "operator"}
    assert told["operatorDomains"] == ["pli.example"]
