"""Make bridge-channel/*.json afresh: `python -m tests.vectors.bridge_channel`. Keys, nonces and signatures are fixed: so are the bytes.

The honest exchange is `bridge.handshake`'s; what must be refused is made here by hand from the secrets both sides have.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from bridge import key_schedule, p256
from bridge.handshake import Drawn, Initiator, Responder, session_keys
from bridge.key_schedule import derive, transcript
from bridge.secure_channel import SecureChannel

HERE = Path(__file__).parent / "bridge-channel"
ORIGIN = "https://mail.pli.example"
REPRODUCIBLE = ec.ECDSA(SHA256(), deterministic_signing=True)  # RFC 6979
OFF_CURVE = b"\x04" + bytes(31) + b"\x01" + bytes(31) + b"\x01"
MESSAGES = (b'{"jsonrpc":"2.0","id":1,"method":"bridge.status","params":{}}', b"", b"\x00" * 1000)


def key(name: str) -> p256.PrivateKey:
    """A private key that everybody knows."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest(), "big"), ec.SECP256R1())


def nonce(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


@dataclass(frozen=True)
class Exchange:
    """One handshake of a page and a bridge, with everything either of them computes."""

    origin: str = ORIGIN
    pair: bool = True
    page_key: p256.PrivateKey = field(default_factory=lambda: key("page"))
    bridge_key: p256.PrivateKey = field(default_factory=lambda: key("bridge"))
    page: Drawn = field(default_factory=lambda: Drawn(key("page ephemeral"), nonce("page nonce"), REPRODUCIBLE))
    bridge: Drawn = field(default_factory=lambda: Drawn(key("bridge ephemeral"), nonce("bridge nonce"), REPRODUCIBLE))

    @cached_property
    def initiator(self) -> Initiator:
        return Initiator(self.origin, self.page_key, self.page)

    @cached_property
    def hello(self) -> bytes:
        return self.initiator.hello

    @cached_property
    def answer(self) -> bytes:
        return Responder(self.origin, self.bridge_key, self.bridge).answer(self.hello)

    @cached_property
    def proof(self) -> bytes:
        self.initiator.meet(self.answer)
        return self.initiator.prove(pair=self.pair)[0]

    @cached_property
    def secret(self) -> bytes:
        return p256.agree(self.page.ephemeral, p256.point_of(self.bridge.ephemeral))

    @cached_property
    def t1(self) -> bytes:
        return transcript(
            key_schedule.HELLO, self.origin, self.hello, p256.point_of(self.bridge.ephemeral), self.bridge.nonce
        )

    @cached_property
    def t2(self) -> bytes:
        return transcript(self.t1, self.answer)

    @cached_property
    def t3(self) -> bytes:
        return transcript(self.t2, self.proof)

    @cached_property
    def t4(self) -> bytes:
        return transcript(self.t2, self.page.nonce, p256.point_of(self.page_key))

    def channels(self) -> tuple[SecureChannel, SecureChannel]:
        """Of the page, and of the bridge."""
        to_page, to_bridge = session_keys(self.secret, self.t3)
        return SecureChannel(to_bridge, to_page), SecureChannel(to_page, to_bridge)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pkcs8(private: p256.PrivateKey) -> str:
    return b64(private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def given(exchange: Exchange) -> dict[str, Any]:
    """What both sides hold and draw."""

    def side(long_term: p256.PrivateKey, drawn: Drawn) -> dict[str, str]:
        keys = {"key": pkcs8(long_term), "publicKey": b64(p256.point_of(long_term))}
        ephemeral = {"ephemeral": pkcs8(drawn.ephemeral), "ephemeralPublicKey": b64(p256.point_of(drawn.ephemeral))}
        return {**keys, **ephemeral, "nonce": b64(drawn.nonce)}

    page, bridge = side(exchange.page_key, exchange.page), side(exchange.bridge_key, exchange.bridge)
    return {"origin": exchange.origin, "pair": exchange.pair, "page": page, "bridge": bridge}


def honest(name: str, exchange: Exchange) -> dict[str, Any]:
    """Every message and every intermediate value of one handshake, and the first frames after it."""
    page_key = p256.point_of(exchange.page_key)
    to_page, to_bridge = session_keys(exchange.secret, exchange.t3)
    page_signed = transcript(key_schedule.PAGE, exchange.t2, page_key, exchange.page.nonce)
    page, bridge = exchange.channels()
    values = {
        "commitment": transcript(key_schedule.COMMITMENT, exchange.page.nonce, page_key),
        "hello": exchange.hello,
        "secret": exchange.secret,
        "t1": exchange.t1,
        "handshakeBridge": derive(exchange.secret, exchange.t1, key_schedule.HANDSHAKE_BRIDGE),
        "handshakePage": derive(exchange.secret, exchange.t1, key_schedule.HANDSHAKE_PAGE),
        "answer": exchange.answer,
        "t2": exchange.t2,
        "pageSignature": p256.sign(exchange.page_key, page_signed, REPRODUCIBLE),
        "proof": exchange.proof,
        "t3": exchange.t3,
        "toPage": to_page,
        "toBridge": to_bridge,
        "t4": exchange.t4,
    }
    return {
        "name": name,
        **given(exchange),
        **{member: b64(value) for member, value in values.items()},
        "digits": key_schedule.digits(exchange.t2, exchange.page.nonce, page_key),
        "framesToPage": [{"message": b64(message), "frame": b64(bridge.seal(message))} for message in MESSAGES],
        "framesToBridge": [{"message": b64(message), "frame": b64(page.seal(message))} for message in MESSAGES],
    }


def forged_proof(exchange: Exchange, **members: Any) -> bytes:
    """A proof sealed as the page would, with members of somebody's choosing."""
    page_key = p256.point_of(exchange.page_key)
    signed = transcript(key_schedule.PAGE, exchange.t2, page_key, exchange.page.nonce)
    signature = p256.sign(exchange.page_key, signed, REPRODUCIBLE)
    whole = {"key": page_key, "nonce": exchange.page.nonce, "pair": True, "signature": signature, **members}
    sealing = AESGCM(derive(exchange.secret, exchange.t1, key_schedule.HANDSHAKE_PAGE))
    return sealing.encrypt(bytes(12), json_of(whole), exchange.t2)


def forged_answer(exchange: Exchange, **members: Any) -> bytes:
    """An answer by somebody who shares the ephemeral secret, with other members inside."""
    bridge_key = p256.point_of(exchange.bridge_key)
    signature = p256.sign(exchange.bridge_key, transcript(key_schedule.BRIDGE, exchange.t1, bridge_key), REPRODUCIBLE)
    sealing = AESGCM(derive(exchange.secret, exchange.t1, key_schedule.HANDSHAKE_BRIDGE))
    inside = json_of({"key": bridge_key, "signature": signature, **members})
    return altered(exchange.answer, sealed=sealing.encrypt(bytes(12), inside, exchange.t1))


def json_of(members: dict[str, Any]) -> bytes:
    return json.dumps(members, default=b64, separators=(",", ":")).encode()


def altered(message: bytes, **members: Any) -> bytes:
    return json_of({**json.loads(message), **members})


def compressed(point: p256.PrivateKey) -> bytes:
    return point.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def hybrid(point: p256.PrivateKey) -> bytes:
    """X9.62's third form, which some libraries read."""
    whole = p256.point_of(point)
    return bytes([6 | whole[-1] & 1]) + whole[1:]


def refused_hellos(exchange: Exchange) -> Iterator[tuple[str, bytes, str]]:
    ephemeral = p256.point_of(exchange.page.ephemeral)
    yield "a truncated point", altered(exchange.hello, ephemeral=ephemeral[:-1]), "point"
    yield "a point that is not on the curve", altered(exchange.hello, ephemeral=OFF_CURVE), "point"
    yield "the point at infinity", altered(exchange.hello, ephemeral=b"\0"), "point"
    yield "a compressed point", altered(exchange.hello, ephemeral=compressed(exchange.page.ephemeral)), "point"
    yield "a point in hybrid form", altered(exchange.hello, ephemeral=hybrid(exchange.page.ephemeral)), "point"
    yield "another protocol", altered(exchange.hello, hello="pli-bridge.2"), "shape"
    yield "a member more", altered(exchange.hello, more=1), "shape"
    yield "a member twice", exchange.hello[:-1] + b',"hello":"pli-bridge.1"}', "shape"
    yield "a short commitment", altered(exchange.hello, commitment=bytes(31)), "shape"
    yield "no base64", altered(exchange.hello, commitment="~" * 44), "shape"
    yield "a request in clear", MESSAGES[0], "shape"
    yield "no JSON", b"\xff\x00", "shape"
    yield "nothing", b"", "shape"
    yield "deep nesting", b"[" * 4000, "shape"
    yield "too long", altered(exchange.hello, hello=" " * 5000), "shape"


def refused_proofs(exchange: Exchange) -> Iterator[tuple[str, bytes, str]]:
    other = replace(exchange, page_key=key("other page"))
    yield "another nonce than committed", forged_proof(exchange, nonce=nonce("later")), "commitment"
    yield "another key than committed", forged_proof(exchange, key=p256.point_of(other.page_key)), "commitment"
    yield "a signature of another key", forged_proof(exchange, signature=_page_signature(other)), "signature"
    yield "the signature of the bridge", forged_proof(exchange, signature=_bridge_signature(exchange)), "signature"
    yield "a signature of zeros", forged_proof(exchange, signature=bytes(64)), "signature"
    yield "pair that is no boolean", forged_proof(exchange, pair="yes"), "shape"
    yield "the answer, reflected", exchange.answer, "sealed"
    yield "the sealed part of the answer, reflected", base64.b64decode(json.loads(exchange.answer)["sealed"]), "sealed"
    yield "the proof of another origin", replace(exchange, origin="https://evil.example").proof, "sealed"
    yield "the proof of another handshake", _with_other_bridge_nonce(exchange).proof, "sealed"
    yield "a proof cut short", exchange.proof[:-1], "sealed"
    yield "a proof in clear", json_of({"key": b"", "nonce": b"", "pair": True, "signature": b""}), "sealed"
    yield "nothing", b"", "sealed"


def refused_answers(exchange: Exchange) -> Iterator[tuple[str, bytes, str]]:
    ephemeral = p256.point_of(exchange.bridge.ephemeral)
    other = replace(exchange, bridge_key=key("squatter"))
    yield "a truncated point", altered(exchange.answer, ephemeral=ephemeral[:-1]), "point"
    yield "a point that is not on the curve", altered(exchange.answer, ephemeral=OFF_CURVE), "point"
    yield "a compressed point", altered(exchange.answer, ephemeral=compressed(exchange.bridge.ephemeral)), "point"
    yield "a point in hybrid form", altered(exchange.answer, ephemeral=hybrid(exchange.bridge.ephemeral)), "point"
    yield "another nonce", altered(exchange.answer, nonce=nonce("other")), "sealed"
    yield "the answer to another origin", replace(exchange, origin="https://evil.example").answer, "sealed"
    yield "the key of another bridge", forged_answer(exchange, key=p256.point_of(other.bridge_key)), "signature"
    yield (
        "a signature over another transcript",
        forged_answer(exchange, signature=_page_signature(exchange)),
        "signature",
    )
    yield "a signature of zeros", forged_answer(exchange, signature=bytes(64)), "signature"
    yield "the hello, reflected", exchange.hello, "shape"
    yield "a member more", altered(exchange.answer, more=1), "shape"
    yield "a notification in clear", b'{"jsonrpc":"2.0","method":"channel.state","params":{"state":"ready"}}', "shape"


def _page_signature(exchange: Exchange) -> bytes:
    page_key = p256.point_of(exchange.page_key)
    return p256.sign(
        exchange.page_key, transcript(key_schedule.PAGE, exchange.t2, page_key, exchange.page.nonce), REPRODUCIBLE
    )


def _bridge_signature(exchange: Exchange) -> bytes:
    bridge_key = p256.point_of(exchange.bridge_key)
    return p256.sign(exchange.bridge_key, transcript(key_schedule.BRIDGE, exchange.t1, bridge_key), REPRODUCIBLE)


def _with_other_bridge_nonce(exchange: Exchange) -> Exchange:
    return replace(exchange, bridge=replace(exchange.bridge, nonce=nonce("another time")))


def refused(exchange: Exchange) -> list[dict[str, Any]]:
    """Messages of the handshake that the side named by `role` refuses, at its step."""
    steps = (
        ("bridge", "hello", refused_hellos),
        ("bridge", "proof", refused_proofs),
        ("page", "answer", refused_answers),
    )
    return [
        {"name": f"{step}: {name}", "role": role, "step": step, "message": b64(message), "reason": reason}
        for role, step, make in steps
        for name, message, reason in make(replace(exchange))
    ]


def broken_frames(exchange: Exchange) -> list[dict[str, Any]]:
    """Runs of frames to the page; all open but the last, and after it nothing does."""
    page, bridge = exchange.channels()
    first, second, third = (bridge.seal(message) for message in MESSAGES)
    own = page.seal(MESSAGES[0])
    runs = {
        "a frame again": [first, first],
        "an earlier frame again": [first, second, first],
        "two frames in the other order": [second],
        "a frame left out": [first, third],
        "a frame cut short": [first, second[:-1]],
        "a frame of too few octets for a tag": [first[:15]],
        "an empty frame": [b""],
        "a bit turned": [bytes([first[0] ^ 1]) + first[1:]],
        "an octet more": [first + b"\0"],
        "the page's own frame, reflected": [own],
        "a message in clear": [MESSAGES[0]],
    }
    return [{"name": name, "frames": [b64(frame) for frame in frames]} for name, frames in runs.items()]


def files() -> dict[str, Any]:
    """What each file holds."""
    exchange = Exchange()
    handshakes = [
        honest("a page that asks to pair", exchange),
        honest("a page that is known", replace(exchange, pair=False)),
        honest("another origin, the same keys", replace(exchange, origin="http://alice.localhost:8000")),
        honest("digits with leading zeros", _leading_zeros()),
    ]
    return {
        "handshake.json": {"vectors": handshakes},
        "refused.json": {**given(exchange), "vectors": refused(exchange)},
        "frames.json": {
            "toPage": b64(session_keys(exchange.secret, exchange.t3)[0]),
            "toBridge": b64(session_keys(exchange.secret, exchange.t3)[1]),
            "vectors": broken_frames(exchange),
        },
    }


def _leading_zeros() -> Exchange:
    """The first of a row of nonces whose digits begin with 0."""
    for number in range(10_000):
        found = Exchange(page=Drawn(key("page ephemeral"), nonce(f"page {number}"), REPRODUCIBLE))
        if key_schedule.digits(found.t2, found.page.nonce, p256.point_of(found.page_key)).startswith("00"):
            return found
    raise LookupError


def text_of(content: Any) -> str:
    return json.dumps(content, indent=1) + "\n"


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for file, content in files().items():
        (HERE / file).write_text(text_of(content), "utf-8")
