"""Tokens that a running bridge makes, put to the Java library of the people who published the format.

DIR holds checkouts of `web-eid-authtoken-validation-java` and of `jjwt`, which it uses; the other jars are Debian's
(`tools/system-packages java`). Both are compiled into a scratch folder; nothing of them is kept.
"""

import base64
import json
import secrets
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from bridge.pki.certificates import der, pem
from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import CARDS, SampleCard, SamplePki, issue_card_certificate, issue_sample_pki
from tests.bridge.running import PINS, RunningBridge, running_bridge
from tests.outside.counts import Count

JARS = (
    "bcprov",
    "bcpkix",
    "bcutil",
    "jackson-annotations",
    "jackson-core",
    "jackson-databind",
    "slf4j-api",
    "slf4j-nop",
)
CLASS_PATH = ":".join(f"/usr/share/java/{name}.jar" for name in JARS)
SOURCES = ("web-eid-authtoken-validation-java/src/main/java", "jjwt/api/src/main/java", "jjwt/impl/src/main/java")
SIGNATURE_REFUSED = "AuthTokenSignatureValidationException"
_CURVES: Mapping[str, ec.EllipticCurve] = {"CPS-P256": ec.SECP256R1(), "CPS-P384": ec.SECP384R1()}
_ALICE, _BOB = CARDS[0], CARDS[1]
_SERIALS = (_ALICE.serial, _BOB.serial, *_CURVES)


@dataclass(frozen=True)
class Question:
    """A token under circumstances, and what the library must say of it."""

    name: str
    token: Mapping[str, str]
    origin: str
    challenge: str
    expected: str


def run(checkouts: Path) -> Iterator[Count]:
    """One count: true tokens accepted, and those of another origin, nonce or key refused."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        classes = _compile(checkouts, folder / "classes")
        pki = issue_sample_pki(folder / "pki")
        for serial, curve in _CURVES.items():
            _write_curve_card(pki, serial, ec.generate_private_key(curve))
        (folder / "bridge").mkdir()
        with running_bridge(folder / "bridge", pki.directory) as bridge:
            bridge.set_pins(PINS | dict.fromkeys(_CURVES, _ALICE.pin))
            questions = list(_questions(bridge))
        yield _ask(classes, questions, pki)


def _questions(bridge: RunningBridge) -> Iterator[Question]:
    tokens = dict(_tokens(bridge))
    for serial, (token, challenge) in tokens.items():
        name = f"{token['algorithm']} of {serial}"
        yield Question(name, token, bridge.origin, challenge, "accepted")
        yield Question(f"{name}, another origin", token, "https://evil.example", challenge, SIGNATURE_REFUSED)
        yield Question(f"{name}, another nonce", token, bridge.origin, _challenge(), SIGNATURE_REFUSED)
    token, challenge = tokens[_ALICE.serial]
    bobs = tokens[_BOB.serial][0]["unverifiedCertificate"]
    yield Question("another key", {**token, "unverifiedCertificate": bobs}, bridge.origin, challenge, SIGNATURE_REFUSED)


def _tokens(bridge: RunningBridge) -> Iterator[tuple[str, tuple[Mapping[str, str], str]]]:
    """A token and its challenge for each card, by serial number (`label` starts differently for each)."""
    with bridge.page() as page:
        for serial, label in zip(_SERIALS, ("Alice", "Bob", *_CURVES), strict=True):
            challenge = _challenge()
            yield serial, (page.call("auth.token", card=page.card(label), challenge=challenge), challenge)


def _challenge() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _ask(classes: Path, questions: list[Question], pki: SamplePki) -> Count:
    issuers = [base64.b64encode(der(branch.issuing.certificate)).decode() for branch in pki.branches.values()]
    asked = [
        {"token": one.token, "origin": one.origin, "challenge": one.challenge, "authorities": issuers}
        for one in questions
    ]
    answered = subprocess.run(
        ["java", "-cp", f"{classes}:{CLASS_PATH}", "WebEidCheck"],
        input="\n".join(map(json.dumps, asked)),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    count = Count("web-eid:1.0, tokens of a running bridge", "java")
    for one, verdict in zip(questions, answered, strict=True):
        count.add(one.name, right=verdict == one.expected, found=verdict)
    return count


def _compile(checkouts: Path, classes: Path) -> Path:
    own = Path(__file__).with_name("WebEidCheck.java")
    files = [own, *(file for source in SOURCES for file in (checkouts / source).rglob("*.java"))]
    command = ["javac", "-nowarn", "-d", str(classes), "-cp", CLASS_PATH, *map(str, files)]
    subprocess.run(command, check=True, capture_output=True)
    return classes


def _write_curve_card(pki: SamplePki, serial: str, key: ec.EllipticCurvePrivateKey) -> None:
    """A software card whose authentication key is on a curve, of the authority that issued Alice's."""
    authority = pki.branches[_ALICE.authority].issuing
    card = SampleCard(serial, "Ève", "Courbe", _ALICE.rpps_number, _ALICE.pin, _ALICE.authority, serial)
    certificate = issue_card_certificate(card, "authentication", authority, key, utc_now())
    folder = pki.directory / "cards" / serial
    folder.mkdir()
    sealed = BestAvailableEncryption(_ALICE.pin.encode())
    p12 = pkcs12.serialize_key_and_certificates(serial.encode(), key, certificate, None, sealed)
    (folder / "authentication.p12").write_bytes(p12)
    (folder / "authentication.pem").write_bytes(pem(certificate))
    (folder / "chain.pem").write_bytes(pem(authority.certificate))
    facts = {"serial": serial, "label": serial, "reader": serial, "tries": 3, "inserted": True}
    (folder / "card.json").write_text(json.dumps(facts), "utf-8")
