"""Membership/append and what members read of one another, over JMAP; keys of the next epoch over HTTP."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bridge.cms.grants import Role, parse_grant
from bridge.pki.requests import build_request
from tests.webmail.ledger import Ledger, card_share, next_keys, now
from tests.webmail.practitioner import Practitioner, text
from webmail.domain.act import NewAct


def handed_in(person: Practitioner, act: NewAct, account_id: str = "", **more: Any) -> dict[str, Any]:
    return person.call(
        "Membership/append",
        accountId=account_id or person.account_id,
        logEntry=text(act.entry),
        grants=[text(grant) for grant in act.grants],
        bindings=[text(binding) for binding in act.bindings],
        **({"history": text(act.history)} if act.history else {}),
        **more,
    )


def aged(person: Practitioner, minutes: int) -> None:
    """The card was shown so long ago."""
    session = person.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=minutes)).isoformat()
    session.save()


@pytest.fixture
def ledger(alice: Practitioner) -> Ledger:
    return Ledger(alice.mailbox, alice.holder)


def test_one_call_makes_a_member_with_profile_and_folders(
    alice: Practitioner, bob: Practitioner, ledger: Ledger
) -> None:
    act = ledger.grant(card_share(bob.holder, Role.SENDER, not_after=now() + timedelta(days=14)))
    digest, inbox = text(parse_grant(act.grants[0]).body_hash), alice.folder("inbox")
    settings = [{"bodyHash": digest, "profile": "replacement", "folders": [inbox]}]
    answer = handed_in(alice, act, memberships=settings)
    assert answer["seq"] == 1
    assert handed_in(alice, act, memberships=settings)["seq"] == 1
    row = next(row for row in alice.call("Member/get")["list"] if row["bodyHash"] == digest)
    assert (row["profile"], row["folders"], row["role"], row["state"]) == ("replacement", [inbox], "sender", "active")
    assert row["name"] == bob.holder.enrolment.name
    assert alice.call("Member/get")["keyChangeDue"] is False
    account = bob.client.get("/.well-known/jmap").json()["accounts"][alice.account_id]
    told = account["accountCapabilities"]["https://pli.example/jmap/keys"]
    assert (told["role"], told["profile"], told["folders"]) == ("sender", "replacement", [inbox])
    assert told["until"] == row["notAfter"]


def test_every_member_gets_the_whole_log_with_its_bodies(
    alice: Practitioner, bob: Practitioner, ledger: Ledger
) -> None:
    act = ledger.grant(card_share(bob.holder))
    handed_in(alice, act)
    entries = bob.call("MembershipLog/get", accountId=alice.account_id)["list"]
    assert [entry["seq"] for entry in entries] == [0, 1]
    assert b64decode(entries[1]["bodies"][0]) == parse_grant(act.grants[0]).body_der
    assert [len(entry["bindings"]) for entry in entries] == [1, 0]
    assert bob.call("MembershipLog/get", accountId=alice.account_id, since=1)["list"] == entries[1:]
    assert bob.call("Member/get", accountId=alice.account_id)["error"] == "forbidden"


def test_refusals_have_their_names(alice: Practitioner, bob: Practitioner, practice: Any, ledger: Ledger) -> None:
    first, second = ledger.grant(card_share(bob.holder, Role.SENDER)), ledger.grant(card_share(practice.newcomer(1)))
    handed_in(alice, first)
    assert handed_in(alice, second)["error"] == "stateMismatch"
    twice = handed_in(alice, ledger.grant(card_share(bob.holder)))
    assert (twice["error"], twice["reason"]) == ("actRefused", "already-member")
    act = ledger.grant(card_share(practice.newcomer(1)), signer=bob.holder)
    refused = handed_in(bob, act, alice.account_id)
    assert (refused["error"], refused["reason"]) == ("actRefused", "signer-not-manager")
    assert handed_in(bob, act)["error"] == "stateMismatch"  # in another mailbox it extends nothing


def test_an_act_wants_a_card_shown_just_now(alice: Practitioner, bob: Practitioner, ledger: Ledger) -> None:
    aged(alice, 6)
    act = ledger.grant(card_share(bob.holder))
    assert handed_in(alice, act)["error"] == "stepUpRequired"
    alice.log_in()
    assert handed_in(alice, act)["seq"] == 1


def certify(person: Practitioner, account_id: str) -> Any:
    keys, address = next_keys(), "alice@pli.example"
    requests = {
        "encryptionRequest": text(build_request(keys.encryption_key, address)),
        "signatureRequest": text(build_request(keys.signature_key, address)),
    }
    return person.post("/keys/certify", {"accountId": account_id, **requests})


def test_managers_have_the_next_keys_certified(alice: Practitioner, bob: Practitioner, ledger: Ledger) -> None:
    handed_in(alice, ledger.grant(card_share(bob.holder, Role.SENDER)))
    answer = certify(alice, alice.account_id).json()
    assert (answer["epoch"], answer["mailboxId"]) == (2, alice.account_id)
    assert certify(bob, alice.account_id).status_code == 404
    aged(alice, 6)
    refused = certify(alice, alice.account_id)
    assert (refused.status_code, refused.json()["error"]) == (403, "step-up-required")


def test_a_rotation_is_one_call_and_every_key_is_told(alice: Practitioner, bob: Practitioner, ledger: Ledger) -> None:
    handed_in(alice, ledger.grant(card_share(bob.holder)))
    ledger.know(bob.holder)
    assert handed_in(alice, ledger.rotation())["seq"] == 2
    keys = bob.call("MailboxKey/get", accountId=alice.account_id)["list"]
    assert [(key["epoch"], key["state"]) for key in keys] == [(1, "retired"), (2, "current")]
    assert b64decode(keys[1]["history"]) == b"\1sealed"
    assert (keys[0]["history"], keys[1]["sendersUntil"]) == (None, None)
    assert keys[0]["sendersUntil"]
    entry = alice.call("Directory/lookup", addresses=["alice@pli.example"])["list"][0]
    assert entry["encryptionCertificate"] == keys[1]["encryptionCertificate"]
    assert entry["binding"] == keys[1]["binding"]
