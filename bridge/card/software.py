"""A card in a folder: `card.json`, one PKCS#12 per key under the PIN, its certificate beside it, and `chain.pem`.

For the demo and for tests. It behaves as a card does: the PIN tries are counted in the folder and survive the process,
the try is spent before the PIN is looked at, and `inserted` says whether it lies in its reader.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12

from bridge.card.card import CardReport, KeyReport, Mechanism
from bridge.card.errors import (
    CardFailed,
    CardRemoved,
    DecryptionFailed,
    LoginRequired,
    MechanismUnsupported,
    NoCard,
    PinIncorrect,
    PinLocked,
)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

CARD_FILE = "card.json"
_HANG_SECONDS = 0.05
_DECRYPTING = ("authentication", "encryption")
_OAEP: Mapping[Mechanism, type[hashes.HashAlgorithm]] = {
    Mechanism.RSA_OAEP_SHA1: hashes.SHA1,
    Mechanism.RSA_OAEP_SHA256: hashes.SHA256,
}


class SoftwareCards:
    """The card folders below one directory, as a `CardModule`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[str, dict[bytes, PrivateKey]] = {}
        self._reports: dict[Path, tuple[int, CardReport]] = {}

    @property
    def in_readers(self) -> bool:
        return False

    @property
    def version(self) -> str:
        return ""

    def cards(self, pulled: Sequence[str] = ()) -> list[CardReport]:  # noqa: ARG002 (folders are looked at each time)
        present = [self._report(folder) for folder in card_folders(self._directory)]
        reports = [report for report in present if report is not None]
        for gone in self._open.keys() - {report.serial for report in reports}:
            del self._open[gone]
        return reports

    def rest(self) -> bool:
        return False

    def recount(self, serial: str) -> None:  # noqa: ARG002 (the counter is a file)
        return

    def login(self, serial: str, pin: bytes | None) -> None:
        folder = self._folder(serial)
        facts = read_facts(folder)
        if facts["tries"] <= 0:
            raise PinLocked
        spent = {**facts, "tries": facts["tries"] - 1}
        write_facts(folder, spent)
        try:
            keys = _open_keys(folder, pin or b"")
        except ValueError:
            raise (PinIncorrect(tries=spent["tries"]) if spent["tries"] else PinLocked()) from None
        write_facts(folder, {**facts, "tries": facts.get("maximumTries", 3)})
        self._open[serial] = {sha256: key for _, sha256, key in keys}

    def keys(self, serial: str) -> list[KeyReport]:
        folder = self._folder(serial)
        facts = read_facts(folder)
        names = [(_name_of(folder, sha256), sha256) for sha256 in self._opened(serial)]
        return [KeyReport(sha256, _always(facts, name), name in _DECRYPTING) for name, sha256 in names]

    def logout(self, serial: str) -> None:
        self._open.pop(serial, None)

    def change_pin(self, serial: str, old: bytes | None, new: bytes | None) -> None:
        self.login(serial, old)
        self.logout(serial)
        for path in _key_files(self._folder(serial)):
            _protect_anew(path, old or b"", new or b"")

    def perform(self, serial: str, certificate_sha256: bytes, mechanism: str, data: bytes, pin: bytes | None) -> bytes:
        folder = self._folder(serial)
        self._opened(serial)
        if pin is not None:
            self.login(serial, pin)
        key = self._opened(serial).get(certificate_sha256)
        if key is None:
            raise CardFailed("no such key")
        name = _name_of(folder, certificate_sha256)
        if _always(read_facts(folder), name) and pin is None:
            raise LoginRequired
        return _operate(key, Mechanism(mechanism), data, decrypts=name in _DECRYPTING)

    def _opened(self, serial: str) -> dict[bytes, PrivateKey]:
        opened = self._open.get(serial)
        if opened is None:
            raise LoginRequired
        return opened

    def _folder(self, serial: str) -> Path:
        for folder in card_folders(self._directory):
            facts = read_facts(folder)
            if facts["serial"] == serial:
                if not facts["inserted"]:
                    self._open.pop(serial, None)
                    raise CardRemoved
                _wait_while_it_hangs(folder)
                return folder
        raise NoCard

    def _report(self, folder: Path) -> CardReport | None:
        stamp = (folder / CARD_FILE).stat().st_mtime_ns
        known = self._reports.get(folder)
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            facts = read_facts(folder)
        except ValueError:  # another program is just writing it: as it was, until the next look
            return known[1] if known is not None else None
        if not facts["inserted"]:
            return None
        self._reports[folder] = (stamp, report := _make_report(folder, facts))
        return report


