"""A PIN between the prompt and the card: octets that can be overwritten, and that no trace, log or repr shows.

Python moves and copies immutable values as it likes, so the PIN never becomes a `str` or `bytes` here. What the pipe to
the card's process copies is out of our hands (docs/SECURITY-MODEL.md, *Not promised*).
"""

import hmac
from typing import NoReturn, Self

_CONTINUATION = 0x80  # RFC 3629 §3: octets 10xxxxxx continue a character
_FIRST_PRINTABLE, _DELETE = 0x20, 0x7F


class Pin:
    """UTF-8 octets as somebody typed them. Leaving its `with` block overwrites them."""

    __slots__ = ("octets",)

    def __init__(self, octets: bytearray) -> None:
        self.octets = octets

    def __len__(self) -> int:
        """In characters."""
        return sum(octet & 0xC0 != _CONTINUATION for octet in self.octets)

    def is_printable(self) -> bool:
        """Whether it holds no control character."""
        return all(octet >= _FIRST_PRINTABLE and octet != _DELETE for octet in self.octets)

    def is_same(self, other: "Pin") -> bool:
        return hmac.compare_digest(self.octets, other.octets)

    def wipe(self) -> None:
        self.octets[:] = bytes(len(self.octets))
        self.octets.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "Pin()"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PIN is not stored")
