"""The relay window, for browsers that keep `ws://127.0.0.1` from pages: a page of the bridge between page and socket
(docs/PROTOCOL.md, *The relay window*). It passes sealed frames on; what it says of itself is a ticket and the origin it checked.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bridge.own_pages import own_page
from bridge.tickets import Tickets

SUBPROTOCOL = "pli-relay.1"
PATH = "/relay"
_SOCKET_PATH = "/relay/socket"
_FILES: Mapping[str, tuple[str, str]] = {
    PATH: ("relay.html", "text/html; charset=utf-8"),
    "/relay/relay.css": ("relay.css", "text/css; charset=utf-8"),
    "/relay/relay.js": ("relay.js", "text/javascript; charset=utf-8"),
}
_PLACE = b"{ticket}"
_INTRODUCTION_SECONDS = 10.0
_MAX_ORIGIN = 300


class Relay:
    """A room of the bridge. `may_begin` asks the doors whether an origin may speak now."""

    def __init__(self, may_begin: Callable[[str], bool]) -> None:
        self._may_begin = may_begin
        self._tickets = Tickets()
        self._port = 0

    def attach(self, port: int) -> None:
        self._port = port

    def page(self, path: str) -> Response | None:
        if path not in _FILES:
            return None
        name, content_type = _FILES[path]
        body = (resources.files("bridge") / "pages" / name).read_bytes()
        if path == PATH:
            body = body.replace(_PLACE, self._tickets.issue().encode())
        # The opener's hand on this window is what the relay is for: no opener policy here.
        return own_page(content_type, body, self._port, opener_policy="unsafe-none")

    def admits(self, path: str, request: Request) -> bool:
        own = f"http://127.0.0.1:{self._port}"
        subprotocols = request.headers.get_all("Sec-WebSocket-Protocol")
        return path == _SOCKET_PATH and request.headers.get_all("Origin") == [own] and subprotocols == [SUBPROTOCOL]

    async def converse(self, connection: ServerConnection) -> str | None:
        """Read the introduction. The origin that the window checked, once ticket and doors let it in; else the socket is closed."""
        try:
            async with asyncio.timeout(_INTRODUCTION_SECONDS):
                origin = self._introduced(await connection.recv())
            if origin is not None:
                await connection.send('{"relay": "open"}')
                return origin
            await connection.close(1008)
        except TimeoutError:
            await connection.close(1008)
        except ConnectionClosed:
            return None
        return None

    def _introduced(self, frame: str | bytes) -> str | None:
        match _read(frame):
            case {"ticket": str(ticket), "origin": str(origin), **others} if not others:
                known = len(origin) <= _MAX_ORIGIN and self._tickets.use(ticket)
                return origin if known and self._may_begin(origin) else None
        return None


def _read(frame: str | bytes) -> Any:
    try:
        return json.loads(frame) if isinstance(frame, str) else None
    except (ValueError, RecursionError):
        return None
