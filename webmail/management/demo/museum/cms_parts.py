"""CMS structures that no program writes by itself, from their parts: for compressed data and for forgeries."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode, encode_set
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import issuer_and_serial_number
from bridge.pki.certificates import der
from webmail.management.demo.museum.materials import Correspondent

_ED25519 = "1.3.101.112"
_UTC_TIME = 0x17
_MILLION = 1_000_000
_VERSION_0 = encode(ber.INTEGER, b"\0")


def content_info(content_type: str, content: bytes) -> bytes:
    return encode(ber.SEQUENCE, encode_oid(content_type), encode(ber.CONTEXT_0, content))


def compressed(content: bytes) -> bytes:
    """CompressedData (RFC 3274 §1.1)."""
    return _compressed_data(zlib.compress(content, 9))


def compressed_zeros(length: int) -> bytes:
    """CompressedData of so many zeros, a multiple of a million, without holding them."""
    compressor, million = zlib.compressobj(9), bytes(_MILLION)
    parts = [compressor.compress(million) for _ in range(length // _MILLION)]
    return _compressed_data(b"".join(parts) + compressor.flush())


def _compressed_data(deflated: bytes) -> bytes:
    squeezed = encode(ber.OCTET_STRING, deflated)
    data = encode(
        ber.SEQUENCE,
        _VERSION_0,
        encode(ber.SEQUENCE, encode_oid(algorithms.ZLIB_COMPRESS)),
        encode(ber.SEQUENCE, encode_oid(algorithms.ID_DATA), encode(ber.CONTEXT_0, squeezed)),
    )
    return content_info(algorithms.ID_COMPRESSED_DATA, data)


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


def signer_info(
    certificate: x509.Certificate, digest: str, algorithm: bytes, attributes: Sequence[bytes] | None, signature: bytes
) -> bytes:
    """SignerInfo version 1 (RFC 5652 §5.3); `algorithm` is a whole AlgorithmIdentifier."""
    signed = b"" if attributes is None else encode(ber.CONTEXT_0, *sorted(attributes))
    return encode(
        ber.SEQUENCE,
        encode(ber.INTEGER, b"\1"),
        issuer_and_serial_number(certificate),
        encode(ber.SEQUENCE, encode_oid(digest)),
        signed,
        algorithm,
        encode(ber.OCTET_STRING, signature),
    )


def attribute(oid: str, *values: bytes) -> bytes:
    return encode(ber.SEQUENCE, encode_oid(oid), encode(ber.SET, *values))


def usual_attributes(content: bytes, hash_name: str, moment: datetime) -> list[bytes]:
    """contentType, messageDigest, signingTime."""
    return [
        attribute(algorithms.CONTENT_TYPE, encode_oid(algorithms.ID_DATA)),
        attribute(algorithms.MESSAGE_DIGEST, encode(ber.OCTET_STRING, hashlib.new(hash_name, content).digest())),
        attribute(
            algorithms.SIGNING_TIME, encode(_UTC_TIME, moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())
        ),
    ]


def ed25519_signature(content: bytes, who: Correspondent, moment: datetime) -> bytes:
    """A detached SignedData (RFC 8419): SHA-512 for the digest, PureEdDSA over the attributes."""
    key = who.private_key
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise TypeError("an Ed25519 key is wanted")
    attributes = usual_attributes(content, "sha512", moment)
    signature = key.sign(encode_set(attributes))
    digest, algorithm = algorithms.hash_oids["sha512"], encode(ber.SEQUENCE, encode_oid(_ED25519))
    info = signer_info(who.certificate, digest, algorithm, attributes, signature)
    return signed_data(None, [who.certificate, *who.chain], [info], [digest])


@dataclass(frozen=True)
class Envelope:
    """What an AuthEnvelopedData is made of: whole RecipientInfos, and the ciphertext."""

    recipients: tuple[bytes, ...]
    ciphertext: bytes


def split_envelope(cms: bytes) -> Envelope:
    """Take a DER AuthEnvelopedData apart."""
    _, wrapped = _members(cms, ber.read(cms))
    (body,) = _members(cms, wrapped)
    _, recipients, inner, *_ = _members(cms, body)
    *_, encrypted = _members(cms, inner)
    infos = tuple(ber.raw(cms, one) for one in ber.children(cms, recipients))
    return Envelope(infos, ber.octets(cms, encrypted))


def _members(data: bytes, parent: ber.Element) -> list[ber.Element]:
    return list(ber.children(data, parent))


def cbc_envelope(recipients: Sequence[bytes], vector: bytes, ciphertext: bytes) -> bytes:
    """EnvelopedData of AES-256-CBC from whole RecipientInfos and whatever ciphertext."""
    parameters = encode(ber.OCTET_STRING, vector)
    inner = _encrypted_content("aes-256-cbc", parameters, ciphertext)
    return content_info(
        algorithms.ID_ENVELOPED_DATA, encode(ber.SEQUENCE, _VERSION_0, encode(ber.SET, *recipients), inner)
    )


def gcm_envelope(recipients: Sequence[bytes], nonce: bytes, ciphertext: bytes, tag: bytes) -> bytes:
    """AuthEnvelopedData of AES-256-GCM; lengths of nonce and tag are the caller's."""
    length = encode(ber.INTEGER, bytes([len(tag)]))
    parameters = encode(ber.SEQUENCE, encode(ber.OCTET_STRING, nonce), length)
    inner = _encrypted_content("aes-256-gcm", parameters, ciphertext)
    parts = (_VERSION_0, encode(ber.SET, *recipients), inner, encode(ber.OCTET_STRING, tag))
    return content_info(algorithms.ID_AUTH_ENVELOPED_DATA, encode(ber.SEQUENCE, *parts))


def _encrypted_content(cipher: str, parameters: bytes, ciphertext: bytes) -> bytes:
    algorithm = encode(ber.SEQUENCE, encode_oid(algorithms.content_algorithm(cipher).oid), parameters)
    return encode(ber.SEQUENCE, encode_oid(algorithms.ID_DATA), algorithm, encode(0x80, ciphertext))
