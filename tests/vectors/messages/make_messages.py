"""Make the messages of header-protection/ afresh: `python -m tests.vectors.messages.make_messages`.

One for every case of RFC 9788 appendix C, in our own words and with our own people, and those that an attacker or an
older program adds to them. Keys and nonces are drawn anew, so the bytes change with each run and the outcomes do not.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.cms.enveloped import build_enveloped
from bridge.cms.recipients import CertificateRecipient
from bridge.cms.signed import build_signed
from tests.vectors.cast import Holding, rsa_key
from tests.vectors.messages import entities
from tests.vectors.messages.entities import ATTACHMENT, FIELDS, REPLY, TEXT, carrying, entity, fields, multipart_signed

HERE = Path(__file__).parent
FOLDER = HERE / "header-protection"
SIGNED_AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

ALICE = Holding.new(ec.generate_private_key(ec.SECP256R1()), "Alice", "alice@pli.example")
BOB = Holding.new(rsa_key(), "Bob", "bob@pli.example")

PLAIN = {"state": "S5", "reason": "unsigned", "encrypted": False}
TEXT_SIGNED = {"state": "S1b", "reason": "headers-unprotected", "encrypted": False}
ALL_SIGNED = {"state": "S1b", "reason": "no-card", "encrypted": False}
ENCRYPTED_TEXT = TEXT_SIGNED | {"encrypted": True}
ENCRYPTED_ALL = ALL_SIGNED | {"encrypted": True}
ENCRYPTED_ONLY = {"state": "S5", "reason": "sender-not-proved", "encrypted": True}
UNPROTECTED = {"notices": ["headers-unprotected"]}


@dataclass(frozen=True)
class Vector:
    """A message and what a reader is shown of it. `case`: which case of RFC 9788 appendix C, or what it adds."""

    name: str
    case: str
    message: bytes
    expected: Mapping[str, Any] = field(default_factory=dict)


def opaque(content: bytes) -> bytes:
    return carrying(_sign(content, detached=False), "signed-data")


def detached(content: bytes) -> bytes:
    return multipart_signed(content, _sign(content, detached=True))


def encrypted(content: bytes, cipher: str = "aes-256-cbc") -> bytes:
    cms = build_enveloped(content, [CertificateRecipient(BOB.certificate)], content_algorithm=cipher)
    return carrying(cms, "enveloped-data")


def _sign(content: bytes, *, detached: bool) -> bytes:
    signer = ALICE.signer
    return build_signed(
        content,
        signer_certificate=signer.certificate,
        sign=signer.sign,
        algorithm=signer.signature_algorithm,
        signing_time=SIGNED_AT,
        certificates=[signer.certificate],
        detached=detached,
    )


def message(body: bytes, outer: Mapping[str, str] = FIELDS) -> bytes:
    return fields(outer) + body


SHOWN: dict[str, Any] = {
    "subject": "Rendez-vous de lundi",
    "from": "Alice Martin <alice@pli.example>",
    "to": ["Bob Lefèvre <bob@pli.example>"],
    "cc": ["Chloé Durand <chloe@pli.example>"],
    "date": "2026-11-21T09:00:00Z",
    "inReplyTo": "",
    "text": TEXT,
    "attachments": [],
}
BARE: dict[str, Any] = {
    "from": "alice@pli.example",
    "to": ["bob@pli.example"],
    "cc": ["chloe@pli.example"],
}
IN_REPLY = {"inReplyTo": "<premier@pli.example>", "references": "<zero@pli.example> <premier@pli.example>"}


def baseline() -> Iterator[Vector]:
    """C.1: without header protection."""
    plain, both = entity(), entity(shape="complex")
    rich = {"html": entities.HTML, "attachments": [ATTACHMENT]}
    yield Vector("no-crypto", "C.1 no cryptography, simple", message(plain), SHOWN | PLAIN)
    yield Vector("no-crypto-complex", "C.1 no cryptography, complex", message(both), SHOWN | PLAIN | rich)
    forms = {"opaque": opaque, "detached": detached}
    for form, sign in forms.items():
        signed_only = SHOWN | TEXT_SIGNED | UNPROTECTED
        yield Vector(f"signed-{form}", f"C.1 {form} signature, simple", message(sign(plain)), signed_only)
        yield Vector(
            f"signed-{form}-complex", f"C.1 {form} signature, complex", message(sign(both)), signed_only | rich
        )
    secret = SHOWN | ENCRYPTED_TEXT | UNPROTECTED
    yield Vector("encrypted", "C.1 signed and encrypted, simple", message(encrypted(detached(plain))), secret)
    yield Vector(
        "encrypted-complex", "C.1 signed and encrypted, complex", message(encrypted(opaque(both))), secret | rich
    )


def signed_only() -> Iterator[Vector]:
    """C.2: signed, with header protection; and the wrapped form of RFC 8551."""
    for shape in ("simple", "complex"):
        payload = entity(FIELDS, 'hp="clear"', shape=shape)
        rich = {"html": entities.HTML, "attachments": [ATTACHMENT]} if shape == "complex" else {}
        expected = SHOWN | ALL_SIGNED | rich | {"notices": [], "protections": _all("signed-only")}
        for form, sign in {"opaque": opaque, "detached": detached}.items():
            yield Vector(
                f"signed-{form}-hp-{shape}",
                f"C.2 {form} signature, {shape}, header protection",
                message(sign(payload)),
                expected,
            )
    wrapped = entities.wrapped(fields(FIELDS) + entity(shape="complex"))
    expected = SHOWN | ALL_SIGNED | {"html": entities.HTML, "attachments": [ATTACHMENT], "notices": []}
    for form, sign in {"opaque": opaque, "detached": detached}.items():
        yield Vector(
            f"signed-{form}-rfc8551", f"C.2 {form} signature, complex, RFC 8551 form", message(sign(wrapped)), expected
        )


def signed_and_encrypted() -> Iterator[Vector]:
    """C.3: both policies of confidentiality, with and without a legacy display, letter and reply, simple and complex."""
    for shape in ("simple", "complex"):
        for policy, outer in {"baseline": entities.baseline, "shy": entities.shy}.items():
            for reply in (False, True):
                for legacy in (False, True):
                    yield _protected(shape, policy, outer, reply=reply, legacy=legacy)
    wrapped = entities.wrapped(fields(FIELDS) + entity(shape="complex"))
    rich = {"html": entities.HTML, "attachments": [ATTACHMENT], "notices": []}
    yield Vector(
        "encrypted-rfc8551-baseline",
        "C.3 signed and encrypted, complex, RFC 8551 form",
        message(encrypted(detached(wrapped)), entities.baseline(FIELDS)),
        SHOWN | ENCRYPTED_ALL | rich,
    )


def _protected(shape: str, policy: str, outer: Any, *, reply: bool, legacy: bool) -> Vector:
    inner = FIELDS | (REPLY if reply else {})
    outside = outer(inner)
    payload = entity(inner, 'hp="cipher"', shape=shape, outer=outside, legacy=entities.hidden(inner, outside, legacy))
    parts = ["encrypted-hp", shape, policy, *(["reply"] if reply else []), *(["legacy"] if legacy else [])]
    rich = {"html": entities.HTML, "attachments": [ATTACHMENT]} if shape == "complex" else {}
    protections = _all("signed-only", reply=reply) | {"subject": "signed-and-encrypted"}
    if policy == "shy":
        protections |= dict.fromkeys(("from", "to", "cc", "date"), "signed-and-encrypted")
    expected = SHOWN | ENCRYPTED_ALL | rich | (IN_REPLY if reply else {}) | {"notices": [], "protections": protections}
    words = f"C.3 signed and encrypted, {shape}, {policy} policy"
    words += (", reply" if reply else "") + (", legacy display" if legacy else "")
    return Vector("-".join(parts), words, message(encrypted(detached(payload)), outside), expected)


def _all(protection: str, *, reply: bool = False) -> dict[str, str]:
    names = ["subject", "from", "to", "cc", "date", "message-id"]
    return dict.fromkeys([*names, *(["in-reply-to", "references"] if reply else [])], protection)


def drafts() -> Iterator[Vector]:
    """The forms of the drafts, which programs of 2018 to 2024 write."""
    outside = entities.baseline(FIELDS)
    subject_only = entity({"Subject": FIELDS["Subject"]}, 'protected-headers="v1"')
    yield Vector(
        "draft-subject-only",
        "old draft: the subject alone is protected",
        message(encrypted(detached(subject_only)), outside),
        SHOWN
        | ENCRYPTED_TEXT
        | {"notices": [], "protections": {"subject": "signed-and-encrypted", "from": "unprotected"}},
    )
    partly = {name: value for name, value in FIELDS.items() if name not in ("To", "Cc")}
    yield Vector(
        "draft-without-recipients",
        "old draft: recipients that are only outside are shown, and not as signed",
        message(encrypted(detached(entity(partly, 'protected-headers="v1"'))), outside),
        SHOWN | ENCRYPTED_TEXT | {"protections": {"to": "unprotected", "subject": "signed-and-encrypted"}},
    )
    repeated = entities.with_legacy_part(entity(), {"Subject": FIELDS["Subject"]})
    yield Vector(
        "draft-legacy-part",
        "old draft: the fields repeated as a part before the body",
        message(encrypted(detached(repeated)), outside),
        SHOWN | ENCRYPTED_TEXT | {"notices": []},
    )
    wrapped = entities.wrapped(fields(FIELDS) + entity(), "; forwarded=no")
    yield Vector(
        "draft-wrapped",
        "memory hole: message/rfc822 with forwarded=no",
        message(encrypted(detached(wrapped)), outside | {"Message-ID": "<autre@pli.example>"}),
        SHOWN | ENCRYPTED_ALL | {"notices": []},
    )
    forwarded = entities.wrapped(fields(FIELDS | {"Message-ID": "<autre@pli.example>"}) + entity())
    yield Vector(
        "forwarded",
        "a forwarded message as the whole payload is no header protection",
        message(encrypted(detached(forwarded)), outside),
        ENCRYPTED_TEXT | UNPROTECTED | {"subject": "[...]", "text": "", "attachments": ["attachment-1.eml"]},
    )


def altered() -> Iterator[Vector]:
    """What transit and attackers do."""
    outside = entities.shy(FIELDS)
    payload = entity(FIELDS, 'hp="cipher"', outer=outside)
    sealed = encrypted(detached(payload))
    proven = SHOWN | ENCRYPTED_ALL
    urgent = outside | {"Subject": "Virement urgent"}
    yield Vector("outer-subject-altered", "38: the protected subject is shown", message(sealed, urgent), proven)
    stranger = outside | {"From": "mallory@evil.example"}
    yield Vector(
        "outer-from-altered",
        "32: replayed under another From",
        message(sealed, stranger),
        SHOWN | ENCRYPTED_ALL | {"state": "S3", "reason": "outer-from-differs", "notices": ["from-differs"]},
    )
    unsigned = entity(FIELDS | {"From": "Président <president@elysee.example>"}, 'hp="cipher"', outer=outside)
    yield Vector(
        "unsigned-from-differs",
        "a From inside that nobody signed gives way to the outer one",
        message(encrypted(unsigned, "aes-256-gcm"), outside),
        SHOWN | ENCRYPTED_ONLY | {"from": "alice@pli.example", "notices": ["from-differs"]},
    )
    yield Vector(
        "encrypted-only",
        "encrypted and not signed",
        message(encrypted(payload, "aes-256-gcm"), outside),
        SHOWN
        | ENCRYPTED_ONLY
        | {"notices": [], "protections": {"subject": "encrypted-only", "message-id": "unprotected"}},
    )
    yield Vector(
        "cipher-in-clear",
        "claims encryption where there is none: nothing was hidden",
        message(detached(payload), outside),
        SHOWN | ALL_SIGNED | {"protections": {"subject": "signed-only"}},
    )
    yield Vector(
        "outer-lines-missing",
        "without HP-Outer lines everything inside was meant to be hidden",
        message(encrypted(detached(entity(FIELDS, 'hp="cipher"'))), outside),
        proven | {"protections": _all("signed-and-encrypted")},
    )
    added = outside | {"Cc": "eve@evil.example", "Reply-To": "eve@evil.example"}
    yield Vector("outer-fields-added", "fields that are only outside are not shown", message(sealed, added), proven)
    yield Vector(
        "inner-nested",
        "fields below the root of the payload protect nothing",
        message(encrypted(detached(entities.mixed(payload))), outside),
        SHOWN | BARE | ENCRYPTED_TEXT | UNPROTECTED | {"subject": "[...]"},
    )
    yield Vector(
        "unprotected-hp",
        "the parameter on a message that nobody signed or encrypted",
        message(entity({}, 'hp="clear"'), outside),
        SHOWN | BARE | PLAIN | {"subject": "[...]"},
    )


def doubtful() -> Iterator[Vector]:
    """Fields missing or doubled, and legacy displays that are none."""
    outside = entities.shy(FIELDS)

    def seal(payload: bytes) -> bytes:
        return message(encrypted(detached(payload)), outside)

    without_subject = {name: value for name, value in FIELDS.items() if name != "Subject"}
    yield Vector(
        "subject-missing",
        "a field that is not inside was not written by the sender",
        seal(entity(without_subject, 'hp="cipher"')),
        SHOWN | ENCRYPTED_TEXT | {"subject": ""},
    )
    doubled = b"Subject: autre\r\n" + entity(FIELDS, 'hp="cipher"')
    yield Vector(
        "subject-doubled", "a doubled field proves nothing", seal(doubled), ENCRYPTED_TEXT | {"subject": "autre"}
    )
    two = b"From: mallory@evil.example\r\n" + entity(FIELDS, 'hp="cipher"')
    yield Vector(
        "from-doubled",
        "33: two From inside",
        seal(two),
        {"state": "S3", "reason": "from-hostile", "from": "alice@pli.example"},
    )
    no_lines = entity(FIELDS, 'hp="cipher"; hp-legacy-display="1"')
    yield Vector("legacy-none", "marked as legacy display, and there is none", seal(no_lines), SHOWN | ENCRYPTED_ALL)
    marked = entity({}, 'hp-legacy-display="1"', legacy={"Subject": FIELDS["Subject"]})
    yield Vector(
        "legacy-unprotected",
        "a legacy display where no field is protected is text like other text",
        message(marked, FIELDS),
        PLAIN | {"text": f"Subject: {FIELDS['Subject']}\n\n{TEXT}"},
    )


def vectors() -> Iterator[Vector]:
    for family in (baseline, signed_only, signed_and_encrypted, drafts, altered, doubtful):
        yield from family()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    private_key = BOB.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    reader = {"certificate": _b64(BOB.certificate.public_bytes(Encoding.DER)), "privateKey": _b64(private_key)}
    sender = {"certificate": _b64(ALICE.certificate.public_bytes(Encoding.DER))}
    _write(HERE / "people.json", {"at": "2026-11-21T10:00:00Z", "reader": reader, "sender": sender})
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for vector in vectors():
        content = {"name": vector.name, "case": vector.case, "message": _b64(vector.message)}
        _write(FOLDER / f"{vector.name}.json", content | {"expected": dict(vector.expected)})


if __name__ == "__main__":
    main()
