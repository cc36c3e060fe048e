"""The cryptographic inventory: every algorithm, OID, HKDF info and label, as data (DESIGN §4.12; OWASP ASVS 11.1.2).

`bridge/inventory.json` is this, written down for auditors and for the JavaScript twin. `python -m bridge.cms.inventory` writes
it again; a test compares.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge import key_schedule
from bridge.cms import algorithms
from bridge.cms.messages import CAPABILITIES
from bridge.cms.signed import SignatureAlgorithm

# Known by name so that a reader can be told what a message uses; nothing here is computed for new mail.
_RECOGNISED = {
    "extensionRequest": "1.2.840.113549.1.9.14",
    "ecDH": "1.3.132.1.12",
    "rc4": "1.2.840.113549.3.4",
    "PBKDF2": algorithms.PBKDF2,
    "id-alg-PWRI-KEK": algorithms.PWRI_KEK,
    "hmacWithSHA1": "1.2.840.113549.2.7",
    "hmacWithSHA256": "1.2.840.113549.2.9",
    "hmacWithSHA384": "1.2.840.113549.2.10",
    "hmacWithSHA512": "1.2.840.113549.2.11",
    "id-alg-zlibCompress": algorithms.ZLIB_COMPRESS,
    "id-X25519": algorithms.X25519,
    "dhSinglePass-stdDH-hkdf-sha256-scheme": "1.2.840.113549.1.9.16.3.19",
    "dhSinglePass-stdDH-hkdf-sha384-scheme": "1.2.840.113549.1.9.16.3.20",
    "dhSinglePass-stdDH-hkdf-sha512-scheme": "1.2.840.113549.1.9.16.3.21",
    "des-cbc": "1.3.14.3.2.7",
}

PATH = Path(__file__).parents[1] / "inventory.json"


def inventory() -> dict[str, Any]:
    """The inventory as JSON data."""
    return {
        "contentTypes": algorithms.type_oids,
        "attributes": algorithms.attribute_oids,
        "contentEncryption": [
            {"name": one.name, "oid": one.oid, "keyLength": one.key_length, "use": "read" if one.degraded else "both"}
            for one in algorithms.content_algorithms
        ],
        "keyTransport": {"RSAES-PKCS1-v1_5": algorithms.RSA_ENCRYPTION, "RSAES-OAEP": algorithms.RSAES_OAEP},
        "keyTransportParameters": {"MGF1": algorithms.MGF1, "pSpecified": algorithms.P_SPECIFIED},
        "keyAgreement": algorithms.key_agreement_hashes,
        "keyAgreementHkdf": algorithms.hkdf_agreement_hashes,
        "keyAgreementWritten": [
            algorithms.STD_DH_SHA256_KDF,
            algorithms.STD_DH_SHA384_KDF,
            algorithms.STD_DH_HKDF_SHA256,
        ],
        "keyWrap": algorithms.key_wrap_oids,
        "keyWrapOld": algorithms.old_key_wrap_oids,
        "keyWrapWritten": "id-aes256-wrap",
        "curves": {oid: curve.name for oid, curve in algorithms.curves.items()},
        "ecPublicKey": algorithms.EC_PUBLIC_KEY,
        "x25519": algorithms.X25519,
        "passwords": {"PBKDF2": algorithms.PBKDF2, "PWRI-KEK": algorithms.PWRI_KEK, "prf": algorithms.password_hashes},
        "compression": {"zlibCompress": algorithms.ZLIB_COMPRESS},
        "hashes": algorithms.hash_oids,
        "signatures": {oid: list(kind) for oid, kind in algorithms.signature_oids.items()},
        "signaturesWritten": [one.value for one in SignatureAlgorithm],
        "smimeCapabilities": list(CAPABILITIES),
        "labels": list(algorithms.LABELS),
        "hkdf": {
            "hash": "sha256",
            "infos": [
                algorithms.INFO_PRF_KEK,
                *algorithms.INFO_HOLDER_KEYS.values(),
                algorithms.INFO_RECOVERY_LOGIN,
                *(f"{algorithms.INFO_OBJECT}/{one}\0ID" for one in algorithms.OBJECT_CLASSES),
            ],
        },
        "additionalData": [algorithms.INFO_OBJECT],
        "hashPrefixes": [algorithms.LABEL_RECOVERY_CODE, algorithms.INFO_RECOVERY_LOGIN],
        "hmac": {"hash": "sha256", "infos": ["pli/v1/prf-salt"]},
        "channel": {
            "protocol": key_schedule.HELLO,
            "keyAgreement": "ECDH P-256",
            "signature": "ECDSA P-256 with SHA-256, r and s",
            "cipher": "aes-256-gcm, a 64-bit counter as nonce",
            "labels": list(key_schedule.LABELS),
            "hkdf": {"hash": "sha256", "infos": list(key_schedule.HKDF_INFOS)},
        },
        "weak": algorithms.weak_oids,
        "recognised": _RECOGNISED,
        "mailboxKeys": {"encryption": ["rsa-3072", "p-384"], "signature": ["p-256", "rsa-3072"]},
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(inventory(), indent=1) + "\n")
