"""The signature book: what a secretary may do with her letters, what the owner alone may, and what nobody else sees."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import Practitioner
from webmail.domain import integrity
from webmail.domain.act import Settings
from webmail.models import PreparedLetter, SealedObject


class Book:
    """Alice's mailbox, into which Bob was let as her secretary."""

    def __init__(self, alice: Practitioner, bob: Practitioner) -> None:
        self.alice, self.bob = alice, bob
        self.ledger = Ledger(alice.mailbox, alice.holder)
        act = self.ledger.grant(card_share(bob.holder, Role.READER))
        self.right = parse_grant(act.grants[0]).body_hash
        self.ledger.append(replace(act, settings={self.right: Settings("secretary")}))
        self.numbers = itertools.count(1)

    def by(self, person: Practitioner, method: str, **arguments: Any) -> dict[str, Any]:
        return person.call(method, accountId=self.alice.account_id, **arguments)

    def upload(self, person: Practitioner, data: bytes) -> str:
        route = f"/jmap/upload/{self.alice.account_id}"
        return str(person.client.post(route, data, content_type="application/octet-stream").json()["blobId"])

    def object(self, person: Practitioner, object_class: str = "draft") -> str:
        """A sealed object of the mailbox, written by that person."""
        identifier = f"{next(self.numbers):032x}"
        blob = self.upload(person, b"sealed")
        values = {"id": identifier, "class": object_class, "version": 1, "epoch": 1, "blobId": blob}
        assert self.by(person, "SealedObject/set", create={"o": values})["created"]
        return identifier

    def write(self, person: Practitioner, draft: str, version: int) -> dict[str, Any]:
        """The next version of a draft."""
        patch = {draft: {"version": version, "blobId": self.upload(person, b"more")}}
        return self.by(person, "SealedObject/set", update=patch)

    def put(self, person: Practitioner, draft: str, version: int = 1) -> dict[str, Any]:
        return self.by(person, "SignatureBook/set", create={"l": {"objectId": draft, "version": version}})

    def prepared(self) -> tuple[str, str]:
        """A letter of Bob's: its id and its draft."""
        draft = self.object(self.bob)
        return str(self.put(self.bob, draft)["created"]["l"]["id"]), draft

    def step(self, person: Practitioner, letter: str, state: str, **values: Any) -> str:
        """ "" where it was done, else the type of the refusal."""
        answer = self.by(person, "SignatureBook/set", update={letter: {"state": state, **values}})
        refused = (answer["notUpdated"] or {}).get(letter)
        return str(refused["type"]) if refused else ""

    def list(self, person: Practitioner) -> list[dict[str, Any]]:
        return list(self.by(person, "SignatureBook/get", ids=None)["list"])

    def state(self, letter: str) -> str:
        return str(PreparedLetter.objects.get(id=letter).state)


@pytest.fixture
def book(alice: Practitioner, bob: Practitioner) -> Book:
    alice.log_in()
    bob.log_in()
    return Book(alice, bob)


def test_a_letter_goes_to_its_owner_and_comes_back_signed(book: Book) -> None:
    letter, draft = book.prepared()
    (seen,) = book.list(book.alice)
    assert (seen["objectId"], seen["version"], seen["state"], seen["isMine"]) == (draft, 1, "prepared", False)
    assert seen["preparedBy"] == book.bob.mailbox.person.name
    assert seen["preparedAt"] == seen["updatedAt"]
    assert book.step(book.alice, letter, "sending", version=1) == ""
    email, note = book.alice.import_copy(), book.object(book.alice, "note")
    assert book.step(book.alice, letter, "signed", emailId=email, noteObjectId=note) == ""
    (told,) = book.list(book.bob)
    assert (told["state"], told["emailId"], told["noteObjectId"], told["version"]) == ("signed", email, note, None)
    assert told["updatedBy"] == book.alice.mailbox.person.name
    assert not SealedObject.objects.filter(id=draft).exists()
    assert list(integrity.check_references()) == []
    assert book.by(book.bob, "SignatureBook/set", destroy=[letter])["destroyed"] == [letter]
    assert not SealedObject.objects.filter(id=note).exists()
    assert list(integrity.check_references()) == []


def test_a_letter_is_returned_with_a_note_and_put_back_corrected(book: Book) -> None:
    letter, draft = book.prepared()
    assert book.step(book.alice, letter, "returned") == "invalidProperties"
    assert book.step(book.alice, letter, "returned", noteObjectId=draft) == "invalidProperties"
    note = book.object(book.alice, "note")
    assert book.step(book.alice, letter, "returned", noteObjectId=note) == ""
    assert book.list(book.bob)[0]["noteObjectId"] == note
    assert book.write(book.bob, draft, 2)["updated"]
    assert book.step(book.bob, letter, "prepared", version=1) == "stateMismatch"
    assert book.step(book.bob, letter, "prepared", version=2) == ""
    (seen,) = book.list(book.alice)
    assert (seen["state"], seen["version"], seen["noteObjectId"]) == ("prepared", 2, None)
    assert not SealedObject.objects.filter(id=note).exists()


