"""What the first octets of an encrypted message tell without its content: who may open it, and with which cipher it was made.

RecipientInfos and cipher stand before the content (RFC 5652 §6.1, RFC 5083 §2.1), so that a long message need not be decoded for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.cms import algorithms, ber
from bridge.cms.errors import CmsError, Malformed
from bridge.cms.oid import decode_oid
from bridge.cms.recipient_infos import RecipientId, names_of, parse_recipient_info

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

_TYPES = (algorithms.ID_ENVELOPED_DATA, algorithms.ID_AUTH_ENVELOPED_DATA)


@dataclass(frozen=True)
class OpeningKey:
    """What `key.unwrap` takes to give a message's key: a RecipientInfo, and the OID of the content cipher."""

    recipient_info: bytes = field(repr=False)
    content_algorithm: str


@dataclass(frozen=True)
class Beginning:
    """The RecipientInfos by whom they name, read once for all who are asked about; and the OID of the content cipher."""

    recipients: Mapping[RecipientId, bytes] = field(repr=False)
    content_algorithm: str

    def opening_key(self, certificate: x509.Certificate) -> OpeningKey | None:
        """For the holder of `certificate`; None where the message is for others."""
        found = (self.recipients.get(name) for name in names_of(certificate))
        own = next(filter(None, found), None)
        return None if own is None else OpeningKey(own, self.content_algorithm)


def read_beginning(octets: bytes) -> Beginning | None:
    """None where the octets end too early, or are no EnvelopedData or AuthEnvelopedData in a usual form: definite lengths inside, no
    originatorInfo. Nothing is checked but that; a reader reads the whole anew.
    """
    try:
        return _read(_Walk(octets))
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


def _read(walk: _Walk) -> Beginning | None:
    walk.enter(ber.SEQUENCE)
    if decode_oid(walk.take()[1]) not in _TYPES:
        return None
    walk.enter(ber.CONTEXT_0)
    walk.enter(ber.SEQUENCE)
    walk.take()  # the version
    recipients = _recipients(walk)
    walk.enter(ber.SEQUENCE)
    walk.take()  # the type of the content
    walk.enter(ber.SEQUENCE)
    return Beginning(recipients, algorithms.content_algorithm(decode_oid(walk.take()[1])).oid)


def _recipients(walk: _Walk) -> dict[RecipientId, bytes]:
    """Of a SET that is passed over to its end; where two name the same, the first."""
    end, found = walk.enter(ber.SET), dict[RecipientId, bytes]()
    while walk.goes_on(end):
        info = parse_recipient_info(walk.take()[0])
        for name in info.recipient_ids:
            found.setdefault(name, info.der)
    return found
