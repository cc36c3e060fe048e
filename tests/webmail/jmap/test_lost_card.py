"""A colleague's card is lost and somebody else reports it: how far each may go."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import Practitioner
from webmail.models import Credential, Grant, Mailbox, Membership, Person, Tenant


class Shared:
    """Alice's mailbox, which Bob may use; he has one of his own."""

    def __init__(self, alice: Practitioner, bob: Practitioner, role: Role = Role.SENDER) -> None:
        self.alice, self.bob = alice, bob
        self.ledger = Ledger(alice.mailbox, alice.holder)
        act = self.ledger.grant(card_share(bob.holder, role))
        self.ledger.append(act)
        self.ledger.know(bob.holder)
        self.body = parse_grant(act.grants[0]).body_hash
        self.own = Grant.objects.get(account_id=alice.account_id, role="owner").body_id

    def block(self, by: Practitioner, body: bytes) -> dict[str, Any]:
        return by.call("Member/block", accountId=self.alice.account_id, bodyHash=b64encode(body).decode())

    def bob_reads(self) -> bool:
        return "list" in self.bob.call("Mailbox/get", accountId=self.alice.account_id)


def test_a_manager_closes_his_mailbox_to_the_card_and_nothing_else(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob)
    assert shared.bob_reads()
    assert shared.block(alice, shared.body)["loginBlocked"] is False
    assert not shared.bob_reads()
    assert not Grant.objects.filter(account_id=alice.account_id, body_id=shared.body.hex(), revoked_at=None).exists()
    assert "list" in bob.call("Mailbox/get")
    assert not Credential.objects.exclude(retired_at=None).exists()
    mailbox = Mailbox.objects.get(id=alice.account_id)
    assert (mailbox.key_change_due, mailbox.key_change_for_cause) == (True, True)
    assert alice.call("AccessEvent/query", limit=1)["list"][0]["act"] == "credential-blocked"
    assert shared.block(alice, shared.body)["loginBlocked"] is False


def test_an_administrator_blocks_its_login_too(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob)
    people = Person.objects.filter(id__in=[alice.mailbox.person.id, bob.mailbox.person.id])
    tenant = Tenant.objects.create(
        id="a" * 32, name="Maison de santé", administrators=[alice.mailbox.person.id], created_at=timezone.now()
    )
    people.update(tenant_id=tenant.id)
    assert shared.block(alice, shared.body)["loginBlocked"] is True
    assert Credential.objects.get(person_id=bob.mailbox.person.id, kind="card").retired_at is not None
    assert bob.post("/jmap/api", {"using": [], "methodCalls": []}).status_code in (401, 403)


def test_nobody_but_an_owner_reports_an_owners_card(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob, Role.MANAGER)
    assert shared.block(bob, bytes.fromhex(shared.own))["error"] == "forbidden"
    assert shared.block(bob, shared.body)["error"] == "forbidden"  # his own: by Credential/set
    assert "list" in alice.call("Mailbox/get")


@pytest.mark.parametrize("role", [Role.READER, Role.SENDER])
def test_who_does_not_manage_blocks_nobody(alice: Practitioner, bob: Practitioner, role: Role) -> None:
    shared = Shared(alice, bob, role)
    assert shared.block(bob, bytes.fromhex(shared.own))["error"] == "forbidden"
    assert Membership.objects.filter(account_id=alice.account_id, revoked_at=None).count() == 2


def test_it_wants_a_card_shown_just_now(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob)
    session = alice.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    assert shared.block(alice, shared.body)["error"] == "stepUpRequired"
    assert shared.bob_reads()


def test_a_body_that_is_not_of_this_mailbox_is_not_there(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob)
    assert shared.block(alice, bytes(32))["error"] == "notFound"
