"""What a role allows over JMAP, and that its end ends everything at once (security.md test 65)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.webmail.practitioner import Practitioner
from webmail.models import Membership


@pytest.fixture
def shared(alice: Practitioner, bob: Practitioner) -> Membership:
    """Bob reads Alice's mailbox."""
    return Membership.objects.create(
        account_id=alice.account_id,
        id="0" * 64,
        person_id=bob.mailbox.person.id,
        role=Membership.Role.READER,
        not_before=timezone.now() - timedelta(hours=1),
    )


def asked(bob: Practitioner, account_id: str, method: str, **arguments: Any) -> Any:
    ((name, answer, _),) = bob.jmap([method, {"accountId": account_id, **arguments}, "0"])
    return answer["type"] if name == "error" else answer


def test_delegated_mailbox_is_an_account_of_its_own(alice: Practitioner, bob: Practitioner, shared: Membership) -> None:
    session = bob.client.get("/.well-known/jmap").json()
    assert session["accounts"][alice.account_id]["isPersonal"] is False
    granted = session["accounts"][alice.account_id]["accountCapabilities"]
    assert "urn:ietf:params:jmap:submission" not in granted
    told = granted["https://pli.example/jmap/keys"]
    assert (told["name"], told["role"], told["members"]) == (alice.holder.enrolment.name, "reader", 2)
    assert session["primaryAccounts"]["urn:ietf:params:jmap:mail"] == bob.account_id


def test_reader_reads_and_does_not_send(alice: Practitioner, bob: Practitioner, shared: Membership) -> None:
    message = alice.import_copy()
    assert asked(bob, alice.account_id, "Email/query")["ids"] == [message]
    assert asked(bob, alice.account_id, "EmailSubmission/set") == "forbidden"
    assert asked(bob, alice.account_id, "AccessEvent/query") == "forbidden"
    assert asked(bob, alice.account_id, "Identity/get")["list"] == []


def test_reading_of_a_delegate_stands_in_the_owners_trace(
    alice: Practitioner, bob: Practitioner, shared: Membership
) -> None:
    message = alice.import_copy()
    asked(bob, alice.account_id, "Email/get", ids=[message])
    line = alice.call("AccessEvent/query", limit=1)["list"][0]
    assert (line["act"], line["name"]) == ("could-read", bob.holder.enrolment.name)


@pytest.mark.negative(12)
@pytest.mark.parametrize("column", ["revoked_at", "not_after", "not_before"])
def test_ended_membership_serves_nothing(
    alice: Practitioner, bob: Practitioner, shared: Membership, column: str
) -> None:
    blob_id = alice.call("Email/get", ids=[alice.import_copy()])["list"][0]["blobId"]
    route = f"/jmap/download/{alice.account_id}/{blob_id}"
    assert b"".join(bob.client.get(route).streaming_content)
    moment = timezone.now() + timedelta(hours=1) if column == "not_before" else timezone.now()
    Membership.objects.filter(account_id=alice.account_id, person_id=shared.person_id).update(**{column: moment})
    assert bob.client.get(route).status_code == 404
    for method in (
        "Mailbox/get",
        "Email/query",
        "Grant/get",
        "MailboxKey/get",
        "MembershipLog/get",
        "SealedObject/get",
    ):
        assert asked(bob, alice.account_id, method) == "accountNotFound"
    assert list(bob.client.get("/.well-known/jmap").json()["accounts"]) == [bob.account_id]
