"""OpenSSL's library through ctypes: an EnvelopedData whose key agreement has user keying material (ukm).

`openssl cms` cannot set one and the library has no setter either; the member is set where it stands, and
`CMS_RecipientInfo_kari_get0_alg` must then give it back before anything is encrypted.
"""

import ctypes
import ctypes.util
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_uint, c_void_p
from functools import cache
from typing import Any

from peer import PeerRefused

_BINARY, _STREAM, _PARTIAL = 0x80, 0x1000, 0x4000
_CIPHERS = {"AES-CBC": "EVP_aes_256_cbc", "AES-GCM": "EVP_aes_256_gcm"}
# CMS_RecipientInfo { int type; void *d }, CMS_KeyAgreeRecipientInfo { int32_t version; void *originator; *ukm; … }
_KARI, _UKM = 8, 16
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "BIO_new": (c_void_p, (c_void_p,)),
    "BIO_s_mem": (c_void_p, ()),
    "BIO_new_mem_buf": (c_void_p, (c_char_p, c_int)),
    "BIO_ctrl": (c_long, (c_void_p, c_int, c_long, c_void_p)),
    "BIO_free": (c_int, (c_void_p,)),
    "PEM_read_bio_X509": (c_void_p, (c_void_p, c_void_p, c_void_p, c_void_p)),
    "X509_free": (None, (c_void_p,)),
    "EVP_aes_256_cbc": (c_void_p, ()),
    "EVP_aes_256_gcm": (c_void_p, ()),
    "CMS_encrypt": (c_void_p, (c_void_p, c_void_p, c_void_p, c_uint)),
    "CMS_AuthEnvelopedData_create": (c_void_p, (c_void_p,)),
    "CMS_add1_recipient_cert": (c_void_p, (c_void_p, c_void_p, c_uint)),
    "CMS_RecipientInfo_kari_get0_alg": (c_int, (c_void_p, POINTER(c_void_p), POINTER(c_void_p))),
    "CMS_final": (c_int, (c_void_p, c_void_p, c_void_p, c_uint)),
    "CMS_ContentInfo_free": (None, (c_void_p,)),
    "i2d_CMS_bio_stream": (c_int, (c_void_p, c_void_p, c_void_p, c_int)),
    "ASN1_OCTET_STRING_new": (c_void_p, ()),
    "ASN1_OCTET_STRING_set": (c_int, (c_void_p, c_char_p, c_int)),
}


@cache
def _library() -> Any:
    library = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def encrypt_with_ukm(content: bytes, certificate: bytes, ukm: bytes, cipher: str, *, streamed: bool) -> bytes:
    """An (Auth)EnvelopedData for the PEM certificate of an EC key; DER, or BER where `streamed`. Raises PeerRefused."""
    library = _library()
    flags = _BINARY | _PARTIAL | (_STREAM if streamed else 0)
    source, reading = library.BIO_new_mem_buf(content, len(content)), library.BIO_new_mem_buf(certificate, -1)
    recipient = library.PEM_read_bio_X509(reading, None, None, None)
    cms = _begin(cipher, flags)
    try:
        _set_ukm(library.CMS_add1_recipient_cert(cms, recipient, 0), ukm)
        return _written(cms, source, flags)
    finally:
        library.CMS_ContentInfo_free(cms)
        library.X509_free(recipient)
        for bio in (reading, source):
            library.BIO_free(bio)


def _begin(cipher: str, flags: int) -> Any:
    algorithm = getattr(_library(), _CIPHERS[cipher])()
    return _library().CMS_encrypt(None, None, algorithm, flags)


def _set_ukm(info: int, ukm: bytes) -> None:
    library = _library()
    value = library.ASN1_OCTET_STRING_new()
    library.ASN1_OCTET_STRING_set(value, ukm, len(ukm))
    agreement = c_size_t.from_address(info + _KARI).value
    c_size_t.from_address(agreement + _UKM).value = value
    algorithm, found = c_void_p(), c_void_p()
    if not library.CMS_RecipientInfo_kari_get0_alg(info, byref(algorithm), byref(found)) or found.value != value:
        raise PeerRefused("libcrypto: this version keeps the ukm elsewhere")


def _written(cms: Any, source: Any, flags: int) -> bytes:
    library = _library()
    target = library.BIO_new(library.BIO_s_mem())
    try:
        if not flags & _STREAM and not library.CMS_final(cms, source, None, flags):
            raise PeerRefused("libcrypto: CMS_final")
        if not library.i2d_CMS_bio_stream(target, cms, source, flags):
            raise PeerRefused("libcrypto: i2d_CMS_bio_stream")
        start = c_void_p()
        length = library.BIO_ctrl(target, 3, 0, byref(start))  # BIO_get_mem_data
        return ctypes.string_at(start, length)
    finally:
        library.BIO_free(target)
