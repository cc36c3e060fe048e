"""The membership log of a mailbox: signed entries, each holding the hash of the one before (docs/FORMATS.md).

Whoever remembers a head accepts only what extends it, so a server can withhold entries but neither change nor reorder them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from bridge.cms import algorithms, structures
from bridge.cms.errors import CmsError, LogRefused
from bridge.cms.statements import build_statement, verify_statement
from bridge.cms.structures import parse_version_1
from bridge.pki.errors import PkiError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

    from bridge.cms.messages import Signer
    from bridge.cms.statements import ValidateSigner
    from bridge.pki.health_identity import Identity


NO_PREVIOUS = bytes(32)
_ID_LENGTH = 16
_HASH_LENGTH = 32


class LogKind(StrEnum):
    GENESIS = "genesis"
    GRANT = "grant"
    REVOKE = "revoke"
    ROTATE = "rotate"
    CERT_CHANGE = "certChange"
    RECOVERY = "recovery"
    CONFIRM = "confirm"
    POLICY = "policy"


@dataclass(frozen=True)
class LogHead:
    """What a reader remembers: the position and hash of the last entry."""

    seq: int
    hash: bytes


@dataclass(frozen=True)
class LogEntry:
    """One act: `grants` and `bindings` are the SHA-256 hashes of the bodies it makes true, `ends` of grant bodies that end here.

    `subject` is the SHA-256 of the recovery policy (kind `policy`) or of the recovery request (kind `recovery`) it is about.
    """

    mailbox_id: bytes
    address: str
    seq: int
    prev_hash: bytes
    time: datetime
    kind: LogKind
    grants: tuple[bytes, ...]
    bindings: tuple[bytes, ...]
    ends: tuple[bytes, ...] = ()
    subject: bytes | None = None

    def to_der(self) -> bytes:
        """An empty `ends` and an absent `subject` are left out, as in entries older than these fields."""
        fields = {name: value for name, value in vars(self).items() if name != "ends" and value is not None}
        fields |= {"version": 1, "kind": self.kind.value}
        fields |= {"grants": list(self.grants), "bindings": list(self.bindings)}
        return structures.LogEntry(fields | ({"ends": list(self.ends)} if self.ends else {})).dump()

    @classmethod
    def from_der(cls, der: bytes) -> LogEntry:
        """Raises `LogRefused("signature")`: an entry that is not well-formed was not signed as one."""
        try:
            native = parse_version_1(structures.LogEntry, der)
            has_empty_ends = native["ends"] == []
            native |= {name: tuple(native[name] or ()) for name in ("grants", "bindings", "ends")}
            entry = cls(**native | {"kind": LogKind(native["kind"])})
        except (CmsError, ValueError):
            raise LogRefused("signature") from None
        hashes = [entry.prev_hash, *entry.grants, *entry.bindings, *entry.ends]
        hashes += [] if entry.subject is None else [entry.subject]
        if has_empty_ends or len(entry.mailbox_id) != _ID_LENGTH or any(len(one) != _HASH_LENGTH for one in hashes):
            raise LogRefused("signature")
        return entry


@dataclass(frozen=True)
class VerifiedEntry:
    """A log entry whose signature holds and whose signer the caller's `validate_signer` accepted."""

    entry: LogEntry
    der: bytes = field(repr=False)
    signer_certificate: x509.Certificate
    unverified_chain: tuple[x509.Certificate, ...] = field(repr=False)
    signer: Identity
    signing_time: datetime

    @property
    def head(self) -> LogHead:
        return LogHead(self.entry.seq, entry_hash(self.der))


def entry_hash(der: bytes) -> bytes:
    """SHA-256 of a stored entry's ContentInfo."""
    return hashlib.sha256(der).digest()


def build_entry(entry: LogEntry, signer: Signer, *, by_key_identifier: bool = False) -> bytes:
    """The signed ContentInfo. `by_key_identifier` where the mailbox signature key signs (a person without a card)."""
    return build_statement(
        entry.to_der(), algorithms.ID_LOG_ENTRY, entry.time, signer, by_key_identifier=by_key_identifier
    )


def verify_entry(der: bytes, *, validate_signer: ValidateSigner) -> VerifiedEntry:
    """Check signature and signer of one entry. Raises `LogRefused("signature")`.

    `validate_signer` decides whether the certificate is believed at the signing time, and says who it is.
    """
    try:
        stated = verify_statement(der, algorithms.ID_LOG_ENTRY, validate_signer=validate_signer)
        entry = LogEntry.from_der(stated.content)
    except (CmsError, PkiError) as error:
        raise LogRefused("signature") from error
    if stated.signing_time != entry.time:
        raise LogRefused("signature")
    return VerifiedEntry(entry, der, stated.signer_certificate, stated.unverified_chain, stated.signer, entry.time)


def verify_chain(entries: Sequence[VerifiedEntry], last: LogHead | None) -> LogHead:
    """The new head, if `entries` are in order without a hole and extend `last`, the head remembered (None at first sight).

    `entries` may begin with the entry of `last`, anywhere before it, or right after. Raises `LogRefused`: `rollback` (nothing as
    new as what is known), `fork` (another entry where one is known, or a broken chain), `gap` (an entry is missing).
    """
    if not entries:
        if last is None:
            raise LogRefused("gap")
        raise LogRefused("rollback")
    _check_start(entries[0], last)
    for before, after in pairwise(entries):
        _check_follows(before, after)
    head = entries[-1].head
    if last is not None:
        _check_extends(entries, head, last)
    return head


def _check_start(first: VerifiedEntry, last: LogHead | None) -> None:
    is_genesis = first.entry.kind is LogKind.GENESIS
    if (first.entry.seq == 0) is not is_genesis or (is_genesis and first.entry.prev_hash != NO_PREVIOUS):
        raise LogRefused("fork")
    if first.entry.seq > (0 if last is None else last.seq + 1):
        raise LogRefused("gap")
    if last is not None and first.entry.seq == last.seq + 1 and first.entry.prev_hash != last.hash:
        raise LogRefused("fork")


def _check_follows(before: VerifiedEntry, after: VerifiedEntry) -> None:
    if after.entry.seq > before.entry.seq + 1:
        raise LogRefused("gap")
    is_next = after.entry.seq == before.entry.seq + 1 and after.entry.prev_hash == before.head.hash
    is_same_mailbox = (after.entry.mailbox_id, after.entry.address) == (before.entry.mailbox_id, before.entry.address)
    if not (is_next and is_same_mailbox) or after.entry.kind is LogKind.GENESIS:
        raise LogRefused("fork")


def _check_extends(entries: Sequence[VerifiedEntry], head: LogHead, last: LogHead) -> None:
    if head.seq < last.seq:
        raise LogRefused("rollback")
    known = [one for one in entries if one.entry.seq == last.seq]
    if known and known[0].head != last:
        raise LogRefused("fork")