def card_folders(directory: Path) -> list[Path]:
    """The card folders of a directory, in the order of their names."""
    return sorted(path.parent for path in directory.glob(f"*/{CARD_FILE}"))


def read_facts(folder: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((folder / CARD_FILE).read_text("utf-8"))
    return facts


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Replace `card.json` in one step: a try that was spent stays spent whatever happens to this process."""
    draft = folder / f".{CARD_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(facts, ensure_ascii=False, indent=1), "utf-8")
    draft.replace(folder / CARD_FILE)


def _wait_while_it_hangs(folder: Path) -> None:
    """Member `hangs`: nothing with this card returns until it is released. Whoever waits gives up earlier."""
    while read_facts(folder).get("hangs", False):
        time.sleep(_HANG_SECONDS)


def _make_report(folder: Path, facts: Mapping[str, Any]) -> CardReport:
    tries = facts["tries"]
    return CardReport(
        serial=facts["serial"],
        label=facts["label"],
        nameless=facts["label"],  # a practice card says on its face whose it is
        reader=facts["reader"],
        tries=tries,
        last_try=tries == 1,
        pin_locked=tries <= 0,
        certificates=[_certificate(path) for path in _key_files(folder)],
        chain=_chain(folder),
    )


def _key_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.p12")) if path.with_suffix(".pem").exists()]


def _certificate(key_file: Path) -> bytes:
    certificate = x509.load_pem_x509_certificate(key_file.with_suffix(".pem").read_bytes())
    return certificate.public_bytes(Encoding.DER)


def _chain(folder: Path) -> list[bytes]:
    path = folder / "chain.pem"
    pem = path.read_bytes() if path.exists() else b""
    certificates = x509.load_pem_x509_certificates(pem) if b"BEGIN" in pem else []
    return [certificate.public_bytes(Encoding.DER) for certificate in certificates]


def _name_of(folder: Path, certificate_sha256: bytes) -> str:
    for path in _key_files(folder):
        if hashlib.sha256(_certificate(path)).digest() == certificate_sha256:
            return path.stem
    raise CardFailed("no such key")


def _always(facts: Mapping[str, Any], name: str) -> bool:
    return name in facts.get("always", [])


def _open_keys(folder: Path, pin: bytes) -> list[tuple[str, bytes, PrivateKey]]:
    """Every key of the card. Raises ValueError when the PIN does not open them."""
    opened = []
    for path in _key_files(folder):
        key, certificate, _ = pkcs12.load_key_and_certificates(path.read_bytes(), pin)
        if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise CardFailed("a key file without key or certificate")
        opened.append((path.stem, certificate.fingerprint(hashes.SHA256()), key))
    return opened


def _protect_anew(path: Path, old: bytes, new: bytes) -> None:
    key, certificate, others = pkcs12.load_key_and_certificates(path.read_bytes(), old)
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CardFailed("a key file without key or certificate")
    packed = pkcs12.serialize_key_and_certificates(
        path.stem.encode(), key, certificate, others, BestAvailableEncryption(new)
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(packed)
    draft.replace(path)


def _operate(key: PrivateKey, mechanism: Mechanism, data: bytes, *, decrypts: bool) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey) and mechanism is Mechanism.RSA_PKCS1_SHA256:
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, rsa.RSAPrivateKey) and decrypts:
        return _decrypt(key, mechanism, data)
    if isinstance(key, ec.EllipticCurvePrivateKey) and mechanism is Mechanism.ECDSA_SHA256:
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, ec.EllipticCurvePrivateKey) and mechanism is Mechanism.ECDSA_SHA384:
        return key.sign(data, ec.ECDSA(hashes.SHA384()))
    if isinstance(key, ec.EllipticCurvePrivateKey) and mechanism is Mechanism.ECDH and decrypts:
        return _agree(key, data)
    raise MechanismUnsupported


def _decrypt(key: rsa.RSAPrivateKey, mechanism: Mechanism, block: bytes) -> bytes:
    scheme: padding.AsymmetricPadding
    if mechanism is Mechanism.RSA_PKCS1:
        scheme = padding.PKCS1v15()
    elif mechanism in _OAEP:
        algorithm = _OAEP[mechanism]
        scheme = padding.OAEP(padding.MGF1(algorithm()), algorithm(), None)
    else:
        raise MechanismUnsupported
    try:
        return key.decrypt(block, scheme)
    except ValueError:
        raise DecryptionFailed from None


def _agree(key: ec.EllipticCurvePrivateKey, point: bytes) -> bytes:
    try:
        return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point))
    except ValueError:
        raise DecryptionFailed from None
