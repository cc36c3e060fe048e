"""What form a message really has, as OpenSSL prints it: no cell passes for another one."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from forms import Form
from layers import body_der, canonical, content_kind, signed_parts
from peer import require, run

_TRANSPORTS = {"rsaEncryption": "RSA v1.5", "rsaesOaep": "RSA OAEP", "dhSinglePass": "ECDH"}
_CIPHERS = {"aes": "AES", "des-ede3": "3DES", "rc2": "RC2"}


@dataclass(frozen=True)
class Opener:
    """Files of the recipient's certificate and private key, PEM."""

    certificate: Path
    private_key: Path


@dataclass(frozen=True)
class Shape:
    """`keys`: the key transport of each recipient, curves not told."""

    structure: str
    encoding: str
    keys: tuple[str, ...] = ()
    cipher: str = ""

    def is_of(self, form: Form) -> bool:
        key = re.sub(r" P-\d+", "", form.key)
        return (
            self.structure == form.structure
            and (key in self.keys if key else not self.keys)
            and self.cipher == form.cipher
            and form.encoding in {"", self.encoding}
        )

    def __str__(self) -> str:
        return ", ".join([self.structure, *sorted(set(self.keys)), *filter(None, [self.cipher, self.encoding])])


def shape_of(message: bytes, opener: Opener) -> Shape:
    entity = canonical(message)
    kind = content_kind(entity)
    if kind == "opaque":
        return Shape("signed opaque", _encoding(body_der(entity)))
    if kind == "encrypted":
        return _encrypted(body_der(entity), opener)
    if kind == "leaf":
        return Shape("not S/MIME", "")
    content, signature = signed_parts(entity)
    if content_kind(content) != "encrypted":
        return Shape("signed detached", _encoding(signature))
    return replace(_encrypted(body_der(content), opener), structure="nested")


def _encoding(der: bytes) -> str:
    return "BER" if der[1] == 0x80 else "DER"


def _encrypted(der: bytes, opener: Opener) -> Shape:
    printed = require(run(["openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "DER"], der), "openssl")
    recipients, _, content = printed.decode(errors="replace").rpartition("ncryptedContentInfo:")
    infos = re.split(r"\n\s+d\.k(?:tri|ari):", recipients)[1:]
    cipher = _cipher(_algorithm("contentEncryptionAlgorithm", content))
    return Shape(_inside(der, opener), _encoding(der), tuple(_transport(info) for info in infos), cipher)


def _inside(der: bytes, opener: Opener) -> str:
    key = ["-recip", opener.certificate, "-inkey", opener.private_key]
    entity = require(run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", *key], der), "openssl")
    kind = content_kind(canonical(entity))
    return "encrypted" if kind == "leaf" else kind


def _algorithm(member: str, printed: str) -> str:
    found = re.search(rf"{member}:\s+algorithm: ([\w-]+)", printed)
    return found[1] if found else "unknown"


def _transport(info: str) -> str:
    algorithm = _algorithm("keyEncryptionAlgorithm", info)
    name = next((known for prefix, known in _TRANSPORTS.items() if algorithm.startswith(prefix)), algorithm)
    if name == "RSA OAEP":
        return f"{name} {'SHA-256' if ':sha256' in info else 'SHA-1'}"
    return f"{name} ukm" if name == "ECDH" and re.search(r"ukm:\s*\n", info) else name


def _cipher(name: str) -> str:
    family = next((found for prefix, found in _CIPHERS.items() if name.startswith(prefix)), name)
    return f"{family}-{'GCM' if name.endswith('gcm') else 'CBC'}"
