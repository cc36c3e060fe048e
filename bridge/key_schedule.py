"""What the secure channel hashes and derives (docs/PROTOCOL.md, *Channel*): transcripts, keys, digits. Pure functions."""

from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HELLO = "pli-bridge.1"
COMMITMENT = "pli-bridge.1 commitment"
BRIDGE = "pli-bridge.1 bridge"
PAGE = "pli-bridge.1 page"
HANDSHAKE_BRIDGE = "pli-bridge.1 handshake bridge"
HANDSHAKE_PAGE = "pli-bridge.1 handshake page"
TO_PAGE = "pli-bridge.1 to page"
TO_BRIDGE = "pli-bridge.1 to bridge"
DIGITS = "pli-bridge.1 digits"
LABELS = (HELLO, COMMITMENT, BRIDGE, PAGE)
HKDF_INFOS = (HANDSHAKE_BRIDGE, HANDSHAKE_PAGE, TO_PAGE, TO_BRIDGE, DIGITS)

_KEY_BYTES = 32
_DIGIT_BYTES = 8


def transcript(*parts: bytes | str) -> bytes:
    """SHA-256 over the parts, each after its length in four bytes: no two lists of parts hash alike."""
    hashed = sha256()
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        hashed.update(len(encoded).to_bytes(4, "big") + encoded)
    return hashed.digest()


def derive(secret: bytes, salt: bytes | None, info: str, size: int = _KEY_BYTES) -> bytes:
    """HKDF-SHA256 (RFC 5869)."""
    return HKDF(SHA256(), size, salt, info.encode()).derive(secret)


def digits(proven: bytes, nonce: bytes, page_key: bytes) -> str:
    """The six digits both sides show, from T2 and what the page had committed to."""
    number = int.from_bytes(derive(transcript(proven, nonce, page_key), None, DIGITS, _DIGIT_BYTES), "big")
    text = f"{number % 10**6:06d}"
    return f"{text[:3]} {text[3:]}"
