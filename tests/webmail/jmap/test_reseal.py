"""A stored seal replaced by another: confidential messages, and old ones put under a newer key."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.cms.errors import CmsError
from bridge.cms.grants import Role
from bridge.cms.objects import derive_object_key, open_object, seal_object
from bridge.cms.seal import open_seal
from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import Practitioner, text
from webmail.domain import blobs
from webmail.domain.verify_trace import verify
from webmail.models import Blob, Folder, Message, SealedObject

LETTER = b"Subject: Emma Petit\r\n\r\nwhat Emma Petit told her doctor"
ROW = b'{"v":1,"rows":[{"id":"x","subject":"Emma Petit"}]}'
LIST_ID = "636f6e66" + "0" * 24


@dataclass
class Ward:
    """Alice's mailbox with one message, which Bob may read, and the key that only she holds."""

    alice: Practitioner
    bob: Practitioner
    ledger: Ledger
    message: str
    secret: bytes

    @classmethod
    def of(cls, alice: Practitioner, bob: Practitioner, role: Role = Role.SENDER) -> "Ward":
        ledger = Ledger(alice.mailbox, alice.holder)
        ledger.append(ledger.grant(card_share(bob.holder, role)))
        ledger.know(bob.holder)
        return cls(alice, bob, ledger, alice.import_copy(LETTER, "inbox"), os.urandom(32))

    @property
    def row(self) -> Message:
        return Message.objects.get(id=self.message)

    def asked(self, method: str, **arguments: Any) -> dict[str, Any]:
        return self.bob.call(method, accountId=self.alice.account_id, **arguments)

    def sealed(self, object_id: str, content: bytes, version: int = 1) -> bytes:
        key = derive_object_key(self.secret, "confidential", object_id)
        place: dict[str, Any] = {"mailbox_id": bytes.fromhex(self.alice.account_id), "object_id": object_id}
        return seal_object(content, key, object_class="confidential", epoch=1, version=version, **place)

    def list_it(self) -> None:
        """Its row goes to the owners' list."""
        new = {"id": LIST_ID, "class": "confidential", "version": 1, "epoch": 1, "messageIds": [self.message]}
        blob = self.alice.upload(self.sealed(LIST_ID, ROW))
        assert self.alice.call("SealedObject/set", create={"o": {**new, "blobId": blob}})["created"]

    def seal(self, by: Practitioner | None = None, **members: Any) -> dict[str, Any]:
        """The answer for the one message: the mark, unless `members` say something else."""
        blob = (self.alice if "blobId" not in members else self).upload(self.sealed(self.message, LETTER))
        patch = {"former": self.row.blob_id, "blobId": blob, "confidential": True, **members}
        person = by or self.alice
        return person.call("Email/reseal", accountId=self.alice.account_id, update={self.message: patch})

    def upload(self, data: bytes) -> str:
        return self.alice.upload(data)

    def conceal(self) -> None:
        self.list_it()
        assert self.seal()["updated"]


@pytest.fixture
def ward(alice: Practitioner, bob: Practitioner) -> Ward:
    return Ward.of(alice, bob)


def refusal(answer: dict[str, Any], message: str) -> tuple[str, list[str]]:
    found = answer["notUpdated"][message]
    return found["type"], found.get("properties", [])


def test_a_confidential_message_is_not_there_for_anybody_but_its_owners(ward: Ward) -> None:
    former = ward.row.blob_id
    inbox = ward.alice.folder("inbox")
    assert ward.asked("Email/query", filter={"inMailbox": inbox}, calculateTotal=True)["total"] == 1
    ward.conceal()
    assert ward.asked("Email/query", filter={"inMailbox": inbox}, calculateTotal=True)["total"] == 0
    assert ward.asked("Email/query")["ids"] == []
    assert ward.asked("Email/get", ids=[ward.message])["notFound"] == [ward.message]
    assert ward.asked("Thread/get", ids=[ward.row.thread_id])["notFound"] == [ward.row.thread_id]
    assert ward.asked("Held/get", emailId=ward.message)["error"] == "notFound"
    assert ward.asked("Email/set", destroy=[ward.message])["notDestroyed"]
    counts = next(row for row in ward.asked("Mailbox/get")["list"] if row["role"] == "inbox")
    assert counts["totalEmails"] == 0
    for blob in (ward.row.blob_id, former):
        assert ward.bob.client.get(f"/jmap/download/{ward.alice.account_id}/{blob}").status_code == 404
    assert Folder.objects.get(id=inbox).total == 1


