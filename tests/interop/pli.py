"""Pli in the matrix: the modules of `static/js` through the judge, and the bridge's signer for people with a card."""

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import Engine
from forms import KEYS, Form
from layers import opaque_entity, outer_fields, protected_entity, signed_entity
from peer import Commission, Correspondent
from people import Mailbox, Operator, card_of
from shape import Opener

from bridge.cms.messages import Signer, sign_message, sign_with_card
from bridge.cms.signed import software_signer
from bridge.pki.certificates import pem
from bridge.pki.issue import private_pem, utc_now
from bridge.pki.sample_health_pki import SamplePki

UKM = "pli interop"
_OAEP_HASH = {"RSA OAEP SHA-1": "SHA-1", "RSA OAEP SHA-256": "SHA-256"}


class NotWhatWasWritten(Exception):
    """Pli read another text, another protection or another sender; the text says which."""


@dataclass(frozen=True)
class Sent:
    """A letter of Pli on its way out."""

    message: bytes
    text: str


@dataclass(frozen=True)
class Recipient:
    """`certificate`: for encryption, a PEM file."""

    address: str
    certificate: Path


class Pli:
    """The mailboxes of one operator, one card, and whom they trust."""

    def __init__(
        self, pki: SamplePki, operator: Operator, trusted: dict[str, Any], engine: Engine, folder: Path
    ) -> None:
        self._engine, self._trust = engine, trusted
        self.mailboxes = operator.mailboxes()
        self._card, self._written = card_of(pki, "alice"), 0
        folder.mkdir(exist_ok=True)
        chain = [operator.authority.certificate, operator.root.certificate]
        self.chain = _file(folder / "operator-chain.pem", b"".join(pem(one) for one in chain))
        self.openers = {
            kind: Opener(
                _file(folder / f"mailbox-{kind}.pem", pem(mailbox.encryption)),
                _file(folder / f"mailbox-{kind}.key", mailbox.encryption_key.encode()),
            )
            for kind, mailbox in self.mailboxes.items()
        }

    def commission(self, form: Form, sender: Correspondent) -> Commission:
        """What a peer is asked to write to one of the mailboxes."""
        self._written += 1
        subject, text = f"Essai {self._written}", f"Cher confrère, l’œdème a disparu : essai {self._written}."
        kind = form.recipient
        address, certificate = self.mailboxes[kind].address, self.openers[kind].certificate
        return Commission(form, sender, address, certificate, self.chain, subject, text)

    def read(self, message: bytes, letter: Commission) -> dict[str, Any]:
        """What a reader sees; raises NotWhatWasWritten unless it is the letter, protected as it should be."""
        seen = self.view(message, letter.form.recipient)
        _expect(seen, letter)
        return seen

    def view(self, message: bytes, kind: str) -> dict[str, Any]:
        """What the mailbox with this kind of key sees."""
        mailbox = self.mailboxes[kind]
        return self._engine.ask("view", message=message, keys=[mailbox.opener], viewer=mailbox.address, **self._trust)

    def recipient(self, kind: str) -> Recipient:
        return Recipient(self.mailboxes[kind].address, self.openers[kind].certificate)

    def write(self, form: Form, reader: Recipient | Correspondent) -> Sent:
        """A letter of the mailbox with the RSA key, its header fields protected (RFC 9788)."""
        self._written += 1
        text = f"Bonjour, l’été est là : essai {self._written}."
        alice = self.mailboxes["rsa"]
        outer = outer_fields(alice.address, reader.address, "[...]")
        entity = protected_entity(alice.address, reader.address, f"Essai {self._written}", text)
        if form.signed:
            entity = self._signed(entity, alice, form)
        if form.encrypted:
            entity = self._encrypted(entity, form, reader)
        if form.structure == "nested":
            entity = self._signed(entity, alice, Form("signed detached"))
        return Sent(outer + entity, text)

    def _signed(self, entity: bytes, alice: Mailbox, form: Form) -> bytes:
        if not form.inner_detached:
            return opaque_entity(self._signature(entity, alice, detached=False), "signed-data")
        signature = self._by_card(entity, alice) if form.card else self._signature(entity, alice, detached=True)
        return signed_entity(entity, signature)

    def _by_card(self, entity: bytes, alice: Mailbox) -> bytes:
        """Form E2h, as the bridge signs."""
        signer = Signer(alice.signature, alice.chain, software_signer(alice.signature_key))
        now = utc_now()
        card = sign_with_card(entity, self._card, now)
        return sign_message(
            entity, signer, encryption_certificate=alice.encryption, signing_time=now, card_signature=card
        )

    def _signature(self, entity: bytes, alice: Mailbox, *, detached: bool) -> bytes:
        """The mailbox alone, as the page signs with a passkey."""
        made = self._engine.ask(
            "cms-sign",
            content=entity,
            detached=detached,
            at=utc_now().isoformat(),
            certificate=pem(alice.signature).decode(),
            chain=[pem(member).decode() for member in alice.chain],
            private_key=private_pem(alice.signature_key).decode(),
        )
        return b64decode(made["cms"])

    def _encrypted(self, entity: bytes, form: Form, reader: Recipient | Correspondent) -> bytes:
        made = self._engine.ask(
            "cms-encrypt",
            content=entity,
            recipients=[reader.certificate.read_text()],
            content_algorithm=f"aes-256-{form.cipher[-3:]}",
            **_key_transport(form.key),
        )
        kind = "enveloped-data" if form.cipher == "AES-CBC" else "authEnveloped-data"
        return opaque_entity(b64decode(made["cms"]), kind)


def _key_transport(key: str) -> dict[str, str]:
    if key == "RSA v1.5":
        return {"key_algorithm": "rsa-pkcs1"}
    if key in _OAEP_HASH:
        return {"key_algorithm": "rsa-oaep", "hash": _OAEP_HASH[key]}
    assert KEYS[key] != "rsa"
    return {"key_algorithm": "ecdh"} | ({"label": UKM} if key.endswith("ukm") else {})


def alter(message: bytes) -> bytes:
    """The same length, another text."""
    return message.replace(b"essai", b"assai")


def _expect(seen: dict[str, Any], letter: Commission) -> None:
    form, signature = letter.form, seen["signature"]
    found = {
        "text": seen["text"].strip(),
        "encrypted": seen["encrypted"],
        "state": signature["state"],
        "signer": (signature["signer"] or {}).get("email"),
        "attachments": seen["attachments"],
    }
    wanted = {
        "text": alter(letter.text.encode()).decode() if form.altered else letter.text,
        "encrypted": form.encrypted,
        "state": _state(form),
        "signer": letter.sender.address if form.signed and not form.altered else None,
        "attachments": [],
    }
    if found != wanted:
        differs = ", ".join(f"{name} {found[name]!r}" for name in wanted if found[name] != wanted[name])
        raise NotWhatWasWritten(f"{differs} ({signature['reason']}, {seen.get('quarantined')}, {seen['notices']})")


def _state(form: Form) -> str:
    """An outsider's signature proves an address and a text; without one nobody is proved."""
    return "S1b" if form.signed and not form.altered else "S5"


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
