"""The frame of a JMAP conversation: RFC 8620 §3, told as requests and responses."""

import json
from typing import Any

import pytest

from tests.webmail.practitioner import CAPABILITIES, Practitioner

CORE = [CAPABILITIES[0]]


def problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].removeprefix("urn:ietf:params:jmap:error:")


def test_session_describes_the_account(alice: Practitioner) -> None:
    session = alice.client.get("/.well-known/jmap").json()
    account = session["accounts"][alice.account_id]
    assert account["name"] == alice.mailbox.address
    assert (account["isPersonal"], account["isReadOnly"]) == (True, False)
    told = account["accountCapabilities"]["https://pli.example/jmap/keys"]
    assert (told["kind"], told["role"], told["until"]) == ("PER", "owner", None)
    assert (told["name"], told["members"]) == (alice.holder.enrolment.name, 1)
    assert session["primaryAccounts"]["urn:ietf:params:jmap:mail"] == alice.account_id
    assert session["capabilities"]["urn:ietf:params:jmap:websocket"] == {
        "url": "ws://localhost:8000/jmap/ws",
        "supportsPush": True,
    }
    assert set(CAPABILITIES) <= set(session["capabilities"])


def test_echo(alice: Practitioner) -> None:
    ((name, arguments, call_id),) = alice.jmap(["Core/echo", {"hello": True, "high": 5}, "b3ff"], using=CORE)
    assert (name, arguments, call_id) == ("Core/echo", {"hello": True, "high": 5}, "b3ff")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{", (400, "notJSON")),
        ("\ufeff{}", (400, "notJSON")),
        ('{"using":[],"using":[],"methodCalls":[]}', (400, "notJSON")),
        ("[" * 50_000, (400, "notJSON")),
        ('{"using":[],"methodCalls":[NaN]}', (400, "notJSON")),
        ("[]", (400, "notRequest")),
        ('{"using":[]}', (400, "notRequest")),
        ('{"using":[],"methodCalls":[["Core/echo",{}]]}', (400, "notRequest")),
        ('{"using":[],"methodCalls":[],"more":1}', (400, "notRequest")),
        ('{"using":["urn:unknown"],"methodCalls":[]}', (400, "unknownCapability")),
    ],
)
def test_refused_request(alice: Practitioner, body: str, expected: tuple[int, str]) -> None:
    answer = alice.client.post("/jmap/api", body.encode(), content_type="application/json")
    assert problem(answer) == expected


def test_too_many_calls(alice: Practitioner) -> None:
    calls = [["Core/echo", {}, str(number)] for number in range(33)]
    answer = alice.post("/jmap/api", {"using": CORE, "methodCalls": calls})
    assert problem(answer) == (413, "limit")
    assert answer.json()["limit"] == "maxCallsInRequest"


def test_too_large_request(alice: Practitioner) -> None:
    body = json.dumps({"using": CORE, "methodCalls": [["Core/echo", {"x": "a" * 10_000_000}, "0"]]})
    answer = alice.client.post("/jmap/api", body, content_type="application/json")
    assert problem(answer) == (413, "limit")


@pytest.mark.parametrize("name", ["Email/parse", "SearchSnippet/get", "Nothing/get", "__class__", ""])
def test_unknown_method(alice: Practitioner, name: str) -> None:
    assert alice.jmap([name, {}, "0"]) == [["error", {"type": "unknownMethod"}, "0"]]


def test_method_needs_its_capability(alice: Practitioner) -> None:
    answers = alice.jmap(["Email/query", {"accountId": alice.account_id}, "0"], using=CORE)
    assert answers == [["error", {"type": "unknownMethod"}, "0"]]


def test_failing_call_leaves_the_others(alice: Practitioner) -> None:
    answers = alice.jmap(["Nothing/get", {}, "0"], ["Core/echo", {"a": 1}, "1"])
    assert [answer[0] for answer in answers] == ["error", "Core/echo"]


def test_crash_of_a_method_tells_nothing(
    alice: Practitioner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("Emma Petit")

    monkeypatch.setattr("webmail.domain.folders.find", crash)
    assert alice.call("Mailbox/get") == {"error": "serverFail", "type": "serverFail"}
    assert "Emma" not in caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize("account_id", ["0" * 32, "nobody", "a" * 255])
def test_unknown_account(alice: Practitioner, account_id: str) -> None:
    assert alice.jmap(["Mailbox/get", {"accountId": account_id}, "0"])[0][1] == {"type": "accountNotFound"}


@pytest.mark.parametrize(
    "arguments",
    [{}, {"accountId": 1}, {"accountId": "x y"}, {"accountId": "a", "more": 1}, {"accountId": "a", "ids": "b"}],
)
def test_arguments_of_another_shape(alice: Practitioner, arguments: dict[str, Any]) -> None:
    assert alice.jmap(["Mailbox/get", arguments, "0"])[0][1]["type"] == "invalidArguments"


def test_result_reference(alice: Practitioner) -> None:
    message = alice.import_copy()
    here = {"accountId": alice.account_id}
    answers = alice.jmap(
        ["Email/query", here, "0"],
        ["Email/get", {**here, "#ids": {"resultOf": "0", "name": "Email/query", "path": "/ids"}}, "1"],
        ["Thread/get", {**here, "#ids": {"resultOf": "1", "name": "Email/get", "path": "/list/*/threadId"}}, "2"],
    )
    assert answers[2][1]["list"][0]["emailIds"] == [message]


@pytest.mark.parametrize(
    "reference",
    [
        {"resultOf": "9", "name": "Core/echo", "path": "/a"},
        {"resultOf": "0", "name": "Core/other", "path": "/a"},
        {"resultOf": "0", "name": "Core/echo", "path": "/b"},
        {"resultOf": "0", "name": "Core/echo", "path": "a"},
        {"resultOf": "0", "name": "Core/echo", "path": "/a/0/0"},
        {"resultOf": "0", "name": "Core/echo", "path": "/a/-1"},
        {"resultOf": "0", "name": "Core/echo"},
        "0",
    ],
)
def test_broken_result_reference(alice: Practitioner, reference: Any) -> None:
    answers = alice.jmap(["Core/echo", {"a": [1]}, "0"], ["Core/echo", {"#b": reference}, "1"])
    assert answers[1] == ["error", {"type": "invalidResultReference"}, "1"]


def test_argument_given_twice(alice: Practitioner) -> None:
    reference = {"resultOf": "0", "name": "Core/echo", "path": ""}
    answers = alice.jmap(["Core/echo", {}, "0"], ["Core/echo", {"a": 1, "#a": reference}, "1"])
    assert answers[1][1]["type"] == "invalidArguments"


def test_created_ids_travel_with_the_request(alice: Practitioner) -> None:
    arguments = {"accountId": alice.account_id, "emails": {"k": alice.copy()}}
    request = {"using": CAPABILITIES, "methodCalls": [["Email/import", arguments, "0"]], "createdIds": {"old": "x"}}
    answer = alice.post("/jmap/api", request).json()
    created = answer["methodResponses"][0][1]["created"]["k"]["id"]
    assert answer["createdIds"] == {"old": "x", "k": created}


def test_session_state_is_the_sessions(alice: Practitioner) -> None:
    state = alice.client.get("/.well-known/jmap").json()["state"]
    answer = alice.post("/jmap/api", {"using": CORE, "methodCalls": []}).json()
    assert answer == {"methodResponses": [], "sessionState": state}
