"""The doors a caller passes, in order; each closes before the next is read (docs/PROTOCOL.md, *Doors*).

Loopback bind (server) → process of the same user → exact Host → path → subprotocol → one Origin that is paired or may pair now →
how often. Every refusal is the same answer.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from bridge import well_known
from bridge.flood import MAX_SOCKETS, MAX_SOCKETS_PER_ORIGIN, RefusalPace
from bridge.handshake_limits import HandshakeLimits
from bridge.origins import host_is_ours
from bridge.peers import Endpoint, Owner, PeerCheck
from bridge.protocol import SUBPROTOCOL
from bridge.refusal import refusal
from bridge.rendezvous import Rendezvous

RELAY = "/relay"


class Admission(Protocol):
    """Which origins may speak to this bridge (bridge.pairing)."""

    def admits(self, origin: str) -> bool:
        """Whether it is paired, or may pair now."""


class PolicyOrigins(Protocol):
    """The origins an administrator named (bridge.origins)."""

    def admits(self, origins: Sequence[str]) -> bool:
        """Whether these are one Origin header with an allowed value."""


class Room(Protocol):
    """Pages the bridge serves on its own origin, with a socket of their own (bridge.relay, bridge.table)."""

    def attach(self, port: int) -> None:
        """Called once the listener knows its port."""

    def page(self, path: str) -> Response | None:
        """The response to a GET, or None."""

    def admits(self, path: str, request: Request) -> bool:
        """Whether this is the page's own socket."""

    async def converse(self, connection: ServerConnection) -> str | None:
        """Serve that socket; the origin it speaks for from now on, or None where it is over."""


class Doors:
    """Judges callers. `shared` is None on a computer of one person."""

    def __init__(
        self,
        admission: Admission,
        limits: HandshakeLimits,
        peers: PeerCheck,
        shared: tuple[Rendezvous, PolicyOrigins] | None = None,
    ) -> None:
        self._admission = admission
        self._limits = limits
        self._peers = peers
        self._rooms: tuple[Room, ...] = ()
        self._shared = shared
        self._own = peers.own()
        self._port = 0
        self._sockets: Counter[str] = Counter()
        self.pace = RefusalPace()

    def open_rooms(self, rooms: Sequence[Room]) -> None:
        """The bridge's own pages. Called before the listener starts."""
        self._rooms = tuple(rooms)

    def attach(self, port: int) -> None:
        """Called once the listener knows its port."""
        self._port = port
        for room in self._rooms:
            room.attach(port)

    def arrive(self, theirs: Endpoint, ours: Endpoint) -> Owner | None:
        """Who a connection belongs to, before its first octet is read; None where it is to be closed."""
        owner = self._peers.owner(theirs, ours)
        known = owner is not None and (owner == self._own or self._shared is not None)
        return owner if known else None

    def answer(self, owner: Owner, request: Request) -> Response | None:
        """The answer to a request that stays an HTTP request; None where it may become a socket."""
        if not host_is_ours(request.headers.get_all("Host"), self._port):
            return refusal()
        if owner != self._own:
            return self._redirect(owner, request) or refusal()
        if request.path == "/":
            return None if self._may_speak(request) else refusal()
        if request.path == well_known.PATH:
            return self._describe(request)
        if page := next(filter(None, (room.page(request.path) for room in self._rooms)), None):
            return page
        return None if self.room_of(request) else refusal()

    def room_of(self, request: Request) -> Room | None:
        """The room whose own socket is asked for."""
        return next((room for room in self._rooms if room.admits(request.path, request)), None)

    def may_begin(self, origin: str) -> bool:
        """The last doors, for a page however reached: its origin, how many sockets it has, and how often it came."""
        room_left = self._sockets[origin] < MAX_SOCKETS_PER_ORIGIN and self._sockets.total() < MAX_SOCKETS
        return self._admission.admits(origin) and room_left and self._limits.has_room(origin)

    def entered(self, origin: str) -> None:
        """A socket of this origin is open."""
        self._sockets[origin] += 1

    def left(self, origin: str) -> None:
        """It is closed."""
        self._sockets[origin] -= 1

    def _may_speak(self, request: Request) -> bool:
        subprotocols = request.headers.get_all("Sec-WebSocket-Protocol")
        origins = request.headers.get_all("Origin")
        return subprotocols == [SUBPROTOCOL] and len(origins) == 1 and self.may_begin(origins[0])

    def _describe(self, request: Request) -> Response:
        origins = request.headers.get_all("Origin")
        allowed = len(origins) == 1 and self._admission.admits(origins[0])
        return well_known.describe(origins[0]) if allowed else refusal()

    # ---- another user of a shared host

    def _redirect(self, owner: Owner, request: Request) -> Response | None:
        """The way to the caller's own bridge, for the two requests that ask for one."""
        if self._shared is None or request.path not in {well_known.PATH, RELAY}:
            return None
        rendezvous, policy = self._shared
        origins = request.headers.get_all("Origin")
        if request.path == well_known.PATH and not policy.admits(origins):
            return None
        port = rendezvous.port_of(owner)
        if port is None:
            return None
        return _moved(port) if request.path == RELAY else well_known.describe(origins[0], port)


def _moved(port: int) -> Response:
    location = f"http://127.0.0.1:{port}{RELAY}"
    headers = {"Location": location, "Content-Length": "0", "Cache-Control": "no-store", "Connection": "close"}
    return Response(307, "Temporary Redirect", Headers(headers), b"")
