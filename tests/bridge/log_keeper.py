"""What a server keeps of one mailbox: its log, bodies, bindings, grants and histories. It takes an act as the real one does."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from bridge.cms.grants import GrantBody, parse_grant
from bridge.cms.log import verify_entry
from bridge.cms.membership import Membership, replay
from bridge.origins import Origins
from bridge.pki import certificates
from bridge.pki.anchors import AnchorStore
from bridge.pki.health_identity import luhn_digit
from bridge.pki.issue import Authority, utc_now
from bridge.pki.path import RevocationMode
from bridge.pki.sample_health_pki import SampleCard, SamplePki, issue_card_certificate
from bridge.policy import Policy, PromptSetting
from bridge.protocol import rfc3339
from bridge.validation import signer_validator
from tests.bridge.operator_side import Account, certify
from tests.bridge.running import Page

_ALGORITHMS = {"encryptionAlgorithm": "p-384", "signatureAlgorithm": "p-256"}


def octets(text: str) -> bytes:
    return base64.b64decode(text)


@dataclass
class LogKeeper:
    """Everything by epoch or by the hash of a body. `handle` is an open one of the newest epoch."""

    pki: SamplePki
    address: str
    mailbox_id: str
    handle: str
    entries: list[bytes]
    bodies: list[bytes]
    bindings: list[bytes]
    grants: dict[bytes, bytes]
    certified: dict[int, dict[str, Any]]
    histories: dict[int, bytes | None] = field(default_factory=dict)

    @classmethod
    def of(cls, pki: SamplePki, address: str, account: Account) -> "LogKeeper":
        """From the opening of an account."""
        sealed = account.sealed
        names = ("encryptionCertificate", "signatureCertificate", "chain", "crls")
        grant = sealed["grant"]
        body = body_of(grant)
        return cls(
            pki, address, account.mailbox_id, account.handle, list(sealed["logEntries"]), [body],
            list(sealed["bindings"]), {_hash(body): grant}, {1: {name: sealed[name] for name in names}},
        )  # fmt: skip

    @property
    def membership(self) -> Membership:
        anchors = AnchorStore.load(self.pki.anchor_entries(), self.pki.directory)
        policy = Policy(Origins([]), frozenset(), anchors, (), None, PromptSetting(), self.pki.directory)
        validate = signer_validator(policy, self.chain, self.pki.crls(), RevocationMode.SOFT)
        entries = [verify_entry(one, validate_signer=validate) for one in self.entries]
        return replay(entries, self.bodies, self.bindings)

    @property
    def chain(self) -> list[x509.Certificate]:
        cards = [
            certificates.load_certificates((self.pki.directory / f"cards/{one}/chain.pem").read_bytes())
            for one in ("alice", "bob")
        ]
        operator = [certificates.load_certificate(one) for one in self.certified[1]["chain"]]
        return [*operator, *(one for chain in cards for one in chain)]

    def evidence(self, first: int = 0, **changes: Any) -> dict[str, Any]:
        return {
            "logEntries": self.entries[first:],
            "bodies": self.bodies,
            "bindings": self.bindings,
            "chain": [certificates.der(one) for one in self.chain],
            "crls": self.pki.crls(),
            **changes,
        }

    def take(self, answer: dict[str, Any], **more: Any) -> Membership:
        """Store an act that the rules of the log allow; raises what they refuse."""
        entries, bodies, bindings = list(self.entries), list(self.bodies), list(self.bindings)
        self.entries.append(octets(answer["logEntry"]))
        made = [octets(one) for one in answer.get("bodies", [])]
        self.bodies += made
        self.bodies += [octets(one) for one in [answer.get("policy")] if one]
        self.bindings += [octets(one) for one in [answer.get("binding")] if one]
        try:
            after = self.membership
        except Exception:
            self.entries, self.bodies, self.bindings = entries, bodies, bindings
            raise
        self.grants.update(zip(map(_hash, made), [octets(one) for one in answer.get("grants", [])], strict=True))
        if "binding" in answer:
            self.certified[answer["epoch"]] = more["certified"]
            self.histories[answer["epoch"]] = octets(answer["history"]) if answer["history"] else None
        return after

    def grant_of(self, kind: str, who: str = "") -> bytes:
        """The newest grant of somebody."""
        for digest in reversed(self.grants):
            holder = GrantBody.from_der(body_of(self.grants[digest])).holder
            if holder.kind.value == kind and who in (holder.id_value, ""):
                return self.grants[digest]
        raise KeyError(kind)

    def sealed(self, grant: bytes) -> dict[str, Any]:
        """The parameters of `mailbox.open` but `unlock`."""
        epoch = GrantBody.from_der(body_of(grant)).epoch
        evidence = {name: value for name, value in self.evidence().items() if name != "chain"}
        history = {"history": self.histories[epoch]} if self.histories.get(epoch) else {}
        return {"grant": grant, **self.certified[epoch], **evidence, **history}

    def open(self, page: Page, grant: bytes, unlock: dict[str, Any]) -> dict[str, Any]:
        opened: dict[str, Any] = page.call("mailbox.open", **self.sealed(grant), unlock=unlock)
        return opened

    def rotate(self, page: Page, card: str | None, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The answer of `mailbox.rotate` for fresh keys, and what the operator certified; nothing is stored."""
        request = page.call("certificate.request", address=self.address, **_ALGORITHMS)
        certified = certify(self.pki.directory, request)
        pair = {name: certified[name] for name in ("encryptionCertificate", "signatureCertificate")}
        params = {"holders": [], **more, **({} if card is None else {"card": card})}
        answer = page.call(
            "mailbox.rotate",
            120,
            handle=self.handle,
            newHandle=request["handle"],
            evidence=self.evidence(),
            **pair,
            **params,
        )
        return {**answer, "handle": request["handle"]}, certified

    def rotated(self, page: Page, card: str | None, **more: Any) -> dict[str, Any]:
        """As `rotate`, stored, with the page gone over to the new epoch."""
        answer, certified = self.rotate(page, card, **more)
        self.take(answer, certified=certified)
        self.handle = answer["handle"]
        return answer


