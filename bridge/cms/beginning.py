"""What the first octets of an encrypted message tell without its content: who may open it, and with which cipher it was made.

RecipientInfos and cipher stand before the content (RFC 5652 §6.1, RFC 5083 §2.1), so that a long message need not be decoded for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.cms import algorithms, ber
from bridge.cms.errors import CmsError, Malformed
from bridge.cms.oid import decode_oid
from bridge.cms.recipient_infos import parse_recipient_info

if TYPE_CHECKING:
    from cryptography import x509

    from bridge.cms.recipient_infos import RecipientInfo

_TYPES = (algorithms.ID_ENVELOPED_DATA, algorithms.ID_AUTH_ENVELOPED_DATA)


@dataclass(frozen=True)
class OpeningKey:
    """What `key.unwrap` takes to give a message's key: a RecipientInfo, and the OID of the content cipher."""

    recipient_info: bytes = field(repr=False)
    content_algorithm: str


def opening_key(beginning: bytes, certificate: x509.Certificate) -> OpeningKey | None:
    """For the holder of `certificate`. None where the octets end too early, or are no EnvelopedData or AuthEnvelopedData for it
    in a usual form: definite lengths inside, no originatorInfo. Nothing is checked but that; a reader reads the whole anew.
    """
    try:
        return _read(_Walk(beginning), certificate)
    except (CmsError, IndexError):
        return None


class _Walk:
    """A cursor over elements that may end after the octets at hand."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def enter(self, tag: int) -> int:
        """Stand at the first octet inside. Gives where the element ends; -1 where it says by an end-of-contents."""
        found, body, length = ber.begin(self._octets, self._at)
        if found != tag:
            raise Malformed("another element")
        self._at = body
        return body + length if length >= 0 else -1

    def take(self) -> tuple[bytes, bytes]:
        """The next element and its contents, whole and of definite length."""
        _tag, body, length = ber.begin(self._octets, self._at)
        end = body + length
        if length < 0 or end > len(self._octets):
            raise Malformed("not whole, or of indefinite length")
        element, contents = self._octets[self._at : end], self._octets[body:end]
        self._at = end
        return element, contents

    def goes_on(self, end: int) -> bool:
        """Whether another member follows in what ends at `end`; an end-of-contents is passed over."""
        if end >= 0:
            return self._at < end
        if self._octets[self._at] != 0:
            return True
        self._at += 2
        return False


def _read(walk: _Walk, certificate: x509.Certificate) -> OpeningKey | None:
    walk.enter(ber.SEQUENCE)
    if decode_oid(walk.take()[1]) not in _TYPES:
        return None
    walk.enter(ber.CONTEXT_0)
    walk.enter(ber.SEQUENCE)
    walk.take()  # the version
    own = _own(walk, certificate)
    walk.enter(ber.SEQUENCE)
    walk.take()  # the type of the content
    walk.enter(ber.SEQUENCE)
    cipher = algorithms.content_algorithm(decode_oid(walk.take()[1]))
    return None if own is None else OpeningKey(own.der, cipher.oid)


def _own(walk: _Walk, certificate: x509.Certificate) -> RecipientInfo | None:
    """The first that names `certificate`, of a SET that is passed over to its end."""
    end, own = walk.enter(ber.SET), None
    while walk.goes_on(end):
        info = parse_recipient_info(walk.take()[0])
        if own is None and info.matches(certificate):
            own = info
    return own
