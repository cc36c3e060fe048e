"""Cards, passkeys and codes of a person: what a card proved, a second card, and a lost one."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from bridge.cms.card_proof import CardProof, build_card_proof
from bridge.cms.grants import Role
from bridge.cms.log import LogKind
from bridge.pki.certificates import certificate_sha256, der
from tests.webmail.ledger import Ledger, card_share, now
from tests.webmail.practitioner import ORIGIN, Practitioner, text
from webmail import trust
from webmail.domain import key_change
from webmail.domain.membership_log import membership_of
from webmail.models import Credential, MailboxKey, RevokedCertificate


def proved(holder: Any, signer: Any = None, certificate: x509.Certificate | None = None) -> dict[str, Any]:
    """What `card.prove` of a bridge gives."""
    own = certificate or holder.recipient.certificate
    proof = CardProof(certificate_sha256(own), ("rsa-pkcs1",), now())
    return {
        "certificate": text(own.public_bytes(Encoding.DER)),
        "chain": [text(der(member)) for member in holder.signer.chain],
        "proof": text(build_card_proof(proof, (signer or holder).signer)),
    }


def keep(person: Practitioner, card: dict[str, Any]) -> Any:
    return person.call("Credential/set", create={"card": card})


def test_a_proof_is_kept_and_served_to_colleagues(alice, bob):
    assert keep(bob, proved(bob.holder))["created"]
    own = bob.call("Credential/get")["list"]
    assert [(row["kind"], row["hasProof"], row["current"]) for row in own if row["hasProof"]] == [("card", True, True)]
    for asked in (
        {"rppsNumber": bob.holder.enrolment.id_value},
        {"reference": text(certificate_sha256(bob.holder.recipient.certificate))},
    ):
        card = alice.call("Directory/card", **asked)["card"]
        assert card["certificate"] == text(der(bob.holder.recipient.certificate))
        assert card["proof"]
        assert card["idValue"] == bob.holder.enrolment.id_value
    assert alice.call("Directory/card", rppsNumber="10000000000")["card"] is None


@pytest.mark.parametrize(
    ("change", "property_"),
    [
        (lambda card, other: {**card, "proof": text(b"garbage")}, "proof"),
        (lambda card, other: {**card, "certificate": text(b"garbage")}, "certificate"),
        (lambda card, other: {**card, "proof": other["proof"]}, "proof"),
        (lambda card, other: {**card, "certificate": other["certificate"]}, "certificate"),
        (lambda card, other: other, "certificate"),
    ],
)
def test_nobody_names_a_colleagues_card_as_his(alice, bob, change, property_):
    card = change(proved(bob.holder), proved(alice.holder))
    assert keep(bob, card)["notCreated"]["card"]["properties"] == [property_]
    assert alice.call("Directory/card", rppsNumber=bob.holder.enrolment.id_value)["card"]["proof"] is None


def test_a_second_card_is_the_same_person_and_opens_after_a_grant(alice, practice):
    first, second = practice.newcomer(51), practice.newcomer(51)
    person = Practitioner(first, practice.open_for(first, "chloe@pli.example"))
    person.log_in()
    assert keep(person, proved(second))["created"]
    ledger = Ledger(person.mailbox, first)
    ledger.append(ledger.grant(card_share(second, Role.OWNER)))
    other = Practitioner(second, person.mailbox)
    other.log_in()
    references = {grant["holderReference"] for grant in other.call("Grant/get")["list"]}
    assert certificate_sha256(second.recipient.certificate).hex() in references
    assert len(other.call("Credential/get")["list"]) == 2


def test_a_lost_card_is_out_at_once_and_the_next_keys_revoke_the_old(
    alice, practice, django_capture_on_commit_callbacks
):
    first, second = practice.newcomer(52), practice.newcomer(52)
    person = Practitioner(first, practice.open_for(first, "chloe@pli.example"))
    person.log_in()
    ledger = Ledger(person.mailbox, first)
    ledger.append(ledger.grant(card_share(second, Role.OWNER)))
    ledger.know(second)
    other = Practitioner(second, person.mailbox)
    other.log_in()
    lost = Credential.objects.get(reference=first.enrolment.reference)
    with django_capture_on_commit_callbacks(execute=True):
        assert other.call("Credential/set", destroy=[lost.id])["destroyed"] == [lost.id]
    assert person.client.get("/.well-known/jmap").status_code == 401
    refused = person.post("/auth/card", {"token": first.token(person.challenge(), ORIGIN)})
    assert refused.json() == {"error": "credential-retired"}
    served = {grant["holderReference"] for grant in other.call("Grant/get")["list"]}
    assert served == {certificate_sha256(second.recipient.certificate).hex()}
    assert key_change.is_due(person.account_id)
    members = other.call("Member/get")
    ended = {row["bodyHash"]: (row["state"], row["endedAt"] is not None) for row in members["list"]}
    digests = {one.body.holder.reference.hex(): text(one.digest) for one in _active(person)}
    assert ended[digests[first.enrolment.reference]] == ("active", True)
    assert ended[digests[certificate_sha256(second.recipient.certificate).hex()]] == ("active", False)
    assert members["keyChangeDue"]
    body = next(one for one in _active(person) if one.body.holder.reference.hex() == first.enrolment.reference)
    with django_capture_on_commit_callbacks(execute=True):
        ledger.append(ledger.rotation(signer=second, ends=[body.digest]))
    old = MailboxKey.objects.get(account_id=person.account_id, epoch=1)
    assert RevokedCertificate.objects.filter(account_id=person.account_id).count() == 2
    for certificate in (old.encryption_certificate, old.signature_certificate):
        assert trust.revoked(x509.load_der_x509_certificate(bytes(certificate)))
    new = MailboxKey.objects.get(account_id=person.account_id, epoch=2)
    assert not trust.revoked(x509.load_der_x509_certificate(bytes(new.encryption_certificate)))
    assert not key_change.is_due(person.account_id)


def _active(person: Practitioner) -> Any:
    return membership_of(person.account_id).active


def test_nobody_blocks_a_strangers_card(alice, bob):
    lost = Credential.objects.get(person_id=alice.mailbox.person.id)
    assert bob.call("Credential/set", destroy=[lost.id])["notDestroyed"] == {lost.id: {"type": "notFound"}}
    assert alice.client.get("/.well-known/jmap").status_code == 200


def minutes_ago(person: Practitioner, minutes: int) -> None:
    session = person.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    session.save()


def test_a_page_left_open_blocks_nothing(alice):
    """It cannot be undone; one look at the person who is there costs a touch."""
    card = alice.call("Credential/get")["list"][0]["id"]
    minutes_ago(alice, 6)
    assert alice.call("Credential/set", destroy=[card])["error"] == "stepUpRequired"
    assert Credential.objects.get(id=card).retired_at is None
    minutes_ago(alice, 4)
    assert alice.call("Credential/set", destroy=[card])["destroyed"] == [card]


def test_a_credential_is_called_as_its_holder_likes(alice, bob):
    own = alice.call("Credential/get")["list"][0]
    assert alice.call("Credential/set", update={own["id"]: {"name": "Cabinet"}})["updated"] == {own["id"]: None}
    assert alice.call("Credential/get")["list"][0]["name"] == "Cabinet"
    assert bob.call("Credential/set", update={own["id"]: {"name": "x"}})["notUpdated"]


def test_the_owner_renews_his_card_with_the_old_one_dead(alice, practice):
    """The new card, of the same number, signs the change itself; what the old one gave goes on."""
    old, new = practice.newcomer(53), practice.newcomer(53)
    person = Practitioner(old, practice.open_for(old, "chloe@pli.example"))
    ledger = Ledger(person.mailbox, old)
    body = _active(person)[0]
    act = ledger.grant(card_share(new, Role.OWNER), signer=new, ends=[body.digest], kind=LogKind.CERT_CHANGE)
    ledger.append(act)
    renewed = Practitioner(new, person.mailbox)
    renewed.log_in()
    grants = renewed.call("Grant/get")["list"]
    assert [grant["holderReference"] for grant in grants] == [certificate_sha256(new.recipient.certificate).hex()]
