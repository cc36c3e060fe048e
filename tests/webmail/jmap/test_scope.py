"""What a member reaches inside a mailbox: some folders, some epochs; ids guessed or kept from before open nothing."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import Practitioner, text
from webmail.domain.act import Settings
from webmail.models import Folder, Membership, Message


class Shared:
    """Alice's mailbox with a message in her inbox and one in her archive, which Bob is let into by halves."""

    def __init__(self, alice: Practitioner, bob: Practitioner) -> None:
        self.alice, self.bob = alice, bob
        self.ledger = Ledger(alice.mailbox, alice.holder)
        self.inbox, self.archive = alice.folder("inbox"), alice.folder("archive")
        self.within, self.outside = (alice.import_copy(b"x", folder) for folder in ("inbox", "archive"))
        rows = alice.call("Email/get", ids=[self.within, self.outside])["list"]
        self.blobs = {row["id"]: row["blobId"] for row in rows}

    def let_in(self, *folders: str, role: Role = Role.SENDER, history: int = 1) -> None:
        act = self.ledger.grant(card_share(self.bob.holder, role, history=history))
        digest = parse_grant(act.grants[0]).body_hash
        self.ledger.append(replace(act, settings={digest: Settings("secretary", folders)}))
        self.ledger.know(self.bob.holder)

    def asked(self, method: str, **arguments: Any) -> dict[str, Any]:
        return self.bob.call(method, accountId=self.alice.account_id, **arguments)

    def download(self, blob_id: str) -> int:
        return self.bob.client.get(f"/jmap/download/{self.alice.account_id}/{blob_id}").status_code


@pytest.fixture
def shared(alice: Practitioner, bob: Practitioner) -> Shared:
    found = Shared(alice, bob)
    found.let_in(found.inbox)
    return found


def test_lists_hold_the_folders_within_reach_only(shared: Shared) -> None:
    assert shared.asked("Email/query", calculateTotal=True)["ids"] == [shared.within]
    assert shared.asked("Email/query", calculateTotal=True)["total"] == 1
    assert shared.asked("Email/query", filter={"inMailbox": shared.archive})["ids"] == []
    assert shared.asked("Email/query", filter={"inMailboxOtherThan": [shared.inbox]})["ids"] == []
    assert shared.asked("Email/queryChanges", sinceQueryState="0")["error"] == "cannotCalculateChanges"


def test_messages_out_of_reach_do_not_exist(shared: Shared) -> None:
    answer = shared.asked("Email/get", ids=[shared.within, shared.outside])
    assert ([row["id"] for row in answer["list"]], answer["notFound"]) == ([shared.within], [shared.outside])
    thread = Message.objects.get(id=shared.outside).thread_id
    assert shared.asked("Thread/get", ids=[thread])["notFound"] == [thread]
    assert shared.asked("Held/get", emailId=shared.outside)["error"] == "notFound"
    assert shared.asked("Held/get", emailId=shared.within)["rows"]


def test_what_the_server_holds_stays_within_reach_and_is_traced(shared: Shared) -> None:
    both = {shared.inbox: True, shared.archive: True}
    shared.alice.call("Email/set", update={shared.within: {"mailboxIds": both}})
    new = {"id": "e" * 32, "class": "pack", "version": 1, "epoch": 1, "blobId": shared.alice.upload(b"sealed")}
    new["messageIds"] = [shared.within, shared.outside]
    assert shared.alice.call("SealedObject/set", create={"o": new})["created"]
    held = shared.asked("Held/get", emailId=shared.within)
    assert [blob["name"] for blob in held["blobs"]] == [shared.blobs[shared.within]]
    assert [row["row"]["folder_id"] for row in held["rows"] if "folder_id" in row["row"]] == [shared.inbox]
    line = shared.alice.call("AccessEvent/query", limit=1)["list"][0]
    assert (line["act"], line["objectId"], line["name"]) == (
        "opened",
        shared.within,
        shared.bob.holder.enrolment.name,
    )


def test_a_guessed_blob_is_not_served(shared: Shared) -> None:
    assert [shared.download(shared.blobs[one]) for one in (shared.within, shared.outside)] == [200, 404]


