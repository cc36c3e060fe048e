"""P-256 as the secure channel uses it: 65-byte points, raw signatures, the x-coordinate of ECDH (NIST SP 800-186 §3.2.1.3)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bridge.errors import HandshakeFailed

PrivateKey = ec.EllipticCurvePrivateKey
POINT_BYTES = 65
_UNCOMPRESSED = 4  # SEC 1 §2.3.3
_SCALAR_BYTES = 32
SIGNATURE = ec.ECDSA(SHA256())


def generate() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def point_of(key: PrivateKey) -> bytes:
    """The public key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def agree(key: PrivateKey, point: bytes) -> bytes:
    """The x-coordinate of the common point. Raises HandshakeFailed for what is no point of the curve."""
    return key.exchange(ec.ECDH(), _public(point))


def sign(key: PrivateKey, message: bytes, algorithm: ec.ECDSA = SIGNATURE) -> bytes:
    """The signature as r and s, 32 bytes each (as Web Cryptography writes ECDSA)."""
    r, s = decode_dss_signature(key.sign(message, algorithm))
    return r.to_bytes(_SCALAR_BYTES, "big") + s.to_bytes(_SCALAR_BYTES, "big")


def verify(point: bytes, signature: bytes, message: bytes) -> None:
    """Raises HandshakeFailed unless the owner of `point` signed `message`."""
    r, s = signature[:_SCALAR_BYTES], signature[_SCALAR_BYTES:]
    encoded = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
    try:
        _public(point).verify(encoded, message, SIGNATURE)
    except InvalidSignature:
        raise HandshakeFailed("signature") from None


def _public(point: bytes) -> ec.EllipticCurvePublicKey:
    if len(point) != POINT_BYTES or point[0] != _UNCOMPRESSED:
        raise HandshakeFailed("point")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise HandshakeFailed("point") from None
