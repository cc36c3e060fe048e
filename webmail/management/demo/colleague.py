"""A person of the sample practice at work without a browser: a card, an account, and every mailbox that the card opens."""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bridge.cms.enveloped import parse_enveloped
from bridge.cms.grants import parse_grant
from webmail.management.demo.headless_page import HeadlessPage, PageError
from webmail.management.demo.jmap import Jmap

KEYS = "https://pli.example/jmap/keys"
_FAST = {"encryptionAlgorithm": "p-384", "signatureAlgorithm": "p-256"}


@dataclass
class Colleague:
    """One page of one person whose card (a pseudonym of this origin) has logged in."""

    page: HeadlessPage
    card: str
    reference: str = ""  # of the certificate that the card proved, SHA-256 in base64

    @classmethod
    def log_in(cls, page: HeadlessPage, label: str) -> "Colleague":
        """With the card whose label holds this text."""
        colleague = cls(page, find_card(page, label))
        colleague.prove_presence()
        return colleague

    def prove_presence(self) -> dict[str, Any]:
        """The card's signature on a fresh challenge: the login, and whenever the server asks again."""
        challenge = self.page.post("/auth/challenge", {})["challenge"]
        token = self.page.bridge("auth.token", card=self.card, challenge=challenge)
        return dict(self.page.post("/auth/card", {"token": token}))

    def open_account(self, address: str) -> "HeldMailbox":
        """The person's own mailbox, opened for the first time; the card also proves what colleagues may seal to."""
        mailbox = self._create("/open", address, {})
        self.prove_card()
        return mailbox

    def open_service(self, kind: str, address: str) -> "HeldMailbox":
        """A mailbox that is no person's: kind ORG, APP or CAB."""
        return self._create("/services", address, {"kind": kind})

    def _create(self, route: str, address: str, more: dict[str, str]) -> "HeldMailbox":
        asked = self.page.bridge("certificate.request", address=address, **_FAST)
        requests = {name: asked[name] for name in ("encryptionRequest", "signatureRequest")}
        certified = self.page.post(f"{route}/certify", {"address": address, **more, **requests})
        made = self.page.bridge(
            "mailbox.create", handle=asked["handle"], address=address, holder={"card": self.card}, **certified
        )
        proof = {name: made[name] for name in ("grant", "binding", "logEntry")}
        self.page.post(f"{route}/complete", {"mailboxId": certified["mailboxId"], **proof})
        return HeldMailbox(self, certified["mailboxId"], address, asked["handle"], 1)

    def prove_card(self) -> None:
        """Leave the card's proof with the server, so that others may grant to it while its holder is away."""
        proof = self.page.bridge("card.prove", card=self.card)
        self.reference = b64encode(hashlib.sha256(b64decode(proof["certificate"])).digest()).decode()
        Jmap(self.page, next(iter(self.accounts()))).call("Credential/set", create={"card": proof})

    def accounts(self) -> dict[str, Any]:
        """The mailboxes that the server shows this person now, by id."""
        return dict(self.page.fetch("/.well-known/jmap")["accounts"])

    def find(self, address: str) -> str:
        """The id of a mailbox. Raises PageError."""
        for account_id, account in self.accounts().items():
            if account["name"] == address:
                return account_id
        raise PageError(f"no mailbox {address}")

    def open(self, address: str) -> "HeldMailbox":
        """A mailbox that this card has a grant for. Raises PageError."""
        mailbox = HeldMailbox(self, self.find(address), address, "", 0)
        mailbox.reopen()
        return mailbox


