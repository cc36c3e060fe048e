"""The algorithms Pli reads and writes, by name and OID. `bridge/inventory.json` is this module as data; a test compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.decrepit.ciphers.algorithms import RC2, TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from bridge.cms.errors import UnsupportedAlgorithm

type_oids = {
    "data": "1.2.840.113549.1.7.1",
    "signedData": "1.2.840.113549.1.7.2",
    "envelopedData": "1.2.840.113549.1.7.3",
    "authEnvelopedData": "1.2.840.113549.1.9.16.1.23",
    "compressedData": "1.2.840.113549.1.9.16.1.9",
    "id-pli-ct-mailboxKeys": "2.25.273421815402683121003718430791159155241.1.1",
    "id-pli-ct-logEntry": "2.25.273421815402683121003718430791159155241.1.2",
    "id-pli-ct-cardProof": "2.25.273421815402683121003718430791159155241.1.3",
    "id-pli-ct-restore": "2.25.273421815402683121003718430791159155241.1.4",
    "id-pli-ct-recoveryRequest": "2.25.273421815402683121003718430791159155241.1.5",
    "id-pli-ct-share": "2.25.273421815402683121003718430791159155241.1.6",
}
ID_DATA = type_oids["data"]
ID_SIGNED_DATA = type_oids["signedData"]
ID_ENVELOPED_DATA = type_oids["envelopedData"]
ID_AUTH_ENVELOPED_DATA = type_oids["authEnvelopedData"]
ID_COMPRESSED_DATA = type_oids["compressedData"]
ID_MAILBOX_KEYS = type_oids["id-pli-ct-mailboxKeys"]
ID_LOG_ENTRY = type_oids["id-pli-ct-logEntry"]
ID_CARD_PROOF = type_oids["id-pli-ct-cardProof"]
ID_RESTORE = type_oids["id-pli-ct-restore"]
ID_RECOVERY_REQUEST = type_oids["id-pli-ct-recoveryRequest"]
ID_SHARE = type_oids["id-pli-ct-share"]

attribute_oids = {
    "contentType": "1.2.840.113549.1.9.3",
    "messageDigest": "1.2.840.113549.1.9.4",
    "signingTime": "1.2.840.113549.1.9.5",
    "smimeCapabilities": "1.2.840.113549.1.9.15",
    "signingCertificate": "1.2.840.113549.1.9.16.2.12",
    "id-aa-encrypKeyPref": "1.2.840.113549.1.9.16.2.11",
    "signingCertificateV2": "1.2.840.113549.1.9.16.2.47",
    "id-pli-aa-context": "2.25.273421815402683121003718430791159155241.2.1",
    "id-pli-aa-cardSignature": "2.25.273421815402683121003718430791159155241.2.2",
    "id-pli-aa-delegation": "2.25.273421815402683121003718430791159155241.2.3",
}
CONTENT_TYPE = attribute_oids["contentType"]
MESSAGE_DIGEST = attribute_oids["messageDigest"]
SIGNING_TIME = attribute_oids["signingTime"]
SMIME_CAPABILITIES = attribute_oids["smimeCapabilities"]
ENCRYPTION_KEY_PREFERENCE = attribute_oids["id-aa-encrypKeyPref"]
SIGNING_CERTIFICATE = attribute_oids["signingCertificate"]
SIGNING_CERTIFICATE_V2 = attribute_oids["signingCertificateV2"]
PLI_CONTEXT = attribute_oids["id-pli-aa-context"]
PLI_CARD_SIGNATURE = attribute_oids["id-pli-aa-cardSignature"]
PLI_DELEGATION = attribute_oids["id-pli-aa-delegation"]

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSAES_OAEP = "1.2.840.113549.1.1.7"
MGF1 = "1.2.840.113549.1.1.8"
P_SPECIFIED = "1.2.840.113549.1.1.9"
RSASSA_PSS = "1.2.840.113549.1.1.10"

# RSAES-OAEP labels (or the ukm of an ECDH seal), one per purpose, so that the bridge's budgets mean something.
LABEL_MESSAGE = "pli-message"
LABEL_SUMMARY = "pli-summary"
LABELS = (LABEL_MESSAGE, LABEL_SUMMARY)

INFO_PRF_KEK = "pli/v1/prf-kek"
# The P-256 key pair of a holder without card, for one mailbox; and the one with which a recovery code logs in.
INFO_HOLDER_KEYS = {
    "passkey": "pli/v1/prf-key",
    "recovery": "pli/v1/recovery-key",
    "officer": "pli/v1/officer-key",
}
LABEL_RECOVERY_CODE = "pli/v1/recovery-code"  # before the code where its checksum is taken
INFO_RECOVERY_LOGIN = "pli/v1/recovery-login"  # also the first element of what that key signs
INFO_OBJECT = "pli/v1/object"  # HKDF info: this, "/", class, 0x00, object id; AAD: this alone
OBJECT_CLASSES = (
    "draft",
    "pack",
    "pins",
    "correspondents",
    "contacts",
    "settings",
    "folder",
    "cek",
    "note",
    "confidential",
    "history",
)


@dataclass(frozen=True)
class ContentAlgorithm:
    """A content-encryption algorithm: `name` as in the JavaScript twin, key length in octets.

    `degraded` ones are read behind "open old message" only and never written (security.md §3.2).
    """

    name: str
    oid: str
    key_length: int
    mode: Literal["cbc", "gcm"]
    degraded: bool = False

    @property
    def block_length(self) -> int:
        """Octets of a cipher block."""
        return 8 if self.degraded else 16

    def cipher(self, key: bytes) -> AES | TripleDES | RC2:
        """The block cipher under `key`; RC2 with an effective key of 128 bits."""
        return _CIPHERS.get(self.name, AES)(key)


content_algorithms = (
    ContentAlgorithm("aes-128-cbc", "2.16.840.1.101.3.4.1.2", 16, "cbc"),
    ContentAlgorithm("aes-192-cbc", "2.16.840.1.101.3.4.1.22", 24, "cbc"),
    ContentAlgorithm("aes-256-cbc", "2.16.840.1.101.3.4.1.42", 32, "cbc"),
    ContentAlgorithm("aes-128-gcm", "2.16.840.1.101.3.4.1.6", 16, "gcm"),
    ContentAlgorithm("aes-192-gcm", "2.16.840.1.101.3.4.1.26", 24, "gcm"),
    ContentAlgorithm("aes-256-gcm", "2.16.840.1.101.3.4.1.46", 32, "gcm"),
    ContentAlgorithm("des-ede3-cbc", "1.2.840.113549.3.7", 24, "cbc", degraded=True),
    ContentAlgorithm("rc2-cbc", "1.2.840.113549.3.2", 16, "cbc", degraded=True),
)
_CIPHERS: dict[str, type[TripleDES | RC2]] = {"des-ede3-cbc": TripleDES, "rc2-cbc": RC2}
RC2_128_BITS = 58  # rc2ParameterVersion of an effective key of 128 bits (RFC 2268 §6); 40 and 64 bits are not read


def content_algorithm(name_or_oid: str) -> ContentAlgorithm:
    """The content algorithm of that name or dotted OID. Raises `UnsupportedAlgorithm`."""
    for algorithm in content_algorithms:
        if name_or_oid in (algorithm.name, algorithm.oid):
            return algorithm
    raise UnsupportedAlgorithm(name_or_oid)


hash_oids = {
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}

key_wrap_oids = {
    "id-aes128-wrap": "2.16.840.1.101.3.4.1.5",
    "id-aes192-wrap": "2.16.840.1.101.3.4.1.25",
    "id-aes256-wrap": "2.16.840.1.101.3.4.1.45",
}
_WRAP_KEY_LENGTHS = dict(zip(key_wrap_oids.values(), (16, 24, 32), strict=True))
# Under ECDH only, read behind "open old message" and never written (RFC 3370 §4.3.1).
old_key_wrap_oids = {"id-alg-CMS3DESwrap": "1.2.840.113549.1.9.16.3.6"}
TRIPLE_DES_WRAP = old_key_wrap_oids["id-alg-CMS3DESwrap"]

# dhSinglePass-stdDH and -cofactorDH (RFC 5753 §7.1.4); the NIST prime curves have cofactor 1, so both are one computation.
# With X25519 the same (RFC 8418 §2.1), or HKDF (§2.2).
key_agreement_hashes = {
    "1.3.133.16.840.63.0.2": "sha1",
    "1.3.132.1.11.0": "sha224",
    "1.3.132.1.11.1": "sha256",
    "1.3.132.1.11.2": "sha384",
    "1.3.132.1.11.3": "sha512",
    "1.3.133.16.840.63.0.3": "sha1",
    "1.3.132.1.14.0": "sha224",
    "1.3.132.1.14.1": "sha256",
    "1.3.132.1.14.2": "sha384",
    "1.3.132.1.14.3": "sha512",
}
hkdf_agreement_hashes = {
    "1.2.840.113549.1.9.16.3.19": "sha256",
    "1.2.840.113549.1.9.16.3.20": "sha384",
    "1.2.840.113549.1.9.16.3.21": "sha512",
}
STD_DH_SHA256_KDF = "1.3.132.1.11.1"
STD_DH_SHA384_KDF = "1.3.132.1.11.2"
STD_DH_HKDF_SHA256 = "1.2.840.113549.1.9.16.3.19"

curves: dict[str, ec.EllipticCurve] = {
    "1.2.840.10045.3.1.7": ec.SECP256R1(),
    "1.3.132.0.34": ec.SECP384R1(),
    "1.3.132.0.35": ec.SECP521R1(),
}
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
X25519 = "1.3.101.110"

# A password's way to a content-encryption key: PBKDF2 (RFC 8018), then PWRI-KEK (RFC 3211).
PBKDF2 = "1.2.840.113549.1.5.12"
PWRI_KEK = "1.2.840.113549.1.9.16.3.9"
password_hashes = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}

ZLIB_COMPRESS = "1.2.840.113549.1.9.16.3.8"

# signatureAlgorithm OID -> (key type, hash or None where another field says it)
SignatureKind = Literal["rsa", "pss", "ecdsa", "ed25519"]
signature_oids: dict[str, tuple[SignatureKind, str | None]] = {
    RSA_ENCRYPTION: ("rsa", None),
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    RSASSA_PSS: ("pss", None),
    "1.2.840.10045.4.3.2": ("ecdsa", "sha256"),
    "1.2.840.10045.4.3.3": ("ecdsa", "sha384"),
    "1.2.840.10045.4.3.4": ("ecdsa", "sha512"),
    "1.3.101.112": ("ed25519", None),
}

# Known, so that a signature made with one is called weak rather than unknown (security.md §6 test 31).
weak_oids = {
    "md5": "1.2.840.113549.2.5",
    "sha1": hash_oids["sha1"],
    "md5WithRSAEncryption": "1.2.840.113549.1.1.4",
    "sha1WithRSAEncryption": "1.2.840.113549.1.1.5",
    "ecdsa-with-SHA1": "1.2.840.10045.4.1",
}


def hash_name(oid: str) -> str:
    """The name of a hash OID. Raises `UnsupportedAlgorithm`."""
    for name, known in hash_oids.items():
        if oid == known:
            return name
    raise UnsupportedAlgorithm(oid)


def hash_algorithm(name: str) -> hashes.HashAlgorithm:
    """The `cryptography` object of a hash name."""
    try:
        return _HASHES[name]()
    except KeyError:
        raise UnsupportedAlgorithm(name) from None


def wrap_key_length(oid: str) -> int:
    """Octets of the key-encryption key of an AES key wrap (RFC 3394). Raises `UnsupportedAlgorithm`."""
    try:
        return _WRAP_KEY_LENGTHS[oid]
    except KeyError:
        raise UnsupportedAlgorithm(oid) from None


def agreed_key_length(oid: str) -> int:
    """As `wrap_key_length`, for a key that two sides agreed on: the key wrap of Triple-DES too."""
    return 24 if oid == TRIPLE_DES_WRAP else wrap_key_length(oid)
