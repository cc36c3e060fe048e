"""CompressedData (RFC 3274), read. What comes out is counted while it comes, so that a small message cannot become a large one."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from bridge.cms import algorithms, ber
from bridge.cms.errors import LimitExceeded, Malformed, UnsupportedAlgorithm
from bridge.cms.fields import Fields
from bridge.cms.limits import check_asn1

MAX_RATIO = 20
MAX_BYTES = 100_000_000
ALWAYS = 64 * 1024  # repetitive short texts shrink more than 20 times, and harm nobody


@dataclass(frozen=True)
class Decompressed:
    """What was compressed: its content type (OID) and its octets."""

    content_type: str
    content: bytes = field(repr=False)


def decompress(der: bytes) -> Decompressed:
    """Read a ContentInfo CompressedData, DER or BER.

    Raises `LimitExceeded` where more than 20 times the compressed octets, or 100 MB, would come out; `Malformed` or
    `UnsupportedAlgorithm`.
    """
    check_asn1(der)
    content_info_type, fields = Fields.of_content_info(der)
    if content_info_type != algorithms.ID_COMPRESSED_DATA:
        raise Malformed("not a CompressedData")
    fields.integer()
    algorithm = fields.algorithm()
    if algorithm.oid != algorithms.ZLIB_COMPRESS:
        raise UnsupportedAlgorithm(algorithm.oid)
    encapsulated = fields.inside(ber.SEQUENCE)
    fields.end()
    content_type, compressed = encapsulated.oid(), encapsulated.explicit(ber.CONTEXT_0).octets()
    encapsulated.end()
    return Decompressed(content_type, _inflate(compressed))


def _inflate(compressed: bytes) -> bytes:
    most = min(MAX_BYTES, max(ALWAYS, MAX_RATIO * len(compressed)))
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(compressed, most + 1)
    except zlib.error:
        raise Malformed("compressed content that does not inflate") from None
    if len(content) > most:
        raise LimitExceeded("compressed content is too large")
    if not inflater.eof or inflater.unused_data:
        raise Malformed("compressed content that ends early or late")
    return content
