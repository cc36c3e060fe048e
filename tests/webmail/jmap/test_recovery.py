"""Opening a mailbox by released shares: who may ask, that nothing opens before enough of them, and that it ends by itself."""

import os
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import OperationalError
from django.utils import timezone

from bridge.cms.grants import CardRecipient, Holder, HolderKind, Role, parse_grant
from bridge.cms.holder_keys import derive_holder_key
from bridge.cms.log import LogKind
from bridge.cms.recovery import RecoveryRequest as Request
from bridge.cms.recovery import (
    build_request,
    combine_shares,
    open_release,
    release_share,
    seal_share,
    split_secret,
    verify_request,
)
from bridge.cms.recovery_policy import PolicyKind, RecoveryPolicy, ShareHolder
from bridge.pki.certificates import certificate_sha256, spki, spki_sha256
from tests.webmail.ledger import Ledger, card_share, key_share, now
from tests.webmail.practitioner import Practitioner, text
from webmail.domain import access, deliver, key_change, notices, recover, verify_trace
from webmail.domain.access import Right
from webmail.domain.act import NewAct
from webmail.domain.caller import Caller
from webmail.domain.log_signers import card_now
from webmail.jmap.capabilities import KEYS
from webmail.models import AccessEvent, Mailbox, Membership, Message, RecoveryRequest, Share


class Officers:
    """A policy on Alice's mailbox, dealt to some holders; `ask` and `release` are what their bridges would do."""

    def __init__(self, alice: Practitioner, holders: list[Any], threshold: int, kind: PolicyKind, messages: int = 0):
        self.alice, self.holders = alice, holders
        self.ledger = Ledger(alice.mailbox, alice.holder)
        self.mailbox_id, self.secret = bytes.fromhex(alice.account_id), os.urandom(32)
        self.shares = split_secret(self.secret, self.mailbox_id, threshold, len(holders))
        act, self.grant = self._act(threshold, kind, messages)
        self.ledger.append(act)

    def _act(self, threshold: int, kind: PolicyKind, messages: int) -> tuple[NewAct, Any]:
        key = derive_holder_key(self.secret, self.mailbox_id, "officer").public_key()
        nobody = type("Nobody", (), {"id_type": "", "id_value": "", "name": "Officers"})
        share = key_share(spki(key), spki_sha256(key), HolderKind.OFFICER, nobody, Role.READER)
        body = self.ledger._body(share)
        named = tuple(
            ShareHolder(
                certificate_sha256(held.recipient.certificate),
                held.enrolment.id_type,
                held.enrolment.id_value,
                held.enrolment.name,
                dealt.commitment,
            )
            for held, dealt in zip(self.holders, self.shares, strict=True)
        )
        self.policy = RecoveryPolicy(self.mailbox_id, kind, threshold, body.digest, 60, messages, named)
        entry = self.ledger.entry(LogKind.POLICY, grants=[body.digest], subject=self.policy.digest)
        dealt = [
            seal_share(share_, self.policy, CardRecipient(held.recipient.certificate))
            for share_, held in zip(self.shares, self.holders, strict=True)
        ]
        sealed = self.ledger._sealed(body, share)
        return NewAct(entry, grants=[sealed], policy=self.policy.to_der(), shares=dealt), parse_grant(sealed)

    def request(self, person: Practitioner, at: datetime | None = None) -> tuple[bytes, Any]:
        self.vault_key = ec.generate_private_key(ec.SECP256R1())
        enrolment = person.holder.enrolment
        holder = Holder(HolderKind.CARD, os.urandom(32), enrolment.id_type, enrolment.id_value, enrolment.name)
        request = Request(
            self.mailbox_id,
            os.urandom(16),
            self.policy.digest,
            holder,
            spki(self.vault_key.public_key()),
            "cardiac arrest",
            at or now(),
        )
        return build_request(request, person.holder.signer), request

    def ask(self, person: Practitioner) -> str:
        self.der, request = self.request(person)
        answer = person.call(
            "RecoveryRequest/set", accountId=self.alice.account_id, create={"r": {"request": text(self.der)}}
        )
        assert answer["created"], answer
        assert answer["created"]["r"]["id"] == request.request_id.hex()
        return str(answer["created"]["r"]["id"])

    def release(self, person: Practitioner, request_id: str, place: int, holder: Any) -> Any:
        verified = verify_request(self.der, self.policy, validate_signer=card_now)
        released = release_share(self.shares[place], verified)
        entry = self.ledger.entry(LogKind.RECOVERY, subject=verified.digest, signer=holder)
        return person.call(
            "Membership/append",
            accountId=self.alice.account_id,
            logEntry=text(entry),
            release={"requestId": request_id, "release": text(released)},
        )


