"""S-nail, a mail program for the terminal with S/MIME of its own (by OpenSSL)."""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from layers import canonical
from peer import Commission, Completed, Correspondent, Peer, PeerRefused, Reading, one_line, require, run

_CIPHERS = {"AES-CBC": "aes256", "AES-GCM": "aes256-gcm"}


class Snail(Peer):
    name, program = "s-nail", "s-nail"

    def __init__(self, work: Path, people: Sequence[Correspondent]) -> None:
        super().__init__(work, people)
        self._roots = self.bundle(self.roots)
        self._keys = {p.address: self.bundle([p.private_key, p.certificate]) for p in people}
        self._environment = {"HOME": str(work), "MAILRC": os.devnull, "TERM": "dumb", "LC_ALL": "C.UTF-8"}

    def version(self) -> str:
        shown = require(self._run(self.people[0], "-V"), "s-nail").decode()
        return next(word for word in shown.split() if word.startswith("v")).lstrip("v").rstrip(",")

    def read(self, message: bytes) -> Reading:
        """`decrypt` until nothing changes, `verify` at each layer, then what `type` shows."""
        mailbox, encrypted = self._mailbox(message), False
        signed = self._verify(mailbox)
        if _encrypted(mailbox):
            mailbox, encrypted = self._decrypt(mailbox), True
            signed = self._verify(mailbox)
        return Reading(self._on(mailbox, "type 1").stdout, encrypted, signed)

    def write(self, letter: Commission) -> bytes:
        form, sent = letter.form, self.file(suffix=".mbox")
        options = [f"mta=test://{sent}"]
        if form.signed:
            options += ["smime-sign", f"smime-sign-include-certs={letter.sender.chain}"]
        if form.encrypted:
            options += ["smime-force-encryption", f"smime-encrypt-{letter.recipient}={letter.certificate}"]
            options += [f"smime-cipher-{letter.recipient}={_CIPHERS[form.cipher]}"]
        settings = [part for option in options for part in ("-S", option)]
        done = self._run(letter.sender, *settings, "-s", letter.subject, letter.recipient, data=letter.text.encode())
        require(done, "s-nail")
        return canonical(sent.read_bytes().partition(b"\n")[2])

    def _mailbox(self, message: bytes) -> Path:
        """One message in mbox form (RFC 4155)."""
        stamp = time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime())
        return self.file(f"From sender {stamp}\n".encode() + message.replace(b"\r\n", b"\n") + b"\n", ".mbox")

    def _decrypt(self, mailbox: Path) -> Path:
        """As each of the people in turn; what it says to the wrong one is of no interest."""
        said = b""
        for person in self.people:
            opened = self.work / f"{mailbox.stem}-{person.kind}.mbox"
            done = self._on(mailbox, f"decrypt 1 {opened}", person)
            if done.returncode < 0:
                raise PeerRefused(f"s-nail decrypt: ends by signal {-done.returncode}")
            if opened.exists() and b"x-encoded-content-type" in _head(opened):
                return opened
            said = said if b"no recipient matches" in done.stderr and said else done.stderr
        raise PeerRefused(f"s-nail decrypt: {one_line(said)}")

    def _verify(self, mailbox: Path) -> bool:
        """False where nothing is signed."""
        if not re.search(
            rb"\ncontent-type:\s*(multipart/signed|application/(x-)?pkcs7-mime;\s*.*signed-data)", _head(mailbox)
        ):
            return False
        done = self._on(mailbox, "verify 1")
        if b"verified successfully" not in done.stdout + done.stderr:
            raise PeerRefused(f"s-nail verify: {one_line(done.stderr)}")
        return True

    def _on(self, mailbox: Path, command: str, person: Correspondent | None = None) -> Completed:
        return self._run(person or self.people[0], "-R", "-#", "-Y", command, "-Y", "xit", "-f", mailbox)

    def _run(self, person: Correspondent, *arguments: object, data: bytes = b"") -> Completed:
        settings = {
            "v15-compat": "",
            "from": person.address,
            "smime-ca-file": self._roots,
            "smime-sign-cert": self._keys[person.address],
            "smime-sign-digest": "sha256",
            "sendcharsets": "utf-8",
            "ttycharset": "utf-8",
        }
        given = [part for name, value in settings.items() for part in ("-S", f"{name}={value}")]
        return run(["s-nail", "-n", *given, *arguments], data, self._environment)


def _encrypted(mailbox: Path) -> bool:
    return bool(re.search(rb"\ncontent-type:\s*application/(x-)?pkcs7-mime;(?!.*signed-data)", _head(mailbox)))


def _head(mailbox: Path) -> bytes:
    """In lower case. What was decrypted keeps the former type in X-Encoded-Content-Type."""
    return mailbox.read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")[0].lower()
