"""SoftHSM tokens that hold what a sample card holds: its keys under misleading labels, its certificates, no issuer."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.pki.issue import utc_now
from bridge.pki.sample_health_pki import SampleCard, SamplePki, issue_card_certificate

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
USAGES = {
    "authentication": ["--usage-sign", "--usage-decrypt"],
    "signature": ["--usage-sign"],
    "encryption": ["--usage-decrypt"],
}
_TOKEN = re.compile(r"Serial number:\s+([0-9a-f]+)\n.*\n.*\n\s+Label:\s+(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class TokenDrawer:
    """A folder of SoftHSM tokens, and the environment in which the library finds it."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def prepare(self) -> None:
        (self.folder / "tokens").mkdir(parents=True)
        settings = f"directories.tokendir = {self.folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        (self.folder / "softhsm2.conf").write_text(settings)

    def issue(self, pki: SamplePki, card: SampleCard) -> str:
        """Put a person's card into the drawer, with fresh keys; returns the token's serial number."""
        label = card.serial  # no name: a site that knows nobody yet is shown this very label
        token = ["--label", label, "--pin", card.pin, "--so-pin", "87654321"]
        self._run("softhsm2-util", "--init-token", "--free", *token)
        uses = ["signature", "authentication"] + (["encryption"] if card.encryption_key else [])
        for number, use in enumerate(uses, 1):
            self._put(pki, card, label, f"0{number}", use)
        shown = self._run("softhsm2-util", "--show-slots")
        return dict(map(reversed, _TOKEN.findall(shown)))[label]

    def _put(self, pki: SamplePki, card: SampleCard, label: str, identifier: str, use: str) -> None:
        key = rsa.generate_private_key(65537, 2048)
        certificate = issue_card_certificate(card, use, pki.branches[card.authority].issuing, key, utc_now())
        files = self.folder / "key.der", self.folder / "certificate.der"
        files[0].write_bytes(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
        files[1].write_bytes(certificate.public_bytes(Encoding.DER))
        login = ["--module", LIBRARY, "--token-label", label, "--login", "--pin", card.pin]
        tool = ["pkcs11-tool", *login, "--id", identifier, "--label", "Signature key", "--write-object"]
        self._run(*tool, files[0], "--type", "privkey", *USAGES[use])
        self._run(*tool, files[1], "--type", "cert")
        files[0].unlink()

    def _run(self, *command: str | Path) -> str:
        environment = {**os.environ, **self.environment}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
