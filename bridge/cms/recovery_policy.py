"""Recovery policies: how many of whose shares open a mailbox when nobody else can (docs/FORMATS.md, *Recovery by officers*)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from bridge.cms import structures
from bridge.cms.errors import CmsError, ShareRefused
from bridge.cms.structures import parse_version_1

_ID_LENGTH = 16
_HASH_LENGTH = 32
MOST_HOLDERS = 255  # share indices are the non-zero elements of GF(2^8)


class PolicyKind(StrEnum):
    """`breakGlass` is for an emergency, by those on duty; `officers` for the loss of everything else."""

    OFFICERS = "officers"
    BREAK_GLASS = "breakGlass"


@dataclass(frozen=True)
class ShareHolder:
    """One who holds a share. `reference` is the SHA-256 of the certificate it is sealed to, `commitment` that of the DER Share."""

    reference: bytes
    id_type: str
    id_value: str
    name: str
    commitment: bytes


@dataclass(frozen=True)
class RecoveryPolicy:
    """`threshold` of the holders' shares give the secret of the officer grant whose body has the hash `grant_body`.

    `minutes` is how long a session so opened lasts, `messages` how many it opens (0: no limit). The holder at position i has the
    share of index i + 1.
    """

    mailbox_id: bytes
    kind: PolicyKind
    threshold: int
    grant_body: bytes
    minutes: int
    messages: int
    holders: tuple[ShareHolder, ...]

    def to_der(self) -> bytes:
        holders = [dict(vars(holder)) for holder in self.holders]
        fields = vars(self) | {"version": 1, "kind": self.kind.value, "holders": holders}
        return structures.RecoveryPolicy(fields).dump()

    @classmethod
    def from_der(cls, der: bytes) -> RecoveryPolicy:
        """Raises `ShareRefused("malformed")`, also for a threshold that no number of holders meets."""
        try:
            native = parse_version_1(structures.RecoveryPolicy, der)
            holders = tuple(ShareHolder(**one) for one in native["holders"])
            policy = cls(**native | {"kind": PolicyKind(native["kind"]), "holders": holders})
        except (CmsError, ValueError):
            raise ShareRefused("malformed") from None
        if not policy._is_sound():
            raise ShareRefused("malformed")
        return policy

    @property
    def digest(self) -> bytes:
        """SHA-256 of the DER, as the log entry's `subject` names it."""
        return hashlib.sha256(self.to_der()).digest()

    def _is_sound(self) -> bool:
        hashes = [self.grant_body, *(each for one in self.holders for each in (one.reference, one.commitment))]
        is_sized = len(self.mailbox_id) == _ID_LENGTH and all(len(one) == _HASH_LENGTH for one in hashes)
        is_met = 1 <= self.threshold <= len(self.holders) <= MOST_HOLDERS
        is_once = len({one.reference for one in self.holders}) == len(self.holders)
        return is_sized and is_met and is_once and self.minutes > 0
