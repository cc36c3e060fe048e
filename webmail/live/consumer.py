"""`/jmap/ws`: JMAP over a websocket (RFC 8887): push of StateChange, and requests where a dispatcher is given."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import timezone

from webmail.domain import access, change
from webmail.domain.announce import group_name
from webmail.domain.caller import Caller, caller_of
from webmail.domain.change import Kind
from webmail.domain.errors import NotFound
from webmail.live.pulse import pulse
from webmail.live.states import state_change, states_at
from webmail.origins import allowed as allowed_origin
from webmail.schema import Optional, Record, anything, nullable, sequence, text

SUBPROTOCOL = "jmap"
COALESCE = 0.1  # seconds between two frames of news; what changes meanwhile travels in the second
RECHECK = 30.0  # seconds until a socket is asked again whether its session and its rights still stand
MAX_FRAME = 10_000_000
POLICY_VIOLATION, TOO_BIG, SIGNED_OUT = 1008, 1009, 4401

# Bytes of a request and who asks, to the Response or RequestError object (webmail.asgi wires it).
Answerer = Callable[[bytes, Caller], dict[str, Any]]


class JmapSocket(AsyncWebsocketConsumer):
    """One page's socket. It joins the groups of the person's mailboxes and sends state strings, never content."""

    answer: Answerer | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.accounts: dict[str, datetime | None] = {}
        self.types: set[str] | None = set()  # none until WebSocketPushEnable; None stands for all
        self.sent: dict[str, dict[str, str]] = {}
        self.dirty: dict[str, str] = {}
        self.flushing: asyncio.Task[None] | None = None
        self.flush_not_before = 0.0  # of the loop's clock
        self.rechecking: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Open doors in order: origin, subprotocol, session. A refused handshake is answered 403 by the server."""
        offered = SUBPROTOCOL in self.scope.get("subprotocols", ())
        if not (_same_origin(self.scope) and offered and await self._caller()):
            await self.close()
            return
        await pulse.start()
        await self._join(await self._current_accounts())
        await self.accept(SUBPROTOCOL)
        self.rechecking = asyncio.create_task(self._recheck_forever())

    async def disconnect(self, code: int) -> None:
        """Leave every group."""
        del code
        for task in (self.flushing, self.rechecking):
            if task is not None:
                task.cancel()
        await self._leave(list(self.accounts))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One message of the page; RFC 8887 §4.1 allows text frames only."""
        if text_data is None or bytes_data is not None:
            await self.close(POLICY_VIOLATION)
        elif len(text_data) > MAX_FRAME:
            await self.close(TOO_BIG)
        else:
            await self._handle(text_data)

    async def state_changed(self, event: dict[str, str]) -> None:
        """A group message: remember the newest state and send soon. A burst becomes one frame, the newest state wins."""
        self.dirty[event["account"]] = event["state"]
        if self.flushing is None or self.flushing.done():
            self.flushing = asyncio.create_task(self._flush_soon())

    async def _handle(self, frame: str) -> None:
        match _read(frame):
            case {"@type": "WebSocketPushEnable", "dataTypes": types}:
                self.types = None if types is None else set(types)
                self.sent.clear()
                await self._send_states(dict.fromkeys(self.accounts, ""))
            case {"@type": "WebSocketPushDisable"}:
                self.types = set()
            case {"@type": "Request"}:
                await self._answer(frame)
            case _:
                await self._send({"@type": "RequestError", "requestId": None, "type": _PROBLEM, "status": 400})

    async def _answer(self, frame: str) -> None:
        """A JMAP request on the socket: the session is read anew for each, as it is for each HTTP request."""
        caller = await self._caller()
        if caller is None or type(self).answer is None:
            await self.close(SIGNED_OUT)
            return
        await self._send(await database_sync_to_async(type(self).answer)(frame.encode(), caller))

    async def _flush_soon(self) -> None:
        """The first news travels at once; what follows closely waits and travels together."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(max(0.0, self.flush_not_before - clock()))
        self.flush_not_before = clock() + COALESCE
        dirty, self.dirty = self.dirty, {}
        await self._send_states(dirty)

    async def _send_states(self, accounts: dict[str, str]) -> None:
        """Send what differs from what was sent before; `accounts` maps to the announced state, "" for "read it now"."""
        changed: dict[str, dict[str, str]] = {}
        for account_id, modseq in accounts.items():
            news = await self._news(account_id, modseq)
            if news:
                changed[account_id] = news
        if changed:
            await self._send(state_change(changed))

    async def _news(self, account_id: str, modseq: str) -> dict[str, str]:
        if account_id not in self.accounts or self.types == set():
            return {}
        until = self.accounts[account_id]
        if until is not None and until <= timezone.now():
            return {}  # the next look at the rights takes the socket out of the group
        try:
            states = await _states(account_id, modseq)
        except NotFound:
            return {}
        before = self.sent.get(account_id, {})
        if before and before[Kind.KEY] != states[Kind.KEY] and account_id not in await self._current_accounts():
            await self.recheck()
            return {}  # somebody's right has ended, and it was this one's
        self.sent[account_id] = states
        return {
            name: state
            for name, state in states.items()
            if before.get(name) != state and (self.types is None or name in self.types)
        }

    async def _recheck_forever(self) -> None:
        while True:
            await asyncio.sleep(RECHECK)
            await self.recheck()

    async def recheck(self) -> None:
        """Close when the session has ended; leave and join mailboxes as the person's rights have changed."""
        if not await self._caller():
            await self.close(SIGNED_OUT)
            return
        current = await self._current_accounts()
        await self._leave([account for account in self.accounts if account not in current])
        joined = {account: until for account, until in current.items() if account not in self.accounts}
        await self._join(joined)
        self.accounts |= current
        await self._send_states(dict.fromkeys(joined, ""))

    async def _join(self, accounts: dict[str, datetime | None]) -> None:
        for account_id in accounts:
            await self.channel_layer.group_add(group_name(account_id), self.channel_name)
            pulse.watch(account_id)
        self.accounts |= accounts

    async def _leave(self, accounts: list[str]) -> None:
        for account_id in accounts:
            await self.channel_layer.group_discard(group_name(account_id), self.channel_name)
            pulse.unwatch(account_id)
        self.accounts = {id_: until for id_, until in self.accounts.items() if id_ not in accounts}

    @database_sync_to_async
    def _caller(self) -> Caller | None:
        """Who is logged in now: the stored session counts, not what it held when the socket opened."""
        session = self.scope.get("session")
        store = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key if session else None)
        host, *_ = self.scope.get("client") or [None]
        return caller_of(store, host)

    async def _current_accounts(self) -> dict[str, datetime | None]:
        """The mailboxes this caller may use now, and when a right on each next ends."""
        caller = await self._caller()
        accounts = await database_sync_to_async(access.accounts_of)(caller) if caller else []
        return {account.id: account.until for account in accounts}

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message, separators=(",", ":")))


_PROBLEM = "urn:ietf:params:jmap:error:notRequest"
_SHAPES = {
    "WebSocketPushEnable": Record(
        {
            "@type": anything,
            "dataTypes": Optional(nullable(sequence(text(), 64))),
            "pushState": Optional(nullable(text())),
        }
    ),
    "WebSocketPushDisable": Record({"@type": anything}),
}


@database_sync_to_async
def _states(account_id: str, modseq: str) -> dict[str, str]:
    return states_at(account_id, modseq or change.latest_state(account_id))


def _read(frame: str) -> dict[str, Any]:
    """The message in its shape, or nothing. A Request is only recognised here: its reader checks it."""
    try:
        message = json.loads(frame)
        kind = message.get("@type")
        return {"@type": kind} if kind == "Request" else _SHAPES[kind](message, "")
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        return {}


def _same_origin(scope: dict[str, Any]) -> bool:
    """Exactly one Origin, and it is the host that was asked: a browser cannot lie about either."""
    headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
    origins = [value for name, value in headers if name == b"origin"]
    hosts = [value for name, value in headers if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    return urlsplit(origins[0]).netloc == hosts[0] and allowed_origin(origins[0])