def test_changes_name_no_message_out_of_reach(shared: Shared) -> None:
    state = shared.asked("Email/get", ids=[])["state"]
    new = shared.alice.import_copy(b"y", "archive")
    shared.alice.call("Email/set", update={shared.within: {"mailboxIds": {shared.archive: True}}})
    answer = shared.asked("Email/changes", sinceState=state)
    assert (answer["created"], answer["updated"], answer["destroyed"]) == ([], [], [shared.within])
    assert new


def test_counters_of_other_folders_are_hidden(shared: Shared) -> None:
    folders = {row["role"]: row for row in shared.asked("Mailbox/get")["list"]}
    assert folders["inbox"]["totalEmails"] == 1
    assert folders["archive"]["totalEmails"] == 0
    assert [folders[role]["myRights"]["mayReadItems"] for role in ("inbox", "archive")] == [True, False]
    assert [folders[role]["myRights"]["mayAddItems"] for role in ("inbox", "archive", "sent")] == [True, False, True]
    assert Folder.objects.get(id=shared.archive).total == 1


def test_nothing_is_changed_moved_or_destroyed_out_of_reach(shared: Shared) -> None:
    patch = {"keywords": {"$flagged": True}}
    answer = shared.asked("Email/set", update={shared.outside: patch, shared.within: patch}, destroy=[shared.outside])
    assert list(answer["updated"]) == [shared.within]
    assert answer["notUpdated"] == {shared.outside: {"type": "notFound"}}
    assert answer["notDestroyed"] == {shared.outside: {"type": "notFound"}}
    moved = shared.asked("Email/set", update={shared.within: {"mailboxIds": {shared.archive: True}}})
    assert moved["notUpdated"][shared.within]["properties"] == ["mailboxIds"]
    assert shared.asked("Mailbox/set", create={})["error"] == "forbidden"


def test_what_stands_in_a_folder_out_of_reach_as_well_stays_there(shared: Shared) -> None:
    both = {shared.inbox: True, shared.archive: True}
    shared.alice.call("Email/set", update={shared.within: {"mailboxIds": both}})
    assert shared.asked("Email/get", ids=[shared.within])["list"][0]["mailboxIds"] == {shared.inbox: True}
    assert shared.asked("Email/set", destroy=[shared.within])["notDestroyed"]
    shared.asked("Email/set", update={shared.within: {"mailboxIds": {shared.inbox: True}}})
    assert set(shared.alice.call("Email/get", ids=[shared.within])["list"][0]["mailboxIds"]) == set(both)


def test_a_copy_of_what_he_writes_goes_to_sent(shared: Shared) -> None:
    sent = shared.alice.folder("sent")
    blob = shared.bob.client.post(
        f"/jmap/upload/{shared.alice.account_id}", shared.alice.sealed(b"x"), "application/octet-stream"
    ).json()["blobId"]
    copy = {"blobId": blob, "sealedSummary": text(shared.alice.sealed(b"{}", "pli-summary"))}
    for folder, member in ((shared.archive, "notCreated"), (sent, "created")):
        answer = shared.asked("Email/import", emails={"copy": {**copy, "mailboxIds": {folder: True}}})
        assert answer[member], folder


def submission(shared: Shared, email_id: str) -> dict[str, Any]:
    """Bob sends for Alice's mailbox, by the id of a message in it."""
    wire = shared.bob.client.post(
        f"/jmap/upload/{shared.alice.account_id}", shared.alice.wire(shared.bob), "application/octet-stream"
    ).json()["blobId"]
    wanted = shared.alice.submission(email_id, [(wire, [shared.bob.mailbox.address])])
    return shared.asked("EmailSubmission/set", create={"s": wanted})


def copy_of_his(shared: Shared) -> str:
    blob = shared.bob.client.post(
        f"/jmap/upload/{shared.alice.account_id}", shared.alice.sealed(b"x"), "application/octet-stream"
    ).json()["blobId"]
    copy = {"blobId": blob, "sealedSummary": text(shared.alice.sealed(b"{}", "pli-summary"))}
    copy["mailboxIds"] = {shared.alice.folder("sent"): True}
    return str(shared.asked("Email/import", emails={"copy": copy})["created"]["copy"]["id"])


