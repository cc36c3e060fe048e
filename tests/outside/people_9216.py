"""RFC 9216, sample people: Alice and Bob (RSA), Carlos and Dana (Ed25519 and X25519), with one authority for each pair.

Each signs and encrypts to each, written by JavaScript and by `bridge.cms`, read by both and, where it can, by OpenSSL.
"""

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    pkcs12,
)

from bridge.cms.enveloped import build_enveloped, parse_enveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.signed import build_signed, signature_algorithm, software_signer
from bridge.cms.unwrapping import unwrap
from bridge.cms.verification import verify_signed
from bridge.pki.anchors import Purpose
from bridge.pki.path import RevocationMode, validate_path
from tests.judge.questions import Questions, anchor_store
from tests.outside.counts import Count
from tests.outside.engines import JUDGE, Engine

CHAPTERS = {"alice": 4, "bob": 5, "carlos": 7, "dana": 8}
AT = datetime(2026, 6, 1, tzinfo=UTC)
CONTENT = b"Content-Type: text/plain\r\n\r\nA short letter.\r\n"


class Person:
    """Two certificates, two keys, and the PKCS#12 object, whose password is the name."""

    def __init__(self, name: str, objects: dict[str, dict[str, str]]) -> None:
        self.name = name
        self.objects = {key: base64.b64decode(value["der"]) for key, value in objects.items()}
        self.signing = self._certificate(1)
        self.signing_key: Any = load_der_private_key(self._object(2), None)
        self.encryption = self._certificate(3)
        self.encryption_key: Any = load_der_private_key(self._object(4), None)
        self.pkcs12 = self._object(5)
        self.address = f"{name}@smime.example"

    def _object(self, number: int) -> bytes:
        prefix = f"{CHAPTERS[self.name]}.{number}-"
        return next(der for key, der in self.objects.items() if key.startswith(prefix))

    def _certificate(self, number: int) -> x509.Certificate:
        return x509.load_der_x509_certificate(self._object(number))


class People:
    """The four, and what they trust."""

    def __init__(self, file: Path) -> None:
        objects = json.loads(file.read_text())
        self.people = [Person(name, objects) for name in CHAPTERS]
        ders = [base64.b64decode(objects[key]["der"]) for key in objects if key.startswith(("3.1-", "6.1-"))]
        self.anchors = [_pem(x509.load_der_x509_certificate(der)) for der in ders]

    def pairs(self) -> Iterator[tuple[Person, Person]]:
        """From whom, to whom."""
        return ((one, other) for one in self.people for other in self.people if one is not other)


def run(file: Path, engines: Sequence[Engine]) -> Iterator[Count]:
    """PKCS#12 and paths, then what each engine writes and reads."""
    people = People(file)
    yield _pkcs12(people)
    yield _paths(people)
    for engine in engines:
        yield _signatures(people, engine)
        yield _letters(people, engine)


def _pkcs12(people: People) -> Count:
    """Opened by `cryptography`, which is what the bridge opens its software cards with."""
    count = Count("RFC 9216, PKCS#12", "python")
    for person in people.people:
        key, certificate, more = pkcs12.load_key_and_certificates(person.pkcs12, person.name.encode())
        known = {_private(person.signing_key), _private(person.encryption_key)}
        count.add(person.name, right=_private(key) in known and certificate is not None and len(more) == 2)
    return count


def _paths(people: People) -> Count:
    """Each certificate for what it is for, and not for the other."""
    count = Count("RFC 9216, certification paths", "python")
    for person in people.people:
        for certificate, purpose, fits in (
            (person.signing, Purpose.MESSAGE_SIGNATURE, True),
            (person.encryption, Purpose.ENCRYPT, True),
            (person.signing, Purpose.ENCRYPT, False),
            (person.encryption, Purpose.MESSAGE_SIGNATURE, False),
        ):
            found = _path(people, certificate, purpose)
            count.add(f"{person.name} {purpose}", right=(found == "") is fits, found=found or "accepted")
    return count


def _path(people: People, certificate: x509.Certificate, purpose: Purpose) -> str:
    try:
        validate_path(
            certificate, chain=[], anchors=anchor_store(people.anchors), purpose=purpose, at=AT,
            revocation=RevocationMode.SOFT,
        )  # fmt: skip
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told
        return str(getattr(error, "code", repr(error)))
    return ""


