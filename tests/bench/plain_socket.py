"""The least a program needs to call the bridge (RFC 6455 §5): no websocket library whose own time would count as the bridge's."""

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


class PlainSocket:
    """One connection; one call at a time."""

    def __init__(self, port: int, origin: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._ids = count(1)
        self._socket.sendall(HANDSHAKE.format(port=port, origin=origin).encode())
        if b" 101 " not in self._file.readline():
            raise ConnectionError("the bridge refused")
        while self._file.readline().strip():
            pass
        self._channel = self._pair(origin)

    def _pair(self, origin: str) -> SecureChannel:
        initiator = Initiator(origin, p256.generate())
        self._send(initiator.hello)
        initiator.meet(self._receive())
        proof, agreed = initiator.prove(pair=True)
        self._send(proof)
        while json.loads(agreed.channel.open(self._receive()))["params"]["state"] == "pairing":
            pass
        return agreed.channel

    def call(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        self._send(self._channel.seal(json.dumps(request).encode()))
        while (answer := json.loads(self._channel.open(self._receive()))).get("id") != number:
            pass  # a notification
        if "error" in answer:
            raise ConnectionError(answer["error"])
        return answer["result"]

    def _send(self, payload: bytes, kind: int = BINARY) -> None:
        size = len(payload)
        length = bytes((MASKED | size,)) if size < TWO_BYTES else bytes((MASKED | TWO_BYTES,)) + size.to_bytes(2, "big")
        self._socket.sendall(bytes((FINAL | kind,)) + length + NO_MASK + payload)

    def _receive(self) -> bytes:
        while True:
            head, size = self._file.read(2)
            if size in (TWO_BYTES, EIGHT_BYTES):
                size = int.from_bytes(self._file.read(2 if size == TWO_BYTES else 8), "big")
            payload = self._file.read(size)
            if head & KIND == BINARY:
                return payload
            if head & KIND == PING:
                self._send(payload, PONG)

    def close(self) -> None:
        self._file.close()
        self._socket.close()
