"""Email/get, /query, /changes, /set and /import on sealed messages (RFC 8621 §4)."""

import base64
from typing import Any

import pytest

from tests.webmail.practitioner import Practitioner, text
from webmail.jmap import capabilities
from webmail.models import AccessEvent

CLEAR = b"From: a@b.example\r\nSubject: Emma Petit\r\n\r\nSecret"


def fetched(person: Practitioner, message: str, *properties: str) -> dict[str, Any]:
    wanted = {"properties": list(properties)} if properties else {}
    return dict(person.call("Email/get", ids=[message], **wanted)["list"][0])


@pytest.mark.capability("CN1")
def test_imported_message_is_served_as_sealed(alice: Practitioner) -> None:
    message = alice.import_copy(b"Subject: Emma\r\n\r\nhello")
    row = fetched(alice, message)
    assert set(row["mailboxIds"]) == {alice.folder("sent")}
    assert row["keywords"] == {"$seen": True}
    assert row["epoch"] == 1
    assert row["packId"] is None
    assert len(base64.b64decode(row["sealedSummary"])) > 400
    served = alice.download(row["blobId"])
    assert served.headers["Content-Type"] == "application/octet-stream"
    assert served.headers["Content-Disposition"] == "attachment"
    sealed = b"".join(served.streaming_content)
    assert len(sealed) == row["size"]
    assert b"Emma" not in sealed


def test_content_is_null(alice: Practitioner) -> None:
    message = alice.import_copy()
    row = fetched(alice, message, "subject", "from", "preview", "header:X-Test:asText", "receivedAt")
    assert {name: row[name] for name in ("subject", "from", "preview", "header:X-Test:asText")} == {
        "subject": None,
        "from": None,
        "preview": None,
        "header:X-Test:asText": None,
    }
    assert "sealedSummary" not in row


def test_unknown_property_is_refused(alice: Practitioner) -> None:
    assert alice.call("Email/get", ids=[], properties=["nothing"])["error"] == "invalidArguments"


def test_unknown_ids_are_named(alice: Practitioner) -> None:
    assert alice.call("Email/get", ids=["x", "#y"])["notFound"] == ["x", "#y"]


def test_more_ids_than_the_limit(alice: Practitioner) -> None:
    ids = [f"{number:032x}" for number in range(capabilities.MAX_OBJECTS_IN_GET + 1)]
    assert alice.call("Email/get", ids=ids)["error"] == "requestTooLarge"


def test_summary_and_blob_leave_different_lines(alice: Practitioner) -> None:
    message = alice.import_copy()
    blob_id = fetched(alice, message, "blobId")["blobId"]
    assert not AccessEvent.objects.filter(act__in=["could-read", "opened"]).exists()
    fetched(alice, message)
    assert b"".join(alice.download(blob_id).streaming_content)
    lines = AccessEvent.objects.filter(act__in=["could-read", "opened"]).order_by("seq")
    assert [(line.act, line.object_id) for line in lines] == [("could-read", ""), ("opened", message)]


@pytest.mark.parametrize("content", [CLEAR, b"", b"\x30\x80", b"A" * 1000])
def test_clear_content_cannot_be_imported(alice: Practitioner, content: bytes) -> None:
    copy = alice.copy() | {"blobId": alice.upload(content)}
    refused = alice.call("Email/import", emails={"k": copy})["notCreated"]["k"]
    assert refused == {"type": "invalidProperties", "properties": ["blobId"]}


def test_clear_summary_cannot_be_imported(alice: Practitioner) -> None:
    copy = alice.copy() | {"sealedSummary": text(b'{"subject":"Emma Petit"}')}
    refused = alice.call("Email/import", emails={"k": copy})["notCreated"]["k"]
    assert refused == {"type": "invalidProperties", "properties": ["sealedSummary"]}


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"mailboxIds": {}}, "mailboxIds"),
        ({"mailboxIds": {"0" * 32: True}}, "mailboxIds"),
        ({"mailboxIds": {"0" * 32: False}}, "mailboxIds"),
        ({"keywords": {"emma petit": True}}, "keywords"),
        ({"receivedAt": "yesterday"}, "receivedAt"),
        ({"blobId": "0" * 32}, "blobId"),
        ({"epoch": 7}, "epoch"),
        ({"more": 1}, "more"),
    ],
)
def test_import_of_another_shape(alice: Practitioner, changes: dict[str, Any], member: str) -> None:
    refused = alice.call("Email/import", emails={"k": alice.copy() | changes})["notCreated"]["k"]
    assert refused == {"type": "invalidProperties", "properties": [member]}


