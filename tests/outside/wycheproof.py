"""Wycheproof, put to the readers of CMS: each vector becomes the structure that would carry it in a message.

What JavaScript does with it is in `wycheproof.js`; here is what `bridge.cms` does. A vector that no CMS structure can carry
is left out and counted. Signatures are checked by WebCrypto there and by `cryptography` here, so only JavaScript, which has
the DER and the strength of keys to decide itself, has a path of its own to test.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asn1crypto import core
from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from bridge.cms import algorithms, ber
from bridge.cms.ber import encode
from bridge.cms.enveloped import Enveloped
from bridge.cms.errors import CmsError, DecryptionFailed
from bridge.cms.oid import encode_oid
from bridge.cms.recipients import shared_info
from bridge.cms.unwrapping import _operate, card_decrypt_plan, unwrap_with_kek
from tests.outside.counts import Count
from tests.outside.engines import Engine
from tests.outside.weierstrass import multiply

MODULE = "/tests/outside/wycheproof.js"
CEK = bytes(range(32))
_NULL = b"\x05\x00"
_ISSUER = encode(ber.SEQUENCE, encode(ber.SEQUENCE), encode(ber.INTEGER, b"\1"))
_CURVE_OIDS = {
    "P-256": "1.2.840.10045.3.1.7",
    "P-384": "1.3.132.0.34",
    "P-521": "1.3.132.0.35",
    "P-256K": "1.3.132.0.10",
}

_WANTED = {"valid": ("accepted",), "invalid": ("refused",), "acceptable": ("accepted", "refused")}
_MIN_EXPONENT = 65537

Trial = dict[str, str]
Vector = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One file: `trial` gives what the readers get (hex), or None for what no message can carry, for the reason `why`."""

    file: str
    function: str
    trial: Callable[[Vector, Vector], Trial | None]
    python: Callable[[Trial], bytes] | None
    why: str = ""


def run(folder: Path, engines: Sequence[Engine]) -> Iterator[Count]:
    """Each file in each engine, then in Python."""
    for kind in KINDS:
        cases = list(_cases(kind, json.loads((folder / kind.file).read_text())))
        asked = [trial for _, trial in cases if trial is not None]
        for engine in engines:
            yield _counted(kind, engine.name, cases, engine.call(MODULE, kind.function, asked))
        if kind.python is not None:
            yield _counted(kind, "python", cases, [_in_python(kind.python, trial) for trial in asked])


def _cases(kind: Kind, suite: dict[str, Any]) -> Iterator[tuple[Vector, Trial | None]]:
    for group in suite["testGroups"]:
        for vector in group["tests"]:
            yield vector, kind.trial(group, vector)


def _counted(kind: Kind, engine: str, cases: list[tuple[Vector, Trial | None]], found: list[str]) -> Count:
    """`accepted` for valid, `refused` by a typed error for invalid, one of them for acceptable."""
    count = Count(f"Wycheproof {kind.file.removesuffix('_test.json')}", engine, why=kind.why)
    outcomes = iter(found)
    for vector, trial in cases:
        if trial is None:
            count.left_out += 1
            continue
        outcome = next(outcomes)
        wanted = ("refused",) if trial.get("weak") else _WANTED[vector["result"]]
        count.add(f"{vector['tcId']} {vector['comment']}", right=outcome in wanted, found=outcome)
    return count


def _in_python(read: Callable[[Trial], bytes], trial: Trial) -> str:
    try:
        return "accepted" if read(trial).hex() == trial["message"] else "refused"
    except CmsError:
        return "refused"


def _cipher(mode: str, group: Vector, vector: Vector) -> Trial | None:
    """The content of a message; GCM has nonces of 12 octets in CMS (RFC 5084), and others are refused while parsing."""
    if mode == "gcm" and len(vector["iv"]) != 24:
        return None
    algorithm = algorithms.content_algorithm(f"aes-{group['keySize']}-{mode}")
    return {
        "oid": algorithm.oid,
        "key": vector["key"],
        "iv": vector["iv"],
        "content": vector["ct"],
        "tag": vector.get("tag", ""),
        "aad": vector.get("aad", ""),
        "message": vector["msg"],
    }


