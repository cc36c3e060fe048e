"""The handshake of page and bridge, both roles, without I/O (docs/PROTOCOL.md, *Channel*).

SIGMA-I with a commitment: ephemeral P-256, each side signs what it saw with its long-term key, and the page commits to its
key and nonce before the bridge answers, so that nobody between them can choose the digits a person compares.
`Responder` is the bridge. `Initiator` is a page, for tests, for the demo's set-up, and for whoever writes another page.
"""

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge import key_schedule, p256
from bridge.errors import HandshakeFailed
from bridge.key_schedule import derive, transcript
from bridge.secure_channel import SecureChannel

MAX_MESSAGE = 4096  # bytes; an honest one has less than 1,000
_NONCE_BYTES = 32
_ZERO = bytes(12)  # the nonce of keys that are used once


@dataclass(frozen=True)
class Drawn:
    """What one side draws for one handshake, and how it signs. Only vectors give it."""

    ephemeral: p256.PrivateKey = field(default_factory=p256.generate, repr=False)
    nonce: bytes = field(default_factory=lambda: secrets.token_bytes(_NONCE_BYTES), repr=False)
    signature: ec.ECDSA = p256.SIGNATURE


@dataclass(frozen=True)
class Agreement:
    """The end of a handshake. `peer` proved to hold that long-term key; `pair` is what the page asked for."""

    channel: SecureChannel = field(repr=False)
    peer: bytes
    pair: bool
    digits: str


class Responder:
    """The bridge's side, for one socket of `origin`: `answer`, then `finish`, each once."""

    def __init__(self, origin: str, key: p256.PrivateKey, drawn: Drawn | None = None) -> None:
        self._origin = origin
        self._key = key
        self._drawn = drawn or Drawn()
        self._commitment = b""
        self._secret = b""
        self._answered = b""
        self._proven = b""

    def answer(self, hello: bytes) -> bytes:
        """The answer to a page's hello. Raises HandshakeFailed."""
        if self._commitment:
            raise HandshakeFailed("order")
        said = _members(hello, {"hello", "ephemeral", "commitment"})
        if said["hello"] != key_schedule.HELLO:
            raise HandshakeFailed("shape")
        theirs, self._commitment = _binary(said["ephemeral"], p256.POINT_BYTES), _binary(said["commitment"], 32)
        ours, nonce = p256.point_of(self._drawn.ephemeral), self._drawn.nonce
        self._secret = p256.agree(self._drawn.ephemeral, theirs)
        self._answered = transcript(key_schedule.HELLO, self._origin, hello, ours, nonce)
        key = p256.point_of(self._key)
        proof = transcript(key_schedule.BRIDGE, self._answered, key)
        sealed = _seal(
            derive(self._secret, self._answered, key_schedule.HANDSHAKE_BRIDGE),
            {"key": key, "signature": p256.sign(self._key, proof, self._drawn.signature)},
            self._answered,
        )
        answer = _json({"ephemeral": ours, "nonce": nonce, "sealed": sealed})
        self._proven = transcript(self._answered, answer)
        return answer

    def finish(self, proof: bytes) -> Agreement:
        """What was agreed with the page that sent this proof. Raises HandshakeFailed."""
        if not self._proven:
            raise HandshakeFailed("order")
        proven, self._proven = self._proven, b""
        sealing = derive(self._secret, self._answered, key_schedule.HANDSHAKE_PAGE)
        said = _members(_open(sealing, proof, proven), {"key", "nonce", "pair", "signature"})
        key, nonce = _binary(said["key"], p256.POINT_BYTES), _binary(said["nonce"], _NONCE_BYTES)
        if not isinstance(said["pair"], bool):
            raise HandshakeFailed("shape")
        if not hmac.compare_digest(self._commitment, transcript(key_schedule.COMMITMENT, nonce, key)):
            raise HandshakeFailed("commitment")
        p256.verify(key, _binary(said["signature"], 64), transcript(key_schedule.PAGE, proven, key, nonce))
        to_page, to_bridge = session_keys(self._secret, transcript(proven, proof))
        shown = key_schedule.digits(proven, nonce, key)
        return Agreement(SecureChannel(to_page, to_bridge), key, said["pair"], shown)