@pytest.fixture
def chloe(practice):
    holder = practice.newcomer(41, "Chloé", "Roux")
    person = Practitioner(holder, practice.open_for(holder, "chloe.roux@pli.example"))
    person.log_in()
    return person


@pytest.fixture
def officers(alice, bob, chloe):
    """Two of Bob, Chloé and a third who is away."""
    return Officers(alice, [bob.holder, chloe.holder, alice.holder], 2, PolicyKind.OFFICERS)


def reads(person: Practitioner, account_id: str) -> bool:
    ((name, _, _),) = person.jmap(["Email/query", {"accountId": account_id}, "0"])
    return name == "Email/query"


def kinds(person: Practitioner, account_id: str) -> list[str]:
    return [grant["holderKind"] for grant in person.call("Grant/get", accountId=account_id)["list"]]


def test_two_of_three_open_for_an_hour_and_for_reading(alice, bob, chloe, officers):
    message = alice.import_copy()
    way = bob.call("RecoveryPolicy/get", address="alice@pli.example")["list"][0]
    assert (way["threshold"], way["kind"], way["mailboxId"]) == (2, "officers", alice.account_id)
    request_id = officers.ask(bob)
    assert officers.release(bob, request_id, 0, bob.holder)["seq"] == 2
    opened = {request_id: {"state": "open"}}
    refused = bob.call("RecoveryRequest/set", accountId=alice.account_id, update=opened)["notUpdated"]
    assert refused[request_id]["properties"] == ["releases"]
    assert not reads(bob, alice.account_id)
    assert officers.release(chloe, request_id, 1, chloe.holder)["seq"] == 3
    assert bob.call("RecoveryRequest/set", accountId=alice.account_id, update=opened)["updated"]
    assert bob.call("Email/query", accountId=alice.account_id)["ids"] == [message]
    assert kinds(bob, alice.account_id) == ["officer"]
    assert bob.call("Email/set", accountId=alice.account_id, destroy=[message])["error"] == "forbidden"
    assert key_change.is_due(alice.account_id)
    row = bob.call("RecoveryRequest/get")["list"][0]
    verified = verify_request(officers.der, officers.policy, validate_signer=card_now)
    shares = [open_release(b64decode(one), verified, officers.vault_key, officers.policy) for one in row["releases"]]
    assert combine_shares(officers.policy, shares) == officers.secret
    acts = [line["act"] for line in alice.call("AccessEvent/query", limit=20)["list"]]
    assert {"recovery-requested", "recovery-released", "recovery-opened"} <= set(acts)


def test_the_session_closes_by_itself_and_by_its_owner(alice, bob, chloe, officers):
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    officers.release(chloe, request_id, 1, chloe.holder)
    bob.call("RecoveryRequest/set", accountId=alice.account_id, update={request_id: {"state": "open"}})
    assert reads(bob, alice.account_id)
    RecoveryRequest.objects.update(closes_at=timezone.now())
    assert not reads(bob, alice.account_id)
    RecoveryRequest.objects.update(closes_at=timezone.now() + timedelta(hours=1))
    alice.call("RecoveryRequest/set", update={request_id: {"state": "closed"}})
    assert not reads(bob, alice.account_id)


def test_a_member_opens_by_shares_too_and_reads_only_meanwhile(alice, bob, chloe, officers):
    """Of an inbox that his new card does not open yet, say: while it lasts he has what an emergency gives, and not both."""
    officers.ledger.append(officers.ledger.grant(card_share(bob.holder, Role.MANAGER)))
    message = alice.import_copy()
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    officers.release(chloe, request_id, 1, chloe.holder)
    assert bob.call("Email/set", accountId=alice.account_id, update={message: {"keywords": {}}})["updated"]
    bob.call("RecoveryRequest/set", accountId=alice.account_id, update={request_id: {"state": "open"}})
    assert kinds(bob, alice.account_id) == ["officer"]
    assert bob.call("Email/set", accountId=alice.account_id, destroy=[message])["error"] == "forbidden"
    assert bob.call("Member/get", accountId=alice.account_id, ids=None)["error"] == "forbidden"
    bob.call("RecoveryRequest/set", accountId=alice.account_id, update={request_id: {"state": "closed"}})
    assert kinds(bob, alice.account_id) == ["card"]
    assert bob.call("Member/get", accountId=alice.account_id, ids=None)["list"]


