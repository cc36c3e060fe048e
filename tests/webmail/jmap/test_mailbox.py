"""Mailbox/get, /query, /changes and /set: folders whose names only their readers know (RFC 8621 §2)."""

from typing import Any

import pytest

from tests.webmail.practitioner import Practitioner

ROLES = ["inbox", "drafts", "sent", "archive", "junk", "trash"]


def named(person: Practitioner, object_id: str = "cd" * 16) -> str:
    values = {"class": "folder", "id": object_id, "version": 1, "epoch": 1, "blobId": person.upload(b"\x01name")}
    assert person.call("SealedObject/set", create={"k": values})["created"]
    return object_id


def make(person: Practitioner, **changes: Any) -> dict[str, Any]:
    return person.call("Mailbox/set", create={"k": {"pli:nameObjectId": named(person)} | changes})


def test_new_mailbox_has_six_folders(alice: Practitioner) -> None:
    folders = alice.call("Mailbox/get")["list"]
    assert [folder["role"] for folder in folders] == ROLES
    assert all(folder["myRights"]["maySubmit"] for folder in folders)
    assert not any(folder["myRights"]["mayDelete"] for folder in folders)


def test_folder_is_named_by_a_sealed_object(alice: Practitioner) -> None:
    created = make(alice)["created"]["k"]["id"]
    (folder,) = alice.call("Mailbox/get", ids=[created])["list"]
    assert (folder["pli:nameObjectId"], folder["role"]) == ("cd" * 16, None)


@pytest.mark.capability("CN1")
def test_folder_cannot_have_a_clear_name(alice: Practitioner) -> None:
    refused = make(alice, name="Diabète")["notCreated"]["k"]
    assert refused == {"type": "invalidProperties", "properties": ["name"]}
    refused = alice.call("Mailbox/set", create={"k": {"pli:nameObjectId": "Diabete"}})["notCreated"]["k"]
    assert refused["type"] == "invalidProperties"


def test_folder_is_moved_and_destroyed(alice: Practitioner) -> None:
    created = make(alice)["created"]["k"]["id"]
    state = alice.call("Mailbox/get")["state"]
    archive = alice.folder("archive")
    assert alice.call("Mailbox/set", update={created: {"parentId": archive}})["updated"] == {created: None}
    assert alice.call("Mailbox/query", filter={"parentId": archive})["ids"] == [created]
    assert alice.call("Mailbox/changes", sinceState=state)["updated"] == [created]
    assert alice.call("Mailbox/set", update={archive: {"parentId": created}})["notUpdated"][archive]["type"] == (
        "invalidProperties"
    )
    assert alice.call("Mailbox/set", destroy=[created])["destroyed"] == [created]


def test_folder_with_messages_or_a_role_stays(alice: Practitioner) -> None:
    created = make(alice)["created"]["k"]["id"]
    message = alice.import_copy()
    alice.call("Email/set", update={message: {"mailboxIds": {created: True}}})
    answer = alice.call("Mailbox/set", destroy=[created, alice.folder("inbox")])
    assert answer["notDestroyed"][created] == {"type": "mailboxHasEmail"}
    assert answer["notDestroyed"][alice.folder("inbox")]["type"] == "invalidProperties"


def test_query_by_role(alice: Practitioner) -> None:
    assert alice.call("Mailbox/query", filter={"role": "sent"})["ids"] == [alice.folder("sent")]
    assert alice.call("Mailbox/query", filter={"name": "x"})["error"] == "unsupportedFilter"
    assert len(alice.call("Mailbox/query", filter={"hasAnyRole": True}, limit=2)["ids"]) == 2