def test_query_finds_by_folder_newest_first(alice: Practitioner) -> None:
    first, second = alice.import_copy(), alice.import_copy()
    alice.import_copy(folder="archive")
    found = alice.call("Email/query", filter={"inMailbox": alice.folder("sent")}, calculateTotal=True)
    assert (found["ids"], found["total"], found["position"]) == ([second, first], 2, 0)
    assert found["canCalculateChanges"] is False


def test_query_pages(alice: Practitioner) -> None:
    ids = [alice.import_copy() for _ in range(4)][::-1]
    assert alice.call("Email/query", position=1, limit=2)["ids"] == ids[1:3]
    assert alice.call("Email/query", position=-1)["ids"] == ids[3:]
    assert alice.call("Email/query", anchor=ids[2], anchorOffset=-1, limit=2)["ids"] == ids[1:3]
    assert alice.call("Email/query", anchor="0" * 32)["error"] == "anchorNotFound"
    ascending = [{"property": "receivedAt", "isAscending": True}]
    assert alice.call("Email/query", sort=ascending)["ids"] == ids[::-1]


@pytest.mark.parametrize(
    ("condition", "matches"),
    [
        ({"hasKeyword": "$seen"}, True),
        ({"notKeyword": "$seen"}, False),
        ({"hasKeyword": "$see"}, False),
        ({"minSize": 1}, True),
        ({"maxSize": 1}, False),
        ({"after": "2000-01-01T00:00:00Z"}, True),
        ({"before": "2000-01-01T00:00:00Z"}, False),
        ({"inMailboxOtherThan": []}, True),
    ],
)
def test_query_filters(alice: Practitioner, condition: dict[str, Any], matches: bool) -> None:
    message = alice.import_copy()
    assert alice.call("Email/query", filter=condition)["ids"] == ([message] if matches else [])


@pytest.mark.parametrize(
    "condition", [{"text": "Emma"}, {"subject": "x"}, {"from": "x"}, {"operator": "AND", "conditions": []}]
)
def test_filter_that_needs_content(alice: Practitioner, condition: dict[str, Any]) -> None:
    assert alice.call("Email/query", filter=condition)["error"] == "unsupportedFilter"


@pytest.mark.parametrize("sort", [[{"property": "subject"}], [{"property": "receivedAt"}, {"property": "size"}]])
def test_sort_that_needs_content(alice: Practitioner, sort: list[Any]) -> None:
    assert alice.call("Email/query", sort=sort)["error"] == "unsupportedSort"


def test_query_changes_are_never_calculated(alice: Practitioner) -> None:
    assert alice.call("Email/queryChanges", sinceQueryState="0")["error"] == "cannotCalculateChanges"


def test_changes_tell_created_updated_destroyed(alice: Practitioner) -> None:
    kept, gone = alice.import_copy(), alice.import_copy()
    state = alice.call("Email/get", ids=[])["state"]
    new = alice.import_copy()
    alice.call("Email/set", update={kept: {"keywords/$flagged": True}}, destroy=[gone])
    found = alice.call("Email/changes", sinceState=state)
    assert (found["created"], found["updated"], found["destroyed"]) == ([new], [kept], [gone])
    assert found["hasMoreChanges"] is False
    assert alice.call("Email/changes", sinceState=found["newState"])["updated"] == []


def test_changes_come_in_pieces(alice: Practitioner) -> None:
    state = alice.call("Email/get", ids=[])["state"]
    ids = [alice.import_copy() for _ in range(3)]
    found: list[str] = []
    for _ in range(3):
        piece = alice.call("Email/changes", sinceState=state, maxChanges=1)
        state = piece["newState"]
        found += piece["created"]
    assert found == ids
    assert piece["hasMoreChanges"] is False


@pytest.mark.parametrize("state", ["99999", "abc", "-1"])
def test_changes_since_an_unknown_state(alice: Practitioner, state: str) -> None:
    assert alice.call("Email/changes", sinceState=state)["error"] == "cannotCalculateChanges"


