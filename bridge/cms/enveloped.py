"""EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083), read and written.

Reading is in two halves because the keys live elsewhere: `parse_enveloped` gives the RecipientInfos and, once somebody has the
content-encryption key (CEK), the content; `unwrapping.unwrap` or a card makes the CEK from one RecipientInfo.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode_set
from bridge.cms.errors import DecryptionFailed, Malformed, UnsupportedAlgorithm
from bridge.cms.fields import Fields
from bridge.cms.limits import check_asn1
from bridge.cms.oid import encode_oid
from bridge.cms.recipient_infos import RecipientInfo, read_recipient_info

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.cms.algorithms import ContentAlgorithm
    from bridge.cms.fields import Algorithm
    from bridge.cms.recipients import Recipient

_NONCE_LENGTH = 12
_CONSTRUCTED = 0x20
_TAG_LENGTH = 16
_MIN_TAG_LENGTH = 12
_DEFAULT_TAG_LENGTH = 12  # of aes-ICVlen where it is left out (RFC 5084 §3.2)
_MAX_RECIPIENTS = 500


@dataclass(frozen=True)
class Enveloped:
    """A parsed EnvelopedData or AuthEnvelopedData.

    `auth_attributes` maps an attribute's OID to the DER of its one value; it is proved only once `decrypt` has returned.
    """

    kind: str  # "envelopedData" or "authEnvelopedData"
    content_type: str
    content_algorithm: ContentAlgorithm
    recipients: tuple[RecipientInfo, ...]
    auth_attributes: Mapping[str, bytes]
    initialization_vector: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    tag: bytes = field(repr=False)
    additional_data: bytes = field(repr=False)

    @property
    def short_tag(self) -> bool:
        """A GCM tag of 12 to 15 octets: read and named, never written (security.md §3.2)."""
        return self.kind == "authEnvelopedData" and len(self.tag) < _TAG_LENGTH

    def decrypt(self, content_key: bytes) -> bytes:
        """The content. Raises `DecryptionFailed`, alike for every reason."""
        if len(content_key) != self.content_algorithm.key_length:
            raise DecryptionFailed
        if self.content_algorithm.mode == "gcm":
            return self._decrypt_gcm(content_key)
        return self._decrypt_cbc(content_key)

    def _decrypt_gcm(self, content_key: bytes) -> bytes:
        if self.short_tag:
            return self._decrypt_short_tag(content_key)
        try:
            return AESGCM(content_key).decrypt(
                self.initialization_vector, self.ciphertext + self.tag, self.additional_data or None
            )
        except InvalidTag:
            raise DecryptionFailed from None

    def _decrypt_short_tag(self, content_key: bytes) -> bytes:
        """Nothing is returned before `finalize` has checked the tag."""
        mode = modes.GCM(self.initialization_vector, self.tag, _MIN_TAG_LENGTH)
        decryptor = Cipher(AES(content_key), mode).decryptor()
        decryptor.authenticate_additional_data(self.additional_data)
        content = decryptor.update(self.ciphertext)
        try:
            return content + decryptor.finalize()
        except InvalidTag:
            raise DecryptionFailed from None

    def _decrypt_cbc(self, content_key: bytes) -> bytes:
        cipher = self.content_algorithm.cipher(content_key)
        decryptor = Cipher(cipher, modes.CBC(self.initialization_vector)).decryptor()
        unpadder = PKCS7(self.content_algorithm.block_length * 8).unpadder()
        try:
            padded = decryptor.update(self.ciphertext) + decryptor.finalize()
            return unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            raise DecryptionFailed from None


def parse_enveloped(der: bytes) -> Enveloped:
    """Read a ContentInfo, DER or BER. Raises `Malformed`, `LimitExceeded` or `UnsupportedAlgorithm`."""
    check_asn1(der)
    content_type, fields = Fields.of_content_info(der)
    if content_type not in (algorithms.ID_ENVELOPED_DATA, algorithms.ID_AUTH_ENVELOPED_DATA):
        raise Malformed("neither EnvelopedData nor AuthEnvelopedData")
    is_auth = content_type == algorithms.ID_AUTH_ENVELOPED_DATA
    fields.integer()
    fields.optional(ber.CONTEXT_0)  # originatorInfo: only certificates of the originator, not used
    recipients = _recipients(der, fields.take(ber.SET))
    inner = fields.inside(ber.SEQUENCE)
    inner_type = inner.oid()
    algorithm, vector, tag_length = _content_algorithm(inner.algorithm(), is_auth=is_auth)
    ciphertext = inner.octets(0x80)
    inner.end()
    attributes, additional_data = _auth_attributes(der, fields.optional(ber.CONTEXT_1) if is_auth else None)
    if is_auth:
        _check_content_type(attributes, inner_type)
    tag = _tag(fields.octets(), tag_length) if is_auth else b""
    fields.optional(ber.CONTEXT_2 if is_auth else ber.CONTEXT_1)  # unauthenticated or unprotected attributes, not used
    fields.end()
    return Enveloped(
        kind="authEnvelopedData" if is_auth else "envelopedData",
        content_type=inner_type,
        content_algorithm=algorithm,
        recipients=recipients,
        auth_attributes=attributes,
        initialization_vector=vector,
        ciphertext=ciphertext,
        tag=tag,
        additional_data=additional_data,
    )


def _check_content_type(attributes: Mapping[str, bytes], content_type: str) -> None:
    """Authenticated attributes name what is inside (RFC 5652 §11.1), and only id-data may do without any (RFC 5083 §2.1)."""
    bare = not attributes and content_type == algorithms.ID_DATA
    if not bare and attributes.get(algorithms.CONTENT_TYPE) != encode_oid(content_type):
        raise Malformed("authenticated contentType missing or different")


def build_enveloped(
    content: bytes,
    recipients: Sequence[Recipient],
    *,
    content_algorithm: str = "aes-256-gcm",
    content_type: str = algorithms.ID_DATA,
    auth_attributes: Mapping[str, bytes] | None = None,
) -> bytes:
    """`content` for `recipients`: AuthEnvelopedData for a GCM algorithm, EnvelopedData for a CBC one.

    `auth_attributes` (GCM only) maps OIDs to the DER of their one value; contentType is added when there are any or when the
    content is not id-data (RFC 5083 §2.1).
    """
    algorithm = algorithms.content_algorithm(content_algorithm)
    if algorithm.degraded:
        raise UnsupportedAlgorithm(content_algorithm)
    key = os.urandom(algorithm.key_length)
    infos = encode_set(recipient.recipient_info(key) for recipient in recipients)
    if algorithm.mode == "gcm":
        return _build_auth_enveloped(content, key, algorithm, infos, content_type, dict(auth_attributes or {}))
    return _build_enveloped(
        content, key, algorithm, infos, content_type, only_ski=all(r.version_zero for r in recipients)
    )


def _build_auth_enveloped(
    content: bytes,
    key: bytes,
    algorithm: ContentAlgorithm,
    recipient_infos: bytes,
    content_type: str,
    attributes: dict[str, bytes],
) -> bytes:
    if attributes or content_type != algorithms.ID_DATA:
        attributes[algorithms.CONTENT_TYPE] = encode_oid(content_type)
    authenticated = encode_set(
        ber.encode(ber.SEQUENCE, encode_oid(oid), ber.encode(ber.SET, value)) for oid, value in attributes.items()
    )
    nonce = os.urandom(_NONCE_LENGTH)
    sealed = AESGCM(key).encrypt(nonce, content, authenticated if attributes else None)
    tag_length = ber.encode(ber.INTEGER, bytes((_TAG_LENGTH,)))
    parameters = ber.encode(ber.SEQUENCE, ber.encode(ber.OCTET_STRING, nonce), tag_length)
    return _content_info(
        algorithms.ID_AUTH_ENVELOPED_DATA,
        ber.encode(ber.INTEGER, b"\0"),
        recipient_infos,
        _encrypted_content(content_type, algorithm, parameters, sealed[:-_TAG_LENGTH]),
        ber.encode(ber.CONTEXT_1, authenticated[ber.read(authenticated).body :]) if attributes else b"",
        ber.encode(ber.OCTET_STRING, sealed[-_TAG_LENGTH:]),
    )


def _build_enveloped(
    content: bytes,
    key: bytes,
    algorithm: ContentAlgorithm,
    recipient_infos: bytes,
    content_type: str,
    *,
    only_ski: bool,
) -> bytes:
    vector = os.urandom(algorithm.block_length)
    padder = PKCS7(algorithm.block_length * 8).padder()
    encryptor = Cipher(AES(key), modes.CBC(vector)).encryptor()
    ciphertext = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    return _content_info(
        algorithms.ID_ENVELOPED_DATA,
        ber.encode(ber.INTEGER, b"\0" if only_ski else b"\2"),  # RFC 5652 §6.1
        recipient_infos,
        _encrypted_content(content_type, algorithm, ber.encode(ber.OCTET_STRING, vector), ciphertext),
    )


def _content_info(content_type: str, *parts: bytes) -> bytes:
    content = ber.encode(ber.CONTEXT_0, ber.encode(ber.SEQUENCE, *parts))
    return ber.encode(ber.SEQUENCE, encode_oid(content_type), content)


def _encrypted_content(content_type: str, algorithm: ContentAlgorithm, parameters: bytes, ciphertext: bytes) -> bytes:
    identifier = ber.encode(ber.SEQUENCE, encode_oid(algorithm.oid), parameters)
    return ber.encode(ber.SEQUENCE, encode_oid(content_type), identifier, ber.encode(0x80, ciphertext))


def _recipients(der: bytes, element: ber.Element) -> tuple[RecipientInfo, ...]:
    infos = tuple(read_recipient_info(ber.raw(der, child)) for child in ber.children(der, element))
    if not infos or len(infos) > _MAX_RECIPIENTS:
        raise Malformed("no recipient, or too many")
    return infos


def _content_algorithm(identifier: Algorithm, *, is_auth: bool) -> tuple[ContentAlgorithm, bytes, int]:
    """The algorithm, its IV or nonce, and the length of the tag."""
    algorithm = algorithms.content_algorithm(identifier.oid)
    if (algorithm.mode == "gcm") is not is_auth:
        raise UnsupportedAlgorithm(algorithm.name)
    if is_auth:
        return (algorithm, *_gcm_parameters(algorithm, Fields.of(identifier.parameters)))
    return algorithm, _vector(algorithm, identifier.parameters), 0


def _vector(algorithm: ContentAlgorithm, parameters: bytes) -> bytes:
    """The IV of CBC; RC2's stands beside its effective key length (RFC 3370 §5.2)."""
    if algorithm.name == "rc2-cbc":
        fields = Fields.of(parameters)
        if fields.integer() != algorithms.RC2_128_BITS:
            raise UnsupportedAlgorithm("rc2-cbc with a short key")
        vector = fields.octets()
    elif parameters:
        element = ber.read(parameters)
        if element.tag & ~_CONSTRUCTED != ber.OCTET_STRING:
            raise Malformed("an initialisation vector of another kind")
        vector = ber.octets(parameters, element)
    else:
        vector = b""
    if len(vector) != algorithm.block_length:
        raise Malformed("an initialisation vector of the wrong length")
    return vector