@pytest.mark.negative(16)
def test_once_used_a_policy_opens_nothing_more(alice, bob, chloe, officers):
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    officers.release(chloe, request_id, 1, chloe.holder)
    bob.call("RecoveryRequest/set", accountId=alice.account_id, update={request_id: {"state": "open"}})
    assert bob.call("RecoveryPolicy/get", address="alice@pli.example")["list"] == []
    officers.ledger.append(officers.ledger.rotation(without=[officers.grant.body_hash]))
    assert not Share.objects.filter(account_id=alice.account_id).exists()
    assert bob.call("Grant/get", accountId=alice.account_id)["list"] == []


def test_a_limit_of_messages_is_kept(alice, bob, chloe):
    officers = Officers(alice, [bob.holder], 1, PolicyKind.BREAK_GLASS, messages=1)
    messages = [alice.import_copy(subject) for subject in (b"a", b"b")]
    blobs = [alice.call("Email/get", ids=[message])["list"][0]["blobId"] for message in messages]
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    bob.call("RecoveryRequest/set", accountId=alice.account_id, update={request_id: {"state": "open"}})
    answers = [bob.client.get(f"/jmap/download/{alice.account_id}/{blob}") for blob in (*blobs, blobs[0])]
    assert [answer.status_code for answer in answers] == [200, 403, 200]
    assert answers[1].json() == {"error": "message-limit", "limit": 1}
    held = [bob.call("Held/get", accountId=alice.account_id, emailId=one).get("error") for one in messages]
    assert held == [None, "message-limit"]
    assert bob.call("RecoveryRequest/get")["list"][0]["messagesOpened"] == 1
    acts = [line["act"] for line in alice.call("AccessEvent/query", limit=20)["list"]]
    assert "break-glass" in acts


def test_who_opens_by_a_second_policy_has_what_that_one_gives_and_no_more(alice, bob, chloe, officers):
    """Else the limit, the grant and the end would be those of one session or of the other, by chance."""
    emergency = Officers(alice, [bob.holder], 1, PolicyKind.BREAK_GLASS, messages=1)
    opened = _opened_by(officers, bob, chloe), _opened_by(emergency, bob)
    state = {row["id"]: (row["openedAt"] is not None, row["endedAt"] is None) for row in _requests(bob)}
    assert state == {opened[0]: (True, False), opened[1]: (True, True)}
    session = bob.client.get("/.well-known/jmap").json()
    assert session["accounts"][alice.account_id]["accountCapabilities"][KEYS]["recovery"] == opened[1]
    assert [one["bodyHash"] for one in bob.call("Grant/get", accountId=alice.account_id)["list"]] == [
        text(emergency.grant.body_hash)
    ]
    bob.call("RecoveryRequest/set", accountId=alice.account_id, update={opened[1]: {"state": "closed"}})
    assert not reads(bob, alice.account_id)


def test_a_second_session_ends_nobody_else_s_and_none_elsewhere(alice, bob, chloe, officers):
    emergency = Officers(alice, [bob.holder, chloe.holder], 1, PolicyKind.BREAK_GLASS)
    elsewhere = Officers(chloe, [bob.holder], 1, PolicyKind.OFFICERS)
    theirs, other = _opened_by(officers, chloe, bob), _opened_by(elsewhere, bob)
    ours = _opened_by(emergency, bob)
    assert {row.id for row in RecoveryRequest.objects.filter(ended_at=None)} == {theirs, other, ours}


def test_of_two_sessions_of_before_the_newer_counts_everywhere(alice, bob, chloe):
    """Rows of a time when both stayed open."""
    now_ = timezone.now()
    for id_, minutes in (("a" * 32, 2), ("f" * 32, 1), ("0" * 32, 3)):
        RecoveryRequest.objects.create(
            account_id=alice.account_id,
            id=id_,
            policy_id="2" * 64,
            requester_id=bob.mailbox.person.id,
            digest=id_ * 2,
            created_at=now_,
            opened_at=now_ - timedelta(minutes=minutes),
            closes_at=now_ + timedelta(hours=1),
        )
    caller = Caller(bob.mailbox.person.id)
    listed = {one.id: one.recovery for one in access.accounts_of(caller)}[alice.account_id]
    assert (listed, access.require(caller, alice.account_id, Right.READ).recovery) == ("f" * 32, "f" * 32)


