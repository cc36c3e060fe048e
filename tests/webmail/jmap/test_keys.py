"""The keys capability: certificates, grants, log, sealed objects, directory, trace, and what the server holds."""

import base64
import hashlib
from typing import Any

import pytest

from bridge.cms.grants import open_grant_with_key, parse_grant
from tests.webmail.practitioner import Practitioner

ID = "ab" * 16


def put(person: Practitioner, version: int = 1, **changes: Any) -> dict[str, Any]:
    values = {"class": "draft", "id": ID, "version": version, "epoch": 1, "blobId": person.upload(b"\x01sealed")}
    return person.call("SealedObject/set", create={"k": values | changes})


def replace(person: Practitioner, version: int, **changes: Any) -> dict[str, Any]:
    values = {"version": version, "blobId": person.upload(b"\x01sealed again")}
    return person.call("SealedObject/set", update={ID: values | changes})


def test_mailbox_keys_are_served(alice: Practitioner) -> None:
    (key,) = alice.call("MailboxKey/get")["list"]
    assert (key["id"], key["epoch"], key["state"]) == ("1", 1, "current")
    assert key["chain"]
    assert base64.b64decode(key["binding"])


@pytest.mark.capability("CO12")
def test_own_grant_opens_with_the_card(alice: Practitioner) -> None:
    (row,) = alice.call("Grant/get")["list"]
    assert (row["holderKind"], row["role"], row["epoch"]) == ("card", "owner", 1)
    assert row["holderReference"] == alice.holder.enrolment.reference
    grant = parse_grant(base64.b64decode(row["grant"]))
    assert open_grant_with_key(grant, alice.holder.authentication_key).storage_key == alice.mailbox.keys.storage_key


def test_membership_log_starts_with_the_genesis(alice: Practitioner) -> None:
    entries = alice.call("MembershipLog/get")["list"]
    assert [entry["seq"] for entry in entries] == [0]
    assert alice.call("MembershipLog/get", since=1)["list"] == []


def test_object_is_written_by_compare_and_set(alice: Practitioner) -> None:
    assert put(alice)["created"]["k"]["id"] == ID
    assert replace(alice, 2)["updated"][ID]["size"] == len(b"\x01sealed again")
    assert replace(alice, 2)["notUpdated"][ID] == {"type": "stateMismatch"}
    assert replace(alice, 4)["notUpdated"][ID] == {"type": "stateMismatch"}
    (row,) = alice.call("SealedObject/get", **{"class": "draft"})["list"]
    assert row["version"] == 2
    served = b"".join(alice.download(row["blobId"]).streaming_content)
    assert served == b"\x01sealed again"


@pytest.mark.parametrize(
    "changes",
    [
        {"class": "secret"},
        {"class": "history"},
        {"id": "x"},
        {"version": 2},
        {"epoch": 0},
        {"blobId": "0" * 32},
        {"subject": "x"},
    ],
)
def test_object_of_another_shape(alice: Practitioner, changes: dict[str, Any]) -> None:
    assert put(alice, **changes)["notCreated"]["k"]["type"] == "invalidProperties"


def test_object_exists_once(alice: Practitioner) -> None:
    put(alice)
    assert put(alice)["notCreated"]["k"]["type"] == "alreadyExists"


def test_pack_marks_its_messages(alice: Practitioner) -> None:
    message = alice.import_copy()
    put(alice, **{"class": "pack", "messageIds": [message]})
    assert alice.call("Email/get", ids=[message])["list"][0]["packId"] == ID
    alice.call("SealedObject/set", destroy=[ID])
    assert alice.call("Email/get", ids=[message])["list"][0]["packId"] is None


def test_pack_served_is_could_read(alice: Practitioner) -> None:
    messages = [alice.import_copy(), alice.import_copy()]
    put(alice, **{"class": "pack", "messageIds": messages})
    (row,) = alice.call("SealedObject/get", ids=[ID])["list"]
    assert b"".join(alice.download(row["blobId"]).streaming_content)
    line = alice.call("AccessEvent/query", limit=1)["list"][0]
    assert (line["act"], line["objectId"], line["count"]) == ("could-read", ID, 2)


