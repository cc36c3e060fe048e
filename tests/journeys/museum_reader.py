"""The museum read in node by the page's own modules; Python answers as the bridge and the directory do."""

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from bridge.cms.errors import CmsError
from bridge.cms.unwrapping import unwrap
from bridge.origins import Origins
from bridge.pki.anchors import AnchorStore
from bridge.pki.certificates import der
from bridge.pki.issue import Authority, issue_mailbox_certificate, utc_now
from bridge.pki.requests import build_request, verify_request
from bridge.pki.sample_health_pki import SamplePki
from bridge.policy import Policy, PromptSetting
from bridge.validation import validate_item
from webmail.management.demo.headless_page import base64_text
from webmail.management.demo.museum.exhibit import Exhibit
from webmail.management.demo.museum.materials import Materials

READER = Path(__file__).with_name("museum_reader.js")
ALICE = "alice.martin@pli.example"


@dataclass(frozen=True)
class Visitor:
    """Alice without a mailbox: her encryption key, what she trusts, and whom the directory knows."""

    pki: SamplePki
    private_key: rsa.RSAPrivateKey
    materials: Materials

    @classmethod
    def enter(cls, pki: SamplePki, folder: Path) -> "Visitor":
        now, key = utc_now(), rsa.generate_private_key(65537, 3072)
        certificate = issue_mailbox_certificate(
            Authority.load(pki.directory / "operator-ca"), verify_request(build_request(key, ALICE)),
            use="encryption", not_before=now - timedelta(days=1), not_after=now + timedelta(days=90),
        )  # fmt: skip
        return cls(pki, key, Materials(pki.directory, folder, ALICE, certificate, now))

    def policy(self) -> Policy:
        """The anchors with their purposes, as the demo's bridge has them."""
        return Policy(
            origins=Origins([]), operator_domains=frozenset({"pli.example"}),
            anchors=AnchorStore.load(self.pki.anchor_entries(), self.pki.directory),
            modules=(), software_cards=None, prompt=PromptSetting(), state=Path(),
        )  # fmt: skip

    def directory(self) -> dict[str, Any]:
        """Alice and Bob by their cards, Denis by his certificate."""
        people = {
            f"{name}@pli.example": {"rppsNumber": self.pki.cards[card].rpps_number, "level": "card", "signatureCertificate": None, "chain": []}
            for name, card in (("alice.martin", "alice"), ("bob.lefevre", "bob"))
        }  # fmt: skip
        denis = self.materials.denis
        entry = {"rppsNumber": "", "level": None, "signatureCertificate": base64_text(der(denis.certificate))}
        return people | {denis.address: entry | {"chain": [base64_text(der(one)) for one in denis.chain]}}

    @contextmanager
    def read(self) -> Iterator["Reading"]:
        """One node process for as many messages as wanted, which remembers the keys it accepted."""
        with subprocess.Popen(["node", str(READER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            reading = Reading(self, child)
            reading.send(
                {
                    "certificate": base64_text(der(self.materials.certificate)),
                    "address": ALICE,
                    "directory": self.directory(),
                }
            )
            try:
                yield reading
                reading.send({"end": True})
                child.wait(20)
            finally:
                child.kill()


class Reading:
    """A conversation with the node process."""

    def __init__(self, visitor: Visitor, child: subprocess.Popen[str]) -> None:
        self.visitor, self.child = visitor, child
        self.policy, self.crls = visitor.policy(), visitor.pki.crls()

    def send(self, value: object) -> None:
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(value) + "\n")
        self.child.stdin.flush()

    def show(self, exhibit: Exhibit, **permission: Any) -> dict[str, Any]:
        """What a reader would see; `permission` is what a person said so that it opens."""
        message = exhibit.make(self.visitor.materials)
        at = (self.visitor.materials.now + timedelta(minutes=1)).isoformat()
        self.send({"key": exhibit.key, "message": base64_text(message), "at": at, **permission})
        assert self.child.stdout is not None
        for line in self.child.stdout:
            said = json.loads(line)
            if not isinstance(said, dict) or "ask" not in said:
                return dict(said)
            self.send(self.answer(said))
        raise RuntimeError("node ended without an answer")

    def answer(self, question: Mapping[str, Any]) -> Any:
        if question["ask"] == "validate":
            return [self._verdict(item) for item in question["items"]]
        info, algorithm = base64.b64decode(question["recipientInfo"]), question["contentAlgorithm"]
        try:
            return base64_text(unwrap(info, self.visitor.private_key, content_algorithm=algorithm))
        except CmsError:
            return None

    def _verdict(self, item: Mapping[str, Any]) -> dict[str, Any]:
        binary = {
            "certificate": base64.b64decode(item["certificate"]),
            "chain": [base64.b64decode(one) for one in item["chain"]],
        }
        decoded = dict(item) | binary | {"at": datetime.fromisoformat(item["at"])}
        return {
            name: value
            for name, value in validate_item(self.policy, decoded, self.crls).items()
            if not isinstance(value, bytes)
        }