def _gcm_parameters(algorithm: ContentAlgorithm, fields: Fields) -> tuple[bytes, int]:
    """Nonce and tag length (RFC 5084 §3.2): 12 octets of nonce, at least 12 of tag (security.md §3.2)."""
    nonce = fields.octets()
    length = fields.integer() if fields.more else _DEFAULT_TAG_LENGTH
    fields.end()
    if len(nonce) != _NONCE_LENGTH or not _MIN_TAG_LENGTH <= length <= _TAG_LENGTH:
        raise UnsupportedAlgorithm(f"{algorithm.name} with this nonce or tag length")
    return nonce, length


def _tag(tag: bytes, length: int) -> bytes:
    if len(tag) != length:
        raise UnsupportedAlgorithm("a tag that is not of the stated length")
    return tag


def _auth_attributes(der: bytes, element: ber.Element | None) -> tuple[dict[str, bytes], bytes]:
    """Attributes by OID, and what GCM authenticates: their DER as a SET OF (RFC 5083 §2.2)."""
    if element is None:
        return {}, b""
    encoded = [ber.raw(der, child) for child in ber.children(der, element)]
    attributes: dict[str, bytes] = {}
    for attribute in encoded:
        fields = Fields.of(attribute)
        oid, values = fields.oid(), list(ber.children(attribute, fields.take(ber.SET)))
        fields.end()
        if oid in attributes or len(values) != 1:
            raise Malformed("an authenticated attribute twice, or without exactly one value")
        attributes[oid] = ber.canonical(attribute, values[0])
    return attributes, encode_set(ber.canonical(der, child) for child in ber.children(der, element))