@dataclass
class HeldMailbox:
    """A mailbox open in the bridge. Each act is one log entry with one signature of the card."""

    colleague: Colleague
    id: str
    address: str
    handle: str
    epoch: int
    opened: dict[str, Any] = field(default_factory=dict)  # what `mailbox.open` said
    brought: dict[str, Any] = field(default_factory=dict)  # what it was given

    @property
    def jmap(self) -> Jmap:
        return Jmap(self.colleague.page, self.id)

    # Keys

    def material(self) -> dict[str, Any]:
        """What the server keeps of keys and log: `keys`, `log`, `grants`, `crls`, `ocsps`."""
        names = {"keys": "MailboxKey/get", "grants": "Grant/get"}
        found = {name: self.jmap.call(method, ids=None)["list"] for name, method in names.items()}
        log = self.jmap.call("MembershipLog/get")["list"]
        return {**found, "log": log, **self.colleague.page.fetch("/trust/crls")}

    def evidence(self, material: dict[str, Any] | None = None) -> dict[str, Any]:
        """What proves the membership to a bridge."""
        found = material or self.material()
        log, keys = found["log"], found["keys"]
        return {
            "logEntries": [entry["entry"] for entry in log],
            "bodies": _distinct(body for entry in log for body in entry["bodies"]),
            "bindings": _distinct(
                [*(one for entry in log for one in entry["bindings"]), *(key["binding"] for key in keys)]
            ),
            "chain": _distinct(one for key in keys for one in key["chain"]),
            "crls": found["crls"],
            "ocsps": found["ocsps"],
        }

    def reopen(self, unlock: dict[str, Any] | None = None, kind: str = "card") -> None:
        """By the newest grant of this card, or of another kind of holder. Raises PageError: what the bridge says of the last one."""
        found = self.material()
        refusal: PageError = PageError("GRANT_REFUSED no-grant")
        mine = [grant for grant in found["grants"] if grant["holderKind"] == kind]
        for grant in sorted(mine, key=lambda one: -int(one["epoch"])):
            try:
                self.brought = self.sealed(grant, found)
                self.opened = self.colleague.page.bridge(
                    "mailbox.open", **self.brought, unlock=unlock or {"card": self.colleague.card}
                )
            except PageError as error:
                refusal = error
                continue
            self.handle, self.epoch = self.opened["handle"], int(grant["epoch"])
            return
        raise refusal

    def sealed(self, grant: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
        """The parameters of `mailbox.open` but `unlock`."""
        key = next(one for one in found["keys"] if one["epoch"] == grant["epoch"])
        evidence = self.evidence(found)
        history = {"history": key["history"]} if key["history"] else {}
        pair = {name: key[name] for name in ("encryptionCertificate", "signatureCertificate")}
        return {"grant": grant["grant"], **pair, **evidence, "chain": key["chain"], **history}

    # Members

    def members(self) -> list[dict[str, Any]]:
        """As the signed log says, checked by the bridge."""
        return list(self.membership()["members"])

    def membership(self) -> dict[str, Any]:
        return dict(self.colleague.page.bridge("mailbox.members", handle=self.handle, evidence=self.evidence()))

    def active(self) -> list[dict[str, Any]]:
        return [member for member in self.members() if member["state"] == "active"]

    def member(self, id_value: str) -> dict[str, Any]:
        """The right in force of the person with this number."""
        return next(one for one in self.active() if one["idValue"] == id_value)

    def grant(self, *asked: dict[str, Any], profile: str = "member", **more: Any) -> dict[str, Any]:
        """Give rights to cards (`granted`); `ends` names the rights they replace."""
        params = {"kind": "grant", "card": self.colleague.card, **more}
        act = self.colleague.page.bridge(
            "grant.make", handle=self.handle, evidence=self.evidence(), grants=list(asked), **params
        )
        return self.append(act, profile=profile)

    def end(self, *hashes: str) -> dict[str, Any]:
        """Take rights back; the key changes when a manager comes by."""
        return self._entry("revoke", hashes)

    def confirm(self, *hashes: str) -> dict[str, Any]:
        """Agree to managers that another manager proposed."""
        return self._entry("confirm", hashes)

    def _entry(self, kind: str, hashes: tuple[str, ...]) -> dict[str, Any]:
        act = self.colleague.page.bridge(
            "log.append",
            handle=self.handle,
            evidence=self.evidence(),
            kind=kind,
            hashes=list(hashes),
            card=self.colleague.card,
        )
        return self.append(act)

    def append(self, act: dict[str, Any], profile: str = "member", **more: Any) -> dict[str, Any]:
        """Hand in an act as the bridge made it. Raises JmapError."""
        grants = act.get("grants", [])
        told = [{"bodyHash": body_hash(grant), "profile": profile, "folders": []} for grant in grants]
        bindings = [act["binding"]] if "binding" in act else []
        history = {"history": act["history"]} if act.get("history") else {}
        settings = {"memberships": told} if profile != "member" else {}
        return self.jmap.call(
            "Membership/append",
            logEntry=act["logEntry"],
            grants=grants,
            bindings=bindings,
            **history,
            **settings,
            **more,
        )

    def card_of(self, **wanted: str) -> dict[str, Any] | None:
        """A colleague's card as the directory gives it, by `rppsNumber` or `reference`; None: never here."""
        card = self.jmap.call("Directory/card", **wanted)["card"]
        return card and {name: card[name] for name in ("certificate", "chain", "proof") if card[name]}

    # Rotation

    def rotate(self, *, ends: tuple[str, ...] = (), add: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
        """A new epoch for everybody who has a right; the handle then is of the new epoch."""
        act, handle = self.prepare_rotation(ends=ends, add=add)
        answer = self.append(act)
        self.follow(act, handle)
        return answer

    def prepare_rotation(
        self, *, ends: tuple[str, ...] = (), add: tuple[dict[str, Any], ...] = ()
    ) -> tuple[dict[str, Any], str]:
        """The act, not handed in yet, and the handle of the new epoch. Ways in that opened nothing any more end with it."""
        page = self.colleague.page
        ends = (*ends, *(one for one in self.ended_ways() if one not in ends))
        evidence, asked = self.evidence(), page.bridge("certificate.request", address=self.address, **_FAST)
        requests = {name: asked[name] for name in ("encryptionRequest", "signatureRequest")}
        certified = page.post("/keys/certify", {"accountId": self.id, **requests})
        pair = {name: certified[name] for name in ("encryptionCertificate", "signatureCertificate")}
        holders = [self.card_of(reference=reference) for reference in self._references(ends)]
        wish = {"holders": holders, **({"ends": list(ends)} if ends else {}), **({"add": list(add)} if add else {})}
        act = page.bridge(
            "mailbox.rotate",
            handle=self.handle,
            newHandle=asked["handle"],
            evidence=evidence,
            card=self.colleague.card,
            **pair,
            **wish,
        )
        return act, str(asked["handle"])

    def ended_ways(self) -> list[str]:
        """Of members in the log, what the server takes for over: lost, revoked or past its end, or of somebody who left."""
        rows = self.jmap.call("Member/get", ids=None)["list"]
        return [row["bodyHash"] for row in rows if row["state"] == "active" and row["endedAt"]]

    def follow(self, act: dict[str, Any], handle: str) -> None:
        """Go over to an epoch whose act was stored."""
        self.handle, self.epoch = handle, int(act["epoch"])

    def _references(self, ends: tuple[str, ...]) -> list[str]:
        now = datetime.now(UTC)
        return [
            member["reference"]
            for member in self.active()
            if member["kind"] == "card" and member["bodyHash"] not in ends and not _is_over(member, now)
        ]

    # Mail

    def messages(self) -> list[dict[str, Any]]:
        """What the server lists, newest first."""
        ids = self.jmap.call("Email/query", sort=[{"property": "receivedAt", "isAscending": False}])["ids"]
        properties = ["id", "blobId", "epoch", "mailboxIds", "keywords"]
        return [
            email
            for start in range(0, len(ids), 500)
            for email in self.jmap.call("Email/get", ids=ids[start : start + 500], properties=properties)["list"]
        ]

    def read(self, email: dict[str, Any]) -> bytes:
        """The message inside our seal. Raises PageError, and CmsError where the key opens something else."""
        enveloped = parse_enveloped(self.jmap.download(email["blobId"]))
        item = {
            "recipientInfo": b64encode(enveloped.recipients[0].der).decode(),
            "contentAlgorithm": enveloped.content_algorithm.oid,
            "epoch": email["epoch"],
        }
        answer = self.colleague.page.bridge("key.unwrap", handle=self.handle, items=[item], **{"class": "message"})
        return bytes(enveloped.decrypt(b64decode(answer["items"][0]["cek"])))


def find_card(page: HeadlessPage, label: str) -> str:
    """The pseudonym that this origin sees for a card. Raises StopIteration where it is not there."""
    cards = page.bridge("card.list")["cards"]
    return str(next(card["card"] for card in cards if label in card["label"]))


def granted(
    card: dict[str, Any], role: str, not_before: datetime, not_after: datetime | None = None, history: str = "all"
) -> dict[str, Any]:
    """One of the `grants` of an act."""
    until = {"notAfter": moment(not_after)} if not_after else {}
    return {"holder": {"card": card}, "role": role, "notBefore": moment(not_before), "history": history, **until}


def moment(value: datetime) -> str:
    """RFC 3339, whole seconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def body_hash(grant: str) -> str:
    """How acts name a grant: SHA-256 of its body, base64."""
    return b64encode(hashlib.sha256(parse_grant(b64decode(grant)).body_der).digest()).decode()


def _is_over(member: dict[str, Any], now: datetime) -> bool:
    return bool(member["notAfter"]) and datetime.fromisoformat(member["notAfter"]) <= now


def _distinct(values: Any) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))
