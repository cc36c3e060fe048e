"""CMS structures that no program writes by itself, from their parts: for compressed data and for forgeries."""

import zlib
from collections.abc import Sequence

from cryptography import x509

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.oid import encode_oid
from bridge.pki.certificates import der

ID_COMPRESSED_DATA = "1.2.840.113549.1.9.16.1.9"
_ID_ZLIB = "1.2.840.113549.1.9.16.3.8"


def content_info(content_type: str, content: bytes) -> bytes:
    return encode(ber.SEQUENCE, encode_oid(content_type), encode(ber.CONTEXT_0, content))


def compressed(content: bytes) -> bytes:
    """CompressedData (RFC 3274 §1.1)."""
    squeezed = encode(ber.OCTET_STRING, zlib.compress(content, 9))
    data = encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\0"),
        encode(ber.SEQUENCE, encode_oid(_ID_ZLIB)),
        encode(ber.SEQUENCE, encode_oid(algorithms.ID_DATA), encode(ber.CONTEXT_0, squeezed)),
    )
    return content_info(ID_COMPRESSED_DATA, data)


def enclosed_certificates(certificates: Sequence[x509.Certificate]) -> bytes:
    """A SignedData of nobody: the certs-only form (RFC 8551 §3.8)."""
    return signed_data(None, certificates, signer_infos=())


def signed_data(
    content: bytes | None,
    certificates: Sequence[x509.Certificate],
    signer_infos: Sequence[bytes],
    digests: Sequence[str] = (),
) -> bytes:
    """A SignedData over id-data; `content` None where it is detached, `digests` are OIDs."""
    enclosed = b"" if content is None else encode(ber.CONTEXT_0, encode(ber.OCTET_STRING, content))
    data = encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\1"),
        encode(ber.SET, *(encode(ber.SEQUENCE, encode_oid(oid)) for oid in digests)),
        encode(ber.SEQUENCE, encode_oid(algorithms.ID_DATA), enclosed),
        encode(ber.CONTEXT_0, *sorted(map(der, certificates))),
        encode(ber.SET, *signer_infos),
    )
    return content_info(algorithms.ID_SIGNED_DATA, data)
