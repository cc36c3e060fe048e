"""What the membership log of each open mailbox says: evidence of a page in, the membership that follows from it out.

A page brings entries, the bodies and bindings they name, and what proves their signers. Nothing of it is believed for who brought
it: the log is replayed from its beginning, and has to extend the head that this bridge remembers.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.cms.errors import ActRefused, CmsError, GrantRefused, LogRefused, ShareRefused
from bridge.cms.log import LogHead, VerifiedEntry, verify_chain
from bridge.cms.members import person_of
from bridge.cms.membership import Member, Membership, replay
from bridge.heads import Head
from bridge.pki import certificates as pki
from bridge.pki.errors import PkiError
from bridge.protocol import RpcError, rfc3339
from bridge.validation import Proofs, verify_entries

if TYPE_CHECKING:
    from bridge.bench import Bench
    from bridge.mailboxes import OpenMailbox


@dataclass(frozen=True)
class Evidence:
    """What a page brings; nothing of it is proved. `bodies` are grant bodies and recovery policies."""

    log_entries: Sequence[bytes]
    bodies: Sequence[bytes]
    bindings: Sequence[bytes]
    proofs: Proofs

    @classmethod
    def of(cls, members: dict[str, Any]) -> "Evidence":
        """From the protocol's members. Raises RpcError GRANT_REFUSED for a certificate that is none."""
        with refusals():
            chain = tuple(pki.load_certificate(der) for der in members["chain"])
        proofs = Proofs(chain, members["crls"], members.get("ocsps", ()))
        return cls(members["logEntries"], members.get("bodies", ()), members["bindings"], proofs)


class Ledger:
    """The membership that each handle has verified. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, Membership] = {}
        self._lock = threading.Lock()

    def known(self, handle: str) -> Membership | None:
        with self._lock:
            return self._known.get(handle)

    def keep(self, handle: str, membership: Membership) -> None:
        with self._lock:
            self._known[handle] = membership

    def forget(self, handle: str) -> None:
        with self._lock:
            self._known.pop(handle, None)


@dataclass(frozen=True)
class ReadLog:
    """The entries of some evidence, with the membership at the last of them."""

    entries: Sequence[VerifiedEntry]
    membership: Membership


def read_log(bench: "Bench", mailbox_id: str, evidence: Evidence, known: Membership | None = None) -> ReadLog:
    """Replay what a page brought, from the genesis on or after `known`. Raises LogRefused, ActRefused, GrantRefused, ShareRefused.

    Nothing is remembered yet: `remember` does that, once everything else about the act holds.
    """
    bench.intermediates.learn(evidence.proofs.chain)
    entries = verify_entries(bench.policy, evidence.log_entries, evidence.proofs)
    for one in entries:
        bench.intermediates.learn(
            one.unverified_chain
        )  # the issuer of the card that signed, which the card may not hold
    seen = bench.heads.known(mailbox_id)
    _check_seen(entries, known, seen)
    if known is not None and not entries:
        return ReadLog((), known)
    membership = replay(entries, evidence.bodies, evidence.bindings, known)
    if membership.binding.mailbox_id.hex() != mailbox_id:
        raise LogRefused("fork")
    return ReadLog(entries, membership)


def extend(bench: "Bench", mailbox: "OpenMailbox", evidence: Evidence) -> Membership:
    """The membership of an open mailbox after what a page brought, which is remembered. Raises RpcError LOG_REFUSED, GRANT_REFUSED."""
    with refusals():
        membership = read_log(bench, mailbox.mailbox_id, evidence, bench.ledger.known(mailbox.handle)).membership
    remember(bench, mailbox.handle, mailbox.mailbox_id, membership)
    _end_without_right(bench, mailbox, membership)
    return membership


def _end_without_right(bench: "Bench", mailbox: "OpenMailbox", membership: Membership) -> None:
    """Whoever the log shows to have lost his right holds no open mailbox here. Raises RpcError GRANT_REFUSED."""
    if mailbox.holder is None:
        return
    person = person_of(mailbox.holder, membership.owner)
    if membership.rights(person, datetime.now(UTC)) is None:
        bench.mailboxes.end(lambda one: one.handle == mailbox.handle, "locked")
        raise RpcError("GRANT_REFUSED", reason="ended")


def remember(bench: "Bench", handle: str, mailbox_id: str, membership: Membership) -> None:
    """From now on no older log is believed."""
    bench.ledger.keep(handle, membership)
    bench.heads.remember(mailbox_id, Head(membership.head.seq, membership.head.hash, time=membership.time))


def _check_seen(entries: Sequence[VerifiedEntry], known: Membership | None, seen: Head | None) -> None:
    """The head of this mailbox that any page or run of this bridge saw is in this log."""
    if seen is None:
        return
    last = LogHead(seen.seq, seen.digest)
    if entries:
        verify_chain(entries, last)
    elif known is None or known.head != last:
        raise LogRefused("rollback")


@contextmanager
def refusals() -> Iterator[None]:
    """What evidence is refused for, as a page may see it."""
    try:
        yield
    except LogRefused as error:
        raise RpcError("LOG_REFUSED", reason=error.reason) from None
    except (ActRefused, GrantRefused) as error:
        raise RpcError("GRANT_REFUSED", reason=error.reason) from None
    except ShareRefused as error:
        raise RpcError("SHARE_REFUSED", reason=error.reason, index=error.index) from None
    except (CmsError, PkiError) as error:
        raise RpcError("GRANT_REFUSED", reason=error.code) from None


def show_members(bench: "Bench", caller: Any, handle: str, evidence: dict[str, Any]) -> dict[str, Any]:
    """`mailbox.members`: who is a member, as the log proves it."""
    mailbox = bench.mailboxes.get(caller, handle)
    membership = extend(bench, mailbox, Evidence.of(evidence))
    return {"logSeq": membership.head.seq, "logHead": membership.head.hash, **describe(membership)}


def describe(membership: Membership) -> dict[str, Any]:
    """A membership as the protocol writes it."""
    return {
        "epoch": membership.epoch,
        "members": [_describe_member(one) for one in membership.members],
        "policies": [
            {
                "policy": one.policy.to_der(),
                "kind": one.policy.kind.value,
                "threshold": one.policy.threshold,
                "minutes": one.policy.minutes,
                "messages": one.policy.messages,
                "holders": [
                    {"name": each.name, "idType": each.id_type, "idValue": each.id_value} for each in one.policy.holders
                ],
                "logSeq": one.seq,
                "spent": one.spent,
            }
            for one in membership.policies.values()
        ],
        "keyChangeDue": membership.key_change_due(datetime.now(UTC)),
    }


def _describe_member(member: Member) -> dict[str, Any]:
    body, holder = member.body, member.body.holder
    return {
        "bodyHash": member.digest,
        "kind": holder.kind.value,
        "reference": holder.reference,
        "idType": holder.id_type,
        "idValue": holder.id_value,
        "name": holder.name,
        "role": body.role.value,
        "epoch": body.epoch,
        "notBefore": rfc3339(body.not_before),
        "notAfter": None if body.not_after is None else rfc3339(body.not_after),
        "historyFromEpoch": body.history_from_epoch,
        "state": member.state.value,
        "since": rfc3339(member.since),
        "by": {"idType": member.by.id_type, "idValue": member.by.id_value, "name": member.by.name},
        "logSeq": member.seq,
    }
