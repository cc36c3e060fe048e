"""Work/get, /set, /changes over JMAP: what colleagues see of each other's work, and what readers and strangers may not."""

from typing import Any

import pytest

from bridge.cms.grants import Role, parse_grant
from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import Practitioner
from webmail.live.states import states_at
from webmail.models import Mailbox, Work

KEYS = "https://pli.example/jmap/keys"


class Service:
    """Alice's mailbox, which Bob is let into."""

    def __init__(self, alice: Practitioner, bob: Practitioner) -> None:
        self.alice, self.bob = alice, bob
        self.ledger = Ledger(alice.mailbox, alice.holder)
        self.message = alice.import_copy(b"Subject: Emma Petit\r\n\r\nSecret", "inbox")

    def let_in(self, role: Role) -> bytes:
        act = self.ledger.grant(card_share(self.bob.holder, role))
        self.ledger.append(act)
        return parse_grant(act.grants[0]).body_hash

    def asked(self, method: str, **arguments: Any) -> dict[str, Any]:
        """By Bob."""
        return self.bob.call(method, **{"accountId": self.alice.account_id, **arguments})

    def said(self, person: Practitioner, **patch: Any) -> dict[str, Any]:
        return person.call("Work/set", accountId=self.alice.account_id, update={self.message: patch})

    def row(self) -> dict[str, Any]:
        return dict(self.asked("Work/get", ids=[self.message])["list"][0])


@pytest.fixture
def service(alice: Practitioner, bob: Practitioner) -> Service:
    found = Service(alice, bob)
    found.digest = found.let_in(Role.SENDER)
    return found


def test_a_colleague_sees_who_answers_and_whose_it_is(service: Service) -> None:
    bob, alice = service.bob.mailbox.person, service.alice.mailbox.person
    assert service.said(service.alice, answering=True, assignedTo=bob.id)["updated"] == {service.message: None}
    answer = service.asked("Work/get", ids=[service.message])
    (row,) = answer["list"]
    assert (row["answeringBy"], row["assignedTo"], row["doneBy"]) == (alice.id, bob.id, None)
    assert 290 < row["answeringLeft"] <= 300
    people = {one["id"]: (one["name"], one["mayAnswer"], one["isMe"]) for one in answer["people"]}
    assert people == {alice.id: (alice.name, True, False), bob.id: (bob.name, True, True)}


def test_untouched_messages_are_not_found(service: Service) -> None:
    assert service.asked("Work/get", ids=[service.message])["notFound"] == [service.message]
    assert service.asked("Work/get")["list"] == []


def test_changes_follow_every_word_and_are_pushed(service: Service) -> None:
    state = service.asked("Work/get")["state"]
    service.said(service.bob, answering=True)
    found = service.asked("Work/changes", sinceState=state)
    assert (found["created"], found["updated"], found["hasMoreChanges"]) == ([service.message], [], False)
    account_id = service.alice.account_id
    told = states_at(account_id, str(Mailbox.objects.get(id=account_id).modseq))
    assert told["Work"] == found["newState"] != told["Email"]
    service.said(service.bob, answering=False)
    assert service.asked("Work/changes", sinceState=found["newState"])["updated"] == [service.message]


def test_taking_over_names_the_colleague(service: Service) -> None:
    service.said(service.alice, answering=True)
    refused = service.said(service.bob, answering=True)
    assert refused["notUpdated"] == {service.message: {"type": "beingAnswered"}}
    taken = service.said(service.bob, answering=True, insteadOf=service.alice.mailbox.person.id)
    assert taken["updated"] == {service.message: None}
    assert service.row()["answeringBy"] == service.bob.mailbox.person.id


def test_done_says_who_and_when_and_can_be_undone(service: Service) -> None:
    service.said(service.bob, done=True)
    assert service.row()["doneBy"] == service.bob.mailbox.person.id
    assert service.row()["doneAt"].endswith("Z")
    service.said(service.alice, done=False)
    assert (service.row()["doneBy"], service.row()["doneAt"]) == (None, None)


def test_lists_by_share(service: Service) -> None:
    def ids(person: Practitioner, share: str) -> list[str]:
        return list(person.call("Email/query", accountId=service.alice.account_id, filter={"pli:work": share})["ids"])

    assert ids(service.bob, "nobody") == [service.message]
    service.said(service.alice, assignedTo=service.bob.mailbox.person.id)
    assert (ids(service.bob, "mine"), ids(service.alice, "mine"), ids(service.bob, "nobody")) == (
        [service.message],
        [],
        [],
    )
    service.said(service.bob, done=True, assignedTo=None)
    assert (ids(service.bob, "mine"), ids(service.bob, "done")) == ([], [service.message])
    account = {"accountId": service.alice.account_id}
    before = service.bob.call("Email/query", **account, filter={"pli:work": "done"})["queryState"]
    service.said(service.bob, done=False)
    assert service.bob.call("Email/query", **account, filter={"pli:work": "done"})["queryState"] != before
    assert service.bob.call("Email/query", **account, filter={"pli:work": "all"})["error"] == "invalidArguments"