def test_nobody_sends_by_the_id_of_what_he_cannot_read(shared: Shared) -> None:
    assert submission(shared, shared.outside)["notCreated"]["s"]["properties"] == ["emailId"]
    assert submission(shared, shared.within)["created"]["s"]["undoStatus"] == "final"


def test_what_he_wrote_is_sent_or_taken_back_though_he_sees_no_sent_folder(shared: Shared) -> None:
    copy, other = copy_of_his(shared), copy_of_his(shared)
    assert shared.asked("Email/get", ids=[copy])["notFound"] == [copy]
    sent = submission(shared, copy)["created"]["s"]["id"]
    assert shared.asked("Email/set", destroy=[other])["destroyed"] == [other]
    assert shared.asked("Email/set", destroy=[copy])["notDestroyed"] == {copy: {"type": "notFound"}}
    assert submission(shared, copy)["notCreated"]["s"]["properties"] == ["emailId"]
    assert shared.asked("EmailSubmission/set", destroy=[sent])["destroyed"] == [sent]


def test_another_members_copy_is_no_more_his_than_the_owners(shared: Shared) -> None:
    copy = shared.alice.import_copy(b"mine", "sent")
    assert submission(shared, copy)["notCreated"]["s"]["properties"] == ["emailId"]
    assert shared.asked("Email/set", destroy=[copy])["notDestroyed"] == {copy: {"type": "notFound"}}


def test_nobody_forgets_a_letter_whose_recipients_he_does_not_see(shared: Shared) -> None:
    alice, bob = shared.alice, shared.bob
    wanted = alice.submission(alice.import_copy(), [(alice.upload(alice.wire(bob)), [bob.mailbox.address])])
    sent = alice.call("EmailSubmission/set", create={"s": wanted})["created"]["s"]["id"]
    assert shared.asked("EmailSubmission/set", destroy=[sent])["notDestroyed"] == {sent: {"type": "notFound"}}
    assert alice.call("EmailSubmission/get", ids=[sent])["list"]


def test_a_right_from_a_date_on_destroys_for_no_folder_where_it_reads_nothing(
    alice: Practitioner, bob: Practitioner
) -> None:
    """One folder wholly and another from now on: what stands in both, from before, leaves the first only."""
    shared = Shared(alice, bob)
    both = {shared.inbox: True, shared.archive: True}
    alice.call("Email/set", update={shared.within: {"mailboxIds": both}})
    shared.let_in(shared.inbox)
    row = Membership.objects.get(account_id=alice.account_id, role="sender")
    Membership.objects.create(
        account_id=row.account_id,
        id="f" * 64,
        person_id=row.person_id,
        role="sender",
        folders=[shared.archive],
        history_from_epoch=2,
        not_before=row.not_before,
    )
    assert shared.asked("Email/set", destroy=[shared.within])["notDestroyed"]
    shared.asked("Email/set", update={shared.within: {"mailboxIds": {shared.inbox: True}}})
    assert set(alice.call("Email/get", ids=[shared.within])["list"][0]["mailboxIds"]) == set(both)


def test_a_joiner_without_history_takes_no_older_row_out_of_the_others_lists(
    alice: Practitioner, bob: Practitioner
) -> None:
    shared = Shared(alice, bob)
    pack = {"id": "d" * 32, "class": "pack", "version": 1, "epoch": 1, "blobId": alice.upload(b"sealed")}
    assert alice.call("SealedObject/set", create={"o": {**pack, "messageIds": [shared.within]}})["created"]
    shared.ledger.append(shared.ledger.rotation(card_share(bob.holder, Role.SENDER, history=2)))
    blob = bob.client.post(f"/jmap/upload/{alice.account_id}", b"sealed", "application/octet-stream").json()["blobId"]
    own = {"id": "e" * 32, "class": "pack", "version": 1, "epoch": 2, "blobId": blob, "messageIds": [shared.within]}
    answer = shared.asked("SealedObject/set", create={"o": own})
    assert answer["notCreated"]["o"]["properties"] == ["messageIds"]
    assert Message.objects.get(account_id=alice.account_id, id=shared.within).pack_id == "d" * 32


