"""The least a program needs to call the bridge (RFC 6455 §5): nothing whose own time would count as the bridge's.

A call is three steps: `request` writes and seals it, `exchange` sends the frame and returns that of the answer, `result` opens and reads
it. The first and the last are the caller's own work, in a browser that of JavaScript and WebCrypto; what is between is the bridge.
"""

import json
import socket
from itertools import count
from typing import Any

from bridge import p256
from bridge.handshake import Initiator
from bridge.secure_channel import SecureChannel

HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: pli-bridge.1\r\n\r\n"
)
FINAL, KIND, MASKED, NO_MASK = 0x80, 0x0F, 0x80, bytes(4)
BINARY, PING, PONG = 2, 9, 10
TWO_BYTES, EIGHT_BYTES = 126, 127
AT_ONCE, SECONDS = 65_536, 30.0


class PlainSocket:
    """One connection; one call at a time."""

    def __init__(self, port: int, origin: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(SECONDS)
        self._read = b""
        self._ids = count(1)
        self._socket.sendall(HANDSHAKE.format(port=port, origin=origin).encode())
        while b"\r\n\r\n" not in self._read:
            self._hear()
        if b" 101 " not in self._read.partition(b"\r\n")[0]:
            raise ConnectionError("the bridge refused")
        self._read = self._read.partition(b"\r\n\r\n")[2]
        self._channel = self._pair(origin)

    def _pair(self, origin: str) -> SecureChannel:
        initiator = Initiator(origin, p256.generate())
        self._socket.sendall(_frame(initiator.hello))
        initiator.meet(self._receive())
        proof, agreed = initiator.prove(pair=True)
        self._socket.sendall(_frame(proof))
        while json.loads(agreed.channel.open(self._receive()))["params"]["state"] == "pairing":
            pass
        return agreed.channel

    def request(self, method: str, **params: Any) -> bytes:
        """The frame of a call. Frames must be sent in the order in which they were made."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        return _frame(self._channel.seal(json.dumps(request).encode()))

    def exchange(self, request: bytes) -> bytes:
        """What the next frame of the bridge holds."""
        self._socket.sendall(request)
        return self._receive()

    def result(self, answer: bytes) -> Any:
        """Raises ConnectionError for an error."""
        while "id" not in (read := json.loads(self._channel.open(answer))):
            answer = self._receive()  # that was a notification
        if "error" in read:
            raise ConnectionError(read["error"])
        return read["result"]

    def _receive(self) -> bytes:
        while True:
            while (found := _first_frame(self._read)) is None:
                self._hear()
            kind, payload, self._read = found
            if kind == BINARY:
                return payload
            if kind == PING:
                self._socket.sendall(_frame(payload, PONG))

    def _hear(self) -> None:
        heard = self._socket.recv(AT_ONCE)
        if not heard:
            raise ConnectionError("the bridge is gone")
        self._read += heard

    def close(self) -> None:
        self._socket.close()


def _frame(payload: bytes, kind: int = BINARY) -> bytes:
    size = len(payload)
    length = bytes((MASKED | size,)) if size < TWO_BYTES else bytes((MASKED | TWO_BYTES,)) + size.to_bytes(2, "big")
    return bytes((FINAL | kind,)) + length + NO_MASK + payload


def _first_frame(read: bytes) -> tuple[int, bytes, bytes] | None:
    """Its kind, what it holds, and what follows; None while it is not whole."""
    size, at = read[1] if len(read) > 1 else TWO_BYTES, 2
    if size in (TWO_BYTES, EIGHT_BYTES):
        at = 4 if size == TWO_BYTES else 10
        size = int.from_bytes(read[2:at], "big")
    if len(read) < max(at, at + size):
        return None
    return read[0] & KIND, read[at : at + size], read[at + size :]