def test_assigning_stands_in_the_trace(service: Service) -> None:
    service.said(service.bob, assignedTo=service.bob.mailbox.person.id)
    line = service.alice.call("AccessEvent/query", limit=1)["list"][0]
    assert (line["act"], line["objectId"], line["name"]) == (
        "assigned",
        service.message,
        service.bob.holder.enrolment.name,
    )
    service.said(service.bob, done=True, answering=True)
    assert service.alice.call("AccessEvent/query", filter={"acts": ["assigned"]})["total"] == 1


@pytest.mark.parametrize(
    "patch", [{"note": "Emma Petit"}, {"assignedTo": "Dr Petit"}, {"assignedTo": "f" * 32}, {"answering": "yes"}]
)
def test_nothing_but_ids_of_members_gets_in(service: Service, patch: dict[str, Any]) -> None:
    refused = service.said(service.bob, **patch)
    assert refused["notUpdated"][service.message]["type"] == "invalidProperties"
    assert not Work.objects.exists()


def test_work_is_neither_created_nor_destroyed(service: Service) -> None:
    service.said(service.bob, done=True)
    answer = service.asked("Work/set", create={"new": {"done": True}}, destroy=[service.message])
    assert answer["notCreated"]["new"] == answer["notDestroyed"][service.message] == {"type": "forbidden"}
    assert service.asked("Work/set", ifInState="0")["error"] == "stateMismatch"


@pytest.mark.negative(65)
def test_a_reader_sees_the_work_and_changes_none(alice: Practitioner, bob: Practitioner) -> None:
    service = Service(alice, bob)
    service.let_in(Role.READER)
    service.said(alice, assignedTo=alice.mailbox.person.id)
    assert service.row()["assignedTo"] == alice.mailbox.person.id
    assert service.said(bob, done=True)["error"] == "forbidden"
    assert service.asked("Account/set", perPersonUnread=True)["error"] == "forbidden"
    assert [one["mayAnswer"] for one in service.asked("Work/get")["people"]] == [True]


@pytest.mark.negative(65)
def test_a_revoked_colleague_sees_nothing_and_holds_nothing(service: Service) -> None:
    service.said(service.bob, answering=True, assignedTo=service.bob.mailbox.person.id)
    service.ledger.append(service.ledger.revoke(service.digest))
    for method in ("Work/get", "Work/set", "Work/changes"):
        wanted = {"sinceState": "0"} if method == "Work/changes" else {}
        assert service.asked(method, **wanted)["error"] == "accountNotFound"
    (row,) = service.alice.call("Work/get", ids=[service.message])["list"]
    assert (row["assignedTo"], row["answeringBy"]) == (None, None)
    assert service.said(service.alice, answering=True)["updated"]


def test_read_marks_of_each_person(service: Service) -> None:
    def seen(person: Practitioner, message: str) -> bool:
        (row,) = person.call("Email/get", accountId=service.alice.account_id, ids=[message])["list"]
        return "$seen" in row["keywords"]

    def unread(person: Practitioner) -> int:
        rows = person.call("Mailbox/get", accountId=service.alice.account_id)["list"]
        return sum(row["unreadEmails"] for row in rows)

    service.alice.call("Email/set", update={service.message: {"keywords/$seen": None}})
    answer = service.alice.call("Account/set", perPersonUnread=True)
    assert answer["perPersonUnread"] is True
    told = service.bob.client.get("/.well-known/jmap").json()["accounts"][service.alice.account_id]
    assert told["accountCapabilities"][KEYS]["perPersonUnread"] is True
    assert (unread(service.alice), unread(service.bob)) == (1, 1)
    service.asked("Email/set", update={service.message: {"keywords/$seen": True}})
    assert (seen(service.bob, service.message), seen(service.alice, service.message)) == (True, False)
    assert (unread(service.alice), unread(service.bob)) == (1, 0)
    service.asked("Email/set", update={service.message: {"keywords/$flagged": True}})
    assert (unread(service.alice), unread(service.bob)) == (1, 0)
    mine = {"accountId": service.alice.account_id, "filter": {"notKeyword": "$seen"}}
    assert service.alice.call("Email/query", **mine)["ids"] == [service.message]
    assert service.bob.call("Email/query", **mine)["ids"] == []
