"""gpgsm, GnuPG's S/MIME, with a home of its own, the roots trusted, and no revocation fetched (there is no network)."""

import re
from collections.abc import Sequence
from pathlib import Path

from layers import CmsTool
from peer import Commission, Completed, Correspondent, PeerRefused, require, run

_PASSPHRASE = b"gpgsm"
_OLD = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]
_UNREAD = b"error parsing or decrypting the PKCS#12 file"
_SALTS = 6


class Gpgsm(CmsTool):
    name, program = "gpgsm", "gpgsm"

    def __init__(self, work: Path, people: Sequence[Correspondent]) -> None:
        super().__init__(work, people)
        self.home = work / "gnupg"
        self.home.mkdir(mode=0o700)
        self.environment = {"GNUPGHOME": str(self.home)}
        (self.home / "gpg-agent.conf").write_text("allow-preset-passphrase\ns2k-count 65536\n")
        (self.home / "gpgsm.conf").write_text("disable-crl-checks\ndisable-dirmngr\n")
        self._trust_roots()
        try:
            self._settle()
        except PeerRefused:
            self.close()
            raise

    def _settle(self) -> None:
        require(run(["gpgconf", "--launch", "gpg-agent"], environment=self.environment), "gpg-agent")
        for file in (*self.roots, *self.intermediates):
            require(self._gpgsm("--import", file), f"gpgsm --import {file.name}")
        for person in self.people:
            self._move_in(person)
        self._remember_passphrase()

    def close(self) -> None:
        run(["gpgconf", "--kill", "all"], environment=self.environment)

    def version(self) -> str:
        return require(run(["gpgsm", "--version"]), "gpgsm").decode().split()[2]

    def decrypt(self, der: bytes) -> bytes:
        return require(self._gpgsm("--decrypt", self.file(der)), "gpgsm --decrypt")

    def verify(self, der: bytes, content: bytes | None) -> bytes:
        beside = [] if content is None else [self.file(content)]
        output = self.work / f"verified-{self._files}"
        output.unlink(missing_ok=True)
        done = self._gpgsm("--status-fd", "1", "--output", output, "--verify", self.file(der), *beside)
        if b"[GNUPG:] GOODSIG" not in require(done, "gpgsm --verify"):
            raise PeerRefused(f"gpgsm --verify: {done.stdout.decode(errors='replace')[:400]}")
        return content if content is not None else output.read_bytes()

    def sign(self, entity: bytes, letter: Commission, *, detached: bool) -> bytes:
        command = "--detach-sign" if detached else "--sign"
        options = ["--local-user", letter.sender.address, "--include-certs", "2", command]
        return require(self._gpgsm(*options, self.file(entity)), "gpgsm --sign")

    def encrypt(self, entity: bytes, letter: Commission) -> bytes:
        self._gpgsm("--import", letter.chain)
        self._gpgsm("--import", letter.certificate)
        return require(self._gpgsm("--recipient", letter.recipient, "--encrypt", self.file(entity)), "gpgsm --encrypt")

    def _gpgsm(self, *arguments: object) -> Completed:
        """Its passphrase prompt is answered from standard input."""
        loopback = ["--pinentry-mode", "loopback", "--passphrase-fd", "0"]
        return run(["gpgsm", "--batch", "--yes", *loopback, *arguments], _PASSPHRASE + b"\n", self.environment)

    def _move_in(self, person: Correspondent) -> None:
        """Of a PKCS#12 with an EC key gpgsm 2.2 dies: its owner has the certificate alone, and reads nothing.

        From about one salt in a hundred it derives a wrong key, always the same; then the file is written anew.
        """
        for _ in range(_SALTS):
            done = self._gpgsm("--import", self._pkcs12(person))
            if _UNREAD not in done.stderr:
                break
        if done.returncode and person.kind != "rsa":
            done = self._gpgsm("--import", person.certificate)
        require(done, f"gpgsm --import of {person.address}")

    def _pkcs12(self, person: Correspondent) -> Path:
        """gpgsm 2.2 reads no PBES2 in it."""
        file = self.file(suffix=".p12")
        parts = ["-inkey", person.private_key, "-in", person.certificate, "-passout", f"pass:{_PASSPHRASE.decode()}"]
        require(run(["openssl", "pkcs12", "-export", *parts, *_OLD, "-out", file]), "openssl pkcs12")
        return file

    def _remember_passphrase(self) -> None:
        """For programs that call gpgsm themselves and would be asked for it."""
        listed = require(self._gpgsm("--with-colons", "--with-keygrip", "--list-secret-keys"), "gpgsm")
        for keygrip in re.findall(rb"^grp:+([0-9A-F]{40}):", listed, re.MULTILINE):
            preset = ["/usr/lib/gnupg/gpg-preset-passphrase", "--preset", keygrip.decode()]
            require(run(preset, _PASSPHRASE, self.environment), "gpg-preset-passphrase")

    def _trust_roots(self) -> None:
        lines = []
        for root in self.roots:
            shown = require(run(["openssl", "x509", "-in", root, "-noout", "-fingerprint", "-sha1"]), "openssl x509")
            lines.append(shown.decode().strip().split("=")[1] + " S relax")
        (self.home / "trustlist.txt").write_text("\n".join(lines) + "\n")
