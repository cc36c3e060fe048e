"""`/jmap/ws`: who may open it, what it pushes, and requests over it (RFC 8887; security.md tests 65, 66)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.utils import timezone

from tests.webmail.ledger import Ledger, card_share
from tests.webmail.practitioner import CAPABILITIES, HOST, ORIGIN, Practitioner
from tests.webmail.websocket import Websocket
from webmail.asgi import application
from webmail.domain.change import Kind, changing
from webmail.live import consumer
from webmail.live.pulse import pulse
from webmail.models import Membership

ENABLE = {"@type": "WebSocketPushEnable", "dataTypes": None}


@pytest.fixture
def alice(live_practice: Any) -> Practitioner:
    cache.clear()
    person = Practitioner(live_practice.holder("alice"), live_practice.open("alice"))
    person.log_in()
    return person


@asynccontextmanager
async def socket(
    person: Practitioner,
    *,
    origin: str | None = ORIGIN,
    protocols: tuple[str, ...] = ("jmap",),
    cookie: str | None = None,
) -> AsyncIterator[tuple[Websocket, bool]]:
    if cookie is None:
        cookie = person.client.cookies["pli_session"].value
    headers = [(b"host", HOST.encode()), (b"cookie", f"pli_session={cookie}".encode())]
    headers += [(b"origin", origin.encode())] if origin else []
    communicator = Websocket(application, "/jmap/ws", headers, list(protocols))
    connected = await communicator.connect()
    try:
        yield communicator, connected
    finally:
        if connected:
            await communicator.disconnect()
        await pulse.stop()


async def changed(account_id: str) -> None:
    def change() -> None:
        with changing(account_id) as account:
            account.next(Kind.EMAIL)

    await sync_to_async(change)()


@pytest.mark.negative(66)
@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://evil.localhost:8000", "http://localhost:8001"]
)
async def test_foreign_origin_is_refused(alice: Practitioner, settings: Any, origin: str | None) -> None:
    settings.PLI_ORIGINS = ["http://localhost:8000", "http://*.localhost:8000"]
    async with socket(alice, origin=origin) as (_, connected):
        assert not connected


@pytest.mark.parametrize("cookie", ["", "nothing", "a" * 32])
async def test_nobody_is_refused(alice: Practitioner, cookie: str) -> None:
    async with socket(alice, cookie=cookie) as (_, connected):
        assert not connected


async def test_other_subprotocol_is_refused(alice: Practitioner) -> None:
    async with socket(alice, protocols=("other",)) as (_, connected):
        assert not connected


async def test_other_path_is_refused(alice: Practitioner) -> None:
    communicator = Websocket(application, "/other", [(b"host", HOST.encode())], ["jmap"])
    assert not await communicator.connect()
    assert communicator.close_code == 4404


async def test_enabling_sends_the_present_states(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, connected):
        assert connected
        await communicator.send(ENABLE)
        news = await communicator.receive()
        assert news["@type"] == "StateChange"
        assert set(news["changed"]) == {alice.account_id}
        assert {"Email", "Mailbox", "SealedObject", "EmailSubmission", "MailboxKey"} <= set(
            news["changed"][alice.account_id]
        )


async def test_change_is_pushed_by_datagram(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        before = await communicator.receive()
        await changed(alice.account_id)
        after = await communicator.receive()
        states = after["changed"][alice.account_id]
        assert set(states) == {"Email", "Thread"}
        assert int(states["Email"]) > int(before["changed"][alice.account_id]["Email"])


async def test_work_is_news_of_its_own(alice: Practitioner) -> None:
    """A colleague's page then asks for the work alone, and not for its list."""
    message = await sync_to_async(alice.import_copy)()
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        await communicator.receive()
        answer = await sync_to_async(alice.call)("Work/set", update={message: {"done": True}})
        news = (await communicator.receive())["changed"]
        assert news == {alice.account_id: {"Work": answer["newState"]}}


