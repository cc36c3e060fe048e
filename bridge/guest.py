"""One connection before it is a socket: judged by its owner before its first octet, and by its request as a whole.

`websockets` would answer some malformed requests in its own words, or wait for them as long as an honest one; here every one of them
gets the one refusal, and time is short.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import Event, State

from bridge.doors import Doors
from bridge.flood import HEAD_SECONDS, HalfOpen
from bridge.peers import Owner, endpoint
from bridge.refusal import REFUSAL
from bridge.wire_frames import FrameEdges, whole_message

_MAX_HEAD = 16 * 1024
_END = b"\r\n\r\n"
Take = Callable[[bytes], bool]  # False: not now, read it from `recv`

_BEGINS = re.compile(rb"[A-Z]")
_HEAD = re.compile(
    rb"GET /[\x21-\x7e]{0,1000} HTTP/1\.1"
    rb"(?:\r\n[-!#$%&'*+.^_`|~0-9A-Za-z]{1,100}:[\x09\x20-\x7e\x80-\xff]{0,8000}){0,100}\r\n\r\n"
)
_BODY = re.compile(rb"\r\n(?:content-length|transfer-encoding):", re.IGNORECASE)
_LINGER_SECONDS = 1.0
_FIN_BINARY = 0x80 | Opcode.BINARY
_LONGER = 126  # its length stands in the two octets that follow
MAX_WRITTEN = 0xFFFF


class Guest(ServerConnection):
    """A caller at the doors. `owner` is the user it belongs to, once `connection_made` let it stay."""

    def __init__(self, doors: Doors, half_open: HalfOpen, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.owner: Owner = ""
        self._doors = doors
        self._half_open = half_open
        self._head = bytearray()
        self._stage = "turned away"
        self._edges = FrameEdges()
        self._timer: asyncio.TimerHandle | None = None
        self.take: Take | None = (
            None  # for one who waits in `recv`: gone with the first message that has to go through there
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        owner = self._owner(transport)
        if owner is None:
            transport.close()  # before its first octet
            return
        self.owner = owner
        self._stage = "head"
        self._half_open.enter(self, self._cut_off)
        self._start_timer(HEAD_SECONDS, self._give_up)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._stage == "head":
            self._read_head(data)
        elif self._stage == "heard" and not self._is_taken(data):
            self._edges.pass_over(data)
            super().data_received(data)

    def _is_taken(self, data: bytes) -> bool:
        """A message that came whole and alone is handed to who waits for it, in the turn of the loop that reads it."""
        take = self.take
        if take is None or not self._edges.here:
            return False
        message = whole_message(data)
        return message is not None and take(message)

    def process_event(self, event: Event) -> None:
        """A whole message is handed to who waits for it, in the turn of the loop that reads it."""
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
            take, self.take = self.take, None
            if take is not None and event.fin and event.opcode is Opcode.BINARY and take(bytes(event.data)):
                self.take = take
                return
        super().process_event(event)

    @property
    def is_clear(self) -> bool:
        """Whether the socket is open, and nothing that was written waits for its reader."""
        return self.state is State.OPEN and not self.transport.get_write_buffer_size()

    def write_frame(self, message: bytes) -> None:
        """Write a binary message of at most MAX_WRITTEN octets in one frame (RFC 6455 §5.2), while `is_clear`."""
        size = len(message)
        head = bytes((_FIN_BINARY, size)) if size < _LONGER else bytes((_FIN_BINARY, _LONGER)) + size.to_bytes(2, "big")
        self.transport.write(head + message)

    def eof_received(self) -> None:
        if self._stage == "head":
            self._give_up()
        elif self._stage == "heard":
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._half_open.leave(self)
        self._stop_timer()
        if self._stage != "turned away":
            super().connection_lost(exc)

    def come_in(self) -> None:
        """The doors let it in: it need not make room for others any more."""
        self._half_open.leave(self)

    def refuse(self) -> None:
        """Give the one answer, at the pace of refusals, and let the caller read it before the connection ends."""
        self._stage = "refused"
        self._start_timer(self._doors.pace.delay(), self._say_no)

    def _give_up(self) -> None:
        """No whole request came. A browser may hold a connection for later: it must not take an answer for that of its request."""
        if self._head:
            self.refuse()
        else:
            self.transport.close()

    def _read_head(self, data: bytes) -> None:
        self._head += data
        whole = self._head.find(_END) >= 0
        if len(self._head) > _MAX_HEAD or not _BEGINS.match(self._head) or (whole and not _is_request(self._head)):
            self.refuse()
        elif whole:
            self._stage = "heard"
            self._stop_timer()
            super().data_received(bytes(self._head))

    def _say_no(self) -> None:
        self.transport.write(REFUSAL)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._start_timer(_LINGER_SECONDS, self._cut_off)

    def _cut_off(self) -> None:
        self.transport.abort()

    def _start_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _owner(self, transport: asyncio.BaseTransport) -> Owner | None:
        try:
            ends = (endpoint(transport.get_extra_info(name)) for name in ("peername", "sockname"))
            return self._doors.arrive(*ends)
        except (TypeError, ValueError, IndexError):
            return None  # it left already


def _is_request(head: bytearray) -> bool:
    """Whether these octets are a GET of HTTP/1.1 without a body, and nothing follows: a browser waits for the answer."""
    return _HEAD.fullmatch(head) is not None and _BODY.search(head) is None
