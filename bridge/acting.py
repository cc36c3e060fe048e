"""One act on an open mailbox: what its log says, who signs, one question to the person, one signature (DESIGN §4.3).

However many members an act names, one log entry lists the hashes of all their grants and is signed once. The act is rehearsed by
the rules of the log before anybody is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bridge.bench import Bench
from bridge.cms.act_rules import Act, apply_act
from bridge.cms.binding import Binding
from bridge.cms.errors import ActRefused
from bridge.cms.grants import GrantBody
from bridge.cms.log import LogEntry, LogKind, VerifiedEntry, build_entry
from bridge.cms.members import Person
from bridge.cms.membership import Membership
from bridge.cms.messages import Signer
from bridge.cms.recovery_policy import RecoveryPolicy
from bridge.desk import Caller, PresentCard
from bridge.holders import card_identity
from bridge.ledger import Evidence, extend, refusals
from bridge.mailboxes import OpenMailbox
from bridge.pki.anchors import Purpose as CertificatePurpose
from bridge.pki.health_identity import Identity
from bridge.prompts.requests import Named, Purpose, Terms
from bridge.protocol import RpcError
from bridge.signing import card_signer, mailbox_signer
from bridge.validation import Proofs

_NAMED_AT_ONCE = 5  # people in one prompt: every name has to be readable there
_CALLED_AT_ONCE = 3  # where some of them are passkeys, whose line is longer
_ROOMY = 110  # characters of address and site that leave room for so many


@dataclass(frozen=True)
class Actor:
    """Who signs an act: a card, or the mailbox key of a person without one."""

    signer: Signer
    identity: Identity
    card: PresentCard | None


@dataclass(frozen=True)
class Scene:
    """Where an act happens: the open mailbox, its log, what proves certificates, who signs, and when."""

    bench: Bench
    caller: Caller
    mailbox: OpenMailbox
    membership: Membership
    proofs: Proofs
    actor: Actor
    now: datetime

    @property
    def mailbox_id(self) -> bytes:
        return bytes.fromhex(self.mailbox.mailbox_id)

    def entry(self, kind: LogKind, **listed: Any) -> LogEntry:
        """The next entry of the log."""
        head = self.membership.head
        fields = {"grants": (), "bindings": (), **listed}
        return LogEntry(self.mailbox_id, self.mailbox.address, head.seq + 1, head.hash, self.now, kind, **fields)

    def rehearse(
        self,
        entry: LogEntry,
        grants: Sequence[GrantBody] = (),
        binding: Binding | None = None,
        policy: RecoveryPolicy | None = None,
    ) -> Membership:
        """The membership after the entry. Raises ActRefused where its signer may not do that."""
        return rehearse(self.membership, self.actor, entry, tuple(grants), binding, policy)

    def signer_of(self, entry: LogEntry) -> Person:
        """Who would have signed it."""
        return self.membership.signer(_as_signed(self.actor, entry))

    def ask(self, purpose: Purpose) -> None:
        """Raises RpcError unless the person agrees."""
        self.bench.desk.confirm(self.caller, self.actor.card, purpose)

    def ask_about(self, kind: str, people: Sequence[Named], terms: Terms | None = None, **values: str) -> None:
        """As `ask`, naming everybody, in as many prompts as that takes."""
        is_roomy = len(self.mailbox.address + self.caller.origin) <= _ROOMY
        at_once = _CALLED_AT_ONCE if any(one.called for one in people) else _NAMED_AT_ONCE
        size = at_once if is_roomy else 1
        groups = [people[start : start + size] for start in range(0, len(people), size)]
        for part, group in enumerate(groups, 1):
            filled = {"address": self.mailbox.address, "part": str(part), "parts": str(len(groups)), **values}
            self.ask(Purpose(kind, tuple(filled.items()), people=tuple(group), terms=terms))

    def sign(self, entry: LogEntry) -> bytes:
        """The stored entry: the one signature of the act."""
        self.bench.budgets.spend(self.mailbox.mailbox_id, self.caller.origin, "signature", 1)
        return build_entry(entry, self.actor.signer, by_key_identifier=self.actor.card is None)


def rehearse(
    membership: Membership,
    actor: Actor,
    entry: LogEntry,
    grants: tuple[GrantBody, ...] = (),
    binding: Binding | None = None,
    policy: RecoveryPolicy | None = None,
) -> Membership:
    """As if the entry were signed. Raises ActRefused."""
    return apply_act(membership, Act(_as_signed(actor, entry), grants, binding, policy))


def _as_signed(actor: Actor, entry: LogEntry) -> VerifiedEntry:
    return VerifiedEntry(entry, b"", actor.signer.certificate, (), actor.identity, entry.time)


def card_actor(bench: Bench, caller: Caller, card: str, purpose: Purpose, proofs: Proofs, now: datetime) -> Actor:
    """A card that lies here, as who its certificate proves by answers of the last 24 hours. Raises PathError, RpcError."""
    present = bench.desk.find(caller, card)
    signer = card_signer(bench, caller, present, purpose)
    identity = card_identity(bench, signer.certificate, CertificatePurpose.CARD_SIGNATURE, proofs, now)
    return Actor(signer, identity, present)


def set_scene(
    bench: Bench,
    caller: Caller,
    handle: str,
    evidence: dict[str, Any],
    card: str | None,
    kind: str = "act",
    *,
    levels: tuple[str, ...] = ("full",),
) -> Scene:
    """Read the log and see who signs. Raises RpcError HANDLE_UNKNOWN, KEY_USE_DENIED (a session that only reads), LOG_REFUSED, GRANT_REFUSED."""
    mailbox = bench.mailboxes.get(caller, handle)
    if mailbox.level not in levels:
        raise RpcError("KEY_USE_DENIED", reason="recovery")
    brought = Evidence.of(evidence)
    membership = extend(bench, mailbox, brought)
    now = datetime.now(UTC).replace(microsecond=0)
    with refusals():
        actor = _actor(bench, caller, mailbox, card, brought.proofs, now, kind)
    return Scene(bench, caller, mailbox, membership, brought.proofs, actor, now)


def _actor(
    bench: Bench, caller: Caller, mailbox: OpenMailbox, card: str | None, proofs: Proofs, now: datetime, kind: str
) -> Actor:
    if card is None:
        if mailbox.level != "full":
            raise RpcError("KEY_USE_DENIED", reason="recovery")
        return Actor(mailbox_signer(bench, mailbox), Identity("passkey", "", "", mailbox.address, ""), None)
    return card_actor(bench, caller, card, Purpose(kind, (("address", mailbox.address),)), proofs, now)


def check_current(scene: Scene) -> None:
    """Raises ActRefused where this session does not hold the keys that would be passed on."""
    if scene.mailbox.epoch != scene.membership.epoch:
        raise ActRefused("epoch-mismatch")


def day_of(moment: datetime) -> date:
    return moment.astimezone().date()