class Initiator:
    """A page's side: send `hello`, `meet` the answer, then `prove` who this is."""

    def __init__(self, origin: str, key: p256.PrivateKey, drawn: Drawn | None = None) -> None:
        self._origin = origin
        self._key = key
        self._drawn = drawn or Drawn()
        self._own = p256.point_of(key)
        self._secret = b""
        self._answered = b""
        self._proven = b""
        self._peer = b""
        self.hello = _json(
            {
                "hello": key_schedule.HELLO,
                "ephemeral": p256.point_of(self._drawn.ephemeral),
                "commitment": transcript(key_schedule.COMMITMENT, self._drawn.nonce, self._own),
            }
        )

    def meet(self, answer: bytes) -> bytes:
        """The long-term key the bridge proved to hold; the caller decides whether it is the one known.

        Raises HandshakeFailed.
        """
        if self._peer:
            raise HandshakeFailed("order")
        said = _members(answer, {"ephemeral", "nonce", "sealed"})
        theirs, nonce = _binary(said["ephemeral"], p256.POINT_BYTES), _binary(said["nonce"], _NONCE_BYTES)
        self._secret = p256.agree(self._drawn.ephemeral, theirs)
        self._answered = transcript(key_schedule.HELLO, self._origin, self.hello, theirs, nonce)
        sealing = derive(self._secret, self._answered, key_schedule.HANDSHAKE_BRIDGE)
        inside = _members(_open(sealing, _binary(said["sealed"]), self._answered), {"key", "signature"})
        key = _binary(inside["key"], p256.POINT_BYTES)
        p256.verify(key, _binary(inside["signature"], 64), transcript(key_schedule.BRIDGE, self._answered, key))
        self._proven = transcript(self._answered, answer)
        self._peer = key
        return key

    def prove(self, *, pair: bool) -> tuple[bytes, Agreement]:
        """The proof to send, and what is agreed by it. `pair`: a person asked that digits be compared."""
        if not self._proven:
            raise HandshakeFailed("order")
        proven, self._proven = self._proven, b""
        nonce = self._drawn.nonce
        signed = transcript(key_schedule.PAGE, proven, self._own, nonce)
        signature = p256.sign(self._key, signed, self._drawn.signature)
        sealing = derive(self._secret, self._answered, key_schedule.HANDSHAKE_PAGE)
        proof = _seal(sealing, {"key": self._own, "nonce": nonce, "pair": pair, "signature": signature}, proven)
        to_page, to_bridge = session_keys(self._secret, transcript(proven, proof))
        shown = key_schedule.digits(proven, nonce, self._own)
        return proof, Agreement(SecureChannel(to_bridge, to_page), self._peer, pair, shown)


def session_keys(secret: bytes, closed: bytes) -> tuple[bytes, bytes]:
    """The keys of the frames to the page and to the bridge, from T3."""
    return derive(secret, closed, key_schedule.TO_PAGE), derive(secret, closed, key_schedule.TO_BRIDGE)


def _seal(key: bytes, members: dict[str, Any], additional: bytes) -> bytes:
    return AESGCM(key).encrypt(_ZERO, _json(members), additional)


def _open(key: bytes, sealed: bytes, additional: bytes) -> bytes:
    if len(sealed) > MAX_MESSAGE:
        raise HandshakeFailed("shape")
    try:
        return AESGCM(key).decrypt(_ZERO, sealed, additional)
    except InvalidTag:
        raise HandshakeFailed("sealed") from None


def _json(members: dict[str, Any]) -> bytes:
    return json.dumps(members, default=lambda value: base64.b64encode(value).decode(), separators=(",", ":")).encode()


def _members(message: bytes, names: set[str]) -> dict[str, Any]:
    """A JSON object with exactly these members, each once."""
    if len(message) > MAX_MESSAGE:
        raise HandshakeFailed("shape")
    try:
        pairs = json.loads(message.decode(), object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise HandshakeFailed("shape") from None
    found = pairs if isinstance(pairs, list) and all(isinstance(pair, tuple) for pair in pairs) else []
    if sorted(name for name, _ in found) != sorted(names):
        raise HandshakeFailed("shape")
    return dict(found)


def _binary(value: Any, size: int | None = None) -> bytes:
    """Standard base64 in its one canonical form (RFC 4648 §3.5)."""
    try:
        found = base64.b64decode(value.encode("ascii"), validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error):
        raise HandshakeFailed("shape") from None
    if base64.b64encode(found).decode() != value:
        raise HandshakeFailed("shape")
    if size is not None and len(found) != size:
        raise HandshakeFailed("point" if size == p256.POINT_BYTES else "shape")
    return found
