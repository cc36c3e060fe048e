"""Tenant/get and /set: an administrator's page; nobody else's, and nothing of what anybody writes or reads."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.utils import timezone

from bridge.cms.grants import HolderKind, Role, parse_grant
from bridge.cms.seal import open_seal
from tests.network_table import number
from tests.webmail.ledger import Ledger, caller_for, card_share, key_share
from tests.webmail.practitioner import Practitioner
from webmail.domain import blobs, key_change
from webmail.domain.errors import ActRefused
from webmail.jmap.capabilities import CORE, KEYS
from webmail.models import AccessEvent, Blob, ListedInbox, ListedPerson, Mailbox, Message, Person, Tenant

RULES = {
    "cardRequired": True,
    "noBridgeAllowed": False,
    "recoveryRequired": True,
    "delegationDaysMax": 30,
    "retentionDays": 365,
    "membersOpenServices": False,
    "listedOnly": True,
}


@pytest.fixture
def tenant(alice, bob):
    """Bob runs it, Alice belongs to it."""
    made = Tenant.objects.create(
        id="a" * 32,
        name="Réseau Océan",
        domain="pli.example",
        timezone="Indian/Reunion",
        administrators=[bob.mailbox.person.id],
        created_at=timezone.now(),
    )
    Person.objects.update(tenant_id=made.id)
    Mailbox.objects.update(tenant_id=made.id)
    bob.log_in()
    alice.log_in()
    return made


def shown(person):
    return person.call("Tenant/get", ids=None)["list"]


def change(person, tenant, **rules):
    return person.call("Tenant/set", update={tenant.id: rules})


@pytest.mark.negative(71)
def test_only_its_administrator_sees_and_sets_anything(tenant, alice, practice):
    outsider = Practitioner(practice.newcomer(81), practice.open_for(practice.newcomer(81), "z@pli.example"))
    outsider.holder = practice.newcomer(81)
    Person.objects.filter(id=outsider.mailbox.person.id).update(tenant_id="")
    assert shown(alice) == []
    assert change(alice, tenant, cardRequired=True)["notUpdated"] == {tenant.id: {"type": "notFound"}}
    Tenant.objects.update(administrators=[outsider.mailbox.person.id])
    outsider.log_in()
    assert shown(outsider) == []
    assert Tenant.objects.get().card_required is False


def test_an_administrator_sees_people_inboxes_and_what_is_missing(tenant, alice, bob):
    ListedPerson.objects.create(
        id="c" * 32,
        tenant_id=tenant.id,
        id_type="RPPS",
        id_value="99940000011",
        name="Zoé Payet",
        address="zoe@pli.example",
        created_at=timezone.now(),
    )
    (seen,) = shown(bob)
    assert (seen["name"], seen["timeZone"], seen["cardRequired"]) == ("Réseau Océan", "Indian/Reunion", False)
    people = {one["address"]: one for one in seen["people"]}
    assert people["zoe@pli.example"]["state"] == "invited"
    assert people[bob.mailbox.address]["administrator"] is True
    assert people[alice.mailbox.address]["state"] == "joined"
    assert "second-way" in people[alice.mailbox.address]["lacks"]
    session = bob.client.get("/.well-known/jmap").json()
    assert session["capabilities"]["https://pli.example/jmap/keys"]["administers"] == tenant.id
    told = session["accounts"][bob.account_id]["accountCapabilities"]["https://pli.example/jmap/keys"]
    assert told["timeZone"] == "Indian/Reunion"


def test_a_second_way_makes_somebody_ready(tenant, alice, bob, practice):
    ledger = Ledger(alice.mailbox, alice.holder)
    spki = practice.keys.signature_key.public_key()
    named = alice.holder.enrolment
    ledger.append(ledger.grant(key_share(_spki(spki), b"r" * 32, HolderKind.PASSKEY, named, Role.OWNER)))
    (seen,) = shown(bob)
    lacks = {one["address"]: one["lacks"] for one in seen["people"]}
    assert "second-way" not in lacks[alice.mailbox.address]
    assert "second-way" in lacks[bob.mailbox.address]


def test_rules_are_set_traced_and_told(tenant, alice, bob, django_capture_on_commit_callbacks):
    assert change(bob, tenant, delegationDaysMax=0)["updated"] == {tenant.id: None}
    assert not AccessEvent.objects.filter(act="rules-changed").exists()  # nothing changed, nobody is troubled
    with django_capture_on_commit_callbacks(execute=True):
        assert change(bob, tenant, **RULES)["updated"] == {tenant.id: None}
    (seen,) = shown(bob)
    assert {name: seen[name] for name in RULES} == RULES
    lines = AccessEvent.objects.filter(account_id=alice.account_id, act="rules-changed")
    assert {one.object_id for one in lines} == {
        "card_required",
        "no_bridge_allowed",
        "recovery_required",
        "delegation_days_max",
        "retention_days",
        "members_open_services",
        "listed_only",
    }
    assert {one.person_id for one in lines} == {bob.mailbox.person.id}
    letter = received(alice)
    assert "30 jours" in letter
    assert "30 days" in letter
    assert "Réseau Océan" in letter


def received(person):
    blob = Blob.objects.get(id=Message.objects.get(account_id=person.account_id).blob_id)
    clear = open_seal(blobs.read(blob), person.mailbox.keys.encryption_key, "pli-message")
    return message_from_bytes(clear, policy=policy.default).get_content()


def test_setting_rules_wants_a_fresh_proof(tenant, bob):
    session = bob.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    assert change(bob, tenant, cardRequired=True)["error"] == "stepUpRequired"
    assert Tenant.objects.get().card_required is False


@pytest.mark.parametrize(
    "patch", [{"cardRequired": "yes"}, {"delegationDaysMax": -1}, {"delegationDaysMax": True}, {"domain": "x.example"}]
)
def test_what_is_no_rule_is_refused(tenant, bob, patch):
    assert change(bob, tenant, **patch)["notUpdated"][tenant.id]["type"] == "invalidProperties"
    assert bob.call("Tenant/set", create={"x": {}}, destroy=[tenant.id])["notDestroyed"]


@pytest.mark.capability("HO14")
@pytest.mark.negative(71)
def test_where_the_card_is_required_nothing_is_wrapped_to_a_passkey(tenant, alice, bob, practice):
    """Neither a new one nor, at the next change of keys, one that stood before; that change is due at once."""
    ledger = Ledger(alice.mailbox, alice.holder)
    passkey = key_share(
        _spki(practice.keys.signature_key.public_key()),
        b"r" * 32,
        HolderKind.PASSKEY,
        alice.holder.enrolment,
        Role.OWNER,
    )
    ledger.append(ledger.grant(passkey))
    assert not key_change.is_due(alice.account_id)
    change(bob, tenant, cardRequired=True)
    assert key_change.is_due(alice.account_id)
    ended = [one for one in alice.call("Member/get", ids=None)["list"] if one["endedAt"]]
    assert len(ended) == 1
    other = key_share(passkey.recipient.public_key, b"q" * 32, HolderKind.PASSKEY, alice.holder.enrolment, Role.OWNER)
    assert append(ledger, ledger.grant(other)) == "tenant-card-required"
    assert append(ledger, ledger.rotation()) == "tenant-card-required"
    ledger.append(ledger.rotation(ends=[_digest(ended[0])]))
    assert not key_change.is_due(alice.account_id)
    assert [one["holderKind"] for one in alice.call("Grant/get", ids=None)["list"]] == ["card"]


def test_a_manager_leaves_out_the_passkey_of_an_owner_who_may_not_use_it(tenant, alice, bob, practice):
    """Otherwise no delegate's visit could change the keys before the owner comes; a living passkey stays the owner's own affair."""
    ledger = Ledger(alice.mailbox, alice.holder)
    ledger.know(bob.holder)
    spki = _spki(practice.keys.signature_key.public_key())
    act = ledger.grant(key_share(spki, b"r" * 32, HolderKind.PASSKEY, alice.holder.enrolment, Role.OWNER))
    ledger.append(act)
    ledger.append(ledger.grant(card_share(bob.holder, Role.MANAGER)))
    manager, passkey = caller_for(bob.mailbox.person.id), parse_grant(act.grants[0]).body_hash
    leaves_out = ledger.rotation(signer=bob.holder, caller=manager, ends=[passkey])
    assert append(ledger, leaves_out, manager) == "owner-ended"
    change(bob, tenant, cardRequired=True)
    assert ledger.append(leaves_out, manager) == 3


def append(ledger, act, caller=None):
    with pytest.raises(ActRefused) as caught:
        ledger.append(act, caller)
    return caught.value.reason


def test_an_invitation_keeps_to_the_length_of_delegations(tenant, alice, bob):
    change(bob, tenant, delegationDaysMax=30)
    asked = {"rppsNumber": number(1), "name": "Zoé Payet", "role": "reader", "notBefore": "2026-12-01T00:00:00Z"}
    refused = alice.call("Invitation/set", create={"one": asked, "two": {**asked, "notAfter": "2027-01-10T00:00:00Z"}})
    assert {name: one["reason"] for name, one in refused["notCreated"].items()} == {
        "one": "tenant-no-end-date",
        "two": "tenant-too-long",
    }
    made = alice.call("Invitation/set", create={"three": {**asked, "notAfter": "2026-12-24T00:00:00Z"}})
    assert made["created"]


def _spki(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _digest(row):
    return bytes.fromhex(row["id"])


def test_the_state_of_the_session_follows_what_waits_for_the_person(tenant, alice):
    """Where inboxes may be opened, which ones the list keeps for this person, and whether he administers (RFC 8620 §3.4)."""
    person = alice.mailbox.person
    inbox = ListedInbox(
        id="c" * 32,
        tenant_id=tenant.id,
        address="ward@pli.example",
        name="Ward",
        opener_type=person.id_type,
        opener_value=person.id_value,
        created_at=timezone.now(),
    )
    states = [_state(alice)]
    for change_one in (
        lambda: Tenant.objects.update(members_open_services=False),
        inbox.save,
        lambda: ListedInbox.objects.update(account_id="d" * 32),
        lambda: Tenant.objects.update(administrators=[person.id], members_open_services=True),
    ):
        change_one()
        states.append(_state(alice))
    assert states[1] == states[3]
    assert len(set(states)) == 4


def _state(person):
    """What every answer says of the session, which is what the session says of itself."""
    said = person.post("/jmap/api", {"using": [CORE], "methodCalls": []}).json()["sessionState"]
    assert said == person.client.get("/.well-known/jmap").json()["state"]
    return said


def test_who_may_open_shared_inboxes_is_told_where(tenant, alice, bob):
    """Everybody of the establishment, where the rules say so its administrators alone; nobody of another."""

    def domains(person):
        return person.client.get("/.well-known/jmap").json()["capabilities"][KEYS]["serviceDomains"]

    assert (domains(alice), domains(bob)) == (["pli.example"], ["pli.example"])
    Tenant.objects.update(members_open_services=False)
    assert (domains(alice), domains(bob)) == ([], ["pli.example"])
    Tenant.objects.update(members_open_services=True)
    Person.objects.filter(id=alice.mailbox.person.id).update(tenant_id="b" * 32)
    assert domains(alice) == []
