"""Restore statements: the operator says that it put back an older membership log from a backup (docs/FORMATS.md, *Restore statement*).

A bridge refuses a log that lacks what it has seen. This statement, signed by the authority that certified the mailbox, and a person who
agrees, are what makes it forget: neither a server nor a person alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cms import algorithms, structures
from bridge.cms.errors import CmsError, LogRefused
from bridge.cms.log import LogHead, verify_chain
from bridge.cms.statements import build_statement
from bridge.cms.structures import parse_version_1
from bridge.cms.verification import verify_signed
from bridge.pki.certificates import certificate_sha256

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bridge.cms.log import VerifiedEntry
    from bridge.cms.messages import Signer

_ID_LENGTH = 16
_HASH_LENGTH = 32


@dataclass(frozen=True)
class RestoreStatement:
    """The log of a mailbox ends with the entry `seq`, whose hash is `head`, as of `time` (UTC, whole seconds)."""

    mailbox_id: bytes
    seq: int
    head: bytes
    time: datetime

    def to_der(self) -> bytes:
        return structures.RestoreStatement({"version": 1, **vars(self)}).dump()

    @classmethod
    def from_der(cls, der: bytes) -> RestoreStatement:
        """Raises `LogRefused("restore")`."""
        try:
            native = parse_version_1(structures.RestoreStatement, der)
        except CmsError:
            raise LogRefused("restore") from None
        statement = cls(**native)
        is_sized = len(statement.mailbox_id) == _ID_LENGTH and len(statement.head) == _HASH_LENGTH
        if not is_sized or statement.seq < 0:
            raise LogRefused("restore")
        return statement


def build_restore(statement: RestoreStatement, signer: Signer) -> bytes:
    """The signed ContentInfo; `signer` is the operator's authority itself."""
    return build_statement(statement.to_der(), algorithms.ID_RESTORE, statement.time, signer)


def verify_restore(der: bytes, authorities: Collection[bytes]) -> RestoreStatement:
    """What one of `authorities` signed (SHA-256 of certificates that the caller validated). Raises `LogRefused("restore")`."""
    try:
        signed = verify_signed(der, content_type=algorithms.ID_RESTORE)
        statement = RestoreStatement.from_der(signed.content)
    except CmsError:
        raise LogRefused("restore") from None
    by_authority = certificate_sha256(signed.unverified_certificate) in authorities
    if not by_authority or not signed.has_signing_certificate or signed.signing_time != statement.time:
        raise LogRefused("restore")
    return statement


@dataclass(frozen=True)
class Seen:
    """Of a mailbox's log: when the operator last put it back, if ever, and the latest time it stated."""

    restored: datetime | None
    time: datetime | None


def check_restore(
    stated: RestoreStatement, mailbox_id: bytes, entries: Sequence[VerifiedEntry], seen: Seen, now: datetime
) -> VerifiedEntry:
    """The entry with which the restored log ends, where the statement speaks of this log and of a loss later than what was seen.

    Raises `LogRefused`: restore, rollback, fork, gap.
    """
    if stated.mailbox_id != mailbox_id or stated.time > now:
        raise LogRefused("restore")
    if seen.restored is not None and stated.time <= seen.restored:
        raise LogRefused("rollback")  # an old statement serves once
    if seen.time is not None and stated.time < seen.time:
        raise LogRefused("rollback")  # made before what would be forgotten, it cannot speak of its loss
    verify_chain(entries, LogHead(stated.seq, stated.head))
    last = next((one for one in entries if one.entry.seq == stated.seq), None)
    if last is None:
        raise LogRefused("gap")
    return last
