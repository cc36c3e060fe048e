"""RFC 4134, examples of S/MIME messages (2005). Their algorithms are of their time: what we promise is a named outcome.

Everything signed there is signed with SHA-1, by DSA or RSA of 1024 bits: never a good signature here, but the content is
read. Without signed attributes the refusal is `attributes-refused` (DESIGN §6), with them `weak-algorithm`.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.errors import CmsError
from bridge.cms.unwrapping import unwrap
from bridge.cms.verification import verify_signed
from tests.judge.questions import Questions
from tests.outside.counts import Count
from tests.outside.engines import JUDGE, Engine

AT = "2001-01-01T00:00:00Z"
NO_ATTRIBUTES, WEAK, OTHER_TYPE = "attributes-refused", "weak-algorithm", "unsupported-algorithm"


@dataclass(frozen=True)
class Example:
    """`outcome`: of a signed one the refusal of each signer, of an encrypted one its cipher, of another type the error.
    `python`: what `bridge.cms` says of the same file, the code of its error or `ok`.
    """

    file: str
    verb: str
    outcome: tuple[str, ...]
    python: str
    why: str
    has_content: bool = True
    detached: bool = False


EXAMPLES = (
    Example(
        "3.1.bin",
        "cms-verify",
        (OTHER_TYPE,),
        "malformed",
        "id-data in BER is no layer of a message",
        has_content=False,
    ),
    Example("3.2.bin", "cms-verify", (OTHER_TYPE,), "malformed", "id-data in DER", has_content=False),
    Example("4.1.bin", "cms-verify", (NO_ATTRIBUTES,), "signed-attributes-missing", "DSA, no signed attributes"),
    Example("4.2.bin", "cms-verify", (NO_ATTRIBUTES,), "signed-attributes-missing", "RSA 1024, no signed attributes"),
    Example("4.3.bin", "cms-verify", (NO_ATTRIBUTES,), "signed-attributes-missing", "DSA, detached", detached=True),
    Example("4.4.bin", "cms-verify", (WEAK,), "weak-algorithm", "DSA with every signed and unsigned attribute"),
    Example(
        "4.5.bin", "cms-verify", (NO_ATTRIBUTES,), "signed-attributes-missing", "RSA; with CRLs and two certificates"
    ),
    Example("4.6.bin", "cms-verify", (NO_ATTRIBUTES,) * 2, "several-signers", "two signers, both DSA"),
    Example(
        "4.7.bin", "cms-verify", (NO_ATTRIBUTES,), "signed-attributes-missing", "the signer by subjectKeyIdentifier"
    ),
    Example("4.8.eml", "view", ("S5", NO_ATTRIBUTES), "", "multipart/signed: shown as unsigned"),
    Example("4.9.eml", "view", ("S5", NO_ATTRIBUTES), "", "application/pkcs7-mime, opaque: shown as unsigned"),
    Example("4.10.bin", "cms-verify", (WEAK,), "weak-algorithm", "SignedData with ESS attributes"),
    Example("4.11.bin", "cms-verify", (), "certificates-only", "certificates and CRLs only", has_content=False),
    Example("5.1.bin", "cms-decrypt", ("des-ede3-cbc",), "ok", "3DES: read, but only where a person asks for old mail"),
    Example(
        "5.2.bin",
        "cms-decrypt",
        (OTHER_TYPE,),
        "unsupported-algorithm",
        "RC2 of 40 effective bits protects nothing",
        has_content=False,
    ),
    Example("5.3.eml", "view", ("old-cipher",), "", "3DES: nothing shown before a person asks", has_content=False),
    Example(
        "6.0.bin", "cms-verify", (OTHER_TYPE,), "malformed", "DigestedData is no layer of S/MIME", has_content=False
    ),
    Example("7.1.bin", "cms-decrypt", (OTHER_TYPE,), "malformed", "EncryptedData has no recipient", has_content=False),
    Example(
        "7.2.bin", "cms-decrypt", (OTHER_TYPE,), "malformed", "EncryptedData, unprotected attributes", has_content=False
    ),
)


class Folder:
    """The examples' files, and Bob's key as the judge takes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = self.read("ExContent.bin")
        self.bob = load_der_private_key(self.read("BobPrivRSAEncrypt.pri"), None)

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def pem(self, name: str) -> str:
        return x509.load_der_x509_certificate(self.read(name)).public_bytes(Encoding.PEM).decode()

    def given(self, example: Example) -> dict[str, Any]:
        """The verb's input."""
        key = self.bob.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        raw = base64.b64encode(self.read(example.file)).decode()
        detached = {"content": base64.b64encode(self.content).decode()} if example.detached else {}
        return {
            "cms": raw,
            "message": raw,
            "keys": [{"certificate": self.pem("BobRSASignByCarl.cer"), "private_key": key}],
            "anchors": [self.pem("CarlRSASelf.cer"), self.pem("CarlDSSSelf.cer")],
            "at": AT,
            **detached,
        }


def run(folder: Path, engines: Sequence[Engine]) -> Iterator[Count]:
    """Each example in each engine, and by `bridge.cms`."""
    files = Folder(folder)
    for engine in engines:
        count = Count("RFC 4134", engine.name)
        for example in EXAMPLES:
            given = files.given(example)
            said = engine.call(JUDGE, "answer", example.verb, given, ask=Questions(given).answer)
            outcome = _outcome(example, said)
            right = outcome == example.outcome and (not example.has_content or _text(said) == files.content)
            count.add(f"{example.file} ({example.why})", right=right, found=outcome)
        yield count
    yield _in_python(files)


def _outcome(example: Example, said: dict[str, Any]) -> tuple[str, ...]:
    if example.verb == "view":
        return (
            (said["quarantined"],)
            if "quarantined" in said
            else (said["signature"]["state"], said["signature"]["reason"])
        )
    if "error" in said:
        return (said["error"],)
    if example.verb == "cms-decrypt":
        return (said["content_algorithm"],)
    return tuple(signer["reason"] for signer in said["signers"])


def _text(said: dict[str, Any]) -> bytes:
    if "text" in said:
        return said["text"].strip().encode()
    return base64.b64decode(said["content"] or "")


def _in_python(files: Folder) -> Count:
    count = Count("RFC 4134", "python")
    for example in EXAMPLES:
        if example.python:
            found = _python_outcome(files, example)
            count.add(f"{example.file} ({example.why})", right=found == example.python, found=found)
    return count


def _python_outcome(files: Folder, example: Example) -> str:
    raw = files.read(example.file)
    try:
        if example.verb == "cms-verify":
            verify_signed(raw, files.content if example.detached else None)
            return "ok"
        enveloped = parse_enveloped(raw)
        [info, *_] = enveloped.recipients
        key = unwrap(info.der, files.bob, content_algorithm=enveloped.content_algorithm.oid)
        return "ok" if enveloped.decrypt(key) == files.content else "other content"
    except CmsError as error:
        return error.code