def _opened_by(officers: Officers, person: Practitioner, *others: Practitioner) -> str:
    """The request by which this person, who holds a share or asks others, opened the mailbox."""
    request_id = officers.ask(person)
    for place, holder in enumerate(officers.holders):
        giver = next((one for one in (person, *others) if one.holder is holder), None)
        if giver:
            officers.release(giver, request_id, place, holder)
    update = {request_id: {"state": "open"}}
    assert person.call("RecoveryRequest/set", accountId=officers.alice.account_id, update=update)["updated"]
    return request_id


def _requests(person: Practitioner) -> Any:
    return person.call("RecoveryRequest/get")["list"]


def test_the_owner_gets_a_message_and_every_page_concerned_hears_at_once(
    alice, bob, chloe, officers, django_capture_on_commit_callbacks
):
    def states():
        return [Mailbox.objects.get(id=one.account_id).member_state for one in (alice, bob, chloe)]

    before = states()
    with django_capture_on_commit_callbacks(execute=True):
        officers.ask(bob)
    heard = [new > old for old, new in zip(before, states(), strict=True)]
    assert heard == [True, False, True]  # a holder hears through his own mailbox
    assert Message.objects.filter(account_id=alice.account_id).count() == 1
    assert not Message.objects.filter(account_id=chloe.account_id).exists()


def test_a_request_stands_where_nobody_can_be_told(
    alice, bob, chloe, officers, django_capture_on_commit_callbacks, monkeypatch
):
    """A database too busy for what follows: who asked is not told that he failed, else he asks twice."""

    def busy(*_arguments):
        raise OperationalError("database is locked")

    monkeypatch.setattr(deliver, "commit", busy)
    with django_capture_on_commit_callbacks(execute=True):
        request_id = officers.ask(bob)
        monkeypatch.setattr(recover, "changing", busy)
    assert [one["id"] for one in chloe.call("RecoveryRequest/get")["list"]] == [request_id]
    assert not Message.objects.exists()


def test_a_notice_names_who_asks_in_both_languages_and_keeps_to_its_lines():
    _, french, _, english = notices.of_request("Dr Bob\r\n\r\nBcc:\u202e\0eve@example.org (RPPS 1)")
    for said in (french, english):
        assert "Dr Bob Bcc: eve@example.org (RPPS 1)" in said
    _, french, _, english = notices.of_opening("Dr Bob", 15, 5)
    assert "15 minutes" in french
    assert "5 au plus" in french
    assert "5 at most" in english
    assert "no limit" in notices.of_opening("Dr Bob", 15, 0)[3]


def test_no_way_undoes_the_entry_of_an_emergency(alice, bob, officers):
    """Neither who asked nor the owner: there is no method that writes the trace, and a request is not destroyed."""
    request_id = officers.ask(bob)
    for person in (alice, bob):
        answer = person.call("RecoveryRequest/set", accountId=alice.account_id, destroy=[request_id])
        assert answer["notDestroyed"][request_id]["type"] == "forbidden"
        ((_, answer, _),) = person.jmap(["AccessEvent/set", {"accountId": alice.account_id, "destroy": ["1"]}, "0"])
        assert answer["type"] == "unknownMethod"
    assert "recovery-requested" in [line["act"] for line in alice.call("AccessEvent/query", limit=20)["list"]]


@pytest.mark.negative(70)
def test_the_entry_of_an_emergency_taken_out_of_the_database_is_named(alice, bob):
    Officers(alice, [bob.holder], 1, PolicyKind.BREAK_GLASS).ask(bob)
    line = AccessEvent.objects.get(account_id=alice.account_id, act="break-glass")
    alice.import_copy()
    alice.call("AccessEvent/export", signed=False)  # a line after it
    assert verify_trace.verify(alice.account_id) == []
    AccessEvent.objects.filter(account_id=alice.account_id, seq=line.seq).delete()
    assert f"missing: line {line.seq}" in [str(one) for one in verify_trace.verify(alice.account_id)]