def _decrypt(trial: Trial) -> bytes:
    algorithm = algorithms.content_algorithm(trial["oid"])
    octets = {name: bytes.fromhex(value) for name, value in trial.items() if name != "oid"}
    return Enveloped(
        kind="authEnvelopedData" if algorithm.mode == "gcm" else "envelopedData",
        content_type=algorithms.ID_DATA,
        content_algorithm=algorithm,
        recipients=(),
        auth_attributes={},
        initialization_vector=octets["iv"],
        ciphertext=octets["content"],
        tag=octets["tag"],
        additional_data=octets["aad"],
    ).decrypt(octets["key"])


def _key_wrap(group: Vector, vector: Vector) -> Trial:
    wrap = algorithms.key_wrap_oids[f"id-aes{group['keySize']}-wrap"]
    info = encode(
        ber.CONTEXT_2,
        encode(ber.INTEGER, b"\4"),
        encode(ber.SEQUENCE, encode(ber.OCTET_STRING, b"kek")),
        encode(ber.SEQUENCE, encode_oid(wrap)),
        encode(ber.OCTET_STRING, bytes.fromhex(vector["ct"])),
    )
    return {"recipientInfo": info.hex(), "kek": vector["key"], "message": vector["msg"]}


def _unwrap(trial: Trial) -> bytes:
    return unwrap_with_kek(bytes.fromhex(trial["recipientInfo"]), bytes.fromhex(trial["kek"]))


def _pkcs1(group: Vector, vector: Vector) -> Trial | None:
    """A key of 1 to 32 octets; what is not padded right answers as a wrong key would, never by an error."""
    length = len(vector["msg"]) // 2
    if vector["result"] == "valid" and not 0 < length <= len(CEK):
        return None
    identifier = encode(ber.SEQUENCE, encode_oid(algorithms.RSA_ENCRYPTION), _NULL)
    return _transport(group, vector, identifier) | {"length": str(length or len(CEK)), "rejects": "quietly"}


def _oaep(group: Vector, vector: Vector) -> Trial:
    digest = _digest(group["sha"])
    mask = encode(ber.SEQUENCE, encode_oid(algorithms.MGF1), _digest(group["mgfSha"]))
    label = encode(ber.OCTET_STRING, bytes.fromhex(vector["label"]))
    source = encode(ber.SEQUENCE, encode_oid(algorithms.P_SPECIFIED), label)
    fields = [encode(tag, part) for tag, part in ((0xA0, digest), (0xA1, mask), (0xA2, source))]
    identifier = encode(ber.SEQUENCE, encode_oid(algorithms.RSAES_OAEP), encode(ber.SEQUENCE, *fields))
    return _transport(group, vector, identifier) | {"length": "0", "rejects": "loudly"}


def _digest(name: str) -> bytes:
    return encode(ber.SEQUENCE, encode_oid(algorithms.hash_oids[name.replace("-", "").lower()]), _NULL)


def _transport(group: Vector, vector: Vector, identifier: bytes) -> Trial:
    encrypted = encode(ber.OCTET_STRING, bytes.fromhex(vector["ct"]))
    info = encode(ber.SEQUENCE, encode(ber.INTEGER, b"\0"), _ISSUER, identifier, encrypted)
    return {"recipientInfo": info.hex(), "pkcs8": group["privateKeyPkcs8"], "message": vector["msg"]}


