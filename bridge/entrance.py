"""The listening sockets with the doors in front of them (bridge.doors): whoever passes becomes a websocket."""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from bridge.doors import Doors
from bridge.flood import HalfOpen
from bridge.guest import Guest
from bridge.ports import first_free_port
from bridge.protocol import MAX_FRAME
from bridge.refusal import refusal

_OPEN_SECONDS = 5.0  # from a whole request to a socket: the slowest refusal takes one
_OUR_ANSWERS = {101, 200, 307}
_SILENT = logging.getLogger("pli.websockets")
_SILENT.setLevel(logging.CRITICAL + 1)  # refused handshakes are not news, and must not log what a stranger sent


class Entrance:
    """Calls `converse` for each websocket that the doors let in."""

    def __init__(self, doors: Doors, converse: Callable[[Guest], Awaitable[None]]) -> None:
        self._doors = doors
        self._converse = converse
        self._half_open = HalfOpen()
        self._servers: list[Server] = []

    async def start(self, ports: Sequence[int]) -> int:
        """Listen on the first free port, and say which. Raises OSError when all are taken."""
        sockets = first_free_port(ports)
        port: int = sockets[0].getsockname()[1]
        self._doors.attach(port)
        guest: Any = functools.partial(Guest, self._doors, self._half_open)
        for bound in sockets:
            self._servers.append(
                await serve(
                    self._receive,
                    sock=bound,
                    create_connection=guest,
                    process_request=self._answer,
                    process_response=self._only_our_answers,
                    select_subprotocol=_offered,  # type: ignore[arg-type]
                    compression=None,
                    max_size=MAX_FRAME,
                    server_header=None,
                    logger=_SILENT,
                    open_timeout=_OPEN_SECONDS,
                    close_timeout=1,
                )
            )
        return port

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        self._half_open.clear()
        for server in self._servers:
            await server.wait_closed()

    async def _answer(self, guest: ServerConnection, request: Request) -> Response | None:
        assert isinstance(guest, Guest)  # noqa: S101 (create_connection)
        return self._doors.answer(guest.owner, request)

    async def _receive(self, guest: ServerConnection) -> None:
        assert isinstance(guest, Guest)  # noqa: S101
        guest.come_in()
        await self._converse(guest)

    async def _only_our_answers(self, _guest: ServerConnection, _request: Request, found: Response) -> Response | None:
        """A handshake that fails for a reason of the protocol's own is refused like any other; refusals have their pace."""
        if found.status_code in _OUR_ANSWERS:
            return None
        await asyncio.sleep(self._doors.pace.delay())
        return refusal()


def _offered(_connection: ServerConnection, offered: list[str]) -> str | None:
    return offered[0] if offered else None