def body_of(grant: bytes) -> bytes:
    return parse_grant(grant).body_der


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def card_of(pki: SamplePki, name: str, use: str) -> dict[str, Any]:
    """A colleague's card as a directory gives it."""
    folder = pki.directory / "cards" / name
    chain = certificates.load_certificates((folder / "chain.pem").read_bytes())
    certificate = certificates.load_certificate((folder / f"{use}.pem").read_bytes())
    return {"certificate": certificates.der(certificate), "chain": [certificates.der(one) for one in chain]}


def made_up_cards(pki: SamplePki, count: int) -> list[tuple[dict[str, Any], ec.EllipticCurvePrivateKey]]:
    """Cards of people who never came here: certificate and chain, and the key that each card would hold."""
    authority = pki.branches["standard"].issuing
    return [_made_up(authority, number) for number in range(count)]


def _made_up(authority: Authority, number: int) -> tuple[dict[str, Any], ec.EllipticCurvePrivateKey]:
    ten = f"99910{number:05}"
    card = SampleCard(
        f"m{number}", f"Nº{number}", "Membre", ten + luhn_digit(ten), "0000", "standard", f"CPS-9{number:03}"
    )
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = issue_card_certificate(card, "encryption", authority, key, utc_now())
    chain = [certificates.der(one) for one in (authority.certificate, *authority.chain)]
    return {"certificate": certificates.der(certificate), "chain": chain}, key


def granted(
    card: dict[str, Any], role: str = "sender", history: str = "all", days: int | None = None
) -> dict[str, Any]:
    """One of the `grants` of an act."""
    now = utc_now() - timedelta(minutes=1)
    until = {} if days is None else {"notAfter": rfc3339(now + timedelta(days=days))}
    return {"holder": {"card": card}, "role": role, "notBefore": rfc3339(now), "history": history, **until}