def _agreement(group: Vector, vector: Vector) -> Trial:
    """A CEK wrapped under what a reader that checks nothing would agree on, so that only a check refuses it."""
    private = ec.derive_private_key(int.from_bytes(_octets(vector["private"]["d"])), ec.SECP256R1())
    curve, x, y = vector["public"]["crv"], _octets(vector["public"]["x"]), _octets(vector["public"]["y"])
    shared = vector["shared"] or multiply(private.private_numbers().private_value, x, y).hex()
    wrap = encode(ber.SEQUENCE, encode_oid(algorithms.key_wrap_oids["id-aes256-wrap"]))
    kek = X963KDF(algorithms.hash_algorithm("sha256"), 32, shared_info(wrap, 32, None)).derive(bytes.fromhex(shared))
    key = encode(ber.SEQUENCE, encode_oid(algorithms.EC_PUBLIC_KEY), encode_oid(_CURVE_OIDS[curve]))
    point = core.BitString.load(encode(0x03, b"\0\4" + x + y)).dump()
    wrapped = encode(ber.OCTET_STRING, keywrap.aes_key_wrap(kek, CEK))
    info = encode(
        ber.CONTEXT_1,
        encode(ber.INTEGER, b"\3"),
        encode(ber.CONTEXT_0, encode(ber.CONTEXT_1, key, point)),
        encode(ber.SEQUENCE, encode_oid(algorithms.STD_DH_SHA256_KDF), wrap),
        encode(ber.SEQUENCE, encode(ber.SEQUENCE, _ISSUER, wrapped)),
    )
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {
        "recipientInfo": info.hex(), "pkcs8": pkcs8.hex(), "message": CEK.hex(), "length": str(len(CEK)), "rejects": "loudly",
    }  # fmt: skip


def _open(trial: Trial) -> bytes:
    private_key: Any = load_der_private_key(bytes.fromhex(trial["pkcs8"]), None)
    plan = card_decrypt_plan(bytes.fromhex(trial["recipientInfo"]))
    try:
        return plan.content_key(_operate(plan, private_key))
    except ValueError:
        raise DecryptionFailed from None


def _octets(base64url: str) -> bytes:
    return base64.urlsafe_b64decode(base64url + "==")


def _signature(scheme: str) -> Callable[[Vector, Vector], Trial]:
    def trial(group: Vector, vector: Vector) -> Trial:
        digest = {"scheme": scheme, "hash": group["sha"], "saltLength": str(group.get("sLen", 0))}
        exponent = int(group["publicKey"].get("publicExponent", "010001"), 16)
        weak = (
            {"weak": "exponent"} if exponent < _MIN_EXPONENT else {}
        )  # refused, whatever the vector says (security.md N31)
        return {"spki": group["publicKeyDer"], "signature": vector["sig"], "signed": vector["msg"], **digest, **weak}

    return trial


KINDS = (
    Kind("aes_cbc_pkcs5_test.json", "content", lambda group, vector: _cipher("cbc", group, vector), _decrypt),
    Kind(
        "aes_gcm_test.json", "content", lambda group, vector: _cipher("gcm", group, vector), _decrypt,
        why="nonces that are not of 12 octets are refused in CMS",
    ),
    Kind("aes_wrap_test.json", "keyEncryptionKey", _key_wrap, _unwrap),
    Kind("rsa_pkcs1_2048_test.json", "privateKey", _pkcs1, _open, why="no key of a content is that long, or empty"),
    Kind("rsa_oaep_2048_sha1_mgf1sha1_test.json", "privateKey", _oaep, _open),
    Kind("rsa_oaep_2048_sha256_mgf1sha1_test.json", "privateKey", _oaep, _open),
    Kind("rsa_oaep_2048_sha256_mgf1sha256_test.json", "privateKey", _oaep, _open),
    Kind("ecdh_secp256r1_webcrypto_test.json", "privateKey", _agreement, _open),
    Kind("ecdsa_secp256r1_sha256_test.json", "signature", _signature("ecdsa"), None),
    Kind("rsa_pss_2048_sha256_mgf1_32_test.json", "signature", _signature("pss"), None),
    Kind("rsa_signature_2048_sha256_test.json", "signature", _signature("rsa"), None),
)  # fmt: skip
