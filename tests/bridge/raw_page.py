"""A socket to a bridge that says what a test wants, before or after its handshake."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bridge import p256
from bridge.handshake import Agreement, Initiator
from tests.bridge.running import RunningBridge


@dataclass
class Raw:
    """The page's end; nothing is said that a test does not say."""

    socket: ClientConnection
    initiator: Initiator

    def say(self, *frames: bytes | str) -> None:
        for frame in frames:
            self.socket.send(frame)

    def hear(self) -> bytes:
        frame = self.socket.recv(timeout=10)
        assert isinstance(frame, bytes)
        return frame

    def shake_hands(self, *, pair: bool) -> Agreement:
        self.say(self.initiator.hello)
        self.initiator.meet(self.hear())
        proof, agreed = self.initiator.prove(pair=pair)
        self.say(proof)
        return agreed

    def state(self, agreed: Agreement) -> str:
        message = json.loads(agreed.channel.open(self.hear()))
        assert message["method"] == "channel.state"
        assert message["params"].keys() == {"state"}
        return str(message["params"]["state"])

    def closed(self) -> int | None:
        """The code with which the bridge hung up, whatever it said before."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.socket.recv(timeout=10)
        return self.socket.close_code


@contextlib.contextmanager
def raw(bridge: RunningBridge, origin: str, key: p256.PrivateKey | None = None) -> Iterator[Raw]:
    address, protocols = f"ws://127.0.0.1:{bridge.port}/", [Subprotocol("pli-bridge.1")]
    with connect(address, origin=Origin(origin), subprotocols=protocols, compression=None) as socket:
        yield Raw(socket, Initiator(origin, key or p256.generate()))


def request(number: int = 1) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "bridge.status", "params": {}}).encode()
