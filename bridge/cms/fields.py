"""Taking the fields of a SEQUENCE in order, where a parser with a schema would be slow.

Only for bytes that `limits.check_asn1` accepted. Whatever is missing, out of place or left over is `Malformed`.
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.cms import ber
from bridge.cms.errors import Malformed
from bridge.cms.oid import decode_oid

_CONSTRUCTED = 0x20
_MAX_INTEGER = 1032  # octets of RSA's longest modulus, and some


class Algorithm(NamedTuple):
    """An AlgorithmIdentifier: the dotted OID and the encoded parameters, empty where they are absent."""

    oid: str
    parameters: bytes


class Fields:
    """What is left of the elements inside one constructed element."""

    def __init__(self, data: bytes, parent: ber.Element) -> None:
        self._data = data
        self._left = list(ber.children(data, parent))
        self._left.reverse()

    @classmethod
    def of(cls, data: bytes, tag: int = ber.SEQUENCE) -> Fields:
        """The fields of `data`, which is one element under `tag`."""
        element = ber.read(data)
        if element.tag != tag or element.after != len(data):
            raise Malformed("not the structure it has to be")
        return cls(data, element)

    @classmethod
    def of_algorithm(cls, data: bytes) -> Algorithm:
        """`data`, which is one AlgorithmIdentifier."""
        return _algorithm(data, cls.of(data))

    @classmethod
    def of_content_info(cls, data: bytes) -> tuple[str, Fields]:
        """The content type of a ContentInfo (RFC 5652 §3), and the fields of the structure that is its content."""
        content_info = cls.of(data)
        content_type, content = content_info.oid(), content_info.explicit(ber.CONTEXT_0)
        content_info.end()
        return content_type, content.inside(ber.SEQUENCE)

    @property
    def more(self) -> bool:
        return bool(self._left)

    def take(self, tag: int) -> ber.Element:
        if not self._left or self._left[-1].tag != tag:
            raise Malformed("a field is missing or out of place")
        return self._left.pop()

    def optional(self, tag: int) -> ber.Element | None:
        return self._left.pop() if self._left and self._left[-1].tag == tag else None

    def any(self) -> ber.Element:
        """The next element, whatever it is."""
        if not self._left:
            raise Malformed("a field is missing")
        return self._left.pop()

    def all(self) -> list[ber.Element]:
        """Every element that is left."""
        left, self._left = self._left[::-1], []
        return left

    def each(self, tag: int) -> list[Fields]:
        """The fields of every element that is left, all under `tag`."""
        elements = self.all()
        if any(element.tag != tag for element in elements):
            raise Malformed("an element of another kind in a set")
        return [Fields(self._data, element) for element in elements]

    def raw(self, tag: int) -> bytes:
        return ber.raw(self._data, self.take(tag))

    def inside(self, tag: int) -> Fields:
        """The fields of the next element."""
        return Fields(self._data, self.take(tag))

    def definite(self, tag: int) -> bytes:
        """The next element as it stands; in DER where any length in it is indefinite."""
        element = self.take(tag)
        if ber.has_indefinite(self._data, element):
            return ber.canonical(self._data, element)
        return ber.raw(self._data, element)

    def explicit(self, tag: int) -> Fields:
        """As `inside`, where exactly one element stands under an explicit tag."""
        element = self.take(tag)
        if ber.read(self._data, element.body).after != element.end or element.body == element.end:
            raise Malformed("not exactly one element under an explicit tag")
        return Fields(self._data, element)

    def explicit_optional(self, tag: int) -> Fields | None:
        return self.explicit(tag) if self._left and self._left[-1].tag == tag else None

    def inside_optional(self, tag: int) -> Fields | None:
        element = self.optional(tag)
        return None if element is None else Fields(self._data, element)

    def oid(self) -> str:
        element = self.take(ber.OBJECT_IDENTIFIER)
        return decode_oid(self._data[element.body : element.end])

    def integer(self) -> int:
        element = self.take(ber.INTEGER)
        if not 0 < element.end - element.body <= _MAX_INTEGER:
            raise Malformed("an INTEGER of this length")
        return int.from_bytes(self._data[element.body : element.end], "big", signed=True)

    def octets(self, tag: int = ber.OCTET_STRING) -> bytes:
        """An octet string under `tag`, primitive or in segments."""
        return ber.octets(self._data, self.optional(tag | _CONSTRUCTED) or self.take(tag))

    def whole_bits(self) -> bytes:
        """The octets of a BIT STRING that holds whole ones, as the public keys of RFC 5480 §2.2 do."""
        element = self.take(ber.BIT_STRING)
        bits = self._data[element.body : element.end]
        if bits[:1] != b"\0":
            raise Malformed("a BIT STRING that does not hold whole octets")
        return bits[1:]

    def algorithm(self, tag: int = ber.SEQUENCE) -> Algorithm:
        return _algorithm(self._data, self.inside(tag))

    def end(self) -> None:
        if self._left:
            raise Malformed("a field too many")


def _algorithm(data: bytes, fields: Fields) -> Algorithm:
    oid = fields.oid()
    parameters = ber.raw(data, fields.any()) if fields.more else b""
    fields.end()
    return Algorithm(oid, parameters)
