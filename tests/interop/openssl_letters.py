"""Letters as an outsider makes them with the OpenSSL program: `cms -sign`, then `cms -encrypt`."""

import base64
import subprocess
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

SENDER = "Denis Garnier <denis@partner.example>"
PURE, ALTERED = "vrai", "faux"  # of one length, so that DER stays well formed


@dataclass(frozen=True)
class Form:
    """How a letter is encrypted: a name for people, and what `cms -encrypt` is told after the recipient."""

    name: str
    arguments: tuple[str, ...]

    @property
    def streamed(self) -> bool:
        return "-stream" in self.arguments


_OAEP = ("-keyopt", "rsa_padding_mode:oaep")
RSA_FORMS = (
    Form("RSA v1.5, AES-CBC", ("-aes256",)),
    Form("RSA OAEP SHA-1, AES-CBC", ("-aes256", *_OAEP)),
    Form("RSA OAEP SHA-256, AES-CBC", ("-aes256", *_OAEP, "-keyopt", "rsa_oaep_md:sha256")),
    Form("RSA v1.5, AES-GCM", ("-aes-256-gcm",)),
    Form("RSA v1.5, AES-CBC, BER", ("-aes256", "-stream")),
)
P384_FORMS = (
    Form("ECDH P-384 KDF SHA-1, AES-CBC", ("-aes256",)),
    Form("ECDH P-384 KDF SHA-384, AES-CBC", ("-aes256", "-keyopt", "ecdh_kdf_md:sha384")),
    Form("ECDH P-384 KDF SHA-256, AES-GCM", ("-aes-256-gcm", "-keyopt", "ecdh_kdf_md:sha256")),
)


@dataclass(frozen=True)
class Letter:
    """One letter to make. `altered`: its text is changed after signing."""

    form: Form
    detached: bool
    subject: str
    altered: bool = False

    @property
    def text(self) -> str:
        return f"Cher confrère, ce texte est {ALTERED if self.altered else PURE}. {self.subject}"


def write(letter: Letter, sender: Path, certificate: Path, recipient: str) -> bytes:
    """The RFC 5322 bytes; `sender` is the outsider's folder, `certificate` the mailbox's, PEM."""
    signed = _sign(letter, sender)
    if letter.altered:
        signed = _alter(signed, detached=letter.detached)
    headers = ["-from", SENDER, "-to", recipient, "-subject", letter.subject]
    return _openssl(signed, "-encrypt", "-binary", *headers, "-recip", certificate, *letter.form.arguments)


def _sign(letter: Letter, sender: Path) -> bytes:
    text = letter.text.replace(ALTERED, PURE)
    entity = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    signer = ["-signer", sender / "certificate.pem", "-inkey", sender / "private-key.pem"]
    kind = [*([] if letter.detached else ["-nodetach"]), *(["-stream"] if letter.form.streamed else [])]
    return _openssl(entity.encode(), "-sign", "-binary", *signer, "-certfile", sender / "chain.pem", *kind)


def _alter(signed: bytes, *, detached: bool) -> bytes:
    if detached:
        return _changed(signed)
    der = message_from_bytes(signed, policy=policy.SMTP).get_payload(decode=True)
    assert isinstance(der, bytes)
    head = signed.partition(b"\n\n")[0]
    return head + b"\n\n" + base64.encodebytes(_changed(der))


def _changed(content: bytes) -> bytes:
    assert PURE.encode() in content
    return content.replace(PURE.encode(), ALTERED.encode())


def _openssl(data: bytes, *arguments: str | Path) -> bytes:
    return subprocess.run(["openssl", "cms", *arguments], input=data, capture_output=True, check=True).stdout