def test_its_owner_has_it_as_before(ward: Ward) -> None:
    ward.conceal()
    (row,) = ward.alice.call("Email/get", ids=[ward.message])["list"]
    assert (row["confidential"], row["sealedSummary"], row["packId"]) == (True, "", LIST_ID)
    sealed = b"".join(ward.alice.download(row["blobId"]).streaming_content)
    place: dict[str, Any] = {"mailbox_id": bytes.fromhex(ward.alice.account_id), "object_id": ward.message}
    key = derive_object_key(ward.secret, "confidential", ward.message)
    assert open_object(sealed, key, object_class="confidential", epoch=1, version=1, **place) == LETTER
    acts = [line["act"] for line in ward.alice.call("AccessEvent/query", limit=10)["list"]]
    assert "concealed" in acts


def test_a_delegate_is_told_that_it_went(ward: Ward) -> None:
    since = ward.asked("Email/get", ids=[])["state"]
    ward.conceal()
    assert ward.asked("Email/changes", sinceState=since)["destroyed"] == [ward.message]
    assert ward.alice.call("Email/changes", sinceState=since)["updated"] == [ward.message]


def everything_kept() -> list[bytes]:
    """Every sealed octet of the database and of the blob store."""
    stored = [blobs.read(one) for one in Blob.objects.all()]
    return [*stored, *(bytes(one.summary) for one in Message.objects.all())]


def opens(sealed: bytes, ward: Ward) -> bool:
    """Whether what a delegate holds opens it: the mailbox's keys and its storage key."""
    keys = ward.ledger.keys[1]
    for label in ("pli-message", "pli-summary"):
        try:
            open_seal(sealed, keys.encryption_key, label)
        except CmsError:
            continue
        return True
    names = [ward.message, *SealedObject.objects.values_list("id", flat=True)]
    return any(
        _opens_as(sealed, keys.storage_key, ward, one, name) for one in ("confidential", "pack") for name in names
    )


def _opens_as(sealed: bytes, storage_key: bytes, ward: Ward, object_class: str, name: str) -> bool:
    place: dict[str, Any] = {"mailbox_id": bytes.fromhex(ward.alice.account_id), "object_id": name}
    place |= {"object_class": object_class, "epoch": 1, "version": 1}
    try:
        open_object(sealed, derive_object_key(storage_key, object_class, name), **place)
    except CmsError:
        return False
    return True


def test_the_whole_database_and_a_delegates_keys_open_nothing_of_it(ward: Ward) -> None:
    assert any(opens(sealed, ward) for sealed in everything_kept())  # before: the message and its summary
    ward.conceal()
    kept = everything_kept()
    assert kept
    assert not any(opens(sealed, ward) for sealed in kept)
    assert not any(b"Emma" in sealed for sealed in kept)


def test_who_is_no_owner_marks_nothing(alice: Practitioner, bob: Practitioner) -> None:
    ward = Ward.of(alice, bob, Role.MANAGER)
    ward.list_it()
    assert refusal(ward.seal(by=bob), ward.message) == ("forbidden", [])
    assert not ward.row.confidential


def test_a_reader_seals_nothing_anew(ward: Ward) -> None:
    assert ward.seal(by=ward.bob)["error"] == "forbidden"


def test_a_row_that_stands_where_everybody_reads_refuses_the_mark(ward: Ward) -> None:
    assert refusal(ward.seal(), ward.message) == ("invalidProperties", ["packId"])
    pack = {"id": "a" * 32, "class": "pack", "version": 1, "epoch": 1, "messageIds": [ward.message]}
    assert ward.alice.call("SealedObject/set", create={"o": {**pack, "blobId": ward.upload(b"x")}})["created"]
    assert refusal(ward.seal(), ward.message) == ("invalidProperties", ["packId"])
    ward.conceal()
    late = {"version": 2, "blobId": ward.upload(b"x"), "messageIds": [ward.message]}
    answer = ward.asked("SealedObject/set", update={"a" * 32: late})
    assert answer["notUpdated"]["a" * 32]["properties"] == ["messageIds"]


def test_the_same_again_is_answered_alike_and_another_is_not_overwritten(ward: Ward) -> None:
    ward.list_it()
    former, blob = ward.row.blob_id, ward.upload(ward.sealed(ward.message, LETTER))
    for _ in range(2):
        assert ward.seal(former=former, blobId=blob)["updated"]
    assert refusal(ward.seal(former=former), ward.message) == ("stateMismatch", [])


