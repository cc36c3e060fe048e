"""What both sides of the secure channel see in a sample: taken for each message of a handshake, for what is sealed inside one, and
for a frame. Keys and nonces are those of the vectors, so that what is meant to be deep inside is reached.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge import key_schedule
from bridge.errors import ChannelFailed
from bridge.handshake import Initiator, Responder
from bridge.key_schedule import derive
from tests.vectors.bridge_channel import Exchange, altered

if TYPE_CHECKING:
    from collections.abc import Callable

_EXCHANGE = Exchange()
MESSAGE_OF_FRAME = b'{"jsonrpc":"2.0","id":1,"method":"bridge.status","params":{}}'


def channel(sample: bytes) -> dict[str, Any]:
    return {
        "hello": _typed(lambda: bool(_responder().answer(sample))),
        "answer": _typed(lambda: _met(sample)),
        "answerInside": _typed(lambda: _met(altered(_EXCHANGE.answer, sealed=_sealed_by_bridge(sample)))),
        "proof": _typed(lambda: _proven(sample)),
        "proofInside": _typed(lambda: _proven(_sealed_by_page(sample))),
        "frame": _typed(lambda: hashlib.sha256(_EXCHANGE.channels()[0].open(sample)).hexdigest()),
    }


def _responder() -> Responder:
    return Responder(_EXCHANGE.origin, _EXCHANGE.bridge_key, _EXCHANGE.bridge)


def _met(answer: bytes) -> str:
    return base64.b64encode(Initiator(_EXCHANGE.origin, _EXCHANGE.page_key, _EXCHANGE.page).meet(answer)).decode()


def _proven(proof: bytes) -> list[Any]:
    responder = _responder()
    responder.answer(_EXCHANGE.hello)
    agreed = responder.finish(proof)
    return [agreed.pair, agreed.digits]


def _sealed_by_bridge(inside: bytes) -> bytes:
    key = derive(_EXCHANGE.secret, _EXCHANGE.t1, key_schedule.HANDSHAKE_BRIDGE)
    return AESGCM(key).encrypt(bytes(12), inside, _EXCHANGE.t1)


def _sealed_by_page(inside: bytes) -> bytes:
    key = derive(_EXCHANGE.secret, _EXCHANGE.t1, key_schedule.HANDSHAKE_PAGE)
    return AESGCM(key).encrypt(bytes(12), inside, _EXCHANGE.t2)


def _typed(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ChannelFailed:
        return None