def test_set_patches_single_members(alice: Practitioner) -> None:
    message = alice.import_copy()
    archive, sent = alice.folder("archive"), alice.folder("sent")
    patch = {
        "keywords/$flagged": True,
        "keywords/$seen": None,
        f"mailboxIds/{archive}": True,
        f"mailboxIds/{sent}": None,
    }
    assert alice.call("Email/set", update={message: patch})["updated"] == {message: None}
    row = fetched(alice, message)
    assert (row["keywords"], list(row["mailboxIds"])) == ({"$flagged": True}, [archive])
    counts = {
        folder["role"]: (folder["totalEmails"], folder["unreadEmails"]) for folder in alice.call("Mailbox/get")["list"]
    }
    assert (counts["archive"], counts["sent"]) == ((1, 1), (0, 0))


def test_set_replaces_whole_sets(alice: Practitioner) -> None:
    message = alice.import_copy()
    alice.call("Email/set", update={message: {"keywords": {}, "mailboxIds": {alice.folder("trash"): True}}})
    row = fetched(alice, message)
    assert (row["keywords"], list(row["mailboxIds"])) == ({}, [alice.folder("trash")])


@pytest.mark.parametrize(
    ("patch", "refusal"),
    [
        ({"keywords/$seen": False}, "invalidProperties"),
        ({"keywords/$seen": 1}, "invalidProperties"),
        ({"keywords": {"diabetes": True}}, "invalidProperties"),
        ({"keywords/diabetes": True}, "invalidProperties"),
        ({"mailboxIds": {}}, "invalidProperties"),
        ({"mailboxIds/nothing": True}, "invalidProperties"),
        ({"keywords": {}, "keywords/$seen": True}, "invalidPatch"),
        ({"subject": "x"}, "invalidProperties"),
        ({"sealedSummary": "AAAA"}, "invalidProperties"),
    ],
)
def test_set_refuses_a_patch(alice: Practitioner, patch: dict[str, Any], refusal: str) -> None:
    message = alice.import_copy()
    before = fetched(alice, message)
    assert alice.call("Email/set", update={message: patch})["notUpdated"][message]["type"] == refusal
    assert fetched(alice, message) == before


def test_set_cannot_create(alice: Practitioner) -> None:
    refused = alice.call("Email/set", create={"k": {"subject": "Emma"}})["notCreated"]["k"]
    assert refused == {"type": "forbidden"}


def test_set_destroys_message_and_blob(alice: Practitioner) -> None:
    message = alice.import_copy()
    blob_id = fetched(alice, message, "blobId")["blobId"]
    answer = alice.call("Email/set", destroy=[message, "0" * 32])
    assert answer["destroyed"] == [message]
    assert answer["notDestroyed"] == {"0" * 32: {"type": "notFound"}}
    assert alice.download(blob_id).status_code == 404


def test_set_in_another_state(alice: Practitioner) -> None:
    message = alice.import_copy()
    assert alice.call("Email/set", ifInState="0", destroy=[message])["error"] == "stateMismatch"
    assert fetched(alice, message)["id"] == message


def test_one_request_imports_and_files_by_creation_id(alice: Practitioner) -> None:
    here = {"accountId": alice.account_id}
    answers = alice.jmap(
        ["Email/import", {**here, "emails": {"k": alice.copy()}}, "0"],
        ["Email/set", {**here, "update": {"#k": {"keywords/$flagged": True}}}, "1"],
    )
    created = answers[0][1]["created"]["k"]["id"]
    assert answers[1][1]["updated"] == {created: None}


def test_other_people_find_nothing(alice: Practitioner, bob: Practitioner) -> None:
    message = alice.import_copy()
    for method, arguments in (
        ("Email/get", {"ids": [message]}),
        ("Email/query", {}),
        ("Email/set", {"destroy": [message]}),
        ("Thread/get", {"ids": []}),
        ("Held/get", {"emailId": message}),
        ("AccessEvent/query", {}),
        ("Grant/get", {}),
    ):
        ((_, answer, _),) = bob.jmap([method, {"accountId": alice.account_id, **arguments}, "0"])
        assert answer == {"type": "accountNotFound"}
    assert bob.call("Email/get", ids=[message])["notFound"] == [message]
    assert bob.call("Email/set", destroy=[message])["notDestroyed"] == {message: {"type": "notFound"}}
    assert fetched(alice, message)["id"] == message