def test_what_is_no_seal_takes_no_place(ward: Ward) -> None:
    ward.list_it()
    assert refusal(ward.seal(blobId=ward.upload(LETTER)), ward.message)[1] == ["blobId"]
    summary = text(ward.alice.sealed(b"{}", "pli-summary"))
    assert refusal(ward.seal(sealedSummary=summary), ward.message)[1] == ["sealedSummary"]
    clear: dict[str, Any] = {"confidential": False, "sealedSummary": summary, "blobId": ward.upload(LETTER)}
    assert refusal(ward.seal(**clear), ward.message)[1] == ["blobId"]
    bare: dict[str, Any] = {"confidential": False, "blobId": ward.upload(ward.alice.sealed(LETTER))}
    assert refusal(ward.seal(**bare), ward.message)[1] == ["sealedSummary"]


def anew(ward: Ward, **members: Any) -> dict[str, Any]:
    """Sealed for everybody again."""
    summary = text(ward.alice.sealed(b'{"v":1}', "pli-summary"))
    blob = ward.upload(ward.alice.sealed(LETTER))
    return ward.seal(confidential=False, blobId=blob, sealedSummary=summary, **members)


def test_the_mark_goes_away_again(ward: Ward) -> None:
    ward.conceal()
    assert anew(ward)["updated"]
    assert ward.asked("Email/get", ids=[ward.message])["list"][0]["confidential"] is False
    acts = [line["act"] for line in ward.alice.call("AccessEvent/query", limit=10)["list"]]
    assert "revealed" in acts
    assert verify(ward.alice.account_id) == []


def test_old_mail_goes_under_a_newer_key(ward: Ward) -> None:
    ward.ledger.append(ward.ledger.rotation())
    assert refusal(anew(ward, epoch=3), ward.message) == ("invalidProperties", ["epoch"])
    assert anew(ward, epoch=2)["updated"][ward.message]["epoch"] == 2
    assert ward.row.epoch == 2
    assert refusal(anew(ward, epoch=1), ward.message) == ("invalidProperties", ["epoch"])


@pytest.mark.negative(13)
def test_nobody_gets_to_older_mail_by_a_newer_seal(alice: Practitioner, bob: Practitioner) -> None:
    ledger = Ledger(alice.mailbox, alice.holder)
    ward = Ward(alice, bob, ledger, alice.import_copy(LETTER, "inbox"), os.urandom(32))
    ledger.append(ledger.rotation(card_share(bob.holder, Role.READER, history=2)))
    assert refusal(anew(ward, epoch=2), ward.message) == ("invalidProperties", ["epoch"])
    assert ward.asked("Email/query")["ids"] == []


def draft_again(alice: Practitioner, epoch: int, **members: Any) -> dict[str, Any]:
    """The answer to a draft's next version, which is under the key of that epoch."""
    (draft,) = alice.call("SealedObject/get", ids=None, **{"class": "draft"})["list"]
    patch = {"version": draft["version"] + 1, "epoch": epoch, "blobId": alice.upload(b"sealed again"), **members}
    return alice.call("SealedObject/set", update={draft["id"]: patch})


def draft_of_before(alice: Practitioner) -> SealedObject:
    create = {"id": "d" * 32, "class": "draft", "version": 1, "epoch": 1, "blobId": alice.upload(b"half a letter")}
    assert alice.call("SealedObject/set", create={"d": create})["created"]
    written = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
    SealedObject.objects.filter(id="d" * 32).update(updated_at=written)
    return SealedObject.objects.get(id="d" * 32)


def test_an_old_draft_goes_under_a_newer_key_and_keeps_when_it_was_written(alice: Practitioner) -> None:
    ledger, former = Ledger(alice.mailbox, alice.holder), draft_of_before(alice)
    ledger.append(ledger.rotation())
    assert refusal(draft_again(alice, 3, resealed=True), former.id) == ("invalidProperties", ["epoch"])
    assert draft_again(alice, 2, resealed=True)["updated"]
    row = SealedObject.objects.get(id=former.id)
    assert (row.epoch, row.version, row.updated_at) == (2, 2, former.updated_at)
    assert not Blob.objects.filter(id=former.blob_id).exists()  # what the older key opened
    assert draft_again(alice, 2)["updated"]
    assert SealedObject.objects.get(id=former.id).updated_at > former.updated_at


def test_nobody_gets_to_an_older_draft_by_a_newer_seal(alice: Practitioner, bob: Practitioner) -> None:
    ledger, former = Ledger(alice.mailbox, alice.holder), draft_of_before(alice)
    ledger.append(ledger.rotation(card_share(bob.holder, Role.READER, history=2)))
    assert refusal(draft_again(alice, 2, resealed=True), former.id) == ("invalidProperties", ["epoch"])
    assert bob.call("SealedObject/get", accountId=alice.account_id, ids=[former.id])["notFound"] == [former.id]