def test_what_was_read_is_what_is_sent(book: Book) -> None:
    """A letter changed between review and signing is not sent; one that is being sent is not changed, and not sent twice."""
    letter, draft = book.prepared()
    assert book.write(book.bob, draft, 2)["updated"]
    assert book.step(book.alice, letter, "sending", version=1) == "stateMismatch"
    assert book.step(book.alice, letter, "sending", version=2) == ""
    assert book.step(book.alice, letter, "sending", version=2) == "invalidProperties"
    for person in (book.bob, book.alice):
        assert book.write(person, draft, 3)["notUpdated"][draft]["type"] == "forbidden"
        assert book.by(person, "SealedObject/set", destroy=[draft])["notDestroyed"][draft]["type"] == "forbidden"
    withdrawn = book.by(book.bob, "SignatureBook/set", destroy=[letter])["notDestroyed"]
    assert withdrawn[letter]["type"] == "invalidProperties"
    assert book.step(book.alice, letter, "signed", emailId="f" * 32) == "invalidProperties"
    assert book.step(book.alice, letter, "failed", failure="no-certificate") == ""
    assert book.list(book.bob)[0]["failure"] == "no-certificate"
    assert book.step(book.alice, letter, "sending", version=2) == ""
    assert book.step(book.alice, letter, "prepared", version=2) == ""
    assert book.list(book.bob)[0]["failure"] is None


@pytest.mark.parametrize("state", ["sending", "signed", "failed", "returned"])
def test_a_secretary_signs_and_returns_nothing(book: Book, state: str) -> None:
    letter, _ = book.prepared()
    values = {"version": 1, "emailId": book.alice.import_copy(), "noteObjectId": book.object(book.bob, "note")}
    assert book.step(book.bob, letter, state, **values) == "forbidden"
    assert book.state(letter) == "prepared"


def test_a_letter_is_withdrawn_and_is_a_draft_again(book: Book) -> None:
    letter, draft = book.prepared()
    refusal = book.by(book.bob, "SealedObject/set", destroy=[draft])["notDestroyed"]
    assert refusal[draft]["type"] == "forbidden"
    assert book.by(book.bob, "SignatureBook/set", destroy=[letter])["destroyed"] == [letter]
    assert book.list(book.alice) == []
    assert book.by(book.bob, "SealedObject/set", destroy=[draft])["destroyed"] == [draft]


def test_only_a_draft_goes_into_the_book_and_once(book: Book) -> None:
    letter, draft = book.prepared()
    note = book.object(book.bob, "note")
    refusals = [
        book.put(book.bob, *given)["notCreated"]["l"]["type"]
        for given in ((draft,), (note,), ("f" * 32,), (book.object(book.bob), 2))
    ]
    assert refusals == ["alreadyExists", "invalidProperties", "notFound", "stateMismatch"]
    assert [one["id"] for one in book.list(book.alice)] == [letter]


def test_changes_are_told_and_others_letters_are_not(book: Book) -> None:
    before = book.by(book.alice, "SignatureBook/get", ids=None)["state"]
    letter, _ = book.prepared()
    own = str(book.put(book.alice, book.object(book.alice))["created"]["l"]["id"])
    assert book.by(book.alice, "SignatureBook/changes", sinceState=before)["created"] == [letter, own]
    seen = book.by(book.bob, "SignatureBook/changes", sinceState=before)
    assert seen["created"] == [letter]
    assert [one["id"] for one in book.list(book.bob)] == [letter]
    assert book.by(book.bob, "SignatureBook/get", ids=[own])["notFound"] == [own]
    assert book.step(book.bob, own, "prepared", version=1) == "notFound"
    assert book.by(book.bob, "SignatureBook/set", destroy=[own])["notDestroyed"][own]["type"] == "notFound"
    book.by(book.bob, "SignatureBook/set", destroy=[letter])
    assert book.by(book.bob, "SignatureBook/changes", sinceState=seen["newState"])["destroyed"] == [letter]


@pytest.mark.negative(65)
def test_a_secretary_whose_right_ended_finds_no_book(book: Book) -> None:
    """Her letters stay with the owner, who can still sign them."""
    letter, _ = book.prepared()
    book.ledger.append(book.ledger.revoke(book.right))
    for method, arguments in (("get", {}), ("changes", {"sinceState": "0"}), ("set", {"destroy": [letter]})):
        assert book.by(book.bob, f"SignatureBook/{method}", **arguments)["error"] == "accountNotFound"
    assert [one["id"] for one in book.list(book.alice)] == [letter]
    assert book.step(book.alice, letter, "sending", version=1) == ""
