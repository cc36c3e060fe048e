"""The printed recovery code: 256 random bits that a person can read from paper (docs/FORMATS.md, *Recovery code*).

Crockford's base 32 leaves out I, L, O and U, and reads i and l as 1, o as 0. 24 bits of checksum tell a mistake, and mostly where it is.
"""

from __future__ import annotations

import hashlib
import hmac

from bridge.cms import algorithms
from bridge.cms.errors import CodeRefused

SECRET_LENGTH = 32
GROUPS = 14
GROUP_LENGTH = 4
QR_PREFIX = "PLI1:"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = GROUPS * GROUP_LENGTH
_CHECKSUM_LENGTH = 3
_BITS = 5
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # as int() reads base 32
_READ_AS = str.maketrans("OIL", "011", "-")


def format_code(secret: bytes) -> str:
    """The 56 characters of a 32-byte secret."""
    number = int.from_bytes(secret + _checksum(secret), "big")
    places = range((_LENGTH - 1) * _BITS, -1, -_BITS)
    return "".join(_ALPHABET[number >> place & 0x1F] for place in places)


def groups(code: str) -> list[str]:
    """The 14 groups of 4 in which a code is shown, typed and checked."""
    return [code[at : at + GROUP_LENGTH] for at in range(0, len(code), GROUP_LENGTH)]


def qr_text(code: str) -> str:
    """What the QR code of a printed sheet holds."""
    return QR_PREFIX + code


def parse_code(text: str) -> bytes:
    """The secret of a code typed or scanned, whatever its case, spaces and dashes.

    Raises `CodeRefused`: `length`, `character` or `checksum`; its `group` (1 to 14) says where the mistake is, as far as that shows.
    """
    code = normalise(text)
    if len(code) > _LENGTH:
        raise CodeRefused("length")
    for place, character in enumerate(code):
        if character not in _ALPHABET:
            raise CodeRefused("character", place // GROUP_LENGTH + 1)
    if len(code) != _LENGTH:
        raise CodeRefused("length")
    secret = _secret(code)
    if secret is None:
        raise CodeRefused("checksum", _mistaken_group(code))
    return secret


def same_group(typed: str, expected: str) -> bool:
    """Whether a group was typed back as it stands on the sheet."""
    return hmac.compare_digest(normalise(typed).encode(), expected.encode())


def normalise(text: str) -> str:
    """The characters that count, as the alphabet writes them."""
    return "".join(text.split()).upper().removeprefix(QR_PREFIX).translate(_READ_AS)


def _secret(code: str) -> bytes | None:
    number = int(code.translate(_DIGITS), len(_ALPHABET))
    whole = number.to_bytes(SECRET_LENGTH + _CHECKSUM_LENGTH, "big")
    secret, checksum = whole[:SECRET_LENGTH], whole[SECRET_LENGTH:]
    return secret if hmac.compare_digest(checksum, _checksum(secret)) else None


def _mistaken_group(code: str) -> int | None:
    """The group where one wrong character, or two neighbours in the wrong order, explain everything; None where that is not so.

    The code is never corrected by this: who types it looks at the sheet again.
    """
    found = {place // GROUP_LENGTH + 1 for place in range(_LENGTH) if _is_mistake(code, place)}
    return found.pop() if len(found) == 1 else None


def _is_mistake(code: str, place: int) -> bool:
    others = (code[:place] + one + code[place + 1 :] for one in _ALPHABET)
    swapped = code[:place] + code[place : place + 2][::-1] + code[place + 2 :]
    return any(_secret(one) is not None for one in (*others, swapped))


def _checksum(secret: bytes) -> bytes:
    return hashlib.sha256(algorithms.LABEL_RECOVERY_CODE.encode() + secret).digest()[:_CHECKSUM_LENGTH]
