"""A ward's inbox: opened by a person with a card, used by its members, nobody's own."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bridge.cms.grants import Role
from bridge.pki.requests import build_request
from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import Practitioner, text
from webmail.domain.certified_keys import Certified
from webmail.models import Mailbox, Person, Tenant

ADDRESS = "maternite@pli.example"


def certify(person: Practitioner, practice: Any, kind: str = "ORG", address: str = ADDRESS) -> Any:
    requests = {
        "encryptionRequest": text(build_request(practice.keys.encryption_key, address)),
        "signatureRequest": text(build_request(practice.keys.signature_key, address)),
    }
    return person.post("/services/certify", {"kind": kind, "address": address, **requests})


def open_service(person: Practitioner, practice: Any) -> Any:
    """A Ledger of the service, opened by its first owner."""
    from base64 import b64decode

    from bridge.pki.certificates import load_certificate
    from tests.webmail.conftest import OpenMailbox

    answer = certify(person, practice).json()
    certified = Certified(
        answer["mailboxId"],
        *(b64decode(answer[name]) for name in ("encryptionCertificate", "signatureCertificate")),
        [b64decode(one) for one in answer["chain"]],
        [],
    )
    act = practice.compose(person.holder, ADDRESS, certified)
    parts = {name: text(part) for name, part in act.parts(person.holder).items()}
    parts["logEntry"] = parts.pop("log_entry")
    done = person.post("/services/complete", {"mailboxId": certified.mailbox_id, **parts})
    assert done.json() == {"status": "ok", "accountId": certified.mailbox_id}, done.content
    certificate = load_certificate(certified.encryption_certificate)
    mailbox = OpenMailbox(person.mailbox.person, certified.mailbox_id, ADDRESS, practice.keys, certificate)
    return Ledger(mailbox, person.holder)


def test_a_service_has_members_and_is_nobodys_own(alice, bob, practice):
    alice.log_in()
    ward = open_service(alice, practice)
    ward.append(ward.grant(card_share(bob.holder, Role.MANAGER)))
    bob.log_in()
    account = bob.client.get("/.well-known/jmap").json()["accounts"][ward.account_id]
    assert account["isPersonal"] is False
    assert account["accountCapabilities"]["https://pli.example/jmap/keys"]["kind"] == "ORG"
    mine = alice.client.get("/.well-known/jmap").json()
    assert mine["accounts"][ward.account_id]["isPersonal"] is False
    assert mine["primaryAccounts"]["urn:ietf:params:jmap:mail"] == alice.account_id
    entry = alice.call("Directory/lookup", addresses=[ADDRESS])["list"][0]
    assert (entry["rppsNumber"], entry["name"], entry["kind"]) == ("", "", "ORG")
    numbers = {person.holder.enrolment.id_value for person in (alice, bob)}
    assert {one["idValue"] for one in entry["granters"]} == numbers


def test_a_personal_mailbox_is_not_opened_this_way(alice, practice):
    alice.log_in()
    assert certify(alice, practice, "PER").status_code == 400


def test_it_wants_a_card_shown_just_now(alice, practice):
    assert certify(alice, practice).status_code == 401
    alice.log_in()
    session = alice.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    answer = certify(alice, practice)
    assert (answer.status_code, answer.json()["error"]) == (403, "step-up-required")
    key = alice.client.session.session_key
    alice.log_in()
    assert alice.client.session.session_key == key  # one who shows his card again goes on in his session
    assert certify(alice, practice).status_code == 200


@pytest.mark.parametrize(
    ("colleague", "administrator", "status"), [(False, False, 404), (True, False, 404), (True, True, 200)]
)
def test_an_establishment_says_who_opens_services(alice, practice, colleague, administrator, status):
    person_id = alice.mailbox.person.id
    tenant = Tenant.objects.create(
        id="a" * 32,
        name="Network",
        domain="pli.example",
        members_open_services=False,
        administrators=[person_id] if administrator else [],
        created_at=timezone.now(),
    )
    if colleague:
        Person.objects.filter(id=person_id).update(tenant_id=tenant.id)
    alice.log_in()
    assert certify(alice, practice).status_code == status
    assert Mailbox.objects.filter(address=ADDRESS).exists() is (status == 200)