def test_a_manager_whose_right_ended_hears_and_closes_no_request(alice, bob, chloe, officers):
    act = officers.ledger.grant(card_share(chloe.holder, Role.MANAGER, not_after=now() + timedelta(hours=1)))
    officers.ledger.append(act)
    Share.objects.filter(person_id=chloe.mailbox.person.id).delete()
    request_id = officers.ask(bob)
    assert [row["id"] for row in chloe.call("RecoveryRequest/get")["list"]] == [request_id]
    Membership.objects.filter(account_id=alice.account_id, person_id=chloe.mailbox.person.id).update(not_after=now())
    assert chloe.call("RecoveryRequest/get")["list"] == []
    closing = {request_id: {"state": "closed"}}
    answer = chloe.call("RecoveryRequest/set", accountId=alice.account_id, update=closing)
    assert answer["notUpdated"][request_id]["type"] == "notFound"


def test_a_stranger_learns_nothing(alice, bob, chloe):
    officers = Officers(alice, [bob.holder], 1, PolicyKind.OFFICERS)
    assert chloe.call("RecoveryPolicy/get", address="alice@pli.example")["list"] == []
    der, _ = officers.request(chloe)
    answer = chloe.call("RecoveryRequest/set", accountId=alice.account_id, create={"r": {"request": text(der)}})
    assert answer["notCreated"]["r"]["type"] == "notFound"
    assert chloe.call("Share/get", accountId=alice.account_id)["error"] == "accountNotFound"
    assert chloe.call("RecoveryRequest/get")["list"] == []


def test_a_holder_gets_his_share_and_the_log_to_judge_by(alice, bob, officers):
    answer = bob.call("Share/get", accountId=alice.account_id)
    assert [share["policy"] for share in answer["list"]] == [text(officers.policy.to_der())]
    assert len(answer["evidence"]["logEntries"]) == 2
    assert text(officers.policy.to_der()) in answer["evidence"]["bodies"]


@pytest.mark.parametrize("way", ["other person", "stale", "garbage", "twice"])
def test_requests_that_are_not_the_callers_own_are_refused(alice, bob, chloe, officers, way):
    der = {
        "other person": lambda: officers.request(chloe)[0],
        "stale": lambda: officers.request(bob, now() - timedelta(hours=2))[0],
        "garbage": lambda: b"garbage",
        "twice": lambda: officers.request(bob)[0],
    }[way]()
    wanted = {"r": {"request": text(der)}}
    if way == "twice":
        bob.call("RecoveryRequest/set", accountId=alice.account_id, create=wanted)
    refused = bob.call("RecoveryRequest/set", accountId=alice.account_id, create=wanted)["notCreated"]["r"]
    assert refused["type"] == ("alreadyExists" if way == "twice" else "invalidProperties")


def test_a_share_released_twice_or_for_nothing_is_refused(alice, bob, officers):
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    assert officers.release(bob, request_id, 0, bob.holder)["reason"] == "already-released"
    assert officers.release(bob, "0" * 32, 0, bob.holder)["reason"] in ("already-released", "request-unknown")


def test_asking_wants_a_fresh_card(alice, bob, officers):
    session = bob.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    der, _ = officers.request(bob)
    wanted = {"r": {"request": text(der)}}
    assert bob.call("RecoveryRequest/set", accountId=alice.account_id, create=wanted)["error"] == "stepUpRequired"


def test_opening_with_the_shares_wants_a_proof_as_asking_does(alice, bob, chloe, officers):
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    officers.release(chloe, request_id, 1, chloe.holder)
    session = bob.client.session
    session["proved_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
    session.save()
    opened = {request_id: {"state": "open"}}
    answer = bob.call("RecoveryRequest/set", accountId=alice.account_id, update=opened)
    assert answer["error"] == "stepUpRequired"
    assert not reads(bob, alice.account_id)


def test_a_request_of_last_week_opens_nothing_any_more(alice, bob, chloe, officers):
    request_id = officers.ask(bob)
    officers.release(bob, request_id, 0, bob.holder)
    officers.release(chloe, request_id, 1, chloe.holder)
    RecoveryRequest.objects.update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    opened = {request_id: {"state": "open"}}
    answer = bob.call("RecoveryRequest/set", accountId=alice.account_id, update=opened)
    assert answer["notUpdated"] == {request_id: {"type": "notFound"}}
    assert not reads(bob, alice.account_id)
    RecoveryRequest.objects.update(created_at=timezone.now() - timedelta(days=6))
    assert bob.call("RecoveryRequest/set", accountId=alice.account_id, update=opened)["updated"]
