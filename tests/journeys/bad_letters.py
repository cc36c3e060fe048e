"""Letters that arrive from outside and are not right: for another key, damaged, altered, forged, stripped, without end."""

import base64
import json
import subprocess
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms

from bridge.cms.algorithms import PLI_CARD_SIGNATURE
from webmail.management.demo.headless_page import HeadlessPage, base64_text
from webmail.management.demo.letters import OUTSIDER
from webmail.management.demo.practice import PRACTITIONERS, find_card, log_in

BOB = "bob.lefevre@pli.example"


def plain(subject: str, text: str = "Bonjour.\n") -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = OUTSIDER, "alice.martin@pli.example", subject
    letter["Date"] = format_datetime(datetime.now(UTC))
    letter.set_content(text)
    return letter


def entity(text: str, *parameters: str) -> bytes:
    kind = "; ".join(["Content-Type: text/plain; charset=utf-8", *parameters])
    return f"{kind}\r\n\r\n{text}\r\n".encode()


def signed_by_denis(folder: Path, text: str, *options: str) -> bytes:
    """What OpenSSL makes of an entity: multipart/signed, or with `-outform DER -nodetach` the CMS alone."""
    signer = [
        "-signer",
        folder / "certificate.pem",
        "-inkey",
        folder / "private-key.pem",
        "-certfile",
        folder / "chain.pem",
    ]
    command = ["openssl", "cms", "-sign", "-binary", *map(str, signer), *options]
    return subprocess.run(command, input=entity(text), capture_output=True, check=True).stdout


def outer(subject: str, sender: str = OUTSIDER, recipient: str = "alice.martin@pli.example") -> bytes:
    date = format_datetime(datetime.now(UTC))
    return f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\nDate: {date}\r\n".encode()


def damaged(letter: bytes) -> bytes:
    """One base64 character of the ciphertext's middle is another."""
    lines = letter.splitlines(keepends=True)
    at = len(lines) * 3 // 4
    lines[at] = lines[at].translate(bytes.maketrans(b"ABCDEFGH", b"HGFEDCBA"))
    return b"".join(lines)


def attributes_as_content(folder: Path, subject: str) -> bytes:
    """The forgery of RFC 5652 §11: what was signed as attributes is presented as content without attributes."""
    found = cms.ContentInfo.load(signed_by_denis(folder, "Bonjour.", "-outform", "DER", "-nodetach"))
    signed = found["content"]
    signer = signed["signer_infos"][0]
    attributes = signer["signed_attrs"].untag().dump()
    signer["signed_attrs"] = None
    signed["encap_content_info"] = {"content_type": "data", "content": attributes}
    head = b'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return outer(subject) + head + base64.encodebytes(found.dump(force=True))


def multipart_signed(head: bytes, payload: bytes, signature: bytes) -> bytes:
    kind = (
        b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b1\r\n\r\n'
    )
    part = b'Content-Type: application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return head + kind + b"--b1\r\n" + payload + b"\r\n--b1\r\n" + part + base64.encodebytes(signature) + b"--b1--\r\n"


def without_card_signature(signature: bytes) -> bytes:
    """The mailbox signature stays, the card's SignedData is taken out of the attributes it signed."""
    found = cms.ContentInfo.load(signature)
    signer = found["content"]["signer_infos"][0]
    kept = [one for one in signer["signed_attrs"] if one["type"].dotted != PLI_CARD_SIGNATURE]
    assert len(kept) == len(signer["signed_attrs"]) - 1
    signer["signed_attrs"] = cms.CMSAttributes(kept)
    return found.dump(force=True)


def bob_signs(origin: str, bridge_port: int, subject: str, *, by_card: bool) -> tuple[bytes, bytes]:
    """A payload and its signature, as Bob's bridge makes it with and without his card."""
    payload = b"From: %s\r\nTo: alice.martin@pli.example\r\nSubject: %s\r\n" % (BOB.encode(), subject.encode())
    payload += b"Date: %s\r\n" % format_datetime(datetime.now(UTC)).encode() + entity("Bonjour.", 'hp="clear"').rstrip()
    bob = next(person for person in PRACTITIONERS if person.address == BOB)
    with HeadlessPage(origin, bridge_port) as page:
        card = find_card(page, bob)
        log_in(page, card)
        opened = page.bridge("mailbox.open", **sealed_mailbox(page), unlock={"card": card})
        chosen = {"card": card} if by_card else {}
        answer = page.bridge("message.sign", handle=opened["handle"], messages=[base64_text(payload)], **chosen)
    return payload, base64.b64decode(answer["signatures"][0])


def sealed_mailbox(page: HeadlessPage) -> dict[str, Any]:
    """What `mailbox.open` wants, as the server keeps it."""
    account = next(iter(json.loads(page.get("/.well-known/jmap"))["accounts"]))
    names = ("Grant/get", "MailboxKey/get", "MembershipLog/get")
    calls = [
        [name, {"accountId": account, "ids": None} if name != names[2] else {"accountId": account}, name]
        for name in names
    ]
    using = ["urn:ietf:params:jmap:core", "https://pli.example/jmap/keys"]
    answers = page.post("/jmap/api", {"using": using, "methodCalls": calls})["methodResponses"]
    (grant, *_), (key, *_), log = (answer[1]["list"] for answer in answers)
    return {
        "grant": grant["grant"],
        "logEntries": [entry["entry"] for entry in log],
        "bindings": [key["binding"]],
        "encryptionCertificate": key["encryptionCertificate"],
        "signatureCertificate": key["signatureCertificate"],
        "chain": key["chain"],
        "crls": json.loads(page.get("/trust/crls"))["crls"],
    }


def nested(subject: str, levels: int) -> bytes:
    """Multiparts inside each other."""
    body = b"Content-Type: text/plain\r\n\r\nau fond\r\n"
    for level in range(levels):
        edge = b"--n%d" % level
        kind = b"Content-Type: multipart/mixed; boundary=n%d\r\n\r\n" % level
        body = kind + edge + b"\r\n" + body + b"\r\n" + edge + b"--\r\n"
    return outer(subject) + b"MIME-Version: 1.0\r\n" + body


def many_parts(subject: str, count: int) -> bytes:
    parts = b"".join(b"--many\r\nContent-Type: text/plain\r\n\r\n%d\r\n" % number for number in range(count))
    return (
        outer(subject)
        + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=many\r\n\r\n"
        + parts
        + b"--many--\r\n"
    )