def _signatures(people: People, engine: Engine) -> Count:
    """Written here, read there: JavaScript by Python and OpenSSL, Python by JavaScript."""
    count = Count("RFC 9216, signatures", engine.name, why="OpenSSL 3.0 knows no Ed25519 in CMS")
    for person in people.people:
        written = _try(lambda person=person: _signed_by(engine, person))
        count.add(
            f"{person.name}, for Python",
            right=_try(lambda written=written: verify_signed(written).content) == CONTENT,
            found=written,
        )
        if isinstance(person.signing_key, RSAPrivateKey):
            found = _try(lambda written=written: _openssl_verify(people, written))
            count.add(f"{person.name}, for OpenSSL", right=found == CONTENT, found=found)
        else:
            count.left_out += 1
        ours = _try(lambda person=person: _signed_in_python(person))
        said = _try(lambda ours=ours: _judge(engine, "cms-verify", people, cms=_text(ours)))
        good = isinstance(said, dict) and said["ok"] and base64.b64decode(said["content"]) == CONTENT
        count.add(f"{person.name}, from Python", right=bool(good), found=said)
    return count


def _letters(people: People, engine: Engine) -> Count:
    """Signed, then encrypted; opened with the other's key, and the signature inside verified."""
    count = Count("RFC 9216, signed and encrypted", engine.name)
    for sender, receiver in people.pairs():
        name = f"{sender.name} to {receiver.name}"
        for cipher in ("aes-256-cbc", "aes-256-gcm"):
            found = _try(
                lambda s=sender, r=receiver, c=cipher: _open_in_python(
                    r, _encrypted_by(engine, r, _signed_by(engine, s), c)
                )
            )
            count.add(f"{name}, {cipher}, for Python", right=found == CONTENT, found=found)
            found = _try(
                lambda s=sender, r=receiver, c=cipher: _open_by(
                    engine, people, r, _encrypted_in_python(r, _signed_in_python(s), c)
                )
            )
            count.add(f"{name}, {cipher}, from Python", right=found == CONTENT, found=found)
    return count


def _try(make: Any) -> Any:
    """What it makes, or the error, which is then what was found."""
    try:
        return make()
    except Exception as error:  # noqa: BLE001
        return error


def _judge(engine: Engine, verb: str, people: People | None = None, **given: Any) -> dict[str, Any]:
    given |= {"at": AT.isoformat(), "anchors": people.anchors if people else []}
    return dict(engine.call(JUDGE, "answer", verb, given, ask=Questions(given).answer))


def _signed_by(engine: Engine, person: Person) -> bytes:
    said = _judge(
        engine, "cms-sign", content=_text(CONTENT), certificate=_pem(person.signing),
        private_key=_private(person.signing_key).decode(), detached=False,
    )  # fmt: skip
    return base64.b64decode(said["cms"])


def _signed_in_python(person: Person) -> bytes:
    return build_signed(
        CONTENT, signer_certificate=person.signing, sign=software_signer(person.signing_key),
        algorithm=signature_algorithm(person.signing_key.public_key()), signing_time=AT,
    )  # fmt: skip


def _encrypted_by(engine: Engine, person: Person, content: bytes, cipher: str) -> bytes:
    said = _judge(
        engine, "cms-encrypt", content=_text(content), recipients=[_pem(person.encryption)], content_algorithm=cipher
    )
    return base64.b64decode(said["cms"])


def _encrypted_in_python(person: Person, content: bytes, cipher: str) -> bytes:
    return build_enveloped(content, [CertificateRecipient(person.encryption)], content_algorithm=cipher)


def _open_in_python(person: Person, cms: bytes) -> bytes:
    enveloped = parse_enveloped(cms)
    info = next(info for info in enveloped.recipients if info.matches(person.encryption))
    key = unwrap(info.der, person.encryption_key, content_algorithm=enveloped.content_algorithm.oid)
    return verify_signed(enveloped.decrypt(key)).content


def _open_by(engine: Engine, people: People, person: Person, cms: bytes) -> bytes:
    keys = [{"certificate": _pem(person.encryption), "private_key": _private(person.encryption_key).decode()}]
    opened = _judge(engine, "cms-decrypt", cms=_text(cms), keys=keys)
    said = _judge(engine, "cms-verify", people, cms=opened["content"])
    return base64.b64decode(said["content"]) if said["ok"] else repr(said).encode()


def _openssl_verify(people: People, cms: bytes) -> bytes:
    with TemporaryDirectory() as folder:
        anchors = Path(folder) / "anchors.pem"
        anchors.write_text("".join(people.anchors))
        command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-CAfile", str(anchors)]
        return subprocess.run(command, input=cms, capture_output=True, check=True).stdout


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _private(key: Any) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