async def test_lost_datagram_is_made_good(alice: Practitioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webmail.domain.announce.state_changed", lambda *_: None)
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        await communicator.receive()
        await asyncio.sleep(1.2)  # the first look learns where the account stands
        await changed(alice.account_id)
        assert "Email" in (await communicator.receive())["changed"][alice.account_id]


async def test_burst_becomes_one_frame(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        await communicator.receive()
        for _ in range(5):
            await changed(alice.account_id)
        frames = [await communicator.receive()]
        while not await communicator.receive_nothing(timeout=0.3):
            frames.append(await communicator.receive())
        assert len(frames) < 5
        state = (await sync_to_async(alice.call)("Email/get", ids=[]))["state"]
        assert frames[-1]["changed"][alice.account_id]["Email"] == state


async def test_only_wanted_types_are_pushed(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await communicator.send({"@type": "WebSocketPushEnable", "dataTypes": ["Mailbox"]})
        assert set((await communicator.receive())["changed"][alice.account_id]) == {"Mailbox"}
        await changed(alice.account_id)
        assert await communicator.receive_nothing(timeout=0.3)


async def test_nothing_is_pushed_before_or_after(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await changed(alice.account_id)
        assert await communicator.receive_nothing(timeout=0.3)
        await communicator.send(ENABLE)
        await communicator.receive()
        await communicator.send({"@type": "WebSocketPushDisable"})
        await changed(alice.account_id)
        assert await communicator.receive_nothing(timeout=0.3)


async def test_other_peoples_changes_are_not_heard(alice: Practitioner, live_practice: Any) -> None:
    bob = await sync_to_async(live_practice.open)("bob")
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        await communicator.receive()
        await changed(bob.account_id)
        assert await communicator.receive_nothing(timeout=1.5)


async def test_request_over_the_socket(alice: Practitioner) -> None:
    request = {
        "@type": "Request",
        "id": "R1",
        "using": ["urn:ietf:params:jmap:core"],
        "methodCalls": [["Core/echo", {}, "0"]],
    }
    async with socket(alice) as (communicator, _):
        await communicator.send(request)
        answer = await communicator.receive()
        assert (answer["@type"], answer["requestId"]) == ("Response", "R1")
        assert answer["methodResponses"] == [["Core/echo", {}, "0"]]
        await communicator.send({"@type": "Request", "id": "R2", "using": ["x"], "methodCalls": []})
        answer = await communicator.receive()
        assert (answer["@type"], answer["requestId"]) == ("RequestError", "R2")
        assert answer["type"] == "urn:ietf:params:jmap:error:unknownCapability"


@pytest.mark.parametrize(
    "frame", ["{", "[]", '"x"', '{"@type":"Other"}', "[" * 20_000, '{"@type":"WebSocketPushEnable","dataTypes":3}']
)
async def test_frame_that_says_nothing(alice: Practitioner, frame: str) -> None:
    async with socket(alice) as (communicator, _):
        await communicator.send(frame)
        assert (await communicator.receive())["@type"] == "RequestError"


async def test_binary_frame_closes(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await communicator.send_input({"type": "websocket.receive", "bytes": b"{}"})
        assert await communicator.closed() == consumer.POLICY_VIOLATION


async def test_logout_closes_the_socket(alice: Practitioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RECHECK", 0.1)
    async with socket(alice) as (communicator, _):
        await sync_to_async(alice.post)("/auth/logout")
        assert await communicator.closed() == consumer.SIGNED_OUT


async def test_request_after_logout_closes_the_socket(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await sync_to_async(alice.post)("/auth/logout")
        await communicator.send({"@type": "Request", "using": [], "methodCalls": []})
        assert await communicator.closed() == consumer.SIGNED_OUT


async def test_lost_right_is_heard_no_more(alice: Practitioner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "RECHECK", 0.1)
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        await communicator.receive()
        await sync_to_async(Membership.objects.all().delete)()
        await asyncio.sleep(0.4)
        await changed(alice.account_id)
        assert await communicator.receive_nothing(timeout=1.5)


@pytest.mark.negative(65)
async def test_a_delegate_whose_right_ends_is_told_nothing_on_his_open_socket(
    alice: Practitioner, live_practice: Any
) -> None:
    bob = await sync_to_async(_delegate)(alice, live_practice)
    async with socket(bob) as (communicator, _):
        await communicator.send(ENABLE)
        assert alice.account_id in (await communicator.receive())["changed"]
        assert (await asked(communicator, "Email/query", alice.account_id))[0] == "Email/query"
        await sync_to_async(_end)(alice)
        name, answer, _ = await asked(communicator, "Email/query", alice.account_id)
        assert (name, answer["type"]) == ("error", "accountNotFound")
        await changed(alice.account_id)
        assert await communicator.receive_nothing(timeout=1.5)


@pytest.mark.negative(12)
async def test_a_right_that_runs_out_is_over_on_an_open_socket(
    alice: Practitioner, live_practice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = await sync_to_async(_delegate)(alice, live_practice)
    await sync_to_async(_let_run_out)(alice, seconds=2)
    async with socket(bob) as (communicator, _):
        await communicator.send(ENABLE)
        assert alice.account_id in (await communicator.receive())["changed"]
        await asyncio.sleep(2.1)
        name, answer, _ = await asked(communicator, "Email/query", alice.account_id)
        assert (name, answer["type"]) == ("error", "accountNotFound")
        await changed(alice.account_id)
        assert await communicator.receive_nothing(timeout=1.5)


def _delegate(alice: Practitioner, practice: Any) -> Practitioner:
    """Bob, a reader of Alice's mailbox, logged in."""
    bob = Practitioner(practice.holder("bob"), practice.open("bob"))
    ledger = Ledger(alice.mailbox, alice.holder)
    ledger.append(ledger.grant(card_share(bob.holder)))
    bob.log_in()
    return bob


def _end(alice: Practitioner) -> None:
    """By a real act."""
    ledger = Ledger(alice.mailbox, alice.holder)
    row = Membership.objects.get(account_id=alice.account_id, role="reader")
    ledger.append(ledger.revoke(bytes.fromhex(row.id)))


def _let_run_out(alice: Practitioner, seconds: int) -> None:
    soon = timezone.now() + timedelta(seconds=seconds)
    Membership.objects.filter(account_id=alice.account_id, role="reader").update(not_after=soon)


async def asked(communicator: Any, method: str, account_id: str) -> Any:
    """The one response to one call on the socket; news that arrive before it are passed over."""
    request = {
        "@type": "Request",
        "id": "1",
        "using": CAPABILITIES,
        "methodCalls": [[method, {"accountId": account_id}, "0"]],
    }
    await communicator.send(request)
    while (answer := await communicator.receive())["@type"] == "StateChange":
        pass
    return answer["methodResponses"][0]


async def test_stray_datagrams_are_ignored(alice: Practitioner) -> None:
    async with socket(alice) as (communicator, _):
        await communicator.send(ENABLE)
        await communicator.receive()
        for stray in (b"", b",", b"\xff" * 300, b"nobody,5", f"{alice.account_id},x".encode()):
            pulse.datagram_received(stray, None)
        assert await communicator.receive_nothing(timeout=0.3)


async def test_lifespan_listens_and_stops(server: Any) -> None:
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    listening: list[bool] = []

    async def receive() -> dict[str, Any]:
        listening.append((server / "push.sock").exists())
        return next(messages)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await application({"type": "lifespan"}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert listening == [False, True]
    assert not (server / "push.sock").exists()


async def test_socket_that_cannot_be_leaves_the_looking(
    alice: Practitioner, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PLI_PUSH_SOCKET = tmp_path / ("x" * 120)
    async with socket(alice) as (communicator, connected):
        assert connected
        await communicator.send(ENABLE)
        await communicator.receive()
        await asyncio.sleep(1.2)
        await changed(alice.account_id)
        assert "Email" in (await communicator.receive())["changed"][alice.account_id]


async def test_stopping_leaves_a_successors_socket(server: Any) -> None:
    await pulse.start()
    successor = type(pulse)()
    await successor.start()
    await pulse.stop()
    assert (server / "push.sock").exists()
    await successor.stop()
    assert not (server / "push.sock").exists()
