"""How the vectors write what they hold: base64, PKCS#8, and the smallest damage."""

import base64

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.vectors.cast import Holding


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pkcs8(holding: Holding) -> str:
    return b64(holding.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))


def flip_last(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))