@pytest.mark.negative(13)
def test_a_joiner_without_history_sends_and_destroys_nothing_of_older_epochs(
    alice: Practitioner, bob: Practitioner
) -> None:
    shared = Shared(alice, bob)
    shared.ledger.append(shared.ledger.rotation(card_share(bob.holder, Role.SENDER, history=2)))
    assert submission(shared, shared.within)["notCreated"]["s"]["properties"] == ["emailId"]
    assert shared.asked("Email/set", destroy=[shared.within])["notDestroyed"]


def object_of(person: Practitioner, object_class: str, number: int, epoch: int = 1) -> str:
    identifier = f"{number:032x}"
    values = {"id": identifier, "class": object_class, "version": 1, "epoch": epoch, "blobId": person.upload(b"sealed")}
    assert person.call("SealedObject/set", create={"o": values})["created"]
    return identifier


def test_packs_and_keys_of_all_folders_are_not_his(shared: Shared) -> None:
    pack, cek, draft, pins = (
        object_of(shared.alice, one, number) for number, one in enumerate(("pack", "cek", "draft", "pins"))
    )
    answer = shared.asked("SealedObject/get", ids=[pack, cek, draft, pins])
    assert ([row["id"] for row in answer["list"]], answer["notFound"]) == ([pins], [pack, cek, draft])
    blob = shared.alice.call("SealedObject/get", ids=[pack])["list"][0]["blobId"]
    assert shared.download(blob) == 404
    new = {"id": "e" * 32, "class": "pack", "version": 1, "epoch": 1, "blobId": "x", "messageIds": [shared.outside]}
    assert shared.asked("SealedObject/set", create={"o": new})["notCreated"]["o"]["type"] == "forbidden"
    assert shared.asked("SealedObject/set", destroy=[pack])["notDestroyed"] == {pack: {"type": "notFound"}}


def test_what_is_confidential_is_its_owners_alone(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob)
    shared.let_in(role=Role.MANAGER)
    secret, pins = object_of(alice, "confidential", 1), object_of(alice, "pins", 2)
    blob = alice.call("SealedObject/get", ids=[secret])["list"][0]["blobId"]
    assert shared.asked("SealedObject/get", ids=[secret, pins])["notFound"] == [secret]
    assert [shared.download(blob), alice.download(blob).status_code] == [404, 200]
    assert shared.asked("SealedObject/set", destroy=[secret])["notDestroyed"] == {secret: {"type": "notFound"}}
    new = {"id": "e" * 32, "class": "confidential", "version": 1, "epoch": 1, "blobId": "x"}
    assert shared.asked("SealedObject/set", create={"o": new})["notCreated"]["o"]["type"] == "forbidden"
    assert set(shared.asked("Email/query")["ids"]) == {shared.within, shared.outside}


@pytest.mark.negative(13)
def test_a_joiner_without_history_gets_nothing_of_older_epochs(alice: Practitioner, bob: Practitioner) -> None:
    shared = Shared(alice, bob)
    pack = object_of(alice, "pack", 1)
    shared.ledger.append(shared.ledger.rotation(card_share(bob.holder, Role.READER, history=2)))
    assert shared.asked("Email/query")["ids"] == []
    assert shared.asked("Email/get", ids=[shared.within])["notFound"] == [shared.within]
    assert shared.asked("SealedObject/get", ids=[pack])["notFound"] == [pack]
    assert shared.download(shared.blobs[shared.within]) == 404
    inbox = next(row for row in shared.asked("Mailbox/get")["list"] if row["role"] == "inbox")
    assert (inbox["totalEmails"], inbox["unreadEmails"]) == (0, 0)
    assert [grant["epoch"] for grant in shared.asked("Grant/get")["list"]] == [2]


def test_two_rights_reach_each_its_own_way(alice: Practitioner, bob: Practitioner) -> None:
    """Reading everything beside answering in one folder gives no answering everywhere."""
    shared = Shared(alice, bob)
    shared.let_in(shared.inbox)
    row = Membership.objects.get(account_id=alice.account_id, role="sender")
    Membership.objects.create(
        account_id=row.account_id, id="f" * 64, person_id=row.person_id, role="reader", not_before=row.not_before
    )
    assert set(shared.asked("Email/query")["ids"]) == {shared.within, shared.outside}
    account = bob.client.get("/.well-known/jmap").json()["accounts"][alice.account_id]["accountCapabilities"]
    assert account["https://pli.example/jmap/keys"]["role"] == "sender"