def test_object_changes(alice: Practitioner) -> None:
    state = alice.call("SealedObject/get")["state"]
    put(alice)
    assert alice.call("SealedObject/changes", sinceState=state)["created"] == [ID]


def test_objects_are_the_accounts_own(alice: Practitioner, bob: Practitioner) -> None:
    put(alice)
    assert bob.call("SealedObject/get")["list"] == []
    assert bob.call("SealedObject/set", destroy=[ID])["notDestroyed"] == {ID: {"type": "notFound"}}


def test_directory_finds_and_looks_up(alice: Practitioner, bob: Practitioner) -> None:
    name = bob.holder.enrolment.name.split()[-1]
    found = alice.call("Directory/query", text=name)["list"]
    assert [entry["address"] for entry in found] == [bob.mailbox.address]
    known, unknown = alice.call("Directory/lookup", addresses=[bob.mailbox.address.upper(), "x@y.example"])["list"]
    assert unknown is None
    assert (known["state"], known["internal"], known["rppsNumber"]) == ("ready", True, bob.holder.enrolment.id_value)
    assert base64.b64decode(known["binding"])
    assert base64.b64decode(known["logEntry"])


def test_directory_limits(alice: Practitioner) -> None:
    assert alice.call("Directory/query", text="a")["error"] == "invalidArguments"
    assert alice.call("Directory/lookup", addresses=["a@b.example"] * 101)["error"] == "requestTooLarge"


def test_owner_reads_the_trace(alice: Practitioner) -> None:
    answer = alice.call("AccessEvent/query")
    assert [line["act"] for line in answer["list"]] == ["login", "account-opened"]
    assert answer["total"] == 2
    assert answer["list"][0]["name"] == alice.holder.enrolment.name
    assert alice.call("AccessEvent/query", position=1)["list"] == answer["list"][1:]


def test_held_shows_the_very_rows(alice: Practitioner) -> None:
    message = alice.import_copy(b"Subject: Emma Petit\r\n\r\nSecret")
    held = alice.call("Held/get", emailId=message)
    tables = {row["table"] for row in held["rows"]}
    assert {"webmail_message", "webmail_messagefolder", "webmail_blob"} <= tables
    (blob,) = held["blobs"]
    assert blob["size"] >= len(base64.b64decode(blob["bytes"])) > 400
    assert "Emma" not in str(held)
    assert alice.call("Held/get", emailId="0" * 32)["error"] == "notFound"


def test_upload_keeps_the_bytes(alice: Practitioner) -> None:
    data = hashlib.sha256(b"seed").digest() * 10_000
    blob_id = alice.upload(data)
    assert b"".join(alice.download(blob_id).streaming_content) == data


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=8-", 206, b"89"),
        ("bytes=4-99", 206, b"456789"),
        ("bytes=10-", 200, b"0123456789"),
        ("bytes=5-2", 200, b"0123456789"),
        ("bytes=0-1,4-5", 200, b"0123456789"),
        ("lines=0-1", 200, b"0123456789"),
    ],
)
def test_range(alice: Practitioner, wanted: str, status: int, expected: bytes) -> None:
    response = alice.download(alice.upload(b"0123456789"), Range=wanted)
    assert (response.status_code, b"".join(response.streaming_content)) == (status, expected)
    assert response.headers["Content-Length"] == str(len(expected))


def test_upload_over_the_limit(alice: Practitioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webmail.jmap.capabilities.MAX_SIZE_UPLOAD", 10)
    route = f"/jmap/upload/{alice.account_id}"
    response = alice.client.post(route, b"x" * 11, content_type="application/octet-stream")
    assert (response.status_code, response.json()["limit"]) == (413, "maxSizeUpload")
