"""How an opened epoch opens the older ones, for each member as far as his right goes (docs/FORMATS.md, *History*).

What all members of an epoch may open stands once, sealed under that epoch's storage key; what one of them may open beyond it
travels in his own grant. So a right that begins at an epoch is kept by mathematics and not by whoever serves the bytes.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bridge.cms.errors import GrantRefused, ObjectRefused
from bridge.cms.grants import GrantBody, Role
from bridge.cms.mailbox_keys import decode_epochs, encode_epochs
from bridge.cms.objects import derive_object_key, open_object, seal_object
from bridge.pki.certificates import spki_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.cms.mailbox_keys import MailboxKeys

    Spkis = Mapping[int, tuple[bytes, bytes]]

_CLASS = "history"


@dataclass(frozen=True)
class Keyring:
    """The keys of every epoch that one holder may open, each without `earlier`; `epoch` is the one his grant is of."""

    epoch: int
    epochs: Mapping[int, MailboxKeys] = field(repr=False)

    @property
    def current(self) -> MailboxKeys:
        return self.epochs[self.epoch]

    def shared(self, floor: int) -> dict[int, MailboxKeys]:
        """What the history object of this epoch holds: the older epochs from `floor` on, without confidential keys."""
        return {
            epoch: replace(keys, confidential_key=None)
            for epoch, keys in self.epochs.items()
            if floor <= epoch < self.epoch
        }

    def keys_for(self, role: Role, history_from: int, floor: int) -> MailboxKeys:
        """What the grant of one member seals, where the shared history begins at `floor`.

        Raises `GrantRefused("history-missing")` where this ring lacks an epoch he has a right to.
        """
        wanted = range(history_from, self.epoch)
        if any(epoch not in self.epochs for epoch in wanted):
            raise GrantRefused("history-missing")
        own = {epoch: _for_role(self.epochs[epoch], role) for epoch in wanted}
        beyond = {epoch: keys for epoch, keys in own.items() if epoch < floor or keys.confidential_key is not None}
        return replace(_for_role(self.current, role), earlier=beyond)

    def next(self, keys: MailboxKeys) -> Keyring:
        """The ring with the keys of one more epoch, which becomes the current one."""
        return Keyring(self.epoch + 1, {**self.epochs, self.epoch + 1: keys})


@dataclass(frozen=True)
class SplitHistory:
    """The keys of one epoch, shared out: what all may open beyond it, and what each grant seals, by the body's hash."""

    shared: Mapping[int, MailboxKeys] = field(repr=False)
    sealed: Mapping[bytes, MailboxKeys] = field(repr=False)


def history_floor(bodies: Iterable[GrantBody]) -> int:
    """The first epoch that every one of these members may open."""
    return max(body.history_from_epoch for body in bodies)


def split_history(bodies: Iterable[GrantBody], ring: Keyring) -> SplitHistory:
    """Share `ring` out among the members of its current epoch. Raises `GrantRefused("history-missing")`."""
    members = tuple(bodies)
    floor = history_floor(members)
    sealed = {body.digest: ring.keys_for(body.role, body.history_from_epoch, floor) for body in members}
    return SplitHistory(ring.shared(floor), sealed)


def seal_history(shared: Mapping[int, MailboxKeys], storage_key: bytes, mailbox_id: bytes, epoch: int) -> bytes | None:
    """The sealed history object of `epoch`; None where nothing older is open to all."""
    if not shared:
        return None
    key = derive_object_key(storage_key, _CLASS, str(epoch))
    return seal_object(
        encode_epochs(shared),
        key,
        object_class=_CLASS,
        mailbox_id=mailbox_id,
        object_id=str(epoch),
        epoch=epoch,
        version=1,
    )


def open_history(sealed: bytes, storage_key: bytes, mailbox_id: bytes, epoch: int) -> dict[int, MailboxKeys]:
    """The older epochs that a history object holds. Raises `GrantRefused`: `history` or `key-invalid`."""
    key = derive_object_key(storage_key, _CLASS, str(epoch))
    try:
        content = open_object(
            sealed, key, object_class=_CLASS, mailbox_id=mailbox_id, object_id=str(epoch), epoch=epoch, version=1
        )
    except ObjectRefused:
        raise GrantRefused("history") from None
    return decode_epochs(content)


def open_keyring(body: GrantBody, keys: MailboxKeys, history: bytes | None, spkis: Spkis) -> Keyring:
    """Everything that an opened grant opens: its epoch, its `earlier` and the shared history, from its holder's right on.

    `spkis` are the SHA-256 of both SubjectPublicKeyInfos of each epoch, as the bindings in the log name them. Raises
    `GrantRefused`: `history`, `key-invalid`, or `spki-mismatch` for keys that no binding names (key overwriting).
    """
    older = {} if history is None else open_history(history, keys.storage_key, body.mailbox_id, body.epoch)
    older |= keys.earlier
    entitled = {epoch: one for epoch, one in older.items() if body.history_from_epoch <= epoch < body.epoch}
    epochs = {body.epoch: replace(keys, earlier={}), **entitled}
    for epoch, one in epochs.items():
        _check_spkis(one, spkis.get(epoch, (b"", b"")))
    return Keyring(body.epoch, epochs)


def _check_spkis(keys: MailboxKeys, expected: tuple[bytes, bytes]) -> None:
    found = (spki_sha256(keys.encryption_key.public_key()), spki_sha256(keys.signature_key.public_key()))
    if not all(hmac.compare_digest(*pair) for pair in zip(found, expected, strict=True)):
        raise GrantRefused("spki-mismatch")


def _for_role(keys: MailboxKeys, role: Role) -> MailboxKeys:
    return keys if role is Role.OWNER else replace(keys, confidential_key=None)
