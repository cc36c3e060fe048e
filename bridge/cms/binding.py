"""Bindings: an address, both public keys of an epoch, and who its owner was proved to be (docs/FORMATS.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.cms import structures
from bridge.cms.errors import ActRefused, CmsError
from bridge.cms.structures import parse_version_1
from bridge.pki.health_identity import Identity

if TYPE_CHECKING:
    from datetime import datetime

_ID_LENGTH = 16
_HASH_LENGTH = 32


@dataclass(frozen=True)
class Binding:
    """Not signed alone: the log entry of its act lists its hash. SPKIs are SHA-256 hashes; times UTC in whole seconds."""

    mailbox_id: bytes
    address: str
    epoch: int
    encryption_spki: bytes
    signature_spki: bytes
    not_before: datetime
    not_after: datetime
    identity: Identity

    def to_der(self) -> bytes:
        fields = vars(self) | {"version": 1, "identity": dict(vars(self.identity))}
        return structures.Binding(fields).dump()

    @classmethod
    def from_der(cls, der: bytes) -> Binding:
        """Raises `ActRefused("binding-malformed")`."""
        try:
            native = parse_version_1(structures.Binding, der)
            binding = cls(**native | {"identity": Identity(**native["identity"])})
        except (CmsError, ValueError):
            raise ActRefused("binding-malformed") from None
        hashes = (binding.encryption_spki, binding.signature_spki)
        if len(binding.mailbox_id) != _ID_LENGTH or any(len(one) != _HASH_LENGTH for one in hashes):
            raise ActRefused("binding-malformed")
        return binding

    @property
    def digest(self) -> bytes:
        """SHA-256 of the DER, as the log lists it."""
        return hashlib.sha256(self.to_der()).digest()
