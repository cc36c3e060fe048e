"""From an open websocket to a sealed channel with a page that may use this bridge: the I/O around `handshake` and `pairing`.

A page that is not paired learns that inside the channel, and the socket ends. While a person compares digits the page has
nothing to say: whatever it sends takes the question away.
"""

import asyncio
import functools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from websockets.asyncio.server import ServerConnection

from bridge.desk import Caller
from bridge.errors import ChannelFailed, PliError
from bridge.handshake import Agreement, Responder
from bridge.handshake_limits import HandshakeLimits
from bridge.journal import log
from bridge.pairing import Pairing, State
from bridge.prompts.requests import Purpose
from bridge.secure_channel import SecureChannel
from bridge.session import turned_away

_HANDSHAKE_SECONDS = 10.0
_QUESTIONS = 4  # that wait for their turn with the person
_POLICY_VIOLATION = 1008  # RFC 6455 §7.4.1

Ask = Callable[[Caller, bytes, Purpose], None]


class Admission:
    """Lets pages in that passed the doors; each counts in `limits` from its hello on.

    `ask` shows a purpose to the person (in a thread) and raises RpcError unless they agree.
    """

    def __init__(self, pairing: Pairing, ask: Ask, limits: HandshakeLimits) -> None:
        self._pairing = pairing
        self._ask = ask
        self._limits = limits
        self._asking = ThreadPoolExecutor(_QUESTIONS, thread_name_prefix="pair")

    async def admit(self, socket: ServerConnection, caller: Caller, label: str) -> SecureChannel | None:
        """The channel to a paired page, or None: then the socket is closed. Raises ConnectionClosed."""
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                agreed = await self._shake_hands(socket, caller.origin)
            state = self._pairing.state(caller.origin, agreed)
            if state == "pairing":
                state = await self._compared(socket, caller, agreed, label)
            if state == "ready" or not agreed.pair:
                self._limits.harmless(caller.origin)
            await _tell(socket, agreed.channel, state)
        except (ChannelFailed, TimeoutError) as error:
            log.debug("a handshake ended: %s", error or "silence")
            state = "refused"
        except PliError as error:
            log.error("a handshake could not be held: %s", error)
            state = "refused"
        if state == "ready":
            return agreed.channel
        await socket.close(_POLICY_VIOLATION)
        return None

    async def _shake_hands(self, socket: ServerConnection, origin: str) -> Agreement:
        hello = await _bytes_of(socket)
        if not self._limits.begin(origin):
            raise ChannelFailed
        responder = Responder(origin, self._pairing.key_for(origin))
        await socket.send(responder.answer(hello))
        return responder.finish(await _bytes_of(socket))

    async def _compared(self, socket: ServerConnection, caller: Caller, agreed: Agreement, label: str) -> State:
        """What the person says to the digits. A page that leaves or speaks meanwhile takes the question away."""
        await _tell(socket, agreed.channel, "pairing")
        ask = functools.partial(self._ask, caller, agreed.peer)
        question = functools.partial(self._pairing.ask, caller.origin, agreed, label, ask)
        asking = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(self._asking, question))
        speaking = asyncio.ensure_future(socket.recv())
        await asyncio.wait((asking, speaking), return_when=asyncio.FIRST_COMPLETED)
        if speaking.cancel():
            await asyncio.wait({speaking})  # a socket has one reader at a time
            return await asking
        caller.cancelled.set()
        await asking
        await socket.send(agreed.channel.seal(turned_away(agreed.channel.open(speaking.result()), "NOT_PAIRED")))
        raise ChannelFailed


async def _bytes_of(socket: ServerConnection) -> bytes:
    frame = await socket.recv()
    if isinstance(frame, str):
        raise ChannelFailed
    return frame


async def _tell(socket: ServerConnection, channel: SecureChannel, state: State) -> None:
    message = {"jsonrpc": "2.0", "method": "channel.state", "params": {"state": state}}
    await socket.send(channel.seal(json.dumps(message, separators=(",", ":")).encode()))
